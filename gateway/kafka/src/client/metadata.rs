//! What is known of the cluster: brokers, and leaders of the topics that were asked about.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use kafka_protocol::messages::{
    MetadataRequest, MetadataResponse, TopicName,
    metadata_request::MetadataRequestTopic,
    metadata_response::{MetadataResponseBroker, MetadataResponseTopic},
};
use kafka_protocol::protocol::StrBytes;
use tokio::time::Instant;
use uuid::Uuid;

use super::{Client, Leader};
use crate::{
    admin::{
        acls::{AclOperation, operations},
        cluster::Broker,
        topics::{PartitionDescription, TopicDescription},
    },
    connection::Connection,
    error::{Asked, Error, ErrorCode, Result},
    settings::HostPort,
};

/// What the client knows of the cluster at one moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Metadata {
    /// Kafka's cluster id, `None` before the first answer.
    pub cluster_id: Option<String>,
    /// Node id of the controller, or of a broker that forwards to it.
    pub controller: Option<i32>,
    /// Brokers by id.
    pub brokers: BTreeMap<i32, Broker>,
    /// Topics that calls were about, by name.
    pub topics: BTreeMap<String, Arc<TopicDescription>>,
}

/// Which topics to fetch.
pub(crate) enum Topics<'a> {
    /// None, only brokers.
    None,
    /// All.
    All,
    /// These.
    Named(&'a [&'a str]),
}

#[derive(Debug, Default)]
pub(crate) struct MetadataCache {
    known: Mutex<Known>,
    /// Held while looking brokers up, so that a hundred callers in need cause one request; with the last failure, so
    /// that they share that too.
    refreshing: tokio::sync::Mutex<Option<(Instant, Error)>>,
}

#[derive(Debug, Default)]
struct Known {
    metadata: Arc<Metadata>,
    fetched: HashMap<String, Instant>,
    brokers_fetched: Option<Instant>,
    names: HashMap<Uuid, String>,
}

impl MetadataCache {
    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn snapshot(&self) -> Arc<Metadata> {
        Arc::clone(&self.lock().metadata)
    }

    /// `None`: topic or partition not known; `Some(None)`: it has no leader.
    pub(super) fn leader(&self, topic: &str, partition: i32) -> Option<Option<Leader>> {
        let known = self.lock();
        let topic = known.metadata.topics.get(topic)?;
        let partition = topic.partitions.iter().find(|p| p.partition == partition)?;
        let epoch = partition.leader_epoch;
        Some(partition.leader.map(|broker| Leader { broker, epoch, topic_id: topic.id }))
    }

    pub(super) fn fresh_topic(
        &self,
        topic: &str,
        max_age: Duration,
    ) -> Option<Arc<TopicDescription>> {
        let known = self.lock();
        let fetched = known.fetched.get(topic)?;
        (fetched.elapsed() < max_age).then(|| known.metadata.topics.get(topic).cloned())?
    }

    pub(super) fn brokers_are_fresh(&self, max_age: Duration) -> bool {
        let known = self.lock();
        !known.metadata.brokers.is_empty()
            && known.brokers_fetched.is_some_and(|fetched| fetched.elapsed() < max_age)
    }

    pub(super) fn forget(&self, topic: &str) {
        self.lock().fetched.remove(topic);
    }

    pub(super) fn forget_brokers(&self) {
        self.lock().brokers_fetched = None;
    }

    /// Lets go of what is believed about a broker that could not be reached: its partitions may have moved.
    pub(super) fn distrust(&self, broker: i32) {
        let mut known = self.lock();
        known.brokers_fetched = None;
        let metadata = Arc::clone(&known.metadata);
        known.fetched.retain(|name, _| {
            metadata.topics.get(name).is_some_and(|topic| {
                topic.partitions.iter().all(|partition| partition.leader != Some(broker))
            })
        });
    }

    /// The name of a topic id seen before, or in this call's request.
    pub(super) fn name_of(&self, id: &Uuid) -> Option<String> {
        self.lock().names.get(id).cloned()
    }

    pub(super) fn learn_name(&self, id: Uuid, name: &str) {
        let mut known = self.lock();
        if !id.is_nil() && known.names.get(&id).is_none_or(|old| old != name) {
            known.names.insert(id, name.to_owned());
        }
    }

    /// Takes over an answer. Topics it says nothing about stay as they were.
    fn merge(&self, response: &MetadataResponse) {
        let mut known = self.lock();
        let mut metadata = Metadata::clone(&known.metadata);
        metadata.cluster_id = response.cluster_id.as_ref().map(ToString::to_string);
        metadata.controller = Some(response.controller_id.0).filter(|id| *id >= 0);
        metadata.brokers = response.brokers.iter().map(|b| (b.node_id.0, broker(b))).collect();
        let now = Instant::now();
        known.brokers_fetched = Some(now);
        for topic in &response.topics {
            let Some(name) = topic.name.as_ref().map(|name| name.0.to_string()) else { continue };
            if topic.error_code == 0 {
                let described = description(topic);
                known.names.insert(described.id, name.clone());
                known.fetched.insert(name.clone(), now);
                metadata.topics.insert(name, Arc::new(described));
            } else if topic.error_code == ErrorCode::UNKNOWN_TOPIC_OR_PARTITION.0 {
                known.fetched.remove(&name);
                metadata.topics.remove(&name);
            }
        }
        known.metadata = Arc::new(metadata);
    }
}

impl Client {
    /// What is known of the cluster, without asking.
    #[must_use]
    pub fn metadata(&self) -> Arc<Metadata> {
        self.inner.metadata.snapshot()
    }

    /// Fetches brokers and the named topics anew. Topics that do not exist are left out of the answer.
    ///
    /// # Errors
    /// When no broker answers.
    pub async fn refresh(&self, topics: &[&str]) -> Result<Arc<Metadata>> {
        self.fetch_metadata(&Topics::Named(topics), false).await?;
        Ok(self.metadata())
    }

    /// One topic, from the cache if it is fresh.
    pub(crate) async fn topic_metadata(&self, topic: &str) -> Result<Arc<TopicDescription>> {
        let max_age = self.settings().metadata_max_age;
        if let Some(topic) = self.inner.metadata.fresh_topic(topic, max_age) {
            return Ok(topic);
        }
        let response = self.fetch_metadata(&Topics::Named(&[topic]), false).await?;
        if let Some(found) = self.inner.metadata.fresh_topic(topic, Duration::MAX) {
            return Ok(found);
        }
        let code = response.topics.first().map_or(0, |topic| topic.error_code);
        let code = if code == 0 { ErrorCode::UNKNOWN_TOPIC_OR_PARTITION.0 } else { code };
        Err(Error::broker(code, None, Asked::new("Metadata").about(format!("topic {topic}"))))
    }

    /// Makes sure that all of `topics` are known if they exist, with one request for those that are not.
    pub(crate) async fn ensure_topics(&self, topics: &[&str]) -> Result<()> {
        let max_age = self.settings().metadata_max_age;
        let missing: Vec<&str> = topics
            .iter()
            .copied()
            .filter(|topic| self.inner.metadata.fresh_topic(topic, max_age).is_none())
            .collect();
        if !missing.is_empty() {
            self.fetch_metadata(&Topics::Named(&missing), false).await?;
        }
        Ok(())
    }

    /// Makes sure that brokers are known. One attempt: callers repeat.
    pub(crate) async fn ensure_brokers(&self) -> Result<()> {
        let max_age = self.settings().metadata_max_age;
        if self.inner.metadata.brokers_are_fresh(max_age) {
            return Ok(());
        }
        let arrived = Instant::now();
        let mut failure = self.inner.metadata.refreshing.lock().await;
        if self.inner.metadata.brokers_are_fresh(max_age) {
            return Ok(());
        }
        if let Some((_, error)) = failure.as_ref().filter(|(at, _)| *at >= arrived) {
            return Err(error.clone());
        }
        let asked = Asked::new("Metadata");
        let outcome = match self.any_for_metadata().await {
            Ok(connection) => self.metadata_from(&connection, &Topics::None, false, &asked).await,
            Err(error) => Err(error),
        };
        *failure = outcome.as_ref().err().map(|error| (Instant::now(), error.clone()));
        outcome.map(|_| ())
    }

    /// Asks any broker and remembers the answer.
    pub(crate) async fn fetch_metadata(
        &self,
        topics: &Topics<'_>,
        with_operations: bool,
    ) -> Result<MetadataResponse> {
        let asked = match topics {
            Topics::Named([one]) => Asked::new("Metadata").about(format!("topic {one}")),
            Topics::Named(many) if !many.is_empty() => {
                Asked::new("Metadata").about(format!("{} topics", many.len()))
            }
            _ => Asked::new("Metadata"),
        };
        let response = self
            .retrying(super::Repeat::Always, &asked, || async {
                let connection = self.any_for_metadata().await?;
                self.metadata_from(&connection, topics, with_operations, &asked).await
            })
            .await?;
        Ok(response)
    }

    /// Asks one broker and remembers the answer.
    pub(super) async fn metadata_from(
        &self,
        connection: &Arc<Connection>,
        topics: &Topics<'_>,
        with_operations: bool,
        asked: &Asked,
    ) -> Result<MetadataResponse> {
        let topics = match topics {
            Topics::None => Some(Vec::new()),
            Topics::All => None,
            Topics::Named(names) => Some(
                names
                    .iter()
                    .map(|name| {
                        let name = TopicName(StrBytes::from_string((*name).to_owned()));
                        MetadataRequestTopic::default().with_name(Some(name))
                    })
                    .collect(),
            ),
        };
        let response = self
            .send::<MetadataRequest>(connection, super::call::ANY_VERSION, asked, |_| {
                MetadataRequest::default()
                    .with_topics(topics)
                    .with_allow_auto_topic_creation(false)
                    .with_include_topic_authorized_operations(with_operations)
            })
            .await?;
        if let Some(code) = ErrorCode::from_wire(response.error_code) {
            self.inner.metadata.forget_brokers();
            return Err(Error::broker(code.0, None, asked.clone()));
        }
        self.inner.metadata.merge(&response);
        self.inner.pool.learn_brokers(&self.metadata().brokers);
        Ok(response)
    }
}

fn broker(broker: &MetadataResponseBroker) -> Broker {
    Broker {
        id: broker.node_id.0,
        host: broker.host.to_string(),
        port: u16::try_from(broker.port).unwrap_or_default(),
        rack: broker.rack.as_ref().map(ToString::to_string),
        fenced: false,
    }
}

impl Broker {
    /// The advertised address.
    #[must_use]
    pub fn address(&self) -> HostPort {
        HostPort::new(self.host.clone(), self.port)
    }
}

/// A topic of a metadata answer in public terms.
pub(crate) fn description(topic: &MetadataResponseTopic) -> TopicDescription {
    let name = topic.name.as_ref().map(|name| name.0.to_string()).unwrap_or_default();
    let mut partitions: Vec<PartitionDescription> = topic
        .partitions
        .iter()
        .map(|partition| PartitionDescription {
            partition: partition.partition_index,
            leader: Some(partition.leader_id.0).filter(|id| *id >= 0),
            leader_epoch: partition.leader_epoch,
            replicas: partition.replica_nodes.iter().map(|id| id.0).collect(),
            isr: partition.isr_nodes.iter().map(|id| id.0).collect(),
            offline: partition.offline_replicas.iter().map(|id| id.0).collect(),
            error: ErrorCode::from_wire(partition.error_code).map(|code| {
                let subject = format!("partition {name}-{}", partition.partition_index);
                Error::broker(code.0, None, Asked::new("Metadata").about(subject))
            }),
        })
        .collect();
    partitions.sort_by_key(|partition| partition.partition);
    let operations: Option<Vec<AclOperation>> = operations(topic.topic_authorized_operations);
    TopicDescription {
        name,
        id: topic.topic_id,
        internal: topic.is_internal,
        partitions,
        operations,
    }
}
