//! A search for records in the words of a URL, which the console and exports have in common.

use crate::view::{PartitionPosition, RecordFilter, Seek};

/// The words as they stand in a URL.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Words<'a> {
    /// Where it starts: empty for newest first, `oldest`, `offset`, `time`, `group`.
    pub from: &'a str,
    /// The offset, the time in milliseconds or the group's name.
    pub at: &'a str,
    /// Partitions, separated by commas; empty for all.
    pub partitions: &'a str,
    /// A text or an expression.
    pub filter: &'a str,
    /// Whether `filter` is an expression in CEL.
    pub cel: bool,
}

/// What the words mean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meaning {
    /// In which partitions; none named means all.
    pub partitions: Vec<i32>,
    /// Where it starts.
    pub seek: Seek,
    /// Which records are wanted.
    pub filter: RecordFilter,
}

/// Reads the words; `n_partitions` is how many the topic has.
///
/// # Errors
/// What is wrong with them, in words.
pub fn read(words: Words<'_>, n_partitions: i32) -> Result<Meaning, &'static str> {
    let partitions: Vec<i32> = words
        .partitions
        .split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .map(|part| part.parse().map_err(|_| "Give partitions as numbers, as in 0, 3"))
        .collect::<Result<_, _>>()?;
    let at = words.at.trim();
    let seek = match words.from {
        "oldest" => Seek::Oldest,
        "offset" => {
            let offset = at.parse().map_err(|_| "Give an offset: a whole number")?;
            let all = if partitions.is_empty() {
                (0..n_partitions).collect()
            } else {
                partitions.clone()
            };
            let position = |partition| PartitionPosition { partition, offset };
            Seek::Offsets(all.into_iter().map(position).collect())
        }
        "time" => Seek::Time { from_ms: at.parse().map_err(|_| "Give a time")?, to_ms: None },
        "group" if at.is_empty() => return Err("Give a group's name"),
        "group" => Seek::Group { group: at.to_owned() },
        _ => Seek::Newest,
    };
    let filter = match (words.filter, words.cel) {
        ("", _) => RecordFilter::None,
        (text, false) => RecordFilter::Text { text: text.to_owned(), case_sensitive: false },
        (text, true) => RecordFilter::Cel { expression: text.to_owned() },
    };
    Ok(Meaning { partitions, seek, filter })
}
