//! Expressions in CEL, the Common Expression Language.

use std::collections::HashMap;

use cel::{Context, ExecutionError, Program, Value};
use drawbridge_shared::view::Decoding;

use super::{Decodings, Raw, bounds, fields::Fields, loops};
use crate::browse::decode::{self, Frames};

/// What an expression may speak of.
const NAMES: [&str; 6] = ["partition", "offset", "timestamp", "key", "value", "headers"];

/// An expression that is ready to run, on a thread of [`bounds::thread`].
pub(in crate::browse) struct Expression {
    program: Program,
    context: Context<'static, 'static>,
    decodings: Decodings,
    wants_key: bool,
    wants_value: bool,
    wants_headers: bool,
    key_fields: Fields,
    value_fields: Fields,
}

impl Expression {
    /// Compiles the expression and tries it on a made-up record.
    pub(super) fn new(text: &str, decodings: Decodings) -> Result<Self, String> {
        if text.trim().is_empty() {
            return Err("the expression is empty".to_owned());
        }
        bounds::check(text)?;
        bounds::with_room(|| Self::compiled(text, decodings))?
    }

    pub(super) fn compiled(text: &str, decodings: Decodings) -> Result<Self, String> {
        let program = Program::compile(text).map_err(|errors| {
            let words = errors.errors.iter().map(|error| {
                let (line, column) = error.pos;
                let first = error.msg.lines().next().unwrap_or_default();
                format!("line {line}, column {}: {first}", column.max(1))
            });
            words.take(3).collect::<Vec<_>>().join("; ")
        })?;
        let loops = loops::check(program.expression())?;
        let references = program.references();
        if let Some(unknown) = references
            .variables()
            .into_iter()
            .find(|name| !NAMES.contains(name) && !name.starts_with('@'))
            && !is_bound(text, unknown)
        {
            let place = place(text, unknown);
            return Err(format!("{place}there is no '{unknown}'"));
        }
        let wants = |name| references.has_variable(name);
        let (wants_key, wants_value, wants_headers) =
            (wants("key"), wants("value"), wants("headers"));
        let ready = Self {
            program,
            context: Context::default(),
            decodings,
            wants_key,
            wants_value,
            wants_headers,
            key_fields: Fields::of(text, "key"),
            value_fields: Fields::of(text, "value"),
        };
        if loops.are_nested() {
            // Over lists that the expression names itself it may take long; it has to be stopped like a search.
            return Ok(ready);
        }
        let sample = Raw {
            partition: 0,
            offset: 0,
            timestamp_ms: Some(0),
            key: Some(b"key"),
            value: Some(b"{}"),
            headers: &[],
            decoder: None,
            frames: Frames::default(),
        };
        match ready.result(&sample) {
            Ok(Value::Bool(_)) => Ok(ready),
            Ok(other) => {
                Err(format!("it gives {}, and has to give true or false", other.type_of()))
            }
            Err(ExecutionError::UndeclaredReference(name)) => {
                Err(format!("{}there is no '{name}'", place(text, &name)))
            }
            // A made-up record has not the fields of a real one.
            Err(_) => Ok(ready),
        }
    }

    pub(super) fn wants_headers(&self) -> bool {
        self.wants_headers
    }

    pub(super) fn holds(&self, record: &Raw<'_>) -> Result<bool, String> {
        match self.result(record) {
            Ok(Value::Bool(holds)) => Ok(holds),
            Ok(other) => Err(format!("it gives {}, not true or false", other.type_of())),
            Err(error) => Err(shortened(&error.to_string())),
        }
    }

    fn result(&self, record: &Raw<'_>) -> Result<Value, ExecutionError> {
        let mut context = self.context.new_inner_scope();
        context.add_variable_from_value("partition", i64::from(record.partition));
        context.add_variable_from_value("offset", record.offset);
        let time = record.timestamp_ms.map_or(Value::Null, Value::Int);
        context.add_variable_from_value("timestamp", time);
        if self.wants_key {
            let key = record.explained_key(self.decodings.0);
            let key = explained(key, &self.key_fields)
                .unwrap_or_else(|| value(record.key, self.decodings.0, &self.key_fields));
            context.add_variable_from_value("key", key);
        }
        if self.wants_value {
            let found = record.explained_value(self.decodings.1);
            let found = explained(found, &self.value_fields)
                .unwrap_or_else(|| value(record.value, self.decodings.1, &self.value_fields));
            context.add_variable_from_value("value", found);
        }
        if self.wants_headers {
            let headers: HashMap<String, Value> = record
                .headers
                .iter()
                .map(|(name, bytes)| {
                    ((*name).to_owned(), value(*bytes, Decoding::Auto, &Fields::All))
                })
                .collect();
            context.add_variable_from_value("headers", headers);
        }
        self.program.execute(&context)
    }
}

/// Whether a macro of the expression binds the name, as `x` in `list.exists(x, x > 1)`.
fn is_bound(text: &str, name: &str) -> bool {
    ["all", "exists", "exists_one", "map", "filter"].iter().any(|call| {
        text.match_indices(&format!(".{call}(")).any(|(at, found)| {
            text.get(at + found.len()..).is_some_and(|rest| rest.trim_start().starts_with(name))
        })
    })
}

/// Where a name stands, in words.
fn place(text: &str, name: &str) -> String {
    match text.find(name) {
        Some(at) => {
            let before = text.get(..at).unwrap_or_default();
            let line = before.matches('\n').count() + 1;
            let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
            format!("line {line}, column {column}: ")
        }
        None => String::new(),
    }
}

/// Errors of expressions hold the values they failed on.
fn shortened(message: &str) -> String {
    const MOST: usize = 300;
    match message.char_indices().nth(MOST) {
        Some((at, _)) => format!("{}…", message.get(..at).unwrap_or_default()),
        None => message.to_owned(),
    }
}

/// What a schema or the topic makes of bytes, as an expression sees it.
fn explained(text: Option<String>, fields: &Fields) -> Option<Value> {
    Some(of_json(fields.read(text?.as_bytes())?))
}

/// Bytes as an expression sees them: objects and lists of JSON and `MessagePack` with their fields, other text as
/// text, numbers where they were asked for, and else bytes.
fn value(bytes: Option<&[u8]>, decoding: Decoding, fields: &Fields) -> Value {
    let Some(bytes) = bytes else { return Value::Null };
    let number = match decoding {
        Decoding::Int32 => bytes.try_into().ok().map(i32::from_be_bytes).map(i64::from),
        Decoding::Int64 => bytes.try_into().ok().map(i64::from_be_bytes),
        _ => None,
    };
    if let Some(number) = number {
        return Value::Int(number);
    }
    let content = match (decoding, bytes) {
        (Decoding::Auto | Decoding::Registry, [0, _, _, _, _, content @ ..]) => content,
        _ => bytes,
    };
    if decoding != Decoding::Text {
        let first = content.iter().find(|byte| !byte.is_ascii_whitespace());
        let is_json = decoding == Decoding::Json || matches!(first, Some(b'{' | b'[' | b'"'));
        if is_json && let Some(json) = fields.read(content) {
            return of_json(json);
        }
        if let Some(json) = decode::unpacked(bytes) {
            return of_json(json);
        }
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Value::from(text),
        Err(_) => Value::from(bytes.to_vec()),
    }
}

fn of_json(json: serde_json::Value) -> Value {
    use serde_json::Value as Json;
    match json {
        Json::Null => Value::Null,
        Json::Bool(found) => Value::Bool(found),
        Json::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(number), _) => Value::Int(number),
            (None, Some(number)) => Value::UInt(number),
            (None, None) => Value::Float(number.as_f64().unwrap_or(f64::NAN)),
        },
        Json::String(text) => Value::from(text),
        Json::Array(items) => Value::from(items.into_iter().map(of_json).collect::<Vec<_>>()),
        Json::Object(fields) => {
            let fields = fields.into_iter().map(|(name, value)| (name, of_json(value)));
            Value::from(fields.collect::<HashMap<String, Value>>())
        }
    }
}
