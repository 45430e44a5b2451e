//! What a cluster is started with.

use std::collections::BTreeMap;

use crate::acl::Acl;
use crate::scram::Mechanism;

/// A broker of the cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrokerSpec {
    /// Node id, 0 or more, unique in the cluster.
    pub id: i32,
    /// Rack or zone.
    pub rack: Option<String>,
}

/// A topic that exists from the start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicSpec {
    /// Name as the protocol allows it.
    pub name: String,
    /// Number of partitions, at least 1.
    pub partitions: i32,
    /// Replicas of each partition, at most the number of brokers.
    pub replication_factor: i16,
    /// Values that differ from the defaults.
    pub configs: BTreeMap<String, String>,
}

impl TopicSpec {
    /// A topic with default configuration.
    #[must_use]
    pub fn new(name: &str, partitions: i32, replication_factor: i16) -> Self {
        Self { name: name.to_owned(), partitions, replication_factor, configs: BTreeMap::new() }
    }

    /// Sets a configuration value.
    #[must_use]
    pub fn config(mut self, key: &str, value: &str) -> Self {
        self.configs.insert(key.to_owned(), value.to_owned());
        self
    }
}

/// A user who may authenticate.
#[derive(Clone, PartialEq, Eq)]
pub struct UserSpec {
    /// Name; the principal is `User:` followed by it.
    pub name: String,
    /// Password, valid for every enabled mechanism.
    pub password: String,
}

impl UserSpec {
    /// A user with a password.
    #[must_use]
    pub fn new(name: &str, password: &str) -> Self {
        Self { name: name.to_owned(), password: password.to_owned() }
    }
}

impl std::fmt::Debug for UserSpec {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("UserSpec").field("name", &self.name).finish_non_exhaustive()
    }
}

/// How clients connect.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListenerSecurity {
    /// Encrypts with a certificate made at the start; its authority is in the client properties.
    pub tls: bool,
    /// Mechanisms offered; none means no authentication.
    pub sasl: Vec<Mechanism>,
    /// Milliseconds after which a client has to authenticate again; 0 is never.
    pub reauthentication_ms: i64,
}

impl ListenerSecurity {
    /// No encryption, no authentication.
    #[must_use]
    pub fn plaintext() -> Self {
        Self::default()
    }

    /// No encryption, authentication with these mechanisms.
    #[must_use]
    pub fn sasl(mechanisms: &[Mechanism]) -> Self {
        Self { sasl: mechanisms.to_vec(), ..Self::default() }
    }

    /// The same with encryption.
    #[must_use]
    pub fn with_tls(mut self) -> Self {
        self.tls = true;
        self
    }

    pub(crate) fn protocol(&self) -> &'static str {
        match (self.tls, self.sasl.is_empty()) {
            (false, true) => "PLAINTEXT",
            (false, false) => "SASL_PLAINTEXT",
            (true, true) => "SSL",
            (true, false) => "SASL_SSL",
        }
    }
}

/// Everything an embedded cluster is started with.
#[derive(Clone, Debug)]
pub struct ClusterSpec {
    /// Cluster id as clients see it.
    pub cluster_id: String,
    /// Brokers, at least one.
    pub brokers: Vec<BrokerSpec>,
    /// How clients connect.
    pub security: ListenerSecurity,
    /// Topics that exist from the start.
    pub topics: Vec<TopicSpec>,
    /// Users who may authenticate.
    pub users: Vec<UserSpec>,
    /// Access rules. Rules or super users switch the authorizer on.
    pub acls: Vec<Acl>,
    /// Principals (`User:name`) to whom everything is allowed.
    pub super_users: Vec<String>,
    /// Whether asking for an unknown topic creates it.
    pub auto_create_topics: bool,
    /// Bytes of records the whole cluster may hold; the oldest go first.
    pub memory_limit_bytes: u64,
    /// Bytes of records one partition may hold; its oldest go first.
    pub partition_limit_bytes: u64,
    /// How long the first round of an empty group waits for more members, milliseconds.
    pub group_initial_rebalance_delay_ms: i64,
    /// Smallest session timeout a member may ask for, milliseconds.
    pub group_min_session_timeout_ms: i64,
    /// Interval of retention and compaction, milliseconds.
    pub maintenance_interval_ms: u64,
    /// Broker configuration that differs from the defaults.
    pub broker_configs: BTreeMap<String, String>,
}

impl ClusterSpec {
    /// A cluster of one plaintext broker with id 1.
    #[must_use]
    pub fn new(cluster_id: &str) -> Self {
        Self {
            cluster_id: cluster_id.to_owned(),
            brokers: vec![BrokerSpec { id: 1, rack: None }],
            security: ListenerSecurity::plaintext(),
            topics: Vec::new(),
            users: Vec::new(),
            acls: Vec::new(),
            super_users: Vec::new(),
            auto_create_topics: true,
            memory_limit_bytes: 256 * 1024 * 1024,
            partition_limit_bytes: 64 * 1024 * 1024,
            group_initial_rebalance_delay_ms: 0,
            group_min_session_timeout_ms: 1_000,
            maintenance_interval_ms: 30_000,
            broker_configs: BTreeMap::new(),
        }
    }

    /// Brokers with these ids and no racks.
    #[must_use]
    pub fn brokers(mut self, ids: &[i32]) -> Self {
        self.brokers = ids.iter().map(|id| BrokerSpec { id: *id, rack: None }).collect();
        self
    }

    /// Brokers with these ids and racks.
    #[must_use]
    pub fn racked_brokers(mut self, brokers: &[(i32, &str)]) -> Self {
        self.brokers = brokers
            .iter()
            .map(|(id, rack)| BrokerSpec { id: *id, rack: Some((*rack).to_owned()) })
            .collect();
        self
    }

    /// How clients connect.
    #[must_use]
    pub fn security(mut self, security: ListenerSecurity) -> Self {
        self.security = security;
        self
    }

    /// Adds a topic.
    #[must_use]
    pub fn topic(mut self, topic: TopicSpec) -> Self {
        self.topics.push(topic);
        self
    }

    /// Adds a user.
    #[must_use]
    pub fn user(mut self, name: &str, password: &str) -> Self {
        self.users.push(UserSpec::new(name, password));
        self
    }

    /// Adds an access rule, which switches the authorizer on.
    #[must_use]
    pub fn acl(mut self, acl: Acl) -> Self {
        self.acls.push(acl);
        self
    }

    /// Adds a super user (`User:name`), which switches the authorizer on.
    #[must_use]
    pub fn super_user(mut self, principal: &str) -> Self {
        self.super_users.push(principal.to_owned());
        self
    }

    /// Sets how many bytes of records the cluster may hold.
    #[must_use]
    pub fn memory_limit_bytes(mut self, bytes: u64) -> Self {
        self.memory_limit_bytes = bytes;
        self
    }

    /// Sets a broker configuration value.
    #[must_use]
    pub fn broker_config(mut self, key: &str, value: &str) -> Self {
        self.broker_configs.insert(key.to_owned(), value.to_owned());
        self
    }
}

/// Why a cluster could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A listener could not be opened.
    #[error("broker {broker} cannot listen on 127.0.0.1: {source}")]
    Listen {
        /// The broker.
        broker: i32,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The specification contradicts itself.
    #[error("{field}: {reason}")]
    Spec {
        /// The field of [`ClusterSpec`].
        field: &'static str,
        /// What is wrong with it and what would be right.
        reason: String,
    },
    /// The certificate could not be made.
    #[error("the TLS certificate could not be made: {0}")]
    Tls(String),
}
