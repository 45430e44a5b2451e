//! How far behind something is, in words: records and time together, and what neither of them claims.

use drawbridge_shared::view::{LagView, RateView};

use super::bytes::bytes;
use super::number::{UNKNOWN, compact, counted, rate, signed};
use super::time::duration;

/// Behind for longer than this is worth a look.
pub const BEHIND_MS: i64 = 5_000;

/// A span of time, or the dash: `3.1 s`, `0 s`.
#[must_use]
pub fn span(ms: Option<i64>) -> String {
    match ms {
        None => UNKNOWN.to_owned(),
        Some(..=0) => "0 s".to_owned(),
        Some(ms) => duration(ms.unsigned_abs()),
    }
}

/// An offset or a lag, or the dash. A lag is never shown below 0: until the first fetch after a restart
/// the mirror may seem to be ahead of what was last known of its source.
#[must_use]
pub fn offset(n: Option<i64>) -> String {
    n.map_or_else(|| UNKNOWN.to_owned(), signed)
}

/// Records missing, or the dash.
#[must_use]
pub fn records(n: Option<i64>) -> String {
    offset(n.map(|n| n.max(0)))
}

/// Records and time: `1,204 records · 3.1 s`; `nothing missing` when all is there.
#[must_use]
pub fn words(lag: &LagView) -> String {
    match (lag.records.map(|n| n.max(0)), lag.behind_ms) {
        (None, None) => UNKNOWN.to_owned(),
        (Some(0), _) => "nothing missing".to_owned(),
        (Some(n), None) => counted(n.unsigned_abs(), "record", "records"),
        (None, Some(_)) => span(lag.behind_ms),
        (Some(n), Some(_)) => {
            format!("{} · {}", counted(n.unsigned_abs(), "record", "records"), span(lag.behind_ms))
        }
    }
}

/// Records alone, where the time stands beside them: `1,204 records`, `79.2 M records`; `nothing missing` when all is there.
#[must_use]
pub fn records_words(lag: &LagView) -> String {
    const LONG: u64 = 1_000_000;
    match lag.records.map(|n| n.max(0).unsigned_abs()) {
        None => UNKNOWN.to_owned(),
        Some(0) => "nothing missing".to_owned(),
        Some(n @ ..LONG) => counted(n, "record", "records"),
        Some(n) => format!("{} records", compact(n)),
    }
}

/// Bytes a second: `1.9 MiB/s`; a dash when nothing is copied, which is no news by itself.
#[must_use]
pub fn throughput(copied: &RateView) -> String {
    match copied.bytes {
        0 => UNKNOWN.to_owned(),
        n => format!("{}/s", bytes(n)),
    }
}

/// Bytes and records a second, for hovering: `1.9 MiB/s · 1.2 k/s records`.
#[must_use]
pub fn throughput_words(copied: &RateView) -> String {
    #[allow(clippy::cast_precision_loss, reason = "rounded to three digits anyway")]
    let records = rate(copied.records as f64);
    format!("{}/s · {records} records", bytes(copied.bytes))
}

/// The larger of two lags in time; one that is not known is larger than all that are.
#[must_use]
pub fn rank(lag: &LagView) -> (i64, i64) {
    (lag.behind_ms.unwrap_or(0), lag.records.unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn lag(records: Option<i64>, behind_ms: Option<i64>) -> LagView {
        LagView { records, behind_ms, last_fetch_ms: None }
    }

    #[test]
    fn a_lag_is_told_in_records_and_in_time() {
        assert_eq!(words(&lag(Some(1_204), Some(3_100))), "1,204 records · 3.1 s");
        assert_eq!(words(&lag(Some(1), None)), "1 record");
        assert_eq!(words(&lag(None, Some(60_000))), "1 min");
    }

    #[test]
    fn what_is_not_known_is_no_zero() {
        assert_eq!(words(&lag(None, None)), "–");
        assert_eq!((records(None), span(None)), ("–".to_owned(), "–".to_owned()));
        assert_eq!(words(&lag(Some(0), Some(0))), "nothing missing");
        assert_eq!(records(Some(-3)), "0");
    }

    #[test]
    fn a_rate_of_nothing_is_a_dash() {
        assert_eq!(throughput(&RateView::default()), "–");
        assert_eq!(throughput(&RateView { bytes: 1_992_294, records: 9 }), "1.9 MiB/s");
    }

    proptest! {
        #[test]
        fn no_lag_panics(records: Option<i64>, behind: Option<i64>) {
            drop(words(&lag(records, behind)));
        }
    }
}
