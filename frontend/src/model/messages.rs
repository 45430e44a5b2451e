//! Searches for records: from what is typed to a query, and from what was found to rows.

use drawbridge_shared::names::{ClusterName, TopicName};
use drawbridge_shared::search::{self, Meaning, Words};
use drawbridge_shared::view::{
    Decoding, MAX_HELD, MAX_LIMIT, RecordFilter, RecordQuery, SchemaKind, SchemaView, Seek,
};

use crate::routes::MessagesQuery;

pub mod buffer;
pub mod columns;
pub mod found;
pub mod json;

pub use found::{Found, Totals};

/// Records before the search waits to be continued.
pub const LIMIT: u32 = 500;

/// Records of each run of a search that goes on by itself: as many as possible that come in the order that the
/// first ones came in. `n_partitions` is how many the topic has.
#[must_use]
pub fn limit_of_many(query: &RecordQuery, n_partitions: usize) -> u32 {
    let n_partitions = match query.partitions.len() {
        0 => n_partitions,
        chosen => chosen,
    };
    let ordered = MAX_HELD / u32::try_from(n_partitions.max(1)).unwrap_or(u32::MAX);
    let is_by_time = query.seek != Seek::Newest && query.filter == RecordFilter::None;
    if is_by_time && ordered >= LIMIT { ordered.min(MAX_LIMIT) } else { MAX_LIMIT }
}

/// Decodings that can be chosen, with their names.
pub const DECODINGS: [(&str, &str, Decoding); 10] = [
    ("", "Automatic", Decoding::Auto),
    ("registry", "Schema registry", Decoding::Registry),
    ("json", "JSON", Decoding::Json),
    ("text", "Text", Decoding::Text),
    ("int32", "32-bit integer", Decoding::Int32),
    ("int64", "64-bit integer", Decoding::Int64),
    ("uuid", "UUID", Decoding::Uuid),
    ("msgpack", "MessagePack", Decoding::MessagePack),
    ("base64", "Base64", Decoding::Base64),
    ("hex", "Hex", Decoding::Hex),
];

/// The decoding that a word of the URL names.
#[must_use]
pub fn decoding(word: &str) -> Decoding {
    let found = DECODINGS.iter().find(|(name, _, _)| *name == word);
    found.map_or(Decoding::Auto, |(_, _, decoding)| *decoding)
}

/// A decoding's name for people.
#[must_use]
pub fn decoding_name(decoding: Decoding) -> &'static str {
    match decoding {
        Decoding::ConsumerOffsets => "consumer offsets",
        Decoding::TransactionState => "transaction state",
        other => DECODINGS.iter().find(|(_, _, own)| *own == other).map_or("", |(_, name, _)| name),
    }
}

/// A schema in words: its language, its subject and the version there.
#[must_use]
pub fn schema_name(schema: &SchemaView) -> String {
    let kind = match schema.kind {
        SchemaKind::Avro => "Avro",
        SchemaKind::Json => "JSON Schema",
        SchemaKind::Protobuf => "Protobuf",
    };
    match (&schema.subject, schema.version) {
        (Some(subject), Some(version)) => format!("{kind} · {subject} v{version}"),
        (Some(subject), None) => format!("{kind} · {subject}"),
        (None, _) => kind.to_owned(),
    }
}

/// The query that was typed; `n_partitions` is how many the topic has.
///
/// # Errors
/// What is wrong with it, in words.
pub fn query(
    cluster: &ClusterName,
    topic: &TopicName,
    typed: &MessagesQuery,
    n_partitions: i32,
) -> Result<RecordQuery, &'static str> {
    let words = Words {
        from: &typed.from,
        at: &typed.at,
        partitions: &typed.partitions,
        filter: &typed.filter,
        cel: typed.cel,
    };
    let Meaning { partitions, seek, filter } = search::read(words, n_partitions)?;
    Ok(RecordQuery {
        cluster: cluster.clone(),
        topic: topic.clone(),
        partitions,
        seek,
        filter,
        limit: LIMIT,
        live: typed.live,
        key_decoding: decoding(&typed.keys),
        value_decoding: decoding(&typed.decode),
        paths: columns::paths(&typed.paths).map(str::to_owned).collect(),
        resume: Vec::new(),
    })
}

/// A record's key in tables and URLs.
#[must_use]
pub fn key(partition: i32, offset: i64) -> String {
    format!("{partition}:{offset}")
}

/// Partition and offset of a key.
#[must_use]
pub fn place(key: &str) -> Option<(i32, i64)> {
    let (partition, offset) = key.split_once(':')?;
    Some((partition.parse().ok()?, offset.parse().ok()?))
}

/// JSON with one field a line. Works on the text, so that numbers stay as they were written; what is no JSON
/// comes out as it is.
#[must_use]
pub fn pretty(json: &str) -> String {
    let mut out = String::with_capacity(json.len() * 2);
    let (mut depth, mut is_text, mut is_escaped) = (0_usize, false, false);
    let mut letters = json.chars().peekable();
    let line = |out: &mut String, depth: usize| {
        out.push('\n');
        out.extend(std::iter::repeat_n("  ", depth));
    };
    while let Some(letter) = letters.next() {
        if is_text {
            out.push(letter);
            (is_text, is_escaped) = (is_escaped || letter != '"', letter == '\\' && !is_escaped);
            continue;
        }
        match letter {
            '{' | '[' => {
                out.push(letter);
                while letters.next_if(|next| next.is_ascii_whitespace()).is_some() {}
                if letters.peek().is_some_and(|next| matches!(next, '}' | ']')) {
                    out.extend(letters.next());
                } else {
                    depth += 1;
                    line(&mut out, depth);
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                line(&mut out, depth);
                out.push(letter);
            }
            ',' => {
                out.push(letter);
                line(&mut out, depth);
            }
            ':' => out.push_str(": "),
            '"' => {
                is_text = true;
                out.push(letter);
            }
            letter if letter.is_ascii_whitespace() => {}
            letter => out.push(letter),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use drawbridge_shared::view::Seek;

    use super::*;

    #[test]
    fn json_is_laid_out_and_numbers_stay_exact() {
        let json = r#"{"id":9007199254740993.10,"a":[],"b":{"c":"x,\"{y\\"}}"#;
        let wanted = "{\n  \"id\": 9007199254740993.10,\n  \"a\": [],\n  \"b\": {\n    \"c\": \"x,\\\"{y\\\\\"\n  }\n}";
        assert_eq!(pretty(json), wanted);
    }

    #[test]
    fn a_search_that_goes_on_by_itself_keeps_the_order_of_its_first_run() {
        let (cluster, topic) = ("c".parse().unwrap(), "t".parse().unwrap());
        let limit = |from: &str, filter: &str, partitions: &str, n| {
            let typed = MessagesQuery {
                from: from.into(),
                filter: filter.into(),
                partitions: partitions.into(),
                ..MessagesQuery::default()
            };
            limit_of_many(&query(&cluster, &topic, &typed, n).unwrap(), n.try_into().unwrap())
        };
        assert_eq!(limit("", "", "", 12), MAX_LIMIT, "newest first is ordered whatever the limit");
        assert_eq!(limit("oldest", "x", "", 12), MAX_LIMIT, "so is what is found, as it is found");
        assert_eq!(limit("oldest", "", "", 12), MAX_HELD / 12);
        assert_eq!(limit("oldest", "", "3", 12), MAX_LIMIT);
        assert_eq!(limit("oldest", "", "", 100), MAX_LIMIT, "not ordered by time even at first");
    }

    #[test]
    fn what_is_typed_becomes_a_query() {
        let (cluster, topic) = ("c".parse().unwrap(), "t".parse().unwrap());
        let typed = |from: &str, at: &str, partitions: &str| MessagesQuery {
            from: from.into(),
            at: at.into(),
            partitions: partitions.into(),
            ..MessagesQuery::default()
        };
        let read = |typed: MessagesQuery| query(&cluster, &topic, &typed, 2);
        assert_eq!(read(typed("", "", "")).unwrap().seek, Seek::Newest);
        let Seek::Offsets(offsets) = read(typed("offset", "9007199254740993", "")).unwrap().seek
        else {
            panic!()
        };
        assert_eq!(offsets.len(), 2);
        assert_eq!(offsets[1].offset, 9_007_199_254_740_993);
        assert_eq!(read(typed("oldest", "", "0, 3")).unwrap().partitions, [0, 3]);
        assert!(read(typed("offset", "x", "")).is_err());
        assert!(read(typed("group", "", "")).is_err());
    }
}
