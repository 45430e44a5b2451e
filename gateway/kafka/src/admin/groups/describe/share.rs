//! Share groups (KIP-932): their members share partitions, and the broker keeps where they stand.

use kafka_protocol::messages::{
    ShareGroupDescribeRequest, share_group_describe_response as response,
};

use super::super::{GroupDescription, GroupKind, GroupMember, ShareOffset, group_ids};
use super::described;
use crate::{
    admin::{
        PerItem, PerPartition, TopicPartition, acls::operations, offsets::about, outcome, wire,
    },
    client::{ANY_VERSION, Call, Client, Route, Use},
    error::{Asked, Result},
    wire::later::ShareGroupOffsetsRequest,
};

impl Client {
    pub(super) async fn describe_share(
        &self,
        broker: i32,
        ids: &[String],
    ) -> Result<PerItem<String, GroupDescription>> {
        let connection = self.broker(broker, Use::Control).await?;
        let asked = Asked::new("ShareGroupDescribe").about(format!("{} groups", ids.len()));
        let answer = self
            .send::<ShareGroupDescribeRequest>(&connection, ANY_VERSION, &asked, |_| {
                ShareGroupDescribeRequest::default()
                    .with_group_ids(group_ids(ids))
                    .with_include_authorized_operations(true)
            })
            .await?;
        let groups = answer.groups.iter().map(|group| {
            let id = group.group_id.0.to_string();
            let told = (group.error_code, group.error_message.as_ref());
            let result = described("ShareGroupDescribe", &id, told, &connection);
            (id, result.map(|()| share_group(group, broker)))
        });
        Ok(groups.collect())
    }

    /// Where a share group stands in each partition it has read from.
    ///
    /// # Errors
    /// When the coordinator cannot be reached or refuses (`GROUP_ID_NOT_FOUND`); per partition, the broker's error.
    pub async fn share_group_offsets(&self, group: &str) -> Result<PerPartition<ShareOffset>> {
        let asked = Asked::new("DescribeShareGroupOffsets").about(format!("group {group}"));
        let answer = self
            .call::<ShareGroupOffsetsRequest>(
                &Call::ask(Route::Group(group), asked),
                |_| ShareGroupOffsetsRequest { groups: vec![wire(group)] },
                |answer| {
                    let group = answer.groups.first()?;
                    let message =
                        Some(group.error_message.clone()).filter(|words| !words.is_empty());
                    (group.error_code != 0).then_some((group.error_code, message))
                },
            )
            .await?;
        let mut offsets = PerPartition::new();
        for found in answer.groups.into_iter().flat_map(|group| group.partitions) {
            let at = TopicPartition::new(found.topic, found.partition);
            let asked = || about("DescribeShareGroupOffsets", &at);
            let message = Some(wire(&found.error_message)).filter(|words| !words.is_empty());
            let result = outcome(found.error_code, message.as_ref(), asked);
            if result.is_ok() && found.start_offset < 0 {
                continue;
            }
            let lag = Some(found.lag).filter(|lag| *lag >= 0);
            offsets.insert(at, result.map(|()| ShareOffset { start: found.start_offset, lag }));
        }
        Ok(offsets)
    }
}

fn share_group(group: &response::DescribedGroup, broker: i32) -> GroupDescription {
    let members = group.members.iter().map(|member| GroupMember {
        id: member.member_id.to_string(),
        instance_id: None,
        client_id: member.client_id.to_string(),
        host: member.client_host.to_string(),
        epoch: Some(member.member_epoch),
        subscribed: member.subscribed_topic_names.iter().map(|name| name.0.to_string()).collect(),
        assignment: partitions(&member.assignment),
        target: Vec::new(),
    });
    GroupDescription {
        id: group.group_id.0.to_string(),
        kind: GroupKind::Share,
        state: group.group_state.to_string(),
        protocol_type: "share".to_owned(),
        assignor: group.assignor_name.to_string(),
        coordinator: broker,
        members: members.collect(),
        epoch: Some(group.group_epoch),
        assignment_epoch: Some(group.assignment_epoch),
        operations: operations(group.authorized_operations),
    }
}

fn partitions(assignment: &response::Assignment) -> Vec<TopicPartition> {
    let topics = assignment.topic_partitions.iter();
    topics
        .flat_map(|topic| {
            let name = topic.topic_name.0.as_str();
            topic.partitions.iter().map(move |partition| TopicPartition::new(name, *partition))
        })
        .collect()
}
