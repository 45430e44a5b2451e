//! Committed offsets of groups: read, set, delete.

use kafka_protocol::messages::{
    GroupId, OffsetCommitRequest, OffsetDeleteRequest, OffsetDeleteResponse, OffsetFetchRequest,
    offset_commit_request::{OffsetCommitRequestPartition, OffsetCommitRequestTopic},
    offset_delete_request::{OffsetDeleteRequestPartition, OffsetDeleteRequestTopic},
    offset_fetch_request::{OffsetFetchRequestGroup, OffsetFetchRequestTopics},
};
use kafka_protocol::protocol::Request;
use tokio::time::Instant;

use super::{PerPartition, TopicPartition, by_topic, offsets::about, outcome, topic_name, wire};
use crate::{
    client::{Call, Client, Repeat, Route},
    error::{Asked, Error, ErrorCode, Result},
    wire::{FlatResponse, encode},
};

/// A committed offset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommittedOffset {
    /// The next offset to read.
    pub offset: i64,
    /// Leader epoch of the last record read, if committed with one.
    pub leader_epoch: Option<i32>,
    /// The consumer's note.
    pub metadata: String,
}

impl CommittedOffset {
    /// An offset without epoch and note. Offsets that come from another cluster must carry no epoch: it would
    /// make consumers wait for an epoch that never comes.
    #[must_use]
    pub fn new(offset: i64) -> Self {
        Self { offset, leader_epoch: None, metadata: String::new() }
    }
}

impl Client {
    /// Committed offsets of a group: of `partitions`, or all. Partitions without one are left out.
    ///
    /// With `require_stable`, offsets of open transactions are waited for.
    ///
    /// # Errors
    /// When the coordinator cannot be reached or refuses; per partition, the broker's error.
    pub async fn group_offsets(
        &self,
        group: &str,
        partitions: Option<&[TopicPartition]>,
        require_stable: bool,
    ) -> Result<PerPartition<CommittedOffset>> {
        let asked = Asked::new("OffsetFetch").about(format!("group {group}"));
        let response = self
            .call::<OffsetFetchRequest>(
                // From version 8 on several groups can be asked for; older ones have another shape.
                &Call::ask(Route::Group(group), asked).within(8, i16::MAX),
                |_| {
                    let topics = partitions.map(|partitions| {
                        let all = partitions.iter().map(|p| (p.topic.clone(), p.partition));
                        let topics = by_topic(all).into_iter().map(|(topic, partitions)| {
                            OffsetFetchRequestTopics::default()
                                .with_name(topic_name(&topic))
                                .with_partition_indexes(partitions)
                        });
                        topics.collect()
                    });
                    let question = OffsetFetchRequestGroup::default()
                        .with_group_id(GroupId(wire(group)))
                        .with_topics(topics);
                    OffsetFetchRequest::default()
                        .with_groups(vec![question])
                        .with_require_stable(require_stable)
                },
                |response| {
                    let group = response.groups.first()?;
                    let partitions = group.topics.iter().flat_map(|topic| &topic.partitions);
                    let unstable = partitions
                        .map(|partition| partition.error_code)
                        .find(|code| *code == ErrorCode::UNSTABLE_OFFSET_COMMIT.0);
                    let code = ErrorCode::from_wire(group.error_code).map(|code| code.0);
                    code.or(unstable).map(|code| (code, None))
                },
            )
            .await?;
        let mut offsets = PerPartition::new();
        for topic in response.groups.iter().flat_map(|group| &group.topics) {
            for found in &topic.partitions {
                let partition =
                    TopicPartition::new(topic.name.0.to_string(), found.partition_index);
                let result = outcome(found.error_code, None, || about("OffsetFetch", &partition));
                if result.is_ok() && found.committed_offset < 0 {
                    continue;
                }
                let committed = CommittedOffset {
                    offset: found.committed_offset,
                    leader_epoch: Some(found.committed_leader_epoch).filter(|epoch| *epoch >= 0),
                    metadata: found.metadata.as_ref().map(ToString::to_string).unwrap_or_default(),
                };
                offsets.insert(partition, result.map(|()| committed));
            }
        }
        Ok(offsets)
    }

    /// Commits offsets for a group that has no members here.
    ///
    /// # Errors
    /// When the coordinator cannot be reached; per partition, the broker's error (`UNKNOWN_MEMBER_ID` when the
    /// group has members).
    pub async fn commit_group_offsets(
        &self,
        group: &str,
        offsets: &[(TopicPartition, CommittedOffset)],
    ) -> Result<PerPartition<()>> {
        let asked = Asked::new("OffsetCommit").about(format!("group {group}"));
        // The same offsets committed twice are committed once, as long as nobody else commits for the group; a
        // group with members refuses.
        let response = self
            .call::<OffsetCommitRequest>(
                &Call::ask(Route::Group(group), asked),
                |_| {
                    let topics = by_topic(offsets.iter().map(|(partition, committed)| {
                        let commit = OffsetCommitRequestPartition::default()
                            .with_partition_index(partition.partition)
                            .with_committed_offset(committed.offset)
                            .with_committed_leader_epoch(committed.leader_epoch.unwrap_or(-1))
                            .with_committed_metadata(Some(wire(&committed.metadata)));
                        (partition.topic.clone(), commit)
                    }));
                    let topics = topics.into_iter().map(|(topic, partitions)| {
                        OffsetCommitRequestTopic::default()
                            .with_name(topic_name(&topic))
                            .with_partitions(partitions)
                    });
                    // No member: generation -1 and an empty member id.
                    OffsetCommitRequest::default()
                        .with_group_id(GroupId(wire(group)))
                        .with_generation_id_or_member_epoch(-1)
                        .with_topics(topics.collect())
                },
                |response| {
                    let partitions = response.topics.iter().flat_map(|topic| &topic.partitions);
                    let mut codes = partitions.map(|partition| partition.error_code);
                    codes
                        .find(|code| ErrorCode(*code).means_stale_coordinator())
                        .map(|code| (code, None))
                },
            )
            .await?;
        let mut results = PerPartition::new();
        for topic in &response.topics {
            for found in &topic.partitions {
                let partition =
                    TopicPartition::new(topic.name.0.to_string(), found.partition_index);
                let asked = || {
                    Asked::new("OffsetCommit")
                        .about(format!("group {group}, partition {partition}"))
                };
                let result = outcome(found.error_code, None, asked);
                results.insert(partition, result);
            }
        }
        Ok(results)
    }

    /// Removes committed offsets.
    ///
    /// # Errors
    /// When the coordinator cannot be reached or refuses; per partition, the broker's error
    /// (`GROUP_SUBSCRIBED_TO_TOPIC` while members read it).
    pub async fn delete_group_offsets(
        &self,
        group: &str,
        partitions: &[TopicPartition],
    ) -> Result<PerPartition<()>> {
        let asked = Asked::new("OffsetDelete").about(format!("group {group}"));
        let response = self
            .retrying(Repeat::Always, &asked, || async {
                let outcome = self.send_offset_delete(group, partitions, &asked).await;
                if let Err(error) = &outcome {
                    self.learn_from(Route::Group(group), error);
                }
                outcome
            })
            .await?;
        let mut results = PerPartition::new();
        for topic in &response.topics {
            for found in &topic.partitions {
                let partition =
                    TopicPartition::new(topic.name.0.to_string(), found.partition_index);
                let asked = || {
                    Asked::new("OffsetDelete")
                        .about(format!("group {group}, partition {partition}"))
                };
                let result = outcome(found.error_code, None, asked);
                results.insert(partition, result);
            }
        }
        Ok(results)
    }

    /// The one administrative call that has no flexible version.
    async fn send_offset_delete(
        &self,
        group: &str,
        partitions: &[TopicPartition],
        asked: &Asked,
    ) -> Result<OffsetDeleteResponse> {
        let connection = self.route(Route::Group(group)).await?;
        let asked = asked.clone().of(connection.target());
        let version = connection.versions().choose_in(OffsetDeleteRequest::KEY, 0, 0, &asked)?;
        let topics = by_topic(partitions.iter().map(|p| (p.topic.clone(), p.partition)));
        let topics = topics.into_iter().map(|(topic, partitions)| {
            let partitions = partitions.into_iter().map(|partition| {
                OffsetDeleteRequestPartition::default().with_partition_index(partition)
            });
            OffsetDeleteRequestTopic::default()
                .with_name(topic_name(&topic))
                .with_partitions(partitions.collect())
        });
        let request = OffsetDeleteRequest::default()
            .with_group_id(GroupId(wire(group)))
            .with_topics(topics.collect());
        let frame = encode(&self.settings().client_id, version, &request)
            .map_err(|reason| Error::InvalidRequest { asked: asked.clone(), reason })?;
        let since = Instant::now();
        let bytes = self.exchange(&connection, frame, std::time::Duration::ZERO, &asked).await?;
        connection.observe_round_trip(since.elapsed());
        let response = OffsetDeleteResponse::decode_flat(bytes)
            .map_err(|what| crate::client::unreadable(&connection, &asked, what))?;
        let throttle = u64::try_from(response.throttle_time_ms).unwrap_or(0);
        connection.throttle(std::time::Duration::from_millis(throttle));
        outcome(response.error_code, None, || asked)?;
        Ok(response)
    }
}
