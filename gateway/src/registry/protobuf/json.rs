//! Messages as JSON.
//!
//! Not by the library's serializer: that one follows an `Any` in an `Any` as deep as the bytes go, and one `Any` of a
//! type that is not there would cost the whole message.

use prost_reflect::{
    DynamicMessage, FieldDescriptor, Kind, MapKey, MessageDescriptor, ReflectMessage, Value,
};

use crate::registry::{
    logical::{self, fraction, instant},
    out::{Halt, Out, Written},
};

/// How deep messages may nest, those packed into an `Any` included.
pub(super) const DEPTH: usize = 100;

/// Writes a message.
pub(super) fn message(of: &DynamicMessage, out: &mut Out, depth: usize) -> Written {
    let Some(depth) = depth.checked_sub(1) else {
        return Err(Halt::Wrong(format!("messages nest deeper than {DEPTH} levels")));
    };
    match of.descriptor().full_name() {
        "google.protobuf.Timestamp" => {
            let nanos = u32::try_from(int(of, 2)).ok().filter(|nanos| *nanos < 1_000_000_000);
            match nanos.and_then(|nanos| instant(int(of, 1), nanos)) {
                Some(text) => out.string(&text),
                None => fields(of, out, depth),
            }
        }
        "google.protobuf.Duration" => match duration(int(of, 1), int(of, 2)) {
            Some(text) => out.string(&text),
            None => fields(of, out, depth),
        },
        "google.protobuf.Any" => any(of, out, depth),
        "google.protobuf.Struct" => inner(of, 1, out, depth),
        "google.protobuf.ListValue" => inner(of, 1, out, depth),
        "google.protobuf.Value" => match of.fields().next() {
            Some((field, _)) if field.number() == 1 => out.raw("null"),
            Some((field, value)) => one(value, &field.kind(), out, depth),
            None => out.raw("null"),
        },
        "google.protobuf.DoubleValue"
        | "google.protobuf.FloatValue"
        | "google.protobuf.Int64Value"
        | "google.protobuf.UInt64Value"
        | "google.protobuf.Int32Value"
        | "google.protobuf.UInt32Value"
        | "google.protobuf.BoolValue"
        | "google.protobuf.StringValue"
        | "google.protobuf.BytesValue" => inner(of, 1, out, depth),
        "confluent.type.Decimal" => match decimal(of) {
            Some(digits) => out.raw(&digits),
            None => fields(of, out, depth),
        },
        _ => fields(of, out, depth),
    }
}

fn int(of: &DynamicMessage, number: u32) -> i64 {
    match of.get_field_by_number(number).as_deref() {
        Some(Value::I64(found)) => *found,
        Some(Value::I32(found)) => i64::from(*found),
        _ => 0,
    }
}

/// Seconds and nanoseconds, of one sign.
fn duration(seconds: i64, nanos: i64) -> Option<String> {
    let is_negative = seconds < 0 || nanos < 0;
    let is_mixed = seconds.signum() * nanos.signum() < 0;
    let nanos = u32::try_from(nanos.unsigned_abs()).ok().filter(|nanos| *nanos < 1_000_000_000)?;
    let sign = if is_negative { "-" } else { "" };
    (!is_mixed).then(|| format!("{sign}{}{}s", seconds.unsigned_abs(), fraction(nanos)))
}

fn decimal(of: &DynamicMessage) -> Option<String> {
    let unscaled = of.get_field_by_number(1)?;
    let scale = u32::try_from(int(of, 3)).ok().filter(|scale| *scale <= 4096)?;
    logical::decimal(unscaled.as_bytes()?, scale)
}

/// The one field of a message that stands for it.
fn inner(of: &DynamicMessage, number: u32, out: &mut Out, depth: usize) -> Written {
    let field = of.descriptor().get_field(number);
    match (field, of.get_field_by_number(number)) {
        (Some(field), Some(value)) => one(&value, &field.kind(), out, depth),
        _ => out.raw("null"),
    }
}

/// A message packed into another; one whose type the schema does not know stays packed.
fn any(of: &DynamicMessage, out: &mut Out, depth: usize) -> Written {
    let (url, value) = (of.get_field_by_number(1), of.get_field_by_number(2));
    let url = url.as_deref().and_then(Value::as_str).unwrap_or_default();
    let value = value.as_deref().and_then(Value::as_bytes).cloned().unwrap_or_default();
    let name = url.rsplit('/').next().unwrap_or_default();
    out.raw("{\"@type\":")?;
    out.string(url)?;
    out.raw(",\"value\":")?;
    let known: Option<MessageDescriptor> = of.descriptor().parent_pool().get_message_by_name(name);
    match known.and_then(|known| DynamicMessage::decode(known, value.clone()).ok()) {
        Some(packed) => message(&packed, out, depth)?,
        None => out.bytes(&value)?,
    }
    out.raw("}")
}

fn fields(of: &DynamicMessage, out: &mut Out, depth: usize) -> Written {
    out.raw("{")?;
    let mut is_first = true;
    let mut next = |out: &mut Out| {
        if std::mem::take(&mut is_first) { Ok(()) } else { out.raw(",") }
    };
    for field in of.descriptor().fields() {
        if field.supports_presence() && !of.has_field(&field) {
            continue;
        }
        next(out)?;
        out.string(field.name())?;
        out.raw(":")?;
        value(&of.get_field(&field), &field, out, depth)?;
    }
    for (extension, value) in of.extensions() {
        next(out)?;
        out.string(&format!("[{}]", extension.full_name()))?;
        out.raw(":")?;
        one(value, &extension.kind(), out, depth)?;
    }
    let mut unknown: Vec<u32> =
        of.unknown_fields().map(prost_reflect::UnknownField::number).collect();
    unknown.dedup();
    if !unknown.is_empty() {
        next(out)?;
        let numbers: Vec<String> = unknown.iter().take(20).map(ToString::to_string).collect();
        out.raw(&format!("\"@unknown_fields\":[{}]", numbers.join(",")))?;
    }
    out.raw("}")
}

fn value(value: &Value, field: &FieldDescriptor, out: &mut Out, depth: usize) -> Written {
    one(value, &field.kind(), out, depth)
}

fn one(value: &Value, kind: &Kind, out: &mut Out, depth: usize) -> Written {
    match value {
        Value::Bool(found) => out.raw(if *found { "true" } else { "false" }),
        Value::I32(number) => out.raw(&number.to_string()),
        Value::I64(number) => out.raw(&number.to_string()),
        Value::U32(number) => out.raw(&number.to_string()),
        Value::U64(number) => out.raw(&number.to_string()),
        Value::F32(number) => out.float32(*number),
        Value::F64(number) => out.float64(*number),
        Value::String(text) => out.string(text),
        Value::Bytes(bytes) => out.bytes(bytes),
        Value::EnumNumber(number) => {
            let known = kind.as_enum().and_then(|kind| kind.get_value(*number));
            match known {
                Some(known) if known.parent_enum().full_name() == "google.protobuf.NullValue" => {
                    out.raw("null")
                }
                Some(known) => out.string(known.name()),
                None => out.raw(&number.to_string()),
            }
        }
        Value::Message(found) => message(found, out, depth),
        Value::List(items) => {
            out.raw("[")?;
            for (n, item) in items.iter().enumerate() {
                if n > 0 {
                    out.raw(",")?;
                }
                one(item, kind, out, depth)?;
            }
            out.raw("]")
        }
        Value::Map(entries) => {
            let of = kind.as_message().filter(|of| of.is_map_entry());
            let of = of.map_or(Kind::Bytes, |of| of.map_entry_value_field().kind());
            let mut entries: Vec<(String, &Value)> =
                entries.iter().map(|(name, value)| (key(name), value)).collect();
            // In no order on the wire; in a fixed one here, so that the same record looks the same.
            entries.sort_by(|a, b| a.0.cmp(&b.0));
            out.raw("{")?;
            for (n, (name, value)) in entries.into_iter().enumerate() {
                if n > 0 {
                    out.raw(",")?;
                }
                out.string(&name)?;
                out.raw(":")?;
                one(value, &of, out, depth)?;
            }
            out.raw("}")
        }
    }
}

fn key(key: &MapKey) -> String {
    match key {
        MapKey::Bool(found) => found.to_string(),
        MapKey::I32(number) => number.to_string(),
        MapKey::I64(number) => number.to_string(),
        MapKey::U32(number) => number.to_string(),
        MapKey::U64(number) => number.to_string(),
        MapKey::String(text) => text.clone(),
    }
}
