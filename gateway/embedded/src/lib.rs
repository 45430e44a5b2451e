//! An in-process, in-memory Kafka-protocol cluster for the demo and the fast tests.
//!
//! Several brokers with their own loopback listeners share one memory. It follows the Kafka protocol
//! and the checks of a broker closely enough for real clients and for the link engine, and it can be
//! told to misbehave ([`Faults`]). It is not Apache Kafka, keeps nothing beyond its own life, and is
//! no proof of what a real broker does.

mod acl;
mod api;
mod batch;
mod clock;
mod cluster;
mod codec;
mod configs;
pub mod demo;
mod faults;
mod group;
mod guard;
mod handlers;
mod incoming;
mod log;
mod net;
mod scram;
mod session;
mod spec;
mod state;
mod tls;
mod topic_rules;
mod txn;

pub use acl::{Acl, operation, pattern, permission, resource};
pub use batch::Record;
pub use cluster::{AppendError, EmbeddedCluster, Local};
pub use faults::{Cut, FaultError, Faults};
/// The protocol's numbers of APIs, as [`Faults`] takes them.
pub use kafka_protocol::messages::ApiKey;
pub use scram::Mechanism;
pub use spec::{BrokerSpec, ClusterSpec, ListenerSecurity, StartError, TopicSpec, UserSpec};
