//! The last half hour of a link or a mirror: what the gateway remembers, continued with what comes in.

use drawbridge_shared::view::{HistoryPoint, LagView, RateView};

use super::series::Point;
use super::time::age;

/// How much is kept and drawn.
pub const SPAN_MS: i64 = 30 * 60 * 1_000;
/// Points closer to each other than this are one point.
const STEP_MS: i64 = 5_000;

/// Adds what is true now, and forgets what is too old.
pub fn push(points: &mut Vec<HistoryPoint>, now_ms: i64, lag: &LagView, rate: &RateView) {
    let point = HistoryPoint {
        at_ms: now_ms,
        bytes: rate.bytes,
        records: rate.records,
        lag_records: lag.records,
        behind_ms: lag.behind_ms,
    };
    // The newest point moves along until it is a step away from the one before it.
    let is_close =
        matches!(points.as_slice(), [.., before, last] if last.at_ms - before.at_ms < STEP_MS);
    if is_close {
        points.pop();
    }
    points.push(point);
    points.retain(|point| now_ms - point.at_ms <= SPAN_MS);
}

/// Puts in what the gateway remembers. Of the time that it knows nothing of, what was seen here stays.
pub fn merge(points: &mut Vec<HistoryPoint>, mut known: Vec<HistoryPoint>) {
    let (Some(first), Some(last)) = (known.first().copied(), known.last().copied()) else { return };
    known.extend(points.iter().filter(|point| point.at_ms > last.at_ms));
    points.truncate(points.partition_point(|point| point.at_ms < first.at_ms));
    points.append(&mut known);
}

/// When a history ends, in words: `now` as long as points come, nothing before the first.
#[must_use]
pub fn until(now_ms: i64, newest_ms: Option<i64>) -> String {
    match newest_ms {
        None => String::new(),
        Some(at) if now_ms - at > 2 * STEP_MS => age(now_ms, at),
        Some(_) => "now".to_owned(),
    }
}

/// What is drawn of a history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Curve {
    /// Bytes a second.
    Throughput,
    /// Records missing.
    Lag,
    /// How long the oldest has been missing, in milliseconds.
    Behind,
}

impl Curve {
    fn of(self, point: &HistoryPoint) -> Option<f64> {
        #[allow(clippy::cast_precision_loss, reason = "pixels of a chart")]
        match self {
            Self::Throughput => Some(point.bytes as f64),
            Self::Lag => point.lag_records.map(|n| n.max(0) as f64),
            Self::Behind => point.behind_ms.map(|ms| ms.max(0) as f64),
        }
    }

    /// The points of this curve; what was not known is left out.
    #[must_use]
    pub fn points(self, history: &[HistoryPoint]) -> Vec<Point> {
        #[allow(clippy::cast_precision_loss, reason = "milliseconds, exact in an f64")]
        let point =
            |point: &HistoryPoint| Some(Point { x: point.at_ms as f64, y: self.of(point)? });
        history.iter().filter_map(point).collect()
    }

    /// The largest value, for the axis; none when nothing is known.
    #[must_use]
    pub fn peak(self, history: &[HistoryPoint]) -> Option<u64> {
        let value = |point: &HistoryPoint| match self {
            Self::Throughput => Some(point.bytes),
            Self::Lag => point.lag_records.map(|n| n.max(0).unsigned_abs()),
            Self::Behind => point.behind_ms.map(|ms| ms.max(0).unsigned_abs()),
        };
        history.iter().filter_map(value).max()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lag(records: i64) -> LagView {
        LagView { records: Some(records), behind_ms: None, last_fetch_ms: None }
    }

    #[test]
    fn points_come_a_step_apart_and_the_newest_is_always_there() {
        let mut points = Vec::new();
        for now in (0..20_000).step_by(1_000) {
            push(&mut points, now, &lag(now), &RateView::default());
        }
        let at: Vec<i64> = points.iter().map(|point| point.at_ms).collect();
        assert_eq!(at, [0, 5_000, 10_000, 15_000, 19_000]);
        assert_eq!(Curve::Lag.peak(&points), Some(19_000));
        assert_eq!(Curve::Behind.points(&points), []);
    }

    fn at(points: &[HistoryPoint]) -> Vec<(i64, Option<i64>)> {
        points.iter().map(|point| (point.at_ms, point.lag_records)).collect()
    }

    fn seen(at_ms: &[i64], records: i64) -> Vec<HistoryPoint> {
        let point = |at_ms: &i64| HistoryPoint {
            at_ms: *at_ms,
            bytes: 0,
            records: 0,
            lag_records: Some(records),
            behind_ms: None,
        };
        at_ms.iter().map(point).collect()
    }

    #[test]
    fn the_past_that_the_gateway_remembers_fills_what_was_not_seen_here() {
        let mut points = seen(&[40, 100], 1);
        merge(&mut points, seen(&[10, 50, 90], 2));
        assert_eq!(at(&points), [(10, Some(2)), (50, Some(2)), (90, Some(2)), (100, Some(1))]);
    }

    #[test]
    fn a_gateway_that_has_just_started_takes_nothing_away_that_was_seen_before() {
        let mut points = seen(&[10, 20, 100], 1);
        merge(&mut points, seen(&[80, 90], 2));
        merge(&mut points, Vec::new());
        assert_eq!(
            at(&points),
            [(10, Some(1)), (20, Some(1)), (80, Some(2)), (90, Some(2)), (100, Some(1))]
        );
    }

    #[test]
    fn a_history_that_nothing_is_added_to_does_not_end_now() {
        assert_eq!(until(20_000, Some(15_000)), "now");
        assert_eq!(until(20_000, None), "");
        assert_eq!(until(80_000, Some(20_000)), "1 min ago");
    }

    #[test]
    fn what_is_older_than_half_an_hour_is_forgotten() {
        let mut points = Vec::new();
        for minute in 0..60 {
            push(&mut points, minute * 60_000, &lag(1), &RateView::default());
        }
        assert_eq!(points.len(), 31);
    }
}
