//! The Kafka protocol at its plainest: one connection, one request at a time, no retry, no routing.
//!
//! Requests that name a partition and do not ask which mean partition 0.

pub mod admin;
pub mod batch;
mod connection;
mod groups;
mod log;
mod routed;
mod streams;
mod transactions;

pub use connection::Wire;
pub use log::{Appended, Isolation, Read};
pub use routed::Routed;
