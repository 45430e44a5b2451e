//! Schemas from their JSON.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::{Logical, Schema, Type};

/// Types of a schema with its references at most.
const TYPES: usize = 100_000;
/// Digits behind the point of a decimal at most; nobody means more.
const SCALE: u64 = 4096;

impl Schema {
    /// Reads a schema; `references` are those it refers to, each behind what it refers to itself.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(in crate::registry) fn parse(text: &str, references: &[&str]) -> Result<Self, String> {
        let mut parser = Parser::default();
        for reference in references {
            parser.text(reference)?;
        }
        let root = parser.text(text)?;
        Ok(Self { types: parser.types, root })
    }
}

#[derive(Default)]
struct Parser {
    types: Vec<Type>,
    names: HashMap<String, usize>,
}

impl Parser {
    fn text(&mut self, text: &str) -> Result<usize, String> {
        // A schema that is but a name need not stand in quotes.
        let json = serde_json::from_str(text).or_else(|error| {
            let is_word = text.chars().all(|c| c.is_ascii_alphanumeric() || "._".contains(c));
            if is_word { Ok(Value::String(text.to_owned())) } else { Err(error.to_string()) }
        })?;
        self.any(&json, "")
    }

    fn push(&mut self, of: Type) -> Result<usize, String> {
        if self.types.len() >= TYPES {
            return Err(format!("it has more than {TYPES} types"));
        }
        self.types.push(of);
        Ok(self.types.len() - 1)
    }

    fn any(&mut self, json: &Value, space: &str) -> Result<usize, String> {
        match json {
            Value::String(name) => self.named(name, &Map::new(), space),
            Value::Array(branches) => {
                let branches = branches.iter().map(|branch| self.any(branch, space));
                let branches = branches.collect::<Result<_, _>>()?;
                self.push(Type::Union(branches))
            }
            Value::Object(fields) => match fields.get("type") {
                Some(Value::String(kind)) => self.object(kind, fields, space),
                Some(inner) => self.any(inner, space),
                None => Err("a type has no field \"type\"".to_owned()),
            },
            other => Err(format!("{other} is no type")),
        }
    }

    fn object(
        &mut self,
        kind: &str,
        json: &Map<String, Value>,
        space: &str,
    ) -> Result<usize, String> {
        match kind {
            "record" | "error" => self.record(json, space),
            "enum" => {
                let (name, _) = full_name(json, space)?;
                let symbols = json.get("symbols").and_then(Value::as_array);
                let symbols = symbols.ok_or_else(|| format!("enum {name} has no symbols"))?;
                let symbols = symbols.iter().filter_map(Value::as_str).map(str::to_owned).collect();
                let at = self.push(Type::Enum { name: name.clone(), symbols })?;
                self.name(&name, at)
            }
            "fixed" => {
                let (name, _) = full_name(json, space)?;
                let size = json.get("size").and_then(Value::as_u64);
                let size = size.and_then(|size| usize::try_from(size).ok());
                let size = size.ok_or_else(|| format!("fixed {name} has no size"))?;
                let logical = match logical(json) {
                    Logical::Uuid if size != 16 => Logical::Plain,
                    Logical::Duration if size != 12 => Logical::Plain,
                    found => found,
                };
                let at = self.push(Type::Fixed { name: name.clone(), size, logical })?;
                self.name(&name, at)
            }
            "array" => {
                let items = json.get("items").ok_or("an array has no items")?;
                let items = self.any(items, space)?;
                self.push(Type::Array(items))
            }
            "map" => {
                let values = json.get("values").ok_or("a map has no values")?;
                let values = self.any(values, space)?;
                self.push(Type::Map(values))
            }
            name => self.named(name, json, space),
        }
    }

    fn record(&mut self, json: &Map<String, Value>, space: &str) -> Result<usize, String> {
        let (name, inner) = full_name(json, space)?;
        // Known before its fields are read: they may be of this type again.
        let at = self.push(Type::Null)?;
        self.name(&name, at)?;
        let all = json.get("fields").and_then(Value::as_array);
        let all = all.ok_or_else(|| format!("record {name} has no fields"))?;
        let mut fields = Vec::with_capacity(all.len());
        for field in all {
            let own = field.get("name").and_then(Value::as_str);
            let own = own.ok_or_else(|| format!("a field of {name} has no name"))?;
            let of = field.get("type").ok_or_else(|| format!("{name}.{own} has no type"))?;
            fields.push((own.to_owned(), self.any(of, &inner)?));
        }
        if let Some(place) = self.types.get_mut(at) {
            *place = Type::Record { name, fields };
        }
        Ok(at)
    }

    fn name(&mut self, name: &str, at: usize) -> Result<usize, String> {
        match self.names.insert(name.to_owned(), at) {
            None => Ok(at),
            Some(_) => Err(format!("{name} is described twice")),
        }
    }

    /// A type that is but a name.
    fn named(
        &mut self,
        name: &str,
        json: &Map<String, Value>,
        space: &str,
    ) -> Result<usize, String> {
        let logical = logical(json);
        let of = match name {
            "null" => Type::Null,
            "boolean" => Type::Boolean,
            "int" => Type::Int(logical),
            "long" => Type::Long(logical),
            "float" => Type::Float,
            "double" => Type::Double,
            "bytes" => Type::Bytes(logical),
            "string" => Type::String,
            name => {
                let known = |name: &str| self.names.get(name).copied();
                let found = match name.contains('.') {
                    false if !space.is_empty() => {
                        known(&format!("{space}.{name}")).or_else(|| known(name))
                    }
                    _ => known(name),
                };
                return found.ok_or_else(|| format!("nothing describes the type {name}"));
            }
        };
        self.push(of)
    }
}

/// A type's full name and the namespace of what is in it.
fn full_name(json: &Map<String, Value>, space: &str) -> Result<(String, String), String> {
    let name = json.get("name").and_then(Value::as_str).ok_or("a type has no name")?;
    if let Some((space, _)) = name.rsplit_once('.') {
        return Ok((name.to_owned(), space.to_owned()));
    }
    let space = json.get("namespace").and_then(Value::as_str).unwrap_or(space);
    let full = if space.is_empty() { name.to_owned() } else { format!("{space}.{name}") };
    Ok((full, space.to_owned()))
}

/// What the type stands for; a logical type that nobody knows stands for nothing, as the specification has it.
fn logical(json: &Map<String, Value>) -> Logical {
    let number = |key: &str| json.get(key).and_then(Value::as_u64);
    match json.get("logicalType").and_then(Value::as_str).unwrap_or_default() {
        "decimal" => match number("scale").unwrap_or(0) {
            scale @ 0..=SCALE => Logical::Decimal { scale: u32::try_from(scale).unwrap_or(0) },
            _ => Logical::Plain,
        },
        "big-decimal" => Logical::BigDecimal,
        "date" => Logical::Date,
        "time-millis" => Logical::Time(3),
        "time-micros" => Logical::Time(6),
        "timestamp-millis" => Logical::Instant(3),
        "timestamp-micros" => Logical::Instant(6),
        "timestamp-nanos" => Logical::Instant(9),
        "local-timestamp-millis" => Logical::Local(3),
        "local-timestamp-micros" => Logical::Local(6),
        "local-timestamp-nanos" => Logical::Local(9),
        "uuid" => Logical::Uuid,
        "duration" => Logical::Duration,
        _ => Logical::Plain,
    }
}
