//! Reading only those fields of a JSON object that an expression names: most of a large value is never looked at.

use std::fmt;

use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

/// The fields of a variable that an expression speaks of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fields {
    /// It may look at anything.
    All,
    /// Only these, and nothing else of the variable.
    Named(Vec<String>),
}

impl Fields {
    /// The fields of `name` in the text of an expression. Texts in quotes count as well: a field too many does
    /// no harm.
    pub(super) fn of(text: &str, name: &str) -> Self {
        let is_part = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
        let mut named = Vec::new();
        for (at, _) in text.match_indices(name) {
            let before = text.get(..at).unwrap_or_default().chars().next_back();
            let rest = text.get(at + name.len()..).unwrap_or_default();
            // Part of a longer name; a field of that name of something else does no harm either.
            if before.is_some_and(is_part) || rest.starts_with(is_part) {
                continue;
            }
            let Some(rest) = rest.strip_prefix('.') else { return Self::All };
            let end = rest.find(|letter| !is_part(letter)).unwrap_or(rest.len());
            let (field, behind) = rest.split_at(end);
            // A call, as in `value.size()`.
            if field.is_empty() || behind.trim_start().starts_with('(') {
                return Self::All;
            }
            named.push(field.to_owned());
        }
        if named.is_empty() { Self::All } else { Self::Named(named) }
    }

    /// Reads JSON; of an object only these fields, the rest of it is checked and left out.
    pub(super) fn read(&self, json: &[u8]) -> Option<Value> {
        match self {
            Self::All => serde_json::from_slice(json).ok(),
            Self::Named(named) => {
                let mut reader = serde_json::Deserializer::from_slice(json);
                let value = reader.deserialize_any(Few(named)).ok()?;
                reader.end().is_ok().then_some(value)
            }
        }
    }
}

struct Few<'a>(&'a [String]);

impl<'de> Visitor<'de> for Few<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut fields = Map::new();
        while let Some(name) = access.next_key::<std::borrow::Cow<'de, str>>()? {
            if self.0.iter().any(|wanted| *wanted == name) {
                fields.insert(name.into_owned(), access.next_value()?);
            } else {
                access.next_value::<IgnoredAny>()?;
            }
        }
        Ok(Value::Object(fields))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = access.next_element()? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, found: bool) -> Result<Value, E> {
        Ok(Value::Bool(found))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(Value::Number(number.into()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(Value::Number(number.into()))
    }

    fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<Value, E> {
        let number = serde_json::Number::from_f64(number);
        number.map(Value::Number).ok_or_else(|| E::custom("no finite number"))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::String(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn named(text: &str) -> Fields {
        Fields::of(text, "value")
    }

    #[test]
    fn fields_are_those_that_are_named_and_any_doubt_means_all() {
        let few = |fields: &[&str]| Fields::Named(fields.iter().map(|f| (*f).to_owned()).collect());
        assert_eq!(named("value.n > 3 && value.city.startsWith(\"a\")"), few(&["n", "city"]));
        assert_eq!(named("has(value.a.b) && my_value.x == values.y"), few(&["a"]));
        for doubt in [
            "value == 3",
            "value.size() > 2",
            "value[\"n\"] == 1",
            "f(value)",
            "value . n",
            "key == \"a\"",
        ] {
            assert_eq!(named(doubt), Fields::All, "{doubt}");
        }
    }

    #[test]
    fn only_named_fields_are_read_and_broken_json_is_still_broken() {
        let few = named("value.n > 3 && value.o.p");
        let json = br#"{"m":[1,{"x":2}],"n":9007199254740993,"o":{"p":[true]},"esc\u0061ped":1}"#;
        assert_eq!(
            few.read(json),
            Some(json!({"n": 9_007_199_254_740_993_u64, "o": {"p": [true]}}))
        );
        assert_eq!(few.read(b"[1, {\"n\": 2}]"), Some(json!([1, {"n": 2}])));
        assert_eq!(few.read(b"\"text\""), Some(json!("text")));
        assert_eq!(few.read(b"{\"m\": }"), None);
        assert_eq!(few.read(b"{\"n\": 1} x"), None);
    }
}
