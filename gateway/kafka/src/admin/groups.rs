//! Groups: list, describe, delete.

use super::{PerItem, TopicPartition, acls::AclOperation, unfinished};
use crate::{
    client::Client,
    error::{Error, Result},
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
    /// Group epoch of a KIP-848 group.
    pub epoch: Option<i32>,
    /// Epoch of the assignment of a KIP-848 group.
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
    /// Epoch of a KIP-848 member.
    pub epoch: Option<i32>,
    /// Subscribed topics, where told.
    pub subscribed: Vec<String>,
    /// Partitions it owns.
    pub assignment: Vec<TopicPartition>,
    /// Partitions it is to own (KIP-848).
    pub target: Vec<TopicPartition>,
}

impl Client {
    /// All groups the principal may describe, asked of every broker.
    ///
    /// # Errors
    /// When the brokers are not known. A broker that fails is listed in [`GroupList::failed`].
    pub async fn list_groups(&self) -> Result<GroupList> {
        unfinished()
    }

    /// Groups with members and assignments, classic and KIP-848.
    ///
    /// # Errors
    /// Per group: no coordinator, or the broker's error (`GROUP_ID_NOT_FOUND`).
    pub async fn describe_groups(&self, _ids: &[&str]) -> PerItem<String, GroupDescription> {
        PerItem::new()
    }

    /// Deletes groups with their offsets.
    ///
    /// # Errors
    /// Per group: no coordinator, or the broker's error (`NON_EMPTY_GROUP`).
    pub async fn delete_groups(&self, _ids: &[&str]) -> PerItem<String, ()> {
        PerItem::new()
    }
}
