//! Lines of small charts: fewer points without losing a peak, and SVG paths.

/// Points further from each other than this are not joined: nothing is known of the time between them. More than two
/// slices of the narrowest chart, so that no gap is made by leaving points out.
const GAP_MS: f64 = 90_000.0;

/// A value, in the caller's unit, at a time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// When, in milliseconds; points come in rising order of it.
    pub x: f64,
    /// The value.
    pub y: f64,
}

/// At most two points for each of `columns` equal slices: the slice's smallest and its largest,
/// in the order they came. The smallest and largest of all therefore stay.
#[must_use]
pub fn downsample(points: &[Point], columns: u32) -> Vec<Point> {
    let (Some(first), Some(last)) = (points.first(), points.last()) else { return Vec::new() };
    let width = (last.x - first.x) / f64::from(columns.max(1));
    let mut kept = Vec::new();
    let mut rest = points;
    for column in 1..=columns.max(1) {
        let edge = first.x + width * f64::from(column);
        let end = if column == columns.max(1) {
            rest.len()
        } else {
            rest.partition_point(|point| point.x < edge)
        };
        let (slice, after) = rest.split_at_checked(end).unwrap_or((rest, &[]));
        rest = after;
        let low = slice.iter().enumerate().min_by(|a, b| a.1.y.total_cmp(&b.1.y));
        let high = slice.iter().enumerate().max_by(|a, b| a.1.y.total_cmp(&b.1.y));
        if let (Some((low_at, low)), Some((high_at, high))) = (low, high) {
            if low_at == high_at {
                kept.push(*low);
            } else if low_at < high_at {
                kept.extend([*low, *high]);
            } else {
                kept.extend([*high, *low]);
            }
        }
    }
    kept
}

/// The line through `points` as SVG path data in a box of `width` × `height` pixels,
/// with 0 at the bottom (or the smallest value, when negative) and half a pixel left at both edges for the stroke.
/// The axis ends at the last point and is at least `span` long: a history that is shorter begins further right.
/// It is interrupted where nothing is known.
#[must_use]
pub fn line(points: &[Point], width: u32, height: u32, span: f64) -> String {
    path(points, width, height, span, false)
}

/// The area under `line`, closed along the bottom.
#[must_use]
pub fn area(points: &[Point], width: u32, height: u32, span: f64) -> String {
    path(points, width, height, span, true)
}

fn path(points: &[Point], width: u32, height: u32, span: f64, is_closed: bool) -> String {
    let mut path = String::new();
    let placed = placed(points, width, height, span);
    for run in placed.chunk_by(|a, b| b.0 - a.0 <= GAP_MS) {
        let mut run = run.to_vec();
        if let (Some(first), Some(last), true) = (run.first(), run.last(), is_closed) {
            let ground = tenths(height.into());
            let ends = [(0.0, last.1, ground), (0.0, first.1, ground)];
            run.extend(ends);
        }
        let mut letter = 'M';
        for (_, x, y) in run {
            path.push(letter);
            letter = 'L';
            push_tenths(&mut path, x);
            path.push(' ');
            push_tenths(&mut path, y);
        }
        if is_closed {
            path.push('Z');
        }
    }
    path
}

/// Times and places in tenths of a pixel.
fn placed(points: &[Point], width: u32, height: u32, span: f64) -> Vec<(f64, i32, i32)> {
    let finite = || points.iter().filter(|point| point.x.is_finite() && point.y.is_finite());
    let (mut left, mut right) = (f64::INFINITY, f64::NEG_INFINITY);
    let (mut low, mut high) = (0.0f64, f64::NEG_INFINITY);
    for point in finite() {
        left = left.min(point.x);
        right = right.max(point.x);
        low = low.min(point.y);
        high = high.max(point.y);
    }
    left = left.min(right - span);
    let share = |value: f64, from: f64, to: f64| {
        if to > from { ((value - from) / (to - from)).clamp(0.0, 1.0) } else { 0.0 }
    };
    let inner = f64::from(height.saturating_sub(1));
    finite()
        .map(|point| {
            let x = share(point.x, left, right) * f64::from(width);
            let y = 0.5 + inner - share(point.y, low, high) * inner;
            (point.x, tenths(x), tenths(y))
        })
        .collect()
}

#[expect(clippy::cast_possible_truncation, reason = "pixels of a chart; `as` saturates")]
fn tenths(pixels: f64) -> i32 {
    (pixels * 10.0).round() as i32
}

fn push_tenths(path: &mut String, tenths: i32) {
    path.push_str(&(tenths / 10).to_string());
    if tenths % 10 != 0 {
        path.push('.');
        path.push_str(&(tenths % 10).to_string());
    }
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
    use proptest::collection::vec;
    use proptest::prelude::*;

    fn points(ys: &[f64]) -> Vec<Point> {
        ys.iter().enumerate().map(|(x, y)| Point { x: x as f64, y: *y }).collect()
    }

    #[test]
    fn a_line_spans_the_box() {
        assert_eq!(line(&points(&[0.0, 5.0, 10.0]), 80, 21, 0.0), "M0 20.5L40 10.5L80 0.5");
        assert_eq!(line(&[], 80, 20, 0.0), "");
    }

    #[test]
    fn a_short_history_does_not_claim_the_whole_axis() {
        assert_eq!(line(&points(&[0.0, 10.0]), 80, 21, 4.0), "M60 20.5L80 0.5");
    }

    #[test]
    fn an_area_is_closed_at_the_bottom() {
        assert_eq!(area(&points(&[1.0, 1.0]), 10, 3, 0.0), "M0 0.5L10 0.5L10 3L0 3Z");
    }

    #[test]
    fn an_idle_series_lies_on_the_ground() {
        assert_eq!(line(&points(&[0.0, 0.0]), 10, 11, 0.0), "M0 10.5L10 10.5");
    }

    #[test]
    fn nothing_is_drawn_where_nothing_is_known() {
        let points = [(0.0, 1.0), (50_000.0, 1.0), (150_000.0, 1.0), (200_000.0, 1.0)];
        let points = points.map(|(x, y)| Point { x, y });
        assert_eq!(line(&points, 20, 3, 0.0), "M0 0.5L5 0.5M15 0.5L20 0.5");
        assert_eq!(area(&points, 20, 3, 0.0), "M0 0.5L5 0.5L5 3L0 3ZM15 0.5L20 0.5L20 3L15 3Z");
    }

    #[test]
    fn leaving_points_out_makes_no_gap() {
        let steps = (0..=120).map(|n| Point { x: f64::from(n) * 15_000.0, y: f64::from(n % 7) });
        let drawn = line(&downsample(&steps.collect::<Vec<_>>(), 42), 84, 20, 0.0);
        assert_eq!(drawn.matches('M').count(), 1, "{drawn}");
    }

    proptest! {
        #[test]
        fn every_slice_keeps_its_smallest_and_largest(ys in vec(-1e6f64..1e6, 0..400), columns in 1u32..40) {
            let all = points(&ys);
            let kept = downsample(&all, columns);
            prop_assert!(kept.len() <= 2 * columns as usize);
            prop_assert!(kept.windows(2).all(|pair| pair[0].x < pair[1].x));
            prop_assert!(kept.iter().all(|point| all.contains(point)));
            let extremes = |of: &[Point]| {
                let ys = || of.iter().map(|point| point.y);
                (ys().fold(f64::INFINITY, f64::min), ys().fold(f64::NEG_INFINITY, f64::max))
            };
            prop_assert_eq!(extremes(&kept), extremes(&all));
        }

        #[test]
        fn every_point_is_drawn_inside_the_box(ys in vec(proptest::num::f64::ANY, 1..60), width in 1u32..200, height in 1u32..60, span in 0f64..90.0) {
            for (_, x, y) in placed(&points(&ys), width, height, span) {
                prop_assert!((0..=width as i32 * 10).contains(&x));
                prop_assert!((0..=height as i32 * 10).contains(&y));
            }
        }
    }
}
