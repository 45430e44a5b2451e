//! How many frames a client may send.

use std::time::Duration;

use tokio::time::Instant;

/// A token bucket: [`FrameBudget::BURST`] frames at once, then [`FrameBudget::PER_SECOND`].
#[derive(Debug)]
pub struct FrameBudget {
    /// Frames left, in thousandths, so that refilling needs no fractions.
    millis: u64,
    refilled: Instant,
}

impl FrameBudget {
    /// Frames that may come at once.
    pub const BURST: u64 = 300;
    /// Frames that may come all the time.
    pub const PER_SECOND: u64 = 100;

    /// A full bucket.
    #[must_use]
    pub fn new(now: Instant) -> Self {
        Self { millis: Self::BURST * 1000, refilled: now }
    }

    /// Pays for one frame; false when there is nothing left to pay with.
    #[must_use]
    pub fn take(&mut self, now: Instant) -> bool {
        let passed = now.saturating_duration_since(self.refilled);
        let whole = u64::try_from(passed.as_millis()).unwrap_or(u64::MAX);
        self.millis = self
            .millis
            .saturating_add(whole.saturating_mul(Self::PER_SECOND))
            .min(Self::BURST * 1000);
        self.refilled += Duration::from_millis(whole);
        match self.millis.checked_sub(1000) {
            Some(left) => {
                self.millis = left;
                true
            }
            None => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_pattern_of_frames_gets_more_than_burst_and_rate(
            gaps in proptest::collection::vec(0u64..40, 1..2000),
        ) {
            let start = Instant::now();
            let mut budget = FrameBudget::new(start);
            let mut at = 0;
            let mut taken = 0;
            for gap in gaps {
                at += gap;
                taken += u64::from(budget.take(start + Duration::from_millis(at)));
            }
            prop_assert!(taken <= FrameBudget::BURST + at * FrameBudget::PER_SECOND / 1000);
        }
    }

    #[test]
    fn a_steady_client_is_never_refused() {
        let start = Instant::now();
        let mut budget = FrameBudget::new(start);
        for frame in 0..5000u64 {
            assert!(budget.take(start + Duration::from_millis(frame * 10)));
        }
    }
}
