//! The last half hour of a link and its mirrors, in steps: bounded, made from what is shown.

use std::collections::{BTreeMap, VecDeque};

use drawbridge_engine::Millis;
use drawbridge_shared::{
    names::TopicName,
    view::{HistoryPoint, LagView, RateView},
};

use super::half::Histories;

const STEP_MS: i64 = 15_000;
const STEPS: usize = 120;

/// Collects points.
#[derive(Debug, Default)]
pub(super) struct History {
    points: BTreeMap<Option<TopicName>, VecDeque<HistoryPoint>>,
    next: Option<Millis>,
}

impl History {
    /// Whether a step is over; then [`History::add`] is to be called for the link and each mirror.
    pub(super) fn is_due(&mut self, now: Millis) -> bool {
        let due = self.next.is_none_or(|next| now >= next);
        if due {
            self.next = Some(now.plus(STEP_MS));
        }
        due
    }

    pub(super) fn add(
        &mut self,
        now: Millis,
        topic: Option<TopicName>,
        lag: LagView,
        rate: RateView,
    ) {
        let points = self.points.entry(topic).or_default();
        if points.len() >= STEPS {
            points.pop_front();
        }
        points.push_back(HistoryPoint {
            at_ms: now.0,
            bytes: rate.bytes,
            records: rate.records,
            lag_records: lag.records,
            behind_ms: lag.behind_ms,
        });
    }

    /// Forgets mirrors that are gone.
    pub(super) fn retain(&mut self, known: impl Fn(&TopicName) -> bool) {
        self.points.retain(|topic, _| topic.as_ref().is_none_or(&known));
    }

    pub(super) fn all(&self) -> Histories {
        let list = |points: &VecDeque<HistoryPoint>| points.iter().copied().collect();
        self.points.iter().map(|(topic, points)| (topic.clone(), list(points))).collect()
    }
}
