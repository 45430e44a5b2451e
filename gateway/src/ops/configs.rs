//! Configurations of topics and brokers.

use std::{collections::BTreeMap, time::Duration};

use drawbridge_kafka::{
    Asked, Error,
    admin::{
        configs::{
            ConfigChange as Change, ConfigEntry, ConfigKind, ConfigOp, ConfigResource,
            ConfigSource as Source,
        },
        topics::NewTopic,
    },
};
use drawbridge_shared::{
    draft::{ConfigChange, FieldError},
    names::TopicName,
    view::{ConfigEntryView, ConfigSource},
};

use super::{
    only,
    topics::{changed, list},
};
use crate::{
    activity::{Change as Told, of_kafka_configs},
    clusters::Cluster,
    notices::Notices,
    refusal::{Doing, Refusal, refuse},
};

/// How long what was there is waited for before it is changed.
pub(super) const LOOK: Duration = Duration::from_secs(2);
/// How long a broker is given to show what was changed: it learns of it from the controller.
pub(super) const SETTLE: Duration = Duration::from_secs(3);
pub(super) const BEAT: Duration = Duration::from_millis(100);

/// A topic's configurations as Kafka has them, by name.
///
/// # Errors
/// `NotFound`, `Denied`, `Unavailable`.
pub async fn of_topic(cluster: &Cluster, topic: &str) -> Result<Vec<ConfigEntry>, Refusal> {
    let what = format!("read the configurations of topic '{topic}'");
    let doing = Doing::on_topic(what, "DESCRIBE_CONFIGS", topic);
    read(cluster, ConfigResource::Topic(topic.to_owned()), &doing).await
}

/// The configurations of several topics, by topic and name.
///
/// # Errors
/// `NotFound`, `Denied`, `Unavailable`, for the first topic that cannot be read.
pub async fn of_topics(
    cluster: &Cluster,
    topics: Vec<String>,
) -> Result<Vec<(String, Vec<ConfigEntry>)>, Refusal> {
    let resources: Vec<_> = topics.into_iter().map(ConfigResource::Topic).collect();
    let doing = Doing::on_cluster("read the configurations of its topics", "DESCRIBE_CONFIGS");
    let refused = |doing: &Doing, error| refuse(&cluster.spec().name, doing, &error);
    let answers = cluster.client()?.describe_configs(&resources).await;
    let mut all = Vec::new();
    for (resource, entries) in answers.map_err(|error| refused(&doing, error))? {
        let ConfigResource::Topic(topic) = resource else { continue };
        let what = format!("read the configurations of topic '{topic}'");
        let doing = Doing::on_topic(what, "DESCRIBE_CONFIGS", &topic);
        let mut entries = entries.map_err(|error| refused(&doing, error))?;
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        all.push((topic, entries));
    }
    all.sort_by(|(a, _), (b, _)| a.cmp(b));
    Ok(all)
}

/// A broker's configurations as Kafka has them, by name.
///
/// # Errors
/// `NotFound`, `Denied`, `Unavailable`.
pub async fn of_broker(cluster: &Cluster, broker: i32) -> Result<Vec<ConfigEntry>, Refusal> {
    let what = format!("read the configurations of broker {broker}");
    let doing = Doing::on_cluster(what, "DESCRIBE_CONFIGS");
    read(cluster, ConfigResource::Broker(broker), &doing).await
}

pub(super) async fn read(
    cluster: &Cluster,
    resource: ConfigResource,
    doing: &Doing,
) -> Result<Vec<ConfigEntry>, Refusal> {
    let answer = cluster.client()?.describe_configs(std::slice::from_ref(&resource)).await;
    let mut entries = answer
        .and_then(|mut answers| answers.remove(&resource).unwrap_or_else(no_answer))
        .map_err(|error| refuse(&cluster.spec().name, doing, &error))?;
    entries.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(entries)
}

pub(super) fn no_answer<T>() -> Result<T, Error> {
    Err(Error::Protocol {
        asked: Asked::new("Configs"),
        what: "the answer does not mention what was asked about".to_owned(),
        remedy: "Try again; if it stays, look into the brokers' logs.".to_owned(),
    })
}

/// A topic's configurations for display, each with its default where it can be found out.
///
/// # Errors
/// `NotFound`, `Denied`, `Unavailable`.
pub async fn views_of_topic(
    cluster: &Cluster,
    topic: &str,
) -> Result<Vec<ConfigEntryView>, Refusal> {
    let mut views: Vec<_> = of_topic(cluster, topic).await?.iter().map(view).collect();
    // Brokers do not tell what retention.ms would be without the topic's own, because theirs is in hours.
    if views.iter().any(|view| view.default.is_none() && !view.is_sensitive)
        && let Ok(fresh) = of_new_topic(cluster).await
    {
        fill_defaults(&mut views, &fresh);
    }
    Ok(views)
}

fn fill_defaults(views: &mut [ConfigEntryView], fresh: &[ConfigEntry]) {
    for view in views.iter_mut().filter(|view| view.default.is_none()) {
        let new = fresh.iter().find(|entry| entry.name == view.name && !entry.sensitive);
        view.default = new.and_then(|entry| entry.value.clone());
    }
}

/// What a topic without own settings would have: Kafka is asked to check the creation of one.
async fn of_new_topic(cluster: &Cluster) -> Result<Vec<ConfigEntry>, Refusal> {
    let name = format!("drawbridge-defaults-{:08x}", rand::random::<u32>());
    let doing = Doing::on_cluster("tell the defaults of new topics", "CREATE");
    let new = NewTopic { name: name.clone(), ..NewTopic::default() };
    let checked = cluster
        .client()?
        .create_topics(&[new], true)
        .await
        .and_then(|answers| only(answers, &name, "CreateTopics"));
    Ok(checked.map_err(|error| refuse(&cluster.spec().name, &doing, &error))?.configs)
}

/// The configurations a topic created now would get. Where Kafka does not tell, what an existing topic
/// would have without its own settings is as good.
///
/// # Errors
/// `Denied`, `Unavailable`, when neither way works.
pub async fn defaults(cluster: &Cluster) -> Result<Vec<ConfigEntryView>, Refusal> {
    let known = match list(cluster).await?.iter().find(|topic| !topic.internal) {
        Some(existing) => of_topic(cluster, &existing.name).await.unwrap_or_default(),
        None => Vec::new(),
    };
    match of_new_topic(cluster).await {
        Ok(fresh) if !fresh.is_empty() => {
            let documentation: BTreeMap<&str, &ConfigEntry> =
                known.iter().map(|entry| (entry.name.as_str(), entry)).collect();
            Ok(fresh.iter().map(|entry| default_view(entry, &documentation)).collect())
        }
        Ok(_) | Err(_) if !known.is_empty() => {
            Ok(known.iter().map(|entry| without_own_setting(view(entry))).collect())
        }
        Ok(nothing) => Ok(nothing.iter().map(view).collect()),
        Err(refusal) => Err(refusal),
    }
}

fn default_view(entry: &ConfigEntry, known: &BTreeMap<&str, &ConfigEntry>) -> ConfigEntryView {
    let mut view = view(entry);
    view.default.clone_from(&view.value);
    if let Some(known) = known.get(entry.name.as_str()) {
        let known = self::view(known);
        view.documentation = view.documentation.or(known.documentation);
        view.kind = view.kind.or(known.kind);
    }
    view
}

fn without_own_setting(mut view: ConfigEntryView) -> ConfigEntryView {
    if view.source == ConfigSource::DynamicTopicConfig {
        view.value.clone_from(&view.default);
        view.source = ConfigSource::Unknown;
    }
    view
}

/// Changes a topic's configurations, all or none, or lets the broker check whether they could be.
///
/// # Errors
/// `Invalid` with the broker's words; `NotFound`; `Denied`.
pub async fn alter(
    cluster: &Cluster,
    notices: &Notices,
    topic: &TopicName,
    changes: &[ConfigChange],
    validate_only: bool,
) -> Result<(), Refusal> {
    if validate_only {
        return try_alter(cluster, topic, changes, true).await;
    }
    // For the record alone: what was there before must not hold up what is to be done.
    let known = tokio::time::timeout(LOOK, of_topic(cluster, topic.as_str())).await;
    let known = known.ok().and_then(Result::ok).unwrap_or_default();
    let altered = try_alter(cluster, topic, changes, false).await;
    let (before, after) = of_kafka_configs(&known, changes);
    let told = Told::on(&cluster.spec().name, format!("alter configs of topic '{topic}'"));
    notices.activity().told(told.topic(topic).from_to(before, after), &altered);
    if altered.is_ok() {
        tokio::time::timeout(SETTLE, shown(cluster, topic, changes)).await.ok();
        let names = names(changes);
        changed(cluster, notices, topic, format!("{names} of topic '{topic}' changed"));
    }
    altered
}

/// Waits until the changes can be read back: who asks right after the answer is to see them.
async fn shown(cluster: &Cluster, topic: &TopicName, changes: &[ConfigChange]) {
    while let Ok(entries) = of_topic(cluster, topic.as_str()).await
        && !show(&entries, changes)
    {
        tokio::time::sleep(BEAT).await;
    }
}

/// Whether a topic's configurations show the changes.
fn show(entries: &[ConfigEntry], changes: &[ConfigChange]) -> bool {
    changes.iter().all(|change| {
        let entry = entries.iter().find(|entry| entry.name == change.name);
        entry.is_none_or(|entry| match (&change.value, &entry.value) {
            (Some(_), _) if entry.sensitive => true,
            (Some(wanted), Some(told)) => is_same(wanted, told),
            (Some(_), None) => false,
            (None, _) => entry.source != Source::Topic,
        })
    })
}

/// Whether a broker tells the value that was set: numbers, lists and switches in its own spelling.
pub(super) fn is_same(set: &str, told: &str) -> bool {
    let plain = |value: &str| value.replace(' ', "").to_lowercase();
    let number = |value: &str| value.trim().parse::<f64>().ok();
    plain(set) == plain(told) || number(set).is_some_and(|set| number(told) == Some(set))
}

pub(super) fn names(changes: &[ConfigChange]) -> String {
    changes.iter().map(|change| change.name.as_str()).collect::<Vec<_>>().join(", ")
}

async fn try_alter(
    cluster: &Cluster,
    topic: &TopicName,
    changes: &[ConfigChange],
    validate_only: bool,
) -> Result<(), Refusal> {
    check(changes)?;
    let names = names(changes);
    let what = format!("change {names} of topic '{topic}'");
    let doing = Doing::on_topic(what, "ALTER_CONFIGS", topic.as_str());
    let resource = ConfigResource::Topic(topic.as_str().to_owned());
    let ops = changes.iter().map(|change| Change {
        name: change.name.clone(),
        op: change.value.clone().map_or(ConfigOp::Delete, ConfigOp::Set),
    });
    let asked = [(resource.clone(), ops.collect())];
    let client = cluster.confirmed().await?;
    client
        .incremental_alter_configs(&asked, validate_only)
        .await
        .and_then(|mut answers| answers.remove(&resource).unwrap_or_else(no_answer))
        .map_err(|error| refuse(&cluster.spec().name, &doing, &error))
}

/// Something changes, and nothing twice.
///
/// # Errors
/// `Invalid`.
pub fn check(changes: &[ConfigChange]) -> Result<(), Refusal> {
    let wrong = |message: String| Refusal::of_fields(vec![FieldError::new("changes", message)]);
    if changes.is_empty() {
        return Err(wrong("no configuration is named; name at least one".to_owned()));
    }
    for (at, change) in changes.iter().enumerate() {
        if changes.iter().take(at).any(|earlier| earlier.name == change.name) {
            return Err(wrong(format!("{} is named twice; keep one", change.name)));
        }
    }
    Ok(())
}

/// A configuration for display.
#[must_use]
pub fn view(entry: &ConfigEntry) -> ConfigEntryView {
    let own = source(entry.source);
    let default = if entry.sensitive {
        None
    } else if entry.source == Source::Topic {
        entry.synonyms.iter().find(|s| s.source != Source::Topic).and_then(|s| s.value.clone())
    } else {
        entry.value.clone()
    };
    ConfigEntryView {
        name: entry.name.clone(),
        value: entry.value.clone().filter(|_| !entry.sensitive),
        default,
        source: own,
        is_read_only: entry.read_only,
        is_sensitive: entry.sensitive,
        kind: kind(entry.kind).map(str::to_owned),
        documentation: entry.documentation.clone(),
        update: None,
        note: None,
    }
}

/// Kafka's name of a source, as the console and REST have it.
#[must_use]
pub fn source(source: Source) -> ConfigSource {
    match source {
        Source::Topic => ConfigSource::DynamicTopicConfig,
        Source::Broker => ConfigSource::DynamicBrokerConfig,
        Source::BrokerDefaults => ConfigSource::DynamicDefaultBrokerConfig,
        Source::BrokerFile => ConfigSource::StaticBrokerConfig,
        Source::Default => ConfigSource::DefaultConfig,
        Source::BrokerLogger => ConfigSource::DynamicBrokerLoggerConfig,
        Source::ClientMetrics | Source::Group | Source::Unknown(_) => ConfigSource::Unknown,
    }
}

fn kind(kind: ConfigKind) -> Option<&'static str> {
    Some(match kind {
        ConfigKind::Boolean => "boolean",
        ConfigKind::String => "string",
        ConfigKind::Int => "int",
        ConfigKind::Short => "short",
        ConfigKind::Long => "long",
        ConfigKind::Double => "double",
        ConfigKind::List => "list",
        ConfigKind::Class => "class",
        ConfigKind::Password => "password",
        ConfigKind::Unknown => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use drawbridge_kafka::admin::configs::ConfigSynonym;

    fn entry(source: Source, synonyms: Vec<ConfigSynonym>) -> ConfigEntry {
        ConfigEntry {
            name: "retention.ms".into(),
            value: Some("60000".into()),
            source,
            read_only: false,
            sensitive: false,
            kind: ConfigKind::Long,
            documentation: None,
            synonyms,
        }
    }

    #[test]
    fn the_default_of_a_topics_own_setting_is_what_would_count_without_it() {
        let synonym = |source, value: &str| ConfigSynonym {
            name: "log.retention.ms".into(),
            value: Some(value.into()),
            source,
        };
        let own = entry(
            Source::Topic,
            vec![synonym(Source::Topic, "60000"), synonym(Source::BrokerFile, "604800000")],
        );
        assert_eq!(view(&own).default.as_deref(), Some("604800000"));
        assert_eq!(view(&entry(Source::Default, vec![])).default.as_deref(), Some("60000"));
    }

    #[test]
    fn a_default_that_brokers_keep_in_another_unit_is_that_of_a_new_topic() {
        let own = entry(Source::Topic, vec![]);
        let mut views = vec![view(&own)];
        assert_eq!(views[0].default, None);
        let fresh =
            ConfigEntry { value: Some("604800000".into()), ..entry(Source::Default, vec![]) };
        fill_defaults(&mut views, &[fresh]);
        assert_eq!(views[0].value.as_deref(), Some("60000"));
        assert_eq!(views[0].default.as_deref(), Some("604800000"));
    }

    #[test]
    fn a_secret_value_is_never_shown() {
        let secret = ConfigEntry { sensitive: true, ..entry(Source::Topic, vec![]) };
        assert_eq!((view(&secret).value, view(&secret).default), (None, None));
    }

    #[test]
    fn a_value_is_the_same_in_the_spelling_of_brokers() {
        for (set, told) in [("a, b", "a,b"), ("1.0", "1"), (" 007", "7"), ("True", "true")] {
            assert!(is_same(set, told), "{set} and {told}");
        }
        for (set, told) in [("1", "2"), ("a,b", "b,a"), ("", "0")] {
            assert!(!is_same(set, told), "{set} and {told}");
        }
    }
}
