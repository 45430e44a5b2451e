//! Binary data as JSON.

use super::{Logical, Schema, Type};
use crate::registry::{
    logical,
    out::{Halt, Out, Written},
};

/// How deep data may nest. Schemas that people write nest a few levels; one that holds itself lets data nest for ever.
const DEPTH: usize = 100;

impl Schema {
    /// Writes data of this schema.
    pub(in crate::registry) fn read(&self, bytes: &[u8], out: &mut Out) -> Written {
        let mut data = Data { bytes, all: bytes.len(), types: &self.types };
        data.value(self.root, out, DEPTH)?;
        match data.bytes.len() {
            0 => Ok(()),
            rest => Err(Halt::Wrong(format!("{rest} bytes follow the value"))),
        }
    }
}

struct Data<'a> {
    bytes: &'a [u8],
    all: usize,
    types: &'a [Type],
}

impl<'a> Data<'a> {
    fn wrong(&self, what: &str) -> Halt {
        Halt::Wrong(format!("{what} at byte {}", self.all - self.bytes.len()))
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], Halt> {
        let Some((part, rest)) = self.bytes.split_at_checked(length) else {
            let here = self.bytes.len();
            return Err(self.wrong(&format!("{length} bytes are missing, {here} are there,")));
        };
        self.bytes = rest;
        Ok(part)
    }

    fn long(&mut self) -> Result<i64, Halt> {
        let mut number = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.take(1)?.first().copied().unwrap_or(0);
            let bits = u64::from(byte & 0x7f);
            if shift == 63 && bits > 1 {
                break;
            }
            number |= bits << shift;
            if byte & 0x80 == 0 {
                return Ok((number >> 1).cast_signed() ^ -(number & 1).cast_signed());
            }
        }
        Err(self.wrong("a number is too long"))
    }

    fn length(&mut self) -> Result<usize, Halt> {
        let length = self.long()?;
        usize::try_from(length).map_err(|_| self.wrong(&format!("{length} is no length")))
    }

    fn text(&mut self) -> Result<&'a str, Halt> {
        let length = self.length()?;
        let bytes = self.take(length)?;
        std::str::from_utf8(bytes).map_err(|_| self.wrong("a string is not UTF-8"))
    }

    fn value(&mut self, of: usize, out: &mut Out, depth: usize) -> Written {
        let Some(depth) = depth.checked_sub(1) else {
            return Err(self.wrong(&format!("the data nests deeper than {DEPTH} levels")));
        };
        let types = self.types;
        let Some(of) = types.get(of) else { return Err(self.wrong("a type is missing")) };
        match of {
            Type::Null => out.raw("null"),
            Type::Boolean => match self.take(1)?.first() {
                Some(0) => out.raw("false"),
                Some(1) => out.raw("true"),
                _ => Err(self.wrong("a boolean is neither 0 nor 1")),
            },
            Type::Int(kind) => {
                let number = self.long()?;
                if i32::try_from(number).is_err() {
                    return Err(self.wrong("an int has more than 32 bits"));
                }
                write_number(number, *kind, out)
            }
            Type::Long(kind) => {
                let number = self.long()?;
                write_number(number, *kind, out)
            }
            Type::Float => {
                let bytes = self.take(4)?.try_into().unwrap_or_default();
                out.float32(f32::from_le_bytes(bytes))
            }
            Type::Double => {
                let bytes = self.take(8)?.try_into().unwrap_or_default();
                out.float64(f64::from_le_bytes(bytes))
            }
            Type::Bytes(kind) => {
                let length = self.length()?;
                let bytes = self.take(length)?;
                write_bytes(bytes, *kind, out)
            }
            Type::String => {
                let text = self.text()?;
                out.string(text)
            }
            Type::Fixed { size, logical, .. } => {
                let bytes = self.take(*size)?;
                write_bytes(bytes, *logical, out)
            }
            Type::Enum { name, symbols } => {
                let at = self.long()?;
                let symbol = usize::try_from(at).ok().and_then(|at| symbols.get(at));
                match symbol {
                    Some(symbol) => out.string(symbol),
                    None => Err(self.wrong(&format!("enum {name} has no symbol {at}"))),
                }
            }
            Type::Union(branches) => {
                let at = self.long()?;
                let branch = usize::try_from(at).ok().and_then(|at| branches.get(at));
                match branch {
                    Some(branch) => self.value(*branch, out, depth),
                    None => Err(self.wrong(&format!("a union has no branch {at}"))),
                }
            }
            Type::Record { fields, .. } => {
                out.raw("{")?;
                for (n, (name, of)) in fields.iter().enumerate() {
                    if n > 0 {
                        out.raw(",")?;
                    }
                    out.string(name)?;
                    out.raw(":")?;
                    self.value(*of, out, depth)?;
                }
                out.raw("}")
            }
            Type::Array(items) => {
                out.raw("[")?;
                self.blocks(out, |data, out| data.value(*items, out, depth))?;
                out.raw("]")
            }
            Type::Map(values) => {
                out.raw("{")?;
                self.blocks(out, |data, out| {
                    let key = data.text()?;
                    out.string(key)?;
                    out.raw(":")?;
                    data.value(*values, out, depth)
                })?;
                out.raw("}")
            }
        }
    }

    /// The blocks of an array or a map. Each item makes text, whose length is bounded: a count alone costs nothing.
    fn blocks(
        &mut self,
        out: &mut Out,
        mut item: impl FnMut(&mut Self, &mut Out) -> Written,
    ) -> Written {
        let mut is_first = true;
        loop {
            let count = match self.long()? {
                0 => return Ok(()),
                count if count < 0 => {
                    self.length()?;
                    count.unsigned_abs()
                }
                count => count.unsigned_abs(),
            };
            for _ in 0..count {
                if !std::mem::take(&mut is_first) {
                    out.raw(",")?;
                }
                item(self, out)?;
            }
        }
    }
}

fn write_number(number: i64, kind: Logical, out: &mut Out) -> Written {
    match logical::of_number(number, kind) {
        Some(text) => out.string(&text),
        None => out.raw(&number.to_string()),
    }
}

fn write_bytes(bytes: &[u8], kind: Logical, out: &mut Out) -> Written {
    let digits = match kind {
        Logical::Decimal { scale } => logical::decimal(bytes, scale),
        Logical::BigDecimal => big_decimal(bytes),
        Logical::Uuid => {
            return match uuid::Uuid::from_slice(bytes) {
                Ok(id) => out.string(&id.to_string()),
                Err(_) => out.bytes(bytes),
            };
        }
        Logical::Duration => logical::duration(bytes).map(|[months, days, millis]| {
            format!("{{\"months\":{months},\"days\":{days},\"millis\":{millis}}}")
        }),
        _ => None,
    };
    match digits {
        Some(digits) => out.raw(&digits),
        None => out.bytes(bytes),
    }
}

/// A decimal that brings its scale along, in the bytes themselves.
fn big_decimal(bytes: &[u8]) -> Option<String> {
    let mut data = Data { bytes, all: bytes.len(), types: &[] };
    let length = data.length().ok()?;
    let unscaled = data.take(length).ok()?;
    let scale = u32::try_from(data.long().ok()?).ok().filter(|scale| *scale <= 4096)?;
    data.bytes.is_empty().then(|| logical::decimal(unscaled, scale))?
}
