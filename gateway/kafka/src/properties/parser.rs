//! Logical lines, then key, separator and value with their escapes.

use super::PropertiesError;

/// One pair with the line its key stands on.
pub(super) struct Pair {
    pub(super) key: String,
    pub(super) value: String,
    pub(super) line: usize,
}

/// All pairs of `text` in order.
pub(super) fn pairs(text: &str, source: &str) -> Result<Vec<Pair>, PropertiesError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut pairs = Vec::new();
    let mut lines = natural_lines(text).enumerate();
    while let Some((idx, first)) = lines.next() {
        let start = first.trim_start_matches(is_blank);
        if start.is_empty() || start.starts_with(['#', '!']) {
            continue;
        }
        let mut logical = start.to_owned();
        while ends_in_continuation(&logical) {
            logical.pop();
            match lines.next() {
                Some((_, next)) => logical.push_str(next.trim_start_matches(is_blank)),
                None => break,
            }
        }
        let line = idx + 1;
        let (key, value) = split(&logical);
        pairs.push(Pair {
            key: unescape(key, source, line)?,
            value: unescape(value, source, line)?,
            line,
        });
    }
    Ok(pairs)
}

/// Lines ended by LF, CR or CRLF.
fn natural_lines(text: &str) -> impl Iterator<Item = &str> {
    text.split('\n').flat_map(|line| {
        let line = line.strip_suffix('\r').unwrap_or(line);
        line.split('\r')
    })
}

fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\u{c}')
}

fn ends_in_continuation(line: &str) -> bool {
    line.chars().rev().take_while(|c| *c == '\\').count() % 2 == 1
}

/// Raw key and raw value: the key ends at the first unescaped blank, `=` or `:`.
fn split(line: &str) -> (&str, &str) {
    let mut escaped = false;
    let end = line
        .char_indices()
        .find(|(_, c)| {
            let ends = !escaped && (is_blank(*c) || matches!(c, '=' | ':'));
            escaped = !escaped && *c == '\\';
            ends
        })
        .map_or(line.len(), |(at, _)| at);
    let (key, rest) = line.split_at(end);
    let rest = rest.trim_start_matches(is_blank);
    let rest = rest.strip_prefix(['=', ':']).unwrap_or(rest);
    (key, rest.trim_start_matches(is_blank))
}

fn unescape(raw: &str, source: &str, line: usize) -> Result<String, PropertiesError> {
    let malformed = || PropertiesError {
        source_name: source.to_owned(),
        line,
        problem: "a \\u escape is not followed by the four hex digits of a character".to_owned(),
        remedy: "Write \\\\u if a backslash and the letter u are meant",
    };
    let mut text = String::with_capacity(raw.len());
    // A character outside the basic plane is written as two escapes, a surrogate pair.
    let mut high: Option<u32> = None;
    let mut chars = raw.chars();
    while let Some(c) = chars.next() {
        let unit = if c == '\\' {
            match chars.next() {
                None => break,
                Some('t') => u32::from('\t'),
                Some('n') => u32::from('\n'),
                Some('r') => u32::from('\r'),
                Some('f') => 0xc,
                Some('u') => {
                    let mut unit = 0;
                    for _ in 0..4 {
                        let digit = chars.next().and_then(|c| c.to_digit(16));
                        unit = unit * 16 + digit.ok_or_else(malformed)?;
                    }
                    unit
                }
                Some(other) => u32::from(other),
            }
        } else {
            u32::from(c)
        };
        match (high.take(), unit) {
            (None, 0xd800..=0xdbff) => high = Some(unit),
            (None, _) => text.push(char::from_u32(unit).ok_or_else(malformed)?),
            (Some(high), 0xdc00..=0xdfff) => {
                let code = 0x10000 + ((high - 0xd800) << 10) + (unit - 0xdc00);
                text.push(char::from_u32(code).ok_or_else(malformed)?);
            }
            (Some(_), _) => return Err(malformed()),
        }
    }
    if high.is_some() { Err(malformed()) } else { Ok(text) }
}
