//! Amounts of data in IEC units.

use super::number::{UNKNOWN, count, scaled};

/// Bytes for a glance: `512 B`, `1.5 KiB`, `31.0 GiB`.
#[must_use]
pub fn bytes(n: u64) -> String {
    scaled(n, 1024, ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"])
}

/// Bytes, or the dash when not known.
#[must_use]
pub fn bytes_or_unknown(n: Option<u64>) -> String {
    n.map_or_else(|| UNKNOWN.to_owned(), bytes)
}

/// Every byte counted: `33,285,996,544 bytes`.
#[must_use]
pub fn exact_bytes(n: u64) -> String {
    format!("{} {}", count(n), if n == 1 { "byte" } else { "bytes" })
}

/// Bytes in one unit without rounding, if there is one that divides them: `1 GiB` but not for 1,073,741,825.
#[must_use]
pub fn whole_bytes(n: u64) -> Option<String> {
    let units = ["EiB", "PiB", "TiB", "GiB", "MiB", "KiB"];
    let sizes = [60u32, 50, 40, 30, 20, 10].map(|power| 1u64 << power);
    units
        .into_iter()
        .zip(sizes)
        .find(|(_, size)| n >= *size && n.is_multiple_of(*size))
        .map(|(unit, size)| format!("{} {unit}", count(n / size)))
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
    fn bytes_use_iec_units() {
        let shown: Vec<String> =
            [0, 1_023, 1_024, 1_536, 33_285_996_544, 1_048_575, u64::MAX].map(bytes).into();
        assert_eq!(
            shown,
            ["0 B", "1023 B", "1.0 KiB", "1.5 KiB", "31.0 GiB", "1.0 MiB", "16.0 EiB"]
        );
    }

    #[test]
    fn an_unknown_size_is_a_dash() {
        assert_eq!(bytes_or_unknown(None), "–");
    }

    #[test]
    fn whole_bytes_never_round() {
        assert_eq!(whole_bytes(1_073_741_824).as_deref(), Some("1 GiB"));
        assert_eq!(whole_bytes(1_073_741_825), None);
        assert_eq!(whole_bytes(1_572_864).as_deref(), Some("1,536 KiB"));
        assert_eq!(whole_bytes(12), None);
    }

    proptest! {
        #[test]
        fn bytes_are_off_by_less_than_a_twentieth(n: u64) {
            let text = bytes(n);
            let (number, unit) = text.split_once(' ').unwrap();
            let power = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"].iter().position(|u| *u == unit).unwrap();
            let read = number.parse::<f64>().unwrap() * 1024f64.powi(power as i32);
            prop_assert!((read - n as f64).abs() <= n as f64 * 0.05 + f64::EPSILON, "{} for {}", text, n);
        }
    }
}
