//! A cluster in words: how it is, since when, what happens next.

use drawbridge_shared::guard::{Guards, Rule};
use drawbridge_shared::view::{ClusterOrigin, ClusterStatus, ClusterView, ProbeStage};

use super::number::{UNKNOWN, counted};
use super::time::{age, duration};

/// How a cluster is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClusterHealth {
    /// No answer yet since the gateway started.
    Connecting,
    /// It answers, and every partition has its replicas.
    Healthy,
    /// It answers, but partitions lack replicas.
    UnderReplicated(u32),
    /// It answers, but partitions have no leader and cannot be used.
    Offline(u32),
    /// It does not answer.
    Down,
}

impl ClusterHealth {
    /// The worst that is known of a cluster.
    #[must_use]
    pub fn of(cluster: &ClusterView) -> Self {
        match (&cluster.status, cluster.offline, cluster.under_replicated) {
            (ClusterStatus::Connecting, ..) => Self::Connecting,
            (ClusterStatus::Down { .. }, ..) => Self::Down,
            (ClusterStatus::Up, Some(n @ 1..), _) => Self::Offline(n),
            (ClusterStatus::Up, _, Some(n @ 1..)) => Self::UnderReplicated(n),
            (ClusterStatus::Up, ..) => Self::Healthy,
        }
    }

    /// The word of its badge.
    #[must_use]
    pub fn words(self) -> String {
        match self {
            Self::Connecting => "connecting".to_owned(),
            Self::Healthy => "healthy".to_owned(),
            Self::UnderReplicated(n) => {
                format!("{} under-replicated", counted(n.into(), "partition", "partitions"))
            }
            Self::Offline(n) => format!("{} offline", counted(n.into(), "partition", "partitions")),
            Self::Down => "down".to_owned(),
        }
    }
}

/// Since when a cluster is down and when it is tried again: `Down for 21 min · next try in 4 s`.
#[must_use]
pub fn down_words(now_ms: i64, since_ms: i64, next_attempt_ms: i64) -> String {
    let whole_seconds = now_ms.saturating_sub(since_ms).max(0).unsigned_abs() / 1_000 * 1_000;
    let next = match next_attempt_ms {
        // Trying would not help: the gateway waits for somebody to act.
        ..=0 => "not tried again by itself".to_owned(),
        at if at <= now_ms => "trying now".to_owned(),
        at => format!("next try {}", age(now_ms, at)),
    };
    match whole_seconds {
        0 => format!("Down since just now · {next}"),
        ms => format!("Down for {} · {next}", coarse(ms)),
    }
}

/// A duration by its largest unit, for what counts up every second.
fn coarse(ms: u64) -> String {
    match ms {
        ..60_000 => format!("{} s", ms / 1_000),
        60_000.. => duration(ms / 60_000 * 60_000),
    }
}

/// Where the gateway knows a cluster from, and what that means for keeping it.
#[must_use]
pub fn origin_words(origin: ClusterOrigin) -> &'static str {
    match origin {
        ClusterOrigin::Configured => "the gateway's configuration",
        ClusterOrigin::Added => "added from the console, kept by the gateway",
        ClusterOrigin::AddedForNow => {
            "added from the console, forgotten when the gateway stops (it has no clusters directory)"
        }
    }
}

/// A step of *Test connection* in a word or two.
#[must_use]
pub fn stage_words(stage: ProbeStage) -> &'static str {
    match stage {
        ProbeStage::Settings => "Properties",
        ProbeStage::Resolve => "Resolve",
        ProbeStage::Connect => "TCP",
        ProbeStage::Tls => "TLS",
        ProbeStage::Authenticate => "SASL",
        ProbeStage::Authorize => "Authorisation",
        ProbeStage::Brokers => "Brokers",
    }
}

/// What a step of *Test connection* tries, for those who read on.
#[must_use]
pub fn stage_question(stage: ProbeStage) -> &'static str {
    match stage {
        ProbeStage::Settings => "Can the properties be read?",
        ProbeStage::Resolve => "Is the host name known?",
        ProbeStage::Connect => "Does anything listen there?",
        ProbeStage::Tls => "Is it who it says it is?",
        ProbeStage::Authenticate => "Are user and password right?",
        ProbeStage::Authorize => "May this user describe the cluster?",
        ProbeStage::Brokers => "Does every broker answer at the address it advertises?",
    }
}

/// A node id, or the dash.
#[must_use]
pub fn node_or_unknown(id: Option<i32>) -> String {
    id.map_or_else(|| UNKNOWN.to_owned(), |id| id.to_string())
}

/// What the gateway was told not to do on a cluster, in words; none when it was told nothing.
#[must_use]
pub fn guard_words(guards: &Guards) -> Option<String> {
    if guards.read_only {
        return Some("every change: the cluster is read-only in this gateway".to_owned());
    }
    let rules = guards.deny.iter().chain(&guards.everywhere).map(Rule::as_str);
    Some(rules.collect::<Vec<_>>().join(", ")).filter(|words| !words.is_empty())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use drawbridge_shared::view::{ClusterKind, FaultView};
    use proptest::prelude::*;

    pub(crate) fn cluster(status: ClusterStatus) -> ClusterView {
        ClusterView {
            name: "c".parse().unwrap(),
            kind: ClusterKind::Kafka,
            origin: ClusterOrigin::Configured,
            status,
            observed_at_ms: None,
            cluster_id: None,
            version: None,
            bootstrap: String::new(),
            security: String::new(),
            controller: None,
            n_brokers: None,
            n_topics: None,
            n_partitions: None,
            under_replicated: None,
            offline: None,
            latency_micros: None,
            guards: Box::default(),
            gateways: Vec::new(),
        }
    }

    fn down() -> ClusterStatus {
        let fault =
            FaultView { summary: String::new(), cause: String::new(), remedy: String::new() };
        ClusterStatus::Down { since_ms: 0, fault, next_attempt_ms: 0 }
    }

    #[test]
    fn the_worst_that_is_known_decides() {
        let both = ClusterView {
            under_replicated: Some(9),
            offline: Some(1),
            ..cluster(ClusterStatus::Up)
        };
        assert_eq!(ClusterHealth::of(&both), ClusterHealth::Offline(1));
        assert_eq!(ClusterHealth::of(&both).words(), "1 partition offline");
        let old_numbers = ClusterView { offline: Some(0), ..cluster(down()) };
        assert_eq!(ClusterHealth::of(&old_numbers), ClusterHealth::Down);
    }

    #[test]
    fn a_cluster_that_answers_and_lacks_nothing_is_healthy() {
        let fine = ClusterView {
            under_replicated: Some(0),
            offline: Some(0),
            ..cluster(ClusterStatus::Up)
        };
        assert_eq!(ClusterHealth::of(&fine), ClusterHealth::Healthy);
    }

    #[test]
    fn being_down_says_since_when_and_what_next() {
        let hour = 3_600_000;
        assert_eq!(
            down_words(hour + 500, hour, hour + 4_500),
            "Down since just now · next try in 4 s"
        );
        assert_eq!(down_words(hour, 0, hour), "Down for 1 h · trying now");
        assert_eq!(down_words(hour, 0, 0), "Down for 1 h · not tried again by itself");
    }

    proptest! {
        #[test]
        fn any_clock_gives_words(now: i64, since: i64, next: i64) {
            prop_assert!(down_words(now, since, next).starts_with("Down "));
        }
    }
}
