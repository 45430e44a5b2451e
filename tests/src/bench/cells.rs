//! What is measured: a size of records, a codec and a number of partitions.

use std::fmt;

/// One combination.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    /// Bytes of one record's value.
    pub size: u32,
    /// `compression.type` of the producer.
    pub codec: String,
    /// Partitions of the topic.
    pub partitions: i32,
}

impl Cell {
    /// A combination.
    pub fn new(size: u32, codec: &str, partitions: i32) -> Self {
        Self { size, codec: codec.to_owned(), partitions }
    }

    /// Those of a run in which nothing else was asked for.
    pub fn chosen() -> Vec<Self> {
        vec![
            Self::new(1024, "lz4", 12),
            Self::new(1024, "none", 12),
            Self::new(1024, "zstd", 12),
            Self::new(100, "lz4", 12),
            Self::new(100, "none", 12),
            Self::new(1024, "lz4", 100),
        ]
    }

    /// Records that have so many megabytes of values together.
    pub fn records(&self, megabytes: u64) -> u64 {
        megabytes * 1_000_000 / u64::from(self.size)
    }

    /// Megabytes of values of so many records.
    #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
    pub fn megabytes(&self, records: u64) -> f64 {
        records as f64 * f64::from(self.size) / 1e6
    }
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} B, {}, {} partitions", self.size, self.codec, self.partitions)
    }
}
