//! The Drawbridge gateway.
//!
//! It holds the connections to Kafka clusters and serves the console, the WebSocket it talks to, REST v3,
//! health and metrics. [`app`] puts everything together; [`main`](../src/main.rs) only reads the command line.

pub mod activity;
pub mod api;
pub mod app;
pub mod browse;
pub mod clock;
pub mod clusters;
pub mod config;
pub mod demo;
pub mod feeds;
pub mod guard;
pub mod http;
pub mod links;
pub mod metrics;
pub mod notices;
pub mod ops;
pub mod produce;
pub mod refusal;
mod registry;
pub mod rest;
pub mod shutdown;
pub mod telemetry;
pub mod transfer;

#[cfg(test)]
mod tests;
