//! Making a mirror topic: look at the source, decide where it begins, create the topic.

use std::collections::BTreeMap;

use drawbridge_engine::{
    create::check_mirror,
    task::topic_configs::{ConfigStage, Configs, plan},
};
use drawbridge_kafka::{
    Client, Error, ErrorCode as KafkaCode,
    admin::{
        TopicPartition,
        offsets::{Isolation, OffsetSpec},
        topics::NewTopic,
    },
};
use drawbridge_shared::{
    draft::MirrorDraft,
    link::{LinkPrefix, StartOffset, TopicConfigClass, class_of},
    names::{ClusterName, TopicName},
    wire::ErrorCode,
};
use uuid::Uuid;

use super::{ends::Ends, tasks::topic_configs};
use crate::refusal::{Doing, Refusal, refuse};

/// What is decided about a mirror before anything of it exists.
#[derive(Debug, Clone)]
pub(super) struct Intent {
    pub(super) source_topic: String,
    pub(super) mirror_topic: TopicName,
    pub(super) source_topic_id: Option<Uuid>,
    /// First source offset wanted, per partition.
    pub(super) starts: Vec<i64>,
    pub(super) replication_factor: Option<i16>,
    /// Configs given by the user.
    pub(super) overrides: Vec<(String, String)>,
}

/// What creating needs to know of the link.
#[derive(Debug, Clone)]
pub(super) struct Rules {
    /// For messages: the cluster the link lives on.
    pub(super) cluster: ClusterName,
    pub(super) prefix: Option<LinkPrefix>,
    pub(super) start: StartOffset,
    pub(super) include: Vec<String>,
}

/// Checks a draft against both clusters.
///
/// # Errors
/// The name is not the one the link gives or is taken; the source has no such topic or may not be read;
/// a config is taken from the source.
pub(super) async fn intend(
    ends: &Ends,
    rules: &Rules,
    draft: &MirrorDraft,
) -> Result<Intent, Refusal> {
    let source = draft.source_topic.trim();
    check_overrides(rules, draft)?;
    let described =
        described(&ends.source, source).await.map_err(|error| on_source(source, &error))?;
    let name = LinkPrefix::apply(rules.prefix.as_ref(), source);
    let there = ends.sink.describe_topics(&[&name]).await;
    let there = there.map_err(|error| on_mirror(rules, &name, "look for", "DESCRIBE", &error))?;
    let there = there.get(&name);
    let taken = there.is_some_and(Result::is_ok);
    let name =
        check_mirror(source, draft.mirror_topic.as_deref(), rules.prefix.as_ref(), |_| taken)
            .map_err(of_engine)?;
    // Whether it is there is not known: it may be a mirror of this link that lives.
    if let Some(Err(error)) = there
        && error.code() != Some(KafkaCode::UNKNOWN_TOPIC_OR_PARTITION)
    {
        return Err(on_mirror(rules, &name, "look for", "DESCRIBE", error));
    }
    let mirror_topic = name
        .parse::<TopicName>()
        .map_err(|error| Refusal::new(ErrorCode::Invalid, error.to_string()))?;
    let n = i32::try_from(described.partitions.len()).unwrap_or(i32::MAX);
    let numbers: Vec<i32> = (0..n).collect();
    let starts = starts(&ends.source, source, &numbers, rules.start)
        .await
        .map_err(|error| on_source(source, &error))?;
    Ok(Intent {
        source_topic: source.to_owned(),
        mirror_topic,
        source_topic_id: Some(described.id).filter(|id| !id.is_nil()),
        starts,
        replication_factor: draft.replication_factor,
        overrides: draft.configs.iter().map(|c| (c.name.clone(), c.value.clone())).collect(),
    })
}

async fn described(
    source: &Client,
    topic: &str,
) -> Result<drawbridge_kafka::admin::topics::TopicDescription, Error> {
    source.describe_topics(&[topic]).await?.remove(topic).unwrap_or(Err(Error::Closed))
}

/// What is always taken from the source cannot be given for the mirror.
fn check_overrides(rules: &Rules, draft: &MirrorDraft) -> Result<(), Refusal> {
    let synced: Vec<&str> = draft
        .configs
        .iter()
        .map(|config| config.name.as_str())
        .filter(|name| match class_of(name) {
            TopicConfigClass::Always => true,
            TopicConfigClass::Optional => rules.include.iter().any(|included| included == name),
            TopicConfigClass::Independent => false,
        })
        .collect();
    if synced.is_empty() {
        return Ok(());
    }
    let names = synced.join(", ");
    let message = format!(
        "Cannot set '{names}' on a mirror: they are taken from the source. Leave them out, or take those that may be out of topic.config.sync.include of the link."
    );
    Err(Refusal::new(ErrorCode::Invalid, message).rest(400, 40002))
}

/// Where mirrors of these partitions begin.
///
/// # Errors
/// The source's.
pub(super) async fn starts(
    source: &Client,
    topic: &str,
    numbers: &[i32],
    start: StartOffset,
) -> Result<Vec<i64>, Error> {
    let places: Vec<TopicPartition> =
        numbers.iter().map(|number| TopicPartition::new(topic, *number)).collect();
    let list = async |spec| source.list_offsets(spec, &places, Isolation::ReadUncommitted).await;
    let spec = match start {
        StartOffset::Earliest => OffsetSpec::Earliest,
        StartOffset::Latest => OffsetSpec::Latest,
        StartOffset::Timestamp(ms) => OffsetSpec::Timestamp(ms),
    };
    let mut found = list(spec).await;
    // After the last record there is none at or after a time: from the end on.
    let mut ends = match start {
        StartOffset::Timestamp(_) => list(OffsetSpec::Latest).await,
        StartOffset::Earliest | StartOffset::Latest => BTreeMap::default(),
    };
    let mut starts = Vec::with_capacity(places.len());
    for place in &places {
        let offset = found.remove(place).unwrap_or(Err(Error::Closed))?.offset;
        let offset = match offset {
            Some(offset) => offset,
            None => ends.remove(place).unwrap_or(Err(Error::Closed))?.offset.unwrap_or(0),
        };
        starts.push(offset);
    }
    Ok(starts)
}

/// Creates the topic and says its id. After a crash in between it may be there already: then it is taken over,
/// if nobody wrote to it.
///
/// # Errors
/// The destination's refusal.
pub(super) async fn create(
    ends: &Ends,
    rules: &Rules,
    intent: &Intent,
    resumed: bool,
) -> Result<Option<Uuid>, Refusal> {
    let name = intent.mirror_topic.as_str();
    let source = topic_configs::of_topic(&ends.source, &intent.source_topic)
        .await
        .map_err(|error| on_source(&intent.source_topic, &error))?;
    let new = NewTopic {
        name: name.to_owned(),
        partitions: Some(i32::try_from(intent.starts.len()).unwrap_or(i32::MAX)),
        replication_factor: intent.replication_factor,
        assignments: Vec::new(),
        configs: initial_configs(&source, known_names(&ends.sink, &source).await, rules, intent),
    };
    let created = ends.sink.create_topics(std::slice::from_ref(&new), false).await;
    let created = created.and_then(|mut of| of.remove(name).unwrap_or(Err(Error::Closed)));
    match created {
        Ok(created) => Ok(Some(created.id).filter(|id| !id.is_nil())),
        Err(error) if error.code() == Some(KafkaCode::TOPIC_ALREADY_EXISTS) && resumed => {
            take_over(&ends.sink, rules, intent).await
        }
        Err(error) => Err(on_mirror(rules, name, "create", "CREATE", &error)),
    }
}

/// Names of the topic configs that the destination knows: a newer or older Kafka has other ones. Any topic tells.
async fn known_names(sink: &Client, source: &Configs) -> Vec<String> {
    match topic_configs::of_topic(sink, super::store::TOPIC).await {
        Ok(known) => known.into_keys().collect(),
        // Not permitted to look: the source's are most probably the same.
        Err(_) => source.keys().cloned().collect(),
    }
}

/// The source's configs where they are synced, what mirroring needs, and what the user gave.
fn initial_configs(
    source: &Configs,
    known: Vec<String>,
    rules: &Rules,
    intent: &Intent,
) -> Vec<(String, String)> {
    let padded = intent.starts.iter().any(|start| *start > 0);
    let stage = if padded { ConfigStage::Padding } else { ConfigStage::Mirroring };
    // Planned against a topic that has another value everywhere, so that all of them are set.
    let other: Configs = known.into_iter().map(|name| (name, String::new())).collect();
    let mut configs: BTreeMap<String, String> = plan(source, &other, &rules.include, stage)
        .into_iter()
        .map(|set| (set.name, set.value))
        .collect();
    configs.extend(intent.overrides.iter().cloned());
    configs.into_iter().collect()
}

async fn take_over(sink: &Client, rules: &Rules, intent: &Intent) -> Result<Option<Uuid>, Refusal> {
    let name = intent.mirror_topic.as_str();
    let refused = |error: &Error| on_mirror(rules, name, "look at", "DESCRIBE", error);
    let there = described(sink, name).await.map_err(|error| refused(&error))?;
    let places: Vec<TopicPartition> = there
        .partitions
        .iter()
        .map(|partition| TopicPartition::new(name, partition.partition))
        .collect();
    let ends = sink.list_offsets(OffsetSpec::LogEnd, &places, Isolation::ReadUncommitted).await;
    let mut is_empty = places.len() == intent.starts.len();
    for (_, end) in ends {
        is_empty &= end.map_err(|error| refused(&error))?.offset == Some(0);
    }
    if is_empty {
        return Ok(Some(there.id).filter(|id| !id.is_nil()));
    }
    let message = format!("Topic '{name}' already exists.");
    Err(Refusal::new(ErrorCode::Conflict, message).rest(400, 40002))
}

/// A refusal of the engine with its public codes.
pub(super) fn of_engine(refusal: drawbridge_engine::create::Refusal) -> Refusal {
    let kind = match refusal.status {
        403 => ErrorCode::Denied,
        404 => ErrorCode::NotFound,
        409 => ErrorCode::Conflict,
        _ => ErrorCode::Invalid,
    };
    let code = u32::try_from(refusal.code).unwrap_or(u32::from(refusal.status));
    Refusal::new(kind, refusal.message).rest(refusal.status, code)
}

/// An error of the source about a topic.
pub(super) fn on_source(topic: &str, error: &Error) -> Refusal {
    let doing = Doing::on_topic(format!("describe topic '{topic}'"), "DESCRIBE", topic);
    match "source".parse::<ClusterName>() {
        Ok(source) => {
            let mut refusal = refuse(&source, &doing, error);
            refusal.message = refusal.message.replacen("source ", "the source ", 1);
            refusal
        }
        Err(_) => Refusal::new(ErrorCode::Unavailable, error.to_string()),
    }
}

fn on_mirror(
    rules: &Rules,
    topic: &str,
    what: &str,
    operation: &'static str,
    error: &Error,
) -> Refusal {
    let doing = Doing::on_topic(format!("{what} topic '{topic}'"), operation, topic);
    let refusal = refuse(&rules.cluster, &doing, error);
    match error.code() {
        Some(KafkaCode::TOPIC_ALREADY_EXISTS) => {
            Refusal { message: format!("Topic '{topic}' already exists."), ..refusal }
        }
        _ => refusal,
    }
}
