//! What the console works out before it draws: formats, order, windows, plans and consequences.
//!
//! Pure functions over plain data, tested natively. Nothing here knows a browser, a socket or a component,
//! and nothing reads a clock: whoever calls says what time it is.

pub mod access;
pub mod activity;
pub mod brokers;
pub mod bytes;
pub mod cluster;
pub mod compare;
pub mod config_words;
pub mod configs;
pub mod cut_over;
pub mod elections;
pub mod filter;
pub mod group_reset;
pub mod groups;
pub mod history;
pub mod import;
pub mod lag;
pub mod link_configs;
pub mod link_new;
pub mod links;
pub mod messages;
pub mod mirrors;
pub mod number;
pub mod partitions;
pub mod produce;
pub mod properties;
pub mod purge;
pub mod rest;
pub mod role;
pub mod secrets;
pub mod series;
pub mod sort;
pub mod time;
pub mod topic;
pub mod topics;
pub mod topology;
pub mod trend;
pub mod verify;
pub mod window;
