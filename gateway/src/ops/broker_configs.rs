//! Configurations of brokers: of one, and the dynamic defaults of all.

use std::{borrow::Cow, collections::BTreeMap};

use drawbridge_kafka::admin::configs::{
    ConfigChange as Change, ConfigEntry, ConfigOp, ConfigResource, ConfigSource as Source,
};
use drawbridge_shared::{
    draft::ConfigChange,
    view::{ConfigEntryView, ConfigSource, ConfigUpdate, Severity},
};
use futures_util::{StreamExt, stream};

use super::configs::{self, BEAT, LOOK, SETTLE, check, names, no_answer, of_broker, read};
use crate::{
    activity::{Change as Told, of_kafka_configs},
    clusters::Cluster,
    notices::Notices,
    refusal::{Doing, Refusal, refuse},
};

/// Brokers whose configurations are read at a time.
const AT_ONCE: usize = 4;

/// Whose configurations are changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    /// One broker's.
    Broker(i32),
    /// The dynamic defaults of all brokers.
    All,
}

impl Whose {
    /// Of the node id; without one, of all.
    #[must_use]
    pub fn of(broker: Option<i32>) -> Self {
        broker.map_or(Self::All, Self::Broker)
    }

    fn words(self) -> String {
        match self {
            Self::Broker(id) => format!("broker {id}"),
            Self::All => "all brokers".to_owned(),
        }
    }

    fn resource(self) -> ConfigResource {
        match self {
            Self::Broker(id) => ConfigResource::Broker(id),
            Self::All => ConfigResource::BrokerDefaults,
        }
    }

    /// Where a value that is set here comes from.
    fn own(self) -> Source {
        match self {
            Self::Broker(_) => Source::Broker,
            Self::All => Source::BrokerDefaults,
        }
    }
}

/// A broker's configurations for display; the default of each is what it would have without its own setting.
///
/// # Errors
/// `NotFound`, `Denied`, `Unavailable`.
pub async fn views(cluster: &Cluster, broker: i32) -> Result<Vec<ConfigEntryView>, Refusal> {
    let entries = of_broker(cluster, broker).await?;
    let whose = Whose::Broker(broker);
    Ok(entries.iter().map(|entry| view(&of_listener(entry, &entries), whose)).collect())
}

/// What is set as a dynamic default of all brokers, by name.
///
/// # Errors
/// `Denied`, `Unavailable`.
pub async fn defaults_set(cluster: &Cluster) -> Result<Vec<ConfigEntry>, Refusal> {
    let doing = Doing::on_cluster("read the configurations of all brokers", "DESCRIBE_CONFIGS");
    read(cluster, ConfigResource::BrokerDefaults, &doing).await
}

/// Every configuration that can be set for all brokers at once, with the value that counts where no broker sets
/// its own, and what it would be without. Where the files of brokers differ in that, it is not told, but said.
///
/// # Errors
/// `Denied`; `Unavailable` when no broker, or not every one, can be read.
pub async fn defaults(cluster: &Cluster) -> Result<Vec<ConfigEntryView>, Refusal> {
    let set = defaults_set(cluster).await?;
    let name = &cluster.spec().name;
    let doing = Doing::on_cluster("read the configurations of its brokers", "DESCRIBE_CONFIGS");
    let client = cluster.client()?;
    let described =
        client.describe_cluster().await.map_err(|error| refuse(name, &doing, &error))?;
    let ids: Vec<i32> =
        described.brokers.iter().filter(|broker| !broker.fenced).map(|broker| broker.id).collect();
    let Some((first, others)) = ids.split_first() else { return Ok(Vec::new()) };
    // The first for the documentation of all; the others for their values alone.
    let in_full = of_broker(cluster, *first).await?;
    let rest = stream::iter(others.to_vec())
        .map(|id| async move {
            let resource = ConfigResource::Broker(id);
            let read = client.config_origins(std::slice::from_ref(&resource)).await;
            (id, read.and_then(|mut all| all.remove(&resource).unwrap_or_else(no_answer)))
        })
        .buffer_unordered(AT_ONCE)
        .collect::<Vec<_>>()
        .await;
    let mut brokers = BTreeMap::from([(*first, in_full)]);
    for (id, entries) in rest {
        brokers.insert(id, entries.map_err(|error| refuse(name, &doing, &error))?);
    }
    Ok(in_common(&set, *first, &brokers))
}

/// Puts the defaults together: names and documentation of `first`, values of all.
fn in_common(
    set: &[ConfigEntry],
    first: i32,
    brokers: &BTreeMap<i32, Vec<ConfigEntry>>,
) -> Vec<ConfigEntryView> {
    let known = brokers.get(&first).map(Vec::as_slice).unwrap_or_default();
    let wanted = known.iter().filter(|entry| {
        // What is set for all although it belongs to one is shown, so that it can be taken away.
        update(entry) == ConfigUpdate::ClusterWide || set.iter().any(|own| own.name == entry.name)
    });
    wanted.map(|entry| of_all(entry, set, brokers)).collect()
}

fn of_all(
    entry: &ConfigEntry,
    set: &[ConfigEntry],
    brokers: &BTreeMap<i32, Vec<ConfigEntry>>,
) -> ConfigEntryView {
    let each = brokers.iter().filter_map(|(id, entries)| {
        Some((*id, entries.iter().find(|other| other.name == entry.name)?))
    });
    let below: Vec<Option<(Option<String>, Source)>> =
        each.clone().map(|(_, entry)| below(entry)).collect();
    let alike = below.first().filter(|one| below.iter().all(|other| other == *one)).cloned();
    let own: Vec<String> = each
        .filter(|(_, entry)| entry.source == Source::Broker)
        .map(|(id, _)| id.to_string())
        .collect();
    let (default, source) = match alike.flatten() {
        Some((value, source)) => (value, configs::source(source)),
        None => (None, ConfigSource::Unknown),
    };
    let differ = below.windows(2).any(|pair| pair.first() != pair.last());
    let mut notes = Vec::new();
    if differ {
        notes.push("the brokers' own files differ in it".to_owned());
    }
    match own.as_slice() {
        [] => {}
        [one] => notes.push(format!("broker {one} sets its own")),
        several => notes.push(format!("brokers {} set their own", several.join(", "))),
    }
    let common = set.iter().find(|own| own.name == entry.name);
    let value = common.map_or_else(|| default.clone(), |common| common.value.clone());
    ConfigEntryView {
        value: value.filter(|_| !entry.sensitive),
        default: default.filter(|_| !entry.sensitive),
        source: if common.is_some() { ConfigSource::DynamicDefaultBrokerConfig } else { source },
        note: (!notes.is_empty()).then(|| notes.join("; ")),
        ..view(entry, Whose::All)
    }
}

/// What counts where nothing is set while running.
fn below(entry: &ConfigEntry) -> Option<(Option<String>, Source)> {
    let is_dynamic = |source| matches!(source, Source::Broker | Source::BrokerDefaults);
    if !is_dynamic(entry.source) {
        return Some((entry.value.clone(), entry.source));
    }
    let next = entry.synonyms.iter().find(|synonym| !is_dynamic(synonym.source))?;
    Some((next.value.clone(), next.source))
}

/// A broker's configuration for display.
fn view(entry: &ConfigEntry, whose: Whose) -> ConfigEntryView {
    let mut view = configs::view(entry);
    if entry.source == whose.own() {
        let next = entry.synonyms.iter().find(|synonym| synonym.source != whose.own());
        let next = next.and_then(|synonym| synonym.value.clone());
        view.default = next.filter(|_| !entry.sensitive);
    }
    view.update = Some(update(entry));
    if !entry.read_only && needs_listener(&entry.name) {
        view.is_read_only = true;
        let name = &entry.name;
        view.note = Some(format!("changed while running as listener.name.LISTENER.{name} only"));
    }
    view
}

/// A configuration as it is: brokers call those of a listener read-only, and let them be changed like the ones without
/// the listener's name.
fn of_listener<'a>(entry: &'a ConfigEntry, all: &[ConfigEntry]) -> Cow<'a, ConfigEntry> {
    let own = entry.name.strip_prefix("listener.name.").and_then(|name| name.split_once('.'));
    let is_dynamic = own.is_some_and(|(_, own)| {
        all.iter().any(|other| {
            // The name of a mechanism may stand before it.
            let before = own.strip_suffix(other.name.as_str());
            !other.read_only && before.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        })
    });
    if entry.read_only && is_dynamic {
        return Cow::Owned(ConfigEntry { read_only: false, ..entry.clone() });
    }
    Cow::Borrowed(entry)
}

/// Whether brokers call a configuration dynamic, and refuse to change it but with the name of a listener before it
/// (`DynamicBrokerConfig.DynamicSecurityConfigs` in Kafka's sources).
fn needs_listener(name: &str) -> bool {
    name.starts_with("ssl.keystore.")
        || name.starts_with("ssl.truststore.")
        || name == "ssl.key.password"
}

fn update(entry: &ConfigEntry) -> ConfigUpdate {
    if entry.read_only || needs_listener(&entry.name) {
        ConfigUpdate::ReadOnly
    } else if is_per_broker(&entry.name) {
        ConfigUpdate::PerBroker
    } else {
        ConfigUpdate::ClusterWide
    }
}

/// Whether a dynamic configuration is refused as a default of all brokers: what listeners need. Brokers do not tell;
/// the rule is that of `DynamicBrokerConfig.perBrokerConfigs` in Kafka's sources.
#[must_use]
pub fn is_per_broker(name: &str) -> bool {
    const OF_ALL_LISTENERS: [&str; 3] =
        ["max.connections", "max.connection.creation.rate", "num.network.threads"];
    if let Some(of_listener) = name.strip_prefix("listener.name.") {
        let own = of_listener.split_once('.').map_or("", |(_, own)| own);
        return !OF_ALL_LISTENERS.contains(&own);
    }
    name.starts_with("ssl.")
        || name.starts_with("sasl.")
        || matches!(
            name,
            "listeners"
                | "advertised.listeners"
                | "listener.security.protocol.map"
                | "principal.builder.class"
                | "cordoned.log.dirs"
        )
}

/// Changes configurations of a broker, or the defaults of all, all or none; or lets a broker check whether they
/// could be.
///
/// # Errors
/// `Invalid` with the broker's words; `NotFound`; `Denied`.
pub async fn alter(
    cluster: &Cluster,
    notices: &Notices,
    whose: Whose,
    changes: &[ConfigChange],
    validate_only: bool,
) -> Result<(), Refusal> {
    if validate_only {
        return try_alter(cluster, whose, changes, true).await;
    }
    // For the record alone: what was there before must not hold up what is to be done.
    let known = tokio::time::timeout(LOOK, known(cluster, whose)).await;
    let known = known.ok().and_then(Result::ok).unwrap_or_default();
    let altered = try_alter(cluster, whose, changes, false).await;
    let (before, after) = of_kafka_configs(&known, changes);
    let words = whose.words();
    let told = Told::on(&cluster.spec().name, format!("alter configs of {words}"));
    notices.activity().told(told.from_to(before, after), &altered);
    if altered.is_ok() {
        // A reader who looks at once shall not find what was there before.
        drop(tokio::time::timeout(SETTLE, shown(cluster, whose, changes)).await);
        cluster.topics_changed();
        let message = format!("{} of {words} changed", names(changes));
        notices.push(Severity::Info, &cluster.spec().name, None, message);
    }
    altered
}

/// What is known of the configurations of `whose`, which of them are secret above all.
async fn known(cluster: &Cluster, whose: Whose) -> Result<Vec<ConfigEntry>, Refusal> {
    match whose {
        Whose::Broker(id) => of_broker(cluster, id).await,
        Whose::All => {
            // Those that are not set are told by a broker only.
            let doing = Doing::on_cluster("describe its brokers", "DESCRIBE");
            let client = cluster.client()?;
            let described = client.describe_cluster().await;
            let described =
                described.map_err(|error| refuse(&cluster.spec().name, &doing, &error))?;
            let mut known = defaults_set(cluster).await?;
            if let Some(broker) = described.brokers.iter().find(|broker| !broker.fenced) {
                for mut entry in of_broker(cluster, broker.id).await? {
                    if known.iter().all(|own| own.name != entry.name) {
                        entry.value = below(&entry).and_then(|(value, _)| value);
                        known.push(entry);
                    }
                }
            }
            Ok(known)
        }
    }
}

async fn try_alter(
    cluster: &Cluster,
    whose: Whose,
    changes: &[ConfigChange],
    validate_only: bool,
) -> Result<(), Refusal> {
    check(changes)?;
    let what = format!("change {} of {}", names(changes), whose.words());
    let doing = Doing::on_cluster(what, "ALTER_CONFIGS");
    let resource = whose.resource();
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

/// Waits until the changes can be read back from the brokers that they are for.
async fn shown(cluster: &Cluster, whose: Whose, changes: &[ConfigChange]) {
    let Ok(client) = cluster.client() else { return };
    let mut waited_for: Vec<ConfigResource> = match whose {
        Whose::Broker(id) => vec![ConfigResource::Broker(id)],
        Whose::All => {
            let Ok(described) = client.describe_cluster().await else { return };
            let there = described.brokers.iter().filter(|broker| !broker.fenced);
            there.map(|broker| ConfigResource::Broker(broker.id)).collect()
        }
    };
    loop {
        let Ok(answers) = client.config_origins(&waited_for).await else { return };
        // A broker that does not answer is not waited for.
        waited_for.retain(|broker| {
            let entries = answers.get(broker).and_then(|entries| entries.as_ref().ok());
            entries.is_some_and(|entries| !show(entries, whose, changes))
        });
        if waited_for.is_empty() {
            return;
        }
        tokio::time::sleep(BEAT).await;
    }
}

/// Whether a broker's configurations show the changes; a secret one shows only that it is set.
fn show(entries: &[ConfigEntry], whose: Whose, changes: &[ConfigChange]) -> bool {
    changes.iter().all(|change| {
        let entry = entries.iter().find(|entry| entry.name == change.name);
        let mut origins = entry.iter().flat_map(|entry| &entry.synonyms);
        let own = origins.find(|origin| origin.source == whose.own());
        match (&change.value, own) {
            (Some(wanted), Some(own)) => {
                own.value.as_ref().is_none_or(|told| configs::is_same(wanted, told))
            }
            (wanted, own) => wanted.is_some() == own.is_some(),
        }
    })
}

#[cfg(test)]
mod tests;
