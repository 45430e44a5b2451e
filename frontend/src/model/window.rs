//! Which rows of a long table to draw, and where the keyboard goes.

use std::ops::Range;

/// The rows to draw: those in the viewport and `overscan` more on both sides.
/// Pixels are whole; a row height of 0 draws nothing rather than everything.
#[must_use]
pub fn window(
    scroll_top: u32,
    viewport: u32,
    row_height: u32,
    total: usize,
    overscan: usize,
) -> Range<usize> {
    if row_height == 0 {
        return 0..0;
    }
    let rows = |pixels: u32| usize::try_from(pixels).unwrap_or(usize::MAX);
    let first = rows(scroll_top / row_height).min(total);
    let end = rows(scroll_top.saturating_add(viewport).div_ceil(row_height)).min(total);
    first.saturating_sub(overscan)..end.saturating_add(overscan).min(total)
}

/// Pixels that the rows of a table are high at most: browsers cut off what is higher than some 17 million.
const TALLEST: u32 = 15_000_000;
/// Pixels at both ends that are scrolled one by one all the same.
const ENDS: u32 = 100_000;

/// The height of a table's rows, and what is in view of them. Where all rows together would be higher than browsers
/// can, scrolling a pixel moves them by more than one, except near both ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heights {
    row: u32,
    whole: u32,
    view: u32,
}

impl Heights {
    /// Of so many rows of a height, in a view that is so high.
    #[must_use]
    pub fn of(total: usize, row: u32, view: u32) -> Self {
        let whole = u32::try_from(total).unwrap_or(u32::MAX).saturating_mul(row);
        Self { row, whole, view: view.min(TALLEST / 2) }
    }

    /// Which pixel of all rows is at the top when the table is scrolled to `top`.
    #[must_use]
    pub fn at(self, top: u32) -> u32 {
        self.scale(top, TALLEST, self.whole)
    }

    /// Where to scroll so that a pixel of all rows is at the top.
    #[must_use]
    pub fn scroll_to(self, at: u32) -> u32 {
        self.scale(at, self.whole, TALLEST)
    }

    fn scale(self, pixels: u32, from: u32, to: u32) -> u32 {
        if self.whole <= TALLEST {
            return pixels;
        }
        let (from, to) = (from - self.view, to - self.view);
        let left = from.saturating_sub(pixels);
        if pixels <= ENDS {
            pixels
        } else if left <= ENDS {
            to - left
        } else {
            let (middle, to) = (u64::from(from - 2 * ENDS), u64::from(to - 2 * ENDS));
            let scaled = (u64::from(pixels - ENDS) * to + middle / 2) / middle;
            ENDS + u32::try_from(scaled).unwrap_or(u32::MAX - ENDS)
        }
    }

    /// The space above and below the rows that are drawn, when the table is scrolled to `top`.
    #[must_use]
    pub fn around(self, drawn: &Range<usize>, top: u32) -> (u32, u32) {
        let pixels = |rows: usize| u32::try_from(rows).unwrap_or(u32::MAX).saturating_mul(self.row);
        let (start, end) = (pixels(drawn.start), pixels(drawn.end));
        if self.whole <= TALLEST {
            return (start, self.whole.saturating_sub(end));
        }
        let above = (top.min(TALLEST - self.view) + start).saturating_sub(self.at(top));
        (above, TALLEST.saturating_sub(above + end.saturating_sub(start)))
    }
}

/// Where to scroll so that a row is whole in view; none when it is already.
/// `top` and `viewport` are of the part that shows rows, without a sticky header.
#[must_use]
pub fn reveal(index: usize, row_height: u32, top: u32, viewport: u32) -> Option<u32> {
    let start = u32::try_from(index).unwrap_or(u32::MAX).saturating_mul(row_height);
    let end = start.saturating_add(row_height);
    if start < top || row_height > viewport {
        (start != top).then_some(start)
    } else if end > top.saturating_add(viewport) {
        Some(end - viewport)
    } else {
        None
    }
}

/// A key that moves through rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// One up.
    Up,
    /// One down.
    Down,
    /// A page up.
    PageUp,
    /// A page down.
    PageDown,
    /// To the first.
    First,
    /// To the last.
    Last,
}

impl Step {
    /// The step a key of that name (`KeyboardEvent.key`) means.
    #[must_use]
    pub fn of_key(key: &str) -> Option<Self> {
        Some(match key {
            "ArrowUp" => Self::Up,
            "ArrowDown" => Self::Down,
            "PageUp" => Self::PageUp,
            "PageDown" => Self::PageDown,
            "Home" => Self::First,
            "End" => Self::Last,
            _ => return None,
        })
    }

    /// The row that is current after the step; none in an empty table.
    #[must_use]
    pub fn from(self, current: Option<usize>, page: usize, total: usize) -> Option<usize> {
        let last = total.checked_sub(1)?;
        let page = page.max(1);
        Some(match (self, current) {
            (Self::First, _) | (Self::Down, None) => 0,
            (Self::Last, _) | (Self::Up, None) => last,
            (Self::Up, Some(at)) => at.saturating_sub(1).min(last),
            (Self::Down, Some(at)) => at.saturating_add(1).min(last),
            (Self::PageUp, at) => at.unwrap_or(0).saturating_sub(page).min(last),
            (Self::PageDown, at) => at.unwrap_or(0).saturating_add(page).min(last),
        })
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
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_visible_row_is_drawn_and_no_row_that_is_not_there(
            top in 0u32..90_000, viewport in 0u32..3_000, height in 1u32..80, total in 0usize..2_000, overscan in 0usize..20
        ) {
            let drawn = window(top, viewport, height, total, overscan);
            prop_assert!(drawn.start <= drawn.end && drawn.end <= total);
            for row in 0..total {
                let (start, end) = (row as u32 * height, (row as u32 + 1) * height);
                if end > top && start < top + viewport {
                    prop_assert!(drawn.contains(&row), "row {} of {:?}", row, drawn);
                }
            }
            prop_assert!(drawn.len() <= (viewport / height) as usize + 2 + 2 * overscan);
        }

        #[test]
        fn a_revealed_row_is_in_view(index in 0usize..10_000, height in 1u32..60, top in 0u32..400_000, viewport in 60u32..900) {
            let top = reveal(index, height, top, viewport).unwrap_or(top);
            let start = index as u32 * height;
            prop_assert!(start >= top && start + height <= top + viewport);
            prop_assert_eq!(reveal(index, height, top, viewport), None);
        }

        #[test]
        fn a_step_lands_on_a_row(total in 0usize..50, current in proptest::option::of(0usize..80), page in 0usize..20) {
            for step in [Step::Up, Step::Down, Step::PageUp, Step::PageDown, Step::First, Step::Last] {
                match step.from(current, page, total) {
                    Some(at) => prop_assert!(at < total),
                    None => prop_assert_eq!(total, 0),
                }
            }
        }
    }

    proptest! {
        #[test]
        fn a_table_is_never_higher_than_browsers_can_and_its_rows_are_where_they_belong(
            total in 1usize..1_000_000, row in 30u32..60, view in 100u32..2_000, part in 0.0f64..=1.0
        ) {
            let heights = Heights::of(total, row, view);
            let whole = total as u32 * row;
            let most = whole.min(TALLEST).saturating_sub(view);
            let top = (f64::from(most) * part) as u32;
            let at = heights.at(top);
            prop_assert!(at <= whole.saturating_sub(view));
            prop_assert_eq!(heights.at(0), 0);
            prop_assert_eq!(heights.at(most), whole.saturating_sub(view), "the last row can be reached");
            let drawn = window(at, view, row, total, 6);
            let (above, below) = heights.around(&drawn, top);
            let height = above + drawn.len() as u32 * row + below;
            prop_assert_eq!(height, whole.min(TALLEST));
            // What is at the top of the view is the pixel that belongs there.
            prop_assert_eq!(i64::from(top) - i64::from(above), i64::from(at) - drawn.start as i64 * i64::from(row));
            prop_assert!(heights.at(heights.scroll_to(at)).abs_diff(at) <= whole / TALLEST + 1);
        }
    }

    #[test]
    fn a_row_height_of_nothing_draws_nothing() {
        assert_eq!(window(0, 900, 0, 10_000, 4), 0..0);
    }

    #[test]
    fn extreme_positions_do_not_overflow() {
        let drawn = window(u32::MAX, u32::MAX, 1, usize::MAX, usize::MAX);
        assert_eq!(drawn.end, usize::MAX);
        assert!(reveal(usize::MAX, u32::MAX, 0, 10).is_some());
    }
}
