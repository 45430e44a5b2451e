//! JSON text that stops growing when it is long enough: what nobody looks at is not written.

use base64::{Engine as _, engine::general_purpose::STANDARD};

/// Why writing stops.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Halt {
    /// The text is as long as it may be.
    Full,
    /// The bytes are not what their schema says, and why.
    Wrong(String),
}

/// Text under construction.
#[derive(Debug)]
pub(super) struct Out {
    text: String,
    most: usize,
}

pub(super) type Written = Result<(), Halt>;

impl Out {
    /// At most so many bytes.
    pub(super) fn new(most: usize) -> Self {
        Self { text: String::new(), most }
    }

    pub(super) fn into_text(self) -> String {
        self.text
    }

    /// Text as it is.
    pub(super) fn raw(&mut self, text: &str) -> Written {
        let room = self.most.saturating_sub(self.text.len());
        if text.len() <= room {
            self.text.push_str(text);
            return Ok(());
        }
        let at = (0..=room).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        self.text.push_str(text.get(..at).unwrap_or_default());
        Err(Halt::Full)
    }

    /// A string, with quotes.
    pub(super) fn string(&mut self, text: &str) -> Written {
        // Of a long text only what has room is escaped at all.
        let room = self.most.saturating_sub(self.text.len()).saturating_add(1);
        let at = (0..=room.min(text.len())).rev().find(|at| text.is_char_boundary(*at));
        let part = text.get(..at.unwrap_or(0)).unwrap_or_default();
        let escaped = serde_json::to_string(part).unwrap_or_default();
        if part.len() < text.len() {
            self.raw(escaped.strip_suffix('"').unwrap_or(&escaped))?;
            return Err(Halt::Full);
        }
        self.raw(&escaped)
    }

    /// Bytes, in Base64.
    pub(super) fn bytes(&mut self, bytes: &[u8]) -> Written {
        let room = self.most.saturating_sub(self.text.len());
        let part = bytes.get(..(room / 4 + 1).saturating_mul(3)).unwrap_or(bytes);
        self.raw("\"")?;
        self.raw(&STANDARD.encode(part))?;
        if part.len() < bytes.len() { Err(Halt::Full) } else { self.raw("\"") }
    }

    /// A number of 64 bits with as many digits as it takes to get it back.
    pub(super) fn float64(&mut self, number: f64) -> Written {
        if number.is_finite() {
            return self.raw(&serde_json::to_string(&number).unwrap_or_default());
        }
        self.no_number(number.is_nan(), number > 0.0)
    }

    /// A number of 32 bits with as many digits as it takes to get it back.
    pub(super) fn float32(&mut self, number: f32) -> Written {
        if number.is_finite() {
            return self.raw(&serde_json::to_string(&number).unwrap_or_default());
        }
        self.no_number(number.is_nan(), number > 0.0)
    }

    /// JSON has no such numbers: the words that Avro and Protobuf write.
    fn no_number(&mut self, is_nan: bool, is_positive: bool) -> Written {
        self.raw(match (is_nan, is_positive) {
            (true, _) => "\"NaN\"",
            (false, true) => "\"Infinity\"",
            (false, false) => "\"-Infinity\"",
        })
    }
}
