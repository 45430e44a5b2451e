//! Which records are wanted.

pub(super) mod bounds;
mod cel;
mod fields;
mod loops;
mod text;

use drawbridge_shared::{
    draft::FieldError,
    view::{Decoding, RecordFilter, RecordQuery},
    wire::ErrorCode,
};

use super::decode::{self, Decoder, Frames, Part, Wish};
use crate::refusal::Refusal;

/// A record as filters see it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Raw<'a> {
    /// Its partition.
    pub partition: i32,
    /// Its offset.
    pub offset: i64,
    /// Its time, in milliseconds since 1970.
    pub timestamp_ms: Option<i64>,
    /// Its key.
    pub key: Option<&'a [u8]>,
    /// Its value.
    pub value: Option<&'a [u8]>,
    /// Its headers.
    pub headers: &'a [(&'a str, Option<&'a [u8]>)],
    /// What it is decoded with.
    pub decoder: Option<&'a Decoder>,
    /// Schema ids in its headers.
    pub frames: Frames<'a>,
}

impl Raw<'_> {
    /// The key as JSON, if only its topic or a schema explains its bytes.
    fn explained_key(&self, decoding: Decoding) -> Option<String> {
        self.explained(self.key?, decoding, Part::Key, self.frames.key)
    }

    /// The value as JSON, if only its topic or a schema explains its bytes.
    fn explained_value(&self, decoding: Decoding) -> Option<String> {
        self.explained(self.value?, decoding, Part::Value(self.key), self.frames.value)
    }

    fn explained(
        &self,
        bytes: &[u8],
        decoding: Decoding,
        part: Part<'_>,
        frame: Option<&[u8]>,
    ) -> Option<String> {
        /// Text that a filter looks at, at most.
        const MOST: usize = 8 << 20;
        let decoder = self.decoder?;
        decode::explained(
            bytes,
            &Wish { decoding, part, frame, decoder, most: MOST, explain: false },
        )
    }
}

/// A filter that is ready to run.
pub(super) enum Filter {
    /// All records.
    None,
    /// Records with a text.
    Text(text::Needle),
    /// Records for which an expression is true.
    Cel(Box<cel::Expression>),
}

impl Filter {
    /// Makes a query's filter ready.
    ///
    /// # Errors
    /// An expression that cannot be run, with the place and what is wrong with it.
    pub(super) fn of(query: &RecordQuery) -> Result<Self, Refusal> {
        Ok(match &query.filter {
            RecordFilter::None => Self::None,
            RecordFilter::Text { text, .. } if text.is_empty() => Self::None,
            RecordFilter::Text { text, case_sensitive } => {
                let decodings = (query.key_decoding, query.value_decoding);
                Self::Text(text::Needle::new(text, *case_sensitive, decodings))
            }
            RecordFilter::Cel { expression } => {
                let decodings = (query.key_decoding, query.value_decoding);
                let ready = cel::Expression::new(expression, decodings).map_err(|message| {
                    let mut refusal = Refusal::of_fields(vec![FieldError {
                        field: "filter".to_owned(),
                        message,
                    }]);
                    refusal.code = ErrorCode::Invalid;
                    refusal.remedy(
                        "Use partition, offset, timestamp, key, value and headers, as in: value.amount > 100 && \
                         key.startsWith(\"a\")",
                    )
                })?;
                Self::Cel(Box::new(ready))
            }
        })
    }

    /// Whether it may leave records out.
    #[must_use]
    pub(super) fn is_some(&self) -> bool {
        !matches!(self, Self::None)
    }

    /// Whether it looks at headers.
    #[must_use]
    pub(super) fn wants_headers(&self) -> bool {
        match self {
            Self::None => false,
            Self::Text(_) => true,
            Self::Cel(expression) => expression.wants_headers(),
        }
    }

    /// Whether a record is wanted.
    ///
    /// # Errors
    /// The expression cannot say, and why.
    pub(super) fn wants(&self, record: &Raw<'_>) -> Result<bool, String> {
        match self {
            Self::None => Ok(true),
            Self::Text(needle) => Ok(needle.is_in(record)),
            Self::Cel(expression) => expression.holds(record),
        }
    }
}

/// The decodings of key and value that expressions see.
type Decodings = (Decoding, Decoding);

#[cfg(test)]
mod tests;
