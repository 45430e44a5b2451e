//! Filling offsets that hold no record, with nothing else under way.
//!
//! Markers have no sequence: a late one would shift everything after it. So a fill waits until
//! nothing of ours can be late, its request is never repeated on an unknown outcome before the
//! settle time has passed, and its answer is never believed: the log end is read instead.

use super::{
    Certainty, Effect, Fault, FaultKind, Notice, Partition, Phase, Question,
    queue::{Segment, chunk, consume},
};

/// State of the fill at the front of the queue.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Filling {
    method: Option<Method>,
    transactions_denied: bool,
    /// It has been said that this cannot be filled; tried again at that time.
    blocked: bool,
}

/// How a fill is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Method {
    Markers,
    Transactions,
}

/// Empty transactions asked for at a time.
const TRANSACTIONS: i64 = 10;

impl Partition {
    pub(super) fn pump_filling(&mut self, effects: &mut Vec<Effect>) {
        if self.breaking && self.asked.is_none() {
            let why = self.error.clone().unwrap_or_default();
            return self.rest(why);
        }
        if self.leave_if_unwanted() {
            return;
        }
        self.read(effects);
        if self.asked.is_some() {
            return;
        }
        let Some((from, total)) = self.open_fill() else {
            self.phase = Phase::Copying;
            return;
        };
        let quiet = self.late_sequenced.max(self.late_unsequenced);
        if self.now < quiet {
            effects.push(Effect::Wake { at: quiet });
            return;
        }
        if self.end_asked < quiet {
            // A late batch may have been appended since: with a sequence it does no harm to data,
            // but a marker would land behind it.
            return self.ask_log_end(Question::FillStart, effects);
        }
        if self.noted_unsequenced(effects) {
            self.fill(from, total, effects);
        }
    }

    /// The fill at the front of the queue; a finished one is removed.
    fn open_fill(&mut self) -> Option<(i64, i64)> {
        let Some(Segment::Fill { from, runs }) = self.queue.front() else { return None };
        let total = runs.iter().map(|run| run.count).sum();
        if total > 0 {
            return Some((*from, total));
        }
        self.queue.pop();
        None
    }

    fn fill(&mut self, from: i64, total: i64, effects: &mut Vec<Effect>) {
        let rules = self.spec.fill;
        let denied = self.markers_denied.is_some_and(|until| self.now < until);
        let Phase::Filling(filling) = &mut self.phase else { return };
        let by_transactions =
            rules.transactions && !filling.transactions_denied && total <= rules.by_transactions;
        let method = if rules.markers && !denied {
            Method::Markers
        } else if by_transactions {
            Method::Transactions
        } else {
            let again = self.now.plus(self.spec.limits.denied_ms);
            if !filling.blocked {
                filling.blocked = true;
                filling.transactions_denied = false;
                let reason = blocked(rules.markers, total > rules.by_transactions);
                self.error = Some(reason.clone());
                effects.push(Effect::Notice(Notice::Blocked {
                    offset: from,
                    count: total,
                    reason,
                }));
            }
            effects.push(Effect::Wake { at: self.markers_denied.unwrap_or(again) });
            return;
        };
        filling.method = Some(method);
        let limit = match method {
            Method::Markers => self.spec.limits.markers.max(1),
            Method::Transactions => TRANSACTIONS,
        };
        let count = total.min(limit);
        self.reach = self.reach.max(from + count);
        if let Some(anchor) = &mut self.anchor {
            anchor.filled += count;
        }
        let ask = self.ask(Question::Fill { count });
        match method {
            Method::Transactions => effects.push(Effect::Transactions { ask, count }),
            Method::Markers => {
                if let Some(Segment::Fill { runs, .. }) = self.queue.front() {
                    let runs = chunk(runs, count);
                    effects.push(Effect::Markers { ask, producer: self.spec.marker, runs });
                }
            }
        }
    }

    pub(super) fn on_fill_start(&mut self, result: Result<i64, Fault>) {
        match result {
            Ok(end) if end == self.acked => {}
            Ok(end) => self.rest(format!("the mirror ends at offset {end}, not at {}", self.acked)),
            Err(fault) => self.rest_after(&fault),
        }
    }

    pub(super) fn on_filled(
        &mut self,
        count: i64,
        result: Result<(), Fault>,
        effects: &mut Vec<Effect>,
    ) {
        match result {
            Err(fault) if fault.certainty == Certainty::Unknown => {
                self.may_be_late(true);
                self.rest_after(&fault);
            }
            // Ended meanwhile: whoever opens next reads the log end.
            Ok(()) | Err(_) if !matches!(self.phase, Phase::Filling(_)) || self.breaking => {}
            Ok(()) => self.ask_log_end(Question::FillEnd { count, refused: None }, effects),
            Err(fault) => {
                self.counters.errors.count(fault.kind);
                self.ask_log_end(Question::FillEnd { count, refused: Some(fault) }, effects);
            }
        }
    }

    pub(super) fn on_fill_end(
        &mut self,
        count: i64,
        refused: Option<Fault>,
        result: Result<i64, Fault>,
    ) {
        let end = match result {
            Ok(end) => end,
            Err(fault) => return self.rest_after(&fault),
        };
        let moved = end - self.acked;
        if moved > count {
            let offset = self.acked + count;
            return self.fail_foreign(offset, &format!("the log ends at {end} after a fill"));
        }
        if moved < 0 {
            return self.rest(format!("the mirror's log end went back to offset {end}"));
        }
        self.advance_fill(end, moved);
        // After a refusal the end that was read need not be replicated: it is read anew.
        if moved == count && refused.is_none() {
            self.failures = 0;
            self.error = None;
            return;
        }
        match refused {
            Some(fault) if fault.kind == FaultKind::Denied => self.deny_fill(&fault),
            Some(fault) => self.rest_after(&fault),
            None => self.rest("markers were accepted but the log end did not move".to_owned()),
        }
    }

    fn advance_fill(&mut self, end: i64, moved: i64) {
        self.acked = end;
        self.next_check = self.now.plus(self.spec.limits.check_ms);
        if let Some(Segment::Fill { from, runs }) = self.queue.front_mut() {
            *from += moved;
            consume(runs, moved);
        }
        let Phase::Filling(filling) = &self.phase else { return };
        match filling.method {
            Some(Method::Markers) => self.counters.by_markers += moved,
            Some(Method::Transactions) => self.counters.by_transactions += moved,
            None => {}
        }
    }

    fn deny_fill(&mut self, fault: &Fault) {
        self.error = Some(fault.detail.clone());
        let until = self.now.plus(self.spec.limits.denied_ms);
        let Phase::Filling(filling) = &mut self.phase else { return };
        match filling.method {
            Some(Method::Transactions) => filling.transactions_denied = true,
            Some(Method::Markers) | None => self.markers_denied = Some(until),
        }
    }
}

fn blocked(markers_allowed: bool, large: bool) -> String {
    let markers = if markers_allowed {
        "WriteTxnMarkers is refused (it needs ALTER on the destination cluster, before Kafka 3.8 CLUSTER_ACTION)"
    } else {
        "WriteTxnMarkers is switched off"
    };
    let transactions = if large {
        "the gap is too large for empty transactions"
    } else {
        "empty transactions are refused (they need WRITE on the link's transactional id and on the topic)"
    };
    format!("offsets without record cannot be filled: {markers}, and {transactions}")
}
