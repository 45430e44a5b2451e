//! Where a lag is heading, told from its recent history; unknown stays unknown.

use drawbridge_shared::view::HistoryPoint;

use super::number::{UNKNOWN, rate};
use super::time::duration;

/// Told over so long.
const WINDOW_MS: i64 = 120_000;
/// What was seen for a shorter time than this says nothing.
const LEAST_MS: i64 = 10_000;
/// A longer time than this is as good as never.
const FOREVER_MS: f64 = 7.0 * 24.0 * 3_600_000.0;

/// Where a lag is heading.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Trend {
    /// Records missing now.
    pub lag: f64,
    /// Records a second: above 0 the lag grows, below it shrinks, 0 when it stays about the same.
    pub per_second: f64,
}

/// The trend of a lag in records; none when too little is known of it.
#[must_use]
pub fn trend(points: &[HistoryPoint]) -> Option<Trend> {
    let newest = points.last()?;
    #[allow(clippy::cast_precision_loss, reason = "seconds and records of a slope")]
    let at = |point: &HistoryPoint| {
        let lag = point.lag_records?.max(0) as f64;
        Some(((point.at_ms - newest.at_ms) as f64 / 1_000.0, lag))
    };
    let (_, lag) = at(newest)?;
    let is_recent = |point: &&HistoryPoint| newest.at_ms - point.at_ms <= WINDOW_MS;
    let recent: Vec<(f64, f64)> = points.iter().filter(is_recent).filter_map(at).collect();
    let (first, _) = recent.first()?;
    #[allow(clippy::cast_precision_loss, reason = "a small constant")]
    if -first * 1_000.0 < LEAST_MS as f64 {
        return None;
    }
    // The slope of the line that is nearest to all points.
    let mut sums = (0.0, 0.0, 0.0, 0.0, 0.0);
    for (x, y) in &recent {
        sums = (sums.0 + 1.0, sums.1 + x, sums.2 + y, sums.3 + x * x, sums.4 + x * y);
    }
    let (n, x, y, xx, xy) = sums;
    let slope = (n * xy - x * y) / (n * xx - x * x);
    // What moves by less than this over the time looked at is noise.
    let noise = (y / n * 0.03).max(10.0);
    let is_level = !slope.is_finite() || (slope * first).abs() < noise;
    Some(Trend { lag, per_second: if is_level { 0.0 } else { slope } })
}

impl Trend {
    /// `▲` while it grows, `▼` while it shrinks, nothing when it stays or is gone.
    #[must_use]
    pub fn arrow(self) -> &'static str {
        match self.per_second {
            _ if self.lag <= 0.0 => "",
            rate if rate > 0.0 => "▲",
            rate if rate < 0.0 => "▼",
            _ => "",
        }
    }

    /// `growing by 1.2 k/s`, `shrinking by 300/s`, `steady`.
    #[must_use]
    pub fn words(self) -> String {
        match self.per_second {
            more if more > 0.0 => format!("growing by {}", rate(more)),
            less if less < 0.0 => format!("shrinking by {}", rate(-less)),
            _ => "steady".to_owned(),
        }
    }
}

/// When nothing would be missing, in words: `–` while that is not known.
#[must_use]
pub fn to_zero(trend: Option<Trend>) -> String {
    let Some(trend) = trend else { return UNKNOWN.to_owned() };
    if trend.lag <= 0.0 {
        return "nothing is missing now".to_owned();
    }
    let ms = trend.lag / -trend.per_second * 1_000.0;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "above 0 and below a week"
    )]
    match trend.per_second {
        rate if rate < 0.0 && ms < FOREVER_MS => {
            format!("{}: at this rate nothing is missing in {}", trend.words(), duration(ms as u64))
        }
        rate if rate < 0.0 => format!("{}: too slowly to end within a week", trend.words()),
        _ => format!("{}: not on its way to zero", trend.words()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn history(lags: &[i64]) -> Vec<HistoryPoint> {
        let point = |(at, lag): (i64, &i64)| HistoryPoint {
            at_ms: at * 5_000,
            bytes: 0,
            records: 0,
            lag_records: Some(*lag),
            behind_ms: None,
        };
        (0..).zip(lags).map(point).collect()
    }

    fn said(lags: &[i64]) -> String {
        to_zero(trend(&history(lags)))
    }

    #[test]
    fn a_lag_that_shrinks_is_told_with_the_time_it_needs_to_be_gone() {
        assert_eq!(
            said(&[4_000, 3_000, 2_000, 1_000]),
            "shrinking by 200/s: at this rate nothing is missing in 5.0 s"
        );
        assert_eq!(trend(&history(&[4_000, 3_000, 2_000])).map(Trend::arrow), Some("▼"));
    }

    #[test]
    fn a_lag_that_grows_or_stays_never_ends() {
        let never = "not on its way to zero";
        assert_eq!(said(&[0, 1_000, 2_000]), format!("growing by 200/s: {never}"));
        assert_eq!(said(&[500, 501, 500, 499]), format!("steady: {never}"));
        assert_eq!(said(&[9, 0, 3, 0]), "nothing is missing now");
    }

    #[test]
    fn what_is_not_known_is_no_trend() {
        assert_eq!(said(&[]), "–");
        assert_eq!(said(&[5, 4]), "–", "seen for too short a time");
        let mut points = history(&[3, 2, 1]);
        points.iter_mut().for_each(|point| point.lag_records = None);
        assert_eq!(to_zero(trend(&points)), "–");
    }

    proptest! {
        #[test]
        fn no_history_panics(lags in proptest::collection::vec(any::<i64>(), 0..40)) {
            drop(said(&lags));
        }
    }
}
