//! What is known of brokers, put together by node id.

use std::collections::{BTreeMap, BTreeSet};

use drawbridge_kafka::admin::{
    cluster::{Broker, BrokerVersions, ClusterDescription},
    quorum::QuorumDescription,
    topics::TopicDescription,
};
use drawbridge_shared::view::{
    BrokerRole, BrokerRow, BrokerState, FaultView, FeatureView, LogDirView, QuorumView,
};

/// What a broker told of itself.
#[derive(Debug, Default)]
pub(super) struct Facts {
    /// Why it does not answer.
    pub(super) fault: Option<FaultView>,
    pub(super) versions: Option<BrokerVersions>,
    /// None when they are not known.
    pub(super) log_dirs: Option<Vec<LogDirView>>,
}

/// What is read less often than brokers and partitions.
#[derive(Debug, Default)]
pub(super) struct Measured {
    pub(super) brokers: BTreeMap<i32, Facts>,
    pub(super) quorum: Option<QuorumView>,
    /// The controller of a cluster without a quorum.
    pub(super) zookeeper_controller: Option<i32>,
    /// Why something is missing.
    pub(super) faults: BTreeSet<String>,
}

impl Measured {
    pub(super) fn take_quorum(&mut self, quorum: &QuorumDescription) {
        let end = quorum
            .voters
            .iter()
            .find(|voter| Some(voter.id) == quorum.leader)
            .and_then(|leader| leader.log_end);
        let mut voters: Vec<(i32, Option<i64>)> = quorum
            .voters
            .iter()
            .map(|voter| {
                let lag = end.zip(voter.log_end).map(|(end, own)| end.saturating_sub(own).max(0));
                (voter.id, lag)
            })
            .collect();
        voters.sort_unstable();
        self.quorum = Some(QuorumView { leader: quorum.leader, voters });
    }

    fn role(&self, id: i32) -> Option<BrokerRole> {
        match (&self.quorum, self.zookeeper_controller) {
            (Some(quorum), _) if quorum.leader == Some(id) => Some(BrokerRole::ActiveController),
            (Some(quorum), _) if quorum.voters.iter().any(|(voter, _)| *voter == id) => {
                Some(BrokerRole::Controller)
            }
            (None, Some(controller)) if controller == id => Some(BrokerRole::ActiveController),
            (Some(_), _) | (None, Some(_)) => Some(BrokerRole::Broker),
            (None, None) => None,
        }
    }
}

/// Numbers of replicas on a broker.
#[derive(Debug, Clone, Copy, Default)]
struct Placed {
    leaders: u32,
    preferred: u32,
    replicas: u32,
    out_of_sync: u32,
}

fn placed(topics: &[TopicDescription]) -> BTreeMap<i32, Placed> {
    let mut all: BTreeMap<i32, Placed> = BTreeMap::new();
    for partition in topics.iter().flat_map(|topic| &topic.partitions) {
        if let Some(leader) = partition.leader {
            all.entry(leader).or_default().leaders += 1;
        }
        if let Some(preferred) = partition.replicas.first() {
            all.entry(*preferred).or_default().preferred += 1;
        }
        for replica in &partition.replicas {
            let own = all.entry(*replica).or_default();
            own.replicas += 1;
            own.out_of_sync += u32::from(!partition.isr.contains(replica));
        }
    }
    all
}

/// All brokers by node id: those in the cluster, and those that have replicas and are not.
pub(super) fn rows(
    description: &ClusterDescription,
    topics: &[TopicDescription],
    measured: &Measured,
) -> Vec<BrokerRow> {
    let placed = placed(topics);
    let registered: BTreeMap<i32, &Broker> =
        description.brokers.iter().map(|broker| (broker.id, broker)).collect();
    let ids: BTreeSet<i32> = registered.keys().chain(placed.keys()).copied().collect();
    let row = |id: i32| {
        let broker = registered.get(&id);
        // What a broker told before it went says nothing about now.
        let facts = measured.brokers.get(&id).filter(|_| broker.is_some());
        let fault = facts.and_then(|facts| facts.fault.clone());
        let state = match broker {
            None => BrokerState::Missing,
            Some(broker) if broker.fenced => BrokerState::Fenced,
            Some(_) if fault.is_some() => BrokerState::NoAnswer,
            Some(_) => BrokerState::Up,
        };
        let counts = placed.get(&id).copied().unwrap_or_default();
        let versions = facts.and_then(|facts| facts.versions.as_ref());
        BrokerRow {
            id,
            state,
            fault,
            host: broker.map(|broker| broker.host.clone()),
            port: broker.map(|broker| i32::from(broker.port)),
            rack: broker.and_then(|broker| broker.rack.clone()),
            role: measured.role(id),
            version: versions
                .map(|versions| versions.kafka.clone())
                .filter(|release| release != "unknown"),
            features: versions.map(features).unwrap_or_default(),
            n_leaders: counts.leaders,
            n_preferred: counts.preferred,
            n_replicas: counts.replicas,
            n_out_of_sync: counts.out_of_sync,
            log_dirs: facts.and_then(|facts| facts.log_dirs.clone()),
        }
    };
    ids.into_iter().map(row).collect()
}

fn features(versions: &BrokerVersions) -> Vec<FeatureView> {
    let mut features: Vec<FeatureView> = versions
        .features
        .iter()
        .map(|feature| FeatureView {
            name: feature.name.clone(),
            min: feature.min.into(),
            max: feature.max.into(),
            finalized: feature.finalized.map(i32::from),
        })
        .collect();
    features.sort_by(|a, b| a.name.cmp(&b.name));
    features
}

#[cfg(test)]
mod tests {
    use super::*;
    use drawbridge_kafka::admin::{quorum::QuorumNode, topics::PartitionDescription};

    fn topic() -> TopicDescription {
        let partition = |partition, leader, isr: &[i32]| PartitionDescription {
            partition,
            leader,
            leader_epoch: 0,
            replicas: vec![2, 1],
            isr: isr.to_vec(),
            offline: vec![],
            error: None,
        };
        TopicDescription {
            name: "orders".into(),
            id: uuid::Uuid::nil(),
            internal: false,
            partitions: vec![partition(0, Some(1), &[1]), partition(1, None, &[2])],
            operations: None,
        }
    }

    fn description(ids: &[i32]) -> ClusterDescription {
        let broker = |id: &i32| Broker {
            id: *id,
            host: "h".into(),
            port: 9092,
            rack: None,
            fenced: *id == 3,
        };
        ClusterDescription {
            cluster_id: "c".into(),
            controller: Some(1),
            brokers: ids.iter().map(broker).collect(),
            operations: None,
        }
    }

    #[test]
    fn a_broker_that_has_replicas_and_is_not_in_the_cluster_is_missing() {
        let rows = rows(&description(&[1, 3]), &[topic()], &Measured::default());
        let states: Vec<_> = rows.iter().map(|row| (row.id, row.state)).collect();
        use BrokerState::{Fenced, Missing, Up};
        assert_eq!(states, [(1, Up), (2, Missing), (3, Fenced)]);
        let counts =
            |row: &BrokerRow| (row.n_leaders, row.n_preferred, row.n_replicas, row.n_out_of_sync);
        assert_eq!(counts(&rows[0]), (1, 0, 2, 1));
        assert_eq!(counts(&rows[1]), (0, 2, 2, 1));
        assert_eq!(counts(&rows[2]), (0, 0, 0, 0));
        assert_eq!((rows[1].host.as_deref(), rows[1].role), (None, None), "nothing is made up");
    }

    #[test]
    fn the_quorum_says_who_the_active_controller_is() {
        let node = |id, log_end| QuorumNode { id, log_end };
        let mut measured = Measured::default();
        measured.take_quorum(&QuorumDescription {
            leader: Some(2),
            voters: vec![node(2, Some(10)), node(1, Some(7)), node(9, None)],
            observers: vec![node(3, Some(10))],
        });
        let quorum = measured.quorum.clone().unwrap();
        assert_eq!(quorum.voters, [(1, Some(3)), (2, Some(0)), (9, None)]);
        use BrokerRole::{ActiveController, Controller};
        assert_eq!(measured.role(2), Some(ActiveController));
        assert_eq!(measured.role(1), Some(Controller));
        assert_eq!(measured.role(3), Some(BrokerRole::Broker));
        let old = Measured { zookeeper_controller: Some(1), ..Measured::default() };
        assert_eq!(old.role(1), Some(ActiveController));
        assert_eq!(Measured::default().role(1), None);
    }
}
