//! A fetch answer, versions 12 to 18, decoded from the one buffer it came in.
//!
//! By hand, because it is the one answer of any size: nothing is allocated ahead of the bytes that justify it, and
//! the records are slices of the buffer.

use std::time::Duration;

use bytes::Bytes;
use uuid::Uuid;

use super::{AbortedTransaction, FetchResponse, FetchedPartition};
use crate::{
    admin::offsets::EpochEnd,
    client::Leader,
    error::{Asked, Error, ErrorCode},
    wire::Flexible,
};

/// What a caller knows about topic ids.
pub(super) type NameOf<'a> = dyn Fn(&Uuid) -> Option<String> + Send + Sync + 'a;

/// Decodes an answer. `None` if the bytes are none.
pub(super) fn decode(
    bytes: Bytes,
    version: i16,
    name_of: &NameOf<'_>,
    asked: &Asked,
) -> Option<FetchResponse> {
    let size = bytes.len();
    let mut buf = Flexible::new(bytes);
    buf.i32()?;
    buf.skip_tags()?;
    let throttle = u64::try_from(buf.i32()?).unwrap_or(0);
    let code = buf.i16()?;
    let session_id = buf.i32()?;
    let mut partitions = Vec::new();
    for _ in 0..buf.count()? {
        let (topic, topic_id) = if version >= 13 {
            let id = buf.uuid()?;
            (name_of(&id).unwrap_or_default(), Some(id))
        } else {
            (buf.string()?, None)
        };
        for _ in 0..buf.count()? {
            partitions.push(partition(&mut buf, &topic, topic_id, asked)?);
        }
        buf.skip_tags()?;
    }
    buf.skip_tags()?;
    buf.is_empty().then(|| FetchResponse {
        error: ErrorCode::from_wire(code).map(|code| Error::broker(code.0, None, asked.clone())),
        session_id,
        throttle: Duration::from_millis(throttle),
        partitions,
        size,
    })
}

fn partition(
    buf: &mut Flexible,
    topic: &str,
    topic_id: Option<Uuid>,
    asked: &Asked,
) -> Option<FetchedPartition> {
    let number = buf.i32()?;
    let code = buf.i16()?;
    let high_watermark = buf.i64()?;
    let last_stable_offset = buf.i64()?;
    let log_start_offset = buf.i64()?;
    let mut aborted = Vec::new();
    for _ in 0..buf.count()? {
        aborted.push(AbortedTransaction { producer_id: buf.i64()?, first_offset: buf.i64()? });
        buf.skip_tags()?;
    }
    let preferred = buf.i32()?;
    let records = buf.nullable_bytes()?.unwrap_or_default();
    let mut diverging = None;
    let mut current_leader = None;
    for _ in 0..buf.varint()? {
        let tag = buf.varint()?;
        let mut field = buf.tagged()?;
        match tag {
            0 => {
                let end = EpochEnd { epoch: field.i32()?, end_offset: field.i64()? };
                diverging = (end.epoch >= 0 || end.end_offset >= 0).then_some(end);
            }
            1 => {
                let (broker, epoch) = (field.i32()?, field.i32()?);
                let topic_id = topic_id.unwrap_or_default();
                current_leader = (broker >= 0).then_some(Leader { broker, epoch, topic_id });
            }
            _ => {}
        }
    }
    let error = ErrorCode::from_wire(code).map(|code| {
        let asked = asked.clone().about(format!("partition {topic}-{number}"));
        Error::broker(code.0, None, asked)
    });
    Some(FetchedPartition {
        topic: topic.to_owned(),
        topic_id,
        partition: number,
        error,
        high_watermark,
        last_stable_offset,
        log_start_offset,
        aborted,
        diverging,
        current_leader,
        preferred_replica: Some(preferred).filter(|id| *id >= 0),
        records,
    })
}

#[cfg(test)]
mod tests;
