//! What the cluster knows, behind one lock: brokers, topics, groups, transactions, users, rules.

use std::collections::BTreeMap;

use kafka_protocol::ResponseError as Code;
use uuid::Uuid;

use crate::acl::Authorizer;
use crate::configs;
use crate::group::Group;
use crate::incoming::{Incoming, Refusal};
use crate::log::{Appended, Log};
use crate::scram::{Credential, Mechanism};
use crate::spec::{ClusterSpec, TopicSpec};
use crate::topic_rules::TopicRules;
use crate::txn::Txn;

mod leadership;
mod maintenance;
mod topics;
mod transactions;

pub(crate) use topics::NewTopic;

/// The topic that stands for committed offsets.
pub(crate) const OFFSETS_TOPIC: &str = "__consumer_offsets";
/// The topic that stands for transaction state.
pub(crate) const TRANSACTIONS_TOPIC: &str = "__transaction_state";
/// Partitions of the internal topics; small, since they only stand for what real brokers keep there.
const INTERNAL_PARTITIONS: i32 = 4;

/// A broker as clients see it.
#[derive(Clone, Debug)]
pub(crate) struct Broker {
    pub(crate) rack: Option<String>,
    pub(crate) port: u16,
    pub(crate) alive: bool,
}

/// A partition: its log, which all replicas share, and who leads it.
#[derive(Debug)]
pub(crate) struct Partition {
    pub(crate) log: Log,
    pub(crate) replicas: Vec<i32>,
    pub(crate) isr: Vec<i32>,
    /// -1 while no replica is alive.
    pub(crate) leader: i32,
    pub(crate) epoch: i32,
}

/// A topic.
#[derive(Debug)]
pub(crate) struct Topic {
    pub(crate) id: Uuid,
    pub(crate) partitions: Vec<Partition>,
    pub(crate) configs: BTreeMap<String, String>,
    pub(crate) rules: TopicRules,
    pub(crate) internal: bool,
}

impl Topic {
    pub(crate) fn partition(&self, index: i32) -> Option<&Partition> {
        self.partitions.get(usize::try_from(index).ok()?)
    }

    pub(crate) fn partition_mut(&mut self, index: i32) -> Option<&mut Partition> {
        self.partitions.get_mut(usize::try_from(index).ok()?)
    }
}

/// A user's credentials.
#[derive(Clone, Default)]
pub(crate) struct User {
    pub(crate) password: Option<String>,
    pub(crate) scram: BTreeMap<Mechanism, Credential>,
}

/// Everything the brokers of one cluster share.
pub(crate) struct State {
    pub(crate) spec: ClusterSpec,
    pub(crate) brokers: BTreeMap<i32, Broker>,
    pub(crate) topics: BTreeMap<String, Topic>,
    topic_names: BTreeMap<Uuid, String>,
    pub(crate) groups: BTreeMap<String, Group>,
    pub(crate) txns: BTreeMap<String, Txn>,
    next_producer_id: i64,
    /// Broker values set at run time: by broker id, -1 for the cluster-wide default.
    pub(crate) broker_configs: BTreeMap<i32, BTreeMap<String, String>>,
    pub(crate) users: BTreeMap<String, User>,
    pub(crate) authorizer: Authorizer,
    /// Spreads leaders of new topics over the brokers.
    placed: usize,
}

impl State {
    pub(crate) fn new(spec: ClusterSpec, ports: &BTreeMap<i32, u16>) -> Result<Self, Refusal> {
        let brokers = spec
            .brokers
            .iter()
            .map(|b| {
                let port = ports.get(&b.id).copied().unwrap_or(0);
                (b.id, Broker { rack: b.rack.clone(), port, alive: true })
            })
            .collect();
        let authorizer = Authorizer {
            enabled: !spec.acls.is_empty() || !spec.super_users.is_empty(),
            super_users: spec.super_users.clone(),
            acls: spec.acls.clone(),
        };
        let mut state = Self {
            brokers,
            topics: BTreeMap::new(),
            topic_names: BTreeMap::new(),
            groups: BTreeMap::new(),
            txns: BTreeMap::new(),
            next_producer_id: 1_000,
            broker_configs: BTreeMap::from([(-1, BTreeMap::new())]),
            users: BTreeMap::new(),
            authorizer,
            placed: 0,
            spec,
        };
        for user in state.spec.users.clone() {
            state.add_user(&user.name, &user.password);
        }
        for topic in state.spec.topics.clone() {
            state.create_spec(&topic)?;
        }
        Ok(state)
    }

    fn create_spec(&mut self, spec: &TopicSpec) -> Result<(), Refusal> {
        let new = NewTopic {
            name: spec.name.clone(),
            partitions: spec.partitions,
            replication_factor: spec.replication_factor,
            assignment: BTreeMap::new(),
            configs: spec.configs.clone(),
        };
        self.create_topic(&new, false).map(|_| ())
    }

    fn add_user(&mut self, name: &str, password: &str) {
        let mechanisms = self.spec.security.sasl.iter().filter(|m| **m != Mechanism::Plain);
        let scram = mechanisms
            .map(|m| {
                let salt = format!("salt of {name} for {}", m.name()).into_bytes();
                (*m, Credential::from_password(*m, password, salt, 4096))
            })
            .collect();
        let user = User { password: Some(password.to_owned()), scram };
        self.users.insert(name.to_owned(), user);
    }

    /// The broker that acts as controller: the first one alive.
    pub(crate) fn controller(&self) -> i32 {
        self.alive().next().unwrap_or(-1)
    }

    pub(crate) fn alive(&self) -> impl Iterator<Item = i32> {
        self.brokers.iter().filter(|(_, b)| b.alive).map(|(id, _)| *id)
    }

    /// The broker that coordinates this group or transactional id.
    pub(crate) fn coordinator(&self, key: &str) -> Option<i32> {
        let alive: Vec<i32> = self.alive().collect();
        let hash =
            key.bytes().fold(7_usize, |h, b| h.wrapping_mul(31).wrapping_add(usize::from(b)));
        alive.get(hash % alive.len().max(1)).copied()
    }

    /// Name of the topic with this id.
    pub(crate) fn topic_name(&self, id: Uuid) -> Option<&str> {
        self.topic_names.get(&id).map(String::as_str)
    }

    pub(crate) fn allocate_producer_id(&mut self) -> i64 {
        self.next_producer_id += 1;
        self.next_producer_id - 1
    }

    /// A broker setting: set on the broker, cluster-wide, at the start, or the default.
    pub(crate) fn broker_value(&self, broker: i32, name: &str) -> String {
        let set = |id: i32| self.broker_configs.get(&id).and_then(|c| c.get(name));
        set(broker)
            .or_else(|| set(-1))
            .or_else(|| self.spec.broker_configs.get(name))
            .map(String::as_str)
            .or_else(|| configs::broker_key(name).map(|k| k.default))
            .unwrap_or_default()
            .to_owned()
    }

    /// Cluster-wide broker settings that topics fall back to.
    pub(crate) fn broker_defaults(&self) -> BTreeMap<String, String> {
        let mut all = self.spec.broker_configs.clone();
        all.extend(self.broker_configs.get(&-1).cloned().unwrap_or_default());
        all
    }

    /// A partition with its topic's rules.
    pub(crate) fn partition(&mut self, topic: &str, index: i32) -> Result<&mut Partition, Code> {
        self.topics
            .get_mut(topic)
            .and_then(|t| t.partition_mut(index))
            .ok_or(Code::UnknownTopicOrPartition)
    }

    /// Appends a batch that has passed the checks of [`crate::incoming`].
    pub(crate) fn append(
        &mut self,
        topic: &str,
        index: i32,
        incoming: &Incoming,
        now: i64,
    ) -> Result<Appended, Refusal> {
        let cap = self.spec.partition_limit_bytes;
        let topic = self.topics.get_mut(topic).ok_or(Code::UnknownTopicOrPartition)?;
        let rules = topic.rules.clone();
        let partition = topic.partition_mut(index).ok_or(Code::UnknownTopicOrPartition)?;
        let appended = partition.log.append(incoming, &rules, now)?;
        if partition.log.size() > cap {
            partition.log.retain(&rules, now, cap);
        }
        self.bound_memory();
        Ok(appended)
    }

    /// The group, created if it does not exist.
    pub(crate) fn group(&mut self, name: &str, now: i64) -> &mut Group {
        self.groups.entry(name.to_owned()).or_insert_with(|| Group::new(now))
    }
}
