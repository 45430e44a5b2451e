//! Avro: schemas as registries keep them, and binary data as JSON.
//!
//! Read here and not by a library because the bytes come from anybody who may write to a topic: a schema that holds
//! itself lets a few bytes nest without end, and a list of nothings has any length in nine. Depth and text are
//! bounded, and a preview reads no more than it shows. Format: <https://avro.apache.org/docs/1.12.0/specification/>.
//!
//! Numbers keep all their digits, decimals their scale. Times of logical types are ISO 8601 with the digits of their
//! unit, bytes are Base64, a union is its value, and what JSON has no number for is a string.

mod parse;
mod read;

/// A schema with those it refers to.
#[derive(Debug)]
pub(super) struct Schema {
    types: Vec<Type>,
    root: usize,
}

/// A type; others are meant by their place in the list.
#[derive(Debug)]
enum Type {
    Null,
    Boolean,
    Int(Logical),
    Long(Logical),
    Float,
    Double,
    Bytes(Logical),
    String,
    Record { name: String, fields: Vec<(String, usize)> },
    Enum { name: String, symbols: Vec<String> },
    Array(usize),
    Map(usize),
    Union(Vec<usize>),
    Fixed { name: String, size: usize, logical: Logical },
}

/// What a type stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Logical {
    Plain,
    Decimal {
        scale: u32,
    },
    BigDecimal,
    Date,
    /// Since midnight, with so many digits behind the second.
    Time(u32),
    /// Since 1970 in UTC, with so many digits behind the second.
    Instant(u32),
    /// The same in no zone.
    Local(u32),
    Uuid,
    Duration,
}

impl Schema {
    /// The full name of what it describes, if it has one.
    pub(super) fn name(&self) -> Option<&str> {
        match self.types.get(self.root)? {
            Type::Record { name, .. } | Type::Enum { name, .. } | Type::Fixed { name, .. } => {
                Some(name)
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests;
