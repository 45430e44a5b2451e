//! What the two tasks of a connection and its callers share: the queue of waiters and the cause of the end.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
use tokio::{
    sync::{Notify, oneshot},
    time::Instant,
};
use tokio_util::sync::CancellationToken;

use super::{Counters, Death};
use crate::error::ConnectCause;

#[derive(Debug)]
pub(super) struct Shared {
    pub(super) state: Mutex<State>,
    pub(super) stop: CancellationToken,
    /// Wakes the watchdog when a request is sent into an empty queue.
    pub(super) work: Notify,
    pub(super) counters: Arc<Counters>,
    pub(super) max_response: usize,
}

#[derive(Debug)]
pub(super) struct State {
    pub(super) next_correlation: i32,
    pub(super) waiting: VecDeque<Waiter>,
    /// Frames that the writer has begun to write, counted from the start.
    pub(super) begun: u64,
    pub(super) enqueued: u64,
    pub(super) death: Option<Death>,
    pub(super) throttled_until: Option<Instant>,
    pub(super) last_used: Instant,
}

#[derive(Debug)]
pub(super) struct Waiter {
    pub(super) correlation: i32,
    pub(super) number: u64,
    pub(super) deadline: Instant,
    pub(super) reply: oneshot::Sender<Result<Bytes, Unanswered>>,
}

/// Why a waiter gets no answer.
#[derive(Debug)]
pub(super) enum Unanswered {
    /// The connection ended, perhaps after the request was sent.
    Lost { death: Death, sent: bool },
    /// The request's guard did not let it go.
    Withheld,
}

impl Shared {
    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends the connection; the first cause counts.
    pub(super) fn fail(&self, death: Death) {
        let mut state = self.lock();
        let death = state.death.get_or_insert(death).clone();
        let begun = state.begun;
        let waiting = std::mem::take(&mut state.waiting);
        drop(state);
        for waiter in waiting {
            let lost = Unanswered::Lost { death: death.clone(), sent: waiter.number < begun };
            // The caller may be gone; then nobody needs to know.
            waiter.reply.send(Err(lost)).ok();
        }
        self.stop.cancel();
    }

    /// Takes the request with this number out: nothing of it was sent.
    pub(super) fn withhold(&self, number: u64) {
        let mut state = self.lock();
        let at = state.waiting.iter().position(|waiter| waiter.number == number);
        let waiter = at.and_then(|at| state.waiting.remove(at));
        drop(state);
        if let Some(waiter) = waiter {
            waiter.reply.send(Err(Unanswered::Withheld)).ok();
        }
    }

    /// Hands an answer to the oldest waiter.
    pub(super) fn deliver(&self, response: Bytes) -> Result<(), Death> {
        let garbage = |what: String| Death::new(ConnectCause::NotKafka, what);
        let correlation = response
            .first_chunk::<4>()
            .map(|id| i32::from_be_bytes(*id))
            .ok_or_else(|| garbage("an answer is too short to be one".to_owned()))?;
        let waiter = {
            let mut state = self.lock();
            match state.waiting.front() {
                Some(waiter) if waiter.correlation == correlation => state.waiting.pop_front(),
                Some(waiter) => {
                    let expected = waiter.correlation;
                    return Err(garbage(format!(
                        "answer {correlation} came where answer {expected} was due"
                    )));
                }
                None => {
                    return Err(garbage(format!("answer {correlation} came without a request")));
                }
            }
        };
        if let Some(waiter) = waiter {
            // The caller may have been cancelled; its answer is dropped and the order is kept.
            waiter.reply.send(Ok(response)).ok();
        }
        Ok(())
    }
}
