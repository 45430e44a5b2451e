//! A fetch request in the codec's terms.

use kafka_protocol::messages::{
    FetchRequest as WireRequest,
    fetch_request::{FetchPartition as WirePartition, FetchTopic, ForgottenTopic},
};
use kafka_protocol::{messages::TopicName, protocol::StrBytes};

use super::{FetchPartition, FetchRequest};

/// `by_id`: topics go by id instead of by name.
pub(super) fn build(request: &FetchRequest, by_id: bool) -> WireRequest {
    let topics = topics(&request.partitions).into_iter().map(|partitions| {
        let wire = partitions.iter().map(|partition| {
            WirePartition::default()
                .with_partition(partition.partition)
                .with_current_leader_epoch(partition.current_leader_epoch)
                .with_fetch_offset(partition.offset)
                .with_last_fetched_epoch(partition.last_fetched_epoch)
                .with_partition_max_bytes(partition.max_bytes)
        });
        let topic = FetchTopic::default().with_partitions(wire.collect());
        match (by_id, partitions.first()) {
            (true, Some(first)) => topic.with_topic_id(first.topic_id.unwrap_or_default()),
            (false, Some(first)) => topic.with_topic(name(&first.topic)),
            (_, None) => topic,
        }
    });
    let forgotten = self::topics(&request.forgotten).into_iter().map(|partitions| {
        let numbers = partitions.iter().map(|partition| partition.partition).collect();
        let topic = ForgottenTopic::default().with_partitions(numbers);
        match (by_id, partitions.first()) {
            (true, Some(first)) => topic.with_topic_id(first.topic_id.unwrap_or_default()),
            (false, Some(first)) => topic.with_topic(name(&first.topic)),
            (_, None) => topic,
        }
    });
    WireRequest::default()
        .with_max_wait_ms(i32::try_from(request.max_wait.as_millis()).unwrap_or(i32::MAX))
        .with_min_bytes(request.min_bytes)
        .with_max_bytes(request.max_bytes)
        .with_isolation_level(request.isolation.wire())
        .with_session_id(request.session.id)
        .with_session_epoch(request.session.epoch)
        .with_topics(topics.collect())
        .with_forgotten_topics_data(forgotten.collect())
        .with_rack_id(StrBytes::from_string(request.rack.clone()))
}

fn name(topic: &str) -> TopicName {
    TopicName(StrBytes::from_string(topic.to_owned()))
}

/// Partitions by topic, in the caller's order: the broker fills its answer in this order.
fn topics(partitions: &[FetchPartition]) -> Vec<Vec<&FetchPartition>> {
    let mut topics: Vec<Vec<&FetchPartition>> = Vec::new();
    for partition in partitions {
        match topics.last_mut() {
            Some(topic) if topic.first().is_some_and(|first| first.topic == partition.topic) => {
                topic.push(partition);
            }
            _ => topics.push(vec![partition]),
        }
    }
    topics
}
