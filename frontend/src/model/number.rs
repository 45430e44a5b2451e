//! Numbers as people read them: grouped when exact, with a unit letter when rounded.

/// What stands where a value is not known; never a 0.
pub const UNKNOWN: &str = "–";

/// A count with thousands separators, every digit of it: `4,018,226`.
#[must_use]
pub fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// An offset or another number that may be negative, with thousands separators.
#[must_use]
pub fn signed(n: i64) -> String {
    let digits = count(n.unsigned_abs());
    if n < 0 { format!("-{digits}") } else { digits }
}

/// A count, or the dash when it is not known.
#[must_use]
pub fn count_or_unknown(n: Option<u64>) -> String {
    n.map_or_else(|| UNKNOWN.to_owned(), count)
}

/// A count for a glance, rounded to about three digits: `312`, `1.2 k`, `48.2 M`.
#[must_use]
pub fn compact(n: u64) -> String {
    scaled(n, 1000, ["", "k", "M", "G", "T", "P", "E"])
}

/// Something per second: `0/s`, `3.1/s`, `1.2 k/s`; the dash for what is no rate.
#[must_use]
pub fn rate(per_second: f64) -> String {
    if !per_second.is_finite() || per_second < 0.0 {
        return UNKNOWN.to_owned();
    }
    let tenths = whole(per_second * 10.0);
    match tenths {
        0 if per_second > 0.0 => "<0.1/s".to_owned(),
        0..100 if !tenths.is_multiple_of(10) => format!("{}.{}/s", tenths / 10, tenths % 10),
        _ => format!("{}/s", compact(whole(per_second))),
    }
}

/// `1 topic`, `12 topics`: a number with the noun it needs.
#[must_use]
pub fn counted(n: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(n), if n == 1 { one } else { many })
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "only called with finite values that are not negative; `as` saturates"
)]
fn whole(value: f64) -> u64 {
    value.round() as u64
}

/// `n` in the largest unit that leaves at least 1, with one decimal below 100.
pub(super) fn scaled(n: u64, base: u64, units: [&str; 7]) -> String {
    let [none, rest @ ..] = units;
    if n < base {
        return if none.is_empty() { n.to_string() } else { format!("{n} {none}") };
    }
    let mut size = 1;
    let mut text = String::new();
    for unit in rest {
        size *= base;
        let tenths = n / size * 10 + (n % size * 10 + size / 2) / size;
        let rounded = n / size + (n % size + size / 2) / size;
        text = if tenths < 1000 {
            format!("{}.{} {unit}", tenths / 10, tenths % 10)
        } else {
            format!("{rounded} {unit}")
        };
        if rounded < base {
            break;
        }
    }
    text
}

#[cfg(test)]
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    reason = "numbers of these tests are small"
)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn exact_counts_keep_every_digit() {
        assert_eq!(count(0), "0");
        assert_eq!(count(999), "999");
        assert_eq!(count(1_000), "1,000");
        assert_eq!(count(9_007_199_254_740_993), "9,007,199,254,740,993");
        assert_eq!(count(u64::MAX), "18,446,744,073,709,551,615");
        assert_eq!(signed(i64::MIN), "-9,223,372,036,854,775,808");
    }

    #[test]
    fn an_unknown_count_is_a_dash() {
        assert_eq!(count_or_unknown(None), "–");
    }

    #[test]
    fn compact_numbers_have_a_letter() {
        let shown: Vec<String> =
            [0, 999, 1_000, 1_249, 1_250, 99_950, 312_400, 999_499, 999_500, 48_200_000]
                .map(compact)
                .into();
        assert_eq!(
            shown,
            ["0", "999", "1.0 k", "1.2 k", "1.3 k", "100 k", "312 k", "999 k", "1.0 M", "48.2 M"]
        );
        assert_eq!(compact(u64::MAX), "18.4 E");
    }

    #[test]
    fn rates_say_per_second() {
        let shown: Vec<String> =
            [0.0, 0.01, 3.13, 9.99, 42.4, 1_240.0, f64::NAN, -1.0].map(rate).into();
        assert_eq!(shown, ["0/s", "<0.1/s", "3.1/s", "10/s", "42/s", "1.2 k/s", "–", "–"]);
    }

    #[test]
    fn nouns_agree() {
        assert_eq!(counted(1, "topic", "topics"), "1 topic");
        assert_eq!(counted(1_200, "topic", "topics"), "1,200 topics");
    }

    proptest! {
        #[test]
        fn a_grouped_number_reads_back(n: u64) {
            let text = count(n);
            prop_assert_eq!(text.replace(',', "").parse::<u64>().unwrap(), n);
            prop_assert!(text.split(',').skip(1).all(|group| group.len() == 3));
        }

        #[test]
        fn a_compact_number_is_off_by_less_than_a_twentieth(n: u64) {
            let text = compact(n);
            let (number, unit) = text.split_once(' ').unwrap_or((&text, ""));
            let factor = 1000f64.powi(["", "k", "M", "G", "T", "P", "E"].iter().position(|u| *u == unit).unwrap() as i32);
            let read = number.parse::<f64>().unwrap() * factor;
            prop_assert!((read - n as f64).abs() <= n as f64 * 0.05 + f64::EPSILON, "{} for {}", text, n);
            prop_assert!(number.len() <= 4, "{}", text);
        }
    }
}
