//! Single offsets of a partition.

use drawbridge_kafka::admin::{
    TopicPartition,
    offsets::{Isolation, ListedOffset, OffsetSpec},
};

use crate::{
    clusters::Cluster,
    refusal::{Doing, Refusal, refuse},
};

/// Looks up one offset of a partition.
///
/// # Errors
/// `NotFound`, `Denied`, `Unavailable`.
pub async fn lookup(
    cluster: &Cluster,
    topic: &str,
    partition: i32,
    spec: OffsetSpec,
) -> Result<ListedOffset, Refusal> {
    let what = format!("read offsets of partition {partition} of topic '{topic}'");
    let doing = Doing::on_topic(what, "DESCRIBE", topic);
    let asked = TopicPartition::new(topic, partition);
    let mut answers = cluster
        .client()?
        .list_offsets(spec, std::slice::from_ref(&asked), Isolation::ReadUncommitted)
        .await;
    let answer = answers.remove(&asked).unwrap_or(Err(drawbridge_kafka::Error::Closed));
    answer.map_err(|error| refuse(&cluster.spec().name, &doing, &error))
}
