//! TopicConfigsSync: reads the configs of sources and mirrors, and sets what differs.

use std::collections::BTreeMap;

use drawbridge_engine::task::{
    TaskError,
    topic_configs::{ConfigStage, Configs, SetConfig, plan},
};
use drawbridge_kafka::{
    Client, Error,
    admin::{
        PerItem,
        configs::{ConfigChange, ConfigEntry, ConfigOp, ConfigResource},
    },
};
use drawbridge_shared::names::TopicName;

use super::task_error;
use crate::links::ends::Ends;

/// A mirror whose configs are looked at.
#[derive(Debug, Clone)]
pub(in crate::links) struct Subject {
    pub(in crate::links) source_topic: String,
    pub(in crate::links) mirror_topic: TopicName,
    pub(in crate::links) stage: ConfigStage,
}

/// Topics asked about in one request.
const AT_ONCE: usize = 200;

/// What a run found and could not do.
#[derive(Debug, Default)]
pub(in crate::links) struct Ran {
    pub(in crate::links) errors: Vec<TaskError>,
    /// The sources' configs, by mirror.
    pub(in crate::links) sources: Vec<(TopicName, Configs)>,
}

/// Syncs the configs of these mirrors.
pub(in crate::links) async fn run(ends: Ends, subjects: Vec<Subject>, include: Vec<String>) -> Ran {
    let mut ran = Ran::default();
    for part in subjects.chunks(AT_ONCE) {
        if let Err(error) = run_part(&ends, part, &include, &mut ran).await {
            ran.errors.push(task_error("the configs cannot be read", &error));
        }
    }
    ran
}

async fn run_part(
    ends: &Ends,
    subjects: &[Subject],
    include: &[String],
    ran: &mut Ran,
) -> Result<(), Error> {
    let sources = read(&ends.source, subjects.iter().map(|subject| subject.source_topic.as_str()));
    let mirrors = read(&ends.sink, subjects.iter().map(|subject| subject.mirror_topic.as_str()));
    let (mut sources, mut mirrors) = tokio::try_join!(sources, mirrors)?;
    let mut changes = Vec::new();
    for subject in subjects {
        let (source, mirror) = (&subject.source_topic, subject.mirror_topic.as_str());
        let both = take(&mut sources, source).and_then(|of| Ok((of, take(&mut mirrors, mirror)?)));
        match both {
            Ok((source, mirror)) => {
                let set = plan(&source, &mirror, include, subject.stage);
                if !set.is_empty() {
                    changes.push((
                        topic(subject.mirror_topic.as_str()),
                        set.iter().map(change).collect(),
                    ));
                }
                ran.sources.push((subject.mirror_topic.clone(), source));
            }
            Err(error) => {
                ran.errors.push(task_error(&format!("the configs of '{source}'"), &error))
            }
        }
    }
    if changes.is_empty() {
        return Ok(());
    }
    for (resource, outcome) in ends.sink.incremental_alter_configs(&changes, false).await? {
        if let (ConfigResource::Topic(name), Err(error)) = (resource, outcome) {
            ran.errors
                .push(task_error(&format!("the configs of mirror '{name}' cannot be set"), &error));
        }
    }
    Ok(())
}

/// Gives a topic that is no mirror any more the configs of its source, as they were read last. Without them
/// only what mirroring needed stays: the times of records and their codec are kept as producers set them.
///
/// # Errors
/// The broker's.
pub(in crate::links) async fn finish(
    sink: &Client,
    mirror: &str,
    source: Option<&Configs>,
    include: &[String],
) -> Result<(), Error> {
    let Some(source) = source else { return Ok(()) };
    let now = of_topic(sink, mirror).await?;
    let changes: Vec<ConfigChange> =
        plan(source, &now, include, ConfigStage::Final).iter().map(change).collect();
    if changes.is_empty() {
        return Ok(());
    }
    let resource = topic(mirror);
    let mut outcomes =
        sink.incremental_alter_configs(&[(resource.clone(), changes)], false).await?;
    outcomes.remove(&resource).unwrap_or(Ok(()))
}

/// The effective configs of a topic.
///
/// # Errors
/// The broker's.
pub(in crate::links) async fn of_topic(client: &Client, name: &str) -> Result<Configs, Error> {
    let mut configs = read(client, std::iter::once(name)).await?;
    take(&mut configs, name)
}

async fn read<'a>(
    client: &Client,
    topics: impl Iterator<Item = &'a str>,
) -> Result<PerItem<ConfigResource, Vec<ConfigEntry>>, Error> {
    let resources: Vec<ConfigResource> = topics.map(topic).collect();
    client.config_values(&resources).await
}

fn topic(name: &str) -> ConfigResource {
    ConfigResource::Topic(name.to_owned())
}

fn take(
    found: &mut PerItem<ConfigResource, Vec<ConfigEntry>>,
    name: &str,
) -> Result<Configs, Error> {
    let entries = found.remove(&topic(name)).unwrap_or(Err(Error::Closed))?;
    let effective: BTreeMap<String, String> =
        entries.into_iter().filter_map(|entry| Some((entry.name, entry.value?))).collect();
    Ok(effective)
}

fn change(set: &SetConfig) -> ConfigChange {
    ConfigChange { name: set.name.clone(), op: ConfigOp::Set(set.value.clone()) }
}
