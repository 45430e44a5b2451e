//! Bytes to text that people can read: chosen by looking at them, or as asked for.

mod consumer_offsets;
mod decoder;
mod framed;
mod pack;
mod transaction_state;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use drawbridge_shared::view::{Decoding, PayloadView, SchemaView, TroubleView};
use serde::de::IgnoredAny;

use decoder::TopicKind;
pub(super) use decoder::{Decoder, Frames};

/// Which part of a record the bytes are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part<'a> {
    /// A key.
    Key,
    /// A value, with its key: in `__consumer_offsets` the key says what the value is.
    Value(Option<&'a [u8]>),
    /// A header's value.
    Header,
}

/// What is to be shown.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wish<'a> {
    /// How.
    pub decoding: Decoding,
    /// Which part of the record it is.
    pub part: Part<'a>,
    /// The schema id that a header has for it.
    pub frame: Option<&'a [u8]>,
    /// What it is decoded with.
    pub decoder: &'a Decoder,
    /// Bytes of text at most.
    pub most: usize,
    /// Whether the reason is told.
    pub explain: bool,
}

struct Decoded {
    decoding: Decoding,
    text: String,
    why: String,
    schema_id: Option<u32>,
    schema: Option<SchemaView>,
    trouble: Option<TroubleView>,
    is_cut: bool,
    /// Whether the bytes may be something else that only looks alike.
    is_doubtful: bool,
}

impl Decoded {
    fn new(decoding: Decoding, text: String, why: impl Into<String>) -> Self {
        Self {
            decoding,
            text,
            why: why.into(),
            schema_id: None,
            schema: None,
            trouble: None,
            is_cut: false,
            is_doubtful: false,
        }
    }
}

/// Shows bytes. What cannot be shown as asked for is shown in hexadecimal, and why.
#[must_use]
pub(super) fn show(bytes: &[u8], wish: &Wish<'_>) -> PayloadView {
    let mut decoded = match wish.decoding {
        Decoding::Auto => choose(bytes, wish),
        asked => try_as(asked, bytes, wish).unwrap_or_else(|problem| {
            let mut decoded = hex(bytes, wish.most);
            decoded.why = format!("not {}: {problem}", name(asked));
            decoded
        }),
    };
    let cut = floor(&decoded.text, wish.most);
    let truncated = decoded.is_cut || cut < decoded.text.len();
    decoded.text.truncate(cut);
    PayloadView {
        size: bytes.len().try_into().unwrap_or(u64::MAX),
        text: decoded.text,
        decoding: decoded.decoding,
        why: wish.explain.then_some(decoded.why),
        schema_id: decoded.schema_id,
        schema: decoded.schema,
        trouble: decoded.trouble,
        truncated,
    }
}

/// Bytes that are a map or list of `MessagePack`, as JSON.
pub(super) fn unpacked(bytes: &[u8]) -> Option<serde_json::Value> {
    pack::to_value(bytes)
}

/// Bytes that only their topic or a schema explains, as JSON.
pub(super) fn explained(bytes: &[u8], wish: &Wish<'_>) -> Option<String> {
    let is_asked = matches!(
        wish.decoding,
        Decoding::Auto
            | Decoding::Registry
            | Decoding::ConsumerOffsets
            | Decoding::TransactionState
    );
    if !is_asked || wish.part == Part::Header {
        return None;
    }
    let decoded = match wish.decoder.kind {
        TopicKind::Plain if framed::is_likely(bytes, wish) => framed::decode(bytes, wish),
        TopicKind::Plain => return None,
        kind => try_as(of_topic(kind), bytes, wish),
    };
    decoded.ok().filter(|found| found.trouble.is_none() && !found.is_cut).map(|found| found.text)
}

fn of_topic(kind: TopicKind) -> Decoding {
    match kind {
        TopicKind::Plain => Decoding::Auto,
        TopicKind::ConsumerOffsets => Decoding::ConsumerOffsets,
        TopicKind::TransactionState => Decoding::TransactionState,
    }
}

/// The largest position up to `most` between two characters.
fn floor(text: &str, most: usize) -> usize {
    if text.len() <= most {
        return text.len();
    }
    (0..=most).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

fn name(decoding: Decoding) -> &'static str {
    match decoding {
        Decoding::Auto => "automatic",
        Decoding::Json => "JSON",
        Decoding::Text => "UTF-8 text",
        Decoding::Int32 => "a 32-bit integer",
        Decoding::Int64 => "a 64-bit integer",
        Decoding::Uuid => "a UUID",
        Decoding::MessagePack => "MessagePack",
        Decoding::Base64 => "Base64",
        Decoding::Hex => "hexadecimal",
        Decoding::Registry => "written with a schema registry",
        Decoding::ConsumerOffsets => "a record of __consumer_offsets",
        Decoding::TransactionState => "a record of __transaction_state",
    }
}

fn choose(bytes: &[u8], wish: &Wish<'_>) -> Decoded {
    if bytes.is_empty() {
        return Decoded::new(Decoding::Text, String::new(), "it is empty");
    }
    if wish.decoder.kind != TopicKind::Plain
        && wish.part != Part::Header
        && let Ok(decoded) = try_as(of_topic(wish.decoder.kind), bytes, wish)
    {
        return decoded;
    }
    if framed::is_likely(bytes, wish)
        && let Ok(decoded) = framed::decode(bytes, wish)
        // Numbers of eight bytes begin with a zero, too.
        && !(decoded.is_doubtful && matches!(bytes.len(), 8 | 16))
    {
        return decoded;
    }
    let looks_structured = bytes
        .iter()
        .find(|byte| !byte.is_ascii_whitespace())
        .is_some_and(|byte| matches!(byte, b'{' | b'[' | b'"'));
    if looks_structured && let Ok(decoded) = try_as(Decoding::Json, bytes, wish) {
        return decoded;
    }
    if is_text(bytes)
        && let Ok(decoded) = try_as(Decoding::Text, bytes, wish)
    {
        return decoded;
    }
    // Numbers of eight bytes begin with a zero as what a registry's serializer writes does; the length tells.
    let order = match bytes.len() {
        4 => [Decoding::Int32, Decoding::MessagePack],
        8 => [Decoding::Int64, Decoding::MessagePack],
        16 => [Decoding::Uuid, Decoding::Registry],
        _ => [Decoding::Registry, Decoding::MessagePack],
    };
    for decoding in order {
        if decoding == Decoding::Uuid && !is_uuid(bytes)
            || decoding == Decoding::MessagePack && !pack::is_structure(bytes)
        {
            continue;
        }
        if let Ok(decoded) = try_as(decoding, bytes, wish) {
            return decoded;
        }
    }
    hex(bytes, wish.most)
}

/// UTF-8 without control characters.
fn is_text(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_ok_and(|text| {
        !text.chars().any(|letter| letter.is_control() && !matches!(letter, '\n' | '\r' | '\t'))
    })
}

fn is_uuid(bytes: &[u8]) -> bool {
    let version = bytes.get(6).map_or(0, |byte| byte >> 4);
    let variant = bytes.get(8).map_or(0, |byte| byte >> 6);
    bytes.len() == 16 && (1..=8).contains(&version) && variant == 0b10
}

fn try_as(decoding: Decoding, bytes: &[u8], wish: &Wish<'_>) -> Result<Decoded, String> {
    let most = wish.most;
    match decoding {
        Decoding::Auto => Ok(choose(bytes, wish)),
        Decoding::Json => {
            let text = utf8(bytes)?;
            serde_json::from_str::<IgnoredAny>(text).map_err(|error| error.to_string())?;
            Ok(cut(Decoding::Json, text, most, "it is valid JSON"))
        }
        Decoding::Text => Ok(cut(Decoding::Text, utf8(bytes)?, most, "it is valid UTF-8")),
        Decoding::Int32 => {
            let number = i32::from_be_bytes(exactly(bytes)?);
            Ok(Decoded::new(decoding, number.to_string(), "it has 4 bytes and is no text"))
        }
        Decoding::Int64 => {
            let number = i64::from_be_bytes(exactly(bytes)?);
            Ok(Decoded::new(decoding, number.to_string(), "it has 8 bytes and is no text"))
        }
        Decoding::Uuid => {
            let id = uuid::Uuid::from_bytes(exactly(bytes)?);
            Ok(Decoded::new(decoding, id.to_string(), "it has 16 bytes with a UUID's marks"))
        }
        Decoding::MessagePack => {
            let text = pack::to_json(bytes)?;
            Ok(Decoded::new(decoding, text, "all of it is valid MessagePack"))
        }
        Decoding::Base64 => {
            let (part, is_cut) = head(bytes, most / 4 * 3);
            let mut decoded = Decoded::new(decoding, STANDARD.encode(part), "it was asked for");
            decoded.is_cut = is_cut;
            Ok(decoded)
        }
        Decoding::Hex => Ok(hex(bytes, most)),
        Decoding::Registry => framed::decode(bytes, wish),
        Decoding::TransactionState => {
            let text = match wish.part {
                Part::Key => transaction_state::key(bytes),
                Part::Value(_) => transaction_state::value(bytes),
                Part::Header => None,
            };
            let text = text.ok_or("its layout is not known")?;
            Ok(Decoded::new(decoding, text, "the topic is __transaction_state"))
        }
        Decoding::ConsumerOffsets => {
            let text = match wish.part {
                Part::Key => consumer_offsets::key(bytes),
                Part::Value(key) => consumer_offsets::value(key.unwrap_or_default(), bytes),
                Part::Header => None,
            };
            let text = text.ok_or("its layout is not known")?;
            Ok(Decoded::new(decoding, text, "the topic is __consumer_offsets"))
        }
    }
}

fn utf8(bytes: &[u8]) -> Result<&str, String> {
    std::str::from_utf8(bytes).map_err(|error| {
        let at = error.valid_up_to();
        let byte = bytes.get(at).copied().unwrap_or_default();
        format!("byte 0x{byte:02x} at {at} is not UTF-8")
    })
}

fn cut(decoding: Decoding, text: &str, most: usize, why: &str) -> Decoded {
    let at = floor(text, most);
    let (part, rest) = text.split_at(at);
    Decoded { is_cut: !rest.is_empty(), ..Decoded::new(decoding, part.to_owned(), why) }
}

fn exactly<const N: usize>(bytes: &[u8]) -> Result<[u8; N], String> {
    bytes.try_into().map_err(|_| format!("it has {} bytes, not {N}", bytes.len()))
}

fn head(bytes: &[u8], most: usize) -> (&[u8], bool) {
    match bytes.get(..most) {
        Some(part) if part.len() < bytes.len() => (part, true),
        _ => (bytes, false),
    }
}

fn hex(bytes: &[u8], most: usize) -> Decoded {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let (part, is_cut) = head(bytes, most / 3);
    let mut text = String::with_capacity(part.len() * 3);
    for (at, byte) in part.iter().enumerate() {
        if at > 0 {
            text.push(' ');
        }
        for digit in [byte >> 4, byte & 15] {
            text.push(DIGITS.get(usize::from(digit)).map_or('0', |digit| char::from(*digit)));
        }
    }
    Decoded { is_cut, ..Decoded::new(Decoding::Hex, text, "it is nothing that is known") }
}

#[cfg(test)]
mod tests;
