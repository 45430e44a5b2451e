//! Looking for a text in bytes, and in what only a schema or their topic makes of them.

use memchr::{memchr2_iter, memmem};

use super::{Decodings, Raw};

/// A text that is looked for.
pub(in crate::browse) struct Needle(How, Decodings);

enum How {
    Exact(Box<memmem::Finder<'static>>),
    /// Upper and lower case of the first byte, and the whole in lower case.
    Ascii {
        first: (u8, u8),
        lower: Vec<u8>,
    },
    Unicode(String),
}

impl Needle {
    pub(super) fn new(text: &str, case_sensitive: bool, decodings: Decodings) -> Self {
        let how = match text.bytes().next() {
            Some(first) if !case_sensitive && text.is_ascii() => How::Ascii {
                first: (first.to_ascii_lowercase(), first.to_ascii_uppercase()),
                lower: text.to_ascii_lowercase().into_bytes(),
            },
            Some(_) if !case_sensitive => How::Unicode(text.to_lowercase()),
            _ => How::Exact(Box::new(memmem::Finder::new(text).into_owned())),
        };
        Self(how, decodings)
    }

    pub(super) fn is_in(&self, record: &Raw<'_>) -> bool {
        record.value.is_some_and(|bytes| self.is_in_bytes(bytes))
            || record.key.is_some_and(|bytes| self.is_in_bytes(bytes))
            || record.headers.iter().any(|(name, value)| {
                self.is_in_bytes(name.as_bytes())
                    || value.is_some_and(|bytes| self.is_in_bytes(bytes))
            })
            || self.is_in_text(record.explained_value(self.1.1))
            || self.is_in_text(record.explained_key(self.1.0))
    }

    fn is_in_text(&self, text: Option<String>) -> bool {
        text.is_some_and(|text| self.is_in_bytes(text.as_bytes()))
    }

    pub(super) fn is_in_bytes(&self, hay: &[u8]) -> bool {
        match &self.0 {
            How::Exact(finder) => finder.find(hay).is_some(),
            How::Ascii { first: (lower, upper), lower: needle } => {
                memchr2_iter(*lower, *upper, hay).any(|at| {
                    hay.get(at..)
                        .and_then(|rest| rest.get(..needle.len()))
                        .is_some_and(|found| found.eq_ignore_ascii_case(needle))
                })
            }
            How::Unicode(needle) => {
                String::from_utf8_lossy(hay).to_lowercase().contains(needle.as_str())
            }
        }
    }
}
