//! Durations, ages and points in time. The caller says what time it is and which zone it wants.

use super::number::count;

const SECOND: u64 = 1_000;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// A duration for a glance, two units at most, rounded down: `340 ms`, `3.1 s`, `4 min 12 s`, `3 d 4 h`.
#[must_use]
pub fn duration(ms: u64) -> String {
    let pair = |large: u64, name: &str, small: u64, small_name: &str| {
        let (whole, rest) = (ms / large, ms % large / small);
        if rest == 0 {
            format!("{} {name}", count(whole))
        } else {
            format!("{} {name} {rest} {small_name}", count(whole))
        }
    };
    match ms {
        ..SECOND => format!("{ms} ms"),
        SECOND..10_000 => format!("{}.{} s", ms / SECOND, ms % SECOND / 100),
        10_000..MINUTE => format!("{} s", ms / SECOND),
        MINUTE..HOUR => pair(MINUTE, "min", SECOND, "s"),
        HOUR..DAY => pair(HOUR, "h", MINUTE, "min"),
        DAY.. => pair(DAY, "d", HOUR, "h"),
    }
}

/// A duration without rounding, as many units as it takes: `7 days`, `1 h 30 min`, `1 min 1 ms`.
#[must_use]
pub fn exact_duration(ms: u64) -> String {
    if ms == 0 {
        return "0 ms".to_owned();
    }
    let mut rest = ms;
    let mut parts: Vec<String> = Vec::new();
    for (size, one, many) in [
        (DAY, "day", "days"),
        (HOUR, "h", "h"),
        (MINUTE, "min", "min"),
        (SECOND, "s", "s"),
        (1, "ms", "ms"),
    ] {
        let n = rest / size;
        rest %= size;
        if n > 0 {
            parts.push(format!("{} {}", count(n), if n == 1 { one } else { many }));
        }
    }
    parts.join(" ")
}

/// How long a round trip took: `840 µs`, `1.2 ms`, `340 ms`.
#[must_use]
pub fn latency(micros: u64) -> String {
    match micros {
        ..1_000 => format!("{micros} µs"),
        1_000..100_000 => format!("{}.{} ms", micros / 1_000, micros % 1_000 / 100),
        100_000.. => duration(micros / 1_000),
    }
}

/// How long ago something was, or how soon it will be, in one unit: `just now`, `21 min ago`, `in 4 s`.
#[must_use]
pub fn age(now_ms: i64, then_ms: i64) -> String {
    let apart = now_ms.abs_diff(then_ms);
    let coarse = match apart {
        ..SECOND => return "just now".to_owned(),
        SECOND..MINUTE => format!("{} s", apart / SECOND),
        MINUTE..HOUR => format!("{} min", apart / MINUTE),
        HOUR..DAY => format!("{} h", apart / HOUR),
        DAY.. => format!("{} d", count(apart / DAY)),
    };
    if then_ms > now_ms { format!("in {coarse}") } else { format!("{coarse} ago") }
}

/// A point in time to the millisecond: `2026-11-22 09:31:02.440`, `offset_minutes` east of UTC.
#[must_use]
pub fn absolute(ms: i64, offset_minutes: i32) -> String {
    let local = ms.saturating_add(i64::from(offset_minutes) * 60_000);
    let (year, month, day) = civil(local.div_euclid(86_400_000));
    let of_day = local.rem_euclid(86_400_000);
    format!(
        "{year:04}-{month:02}-{day:02} {:02}:{:02}:{:02}.{:03}",
        of_day / 3_600_000,
        of_day / 60_000 % 60,
        of_day / 1_000 % 60,
        of_day % 1_000
    )
}

/// The zone that `absolute` was asked for: `UTC`, `UTC+02:00`.
#[must_use]
pub fn zone(offset_minutes: i32) -> String {
    if offset_minutes == 0 {
        return "UTC".to_owned();
    }
    let sign = if offset_minutes < 0 { '-' } else { '+' };
    let minutes = offset_minutes.unsigned_abs();
    format!("UTC{sign}{:02}:{:02}", minutes / 60, minutes % 60)
}

/// Year, month and day of the proleptic Gregorian calendar, `days` after 1970-01-01.
/// Counts in years that begin in March, so that the leap day is a year's last.
fn civil(days: i64) -> (i64, i64, i64) {
    let since = days + 719_468;
    let era = since.div_euclid(146_097);
    let of_era = since.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn durations_have_two_units_at_most() {
        let shown: Vec<String> =
            [0, 340, 3_190, 42_000, 252_000, 120_000, 7_500_000, 273_600_000].map(duration).into();
        assert_eq!(
            shown,
            ["0 ms", "340 ms", "3.1 s", "42 s", "4 min 12 s", "2 min", "2 h 5 min", "3 d 4 h"]
        );
    }

    #[test]
    fn exact_durations_lose_nothing() {
        let shown: Vec<String> = [0, 604_800_000, 5_400_000, 60_001].map(exact_duration).into();
        assert_eq!(shown, ["0 ms", "7 days", "1 h 30 min", "1 min 1 ms"]);
    }

    #[test]
    fn latencies_keep_a_tenth() {
        let shown: Vec<String> = [840, 1_240, 340_999, 1_500_000].map(latency).into();
        assert_eq!(shown, ["840 µs", "1.2 ms", "340 ms", "1.5 s"]);
    }

    #[test]
    fn ages_look_both_ways() {
        let now = 1_000_000_000;
        let shown: Vec<String> = [0, -999, -4_000, -1_260_000, -7_200_000, -172_800_000, 4_000]
            .map(|d| age(now, now + d))
            .into();
        assert_eq!(
            shown,
            ["just now", "just now", "4 s ago", "21 min ago", "2 h ago", "2 d ago", "in 4 s"]
        );
    }

    #[test]
    fn points_in_time_are_exact_in_every_zone() {
        assert_eq!(absolute(0, 0), "1970-01-01 00:00:00.000");
        assert_eq!(absolute(1_795_339_862_440, 0), "2026-11-22 09:31:02.440");
        assert_eq!(absolute(1_795_339_862_440, 120), "2026-11-22 11:31:02.440");
        assert_eq!(absolute(951_782_400_000, 0), "2000-02-29 00:00:00.000");
        assert_eq!(absolute(-1, 0), "1969-12-31 23:59:59.999");
        assert_eq!(zone(0), "UTC");
        assert_eq!(zone(-210), "UTC-03:30");
    }

    proptest! {
        #[test]
        fn the_parts_of_an_exact_duration_add_up(ms: u64) {
            let text = exact_duration(ms);
            let mut words = text.split(' ');
            let mut sum = 0u64;
            while let (Some(number), Some(unit)) = (words.next(), words.next()) {
                let size = match unit { "day" | "days" => DAY, "h" => HOUR, "min" => MINUTE, "s" => SECOND, _ => 1 };
                sum += number.replace(',', "").parse::<u64>().unwrap() * size;
            }
            prop_assert_eq!(sum, ms);
        }

        #[test]
        fn no_point_in_time_panics_and_days_follow_each_other(ms: i64, offset in -840..840i32) {
            drop(absolute(ms, offset));
            drop(age(ms, i64::MAX));
            drop(age(i64::MIN, ms));
            let day = ms.div_euclid(86_400_000);
            let ((y, m, d), (ny, nm, nd)) = (civil(day), civil(day + 1));
            prop_assert!((1..=12).contains(&m) && (1..=31).contains(&d));
            prop_assert!((ny, nm, nd) == (y, m, d + 1) || (nd == 1 && ((ny, nm) == (y, m + 1) || (ny, nm, m) == (y + 1, 1, 12))));
        }
    }
}
