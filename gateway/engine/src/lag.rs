//! How far a mirror partition is behind, in three ways: in records, in time, and how long ago the
//! source was last heard of. The third says whether the other two can be believed.

use std::collections::VecDeque;

use crate::Millis;

/// Watches one partition's distance to its source.
#[derive(Debug, Clone, Default)]
pub struct LagWatch {
    /// (source end, first seen) with rising ends: an offset below an end existed at that time.
    seen: VecDeque<(i64, Millis)>,
    source_end: Option<i64>,
    mirror_end: i64,
    last_fetch: Option<Millis>,
}

/// What is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lag {
    /// Records (offsets) the mirror lacks; `None` before the first fetch (the public API says -1).
    pub records: Option<i64>,
    /// How long the mirror has been lacking the oldest of them, ms; 0 when it lacks none.
    pub behind_ms: Option<i64>,
    /// Time since the source last answered, ms.
    pub since_fetch_ms: Option<i64>,
}

/// Instants kept; when there are more, neighbours become one and the lag is told as the older.
const KEPT: usize = 64;

impl LagWatch {
    /// The source answered a fetch: it ends there.
    pub fn fetched(&mut self, now: Millis, source_end: i64) {
        self.last_fetch = Some(now);
        if self.source_end.is_some_and(|known| source_end < known) {
            // Its log became shorter: what was seen beyond is not there any more.
            self.seen.retain(|(end, _)| *end <= source_end);
        }
        self.source_end = Some(source_end);
        let known = self.seen.back().map_or(self.mirror_end, |(end, _)| *end);
        if source_end > known {
            self.seen.push_back((source_end, now));
        }
        if self.seen.len() > KEPT {
            self.thin();
        }
    }

    /// Halves the instants: of two neighbours the older time for both their offsets.
    fn thin(&mut self) {
        let mut kept = VecDeque::with_capacity(KEPT);
        let mut pairs = self.seen.iter();
        while let Some((end, at)) = pairs.next() {
            let end = pairs.next().map_or(*end, |(later, _)| *later);
            kept.push_back((end, *at));
        }
        self.seen = kept;
    }

    /// The mirror ends there.
    pub fn mirrored(&mut self, mirror_end: i64) {
        self.mirror_end = mirror_end;
        while self.seen.front().is_some_and(|(end, _)| *end <= mirror_end) {
            self.seen.pop_front();
        }
    }

    /// The lag now.
    #[must_use]
    pub fn at(&self, now: Millis) -> Lag {
        let records = self.source_end.map(|end| (end - self.mirror_end).max(0));
        let behind_ms = records.map(|records| match self.seen.front() {
            Some((_, at)) if records > 0 => now.since(*at).max(0),
            Some(_) | None => 0,
        });
        let since_fetch_ms = self.last_fetch.map(|at| now.since(at).max(0));
        Lag { records, behind_ms, since_fetch_ms }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn nothing_is_claimed_before_the_first_fetch() {
        let lag = LagWatch::default().at(Millis(9));
        assert_eq!(lag, Lag { records: None, behind_ms: None, since_fetch_ms: None });
    }

    #[test]
    fn the_time_counts_from_when_the_oldest_missing_record_was_first_seen() {
        let mut watch = LagWatch::default();
        watch.fetched(Millis(100), 10);
        watch.fetched(Millis(200), 20);
        assert_eq!(
            watch.at(Millis(250)),
            Lag { records: Some(20), behind_ms: Some(150), since_fetch_ms: Some(50) }
        );
        watch.mirrored(10);
        assert_eq!(watch.at(Millis(250)).behind_ms, Some(50));
        watch.mirrored(20);
        assert_eq!(
            watch.at(Millis(900)),
            Lag { records: Some(0), behind_ms: Some(0), since_fetch_ms: Some(700) }
        );
    }

    proptest! {
        #[test]
        fn the_lag_is_never_negative_never_too_small_and_memory_is_bounded(
            steps in proptest::collection::vec((0..50_i64, 0..30_i64, 0..40_i64), 0..200),
        ) {
            let mut watch = LagWatch::default();
            let (mut now, mut source, mut mirror) = (0, 0, 0);
            let mut appeared = Vec::new();
            for (passed, written, copied) in steps {
                now += passed;
                appeared.extend((0..written).map(|_| now));
                source += written;
                watch.fetched(Millis(now), source);
                mirror = (mirror + copied).min(source);
                watch.mirrored(mirror);
                let lag = watch.at(Millis(now));
                prop_assert_eq!(lag.records, Some(source - mirror));
                let oldest = appeared.get(usize::try_from(mirror).unwrap()).map_or(0, |at| now - at);
                prop_assert!(lag.behind_ms.unwrap() >= oldest, "never told as less than it is");
                prop_assert!(watch.seen.len() <= KEPT + 1);
            }
        }
    }
}
