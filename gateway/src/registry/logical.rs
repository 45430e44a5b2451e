//! What logical types stand for, in words. What is out of their range stays the number it is.

use num_bigint::BigInt;
use time::OffsetDateTime;

use super::avro::Logical;

/// Bytes of a decimal that are made into digits: more take longer than anybody waits.
const DECIMAL: usize = 1024;

/// A number as its logical type has it; none if it is to stay a number.
pub(super) fn of_number(number: i64, logical: Logical) -> Option<String> {
    match logical {
        Logical::Date => {
            let at = moment(number.checked_mul(86_400)?, 0)?;
            Some(date(at))
        }
        Logical::Time(digits) => {
            let unit = 10_i64.checked_pow(digits)?;
            let seconds = number.div_euclid(unit);
            (0..86_400).contains(&seconds).then(|| {
                let (hour, minute) = (seconds / 3600, seconds / 60 % 60);
                format!("{hour:02}:{minute:02}:{:02}{}", seconds % 60, rest(number, unit, digits))
            })
        }
        Logical::Instant(digits) => Some(format!("{}Z", date_and_time(number, digits)?)),
        Logical::Local(digits) => date_and_time(number, digits),
        _ => None,
    }
}

fn date_and_time(number: i64, digits: u32) -> Option<String> {
    let unit = 10_i64.checked_pow(digits)?;
    let at = moment(number.div_euclid(unit), 0)?;
    let rest = rest(number, unit, digits);
    Some(format!("{}T{:02}:{:02}:{:02}{rest}", date(at), at.hour(), at.minute(), at.second()))
}

fn rest(number: i64, unit: i64, digits: u32) -> String {
    let width = usize::try_from(digits).unwrap_or(0);
    format!(".{:0width$}", number.rem_euclid(unit))
}

fn date(at: OffsetDateTime) -> String {
    format!("{:04}-{:02}-{:02}", at.year(), u8::from(at.month()), at.day())
}

/// A moment of the years 1 to 9999.
pub(super) fn moment(seconds: i64, nanos: u32) -> Option<OffsetDateTime> {
    let at = OffsetDateTime::from_unix_timestamp(seconds).ok()?.replace_nanosecond(nanos).ok()?;
    (1..=9999).contains(&at.year()).then_some(at)
}

/// A moment with as few digits behind the second as it has, in threes.
pub(super) fn instant(seconds: i64, nanos: u32) -> Option<String> {
    let at = moment(seconds, nanos)?;
    let (hour, minute, second) = (at.hour(), at.minute(), at.second());
    Some(format!("{}T{hour:02}:{minute:02}:{second:02}{}Z", date(at), fraction(nanos)))
}

/// Nanoseconds behind the point, in threes of digits.
pub(super) fn fraction(nanos: u32) -> String {
    match nanos {
        0 => String::new(),
        nanos if nanos % 1_000_000 == 0 => format!(".{:03}", nanos / 1_000_000),
        nanos if nanos % 1_000 == 0 => format!(".{:06}", nanos / 1_000),
        nanos => format!(".{nanos:09}"),
    }
}

/// A decimal's digits; none if it is too long to be meant.
pub(super) fn decimal(unscaled: &[u8], scale: u32) -> Option<String> {
    if unscaled.len() > DECIMAL {
        return None;
    }
    let number = BigInt::from_signed_bytes_be(unscaled).to_string();
    let (sign, digits) = match number.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", number.as_str()),
    };
    let scale = usize::try_from(scale).ok()?;
    if scale == 0 {
        return Some(number);
    }
    let digits = format!("{digits:0>width$}", width = scale + 1);
    let (whole, behind) = digits.split_at_checked(digits.len().checked_sub(scale)?)?;
    Some(format!("{sign}{whole}.{behind}"))
}

/// Months, days and milliseconds in twelve bytes.
pub(super) fn duration(bytes: &[u8]) -> Option<[u32; 3]> {
    let (parts, []) = bytes.as_chunks::<4>() else { return None };
    let [months, days, millis] = parts else { return None };
    Some([*months, *days, *millis].map(u32::from_le_bytes))
}
