//! The list of topics: which to show, in which order, and what each needs said.

use std::cmp::Ordering;
use std::sync::Arc;

use drawbridge_shared::order;
use drawbridge_shared::view::TopicRow;

use super::filter::Needles;
use super::number::{compact, count, counted};
use super::sort::{Direction, known_first, natural};

/// What a list of topics can be sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TopicColumn {
    /// Name, as people count.
    Name,
    /// Trouble: offline partitions, then under-replicated ones.
    Health,
    /// Number of partitions.
    Partitions,
    /// Replication factor.
    Replicas,
    /// Number of records, estimated.
    Records,
    /// Bytes.
    Size,
}

impl TopicColumn {
    /// All columns in the order they are shown.
    pub const ALL: [Self; 6] =
        [Self::Name, Self::Health, Self::Partitions, Self::Replicas, Self::Records, Self::Size];

    /// Its name in URLs.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Health => "health",
            Self::Partitions => "partitions",
            Self::Replicas => "replicas",
            Self::Records => "records",
            Self::Size => "size",
        }
    }

    /// The column of that name.
    #[must_use]
    pub fn of_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|column| column.key() == key)
    }
}

/// A column and a direction; in URLs `size`, or `-size` for the largest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TopicSort {
    /// By what.
    pub column: TopicColumn,
    /// Which way.
    pub direction: Direction,
}

impl Default for TopicSort {
    fn default() -> Self {
        Self { column: TopicColumn::Name, direction: Direction::Ascending }
    }
}

impl TopicSort {
    /// Reads the URL's form; what it does not understand means the default.
    #[must_use]
    pub fn of_text(text: &str) -> Self {
        let (key, direction) = match text.strip_prefix('-') {
            Some(key) => (key, Direction::Descending),
            None => (text, Direction::Ascending),
        };
        TopicColumn::of_key(key).map_or_else(Self::default, |column| Self { column, direction })
    }

    /// The URL's form; empty for the default.
    #[must_use]
    pub fn text(self) -> String {
        if self == Self::default() {
            return String::new();
        }
        let sign = if self.direction == Direction::Descending { "-" } else { "" };
        format!("{sign}{}", self.column.key())
    }

    /// What a click on the head of `column` asks for: numbers and trouble begin with the largest.
    #[must_use]
    pub fn clicked(self, column: TopicColumn) -> Self {
        let direction = if column == self.column {
            self.direction.flipped()
        } else if column == TopicColumn::Name {
            Direction::Ascending
        } else {
            Direction::Descending
        };
        Self { column, direction }
    }

    fn compare(self, a: &TopicRow, b: &TopicRow) -> Ordering {
        let by = self.direction;
        let first = match self.column {
            TopicColumn::Name => by.apply(natural(&a.name, &b.name)),
            TopicColumn::Health => by.apply(trouble(a).cmp(&trouble(b))),
            TopicColumn::Partitions => by.apply(a.n_partitions.cmp(&b.n_partitions)),
            TopicColumn::Replicas => by.apply(a.replication_factor.cmp(&b.replication_factor)),
            TopicColumn::Records => known_first(a.n_offsets.as_ref(), b.n_offsets.as_ref(), by),
            TopicColumn::Size => known_first(a.size_bytes.as_ref(), b.size_bytes.as_ref(), by),
        };
        first.then_with(|| natural(&a.name, &b.name))
    }
}

fn trouble(row: &TopicRow) -> (u32, u32) {
    (row.offline, row.under_replicated)
}

/// The topics that a list shows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TopicsShown {
    /// Names in order.
    pub names: Arc<Vec<String>>,
    /// Internal topics left out that the search would find.
    pub n_hidden_internal: usize,
}

/// Picks and orders rows.
#[must_use]
pub fn shown(rows: &[TopicRow], search: &str, with_internal: bool, sort: TopicSort) -> TopicsShown {
    let needles = Needles::new(search);
    let found = rows.iter().filter(|row| needles.matches(&row.name));
    let (mut picked, hidden): (Vec<&TopicRow>, Vec<&TopicRow>) =
        found.partition(|row| with_internal || !row.is_internal);
    order::sort_by(&mut picked, |a, b| sort.compare(a, b));
    TopicsShown {
        names: Arc::new(picked.into_iter().map(|row| row.name.clone()).collect()),
        n_hidden_internal: hidden.len(),
    }
}

/// The row of a name. Quick for rows in order of name, as the gateway sends them, and right for others.
#[must_use]
pub fn row<'a>(rows: &'a [TopicRow], name: &str) -> Option<&'a TopicRow> {
    match rows.binary_search_by(|row| row.name.as_str().cmp(name)) {
        Ok(at) => rows.get(at),
        Err(_) => rows.iter().find(|row| row.name == name),
    }
}

/// A row's numbers in one line, for small screens: `6 partitions · ≈ 26,593 records`.
#[must_use]
pub fn summary(row: &TopicRow) -> String {
    let partitions = counted(row.n_partitions.into(), "partition", "partitions");
    match row.n_offsets {
        None => partitions,
        Some(0) => format!("{partitions} · no records"),
        Some(n) if n < 1_000_000 => {
            format!("{partitions} · ≈ {}", counted(n, "record", "records"))
        }
        Some(n) => format!("{partitions} · ≈ {} records", compact(n)),
    }
}

/// How a topic's partitions are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    /// Every partition has a leader and all its replicas.
    Healthy,
    /// Partitions that miss replicas.
    UnderReplicated(u32),
    /// Partitions without a leader: they can neither be read nor written.
    Offline(u32),
}

impl Health {
    /// The worst that is true of a topic.
    #[must_use]
    pub fn of(row: &TopicRow) -> Self {
        match (row.offline, row.under_replicated) {
            (0, 0) => Self::Healthy,
            (0, missing) => Self::UnderReplicated(missing),
            (offline, _) => Self::Offline(offline),
        }
    }

    /// In words.
    #[must_use]
    pub fn words(self) -> String {
        match self {
            Self::Healthy => "healthy".to_owned(),
            Self::UnderReplicated(n) => format!("{} under-replicated", count(n.into())),
            Self::Offline(n) => format!("{} offline", count(n.into())),
        }
    }
}

/// Sums over all topics of a cluster, internal ones included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Totals {
    /// Topics.
    pub n_topics: u64,
    /// Partitions.
    pub n_partitions: u64,
    /// Bytes; none as soon as one topic's size is not known.
    pub size_bytes: Option<u64>,
    /// Topics with offline or under-replicated partitions.
    pub n_troubled: u64,
}

/// Adds rows up.
#[must_use]
pub fn totals(rows: &[TopicRow]) -> Totals {
    let mut totals = Totals { size_bytes: Some(0), ..Totals::default() };
    for row in rows {
        totals.n_topics += 1;
        totals.n_partitions += u64::from(row.n_partitions);
        totals.size_bytes =
            totals.size_bytes.zip(row.size_bytes).map(|(sum, size)| sum.saturating_add(size));
        totals.n_troubled += u64::from(Health::of(row) != Health::Healthy);
    }
    totals
}

#[cfg(test)]
#[path = "topics/tests.rs"]
mod tests;
