//! Protobuf: schemas as registries keep them, as text, and messages as JSON.
//!
//! Fields have the names that stand in the schema, numbers keep all their digits, bytes are Base64. What has no
//! presence is shown with its default, as Protobuf means it; fields that the schema does not know are named by number.

mod compile;
mod json;

use prost_reflect::{DescriptorPool, DynamicMessage, MessageDescriptor};

use super::out::{Halt, Out, Written};

/// Bytes of a message that are read in a list of records. A message in memory is many times as large as on the wire.
pub(super) const LARGEST: usize = 1 << 20;
/// Bytes of a message that are read when it is asked for alone.
pub(super) const LARGEST_ALONE: usize = 8 << 20;

/// A schema with those it imports.
#[derive(Debug)]
pub(super) struct Schema {
    pool: DescriptorPool,
    /// The file of the schema itself.
    file: String,
}

impl Schema {
    /// The message of a file that an index path means: the first, or the one named by its place, and so on inward.
    fn message(&self, path: &[i64]) -> Option<MessageDescriptor> {
        let file = self.pool.get_file_by_name(&self.file)?;
        let (first, inner) = path.split_first()?;
        let mut found = file.messages().nth(usize::try_from(*first).ok()?)?;
        for at in inner {
            let child = found.child_messages().nth(usize::try_from(*at).ok()?);
            found = child?;
        }
        Some(found)
    }

    /// Writes a message. `path` says which of the schema's it is; the bytes are those behind it.
    pub(super) fn read(&self, path: &[i64], bytes: &[u8], out: &mut Out) -> Result<String, Halt> {
        let of = self.message(path).ok_or_else(|| {
            Halt::Wrong(format!("the schema has no message with the index {path:?}"))
        })?;
        let name = of.full_name().to_owned();
        self.of(of, bytes, out)?;
        Ok(name)
    }

    #[expect(clippy::unused_self, reason = "the descriptor is one of this schema's pool")]
    fn of(&self, of: MessageDescriptor, bytes: &[u8], out: &mut Out) -> Written {
        let message =
            DynamicMessage::decode(of, bytes).map_err(|error| Halt::Wrong(error.to_string()))?;
        json::message(&message, out, json::DEPTH)
    }

    /// The name of the message that an index path means.
    pub(super) fn name(&self, path: &[i64]) -> Option<String> {
        Some(self.message(path)?.full_name().to_owned())
    }
}

/// The index path in front of a message, and what is behind it: a count, then as many places; nothing counted means
/// the first message. <https://docs.confluent.io/platform/current/schema-registry/fundamentals/serdes-develop/index.html#wire-format>
pub(super) fn indexes(bytes: &[u8]) -> Result<(Vec<i64>, &[u8]), String> {
    const DEEPEST: i64 = 32;
    let (count, mut rest) = varint(bytes)?;
    if count == 0 {
        return Ok((vec![0], rest));
    }
    if !(1..=DEEPEST).contains(&count) {
        return Err(format!("{count} is no number of message indexes"));
    }
    let mut path = Vec::new();
    for _ in 0..count {
        let (at, behind) = varint(rest)?;
        path.push(at);
        rest = behind;
    }
    Ok((path, rest))
}

/// A signed number, the sign in the lowest bit.
fn varint(bytes: &[u8]) -> Result<(i64, &[u8]), String> {
    let mut number = 0_u64;
    for (at, byte) in bytes.iter().take(9).enumerate() {
        number |= u64::from(byte & 0x7f) << (7 * at);
        if byte & 0x80 == 0 {
            let signed = (number >> 1).cast_signed() ^ -(number & 1).cast_signed();
            return Ok((signed, bytes.get(at + 1..).unwrap_or_default()));
        }
    }
    Err("the message indexes are not there".to_owned())
}

#[cfg(test)]
mod tests;
