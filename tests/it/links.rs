//! Links between two real clusters: the hybrid tutorial, and what happens to links that live long.
//!
//! On-prem has `SASL_PLAINTEXT` with SCRAM, the cloud `SASL_SSL` with PLAIN, both an authorizer, and they
//! run different releases: the version of a test is that of on-prem.

mod bridge;
mod deleting;
mod failover;
mod firewall;
mod foreign_writes;
mod grants;
mod groups;
mod ownership;
mod pausing;
mod portal;
mod restarts;
mod rotation;
mod source_topics;
mod tutorial;
mod verify;
