//! Time as an argument. The engine never reads a clock; whoever calls it says what time it is.

/// Milliseconds since the Unix epoch: the unit of Kafka's record timestamps, so that the two compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Millis(pub i64);

impl Millis {
    /// Never.
    pub const MAX: Self = Self(i64::MAX);

    /// The instant `ms` milliseconds later (or earlier, when negative); stops at the ends of time.
    #[must_use]
    pub const fn plus(self, ms: i64) -> Self {
        Self(self.0.saturating_add(ms))
    }

    /// Milliseconds from `earlier` to `self`; negative when `earlier` is later.
    #[must_use]
    pub const fn since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }
}
