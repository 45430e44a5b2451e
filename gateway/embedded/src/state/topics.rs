//! Creating, growing and deleting topics.

use std::collections::BTreeMap;

use kafka_protocol::ResponseError as Code;
use uuid::Uuid;

use super::{INTERNAL_PARTITIONS, Partition, State, Topic};
use crate::configs;
use crate::incoming::Refusal;
use crate::log::Log;
use crate::topic_rules::TopicRules;

/// A topic to create.
#[derive(Clone, Debug, Default)]
pub(crate) struct NewTopic {
    pub(crate) name: String,
    /// -1 for the default, or when an assignment is given.
    pub(crate) partitions: i32,
    /// -1 for the default, or when an assignment is given.
    pub(crate) replication_factor: i16,
    pub(crate) assignment: BTreeMap<i32, Vec<i32>>,
    pub(crate) configs: BTreeMap<String, String>,
}

/// Most partitions one request may ask for; real clusters refuse by policy or fall over.
const MAX_PARTITIONS: i32 = 10_000;

impl State {
    /// Creates a topic, or only checks that it could be. Returns the replicas of each partition.
    pub(crate) fn create_topic(
        &mut self,
        new: &NewTopic,
        validate_only: bool,
    ) -> Result<Vec<Vec<i32>>, Refusal> {
        self.check_name(&new.name)?;
        configs::check_topic(&new.configs).map_err(|m| Refusal::new(Code::InvalidConfig, m))?;
        let replicas = if new.assignment.is_empty() {
            let count = if new.partitions == -1 { 1 } else { new.partitions };
            if !(1..=MAX_PARTITIONS).contains(&count) {
                return Err(Refusal::new(
                    Code::InvalidPartitions,
                    format!("Number of partitions must be between 1 and {MAX_PARTITIONS}."),
                ));
            }
            self.place(count, new.replication_factor, !validate_only)?
        } else {
            self.assigned(new)?
        };
        if !validate_only {
            self.insert_topic(&new.name, &replicas, new.configs.clone(), false);
        }
        Ok(replicas)
    }

    fn insert_topic(
        &mut self,
        name: &str,
        replicas: &[Vec<i32>],
        configs: BTreeMap<String, String>,
        internal: bool,
    ) {
        let rules = TopicRules::new(&configs, &self.broker_defaults());
        let id = Uuid::new_v4();
        let partitions = replicas.iter().map(|r| self.new_partition(r)).collect();
        self.topics.insert(name.to_owned(), Topic { id, partitions, configs, rules, internal });
        self.topic_names.insert(id, name.to_owned());
    }

    /// Creates the internal topic a coordinator needs, if it does not exist.
    pub(crate) fn ensure_internal(&mut self, name: &str) {
        if self.topics.contains_key(name) {
            return;
        }
        let factor = i16::try_from(self.brokers.len().min(3)).unwrap_or(1);
        if let Ok(replicas) = self.place(INTERNAL_PARTITIONS, factor, true) {
            let configs = [("cleanup.policy", "compact"), ("compression.type", "producer")];
            let configs = configs.map(|(k, v)| (k.to_owned(), v.to_owned())).into();
            self.insert_topic(name, &replicas, configs, true);
        }
    }

    fn check_name(&self, name: &str) -> Result<(), Refusal> {
        let refuse = |code, message: String| Err(Refusal::new(code, message));
        let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        if name.is_empty()
            || name == "."
            || name == ".."
            || name.len() > 249
            || !name.chars().all(legal)
        {
            return refuse(
                Code::InvalidTopicException,
                format!(
                    "Topic name \"{}\" is illegal: 1 to 249 ASCII letters, digits, '.', '_' and '-', \
                     and neither '.' nor '..'",
                    name.chars().take(260).collect::<String>()
                ),
            );
        }
        if self.topics.contains_key(name) {
            return refuse(Code::TopicAlreadyExists, format!("Topic '{name}' already exists."));
        }
        let folded = name.replace('.', "_");
        if let Some(other) = self.topics.keys().find(|t| t.replace('.', "_") == folded) {
            return refuse(
                Code::InvalidTopicException,
                format!("Topic '{name}' collides with existing topic: {other}"),
            );
        }
        Ok(())
    }

    /// Spreads replicas round robin over the brokers that are alive.
    fn place(&mut self, count: i32, factor: i16, commit: bool) -> Result<Vec<Vec<i32>>, Refusal> {
        let alive: Vec<i32> = self.alive().collect();
        let factor = match factor {
            -1 => self.broker_value(-1, "default.replication.factor").parse().unwrap_or(1),
            other => usize::try_from(other).unwrap_or(0),
        };
        if factor == 0 || factor > alive.len() {
            return Err(Refusal::new(
                Code::InvalidReplicationFactor,
                format!(
                    "Unable to replicate the partition {factor} time(s): {} broker(s) are registered.",
                    alive.len()
                ),
            ));
        }
        let first = self.placed;
        let count = usize::try_from(count).unwrap_or(0);
        if commit {
            self.placed = (first + count) % alive.len();
        }
        let ring = |index: usize| alive.get(index % alive.len()).copied().unwrap_or(-1);
        Ok((0..count).map(|p| (0..factor).map(|r| ring(first + p + r)).collect()).collect())
    }

    fn assigned(&self, new: &NewTopic) -> Result<Vec<Vec<i32>>, Refusal> {
        let bad = |message: &str| Refusal::new(Code::InvalidReplicaAssignment, message);
        if new.partitions != -1 || new.replication_factor != -1 {
            return Err(Refusal::new(
                Code::InvalidRequest,
                "Give either partitions and replication factor, or a replica assignment.",
            ));
        }
        let consecutive = new.assignment.keys().copied().eq(0..);
        let indexes: Vec<i32> = new.assignment.keys().copied().collect();
        let gapless = indexes.iter().zip(0..).all(|(a, b)| *a == b);
        if !(consecutive || gapless) {
            return Err(bad("Partitions of the assignment must be numbered 0, 1, 2 …"));
        }
        let mut out = Vec::new();
        for replicas in new.assignment.values() {
            self.check_replicas(replicas)?;
            out.push(replicas.clone());
        }
        Ok(out)
    }

    fn check_replicas(&self, replicas: &[i32]) -> Result<(), Refusal> {
        let mut unique = replicas.to_vec();
        unique.sort_unstable();
        unique.dedup();
        let known = unique.iter().all(|id| self.brokers.contains_key(id));
        if unique.is_empty() || unique.len() != replicas.len() || !known {
            return Err(Refusal::new(
                Code::InvalidReplicaAssignment,
                "Replicas must be existing brokers, each named once.",
            ));
        }
        Ok(())
    }

    fn new_partition(&self, replicas: &[i32]) -> Partition {
        let isr: Vec<i32> = replicas
            .iter()
            .copied()
            .filter(|id| self.brokers.get(id).is_some_and(|b| b.alive))
            .collect();
        let leader = isr.first().copied().unwrap_or(-1);
        let mut log = Log::default();
        log.begin_epoch(0);
        Partition { log, replicas: replicas.to_vec(), isr, leader, epoch: 0 }
    }

    /// Adds partitions up to `count`, or only checks that it could be done.
    pub(crate) fn grow_topic(
        &mut self,
        name: &str,
        count: i32,
        assignment: Option<&[Vec<i32>]>,
        validate_only: bool,
    ) -> Result<(), Refusal> {
        let topic = self.topics.get(name).ok_or(Code::UnknownTopicOrPartition)?;
        let now = i32::try_from(topic.partitions.len()).unwrap_or(i32::MAX);
        let factor = topic.partitions.first().map_or(1, |p| p.replicas.len());
        if count <= now || count > MAX_PARTITIONS {
            return Err(Refusal::new(
                Code::InvalidPartitions,
                format!("Topic currently has {now} partitions, {count} is not more or too many."),
            ));
        }
        let added = match assignment {
            Some(given) => {
                if i32::try_from(given.len()) != Ok(count - now) {
                    return Err(Refusal::new(
                        Code::InvalidReplicaAssignment,
                        format!("{} new partitions need as many assignments.", count - now),
                    ));
                }
                for replicas in given {
                    self.check_replicas(replicas)?;
                }
                given.to_vec()
            }
            None => self.place(count - now, i16::try_from(factor).unwrap_or(1), !validate_only)?,
        };
        if !validate_only {
            let mut partitions: Vec<Partition> =
                added.iter().map(|r| self.new_partition(r)).collect();
            if let Some(topic) = self.topics.get_mut(name) {
                topic.partitions.append(&mut partitions);
            }
        }
        Ok(())
    }

    /// Deletes a topic and the offsets committed for it.
    pub(crate) fn delete_topic(&mut self, name: &str) -> Result<Uuid, Code> {
        let mut topic = self.topics.remove(name).ok_or(Code::UnknownTopicOrPartition)?;
        self.topic_names.remove(&topic.id);
        for group in self.groups.values_mut() {
            group.forget_topic(name);
        }
        for txn in self.txns.values_mut() {
            txn.partitions.retain(|(t, _)| t != name);
        }
        for partition in &mut topic.partitions {
            partition.log.wake();
        }
        Ok(topic.id)
    }

    /// Sets a topic's own configuration.
    pub(crate) fn set_topic_configs(&mut self, name: &str, configs: BTreeMap<String, String>) {
        let rules = TopicRules::new(&configs, &self.broker_defaults());
        if let Some(topic) = self.topics.get_mut(name) {
            topic.configs = configs;
            topic.rules = rules;
        }
    }

    /// Sets what was changed on a broker, or cluster-wide with -1.
    pub(crate) fn set_broker_configs(&mut self, broker: i32, configs: BTreeMap<String, String>) {
        self.broker_configs.insert(broker, configs);
        let defaults = self.broker_defaults();
        for topic in self.topics.values_mut() {
            topic.rules = TopicRules::new(&topic.configs, &defaults);
        }
    }
}
