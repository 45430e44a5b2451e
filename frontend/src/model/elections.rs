//! Elections of leaders: what one would change, before it is asked for, and what came of it.

use std::collections::BTreeMap;

use drawbridge_shared::view::{
    ElectionKind, ElectionOutcome, ElectionRow, PartitionTrouble, TroubledPartition,
};

use super::brokers::{is_shown, key};
use super::filter::Needles;
use super::number::{count, counted};
use super::role::StateRole;

/// What an election would do to one partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ElectionLine {
    /// Key in the table.
    pub key: String,
    /// Topic.
    pub topic: String,
    /// Partition number.
    pub partition: i32,
    /// Node id of the leader now.
    pub from: Option<i32>,
    /// Node id of the leader afterwards, or why there would be none other.
    pub to: Result<i32, String>,
    /// Node ids of the replicas in sync; of an offline partition, those that were in sync last.
    pub isr: Vec<i32>,
}

/// What an election would do.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ElectionPlan {
    /// Those that change first, then those that cannot.
    pub lines: Vec<ElectionLine>,
}

impl ElectionPlan {
    /// Works out what an election would do to the partitions as they were seen, of those a search finds.
    #[must_use]
    pub fn new(kind: ElectionKind, rows: &[TroubledPartition], search: &str) -> Self {
        let needles = Needles::new(search);
        let trouble = match kind {
            ElectionKind::Preferred => PartitionTrouble::NotPreferred,
            ElectionKind::Unclean => PartitionTrouble::Offline,
        };
        let wanted = rows.iter().filter(|row| is_shown(row, &needles, Some(trouble)));
        let lines = wanted.map(|row| line(kind, row));
        let (mut change, cannot): (Vec<_>, Vec<_>) = lines.partition(|line| line.to.is_ok());
        change.extend(cannot);
        Self { lines: change }
    }

    /// The partitions to ask for: those that change.
    #[must_use]
    pub fn request(&self) -> Vec<(String, i32)> {
        let change = self.lines.iter().filter(|line| line.to.is_ok());
        change.map(|line| (line.topic.clone(), line.partition)).collect()
    }

    /// Partitions that change.
    #[must_use]
    pub fn n_change(&self) -> u64 {
        let n = self.lines.iter().filter(|line| line.to.is_ok()).count();
        u64::try_from(n).unwrap_or(u64::MAX)
    }

    /// Partitions that cannot.
    #[must_use]
    pub fn n_cannot(&self) -> u64 {
        u64::try_from(self.lines.len()).unwrap_or(u64::MAX).saturating_sub(self.n_change())
    }

    /// How many more, or fewer, partitions each broker would lead, by node id.
    #[must_use]
    pub fn moves(&self) -> Vec<(i32, i64)> {
        let mut moves: BTreeMap<i32, i64> = BTreeMap::new();
        for line in &self.lines {
            if let Ok(to) = line.to {
                *moves.entry(to).or_default() += 1;
                if let Some(from) = line.from {
                    *moves.entry(from).or_default() -= 1;
                }
            }
        }
        moves.into_iter().collect()
    }
}

fn line(kind: ElectionKind, row: &TroubledPartition) -> ElectionLine {
    let to = match kind {
        ElectionKind::Preferred => match (row.why_not_preferred(), row.preferred()) {
            (None, Some(preferred)) => Ok(preferred),
            (why, _) => Err(why.unwrap_or_else(|| "it has no replicas".to_owned())),
        },
        ElectionKind::Unclean => {
            row.unclean_leader().ok_or_else(|| "no replica of it is alive".to_owned())
        }
    };
    ElectionLine {
        key: key(row),
        topic: row.topic.clone(),
        partition: row.partition,
        from: row.leader,
        to,
        isr: row.isr.clone(),
    }
}

/// Node ids in words: `1`, `1 and 2`, `1, 2 and 3`.
#[must_use]
pub fn ids(ids: &[i32]) -> String {
    let words: Vec<String> = ids.iter().map(ToString::to_string).collect();
    match words.as_slice() {
        [] => "–".to_owned(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// What came of it, in one line.
#[must_use]
pub fn outcome(rows: &[ElectionRow]) -> String {
    let n = |wanted: ElectionOutcome| {
        let n = rows.iter().filter(|row| row.outcome == wanted).count();
        u64::try_from(n).unwrap_or(u64::MAX)
    };
    let mut words = vec![match n(ElectionOutcome::Elected) {
        0 => "No leader was elected".to_owned(),
        n => format!("{} elected", counted(n, "leader", "leaders")),
    }];
    match n(ElectionOutcome::NotNeeded) {
        0 => {}
        n => words.push(format!("{} led by the right broker already", count(n))),
    }
    match n(ElectionOutcome::Refused) {
        0 => {}
        n => words.push(format!("{} refused", count(n))),
    }
    words.join("; ")
}

/// What came of one partition, and what it asks for.
#[must_use]
pub fn result(row: &ElectionRow) -> (StateRole, String) {
    match (row.outcome, &row.error) {
        (ElectionOutcome::Elected, _) => (StateRole::Ok, "elected".to_owned()),
        (ElectionOutcome::NotNeeded, _) => (StateRole::Unknown, "not needed".to_owned()),
        (ElectionOutcome::Refused, Some(error)) => (StateRole::Failed, error.clone()),
        (ElectionOutcome::Refused, None) => (StateRole::Failed, "refused".to_owned()),
    }
}

/// The same with Kafka's own tool.
#[must_use]
pub fn tool(kind: ElectionKind, partitions: &[(String, i32)]) -> String {
    let word = match kind {
        ElectionKind::Preferred => "preferred",
        ElectionKind::Unclean => "unclean",
    };
    let one = |(topic, number): &(String, i32)| {
        format!("{{\"topic\":{},\"partition\":{number}}}", super::rest::json(topic))
    };
    let all: Vec<String> = partitions.iter().take(TOLD).map(one).collect();
    let more = match partitions.len().saturating_sub(TOLD) {
        0 => String::new(),
        n => format!(",\n  … and {n} more"),
    };
    format!(
        "# partitions.json\n{{\"partitions\":[\n  {}{more}]}}\n\nkafka-leader-election --bootstrap-server HOST:PORT --admin.config admin.config \\\n  --election-type {word} --path-to-json-file partitions.json",
        all.join(",\n  ")
    )
}

/// Partitions that are spelt out in the command.
const TOLD: usize = 20;

#[cfg(test)]
mod tests {
    use super::*;

    fn partition(number: i32, leader: Option<i32>, isr: &[i32], down: &[i32]) -> TroubledPartition {
        TroubledPartition {
            topic: "orders".into(),
            partition: number,
            leader,
            replicas: vec![1, 2],
            isr: isr.to_vec(),
            down: down.to_vec(),
            min_isr: Some(1),
        }
    }

    fn rows() -> [TroubledPartition; 4] {
        [
            partition(0, Some(2), &[2], &[]),
            partition(1, Some(2), &[1, 2], &[]),
            partition(2, None, &[1], &[1]),
            partition(3, None, &[1], &[1, 2]),
        ]
    }

    #[test]
    fn a_preview_tells_what_moves_and_why_the_rest_does_not() {
        let plan = ElectionPlan::new(ElectionKind::Preferred, &rows(), "");
        let told: Vec<_> =
            plan.lines.iter().map(|line| (line.partition, line.to.clone())).collect();
        assert_eq!(told[0], (1, Ok(1)));
        assert!(told[1].1.as_ref().is_err_and(|why| why.contains("not in sync")), "{told:?}");
        assert_eq!(plan.request(), [("orders".to_owned(), 1)]);
        assert_eq!((plan.n_change(), plan.n_cannot()), (1, 1));
        assert_eq!(plan.moves(), [(1, 1), (2, -1)]);
        assert!(ElectionPlan::new(ElectionKind::Preferred, &rows(), "other").lines.is_empty());
    }

    #[test]
    fn an_unclean_election_is_offered_only_for_partitions_without_leader_that_have_a_live_replica()
    {
        let plan = ElectionPlan::new(ElectionKind::Unclean, &rows(), "");
        assert_eq!(plan.request(), [("orders".to_owned(), 2)]);
        assert_eq!((plan.lines[0].from, &plan.lines[0].to), (None, &Ok(2)));
        assert_eq!(plan.n_cannot(), 1);
    }

    #[test]
    fn the_result_says_what_was_done_and_what_was_not() {
        let row =
            |outcome| ElectionRow { topic: "orders".into(), partition: 0, outcome, error: None };
        use ElectionOutcome::{Elected, NotNeeded, Refused};
        assert_eq!(outcome(&[row(Elected), row(Elected)]), "2 leaders elected");
        assert_eq!(
            outcome(&[row(Elected), row(NotNeeded), row(Refused)]),
            "1 leader elected; 1 led by the right broker already; 1 refused"
        );
        assert_eq!(outcome(&[row(Refused)]), "No leader was elected; 1 refused");
    }

    #[test]
    fn ids_are_told_as_people_do() {
        assert_eq!((ids(&[1]), ids(&[1, 2, 3])), ("1".to_owned(), "1, 2 and 3".to_owned()));
    }
}
