//! One record, whole.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

use drawbridge_kafka::admin::{
    TopicPartition,
    offsets::{Isolation, ListedOffset, OffsetSpec},
};
use drawbridge_shared::{
    names::{ClusterName, TopicName},
    view::{Decoding, RecordView},
    wire::ErrorCode,
};
use rdkafka::message::Message;

use super::{
    Browse,
    decode::Decoder,
    paths::Paths,
    place,
    reader::{Polled, Reader},
    view::Look,
};
use crate::{clusters::Cluster, refusal::Refusal};

/// How long the brokers may take to send it.
const PATIENCE: Duration = Duration::from_secs(20);
const POLL: Duration = Duration::from_millis(50);

/// Which record, and how it is shown.
#[derive(Debug, Clone)]
pub struct WantedRecord {
    /// On which cluster.
    pub cluster: ClusterName,
    /// Of which topic.
    pub topic: TopicName,
    /// In which partition.
    pub partition: i32,
    /// At which offset.
    pub offset: i64,
    /// How its key is shown.
    pub key: Decoding,
    /// How its value is shown.
    pub value: Decoding,
    /// How the values of its headers are shown.
    pub header: Decoding,
}

impl Browse {
    /// Reads one record, whole up to what a reply may carry.
    ///
    /// # Errors
    /// `NotFound` if there is no record at the offset; what keeps the cluster from answering.
    pub async fn read(&self, wanted: WantedRecord) -> Result<RecordView, Refusal> {
        let cluster = wanted.cluster.clone();
        let ends = self.ends(&cluster, &wanted.topic, [wanted.partition]).await?;
        if ends.get(&wanted.partition).is_some_and(|end| wanted.offset >= *end) {
            return Err(nothing_there(&wanted));
        }
        self.with_reader(&cluster, move |reader, cluster| {
            read(reader, &wanted, &Decoder::of(cluster, &wanted.topic))
        })
        .await
    }

    /// The offsets after the last that may be read; those that cannot be told are left out. Behind them the brokers
    /// send nothing, not even that there is nothing, as long as a transaction is open.
    pub(super) async fn ends(
        &self,
        cluster: &ClusterName,
        topic: &TopicName,
        partitions: impl IntoIterator<Item = i32>,
    ) -> Result<BTreeMap<i32, i64>, Refusal> {
        let cluster = self.inner.clusters.require(cluster)?;
        let of = |partition| TopicPartition::new(topic.as_str(), partition);
        let asked: Vec<TopicPartition> = partitions.into_iter().map(of).collect();
        let client = cluster.client()?;
        let told = client.list_offsets(OffsetSpec::Latest, &asked, Isolation::ReadCommitted).await;
        let end = |(of, told): (TopicPartition, Result<ListedOffset, drawbridge_kafka::Error>)| -> Option<(i32, i64)> {
            Some((of.partition, told.ok()?.offset?))
        };
        Ok(told.into_iter().filter_map(end).collect())
    }

    /// Reads with a consumer of the cluster, in a place of the gateway and on a thread that may block.
    pub(super) async fn with_reader<T: Send + 'static>(
        &self,
        cluster: &ClusterName,
        read: impl FnOnce(&Reader, &Cluster) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<T, Refusal> {
        let place = place(Arc::clone(&self.inner.places), || {
            format!("{} searches are under way on this gateway", self.inner.limits.scans)
        })
        .await?;
        let cluster = self.inner.clusters.require(cluster)?;
        cluster.client()?;
        let browse = self.clone();
        let reading = tokio::task::spawn_blocking(move || {
            let reader = browse.reader(&cluster)?;
            let found = read(&reader, &cluster);
            drop(place);
            browse.inner.pool.give(Arc::downgrade(&cluster), reader);
            found
        });
        reading.await.unwrap_or_else(|error| {
            Err(Refusal::new(ErrorCode::Internal, "the record could not be read")
                .cause(error.to_string()))
        })
    }
}

fn read(reader: &Reader, wanted: &WantedRecord, decoder: &Decoder) -> Result<RecordView, Refusal> {
    let WantedRecord { cluster, topic, partition, offset, .. } = wanted;
    let failed = |words: String| {
        let message = format!("{cluster} could not read offset {offset} of {topic}-{partition}");
        Refusal::new(ErrorCode::Unavailable, message).cause(words)
    };
    let look = Look { key: wanted.key, value: wanted.value, header: wanted.header, is_whole: true };
    reader.assign(topic.as_str(), &[(*partition, *offset)]).map_err(failed)?;
    let deadline = Instant::now() + PATIENCE;
    let mut trouble = "no answer in time".to_owned();
    while Instant::now() < deadline {
        match reader.poll(POLL) {
            Polled::Record(message)
                if (message.partition(), message.offset()) == (*partition, *offset) =>
            {
                return Ok(look.show(&message, decoder, &Paths::default()));
            }
            Polled::Record(message) if message.partition() != *partition => {}
            Polled::Record(_) | Polled::End(_) => return Err(nothing_there(wanted)),
            Polled::Nothing => {}
            Polled::Failed(words) => return Err(failed(words)),
            Polled::Trouble(words) => trouble = words,
        }
    }
    Err(failed(trouble))
}

fn nothing_there(wanted: &WantedRecord) -> Refusal {
    let WantedRecord { topic, partition, offset, .. } = wanted;
    let message = format!("there is no record at offset {offset} of {topic}-{partition}");
    Refusal::new(ErrorCode::NotFound, message).remedy(
        "It was deleted or compacted away, it belongs to a transaction that was aborted or is open, or the offset is \
         a transaction's marker.",
    )
}
