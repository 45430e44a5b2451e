//! Messages of formats v0 and v1 as v2 records (Kafka protocol, "Old Message Formats").

use bytes::{Buf, Bytes};

use super::{Builder, Piece, Record, codec, padding::body};
use crate::batch::{BatchFault, Codec, LegacyEntry};

/// A message or wrapper, with its fields still encoded.
struct Message {
    offset: i64,
    magic: i8,
    attributes: u8,
    timestamp: i64,
    key: Option<Bytes>,
    value: Option<Bytes>,
}

const APPEND_TIME: u8 = 1 << 3;

/// The records of `entry` at offsets `from` and above, as v2 pieces from the first wanted offset to
/// the entry's last. Messages of format v0 have no time and get -1.
///
/// # Errors
/// [`BatchFault`] for damage, an unknown codec, or a wrapper that does not decompress.
pub fn rebuild_legacy(
    entry: &LegacyEntry,
    from: i64,
    limit: usize,
) -> Result<Vec<Piece>, BatchFault> {
    let outer = Message::parse(entry.offset, entry.message.clone())?;
    let codec = Codec::from_bits(outer.attributes & 7)
        .ok_or(BatchFault::Codec { offset: entry.offset, codec: outer.attributes & 7 })?;
    let messages = if codec == Codec::None { vec![outer] } else { unwrap(&outer, codec, limit)? };
    let mut pieces = Vec::new();
    let mut run: Option<Builder> = None;
    // An entry does not say where it begins: everything between `from` and its first message is a
    // hole only when the caller has seen nothing there, which is so when it asked for `from`.
    let mut next = from;
    for message in messages {
        if message.offset < next {
            continue;
        }
        if message.offset > next {
            super::close(&mut run, &mut pieces)?;
            pieces.push(Piece::Hole { from: next, count: message.offset - next });
        }
        let body = body(message.key.as_deref(), message.value.as_deref());
        run.get_or_insert_with(|| Builder::new(message.offset, codec, -1)).push(&Record::made(
            message.offset,
            message.timestamp,
            &body,
        ));
        next = message.offset + 1;
    }
    super::close(&mut run, &mut pieces)?;
    if next <= entry.offset {
        pieces.push(Piece::Hole { from: next, count: entry.offset + 1 - next });
    }
    Ok(pieces)
}

fn unwrap(outer: &Message, codec: Codec, limit: usize) -> Result<Vec<Message>, BatchFault> {
    let offset = outer.offset;
    let fault = |detail| BatchFault::Record { offset, detail };
    let value = outer.value.as_ref().ok_or_else(|| fault("a wrapper without messages"))?;
    let mut rest = codec::decompress(codec, value, limit)
        .map_err(|detail| BatchFault::Compression { offset, detail })?;
    let mut messages = Vec::new();
    while rest.len() >= 12 {
        let inner = rest.get_i64();
        let size = usize::try_from(rest.get_i32()).unwrap_or(usize::MAX);
        if size > rest.len() {
            return Err(fault("an inner message is cut off"));
        }
        messages.push(Message::parse(inner, rest.split_to(size))?);
    }
    // In v1 wrappers inner offsets are relative and the wrapper has the last one's.
    if outer.magic > 0 {
        let last = messages.last().map_or(0, |message| message.offset);
        for message in &mut messages {
            message.offset = offset - (last - message.offset);
        }
        if outer.attributes & APPEND_TIME != 0 {
            messages.iter_mut().for_each(|message| message.timestamp = outer.timestamp);
        }
    }
    let ascending = messages.is_sorted_by(|a, b| a.offset < b.offset);
    let inside = messages.iter().all(|message| (0..=offset).contains(&message.offset));
    if messages.is_empty() || !ascending || !inside {
        return Err(fault("the offsets inside a wrapper are impossible"));
    }
    Ok(messages)
}

impl Message {
    fn parse(offset: i64, mut bytes: Bytes) -> Result<Self, BatchFault> {
        let cut = BatchFault::Record { offset, detail: "an old-format message is cut off" };
        if bytes.len() < 14 {
            return Err(cut);
        }
        let stored = bytes.get_u32();
        let mut crc = flate2::Crc::new();
        crc.update(&bytes);
        if crc.sum() != stored {
            return Err(BatchFault::Crc { offset, stored, computed: crc.sum() });
        }
        let magic = bytes.get_i8();
        let attributes = bytes.get_u8();
        let timestamp = match magic {
            0 => -1,
            1 => bytes.try_get_i64().map_err(|_| cut.clone())?,
            _ => return Err(BatchFault::Magic { offset, magic }),
        };
        let mut field = || -> Option<Option<Bytes>> {
            let length = bytes.try_get_i32().ok()?;
            if length < 0 {
                return Some(None);
            }
            let length = usize::try_from(length).ok().filter(|length| *length <= bytes.len())?;
            Some(Some(bytes.split_to(length)))
        };
        let key = field().ok_or_else(|| cut.clone())?;
        let value = field().ok_or(cut)?;
        Ok(Self { offset, magic, attributes, timestamp, key, value })
    }
}
