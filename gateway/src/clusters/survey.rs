//! Counts over a cluster's topics.

use std::collections::BTreeMap;

use drawbridge_kafka::admin::{
    log_dirs::LogDir,
    topics::{PartitionDescription, TopicDescription},
};

/// What a cluster holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) n_topics: u32,
    pub(super) n_partitions: u32,
    pub(super) under_replicated: u32,
    pub(super) offline: u32,
    /// By node id: partitions led, replicas placed.
    pub(super) brokers: BTreeMap<i32, (u32, u32)>,
}

pub(super) fn is_under_replicated(partition: &PartitionDescription) -> bool {
    partition.isr.len() < partition.replicas.len()
}

/// Counts topics and partitions.
pub(super) fn tally(topics: &[TopicDescription]) -> Tally {
    let mut tally = Tally::default();
    for topic in topics {
        tally.n_topics += 1;
        for partition in &topic.partitions {
            tally.n_partitions += 1;
            tally.under_replicated += u32::from(is_under_replicated(partition));
            tally.offline += u32::from(partition.leader.is_none());
            if let Some(leader) = partition.leader {
                tally.brokers.entry(leader).or_default().0 += 1;
            }
            for replica in &partition.replicas {
                tally.brokers.entry(*replica).or_default().1 += 1;
            }
        }
    }
    tally
}

/// Bytes on a broker's disks; none if a disk is offline or a size makes no sense, for then the sum would be
/// too small.
pub(super) fn used_bytes(dirs: &[LogDir]) -> Option<u64> {
    let sizes = dirs.iter().flat_map(|dir| &dir.replicas).map(|replica| replica.size);
    dirs.iter()
        .all(|dir| dir.error.is_none())
        .then(|| sizes.map(u64::try_from).try_fold(0u64, |sum, size| sum.checked_add(size.ok()?)))?
}

/// Several brokers' versions as one text: `4.1`, or `3.9 – 4.1` while they differ.
pub(super) fn version_words<'a>(versions: impl Iterator<Item = &'a str>) -> Option<String> {
    let mut distinct: Vec<&str> = versions.collect();
    distinct.sort_by_key(|version| (release(version), *version));
    distinct.dedup();
    match distinct.as_slice() {
        [] => None,
        [only] => Some((*only).to_owned()),
        [first, .., last] => Some(format!("{first} – {last}")),
    }
}

/// Major and minor number at the start of a version text.
fn release(version: &str) -> (u32, u32) {
    let digits =
        version.split(|c: char| !c.is_ascii_digit() && c != '.').next().unwrap_or_default();
    let mut parts = digits.split('.').map(|part| part.parse().unwrap_or(0));
    (parts.next().unwrap_or(0), parts.next().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn partition(leader: Option<i32>, replicas: &[i32], isr: &[i32]) -> PartitionDescription {
        PartitionDescription {
            partition: 0,
            leader,
            leader_epoch: 0,
            replicas: replicas.to_vec(),
            isr: isr.to_vec(),
            offline: vec![],
            error: None,
        }
    }

    #[test]
    fn partitions_without_leader_or_with_missing_replicas_are_counted() {
        let topic = TopicDescription {
            name: "orders".into(),
            id: uuid::Uuid::nil(),
            internal: false,
            partitions: vec![
                partition(Some(1), &[1, 2], &[1, 2]),
                partition(Some(2), &[2, 1], &[2]),
                partition(None, &[2, 1], &[]),
            ],
            operations: None,
        };
        let tally = tally(&[topic]);
        assert_eq!((tally.n_topics, tally.n_partitions), (1, 3));
        assert_eq!((tally.under_replicated, tally.offline), (2, 1));
        assert_eq!(tally.brokers, BTreeMap::from([(1, (1, 3)), (2, (1, 3))]));
    }

    #[test]
    fn the_use_of_disks_is_unknown_when_one_is_offline_or_a_size_makes_no_sense() {
        use drawbridge_kafka::{
            Asked, Error,
            admin::{TopicPartition, log_dirs::LogDirReplica},
        };
        let dir = |sizes: &[i64], error: Option<Error>| {
            let replica = |size: &i64| LogDirReplica {
                partition: TopicPartition::new("orders", 0),
                size: *size,
                offset_lag: 0,
                future: false,
            };
            LogDir {
                path: "/d".into(),
                error,
                total_bytes: None,
                usable_bytes: None,
                replicas: sizes.iter().map(replica).collect(),
            }
        };
        let offline = Error::broker(56, None, Asked::new("DescribeLogDirs"));
        assert_eq!(used_bytes(&[dir(&[1, 2], None), dir(&[4], None)]), Some(7));
        assert_eq!(used_bytes(&[dir(&[], None)]), Some(0));
        assert_eq!(used_bytes(&[dir(&[1, 2], None), dir(&[], Some(offline))]), None);
        assert_eq!(used_bytes(&[dir(&[1, -1], None)]), None);
        assert_eq!(used_bytes(&[dir(&[i64::MAX, i64::MAX, i64::MAX], None)]), None);
    }

    #[test]
    fn mixed_versions_are_told_from_oldest_to_newest() {
        assert_eq!(version_words(["4.1", "4.1"].into_iter()).as_deref(), Some("4.1"));
        assert_eq!(
            version_words(["4.10", "3.9", "4.2"].into_iter()).as_deref(),
            Some("3.9 – 4.10")
        );
        assert_eq!(version_words([].into_iter()), None);
    }
}
