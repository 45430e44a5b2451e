//! Messages that the codec does not know yet, in its terms. Of the answers only what is used is kept.

use anyhow::{Context, Result, bail, ensure};
use kafka_protocol::protocol::{
    Decodable, Encodable, HeaderVersion, Message, Request, StrBytes, VersionRange,
    buf::{ByteBuf, ByteBufMut},
};

use super::flexible::Flexible;

/// `StreamsGroupDescribe` (KIP-1071).
#[derive(Debug, Default)]
pub(crate) struct StreamsGroupDescribeRequest {
    pub(crate) groups: Vec<StrBytes>,
}

#[derive(Debug, Default)]
pub(crate) struct StreamsGroupDescribeResponse {
    pub(crate) throttle_time_ms: i32,
    pub(crate) groups: Vec<StreamsGroup>,
}

#[derive(Debug, Default)]
pub(crate) struct StreamsGroup {
    pub(crate) error_code: i16,
    pub(crate) error_message: String,
    pub(crate) id: String,
    pub(crate) state: String,
    pub(crate) epoch: i32,
    pub(crate) assignment_epoch: i32,
    pub(crate) subtopologies: Vec<Subtopology>,
    pub(crate) members: Vec<StreamsMember>,
    pub(crate) operations: i32,
}

/// A part of a topology whose tasks read the same topics.
#[derive(Debug, Default)]
pub(crate) struct Subtopology {
    pub(crate) id: String,
    /// Its topics, those of other applications and its own for repartitioning.
    pub(crate) topics: Vec<String>,
}

#[derive(Debug, Default)]
pub(crate) struct StreamsMember {
    pub(crate) id: String,
    pub(crate) epoch: i32,
    pub(crate) instance_id: String,
    pub(crate) client_id: String,
    pub(crate) host: String,
    pub(crate) active: Vec<Tasks>,
    pub(crate) target: Vec<Tasks>,
}

/// Tasks of a subtopology: task N reads partition N of each of its topics.
#[derive(Debug, Default)]
pub(crate) struct Tasks {
    pub(crate) subtopology: String,
    pub(crate) numbers: Vec<i32>,
}

/// `DescribeShareGroupOffsets` of all partitions (KIP-932); from version 1 on with lags (KIP-1226).
#[derive(Debug, Default)]
pub(crate) struct ShareGroupOffsetsRequest {
    pub(crate) groups: Vec<StrBytes>,
}

#[derive(Debug, Default)]
pub(crate) struct ShareGroupOffsetsResponse {
    pub(crate) throttle_time_ms: i32,
    pub(crate) groups: Vec<ShareGroupOffsets>,
}

#[derive(Debug, Default)]
pub(crate) struct ShareGroupOffsets {
    pub(crate) partitions: Vec<SharePartition>,
    pub(crate) error_code: i16,
    pub(crate) error_message: String,
}

#[derive(Debug, Default)]
pub(crate) struct SharePartition {
    pub(crate) topic: String,
    pub(crate) partition: i32,
    /// -1 before anybody has read from it.
    pub(crate) start_offset: i64,
    /// -1 where it is not told.
    pub(crate) lag: i64,
    pub(crate) error_code: i16,
    pub(crate) error_message: String,
}

/// A request that this client sends and an answer that it reads.
macro_rules! client_side {
    ($request:ty, $response:ty, $key:expr, $max:expr) => {
        impl Request for $request {
            const KEY: i16 = $key;
            type Response = $response;
        }
        client_side!(@ $request, 2, $max);
        client_side!(@ $response, 1, $max);
        impl Decodable for $request {
            fn decode<B: ByteBuf>(_: &mut B, _: i16) -> Result<Self> {
                bail!("only brokers read it")
            }
        }
        impl Encodable for $response {
            fn encode<B: ByteBufMut>(&self, _: &mut B, _: i16) -> Result<()> {
                bail!("only brokers write it")
            }
            fn compute_size(&self, _: i16) -> Result<usize> {
                bail!("only brokers write it")
            }
        }
        impl Decodable for $response {
            fn decode<B: ByteBuf>(buf: &mut B, version: i16) -> Result<Self> {
                let left = buf.remaining();
                let mut bytes = Flexible::new(buf.try_get_bytes(left)?);
                let read = Self::read(&mut bytes, version).context("unexpected shape")?;
                ensure!(bytes.is_empty(), "bytes are left over");
                Ok(read)
            }
        }
    };
    (@ $message:ty, $header:expr, $max:expr) => {
        impl Message for $message {
            const VERSIONS: VersionRange = VersionRange { min: 0, max: $max };
            const DEPRECATED_VERSIONS: Option<VersionRange> = None;
        }
        impl HeaderVersion for $message {
            fn header_version(_: i16) -> i16 {
                $header
            }
        }
    };
}

client_side!(StreamsGroupDescribeRequest, StreamsGroupDescribeResponse, 89, 0);
client_side!(ShareGroupOffsetsRequest, ShareGroupOffsetsResponse, 90, 1);

const NO_TAGS: u8 = 0;
const NULL: u8 = 0;
const TRUE: u8 = 1;

impl Encodable for StreamsGroupDescribeRequest {
    fn encode<B: ByteBufMut>(&self, buf: &mut B, _: i16) -> Result<()> {
        put_length(buf, self.groups.len());
        for group in &self.groups {
            put_string(buf, group);
        }
        let with_operations = TRUE;
        buf.put_slice(&[with_operations, NO_TAGS]);
        Ok(())
    }

    fn compute_size(&self, version: i16) -> Result<usize> {
        size(self, version)
    }
}

impl Encodable for ShareGroupOffsetsRequest {
    fn encode<B: ByteBufMut>(&self, buf: &mut B, _: i16) -> Result<()> {
        put_length(buf, self.groups.len());
        for group in &self.groups {
            put_string(buf, group);
            let all_topics = NULL;
            buf.put_slice(&[all_topics, NO_TAGS]);
        }
        buf.put_u8(NO_TAGS);
        Ok(())
    }

    fn compute_size(&self, version: i16) -> Result<usize> {
        size(self, version)
    }
}

/// The length of a compact array or string, which is one more, as a varint.
fn put_length<B: ByteBufMut>(buf: &mut B, length: usize) {
    let mut left = length + 1;
    while left >= 0x80 {
        buf.put_u8(u8::try_from(left & 0x7f).unwrap_or_default() | 0x80);
        left >>= 7;
    }
    buf.put_u8(u8::try_from(left).unwrap_or_default());
}

fn put_string<B: ByteBufMut>(buf: &mut B, text: &StrBytes) {
    put_length(buf, text.len());
    buf.put_slice(text.as_bytes());
}

fn size(message: &impl Encodable, version: i16) -> Result<usize> {
    let mut bytes = bytes::BytesMut::new();
    message.encode(&mut bytes, version)?;
    Ok(bytes.len())
}

impl StreamsGroupDescribeResponse {
    fn read(buf: &mut Flexible, _: i16) -> Option<Self> {
        let throttle_time_ms = buf.i32()?;
        let groups = list(buf, StreamsGroup::read)?;
        buf.skip_tags()?;
        Some(Self { throttle_time_ms, groups })
    }
}

impl StreamsGroup {
    fn read(buf: &mut Flexible) -> Option<Self> {
        let group = Self {
            error_code: buf.i16()?,
            error_message: buf.string()?,
            id: buf.string()?,
            state: buf.string()?,
            epoch: buf.i32()?,
            assignment_epoch: buf.i32()?,
            subtopologies: nullable(buf, topology)?.unwrap_or_default(),
            members: list(buf, StreamsMember::read)?,
            operations: buf.i32()?,
        };
        buf.skip_tags()?;
        Some(group)
    }
}

fn topology(buf: &mut Flexible) -> Option<Vec<Subtopology>> {
    buf.i32()?;
    let parts = list(buf, Subtopology::read)?;
    buf.skip_tags()?;
    Some(parts)
}

impl Subtopology {
    fn read(buf: &mut Flexible) -> Option<Self> {
        let id = buf.string()?;
        let mut topics = list(buf, Flexible::string)?;
        // Those it writes to for repartitioning, and the logs of its state.
        list(buf, Flexible::string)?;
        list(buf, topic_info)?;
        topics.extend(list(buf, topic_info)?);
        buf.skip_tags()?;
        Some(Self { id, topics })
    }
}

/// The name; partitions, replication factor and configs are passed over.
fn topic_info(buf: &mut Flexible) -> Option<String> {
    let name = buf.string()?;
    buf.i32()?;
    buf.i16()?;
    list(buf, key_value)?;
    buf.skip_tags()?;
    Some(name)
}

fn key_value(buf: &mut Flexible) -> Option<()> {
    buf.string()?;
    buf.string()?;
    buf.skip_tags()
}

impl StreamsMember {
    fn read(buf: &mut Flexible) -> Option<Self> {
        let id = buf.string()?;
        let epoch = buf.i32()?;
        let instance_id = buf.string()?;
        let _rack = buf.string()?;
        let client_id = buf.string()?;
        let host = buf.string()?;
        let _topology_epoch = buf.i32()?;
        let _process = buf.string()?;
        nullable(buf, endpoint)?;
        list(buf, key_value)?;
        list(buf, task_offset)?;
        list(buf, task_offset)?;
        let active = active_tasks(buf)?;
        let target = active_tasks(buf)?;
        let _is_classic = buf.i8()?;
        buf.skip_tags()?;
        Some(Self { id, epoch, instance_id, client_id, host, active, target })
    }
}

fn endpoint(buf: &mut Flexible) -> Option<()> {
    buf.string()?;
    buf.i16()?;
    buf.skip_tags()
}

fn task_offset(buf: &mut Flexible) -> Option<()> {
    buf.string()?;
    buf.i32()?;
    buf.i64()?;
    buf.skip_tags()
}

/// Of an assignment what is read now; standby and warm-up tasks follow state, not input.
fn active_tasks(buf: &mut Flexible) -> Option<Vec<Tasks>> {
    let active = list(buf, Tasks::read)?;
    list(buf, Tasks::read)?;
    list(buf, Tasks::read)?;
    buf.skip_tags()?;
    Some(active)
}

impl Tasks {
    fn read(buf: &mut Flexible) -> Option<Self> {
        let tasks = Self { subtopology: buf.string()?, numbers: list(buf, Flexible::i32)? };
        buf.skip_tags()?;
        Some(tasks)
    }
}

impl ShareGroupOffsetsResponse {
    fn read(buf: &mut Flexible, version: i16) -> Option<Self> {
        let throttle_time_ms = buf.i32()?;
        let groups = list(buf, |buf| ShareGroupOffsets::read(buf, version))?;
        buf.skip_tags()?;
        Some(Self { throttle_time_ms, groups })
    }
}

impl ShareGroupOffsets {
    fn read(buf: &mut Flexible, version: i16) -> Option<Self> {
        let _id = buf.string()?;
        let topics = list(buf, |buf| {
            let topic = buf.string()?;
            buf.uuid()?;
            let partitions = list(buf, |buf| SharePartition::read(buf, &topic, version))?;
            buf.skip_tags()?;
            Some(partitions)
        })?;
        let (error_code, error_message) = (buf.i16()?, buf.string()?);
        buf.skip_tags()?;
        Some(Self { partitions: topics.into_iter().flatten().collect(), error_code, error_message })
    }
}

impl SharePartition {
    fn read(buf: &mut Flexible, topic: &str, version: i16) -> Option<Self> {
        let partition = buf.i32()?;
        let start_offset = buf.i64()?;
        buf.i32()?;
        let lag = if version >= 1 { buf.i64()? } else { -1 };
        let (error_code, error_message) = (buf.i16()?, buf.string()?);
        buf.skip_tags()?;
        let topic = topic.to_owned();
        Some(Self { topic, partition, start_offset, lag, error_code, error_message })
    }
}

fn list<T>(buf: &mut Flexible, item: impl Fn(&mut Flexible) -> Option<T>) -> Option<Vec<T>> {
    (0..buf.count()?).map(|_| item(buf)).collect()
}

/// A structure that may be null; the inner `None` is null.
fn nullable<T>(buf: &mut Flexible, item: impl Fn(&mut Flexible) -> Option<T>) -> Option<Option<T>> {
    match buf.i8()? {
        ..0 => Some(None),
        _ => item(buf).map(Some),
    }
}
