//! JSON as a tree that can be folded. The text of numbers and strings is kept as it was written.

/// A value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Json {
    /// A number, string, true, false or null, as it was written.
    Plain(String),
    /// An object: the names as they were written, with quotes.
    Object(Vec<(String, Self)>),
    /// A list.
    List(Vec<Self>),
}

/// How deep values may nest; deeper ones are shown as text.
const DEPTH: usize = 60;

impl Json {
    /// Reads a text; none if it is no JSON, or nests too deep.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let mut reader = Reader { text, at: 0 };
        let value = reader.value(DEPTH)?;
        reader.space();
        (reader.at == text.len()).then_some(value)
    }

    /// Its brackets and how many are in it; none for what cannot be folded.
    #[must_use]
    pub fn brackets(&self) -> Option<(&'static str, &'static str, usize)> {
        match self {
            Self::Plain(_) => None,
            Self::Object(fields) => Some(("{", "}", fields.len())),
            Self::List(items) => Some(("[", "]", items.len())),
        }
    }

    /// Lines it takes when nothing is folded.
    #[must_use]
    pub fn lines(&self) -> usize {
        match self {
            Self::Plain(_) => 1,
            Self::Object(fields) if fields.is_empty() => 1,
            Self::List(items) if items.is_empty() => 1,
            Self::Object(fields) => {
                2 + fields.iter().map(|(_, value)| value.lines()).sum::<usize>()
            }
            Self::List(items) => 2 + items.iter().map(Self::lines).sum::<usize>(),
        }
    }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn space(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start_matches([' ', '\n', '\r', '\t']).len();
    }

    fn take(&mut self, sign: char) -> Option<()> {
        self.space();
        self.rest().starts_with(sign).then(|| self.at += sign.len_utf8())
    }

    fn value(&mut self, depth: usize) -> Option<Json> {
        let depth = depth.checked_sub(1)?;
        self.space();
        match self.rest().chars().next()? {
            '{' => self.object(depth),
            '[' => self.list(depth),
            '"' => Some(Json::Plain(self.string()?.to_owned())),
            _ => {
                let rest = self.rest();
                let end = rest.find([',', '}', ']', ' ', '\n', '\r', '\t']).unwrap_or(rest.len());
                let word = rest.get(..end).filter(|word| is_plain(word))?;
                self.at += end;
                Some(Json::Plain(word.to_owned()))
            }
        }
    }

    fn object(&mut self, depth: usize) -> Option<Json> {
        self.take('{')?;
        let mut fields = Vec::new();
        if self.take('}').is_some() {
            return Some(Json::Object(fields));
        }
        loop {
            self.space();
            let name = self.string()?.to_owned();
            self.take(':')?;
            fields.push((name, self.value(depth)?));
            if self.take(',').is_none() {
                self.take('}')?;
                return Some(Json::Object(fields));
            }
        }
    }

    fn list(&mut self, depth: usize) -> Option<Json> {
        self.take('[')?;
        let mut items = Vec::new();
        if self.take(']').is_some() {
            return Some(Json::List(items));
        }
        loop {
            items.push(self.value(depth)?);
            if self.take(',').is_none() {
                self.take(']')?;
                return Some(Json::List(items));
            }
        }
    }

    /// A string with its quotes.
    fn string(&mut self) -> Option<&'a str> {
        let rest = self.rest();
        let inner = rest.strip_prefix('"')?;
        let mut is_escaped = false;
        let end = inner.bytes().position(|byte| {
            let is_end = byte == b'"' && !is_escaped;
            is_escaped = byte == b'\\' && !is_escaped;
            is_end
        })?;
        self.at += end + 2;
        rest.get(..end + 2)
    }
}

fn is_plain(word: &str) -> bool {
    matches!(word, "true" | "false" | "null")
        || word.starts_with(|first: char| first == '-' || first.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn plain(text: &str) -> Json {
        Json::Plain(text.to_owned())
    }

    #[test]
    fn every_digit_and_escape_is_kept() {
        let read = Json::read(
            " {\"id\":9007199254740993.10, \"a\": [ ] ,\"b\":{\"x\\\"\":[true,\"{,\"]}} ",
        );
        assert_eq!(
            read.unwrap(),
            Json::Object(vec![
                ("\"id\"".into(), plain("9007199254740993.10")),
                ("\"a\"".into(), Json::List(vec![])),
                (
                    "\"b\"".into(),
                    Json::Object(vec![(
                        "\"x\\\"\"".into(),
                        Json::List(vec![plain("true"), plain("\"{,\"")])
                    )])
                ),
            ])
        );
    }

    #[test]
    fn what_is_no_json_or_too_deep_is_left_to_be_shown_as_text() {
        for text in ["", "{", "{\"a\"}", "[1,]", "[1 2]", "nothing", "\"a", "{} x"] {
            assert_eq!(Json::read(text), None, "{text}");
        }
        assert_eq!(Json::read(&"[".repeat(100_000)), None);
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "[{}\\[\\]\",:\\\\ä0-9 a]{0,60}") {
            let _read = Json::read(&text);
        }
    }
}
