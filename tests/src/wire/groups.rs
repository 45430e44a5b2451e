//! Consumer groups, seen as somebody who is no member. Single-broker clusters only: every group is
//! coordinated by the broker asked.

use anyhow::{Result, bail, ensure};
use bytes::Bytes;
use kafka_protocol::messages::{
    ConsumerGroupHeartbeatRequest, IncrementalAlterConfigsRequest, JoinGroupRequest,
    OffsetCommitRequest, OffsetFetchRequest, ShareFetchRequest, ShareFetchResponse,
    ShareGroupHeartbeatRequest, SyncGroupRequest,
    incremental_alter_configs_request::{AlterConfigsResource, AlterableConfig},
    join_group_request::JoinGroupRequestProtocol,
    offset_commit_request::{OffsetCommitRequestPartition, OffsetCommitRequestTopic},
    offset_fetch_request::{OffsetFetchRequestGroup, OffsetFetchRequestTopics},
    share_fetch_request,
    sync_group_request::SyncGroupRequestAssignment,
};

use super::{
    Wire,
    admin::{text, topic_name},
    streams::StreamsHeartbeat,
};

impl Wire {
    /// Commits `offset` of partition 0 for `group` from outside (generation -1, no member, leader
    /// epoch -1) and returns the error code.
    ///
    /// # Errors
    /// The connection broke.
    pub async fn commit(&mut self, group: &str, topic: &str, offset: i64) -> Result<i16> {
        self.find_coordinator(group, 0).await?;
        let partition = OffsetCommitRequestPartition::default()
            .with_committed_offset(offset)
            .with_committed_leader_epoch(-1);
        let wanted = OffsetCommitRequestTopic::default()
            .with_name(topic_name(topic))
            .with_partitions(vec![partition]);
        let request = OffsetCommitRequest::default()
            .with_group_id(text(group).into())
            .with_generation_id_or_member_epoch(-1)
            .with_topics(vec![wanted]);
        let version = self.version::<OffsetCommitRequest>(9)?;
        loop {
            let answer = self.call_at(version, &request).await?;
            match answer.topics[0].partitions[0].error_code {
                14..=16 => tokio::time::sleep(std::time::Duration::from_millis(50)).await,
                code => return Ok(code),
            }
        }
    }

    /// The committed (offset, leader epoch) of partition 0; -1 if there is none.
    ///
    /// # Errors
    /// The connection broke or the broker refuses.
    pub async fn committed(&mut self, group: &str, topic: &str) -> Result<(i64, i32)> {
        let wanted = OffsetFetchRequestGroup::default()
            .with_group_id(text(group).into())
            .with_member_epoch(-1)
            .with_topics(Some(vec![
                OffsetFetchRequestTopics::default()
                    .with_name(topic_name(topic))
                    .with_partition_indexes(vec![0]),
            ]));
        let request =
            OffsetFetchRequest::default().with_groups(vec![wanted]).with_require_stable(true);
        let version = self.version::<OffsetFetchRequest>(9)?;
        let answer = self.call_at(version, &request).await?;
        let found = &answer.groups[0];
        ensure!(found.error_code == 0, "OffsetFetch: error {}", found.error_code);
        let partition = &found.topics[0].partitions[0];
        Ok((partition.committed_offset, partition.committed_leader_epoch))
    }

    /// Joins `group` as its only member, in the classic protocol, and returns the member id.
    ///
    /// # Errors
    /// The broker refuses.
    pub async fn join_classic(&mut self, group: &str) -> Result<String> {
        self.find_coordinator(group, 0).await?;
        let protocol = JoinGroupRequestProtocol::default()
            .with_name(text("range"))
            // A consumer subscription (version 0) to no topic.
            .with_metadata(Bytes::from_static(&[0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff]));
        let mut request = JoinGroupRequest::default()
            .with_group_id(text(group).into())
            .with_session_timeout_ms(30_000)
            .with_rebalance_timeout_ms(30_000)
            .with_protocol_type(text("consumer"))
            .with_protocols(vec![protocol]);
        let joined = loop {
            let answer = self.call(&request).await?;
            match answer.error_code {
                0 => break answer,
                // MEMBER_ID_REQUIRED: come back with the id just given.
                79 => request = request.with_member_id(answer.member_id),
                14..=16 => tokio::time::sleep(std::time::Duration::from_millis(50)).await,
                code => bail!("JoinGroup: error {code}"),
            }
        };
        let assignment = SyncGroupRequestAssignment::default()
            .with_member_id(joined.member_id.clone())
            .with_assignment(Bytes::new());
        let sync = SyncGroupRequest::default()
            .with_group_id(text(group).into())
            .with_generation_id(joined.generation_id)
            .with_member_id(joined.member_id.clone())
            .with_protocol_type(Some(text("consumer")))
            .with_protocol_name(Some(text("range")))
            .with_assignments(vec![assignment]);
        let answer = self.call(&sync).await?;
        ensure!(answer.error_code == 0, "SyncGroup: error {}", answer.error_code);
        Ok(joined.member_id.to_string())
    }

    /// Heartbeats as a member of the consumer protocol of KIP-848: epoch 0 joins, -1 leaves. Returns
    /// the member's new epoch.
    ///
    /// # Errors
    /// The broker refuses.
    pub async fn consumer_heartbeat(
        &mut self,
        group: &str,
        member: &str,
        epoch: i32,
        topic: &str,
    ) -> Result<i32> {
        self.find_coordinator(group, 0).await?;
        let request = ConsumerGroupHeartbeatRequest::default()
            .with_group_id(text(group).into())
            .with_member_id(text(member))
            .with_member_epoch(epoch)
            .with_rebalance_timeout_ms(30_000)
            .with_subscribed_topic_names(Some(vec![topic_name(topic)]))
            .with_topic_partitions(Some(Vec::new()));
        loop {
            let answer = self.call(&request).await?;
            match answer.error_code {
                0 => return Ok(answer.member_epoch),
                14..=16 => tokio::time::sleep(std::time::Duration::from_millis(50)).await,
                code => bail!("ConsumerGroupHeartbeat: error {code} {:?}", answer.error_message),
            }
        }
    }

    /// Makes a share group begin with the oldest record of a topic it has not read from.
    ///
    /// # Errors
    /// The broker refuses.
    pub async fn share_from_oldest(&mut self, group: &str) -> Result<()> {
        let config = AlterableConfig::default()
            .with_name(text("share.auto.offset.reset"))
            .with_value(Some(text("earliest")));
        const GROUP: i8 = 32;
        let resource = AlterConfigsResource::default()
            .with_resource_type(GROUP)
            .with_resource_name(text(group))
            .with_configs(vec![config]);
        let request = IncrementalAlterConfigsRequest::default().with_resources(vec![resource]);
        let answer = self.call(&request).await?;
        let code = answer.responses[0].error_code;
        ensure!(code == 0, "IncrementalAlterConfigs: error {code}");
        Ok(())
    }

    /// Joins a share group (KIP-932) and heartbeats until it has partitions of `topic`.
    ///
    /// # Errors
    /// The broker refuses.
    pub async fn join_share(&mut self, group: &str, member: &str, topic: &str) -> Result<()> {
        self.find_coordinator(group, 0).await?;
        let mut request = ShareGroupHeartbeatRequest::default()
            .with_group_id(text(group).into())
            .with_member_id(text(member))
            .with_member_epoch(0)
            .with_subscribed_topic_names(Some(vec![topic_name(topic)]));
        loop {
            let answer = self.call(&request).await?;
            match answer.error_code {
                0 if answer.assignment.is_some_and(|own| !own.topic_partitions.is_empty()) => {
                    return Ok(());
                }
                0 => request.member_epoch = answer.member_epoch,
                14..=16 => {}
                code => bail!("ShareGroupHeartbeat: error {code} {:?}", answer.error_message),
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    }

    /// Fetches once from partition 0 for a share group and gives every record that came back as accepted. Returns
    /// how many.
    ///
    /// # Errors
    /// The broker refuses.
    pub async fn share_accept(
        &mut self,
        group: &str,
        member: &str,
        topic: uuid::Uuid,
    ) -> Result<i64> {
        let wanted = |batches| {
            let partition = share_fetch_request::FetchPartition::default()
                .with_partition_index(0)
                .with_acknowledgement_batches(batches);
            share_fetch_request::FetchTopic::default()
                .with_topic_id(topic)
                .with_partitions(vec![partition])
        };
        let mut request = ShareFetchRequest::default()
            .with_group_id(Some(text(group).into()))
            .with_member_id(Some(text(member)))
            .with_share_session_epoch(0)
            .with_max_wait_ms(500)
            .with_min_bytes(1)
            .with_max_bytes(1 << 20)
            .with_max_records(100)
            .with_batch_size(100)
            .with_topics(vec![wanted(Vec::new())]);
        loop {
            let answer = self.share_fetch(&request).await?;
            let got = answer.responses.iter().flat_map(|topic| &topic.partitions);
            let got: Vec<(i64, i64)> = got
                .flat_map(|partition| &partition.acquired_records)
                .map(|acquired| (acquired.first_offset, acquired.last_offset))
                .collect();
            request.share_session_epoch += 1;
            if got.is_empty() {
                request.topics.clear();
                continue;
            }
            let accept = got.iter().map(|(first, last)| {
                share_fetch_request::AcknowledgementBatch::default()
                    .with_first_offset(*first)
                    .with_last_offset(*last)
                    .with_acknowledge_types(vec![1])
            });
            request.topics = vec![wanted(accept.collect())];
            self.share_fetch(&request).await?;
            return Ok(got.iter().map(|(first, last)| last - first + 1).sum());
        }
    }

    async fn share_fetch(&mut self, request: &ShareFetchRequest) -> Result<ShareFetchResponse> {
        let answer = self.call(request).await?;
        let (code, words) = (answer.error_code, &answer.error_message);
        ensure!(code == 0, "ShareFetch: error {code} {words:?}");
        Ok(answer)
    }

    /// Joins a streams group (KIP-1071) with a topology of one part that reads `topic`, and heartbeats until it has
    /// tasks.
    ///
    /// # Errors
    /// The broker refuses.
    pub async fn join_streams(&mut self, group: &str, member: &str, topic: &str) -> Result<()> {
        self.find_coordinator(group, 0).await?;
        let (group, member, topic) = (group.to_owned(), member.to_owned(), topic.to_owned());
        let mut beat = StreamsHeartbeat { group, member, epoch: 0, topic };
        loop {
            let answer = self.call(&beat).await?;
            match answer.error_code {
                0 if answer.has_tasks => return Ok(()),
                0 => beat.epoch = answer.epoch,
                14..=16 => {}
                code => bail!("StreamsGroupHeartbeat: error {code} {}", answer.error_message),
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    }
}
