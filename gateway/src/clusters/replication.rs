//! Which partitions of a cluster lack what, and `min.insync.replicas` of their topics.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};

use drawbridge_kafka::{
    Client,
    admin::{configs::ConfigResource, topics::TopicDescription},
};
use drawbridge_shared::{
    names::ClusterName,
    view::{PartitionTrouble, ReplicationCounts, TroubledPartition},
};

use super::{measure::fault_words, survey::is_under_replicated};
use crate::refusal::{Doing, refuse};

const MIN_ISR: &str = "min.insync.replicas";
/// Topics whose configuration one request asks for.
const AT_A_TIME: usize = 1000;
/// Between two readings of topics that miss replicas: there the number decides.
const SHRUNK: Duration = Duration::from_secs(10);
/// Between two readings of all topics: only those that ask for more replicas than they have could be found.
const ALL: Duration = Duration::from_secs(60);

/// `min.insync.replicas` by topic, read now and then.
#[derive(Debug, Default)]
pub(super) struct MinIsrs {
    known: BTreeMap<String, u32>,
    read_all: Option<Instant>,
    read_shrunk: Option<Instant>,
    seen: BTreeSet<String>,
    /// Why some are not known.
    pub(super) fault: Option<String>,
}

impl MinIsrs {
    /// Reads what is due.
    pub(super) async fn read(
        &mut self,
        cluster: &ClusterName,
        client: &Client,
        topics: &[TopicDescription],
    ) {
        let is_due = |at: Option<Instant>, after| at.is_none_or(|at| at.elapsed() >= after);
        let is_new = topics.iter().any(|topic| !self.seen.contains(&topic.name));
        let all = is_new || is_due(self.read_all, ALL);
        if !all && !is_due(self.read_shrunk, SHRUNK) {
            return;
        }
        let wanted =
            topics.iter().filter(|topic| all || topic.partitions.iter().any(is_under_replicated));
        let names: Vec<&str> = wanted.map(|topic| topic.name.as_str()).collect();
        self.read_shrunk = Some(Instant::now());
        if all {
            self.read_all = self.read_shrunk;
            self.seen = topics.iter().map(|topic| topic.name.clone()).collect();
            self.known.clear();
            self.fault = None;
        }
        self.ask(cluster, client, &names).await;
    }

    async fn ask(&mut self, cluster: &ClusterName, client: &Client, names: &[&str]) {
        for part in names.chunks(AT_A_TIME) {
            let resources: Vec<ConfigResource> =
                part.iter().map(|name| ConfigResource::Topic((*name).to_owned())).collect();
            let answers = match client.config_value(&resources, MIN_ISR).await {
                Ok(answers) => answers,
                Err(error) => {
                    let what = format!("read {MIN_ISR} of its topics");
                    let doing = Doing::on_cluster(what, "DESCRIBE_CONFIGS");
                    self.fault = Some(fault_words(refuse(cluster, &doing, &error)));
                    return;
                }
            };
            for (resource, value) in answers {
                let ConfigResource::Topic(topic) = resource else { continue };
                match value {
                    Ok(value) => {
                        let number = value.and_then(|value| value.parse().ok());
                        self.known.extend(number.map(|number| (topic, number)));
                    }
                    Err(error) => {
                        self.known.remove(&topic);
                        let what = format!("read {MIN_ISR} of topic '{topic}'");
                        let doing = Doing::on_topic(what, "DESCRIBE_CONFIGS", &topic);
                        self.fault = Some(fault_words(refuse(cluster, &doing, &error)));
                    }
                }
            }
        }
    }

    fn of(&self, topic: &str) -> Option<u32> {
        self.known.get(topic).copied()
    }
}

/// How the partitions of all topics are, and those that lack something.
pub(super) fn look(
    topics: &[TopicDescription],
    min_isrs: &MinIsrs,
) -> (ReplicationCounts, Vec<TroubledPartition>) {
    let mut counts = ReplicationCounts { under_min_isr: Some(0), ..ReplicationCounts::default() };
    let mut rows = Vec::new();
    for topic in topics {
        let min_isr = min_isrs.of(&topic.name);
        if min_isr.is_none() {
            // A number that leaves topics out would be too small.
            counts.under_min_isr = None;
        }
        for partition in &topic.partitions {
            let row = TroubledPartition {
                topic: topic.name.clone(),
                partition: partition.partition,
                leader: partition.leader,
                replicas: partition.replicas.clone(),
                isr: partition.isr.clone(),
                down: partition.offline.clone(),
                min_isr,
            };
            counts.n_partitions += 1;
            let mut is_troubled = false;
            for trouble in PartitionTrouble::ALL {
                if !row.has(trouble) {
                    continue;
                }
                is_troubled = true;
                match trouble {
                    PartitionTrouble::Offline => counts.offline += 1,
                    PartitionTrouble::UnderReplicated => counts.under_replicated += 1,
                    PartitionTrouble::NotPreferred => counts.not_preferred += 1,
                    PartitionTrouble::UnderMinIsr => {
                        counts.under_min_isr = counts.under_min_isr.map(|n| n + 1);
                    }
                }
            }
            if is_troubled {
                rows.push(row);
            }
        }
    }
    rows.sort_by(|a, b| (&a.topic, a.partition).cmp(&(&b.topic, b.partition)));
    (counts, rows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use drawbridge_kafka::admin::topics::PartitionDescription;

    fn topic(name: &str, partitions: &[(Option<i32>, &[i32], &[i32])]) -> TopicDescription {
        let each =
            (0..).zip(partitions).map(|(number, (leader, replicas, isr))| PartitionDescription {
                partition: number,
                leader: *leader,
                leader_epoch: 0,
                replicas: replicas.to_vec(),
                isr: isr.to_vec(),
                offline: vec![],
                error: None,
            });
        TopicDescription {
            name: name.into(),
            id: uuid::Uuid::nil(),
            internal: false,
            partitions: each.collect(),
            operations: None,
        }
    }

    fn min_isrs(known: &[(&str, u32)]) -> MinIsrs {
        let known = known.iter().map(|(topic, min)| ((*topic).to_owned(), *min)).collect();
        MinIsrs { known, ..MinIsrs::default() }
    }

    #[test]
    fn each_trouble_is_counted_once_and_listed_by_topic_and_number() {
        let topics = [
            topic("b", &[(Some(1), &[1, 2], &[1, 2]), (Some(2), &[1, 2], &[2])]),
            topic("a", &[(None, &[1, 2], &[1]), (Some(2), &[1, 2], &[1, 2])]),
        ];
        let (counts, rows) = look(&topics, &min_isrs(&[("a", 1), ("b", 2)]));
        let expected = ReplicationCounts {
            n_partitions: 4,
            under_replicated: 2,
            under_min_isr: Some(2),
            offline: 1,
            not_preferred: 2,
        };
        assert_eq!(counts, expected);
        let listed: Vec<_> = rows.iter().map(|row| (row.topic.as_str(), row.partition)).collect();
        assert_eq!(listed, [("a", 0), ("a", 1), ("b", 1)]);
    }

    #[test]
    fn partitions_under_their_minimum_are_not_counted_unless_every_minimum_is_known() {
        let topics = [topic("a", &[(Some(1), &[1, 2], &[1])]), topic("b", &[])];
        assert_eq!(look(&topics, &min_isrs(&[("a", 2)])).0.under_min_isr, None);
        assert_eq!(look(&topics, &min_isrs(&[("a", 2), ("b", 1)])).0.under_min_isr, Some(1));
    }
}
