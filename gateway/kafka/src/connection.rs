//! One authenticated connection: requests go out one after the other without waiting, answers come back in order.
//!
//! A writer task and a reader task own the two halves of the stream. Between them stands a queue of waiters. When
//! the stream ends, for whatever reason, every waiter learns the same cause and every later call fails at once. A
//! caller that goes away leaves its waiter behind; the answer is read and thrown away, so nothing loses step.

mod authenticate;
mod diagnose;
pub(crate) mod dial;
pub(crate) mod frame;
pub(crate) mod garbage;
pub(crate) mod handshake;
mod pieces;
mod shared;
mod tasks;

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::{Notify, RwLock, mpsc, oneshot},
    time::{Instant, timeout_at},
};
use tokio_util::sync::CancellationToken;

use self::{
    shared::{Shared, State, Unanswered, Waiter},
    tasks::{read_frames, watch_deadlines, write_frames},
};
use crate::{
    error::{Asked, ConnectCause, Error},
    settings::HostPort,
    wire::{Frame, VersionTable},
};

/// Requests waiting for the writer; more callers wait for room.
const QUEUE: usize = 64;
/// Sums over all connections to a broker.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) bytes_in: AtomicU64,
    pub(crate) bytes_out: AtomicU64,
    pub(crate) throttled_millis: AtomicU64,
    /// Smoothed round trip in microseconds; 0 before the first.
    pub(crate) round_trip_micros: AtomicU64,
}

/// Why a connection ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Death {
    /// For code.
    pub(crate) cause: ConnectCause,
    /// For people, as a clause.
    pub(crate) what: String,
    /// The peer's own bytes, if they tell something.
    pub(crate) detail: String,
    /// What to check, if the bytes tell.
    pub(crate) remedy: Option<String>,
}

impl Death {
    pub(crate) fn new(cause: ConnectCause, what: impl Into<String>) -> Self {
        Self { cause, what: what.into(), detail: String::new(), remedy: None }
    }
}

/// A live connection. Dropping it closes the stream.
#[derive(Debug)]
pub(crate) struct Connection {
    target: String,
    outgoing: mpsc::Sender<Frame>,
    shared: Arc<Shared>,
    /// Held shared by requests and exclusively by re-authentication, during which the broker accepts nothing else.
    gate: RwLock<()>,
    versions: Mutex<Arc<VersionTable>>,
    address: Option<HostPort>,
    /// The broker has answered a request that a listener answers only to those it accepts.
    proven: AtomicBool,
}

impl Connection {
    /// Takes over a stream. `target` is for messages.
    pub(crate) fn start<R, W>(
        target: String,
        read: R,
        write: W,
        max_response: usize,
        counters: Arc<Counters>,
    ) -> Self
    where
        R: AsyncRead + Unpin + Send + 'static,
        W: AsyncWrite + Unpin + Send + 'static,
    {
        let (outgoing, queue) = mpsc::channel(QUEUE);
        let shared = Arc::new(Shared {
            state: Mutex::new(State {
                next_correlation: 0,
                waiting: VecDeque::new(),
                begun: 0,
                enqueued: 0,
                death: None,
                throttled_until: None,
                last_used: Instant::now(),
            }),
            stop: CancellationToken::new(),
            work: Notify::new(),
            counters,
            max_response,
        });
        tokio::spawn(write_frames(write, queue, Arc::clone(&shared)));
        tokio::spawn(read_frames(read, Arc::clone(&shared)));
        tokio::spawn(watch_deadlines(Arc::clone(&shared)));
        Self {
            target,
            outgoing,
            shared,
            gate: RwLock::new(()),
            versions: Mutex::new(Arc::default()),
            address: None,
            proven: AtomicBool::new(false),
        }
    }

    /// Notes where the stream leads.
    pub(crate) fn at(mut self, address: &HostPort) -> Self {
        self.address = Some(address.clone());
        self
    }

    /// Where the stream leads.
    pub(crate) fn address(&self) -> Option<&HostPort> {
        self.address.as_ref()
    }

    /// Notes that the broker accepts our requests.
    pub(crate) fn prove(&self) {
        self.proven.store(true, Ordering::Relaxed);
    }

    /// Whether the broker has accepted a request.
    pub(crate) fn is_proven(&self) -> bool {
        self.proven.load(Ordering::Relaxed)
    }

    /// `host:port`, or `id (host:port)`.
    pub(crate) fn target(&self) -> &str {
        &self.target
    }

    /// What the broker offers.
    pub(crate) fn versions(&self) -> Arc<VersionTable> {
        Arc::clone(&self.versions.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn set_versions(&self, table: VersionTable) {
        *self.versions.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(table);
    }

    /// Why the connection ended, if it did.
    pub(crate) fn death(&self) -> Option<Death> {
        self.shared.lock().death.clone()
    }

    /// Requests without answer.
    pub(crate) fn in_flight(&self) -> usize {
        self.shared.lock().waiting.len()
    }

    /// Time since the last request, if none is in flight.
    pub(crate) fn idle_for(&self) -> Option<Duration> {
        let state = self.shared.lock();
        state.waiting.is_empty().then(|| state.last_used.elapsed())
    }

    /// Ends the connection.
    pub(crate) fn close(&self, death: Death) {
        self.shared.fail(death);
    }

    /// Resolves when the connection has ended.
    #[cfg(test)]
    pub(crate) async fn ended(&self) {
        self.shared.stop.cancelled().await;
    }

    /// Holds requests back for as long as the broker asked (KIP-219).
    pub(crate) fn throttle(&self, pause: Duration) {
        if pause.is_zero() {
            return;
        }
        let millis = u64::try_from(pause.as_millis()).unwrap_or(u64::MAX);
        self.shared.counters.throttled_millis.fetch_add(millis, Ordering::Relaxed);
        let until = Instant::now() + pause;
        let mut state = self.shared.lock();
        state.throttled_until = Some(state.throttled_until.map_or(until, |old| old.max(until)));
    }

    /// Takes note of a round trip that was not a long poll.
    pub(crate) fn observe_round_trip(&self, elapsed: Duration) {
        let sample = u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX).max(1);
        let cell = &self.shared.counters.round_trip_micros;
        let old = cell.load(Ordering::Relaxed);
        let smoothed = if old == 0 { sample } else { (old / 8 * 7).saturating_add(sample / 8) };
        cell.store(smoothed.max(1), Ordering::Relaxed);
    }

    /// Sends a frame and waits for its answer (correlation id, header and body).
    ///
    /// `patience` counts from the moment the broker would accept the request. When it runs out the connection ends,
    /// since everything behind the unanswered request waits for the same broker.
    pub(crate) async fn exchange(
        &self,
        frame: Frame,
        patience: Duration,
        asked: &Asked,
    ) -> Result<Bytes, Error> {
        self.await_throttle().await;
        let deadline = Instant::now() + patience;
        let enqueued = async {
            let _passage = self.gate.read().await;
            self.enqueue(frame, deadline, asked).await
        };
        match timeout_at(deadline, enqueued).await {
            Ok(enqueued) => self.await_answer(enqueued?, deadline, patience, asked).await,
            Err(_) => Err(self.give_up(patience, asked)),
        }
    }

    /// As [`Connection::exchange`], for the holder of the gate.
    async fn exchange_alone(
        &self,
        frame: Frame,
        patience: Duration,
        asked: &Asked,
    ) -> Result<Bytes, Error> {
        let deadline = Instant::now() + patience;
        let answer = self.enqueue(frame, deadline, asked).await?;
        self.await_answer(answer, deadline, patience, asked).await
    }

    async fn await_throttle(&self) {
        loop {
            let until = self.shared.lock().throttled_until;
            match until {
                Some(until) if until > Instant::now() => tokio::select! {
                    () = tokio::time::sleep_until(until) => {}
                    () = self.shared.stop.cancelled() => return,
                },
                _ => return,
            }
        }
    }

    /// Puts a frame into the queue together with its waiter, so that both queues keep the same order.
    async fn enqueue(
        &self,
        mut frame: Frame,
        deadline: Instant,
        asked: &Asked,
    ) -> Result<oneshot::Receiver<Result<Bytes, Unanswered>>, Error> {
        let permit = self.outgoing.reserve().await;
        let (reply, answer) = oneshot::channel();
        let mut state = self.shared.lock();
        let permit = match (permit, &state.death) {
            (Ok(permit), None) => permit,
            (_, death) => {
                let death = death.clone().unwrap_or_else(|| {
                    Death::new(ConnectCause::ClosedByPeer, "the connection ended")
                });
                return Err(unanswered(Unanswered::Lost { death, sent: false }, asked));
            }
        };
        let correlation = state.next_correlation;
        state.next_correlation = correlation.checked_add(1).unwrap_or(0);
        frame.set_correlation(correlation);
        let number = state.enqueued;
        state.enqueued += 1;
        state.last_used = Instant::now();
        state.waiting.push_back(Waiter { correlation, number, deadline, reply });
        permit.send(frame);
        self.shared.work.notify_one();
        Ok(answer)
    }

    async fn await_answer(
        &self,
        answer: oneshot::Receiver<Result<Bytes, Unanswered>>,
        deadline: Instant,
        patience: Duration,
        asked: &Asked,
    ) -> Result<Bytes, Error> {
        match timeout_at(deadline, answer).await {
            Ok(Ok(Ok(response))) => Ok(response),
            Ok(Ok(Err(why))) => Err(unanswered(why, asked)),
            // The reader task is gone with the runtime.
            Ok(Err(_)) => Err(Error::Closed),
            Err(_) => Err(self.give_up(patience, asked)),
        }
    }

    /// Ends the connection because of a request that got no answer.
    fn give_up(&self, patience: Duration, asked: &Asked) -> Error {
        let what = format!("{} got no answer within {} ms", asked, patience.as_millis());
        self.shared.fail(Death::new(ConnectCause::TimedOut, what));
        Error::Timeout { asked: asked.clone(), after: patience }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.shared.fail(Death::new(ConnectCause::Io, "the connection was closed here"));
    }
}

fn unanswered(why: Unanswered, asked: &Asked) -> Error {
    let Unanswered::Lost { death, sent } = why else {
        return Error::Withheld { asked: asked.clone() };
    };
    let Death { what, detail, remedy, .. } = death;
    let what = if detail.is_empty() { what } else { format!("{what} ({detail})") };
    match remedy {
        Some(remedy) => Error::Protocol { asked: asked.clone(), what, remedy },
        None => Error::Disconnected { asked: asked.clone(), cause: what, sent },
    }
}

#[cfg(test)]
mod tests;
