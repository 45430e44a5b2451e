//! Values as JSON. Every value has a version, `"v":1`; a value of another version is not understood, and
//! says so. What is in the key is not repeated in the value.

use std::collections::BTreeMap;

use drawbridge_engine::{
    Millis,
    mirror::{MirrorPhase, MirrorRecord},
    partition::{EpochMark, Memory, Producer, Sent},
};
use drawbridge_shared::link::{LinkConfigs, LinkName};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    Key, PasswordEncoder, Producers, StoreError, Stored, StoredLink, StoredMirror, StoredPartition,
    records::RawConfigs,
};

const VERSION: u32 = 1;

#[derive(Deserialize)]
struct Versioned {
    v: u32,
}

#[derive(Serialize, Deserialize)]
struct LinkValue {
    v: u32,
    id: IdText,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    remote_cluster_id: Option<String>,
    #[serde(default)]
    configs: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    secrets: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    producers: Option<ProducersValue>,
    created_ms: i64,
}

/// A uuid as text; the crate's own serde support is not switched on for this alone.
#[derive(Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
#[derive(Clone, Copy)]
struct IdText(Uuid);

impl TryFrom<String> for IdText {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Uuid::parse_str(&text).map(Self).map_err(|error| format!("no uuid: {error}"))
    }
}

impl From<IdText> for String {
    fn from(id: IdText) -> Self {
        id.0.to_string()
    }
}

#[derive(Serialize, Deserialize)]
struct ProducersValue {
    data: ProducerValue,
    marker: ProducerValue,
    own: Vec<i64>,
}

#[derive(Serialize, Deserialize)]
struct ProducerValue {
    id: i64,
    epoch: i16,
}

impl From<Producer> for ProducerValue {
    fn from(producer: Producer) -> Self {
        Self { id: producer.id, epoch: producer.epoch }
    }
}

impl From<ProducerValue> for Producer {
    fn from(value: ProducerValue) -> Self {
        Self { id: value.id, epoch: value.epoch }
    }
}

#[derive(Serialize, Deserialize)]
struct MirrorValue {
    v: u32,
    source_topic: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    source_topic_id: Option<IdText>,
    partitions: i32,
    phase: PhaseValue,
    since_ms: i64,
    created: bool,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    mirror_topic_id: Option<IdText>,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    denied: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    replication_factor: Option<i16>,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    overrides: Vec<(String, String)>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    source_configs: Option<BTreeMap<String, String>>,
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
enum PhaseValue {
    Mirroring,
    Paused,
    Draining,
    Stopping,
    Stopped { ends: Vec<i64> },
    Failed { error: drawbridge_shared::link::MirrorTopicError, detail: String },
}

#[derive(Serialize, Deserialize)]
struct PartitionValue {
    v: u32,
    start: i64,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    trim_to: Option<i64>,
    sent: SentValue,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    epochs: Vec<EpochValue>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum SentValue {
    Nothing,
    Sequenced,
    Unsequenced,
}

#[derive(Serialize, Deserialize)]
struct EpochValue {
    epoch: i32,
    start: i64,
}

/// The value of something that is to be stored. Takes tens of milliseconds for a link with secrets.
pub(super) fn encode(
    stored: Stored,
    encoder: Option<&PasswordEncoder>,
) -> Result<Vec<u8>, StoreError> {
    match stored {
        Stored::Link(link) => json(&link_value(link, encoder)?),
        Stored::Mirror(mirror) => json(&mirror_value(mirror)),
        Stored::Partition(partition) => json(&partition_value(partition.memory)),
    }
}

fn json(value: &impl Serialize) -> Result<Vec<u8>, StoreError> {
    serde_json::to_vec(value).map_err(|error| StoreError::Unwritable(error.to_string()))
}

/// What a key and a value say, or why they cannot be understood.
pub(super) fn decode(
    key: &Key,
    value: &[u8],
    encoder: Option<&PasswordEncoder>,
) -> Result<Stored, String> {
    let version: Versioned = read(value)?;
    if version.v != VERSION {
        return Err(format!(
            "its version is {}, this version of Drawbridge knows {VERSION}",
            version.v
        ));
    }
    Ok(match key {
        Key::Link(name) => Stored::Link(link(name.clone(), read(value)?, encoder)),
        Key::Mirror(link, topic) => {
            let value: MirrorValue = read(value)?;
            Stored::Mirror(StoredMirror {
                record: MirrorRecord {
                    link: link.clone(),
                    source_topic: value.source_topic,
                    mirror_topic: topic.as_str().to_owned(),
                    source_topic_id: value.source_topic_id.map(|id| id.0.into_bytes()),
                    partitions: value.partitions,
                    phase: value.phase.into(),
                    since: Millis(value.since_ms),
                },
                created: value.created,
                topic_id: value.mirror_topic_id.map(|id| id.0),
                denied: value.denied,
                replication_factor: value.replication_factor,
                overrides: value.overrides,
                source_configs: value.source_configs,
            })
        }
        Key::Partition(link, topic, partition) => Stored::Partition(StoredPartition {
            link: link.clone(),
            topic: topic.clone(),
            partition: *partition,
            memory: memory(read(value)?),
        }),
    })
}

/// What `serde_json` quotes of a value is no secret: those are only in it encrypted.
fn read<'a, T: Deserialize<'a>>(value: &'a [u8]) -> Result<T, String> {
    serde_json::from_slice(value).map_err(|error| format!("its value is damaged: {error}"))
}

fn link_value(
    link: StoredLink,
    encoder: Option<&PasswordEncoder>,
) -> Result<LinkValue, StoreError> {
    let raw = match (&link.configs, link.raw) {
        (Ok(configs), _) => seal(&link.name, configs, encoder)?,
        (Err(_), Some(raw)) => raw,
        (Err(why), None) => return Err(StoreError::Unwritable(why.clone())),
    };
    Ok(LinkValue {
        v: VERSION,
        id: IdText(link.id),
        remote_cluster_id: link.remote_cluster_id,
        configs: raw.plain,
        secrets: raw.secrets,
        producers: link.producers.map(|producers| ProducersValue {
            data: producers.data.into(),
            marker: producers.marker.into(),
            own: producers.own,
        }),
        created_ms: link.created_ms,
    })
}

/// Encrypts what is secret.
fn seal(
    link: &LinkName,
    configs: &LinkConfigs,
    encoder: Option<&PasswordEncoder>,
) -> Result<RawConfigs, StoreError> {
    let mut raw = RawConfigs::default();
    for (key, value) in configs.set() {
        if key.sensitive {
            let no_encoder =
                || StoreError::NoEncoder { link: link.clone(), config: key.name.to_owned() };
            let sealed = encoder.ok_or_else(no_encoder)?.encode(link, key.name, value);
            let sealed = sealed.map_err(|error| StoreError::Unwritable(error.to_string()))?;
            raw.secrets.insert(key.name.to_owned(), sealed);
        } else {
            raw.plain.insert(key.name.to_owned(), value.to_owned());
        }
    }
    Ok(raw)
}

/// Configs that cannot be used do not hide the link.
fn link(name: LinkName, value: LinkValue, encoder: Option<&PasswordEncoder>) -> StoredLink {
    let raw = RawConfigs { plain: value.configs, secrets: value.secrets };
    let configs = unseal(&name, &raw, encoder);
    StoredLink {
        name,
        id: value.id.0,
        remote_cluster_id: value.remote_cluster_id,
        raw: configs.is_err().then_some(raw),
        configs,
        producers: value.producers.map(|producers| Producers {
            data: producers.data.into(),
            marker: producers.marker.into(),
            own: producers.own,
        }),
        created_ms: value.created_ms,
    }
}

fn unseal(
    link: &LinkName,
    raw: &RawConfigs,
    encoder: Option<&PasswordEncoder>,
) -> Result<LinkConfigs, String> {
    let mut pairs: Vec<(&str, String)> =
        raw.plain.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
    for (name, sealed) in &raw.secrets {
        let encoder = encoder.ok_or_else(|| {
            format!(
                "{name} is encrypted with password.encoder.secret, and this gateway has none: set \
                 password_encoder_secret (DRAWBRIDGE_PASSWORD_ENCODER_SECRET) to the one it was \
                 written with"
            )
        })?;
        let value = encoder.decode(link, name, sealed);
        pairs.push((name, value.map_err(|error| format!("{name} cannot be decrypted: {error}"))?));
    }
    LinkConfigs::parse(pairs).map_err(|faults| {
        let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
        format!("this version of Drawbridge cannot use them: {}", faults.join("; "))
    })
}

fn mirror_value(mirror: StoredMirror) -> MirrorValue {
    let record = mirror.record;
    MirrorValue {
        v: VERSION,
        source_topic: record.source_topic,
        source_topic_id: record.source_topic_id.map(|id| IdText(Uuid::from_bytes(id))),
        partitions: record.partitions,
        phase: record.phase.into(),
        since_ms: record.since.0,
        created: mirror.created,
        mirror_topic_id: mirror.topic_id.map(IdText),
        denied: mirror.denied,
        replication_factor: mirror.replication_factor,
        overrides: mirror.overrides,
        source_configs: mirror.source_configs,
    }
}

impl From<MirrorPhase> for PhaseValue {
    fn from(phase: MirrorPhase) -> Self {
        match phase {
            MirrorPhase::Mirroring => Self::Mirroring,
            MirrorPhase::Paused => Self::Paused,
            MirrorPhase::Draining => Self::Draining,
            MirrorPhase::Stopping => Self::Stopping,
            MirrorPhase::Stopped { ends } => Self::Stopped { ends },
            MirrorPhase::Failed { error, detail } => Self::Failed { error, detail },
        }
    }
}

impl From<PhaseValue> for MirrorPhase {
    fn from(value: PhaseValue) -> Self {
        match value {
            PhaseValue::Mirroring => Self::Mirroring,
            PhaseValue::Paused => Self::Paused,
            PhaseValue::Draining => Self::Draining,
            PhaseValue::Stopping => Self::Stopping,
            PhaseValue::Stopped { ends } => Self::Stopped { ends },
            PhaseValue::Failed { error, detail } => Self::Failed { error, detail },
        }
    }
}

fn partition_value(memory: Memory) -> PartitionValue {
    let epochs = memory.epochs.into_iter();
    PartitionValue {
        v: VERSION,
        start: memory.start,
        trim_to: memory.trim_to,
        sent: match memory.sent {
            Sent::Nothing => SentValue::Nothing,
            Sent::Sequenced => SentValue::Sequenced,
            Sent::Unsequenced => SentValue::Unsequenced,
        },
        epochs: epochs.map(|mark| EpochValue { epoch: mark.epoch, start: mark.start }).collect(),
    }
}

fn memory(value: PartitionValue) -> Memory {
    let epochs = value.epochs.into_iter();
    Memory {
        start: value.start,
        trim_to: value.trim_to,
        sent: match value.sent {
            SentValue::Nothing => Sent::Nothing,
            SentValue::Sequenced => Sent::Sequenced,
            SentValue::Unsequenced => Sent::Unsequenced,
        },
        epochs: epochs.map(|mark| EpochMark { epoch: mark.epoch, start: mark.start }).collect(),
    }
}

#[cfg(test)]
mod tests;
