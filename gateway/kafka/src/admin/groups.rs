//! Groups: list, describe, delete.

mod describe;

use futures_util::future::join_all;
use kafka_protocol::messages::{DeleteGroupsRequest, GroupId, ListGroupsRequest};

use super::{PerItem, TopicPartition, acls::AclOperation, outcome, wire};
use crate::{
    client::{ANY_VERSION, Call, Client, Route, Use},
    error::{Asked, Error, ErrorCode, Result},
};

/// What kind of group it is.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum GroupKind {
    /// The classic protocol (also Connect's).
    Classic,
    /// KIP-848.
    Consumer,
    /// KIP-932.
    Share,
    /// KIP-1071.
    Streams,
    /// Another word, or none from an old broker.
    Other(String),
}

/// A group in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupListing {
    /// Group id.
    pub id: String,
    /// Kind.
    pub kind: GroupKind,
    /// `consumer`, `connect`, … ; empty for groups that only hold offsets.
    pub protocol_type: String,
    /// `Stable`, `Empty`, `PreparingRebalance`, … as the broker says.
    pub state: String,
    /// The broker that listed it, which is its coordinator.
    pub coordinator: i32,
}

/// All groups that could be listed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GroupList {
    /// Groups by id.
    pub groups: Vec<GroupListing>,
    /// Brokers whose groups are missing, with the reason.
    pub failed: Vec<(i32, Error)>,
}

/// A group with its members.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupDescription {
    /// Group id.
    pub id: String,
    /// Kind.
    pub kind: GroupKind,
    /// State as the broker says.
    pub state: String,
    /// `consumer`, `connect`, …
    pub protocol_type: String,
    /// Assignor (`range`, `uniform`, …), empty if none.
    pub assignor: String,
    /// Broker that coordinates the group.
    pub coordinator: i32,
    /// Members.
    pub members: Vec<GroupMember>,
    /// Group epoch of a group that is not a classic one.
    pub epoch: Option<i32>,
    /// Epoch of the assignment of such a group.
    pub assignment_epoch: Option<i32>,
    /// What the principal may do with the group; `None` if the broker does not say.
    pub operations: Option<Vec<AclOperation>>,
}

/// A member of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupMember {
    /// Member id.
    pub id: String,
    /// `group.instance.id` of a static member.
    pub instance_id: Option<String>,
    /// `client.id`.
    pub client_id: String,
    /// Host as the broker sees it.
    pub host: String,
    /// Epoch of a member that is not a classic one.
    pub epoch: Option<i32>,
    /// Subscribed topics, where told.
    pub subscribed: Vec<String>,
    /// Partitions it owns, or has a share of.
    pub assignment: Vec<TopicPartition>,
    /// Partitions it is to own (KIP-848, KIP-1071).
    pub target: Vec<TopicPartition>,
}

/// Where a share group stands in a partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShareOffset {
    /// The first record that is not noted as finished (share-partition start offset); later ones may be finished.
    pub start: i64,
    /// Records that are not finished, where the broker says so (KIP-1226, Kafka 4.2).
    pub lag: Option<i64>,
}

impl Client {
    /// All groups the principal may describe, asked of every broker.
    ///
    /// # Errors
    /// When the brokers are not known. A broker that fails is listed in [`GroupList::failed`].
    pub async fn list_groups(&self) -> Result<GroupList> {
        let brokers = self.broker_ids().await?;
        let calls = brokers.into_iter().map(|id| async move { (id, self.groups_of(id).await) });
        let mut list = GroupList::default();
        for (broker, outcome) in join_all(calls).await {
            match outcome {
                Ok(groups) => list.groups.extend(groups),
                Err(error) => list.failed.push((broker, error)),
            }
        }
        list.groups.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(list)
    }

    async fn groups_of(&self, broker: i32) -> Result<Vec<GroupListing>> {
        let asked = Asked::new("ListGroups").about(format!("broker {broker}"));
        let response = self
            .call::<ListGroupsRequest>(
                &Call::ask(Route::Broker(broker), asked),
                |_| ListGroupsRequest::default(),
                |response| ErrorCode::from_wire(response.error_code).map(|code| (code.0, None)),
            )
            .await?;
        let groups = response.groups.iter().map(|group| {
            let id = group.group_id.0.to_string();
            self.learn_group_coordinator(&id, broker);
            GroupListing {
                id,
                kind: GroupKind::from_word(&group.group_type),
                protocol_type: group.protocol_type.to_string(),
                state: group.group_state.to_string(),
                coordinator: broker,
            }
        });
        Ok(groups.collect())
    }

    /// Groups with members and assignments, of every kind.
    ///
    /// # Errors
    /// Per group: no coordinator, or the broker's error (`GROUP_ID_NOT_FOUND`).
    pub async fn describe_groups(&self, ids: &[&str]) -> PerItem<String, GroupDescription> {
        self.per_coordinator(ids, |broker, ids| async move {
            self.describe_groups_at(broker, &ids).await
        })
        .await
    }

    /// Deletes groups with their offsets.
    ///
    /// # Errors
    /// Per group: no coordinator, or the broker's error (`NON_EMPTY_GROUP`).
    pub async fn delete_groups(&self, ids: &[&str]) -> PerItem<String, ()> {
        self.per_coordinator(
            ids,
            |broker, ids| async move { self.delete_groups_at(broker, &ids).await },
        )
        .await
    }

    async fn delete_groups_at(&self, broker: i32, ids: &[String]) -> Result<PerItem<String, ()>> {
        let connection = self.broker(broker, Use::Control).await?;
        let asked = Asked::new("DeleteGroups").about(format!("{} groups", ids.len()));
        let response = self
            .send::<DeleteGroupsRequest>(&connection, ANY_VERSION, &asked, |_| {
                DeleteGroupsRequest::default().with_groups_names(group_ids(ids))
            })
            .await?;
        let results = response.results.iter().map(|group| {
            let id = group.group_id.0.to_string();
            let asked =
                || Asked::new("DeleteGroups").about(format!("group {id}")).of(connection.target());
            let result = outcome(group.error_code, None, asked);
            (id, result)
        });
        Ok(results.collect())
    }
}

fn group_ids(ids: &[String]) -> Vec<GroupId> {
    ids.iter().map(|id| GroupId(wire(id))).collect()
}

impl GroupKind {
    fn from_word(word: &str) -> Self {
        match word.to_ascii_lowercase().as_str() {
            "classic" => Self::Classic,
            "consumer" => Self::Consumer,
            "share" => Self::Share,
            "streams" => Self::Streams,
            _ => Self::Other(word.to_owned()),
        }
    }
}
