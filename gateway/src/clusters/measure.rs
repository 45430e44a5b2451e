//! Sizes and offsets of partitions, as far as they may be read.

use std::collections::{BTreeMap, BTreeSet};

use drawbridge_kafka::{
    Client, Error,
    admin::{
        PerPartition, TopicPartition,
        log_dirs::LogDir,
        offsets::{Isolation, ListedOffset, OffsetSpec},
        topics::TopicDescription,
    },
};
use drawbridge_shared::names::ClusterName;

use crate::refusal::{Doing, Refusal, refuse};

/// First readable offset and high watermark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Offsets {
    pub(super) log_start: Option<i64>,
    pub(super) high_watermark: Option<i64>,
}

/// What was measured; what is missing has its reason in `faults`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Measured {
    /// Bytes of the leader's replica.
    pub(super) sizes: BTreeMap<TopicPartition, u64>,
    pub(super) offsets: BTreeMap<TopicPartition, Offsets>,
    faults: BTreeSet<String>,
}

/// Reasons told at once; the others are counted.
const REASONS: usize = 3;

impl Measured {
    /// Why something is missing, in words.
    pub(super) fn fault(&self) -> Option<String> {
        if self.faults.is_empty() {
            return None;
        }
        let mut words = self.faults.iter().take(REASONS).cloned().collect::<Vec<_>>().join(" ");
        if self.faults.len() > REASONS {
            words.push_str(&format!(" And {} more reasons.", self.faults.len() - REASONS));
        }
        Some(words)
    }

    fn blame(&mut self, cluster: &ClusterName, doing: &Doing, error: &Error) {
        self.faults.insert(fault_words(refuse(cluster, doing, error)));
    }

    /// Reads the sizes of the partitions' leader replicas.
    pub(super) async fn read_sizes(
        &mut self,
        cluster: &ClusterName,
        client: &Client,
        topics: &[TopicDescription],
    ) {
        let doing = Doing::on_cluster("read sizes on disk", "DESCRIBE");
        let leaders: BTreeMap<TopicPartition, i32> = partitions(topics)
            .filter_map(|(partition, leader)| Some((partition, leader?)))
            .collect();
        let asked: BTreeSet<i32> = leaders.values().copied().collect();
        let asked: Vec<i32> = asked.into_iter().collect();
        self.sizes.clear();
        match client.describe_log_dirs(Some(&asked)).await {
            Err(error) => self.blame(cluster, &doing, &error),
            Ok(brokers) => {
                for (broker, dirs) in brokers {
                    match dirs {
                        Err(error) => self.blame(cluster, &doing, &error),
                        Ok(dirs) => self.take_sizes(broker, &dirs, &leaders),
                    }
                }
            }
        }
    }

    fn take_sizes(
        &mut self,
        broker: i32,
        dirs: &[LogDir],
        leaders: &BTreeMap<TopicPartition, i32>,
    ) {
        for replica in dirs.iter().flat_map(|dir| &dir.replicas) {
            let leads = leaders.get(&replica.partition) == Some(&broker);
            if let (true, false, Ok(size)) = (leads, replica.future, u64::try_from(replica.size)) {
                self.sizes.insert(replica.partition.clone(), size);
            }
        }
    }

    /// Reads log starts and high watermarks.
    pub(super) async fn read_offsets(
        &mut self,
        cluster: &ClusterName,
        client: &Client,
        topics: &[TopicDescription],
    ) {
        // A partition without leader has no offsets to tell; that it has none is shown beside.
        let asked: Vec<TopicPartition> = partitions(topics)
            .filter(|(_, leader)| leader.is_some())
            .map(|(partition, _)| partition)
            .collect();
        let read = |spec| client.list_offsets(spec, &asked, Isolation::ReadUncommitted);
        let (starts, ends) = tokio::join!(read(OffsetSpec::Earliest), read(OffsetSpec::Latest));
        self.offsets.clear();
        self.take_offsets(cluster, starts, |offsets, value| offsets.log_start = value);
        self.take_offsets(cluster, ends, |offsets, value| offsets.high_watermark = value);
    }

    fn take_offsets(
        &mut self,
        cluster: &ClusterName,
        listed: PerPartition<ListedOffset>,
        set: impl Fn(&mut Offsets, Option<i64>),
    ) {
        for (partition, result) in listed {
            match result {
                Ok(listed) => set(self.offsets.entry(partition).or_default(), listed.offset),
                Err(error) => {
                    let doing = Doing::on_topic(
                        format!("read offsets of topic '{}'", partition.topic),
                        "DESCRIBE",
                        &partition.topic,
                    );
                    self.blame(cluster, &doing, &error);
                }
            }
        }
    }

    /// Forgets why things were missing, before measuring again.
    pub(super) fn forgive(&mut self) {
        self.faults.clear();
    }

    /// Sum of the sizes of a topic's partitions; none unless all are known.
    pub(super) fn size_of(&self, topic: &TopicDescription) -> Option<u64> {
        self.sum(topic, |partition| self.sizes.get(partition).copied())
    }

    /// Sum of log end minus log start over a topic's partitions; none unless all are known.
    pub(super) fn offsets_of(&self, topic: &TopicDescription) -> Option<u64> {
        self.sum(topic, |partition| {
            let Offsets { log_start, high_watermark } = *self.offsets.get(partition)?;
            u64::try_from(high_watermark?.checked_sub(log_start?)?).ok()
        })
    }

    fn sum(
        &self,
        topic: &TopicDescription,
        of: impl Fn(&TopicPartition) -> Option<u64>,
    ) -> Option<u64> {
        // No partition stands for a topic whose partitions are not told, not for an empty one.
        if topic.partitions.is_empty() {
            return None;
        }
        let each = topic.partitions.iter();
        each.map(|p| of(&TopicPartition::new(topic.name.as_str(), p.partition)))
            .try_fold(0u64, |sum, value| sum.checked_add(value?))
    }
}

/// A refusal as one text.
pub(super) fn fault_words(refusal: Refusal) -> String {
    let mut words = refusal.message;
    if let Some(cause) = refusal.cause {
        words.push_str(&format!(" ({cause})"));
    }
    words.push('.');
    if let Some(remedy) = refusal.remedy {
        words.push(' ');
        words.push_str(&remedy);
    }
    words
}

fn partitions(
    topics: &[TopicDescription],
) -> impl Iterator<Item = (TopicPartition, Option<i32>)> + '_ {
    topics.iter().flat_map(|topic| {
        topic
            .partitions
            .iter()
            .map(|p| (TopicPartition::new(topic.name.as_str(), p.partition), p.leader))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use drawbridge_kafka::admin::topics::PartitionDescription;

    fn topic(n_partitions: i32) -> TopicDescription {
        let partition = |partition| PartitionDescription {
            partition,
            leader: Some(1),
            leader_epoch: 0,
            replicas: vec![1],
            isr: vec![1],
            offline: vec![],
            error: None,
        };
        TopicDescription {
            name: "orders".into(),
            id: uuid::Uuid::nil(),
            internal: false,
            partitions: (0..n_partitions).map(partition).collect(),
            operations: None,
        }
    }

    fn measured(each: &[(i64, i64)]) -> Measured {
        let offsets = (0..).zip(each).map(|(number, (start, end))| {
            let known = Offsets { log_start: Some(*start), high_watermark: Some(*end) };
            (TopicPartition::new("orders", number), known)
        });
        Measured { offsets: offsets.collect(), ..Measured::default() }
    }

    #[test]
    fn a_sum_is_unknown_unless_every_partition_is_known() {
        assert_eq!(measured(&[(3, 10), (0, 5)]).offsets_of(&topic(2)), Some(12));
        assert_eq!(measured(&[(3, 10)]).offsets_of(&topic(2)), None);
        assert_eq!(measured(&[(10, 3), (0, 5)]).offsets_of(&topic(2)), None, "end before start");
        assert_eq!(measured(&[(i64::MIN, i64::MAX)]).offsets_of(&topic(1)), None);
    }

    #[test]
    fn a_topic_whose_partitions_are_not_told_is_not_called_empty() {
        assert_eq!(Measured::default().offsets_of(&topic(0)), None);
        assert_eq!(Measured::default().size_of(&topic(0)), None);
    }
}
