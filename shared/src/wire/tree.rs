//! Reads messages out of JSON that has been parsed already.
//!
//! `serde_json::from_str` puts a parser for each type of the protocol into the console, and a second one for that
//! type written as an array, which nobody sends. Here there is one parser, of `Value`, and per type only what
//! picks its fields out of a map: half the code to download.

use std::fmt;

use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error as _, Expected, MapAccess, SeqAccess,
    Unexpected, VariantAccess, Visitor,
};
use serde_json::{Map, Value, map};

/// What is wrong with a message. Not `serde_json`'s error: that one can write any number and any text as Rust does,
/// with tables that are a good part of the first download. One pointer, made in one place, since every field of every
/// message can have one.
#[derive(Debug)]
#[expect(clippy::box_collection, reason = "every result of reading holds room for one")]
pub(super) struct Error(Box<String>);

impl Error {
    #[cold]
    #[inline(never)]
    fn new(message: fmt::Arguments<'_>) -> Self {
        Self(Box::new(message.to_string()))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Error {}

impl serde::de::Error for Error {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::new(format_args!("{message}"))
    }

    #[inline(never)]
    fn invalid_type(found: Unexpected<'_>, wanted: &dyn Expected) -> Self {
        Self::new(format_args!("{} where {wanted} is expected", kind(found)))
    }

    #[inline(never)]
    fn invalid_value(found: Unexpected<'_>, wanted: &dyn Expected) -> Self {
        Self::new(format_args!("a {} that does not do where {wanted} is expected", kind(found)))
    }

    #[inline(never)]
    fn invalid_length(found: usize, wanted: &dyn Expected) -> Self {
        Self::new(format_args!("{found} elements where {wanted} is expected"))
    }

    #[inline(never)]
    fn unknown_variant(found: &str, _known: &'static [&'static str]) -> Self {
        Self::new(format_args!("`{found}` is not known"))
    }

    #[inline(never)]
    fn missing_field(name: &'static str) -> Self {
        Self::new(format_args!("`{name}` is missing"))
    }

    #[inline(never)]
    fn duplicate_field(name: &'static str) -> Self {
        Self::new(format_args!("`{name}` comes twice"))
    }
}

const fn kind(found: Unexpected<'_>) -> &str {
    match found {
        Unexpected::Bool(_) => "boolean",
        Unexpected::Unsigned(_) | Unexpected::Signed(_) | Unexpected::Float(_) => "number",
        Unexpected::Char(_) | Unexpected::Str(_) | Unexpected::Bytes(_) => "text",
        Unexpected::Seq => "sequence",
        Unexpected::Map => "map",
        Unexpected::Unit | Unexpected::Option => "null",
        Unexpected::Other(kind) => kind,
        _ => "variant",
    }
}

/// Reads one message.
///
/// # Errors
/// The text is not JSON, which says where; or it is another message, which says what is wrong.
pub(super) fn read<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, Error> {
    let tree = serde_json::from_str(text).map_err(Error::custom)?;
    T::deserialize(Tree(tree))
}

struct Tree(Value);

impl Tree {
    /// The error of a value that is not of the kind that is needed here.
    #[cold]
    fn is_not(&self, wanted: &'static str) -> Error {
        let found = match &self.0 {
            Value::Null => Unexpected::Unit,
            Value::Bool(found) => Unexpected::Bool(*found),
            Value::Number(_) => Unexpected::Other("number"),
            Value::String(found) => Unexpected::Str(found),
            Value::Array(_) => Unexpected::Seq,
            Value::Object(_) => Unexpected::Map,
        };
        Error::invalid_type(found, &wanted)
    }

    fn into_map(self) -> Result<Fields, Error> {
        match self.0 {
            Value::Object(fields) => Ok(Fields::new(fields)),
            _ => Err(self.is_not("a map")),
        }
    }

    fn into_list(self) -> Result<Items, Error> {
        match self.0 {
            Value::Array(items) => Ok(Items(items.into_iter())),
            _ => Err(self.is_not("a list")),
        }
    }

    fn into_text(self) -> Result<String, Error> {
        match self.0 {
            Value::String(text) => Ok(text),
            _ => Err(self.is_not("a string")),
        }
    }

    /// Name and content of an enum's variant: `"name"` or `{"name": content}`.
    fn into_variant(self) -> Result<(String, Option<Value>), Error> {
        match self.0 {
            Value::String(name) => Ok((name, None)),
            Value::Object(fields) if fields.len() == 1 => {
                let variant = fields.into_iter().next();
                variant
                    .map(|(name, content)| (name, Some(content)))
                    .ok_or_else(|| Error::custom("an empty map"))
            }
            _ => Err(self.is_not("a variant")),
        }
    }
}

fn number<'de, V: Visitor<'de>>(found: &serde_json::Number, visitor: V) -> Result<V::Value, Error> {
    match (found.as_u64(), found.as_i64(), found.as_f64()) {
        (Some(found), ..) => visitor.visit_u64(found),
        (_, Some(found), _) => visitor.visit_i64(found),
        (.., Some(found)) => visitor.visit_f64(found),
        _ => Err(Error::custom("a number that is too large")),
    }
}

macro_rules! numbers {
    ($($method:ident)+) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            match &self.0 {
                Value::Number(found) => number(found, visitor),
                _ => Err(self.is_not("a number")),
            }
        })+
    };
}

macro_rules! texts {
    ($($method:ident)+) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            visitor.visit_string(self.into_text()?)
        })+
    };
}

impl<'de> Deserializer<'de> for Tree {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Value::Null => visitor.visit_unit(),
            Value::Bool(found) => visitor.visit_bool(found),
            Value::Number(found) => number(&found, visitor),
            Value::String(found) => visitor.visit_string(found),
            Value::Array(found) => visitor.visit_seq(Items(found.into_iter())),
            Value::Object(found) => visitor.visit_map(Fields::new(found)),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Value::Bool(found) => visitor.visit_bool(found),
            _ => Err(self.is_not("true or false")),
        }
    }

    numbers! {
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64
        deserialize_f32 deserialize_f64
    }

    texts! {
        deserialize_char deserialize_str deserialize_string deserialize_bytes deserialize_byte_buf
        deserialize_identifier
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.0.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.0.is_null() { visitor.visit_unit() } else { Err(self.is_not("null")) }
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_seq(self.into_list()?)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Error> {
        let items = self.into_list()?;
        // A tuple's visitor takes what it needs and does not ask whether there is more.
        if items.0.len() != len {
            return Err(Error::invalid_length(items.0.len(), &"a list of another length"));
        }
        visitor.visit_seq(items)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_tuple(len, visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_map(self.into_map()?)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_map(self.into_map()?)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let (name, content) = self.into_variant()?;
        visitor.visit_enum(Variant { name, content })
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }
}

struct Items(std::vec::IntoIter<Value>);

impl<'de> SeqAccess<'de> for Items {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Error> {
        self.0.next().map(|item| seed.deserialize(Tree(item))).transpose()
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.0.len())
    }
}

struct Fields {
    rest: map::IntoIter,
    content: Option<Value>,
}

impl Fields {
    fn new(fields: Map<String, Value>) -> Self {
        Self { rest: fields.into_iter(), content: None }
    }
}

impl<'de> MapAccess<'de> for Fields {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Error> {
        let Some((name, content)) = self.rest.next() else { return Ok(None) };
        self.content = Some(content);
        seed.deserialize(Tree(Value::String(name))).map(Some)
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, Error> {
        seed.deserialize(Tree(self.content.take().unwrap_or_default()))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.rest.len())
    }
}

struct Variant {
    name: String,
    content: Option<Value>,
}

impl<'de> EnumAccess<'de> for Variant {
    type Error = Error;
    type Variant = Content;

    fn variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<(T::Value, Content), Error> {
        let name = Tree(Value::String(self.name));
        Ok((seed.deserialize(name)?, Content(self.content)))
    }
}

/// What stands behind a variant's name.
struct Content(Option<Value>);

impl Content {
    fn some(self) -> Result<Tree, Error> {
        self.0.map(Tree).ok_or_else(|| Error::custom("the variant's content is missing"))
    }
}

impl<'de> VariantAccess<'de> for Content {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        match self.0 {
            None | Some(Value::Null) => Ok(()),
            Some(content) => Err(Tree(content).is_not("a variant without content")),
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Error> {
        seed.deserialize(self.some()?)
    }

    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Error> {
        self.some()?.deserialize_tuple(len, visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_map(self.some()?.into_map()?)
    }
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn values_are_read_as_they_are_written() {
        assert_eq!(read::<u64>("18446744073709551615").unwrap(), u64::MAX);
        assert_eq!(read::<i64>("-9223372036854775808").unwrap(), i64::MIN);
        assert_eq!(read::<Option<bool>>("null").unwrap(), None);
        assert_eq!(read::<(u8, String)>(r#"[1,"a"]"#).unwrap(), (1, "a".to_owned()));
        assert_eq!(read::<Result<Vec<i32>, String>>(r#"{"Ok":[1]}"#).unwrap(), Ok(vec![1]));
    }

    #[test]
    fn a_value_of_another_kind_is_an_error_that_names_both() {
        let error = read::<String>("[]").unwrap_err().to_string();
        assert!(error.contains("sequence") && error.contains("a string"), "{error}");
        assert!(read::<u8>("256").is_err());
        assert!(read::<(u8, u8)>("[1,2,3]").is_err());
    }
}
