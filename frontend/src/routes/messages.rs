//! A search for records as part of a URL: the whole of it, so that a link shows the same after a restart.

use super::encoding::{Query, encode_pairs};

/// What is looked for, as typed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MessagesQuery {
    /// Where it starts: empty for newest first, `oldest`, `offset`, `time`, `group`: `?from=`.
    pub from: String,
    /// The offset, the time in milliseconds or the group's name: `?at=`.
    pub at: String,
    /// Partitions, separated by commas; empty for all: `?partitions=`.
    pub partitions: String,
    /// A text or an expression: `?filter=`.
    pub filter: String,
    /// Whether `filter` is an expression in CEL: `?cel=true`.
    pub cel: bool,
    /// How values are shown; empty for automatic: `?decode=`.
    pub decode: String,
    /// Whether it goes on with what is written: `?live=true`.
    pub live: bool,
    /// Whether times are UTC: `?utc=true`.
    pub utc: bool,
    /// The record that is open, partition and offset: `?record=0:17`.
    pub record: String,
}

pub(super) fn pairs(query: &MessagesQuery) -> String {
    let flag = |is_set: bool| if is_set { "true" } else { "" };
    encode_pairs(&[
        ("from", &query.from),
        ("at", &query.at),
        ("partitions", &query.partitions),
        ("filter", &query.filter),
        ("cel", flag(query.cel)),
        ("decode", &query.decode),
        ("live", flag(query.live)),
        ("utc", flag(query.utc)),
        ("record", &query.record),
    ])
}

pub(super) fn parse(query: &Query) -> MessagesQuery {
    let text = |key| query.get(key).to_owned();
    MessagesQuery {
        from: text("from"),
        at: text("at"),
        partitions: text("partitions"),
        filter: text("filter"),
        cel: query.get("cel") == "true",
        decode: text("decode"),
        live: query.get("live") == "true",
        utc: query.get("utc") == "true",
        record: text("record"),
    }
}
