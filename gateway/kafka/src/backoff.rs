//! Waiting times between attempts: exponential, with jitter, between two bounds.

use std::time::Duration;

/// An endless sequence of waiting times.
#[derive(Debug, Clone)]
pub(crate) struct Backoff {
    next: Duration,
    max: Duration,
}

impl Backoff {
    pub(crate) fn new(min: Duration, max: Duration) -> Self {
        Self { next: min, max: max.max(min) }
    }

    /// The next waiting time, spread by up to a fifth to either side and never over the upper bound.
    pub(crate) fn next(&mut self) -> Duration {
        self.next_with(rand::random())
    }

    /// As [`Backoff::next`], with a random number from 0 to 1.
    fn next_with(&mut self, random: f64) -> Duration {
        let wait = self.next.mul_f64(0.8 + 0.4 * random).min(self.max);
        self.next = self.next.saturating_mul(2).min(self.max);
        wait
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn waits_double_up_to_the_bound() {
        let mut backoff = Backoff::new(Duration::from_millis(100), Duration::from_millis(500));
        let waits: Vec<u128> = (0..5).map(|_| backoff.next_with(0.5).as_millis()).collect();
        assert_eq!(waits, [100, 200, 400, 500, 500]);
    }

    proptest! {
        #[test]
        fn every_wait_lies_within_the_bounds(
            min in 0_u64..5_000,
            max in 0_u64..5_000,
            randoms in prop::collection::vec(0.0_f64..=1.0, 1..40),
        ) {
            let (min, max) = (Duration::from_millis(min), Duration::from_millis(max.max(min)));
            let mut backoff = Backoff::new(min, max);
            for random in randoms {
                let wait = backoff.next_with(random);
                prop_assert!(wait >= min.mul_f64(0.79) && wait <= max);
            }
        }
    }
}
