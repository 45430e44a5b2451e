//! What serializers of a schema registry write: a schema id, then the content.
//!
//! The id stands before the content: a magic byte of zero and four bytes of id. Or in a header of the record: the same
//! five bytes, or a magic byte of one and sixteen bytes of a GUID; in Protobuf the index of the message behind them.

use drawbridge_shared::view::{Decoding, TroubleView};
use serde::de::IgnoredAny;

use super::{Decoded, Part, Wish, cut, exactly, hex};
use crate::registry::{Content, Lookups, Measure, Schema, SchemaKey, Trouble, TroubleKind};

/// Larger ids than anybody has: bytes that only look alike.
const LARGEST_ID: u32 = 1_000_000_000;

struct Frame<'a> {
    key: SchemaKey,
    content: &'a [u8],
    /// The message index, where it stands in the header.
    path: Option<&'a [u8]>,
}

impl Frame<'_> {
    fn id(&self) -> Option<u32> {
        match self.key {
            SchemaKey::Id(id) => Some(id),
            SchemaKey::Guid(_) => None,
        }
    }
}

/// Decodes what names a schema. What cannot be decoded is shown as it is, and why.
///
/// # Errors
/// It names none.
pub(super) fn decode(bytes: &[u8], wish: &Wish<'_>) -> Result<Decoded, String> {
    let frame = frame(bytes, wish)?;
    let Some(lookups) = &wish.decoder.lookups else {
        let mut decoded = raw(&frame, wish);
        decoded.why = format!(
            "it begins with the magic byte 0 and the id of {}; the cluster has no schema registry to ask, so the \
             content behind them is shown as it is. Set schema.registry.url in the cluster's properties to decode it",
            frame.key
        );
        return Ok(decoded);
    };
    match content(&frame, lookups, wish) {
        Ok((schema, content)) => {
            let why = format!("{} and the schema registry has it", place(&frame));
            let mut decoded = Decoded::new(Decoding::Registry, content.text, why);
            decoded.is_cut = content.is_cut;
            decoded.schema_id = schema.id().or(frame.id());
            let is_key = wish.part == Part::Key;
            decoded.schema = Some(schema.view(&wish.decoder.topic, is_key, content.name));
            Ok(decoded)
        }
        Err(trouble) => {
            let mut decoded = raw(&frame, wish);
            decoded.why = format!("{}, and it could not be decoded", place(&frame));
            let is_doubtful = trouble.kind == TroubleKind::Unknown
                || trouble.kind == TroubleKind::Bytes
                || trouble.kind == TroubleKind::Spent;
            decoded.is_doubtful = is_doubtful && frame.path.is_none();
            decoded.trouble = Some(TroubleView { cause: trouble.cause, remedy: trouble.remedy });
            Ok(decoded)
        }
    }
}

/// Whether there is reason to look at a schema before anything else.
pub(super) fn is_likely(bytes: &[u8], wish: &Wish<'_>) -> bool {
    wish.decoder.lookups.is_some() && frame(bytes, wish).is_ok()
}

fn content(
    frame: &Frame<'_>,
    lookups: &Lookups,
    wish: &Wish<'_>,
) -> Result<(std::sync::Arc<Schema>, Content), Trouble> {
    let schema = lookups.schema(frame.key)?;
    let measure = Measure { most: wish.most, is_alone: wish.explain };
    let content = schema.decode(frame.content, frame.path, measure)?;
    Ok((schema, content))
}

fn place(frame: &Frame<'_>) -> String {
    match frame.path {
        Some(_) => format!("a header of the record names {}", frame.key),
        None => format!("it begins with the magic byte 0 and the id of {}", frame.key),
    }
}

fn frame<'a>(bytes: &'a [u8], wish: &Wish<'a>) -> Result<Frame<'a>, String> {
    if let Some(header) = wish.frame.filter(|_| wish.part != Part::Header)
        && let Some((key, path)) = named(header)
    {
        return Ok(Frame { key, content: bytes, path: Some(path) });
    }
    match named(bytes) {
        Some((SchemaKey::Id(0), _)) => Err("no schema has the id 0".to_owned()),
        Some((SchemaKey::Id(id), _)) if id > LARGEST_ID => {
            Err(format!("no schema has the id {id}"))
        }
        Some((key @ SchemaKey::Id(_), content)) => Ok(Frame { key, content, path: None }),
        _ => Err("it does not begin with the magic byte 0 and a schema id".to_owned()),
    }
}

/// A schema's id or GUID, and what is behind it.
fn named(bytes: &[u8]) -> Option<(SchemaKey, &[u8])> {
    let (magic, rest) = bytes.split_first()?;
    match magic {
        0 => {
            let (id, rest) = rest.split_at_checked(4)?;
            Some((SchemaKey::Id(u32::from_be_bytes(exactly(id).ok()?)), rest))
        }
        1 => {
            let (guid, rest) = rest.split_at_checked(16)?;
            Some((SchemaKey::Guid(uuid::Uuid::from_bytes(exactly(guid).ok()?)), rest))
        }
        _ => None,
    }
}

/// The content as it is: JSON where it is JSON.
fn raw(frame: &Frame<'_>, wish: &Wish<'_>) -> Decoded {
    let mut decoded = match std::str::from_utf8(frame.content) {
        Ok(text) if serde_json::from_str::<IgnoredAny>(text).is_ok() => {
            cut(Decoding::Registry, text, wish.most, "")
        }
        _ => Decoded { decoding: Decoding::Registry, ..hex(frame.content, wish.most) },
    };
    decoded.schema_id = frame.id();
    decoded
}
