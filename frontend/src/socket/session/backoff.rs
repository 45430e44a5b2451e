//! How long to wait before the next try.

use super::Millis;

const FIRST_MS: Millis = 500;
const LONGEST_MS: Millis = 15_000;

/// The wait after `attempt` failures in a row, in milliseconds: doubled each time up to a limit,
/// and spread over its upper half so that many tabs do not come back in the same instant.
pub(super) fn delay_ms(attempt: u32, jitter: u16) -> Millis {
    let doublings = attempt.saturating_sub(1).min(10);
    let whole = (FIRST_MS << doublings).min(LONGEST_MS);
    whole / 2 + whole / 2 * Millis::from(jitter) / Millis::from(u16::MAX)
}

/// A small xorshift generator: spreading needs no better one.
#[derive(Debug)]
pub(super) struct Jitter(u64);

impl Jitter {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed | 1)
    }

    pub(super) fn next(&mut self) -> u16 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        let [high, low, ..] = self.0.to_be_bytes();
        u16::from_be_bytes([high, low])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn waits_grow_but_never_beyond_the_limit(attempt in 1u32.., jitter in any::<u16>()) {
            let delay = delay_ms(attempt, jitter);
            prop_assert!((FIRST_MS / 2..=LONGEST_MS).contains(&delay));
            prop_assert!(delay <= delay_ms(attempt.saturating_add(2), 0).max(LONGEST_MS / 2) * 2);
        }

        #[test]
        fn tabs_with_different_seeds_come_back_at_different_times(seed in 2u64..1 << 40) {
            let (mut one, mut other) = (Jitter::new(seed * 2), Jitter::new(seed * 2 + 2));
            let draws = |jitter: &mut Jitter| (0..8).map(|_| jitter.next()).collect::<Vec<_>>();
            prop_assert_ne!(draws(&mut one), draws(&mut other));
        }
    }

    #[test]
    fn the_first_wait_is_short_and_the_tenth_is_long() {
        assert!(delay_ms(1, u16::MAX) <= FIRST_MS);
        assert!(delay_ms(10, 0) >= LONGEST_MS / 2);
    }
}
