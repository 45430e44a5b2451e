//! Real Apache Kafka clusters for tests and hand work: official jars, `KRaft` combined mode, Java 17.
//!
//! ```no_run
//! # async fn example() -> anyhow::Result<()> {
//! use drawbridge_tests::bed::{Door, Kafka, Version};
//! let cluster = Kafka::new(Version::V4).door(Door::Scram).brokers(3).start().await?;
//! let properties = cluster.properties("admin");
//! # Ok(()) }
//! ```
//!
//! Every broker has an internal plaintext door besides those asked for ([`Cluster::back_door`]); who
//! comes through it is `User:ANONYMOUS`, a super user where there is an authorizer.
//! Brokers, and the directories they wrote, go when the [`Cluster`] is dropped and, at the latest,
//! when the process that started them ends, however it ends.

mod broker;
mod certificates;
mod cluster;
mod doors;
mod jars;
mod ports;
mod registry;
mod shared;
mod surroundings;
mod template;
mod watchdog;

pub use broker::Broker;
pub use certificates::{Certificates, Stores};
pub use cluster::{Cluster, Kafka, User};
pub use doors::Door;
pub use jars::{Jars, Version, cache_root, in_network_of};
pub use registry::SchemaRegistry;
pub use shared::{Lease, Pair, for_links, gallery, three_brokers, two_clusters, unique};
pub use surroundings::Clock;
pub use watchdog::{guard_process, release_process};
