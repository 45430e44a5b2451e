//! Describing groups: as KIP-848 groups first, then as each other kind those that are none.

mod share;
mod streams;

use kafka_protocol::messages::{
    ConsumerGroupDescribeRequest, DescribeGroupsRequest,
    consumer_group_describe_response as modern, describe_groups_response as classic,
};

use kafka_protocol::protocol::StrBytes;

use super::{GroupDescription, GroupKind, GroupMember, group_ids};
use crate::{
    admin::{PerItem, TopicPartition, acls::operations, outcome},
    client::{ANY_VERSION, Client, Use},
    connection::Connection,
    error::{Asked, Error, ErrorCode, Result},
    wire::{consumer_assignment, consumer_subscription},
};

impl Client {
    /// Describes groups that `broker` coordinates.
    pub(super) async fn describe_groups_at(
        &self,
        broker: i32,
        ids: &[String],
    ) -> Result<PerItem<String, GroupDescription>> {
        let mut found = match self.describe_modern(broker, ids).await {
            Ok(found) => found,
            Err(Error::UnsupportedVersion { .. }) => PerItem::new(),
            Err(error) => return Err(error),
        };
        let classic = not_of_a_kind(ids, &found);
        if !classic.is_empty() {
            found.extend(self.describe_classic(broker, &classic).await?);
        }
        for kind in [GroupKind::Share, GroupKind::Streams] {
            let missing = not_of_a_kind(ids, &found);
            if missing.is_empty() {
                break;
            }
            let described = match kind {
                GroupKind::Share => self.describe_share(broker, &missing).await,
                _ => self.describe_streams(broker, &missing).await,
            };
            match described {
                Ok(described) => {
                    found.extend(described.into_iter().filter(|(_, group)| !is_no_such_kind(group)))
                }
                // A broker that does not know the kind has none of it.
                Err(Error::UnsupportedVersion { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(found)
    }

    async fn describe_modern(
        &self,
        broker: i32,
        ids: &[String],
    ) -> Result<PerItem<String, GroupDescription>> {
        let connection = self.broker(broker, Use::Control).await?;
        let asked = Asked::new("ConsumerGroupDescribe").about(format!("{} groups", ids.len()));
        let response = self
            .send::<ConsumerGroupDescribeRequest>(&connection, ANY_VERSION, &asked, |_| {
                ConsumerGroupDescribeRequest::default()
                    .with_group_ids(group_ids(ids))
                    .with_include_authorized_operations(true)
            })
            .await?;
        let groups = response.groups.iter().map(|group| {
            let id = group.group_id.0.to_string();
            let told = (group.error_code, group.error_message.as_ref());
            let result = described("ConsumerGroupDescribe", &id, told, &connection);
            (id, result.map(|()| modern_group(group, broker)))
        });
        Ok(groups.collect())
    }

    async fn describe_classic(
        &self,
        broker: i32,
        ids: &[String],
    ) -> Result<PerItem<String, GroupDescription>> {
        let connection = self.broker(broker, Use::Control).await?;
        let asked = Asked::new("DescribeGroups").about(format!("{} groups", ids.len()));
        let response = self
            .send::<DescribeGroupsRequest>(&connection, ANY_VERSION, &asked, |_| {
                DescribeGroupsRequest::default()
                    .with_groups(group_ids(ids))
                    .with_include_authorized_operations(true)
            })
            .await?;
        let groups = response.groups.iter().map(|group| {
            let id = group.group_id.0.to_string();
            // Before version 6 a group that does not exist is described as a dead one.
            let dead = group.error_code == 0 && group.group_state.as_str() == "Dead";
            let code = if dead { ErrorCode::GROUP_ID_NOT_FOUND.0 } else { group.error_code };
            let told = (code, group.error_message.as_ref());
            let result = described("DescribeGroups", &id, told, &connection);
            (id, result.map(|()| classic_group(group, broker)))
        });
        Ok(groups.collect())
    }
}

/// Whether a group was described: the code and the words that came with it.
fn described(
    api: &'static str,
    id: &str,
    (code, words): (i16, Option<&StrBytes>),
    connection: &Connection,
) -> Result<()> {
    outcome(code, words, || Asked::new(api).about(format!("group {id}")).of(connection.target()))
}

/// The groups that were not found among a kind.
fn not_of_a_kind(ids: &[String], found: &PerItem<String, GroupDescription>) -> Vec<String> {
    let missing = ids.iter().filter(|id| found.get(*id).is_none_or(is_no_such_kind));
    missing.cloned().collect()
}

fn is_no_such_kind(described: &Result<GroupDescription>) -> bool {
    let code = described.as_ref().err().and_then(Error::code);
    matches!(code, Some(ErrorCode::GROUP_ID_NOT_FOUND | ErrorCode::UNSUPPORTED_VERSION))
}

fn modern_group(group: &modern::DescribedGroup, broker: i32) -> GroupDescription {
    let members = group.members.iter().map(|member| GroupMember {
        id: member.member_id.to_string(),
        instance_id: member.instance_id.as_ref().map(ToString::to_string),
        client_id: member.client_id.to_string(),
        host: member.client_host.to_string(),
        epoch: Some(member.member_epoch),
        subscribed: member.subscribed_topic_names.iter().map(|name| name.0.to_string()).collect(),
        assignment: partitions(&member.assignment),
        target: partitions(&member.target_assignment),
    });
    GroupDescription {
        id: group.group_id.0.to_string(),
        kind: GroupKind::Consumer,
        state: group.group_state.to_string(),
        protocol_type: "consumer".to_owned(),
        assignor: group.assignor_name.to_string(),
        coordinator: broker,
        members: members.collect(),
        epoch: Some(group.group_epoch),
        assignment_epoch: Some(group.assignment_epoch),
        operations: operations(group.authorized_operations),
    }
}

fn partitions(assignment: &modern::Assignment) -> Vec<TopicPartition> {
    let topics = assignment.topic_partitions.iter();
    topics
        .flat_map(|topic| {
            let name = topic.topic_name.0.as_str();
            topic.partitions.iter().map(move |partition| TopicPartition::new(name, *partition))
        })
        .collect()
}

fn classic_group(group: &classic::DescribedGroup, broker: i32) -> GroupDescription {
    // Members of other protocols (Connect) put something else into these bytes.
    let consumers = group.protocol_type.as_str() == "consumer";
    let members = group.members.iter().map(|member| {
        let assignment =
            consumers.then(|| consumer_assignment(member.member_assignment.clone())).flatten();
        let subscribed =
            consumers.then(|| consumer_subscription(member.member_metadata.clone())).flatten();
        let assignment = assignment.into_iter().flatten().flat_map(|(topic, partitions)| {
            partitions
                .into_iter()
                .map(move |partition| TopicPartition::new(topic.clone(), partition))
        });
        GroupMember {
            id: member.member_id.to_string(),
            instance_id: member.group_instance_id.as_ref().map(ToString::to_string),
            client_id: member.client_id.to_string(),
            host: member.client_host.to_string(),
            epoch: None,
            subscribed: subscribed.unwrap_or_default(),
            assignment: assignment.collect(),
            target: Vec::new(),
        }
    });
    GroupDescription {
        id: group.group_id.0.to_string(),
        kind: GroupKind::Classic,
        state: group.group_state.to_string(),
        protocol_type: group.protocol_type.to_string(),
        assignor: group.protocol_data.to_string(),
        coordinator: broker,
        members: members.collect(),
        epoch: None,
        assignment_epoch: None,
        operations: operations(group.authorized_operations),
    }
}
