//! Records as people write them, before anybody looked at them.

use serde::{Deserialize, Serialize};

/// Records that one request may write.
pub const MAX_DRAFTS: usize = 1_000;

/// A record that is to be written.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordDraft {
    /// In which partition; none to let the key decide.
    pub partition: Option<i32>,
    /// Its key; none for a record without one.
    pub key: Option<BytesDraft>,
    /// Its value; none for a tombstone.
    pub value: Option<BytesDraft>,
    /// Its headers in their order.
    #[serde(default)]
    pub headers: Vec<HeaderDraft>,
    /// Its time in milliseconds since 1970; none for now.
    #[serde(default)]
    pub timestamp_ms: Option<i64>,
}

/// A header that is to be written.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeaderDraft {
    /// Its name.
    pub name: String,
    /// Its value; none for null.
    pub value: Option<BytesDraft>,
}

/// Bytes as text.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BytesDraft {
    /// The text.
    pub text: String,
    /// How it stands for bytes.
    #[serde(default)]
    pub encoding: Encoding,
}

/// How text stands for bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Encoding {
    /// UTF-8.
    #[default]
    Text,
    /// UTF-8 that has to be JSON; written as it was typed.
    Json,
    /// Base64.
    Base64,
    /// Hexadecimal, spaces left out.
    Hex,
}

impl Encoding {
    /// Its name in URLs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Json => "json",
            Self::Base64 => "base64",
            Self::Hex => "hex",
        }
    }

    /// The encoding of a name; text for a name of none.
    #[must_use]
    pub fn named(name: &str) -> Self {
        let all = [Self::Text, Self::Json, Self::Base64, Self::Hex];
        all.into_iter().find(|one| one.as_str() == name).unwrap_or_default()
    }
}

/// How a producer compresses what it writes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProduceCodec {
    /// Not at all.
    #[default]
    None,
    /// gzip.
    Gzip,
    /// Snappy.
    Snappy,
    /// LZ4.
    Lz4,
    /// Zstandard.
    Zstd,
}

impl ProduceCodec {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::None, Self::Gzip, Self::Snappy, Self::Lz4, Self::Zstd];

    /// Kafka's name of it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Gzip => "gzip",
            Self::Snappy => "snappy",
            Self::Lz4 => "lz4",
            Self::Zstd => "zstd",
        }
    }

    /// The codec of a name; none for a name of none.
    #[must_use]
    pub fn named(name: &str) -> Self {
        Self::ALL.into_iter().find(|one| one.as_str() == name).unwrap_or_default()
    }
}

/// What came of a record that was to be written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProducedRow {
    /// Its partition; -1 if it was not written.
    pub partition: i32,
    /// Its offset; -1 if it was not written.
    pub offset: i64,
    /// Why it was not written.
    pub error: Option<String>,
}

/// What came of a file of records.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportReport {
    /// Records in it that can be written.
    pub records: u64,
    /// Records that were written; none when it was only looked at.
    pub written: u64,
    /// Lines that are no records, or that were not written.
    pub mistakes: u64,
    /// The first of them.
    pub first: Vec<ImportMistake>,
}

impl ImportReport {
    /// Reads an answer of the gateway.
    #[must_use]
    pub fn from_json(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }
}

/// A line that is no record, or that was not written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportMistake {
    /// Which line, counted from 1.
    pub line: u64,
    /// What is wrong.
    pub message: String,
}
