//! How long to wait before the next attempt at a cluster that is down.

use std::time::Duration;

/// Doubles from [`Backoff::FIRST`] to [`Backoff::LONGEST`], each time shortened by a random part so that
/// gateways do not knock in step.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Backoff {
    n_failures: u32,
}

impl Backoff {
    /// The longest first wait.
    pub(super) const FIRST: Duration = Duration::from_secs(1);
    /// The longest wait.
    pub(super) const LONGEST: Duration = Duration::from_secs(15);

    /// The wait after one more failure; `random` in 0..1 takes away up to half of it.
    pub(super) fn fail(&mut self, random: f64) -> Duration {
        let full = Self::FIRST.saturating_mul(1 << self.n_failures.min(10)).min(Self::LONGEST);
        self.n_failures = self.n_failures.saturating_add(1);
        full.mul_f64(1.0 - random.clamp(0.0, 1.0) / 2.0)
    }

    /// Starts over.
    pub(super) fn succeed(&mut self) {
        self.n_failures = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_wait_lies_between_half_the_first_and_the_longest(
            randoms in proptest::collection::vec(0.0f64..1.0, 1..40),
        ) {
            let mut backoff = Backoff::default();
            for random in randoms {
                let wait = backoff.fail(random);
                prop_assert!(wait >= Backoff::FIRST / 2 && wait <= Backoff::LONGEST);
            }
        }
    }

    #[test]
    fn waits_grow_and_start_over_after_a_success() {
        let mut backoff = Backoff::default();
        let waits: Vec<u64> = (0..6).map(|_| backoff.fail(0.0).as_secs()).collect();
        assert_eq!(waits, [1, 2, 4, 8, 15, 15]);
        backoff.succeed();
        assert_eq!(backoff.fail(0.0), Backoff::FIRST);
    }
}
