//! Where a new mirror begins (`mirror.start.offset.spec`).

use std::{fmt, str::FromStr};

/// Where a new mirror begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StartOffset {
    /// The first record the source still has.
    Earliest,
    /// Only what is written after the mirror was created.
    Latest,
    /// The first record at or after this time, ms since the epoch.
    Timestamp(i64),
}

/// The text is neither a word nor a time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is neither `earliest`, `latest` nor an ISO-8601 time such as 2026-11-22T08:30:00Z")]
pub struct StartOffsetError(String);

impl FromStr for StartOffset {
    type Err = StartOffsetError;

    fn from_str(text: &str) -> Result<Self, StartOffsetError> {
        match text {
            "earliest" => Ok(Self::Earliest),
            "latest" => Ok(Self::Latest),
            _ => {
                instant(text).map(Self::Timestamp).ok_or_else(|| StartOffsetError(text.to_owned()))
            }
        }
    }
}

impl fmt::Display for StartOffset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Earliest => f.write_str("earliest"),
            Self::Latest => f.write_str("latest"),
            Self::Timestamp(ms) => write!(f, "{ms} ms since the epoch"),
        }
    }
}

/// `YYYY-MM-DD[THH:MM[:SS[.fff]][Z|±HH[:]MM]]`, UTC when no zone is given.
fn instant(text: &str) -> Option<i64> {
    let (date, time) = text.split_once('T').unwrap_or((text, "00:00Z"));
    let days = days(date)?;
    let zone_at = time.find(['Z', '+', '-']);
    let (clock, zone) = zone_at.map_or((time, "Z"), |at| time.split_at(at));
    let local = days.checked_mul(86_400_000)?.checked_add(clock_ms(clock)?)?;
    local.checked_sub(zone_ms(zone)?)
}

fn number(text: &str, digits: usize) -> Option<i64> {
    (text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit()))
        .then(|| text.parse().ok())
        .flatten()
}

fn days(date: &str) -> Option<i64> {
    let mut parts = date.split('-');
    let (year, month, day) =
        (number(parts.next()?, 4)?, number(parts.next()?, 2)?, number(parts.next()?, 2)?);
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let longest = match month {
        4 | 6 | 9 | 11 => 30,
        2 => 28 + i64::from(leap),
        _ => 31,
    };
    if parts.next().is_some() || !(1..=12).contains(&month) || !(1..=longest).contains(&day) {
        return None;
    }
    // Days from 1970-01-01, counting years from March so that the leap day is the last of one.
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    Some(era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468)
}

fn clock_ms(clock: &str) -> Option<i64> {
    let mut parts = clock.split(':');
    let (hour, minute) = (number(parts.next()?, 2)?, number(parts.next()?, 2)?);
    let seconds = parts.next().unwrap_or("00");
    let (seconds, fraction) = seconds.split_once('.').unwrap_or((seconds, "0"));
    let second = number(seconds, 2)?;
    if parts.next().is_some() || hour > 23 || minute > 59 || second > 59 || fraction.is_empty() {
        return None;
    }
    if !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let mut ms = 0;
    for digit in fraction.bytes().chain([b'0'; 3]).take(3) {
        ms = ms * 10 + i64::from(digit - b'0');
    }
    Some(((hour * 60 + minute) * 60 + second) * 1_000 + ms)
}

fn zone_ms(zone: &str) -> Option<i64> {
    if zone == "Z" {
        return Some(0);
    }
    let sign = if zone.starts_with('-') { -1 } else { 1 };
    let digits: String = zone.chars().skip(1).filter(|c| *c != ':').collect();
    let (hours, minutes) = digits.split_at_checked(2)?;
    let (hours, minutes) = (number(hours, 2)?, number(minutes, 2)?);
    (hours <= 18 && minutes <= 59).then_some(sign * (hours * 60 + minutes) * 60_000)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn times_are_read_with_their_zone() {
        for (text, ms) in [
            ("1970-01-01", 0),
            ("2026-11-22T08:30:00Z", 1_795_336_200_000),
            ("2026-11-22T10:30+02:00", 1_795_336_200_000),
            ("2026-11-22T03:00:00.250-0530", 1_795_336_200_250),
            ("2024-02-29T00:00:00Z", 1_709_164_800_000),
            ("1969-12-31T23:59:59.999", -1),
        ] {
            assert_eq!(text.parse(), Ok(StartOffset::Timestamp(ms)), "{text}");
        }
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in
            ["", "Latest", "2023-02-29", "2026-13-01", "2026-1-1", "2026-01-01T24:00", "now"]
        {
            assert!(text.parse::<StartOffset>().is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn arbitrary_text_never_panics(text in "[0-9TZ:.+é-]{0,30}") {
            let _result = text.parse::<StartOffset>();
        }
    }
}
