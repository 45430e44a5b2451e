//! Searches for records: from what is typed to a query, and from what was found to rows.

use std::sync::Arc;

use drawbridge_shared::names::{ClusterName, TopicName};
use drawbridge_shared::search::{self, Meaning, Words};
use drawbridge_shared::view::{
    Decoding, RecordQuery, RecordView, RecordsChunk, SchemaKind, SchemaView, SearchProgress,
    TroubleView,
};

use crate::routes::MessagesQuery;

pub mod columns;
pub mod json;

/// Records before the search waits to be continued.
pub const LIMIT: u32 = 500;

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

/// Records of a search that are kept.
const KEPT: usize = 20_000;

/// What was found, part by part; the first are dropped when there are too many.
#[derive(Debug, Clone, Default)]
pub struct Found {
    /// The parts in order.
    pub parts: Vec<Arc<RecordsChunk>>,
    /// Records of parts that were dropped.
    pub dropped: u64,
    /// Records that the gateway passed over because this page was slow, those before dropped parts included.
    pub skipped: u64,
    /// What the runs before this one did: a search goes on after a reconnect or a stop, and each run counts anew.
    before: Totals,
    /// What this run did.
    now: Totals,
}

/// What a search did, all its runs together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Totals {
    /// Records looked at.
    pub scanned: u64,
    /// Bytes of their keys and values.
    pub bytes: u64,
    /// Milliseconds it ran.
    pub elapsed_ms: u64,
    /// Records the filter failed on.
    pub filter_errors: u64,
}

impl Totals {
    const fn plus(self, more: Self) -> Self {
        Self {
            scanned: self.scanned.saturating_add(more.scanned),
            bytes: self.bytes.saturating_add(more.bytes),
            elapsed_ms: self.elapsed_ms.saturating_add(more.elapsed_ms),
            filter_errors: self.filter_errors.saturating_add(more.filter_errors),
        }
    }
}

impl Found {
    /// One more part.
    pub fn push(&mut self, part: RecordsChunk) {
        self.skipped += part.skipped;
        let SearchProgress { scanned, bytes, elapsed_ms, filter_errors, .. } = part.progress;
        self.now = Totals { scanned, bytes, elapsed_ms, filter_errors };
        self.parts.push(Arc::new(part));
        self.trim();
    }

    /// The search goes on, and counts anew.
    pub fn begin_run(&mut self) {
        self.before = self.totals();
        self.now = Totals::default();
    }

    /// What it did altogether.
    #[must_use]
    pub const fn totals(&self) -> Totals {
        self.before.plus(self.now)
    }

    /// This, and what was found after it.
    #[must_use]
    pub fn then(mut self, later: &Self) -> Self {
        self.dropped += later.dropped;
        self.skipped += later.skipped;
        self.begin_run();
        self.before = self.before.plus(later.before);
        self.now = later.now;
        self.parts.extend(later.parts.iter().cloned());
        self.trim();
        self
    }

    fn trim(&mut self) {
        let all: usize = self.parts.iter().map(|part| part.records.len()).sum();
        let mut surplus = all.saturating_sub(KEPT);
        let is_surplus = |part: &&Arc<RecordsChunk>| {
            let is_surplus = surplus > 0 && part.records.len() <= surplus;
            surplus = surplus.saturating_sub(part.records.len());
            is_surplus
        };
        let n_dropped = self.parts.iter().take_while(is_surplus).count();
        let dropped: usize = self.parts.drain(..n_dropped).map(|part| part.records.len()).sum();
        self.dropped += u64::try_from(dropped).unwrap_or(u64::MAX);
    }

    /// Partition and offset of each record, in order; the other way round for a live search.
    #[must_use]
    pub fn keys(&self, newest_first: bool) -> Vec<String> {
        let records = self.parts.iter().flat_map(|part| &part.records);
        let mut keys: Vec<String> = records.map(key).collect();
        if newest_first {
            keys.reverse();
        }
        keys
    }

    /// How many of the records have a key or value that could not be decoded, and why the last of them.
    #[must_use]
    pub fn trouble(&self) -> Option<(usize, TroubleView)> {
        let records = self.parts.iter().flat_map(|part| &part.records);
        let of = |record: &'_ RecordView| {
            let parts = [record.value.as_ref(), record.key.as_ref()];
            parts.into_iter().flatten().find_map(|part| part.trouble.clone())
        };
        records
            .filter_map(of)
            .fold(None, |found, trouble| Some((found.map_or(1, |(n, _)| n + 1), trouble)))
    }

    /// A record by its key.
    #[must_use]
    pub fn record(&self, wanted: &str) -> Option<&RecordView> {
        let (partition, offset) = place(wanted)?;
        let mut records = self.parts.iter().flat_map(|part| &part.records);
        records.find(|record| (record.partition, record.offset) == (partition, offset))
    }
}

/// A record's key in tables and URLs.
#[must_use]
pub fn key(record: &RecordView) -> String {
    format!("{}:{}", record.partition, record.offset)
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
    use drawbridge_shared::view::{Seek, TimestampKind};

    use super::*;

    fn record(offset: i64) -> RecordView {
        RecordView {
            partition: 0,
            offset,
            timestamp_ms: None,
            timestamp_kind: TimestampKind::Create,
            key: None,
            value: None,
            headers: Vec::new(),
            n_headers: 0,
            picked: vec![],
        }
    }

    #[test]
    fn json_is_laid_out_and_numbers_stay_exact() {
        let json = r#"{"id":9007199254740993.10,"a":[],"b":{"c":"x,\"{y\\"}}"#;
        let wanted = "{\n  \"id\": 9007199254740993.10,\n  \"a\": [],\n  \"b\": {\n    \"c\": \"x,\\\"{y\\\\\"\n  }\n}";
        assert_eq!(pretty(json), wanted);
    }

    #[test]
    fn the_oldest_parts_are_dropped_and_counted_and_what_was_skipped_before_them_stays_told() {
        let part = |first: i64| RecordsChunk {
            records: (first..first + 6_000).map(record).collect(),
            skipped: 7,
            ..RecordsChunk::default()
        };
        let mut found = Found::default();
        for first in [0, 6_000, 12_000, 18_000] {
            found.push(part(first));
        }
        assert_eq!((found.dropped, found.skipped), (0, 28), "a part goes as a whole");
        found.push(part(24_000));
        assert_eq!((found.dropped, found.skipped, found.parts.len()), (6_000, 35, 4));
        let more = found.clone().then(&found);
        assert_eq!((more.dropped, more.skipped, more.parts.len()), (36_000, 70, 4));
        assert!(found.record("0:5999").is_none() && found.record("0:6000").is_some());
    }

    #[test]
    fn a_search_that_goes_on_counts_on() {
        let part = |scanned, elapsed_ms| RecordsChunk {
            progress: SearchProgress { scanned, elapsed_ms, bytes: 1, ..SearchProgress::default() },
            ..RecordsChunk::default()
        };
        let mut found = Found::default();
        found.push(part(5, 10));
        found.push(part(9, 20));
        found.begin_run();
        assert_eq!(found.totals().scanned, 9, "nothing is lost while nothing new is there");
        found.push(part(2, 3));
        assert_eq!((found.totals().scanned, found.totals().elapsed_ms), (11, 23));
        let mut later = Found::default();
        assert_eq!(found.clone().then(&later).totals().scanned, 11);
        later.push(part(4, 1));
        assert_eq!(
            found.then(&later).totals(),
            Totals { scanned: 15, bytes: 3, elapsed_ms: 24, filter_errors: 0 }
        );
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
