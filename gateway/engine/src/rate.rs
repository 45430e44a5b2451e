//! Rates over a sliding window, in buckets: constant memory, no clock.

use std::collections::VecDeque;

use crate::Millis;

/// Counts something per second over the last buckets.
#[derive(Debug, Clone)]
pub struct Rate {
    bucket_ms: i64,
    buckets: usize,
    /// Bucket number and what fell into it; the newest last.
    counts: VecDeque<(i64, u64)>,
    total: u64,
}

impl Rate {
    /// A rate over `buckets` buckets of `bucket_ms` milliseconds each.
    #[must_use]
    pub fn new(bucket_ms: i64, buckets: usize) -> Self {
        Self {
            bucket_ms: bucket_ms.max(1),
            buckets: buckets.max(1),
            counts: VecDeque::new(),
            total: 0,
        }
    }

    /// Counts `amount` at `now`. Time that goes back counts as the latest bucket.
    pub fn add(&mut self, now: Millis, amount: u64) {
        let bucket = now.0.div_euclid(self.bucket_ms);
        self.total = self.total.saturating_add(amount);
        match self.counts.back_mut() {
            Some((last, count)) if bucket <= *last => *count = count.saturating_add(amount),
            Some(_) | None => self.counts.push_back((bucket, amount)),
        }
        self.forget(bucket);
    }

    fn forget(&mut self, bucket: i64) {
        let kept = i64::try_from(self.buckets).unwrap_or(i64::MAX);
        while self.counts.front().is_some_and(|(at, _)| *at <= bucket.saturating_sub(kept)) {
            self.counts.pop_front();
        }
    }

    /// What was counted within the window that ends with the bucket of `now`.
    #[must_use]
    pub fn sum(&self, now: Millis) -> u64 {
        let bucket = now.0.div_euclid(self.bucket_ms);
        let from = bucket.saturating_sub(i64::try_from(self.buckets).unwrap_or(i64::MAX));
        self.counts.iter().filter(|(at, _)| *at > from).map(|(_, count)| count).sum()
    }

    /// Per second, over the whole window; rounded down.
    #[must_use]
    pub fn per_second(&self, now: Millis) -> u64 {
        let window = self.bucket_ms.saturating_mul(i64::try_from(self.buckets).unwrap_or(i64::MAX));
        let window = u64::try_from(window).unwrap_or(1).max(1);
        self.sum(now).saturating_mul(1_000) / window
    }

    /// Everything that was ever counted.
    #[must_use]
    pub const fn total(&self) -> u64 {
        self.total
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_steady_flow_shows_its_rate_and_an_ended_one_fades_to_nothing() {
        let mut rate = Rate::new(1_000, 10);
        for second in 0..20 {
            rate.add(Millis(second * 1_000), 50);
        }
        assert_eq!(rate.per_second(Millis(19_500)), 50);
        assert_eq!(rate.per_second(Millis(24_500)), 25);
        assert_eq!(rate.per_second(Millis(40_000)), 0);
        assert_eq!(rate.total(), 1_000);
    }

    proptest! {
        #[test]
        fn the_window_holds_exactly_what_fell_into_it(
            steps in proptest::collection::vec((0..500_i64, 0..1_000_u64), 0..80), wait in 0..3_000_i64,
        ) {
            let mut rate = Rate::new(100, 8);
            let mut now = 0;
            let mut all = Vec::new();
            for (passed, amount) in steps {
                now += passed;
                rate.add(Millis(now), amount);
                all.push((now / 100, amount));
            }
            let bucket = (now + wait) / 100;
            let inside = all.iter().filter(|(at, _)| *at > bucket - 8).map(|(_, amount)| amount).sum::<u64>();
            prop_assert_eq!(rate.sum(Millis(now + wait)), inside);
            prop_assert!(rate.counts.len() <= 8);
        }
    }
}
