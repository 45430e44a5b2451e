//! Mirrors measured: Drawbridge and Apache Kafka's own MirrorMaker 2, in turn, on the same brokers and data.
//!
//! One round of a cell fills a topic once, with Kafka's own producer, and has each contender mirror it: first what is
//! there ([`catch_up`]), then what comes at a steady rate ([`steady`]). Only ratios within a run mean something.

pub mod catch_up;
pub mod cells;
mod child;
pub mod contender;
mod drawbridge;
mod ends;
mod mirror_maker;
pub mod options;
pub mod partitions;
pub mod process;
pub mod report;
pub mod round;
pub mod sessions;
pub mod soak;
pub mod steady;
pub mod tools;

use crate::wire::Wire;
use anyhow::Result;
use kafka_protocol::messages::{
    DeleteTopicsRequest, MetadataRequest, delete_topics_request::DeleteTopicState,
};

/// Deletes every topic of a cluster whose name begins with one of these.
///
/// # Errors
/// The connection broke.
pub async fn delete_topics(wire: &mut Wire, beginnings: &[&str]) -> Result<()> {
    let known = wire.call(&MetadataRequest::default().with_topics(None)).await?;
    let names = known.topics.into_iter().filter_map(|topic| topic.name);
    let chosen = names.filter(|name| beginnings.iter().any(|start| name.starts_with(start)));
    let topics: Vec<_> =
        chosen.map(|name| DeleteTopicState::default().with_name(Some(name))).collect();
    if !topics.is_empty() {
        let request = DeleteTopicsRequest::default().with_topics(topics).with_timeout_ms(30_000);
        wire.call(&request).await?;
    }
    Ok(())
}
