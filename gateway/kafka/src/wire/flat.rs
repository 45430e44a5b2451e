//! The few responses that never became flexible, decoded by hand: item by item, never ahead of the bytes.

use bytes::{Buf, Bytes};
use kafka_protocol::{
    messages::{
        ApiVersionsResponse, OffsetDeleteResponse, SaslHandshakeResponse, TopicName,
        api_versions_response::ApiVersion,
        offset_delete_response::{OffsetDeleteResponsePartition, OffsetDeleteResponseTopic},
    },
    protocol::StrBytes,
};

/// A response in the encoding before KIP-482.
pub(crate) trait FlatResponse: Sized {
    /// Reads the body; `None` if the bytes do not have its shape.
    fn read(buf: &mut Flat) -> Option<Self>;

    /// Reads correlation id and body.
    fn decode_flat(response: Bytes) -> Result<Self, String> {
        let mut buf = Flat(response);
        buf.i32()
            .and_then(|_| Self::read(&mut buf))
            .filter(|_| !buf.0.has_remaining())
            .ok_or_else(|| "its body does not have the announced shape".to_owned())
    }
}

/// Reads primitives; every method is `None` at the end of the bytes.
pub(crate) struct Flat(Bytes);

impl Flat {
    fn i16(&mut self) -> Option<i16> {
        self.0.try_get_i16().ok()
    }

    fn i32(&mut self) -> Option<i32> {
        self.0.try_get_i32().ok()
    }

    fn string(&mut self) -> Option<StrBytes> {
        let len = usize::try_from(self.i16()?).ok()?;
        (self.0.remaining() >= len).then(|| self.0.split_to(len))?.try_into().ok()
    }

    fn array<T>(&mut self, item: impl Fn(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let count = self.i32()?;
        let mut items = Vec::new();
        for _ in 0..count {
            items.push(item(self)?);
        }
        Some(items)
    }
}

impl FlatResponse for SaslHandshakeResponse {
    fn read(buf: &mut Flat) -> Option<Self> {
        let code = buf.i16()?;
        let mechanisms = buf.array(Flat::string)?;
        Some(Self::default().with_error_code(code).with_mechanisms(mechanisms))
    }
}

/// Version 0, with which brokers answer a version they do not know.
impl FlatResponse for ApiVersionsResponse {
    fn read(buf: &mut Flat) -> Option<Self> {
        let code = buf.i16()?;
        let keys = buf.array(|buf| {
            let version = ApiVersion::default()
                .with_api_key(buf.i16()?)
                .with_min_version(buf.i16()?)
                .with_max_version(buf.i16()?);
            Some(version)
        })?;
        Some(Self::default().with_error_code(code).with_api_keys(keys))
    }
}

impl FlatResponse for OffsetDeleteResponse {
    fn read(buf: &mut Flat) -> Option<Self> {
        let code = buf.i16()?;
        let throttle = buf.i32()?;
        let topics = buf.array(|buf| {
            let name = TopicName(buf.string()?);
            let partitions = buf.array(|buf| {
                let partition = OffsetDeleteResponsePartition::default()
                    .with_partition_index(buf.i32()?)
                    .with_error_code(buf.i16()?);
                Some(partition)
            })?;
            Some(OffsetDeleteResponseTopic::default().with_name(name).with_partitions(partitions))
        })?;
        Some(
            Self::default()
                .with_error_code(code)
                .with_throttle_time_ms(throttle)
                .with_topics(topics),
        )
    }
}

/// A classic consumer's assignment inside `DescribeGroups`, which is not flexible either:
/// version, topics with partitions, user data (ignored).
pub(crate) fn consumer_assignment(bytes: Bytes) -> Option<Vec<(String, Vec<i32>)>> {
    let mut buf = Flat(bytes);
    buf.i16()?;
    buf.array(|buf| Some((buf.string()?.to_string(), buf.array(Flat::i32)?)))
}

/// A classic consumer's subscription: version, topics, and more that is ignored.
pub(crate) fn consumer_subscription(bytes: Bytes) -> Option<Vec<String>> {
    let mut buf = Flat(bytes);
    buf.i16()?;
    buf.array(|buf| Some(buf.string()?.to_string()))
}
