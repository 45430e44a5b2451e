//! What is stored, and the keys it is stored under.

use std::{fmt, str::FromStr};

use drawbridge_engine::{
    mirror::MirrorRecord,
    partition::{Memory, Producer},
    task::topic_configs::Configs,
};
use drawbridge_shared::{
    link::{LinkConfigs, LinkName},
    names::TopicName,
};
use uuid::Uuid;

use super::StoreError;

/// What a record is about. As text: `link/NAME`, `mirror/LINK/TOPIC`, `partition/LINK/TOPIC/N`;
/// no name holds a `/`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Key {
    /// A link.
    Link(LinkName),
    /// A mirror topic of a link, by its own name.
    Mirror(LinkName, TopicName),
    /// A partition of a mirror topic.
    Partition(LinkName, TopicName, i32),
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Link(link) => write!(f, "link/{link}"),
            Self::Mirror(link, topic) => write!(f, "mirror/{link}/{topic}"),
            Self::Partition(link, topic, number) => write!(f, "partition/{link}/{topic}/{number}"),
        }
    }
}

/// A text that is no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("its key is none that this version knows")]
pub struct UnknownKey;

impl FromStr for Key {
    type Err = UnknownKey;

    fn from_str(text: &str) -> Result<Self, UnknownKey> {
        let parts: Vec<&str> = text.split('/').collect();
        let link = |name: &str| name.parse::<LinkName>().map_err(|_| UnknownKey);
        let topic = |name: &str| name.parse::<TopicName>().map_err(|_| UnknownKey);
        let key = match parts.as_slice() {
            ["link", name] => Self::Link(link(name)?),
            ["mirror", name, of] => Self::Mirror(link(name)?, topic(of)?),
            ["partition", name, of, number] => {
                let number = number.parse().map_err(|_| UnknownKey)?;
                Self::Partition(link(name)?, topic(of)?, number)
            }
            _ => return Err(UnknownKey),
        };
        // One thing has one key: `partition/l/t/+1` is not `partition/l/t/1`.
        if key.to_string() == text { Ok(key) } else { Err(UnknownKey) }
    }
}

/// Something to store.
#[derive(Debug, Clone, PartialEq)]
pub enum Stored {
    /// A link.
    Link(StoredLink),
    /// A mirror topic.
    Mirror(StoredMirror),
    /// What a partition remembers.
    Partition(StoredPartition),
}

impl Stored {
    /// Where it is stored.
    ///
    /// # Errors
    /// [`StoreError::Unwritable`] when a mirror's name is none a topic can have.
    pub fn key(&self) -> Result<Key, StoreError> {
        Ok(match self {
            Self::Link(link) => Key::Link(link.name.clone()),
            Self::Mirror(mirror) => {
                let topic = mirror.record.mirror_topic.parse();
                let topic = topic
                    .map_err(|error| StoreError::Unwritable(format!("the mirror's {error}")))?;
                Key::Mirror(mirror.record.link.clone(), topic)
            }
            Self::Partition(one) => {
                Key::Partition(one.link.clone(), one.topic.clone(), one.partition)
            }
        })
    }
}

/// One half of a link.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredLink {
    /// Its name.
    pub name: LinkName,
    /// Its id, given when it was created.
    pub id: Uuid,
    /// Kafka's id of the cluster at the other end, when it is known.
    pub remote_cluster_id: Option<String>,
    /// Its configs, or why they cannot be read: then they are kept as they are, whatever else of the
    /// link is stored anew.
    pub configs: Result<LinkConfigs, String>,
    /// The producers it writes with, once it has any.
    pub producers: Option<Producers>,
    /// When it was created, ms since the epoch.
    pub created_ms: i64,
    /// The configs as they were found, while they cannot be read.
    pub(super) raw: Option<RawConfigs>,
}

impl StoredLink {
    /// A link that is being created.
    #[must_use]
    pub const fn new(
        name: LinkName,
        id: Uuid,
        remote_cluster_id: Option<String>,
        configs: LinkConfigs,
        created_ms: i64,
    ) -> Self {
        Self {
            name,
            id,
            remote_cluster_id,
            configs: Ok(configs),
            producers: None,
            created_ms,
            raw: None,
        }
    }

    /// Names of the secrets that cannot be read.
    pub fn unreadable(&self) -> impl Iterator<Item = &str> {
        let raw = self.raw.as_ref().filter(|_| self.configs.is_err());
        raw.into_iter().flat_map(|raw| raw.secrets.keys().map(String::as_str))
    }

    /// The configs; those that are no secrets, while the secrets cannot be read.
    #[must_use]
    pub fn readable(&self) -> LinkConfigs {
        match (&self.configs, &self.raw) {
            (Ok(configs), _) => configs.clone(),
            (Err(_), Some(raw)) => {
                let plain = raw.plain.iter().map(|(name, value)| (name.as_str(), value.clone()));
                LinkConfigs::parse(plain).unwrap_or_default()
            }
            (Err(_), None) => LinkConfigs::default(),
        }
    }
}

/// Configs as they are in the topic; secrets are encrypted.
#[derive(Clone, PartialEq, Eq, Default)]
pub(super) struct RawConfigs {
    /// What anybody may read.
    pub(super) plain: std::collections::BTreeMap<String, String>,
    /// Encrypted values.
    pub(super) secrets: std::collections::BTreeMap<String, String>,
}

impl fmt::Debug for RawConfigs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.plain.keys()).entries(self.secrets.keys()).finish()
    }
}

/// The producers of a link on the cluster it writes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Producers {
    /// Producer of the data.
    pub data: Producer,
    /// Producer of the markers.
    pub marker: Producer,
    /// Every producer id the link has ever written with.
    pub own: Vec<i64>,
}

/// A mirror topic.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredMirror {
    /// What the engine wants remembered.
    pub record: MirrorRecord,
    /// Whether the topic has been created.
    pub created: bool,
    /// Kafka's id of the mirror topic, once it is known: a topic of its name with another id is not it.
    pub topic_id: Option<Uuid>,
    /// Principals that were given an ACL that denies them to write.
    pub denied: Vec<String>,
    /// Replicas that were asked for, until the topic is there; the cluster's default where none were.
    pub replication_factor: Option<i16>,
    /// Configs it was given at creation, beside those of the source.
    pub overrides: Vec<(String, String)>,
    /// The source's configs as they were read last.
    pub source_configs: Option<Configs>,
}

/// What a partition of a mirror remembers.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredPartition {
    /// The link.
    pub link: LinkName,
    /// The mirror topic.
    pub topic: TopicName,
    /// The partition.
    pub partition: i32,
    /// What the engine wants remembered.
    pub memory: Memory,
}

/// Everything in a store, in the order of the keys.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Contents {
    /// Links.
    pub links: Vec<StoredLink>,
    /// Mirror topics.
    pub mirrors: Vec<StoredMirror>,
    /// Partitions of mirror topics.
    pub partitions: Vec<StoredPartition>,
    /// Records that cannot be understood, in words: each with its key and the reason.
    pub unreadable: Vec<String>,
}
