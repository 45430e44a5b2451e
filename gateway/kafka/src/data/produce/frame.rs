//! A produce request as a frame whose records stay where they are.
//!
//! Layout of versions 9 to 13: transactional id, acks, timeout, topics with partitions with record bytes, each level
//! closed by its (empty) tagged fields.

use std::collections::BTreeSet;

use bytes::{BufMut, Bytes, BytesMut};
use kafka_protocol::messages::ProduceRequest as WireRequest;

use super::{Acks, LAST_BY_NAME, ProducePartition, ProduceRequest};
use crate::wire::{Frame, begin_frame};

/// What Kafka would refuse or, worse, misunderstand.
///
/// # Errors
/// Why the request cannot be sent.
pub(super) fn check(request: &ProduceRequest) -> Result<(), String> {
    let mut seen = BTreeSet::new();
    for partition in &request.partitions {
        let name = format!("{}-{}", partition.topic, partition.partition);
        if partition.batch.header.is_empty() {
            return Err(format!("the batch for {name} is empty"));
        }
        // The broker keeps the last of two entries for a partition and drops the other without a word.
        if !seen.insert((partition.topic.as_str(), partition.partition)) {
            return Err(format!("{name} occurs twice; send one batch per partition and request"));
        }
    }
    if request.partitions.is_empty() { Err("it holds no batch".to_owned()) } else { Ok(()) }
}

/// Builds the frame.
///
/// # Errors
/// If something is too long for the protocol.
pub(super) fn build(
    client_id: &str,
    version: i16,
    request: &ProduceRequest,
) -> Result<Frame, String> {
    let mut pieces =
        Pieces { done: Vec::new(), open: begin_frame::<WireRequest>(client_id, version)? };
    let out = &mut pieces.open;
    match &request.transactional_id {
        None => varint(out, 0),
        Some(id) => string(out, id)?,
    }
    out.put_i16(match request.acks {
        Acks::All => -1,
        Acks::Leader => 1,
    });
    out.put_i32(i32::try_from(request.timeout.as_millis()).unwrap_or(i32::MAX));
    let topics = topics(&request.partitions);
    varint(out, count(topics.len())?);
    for partitions in topics {
        if let Some(first) = partitions.first() {
            if version > LAST_BY_NAME {
                pieces.open.put_slice(first.topic_id.unwrap_or_default().as_bytes());
            } else {
                string(&mut pieces.open, &first.topic)?;
            }
        }
        varint(&mut pieces.open, count(partitions.len())?);
        for partition in partitions {
            pieces.open.put_i32(partition.partition);
            varint(&mut pieces.open, count(partition.batch.len())?);
            pieces.open.put_slice(&partition.batch.header);
            for records in &partition.batch.records {
                pieces.append(records);
            }
            no_tags(&mut pieces.open);
        }
        no_tags(&mut pieces.open);
    }
    no_tags(&mut pieces.open);
    pieces.finish().ok_or_else(|| "the request is larger than 2 GiB".to_owned())
}

/// Pieces that are complete, and the one being written. The first is the frame's head.
struct Pieces {
    done: Vec<Bytes>,
    open: BytesMut,
}

impl Pieces {
    /// Adds a slice without copying it, unless it is so small that a piece of its own costs more.
    fn append(&mut self, slice: &Bytes) {
        const WORTH_A_PIECE: usize = 512;
        if slice.len() < WORTH_A_PIECE {
            self.open.put_slice(slice);
        } else {
            self.done.push(self.open.split().freeze());
            self.done.push(slice.clone());
        }
    }

    fn finish(mut self) -> Option<Frame> {
        if self.done.is_empty() {
            return Frame::new(self.open, Vec::new());
        }
        self.done.push(self.open.freeze());
        let head = self.done.remove(0);
        // The only owner of the head, so this moves it.
        Frame::new(BytesMut::from(head), self.done)
    }
}

/// Partitions by topic, topics in the order of their first batch.
fn topics(partitions: &[ProducePartition]) -> Vec<Vec<&ProducePartition>> {
    let mut topics: Vec<Vec<&ProducePartition>> = Vec::new();
    for partition in partitions {
        let same = |topic: &&mut Vec<&ProducePartition>| {
            topic.first().is_some_and(|first| first.topic == partition.topic)
        };
        match topics.iter_mut().find(same) {
            Some(topic) => topic.push(partition),
            None => topics.push(vec![partition]),
        }
    }
    topics
}

/// A compact length: one more than what it counts.
fn count(len: usize) -> Result<u32, String> {
    u32::try_from(len)
        .ok()
        .and_then(|len| len.checked_add(1))
        .ok_or_else(|| "something in the request is longer than 4 GiB".to_owned())
}

fn varint(out: &mut BytesMut, mut value: u32) {
    while let Some(low) = u8::try_from(value & 0x7f).ok().filter(|_| value >= 0x80) {
        out.put_u8(low | 0x80);
        value >>= 7;
    }
    out.put_u8(u8::try_from(value).unwrap_or(0));
}

fn string(out: &mut BytesMut, text: &str) -> Result<(), String> {
    varint(out, count(text.len())?);
    out.put_slice(text.as_bytes());
    Ok(())
}

fn no_tags(out: &mut BytesMut) {
    out.put_u8(0);
}

#[cfg(test)]
mod tests {
    use bytes::Buf;
    use kafka_protocol::{
        messages::RequestHeader,
        protocol::{Decodable, HeaderVersion},
    };
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;
    use crate::data::BatchParts;

    fn request(batches: Vec<(u8, Vec<u8>, Vec<Vec<u8>>)>, txn: Option<String>) -> ProduceRequest {
        let partitions =
            (0_i32..).zip(batches).map(|(number, (topic, header, records))| ProducePartition {
                topic: format!("topic-{topic}"),
                topic_id: Some(Uuid::from_u128(u128::from(topic) + 1)),
                partition: number,
                batch: BatchParts {
                    header: Bytes::from(header),
                    records: records.into_iter().map(Bytes::from).collect(),
                },
            });
        ProduceRequest {
            acks: Acks::All,
            timeout: std::time::Duration::from_millis(1500),
            transactional_id: txn,
            partitions: partitions.collect(),
        }
    }

    proptest! {
        #[test]
        fn the_codec_reads_what_was_asked(
            batches in prop::collection::vec(
                (0_u8..3, prop::collection::vec(any::<u8>(), 1..70),
                 prop::collection::vec(prop::collection::vec(any::<u8>(), 0..1500), 0..4)),
                1..6,
            ),
            txn in prop::option::of("[a-z]{0,200}"),
            version in 9_i16..=13,
        ) {
            let request = request(batches, txn);
            let frame = build("me", version, &request).unwrap();
            let len = frame.len();
            let mut bytes = BytesMut::new();
            for piece in frame.into_pieces() {
                bytes.extend_from_slice(&piece);
            }
            let mut bytes = bytes.freeze();
            prop_assert_eq!(usize::try_from(bytes.get_i32()).unwrap(), len - 4);
            RequestHeader::decode(&mut bytes, WireRequest::header_version(version)).unwrap();
            let read = WireRequest::decode(&mut bytes, version).unwrap();
            prop_assert!(!bytes.has_remaining());
            prop_assert_eq!(read.acks, -1);
            prop_assert_eq!(read.timeout_ms, 1500);
            prop_assert_eq!(
                read.transactional_id.map(|id| id.0.to_string()),
                request.transactional_id.clone()
            );
            let mut seen = 0;
            for topic in &read.topic_data {
                for data in &topic.partition_data {
                    let asked = request.partitions.iter().find(|p| p.partition == data.index).unwrap();
                    if version >= 13 {
                        prop_assert_eq!(Some(topic.topic_id), asked.topic_id);
                    } else {
                        prop_assert_eq!(topic.name.0.as_str(), asked.topic.as_str());
                    }
                    let mut whole = asked.batch.header.to_vec();
                    for records in &asked.batch.records {
                        whole.extend(records.iter());
                    }
                    prop_assert_eq!(data.records.as_ref().unwrap(), &whole);
                    seen += 1;
                }
            }
            prop_assert_eq!(seen, request.partitions.len());
        }
    }

    #[test]
    fn large_record_slices_are_not_copied() {
        let request = request(vec![(0, vec![1; 61], vec![vec![7; 100_000]])], None);
        let original = request.partitions[0].batch.records[0].as_ptr();
        let pieces = build("me", 12, &request).unwrap().into_pieces();
        assert!(pieces.iter().any(|piece| piece.as_ptr() == original && piece.len() == 100_000));
    }

    #[test]
    fn a_partition_that_occurs_twice_is_refused() {
        let mut request = request(vec![(0, vec![1], Vec::new()), (0, vec![1], Vec::new())], None);
        assert!(check(&request).is_ok());
        request.partitions[1].partition = 0;
        assert!(check(&request).is_err_and(|reason| reason.contains("topic-0-0 occurs twice")));
    }
}
