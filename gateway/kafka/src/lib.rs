//! The Kafka client: connections, authentication, routing, raw fetch and produce, administration.
//!
//! Layers, each using only those above it:
//!
//! * [`properties`], [`settings`]: what the user wrote, and what it means;
//! * `tls`, `sasl`, `connection`: one authenticated, pipelined connection;
//! * [`client`]: which broker a call goes to, retries, throttling, statistics;
//! * [`admin`], [`data`]: the calls; [`probe`]: why none of them works;
//! * [`membership`]: a lease from the group coordinator on being the only one.
//!
//! Nothing here knows links or mirrors. Record batches pass through as [`bytes::Bytes`], undecoded.

pub mod admin;
mod backoff;
pub mod client;
mod connection;
pub mod data;
pub mod error;
pub mod librdkafka;
pub mod membership;
pub mod probe;
pub mod properties;
pub mod sasl;
mod send_guard;
pub mod settings;
pub mod stats;
mod tls;
mod wire;

pub use client::{Client, Leader};
pub use error::{Asked, BrokerError, ConnectCause, ConnectError, Error, ErrorCode, Result, Stage};
pub use membership::{LeaseTimes, Membership, Role};
pub use properties::{Properties, PropertiesError};
pub use send_guard::SendGuard;
pub use settings::{ConnectionSettings, HostPort, SettingFault};
