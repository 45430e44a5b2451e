//! Kafka messages to bytes and back, on the `kafka-protocol` codec, with the codec's trust in lengths taken away.

mod flat;
mod flexible;
mod guard;
pub(crate) mod later;
mod versions;

use bytes::{Buf, BufMut, Bytes, BytesMut};
use kafka_protocol::{
    messages::{RequestHeader, ResponseHeader},
    protocol::{Decodable, Encodable, HeaderVersion, Message, Request, StrBytes},
};

pub(crate) use flat::{FlatResponse, consumer_assignment, consumer_subscription};
pub(crate) use flexible::Flexible;
use guard::GuardedBuf;
pub(crate) use versions::VersionTable;

use crate::send_guard::SendGuard;

/// Offset of the correlation id in a frame: length, API key and version stand before it.
const CORRELATION_AT: usize = 8;

/// A request ready to be sent, but for its correlation id: an encoded head, and pieces that follow it uncopied.
#[derive(Debug)]
pub(crate) struct Frame {
    head: BytesMut,
    tail: Vec<Bytes>,
    /// Whether it may go; without one it may.
    pub(crate) guard: Option<SendGuard>,
}

impl Frame {
    /// A frame of `head` (beginning with four bytes for the length) and `tail`.
    ///
    /// `None` if the frame is longer than the protocol can say.
    pub(crate) fn new(mut head: BytesMut, tail: Vec<Bytes>) -> Option<Self> {
        let size = head.len().checked_sub(4)? + tail.iter().map(Bytes::len).sum::<usize>();
        let size = i32::try_from(size).ok()?;
        head.get_mut(..4)?.copy_from_slice(&size.to_be_bytes());
        Some(Self { head, tail, guard: None })
    }

    /// Writes the correlation id into the header.
    pub(crate) fn set_correlation(&mut self, id: i32) {
        if let Some(slot) = self.head.get_mut(CORRELATION_AT..CORRELATION_AT + 4) {
            slot.copy_from_slice(&id.to_be_bytes());
        }
    }

    /// Bytes on the wire.
    pub(crate) fn len(&self) -> usize {
        self.head.len() + self.tail.iter().map(Bytes::len).sum::<usize>()
    }

    /// The pieces in their order.
    pub(crate) fn into_pieces(self) -> std::collections::VecDeque<Bytes> {
        std::iter::once(self.head.freeze())
            .chain(self.tail)
            .filter(|piece| !piece.is_empty())
            .collect()
    }
}

/// The start of a frame: room for the length, and the request header.
pub(crate) fn begin_frame<R: Request>(client_id: &str, version: i16) -> Result<BytesMut, String> {
    let header = RequestHeader::default()
        .with_request_api_key(R::KEY)
        .with_request_api_version(version)
        .with_client_id(Some(StrBytes::from_string(client_id.to_owned())));
    let mut head = BytesMut::with_capacity(256);
    head.put_i32(0);
    header.encode(&mut head, R::header_version(version)).map_err(|error| error.to_string())?;
    Ok(head)
}

/// A whole request as a frame.
pub(crate) fn encode<R: Request>(
    client_id: &str,
    version: i16,
    request: &R,
) -> Result<Frame, String> {
    let mut head = begin_frame::<R>(client_id, version)?;
    request.encode(&mut head, version).map_err(|error| error.to_string())?;
    Frame::new(head, Vec::new()).ok_or_else(|| "the request is larger than 2 GiB".to_owned())
}

/// Decodes a flexible response: correlation id, header, body.
pub(crate) fn decode<R: Request>(response: Bytes, version: i16) -> Result<R::Response, String> {
    let mut buf = GuardedBuf::new(response);
    let header_version = <R::Response as HeaderVersion>::header_version(version);
    ResponseHeader::decode(&mut buf, header_version).map_err(|_| buf.complaint("header"))?;
    let body =
        <R::Response as Decodable>::decode(&mut buf, version).map_err(|_| buf.complaint("body"))?;
    if buf.has_remaining() {
        return Err(format!("{} bytes are left over after the body", buf.remaining()));
    }
    Ok(body)
}

/// The versions this client speaks of an API: those the codec knows in both directions and that are flexible, since
/// older encodings announce array sizes in a way that cannot be told from other numbers.
pub(crate) fn client_versions<R: Request>() -> (i16, i16) {
    let request = R::VERSIONS;
    let response = <R::Response as Message>::VERSIONS;
    let (min, max) = (request.min.max(response.min), request.max.min(response.max));
    let flexible = (min..=max).find(|version| R::header_version(*version) >= 2);
    (flexible.unwrap_or(max.saturating_add(1)), max)
}

#[cfg(test)]
mod tests;
