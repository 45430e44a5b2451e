//! One authenticated connection: requests go out one after the other without waiting, answers come back in order.
//!
//! A writer task and a reader task own the two halves of the stream. Between them stands a queue of waiters. When
//! the stream ends, for whatever reason, every waiter learns the same cause and every later call fails at once. A
//! caller that goes away leaves its waiter behind; the answer is read and thrown away, so nothing loses step.

mod diagnose;
pub(crate) mod dial;
pub(crate) mod frame;
pub(crate) mod garbage;
pub(crate) mod handshake;
mod pieces;

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use tokio::{
    io::{AsyncRead, AsyncWrite, AsyncWriteExt},
    sync::{Notify, RwLock, mpsc, oneshot},
    time::{Instant, timeout_at},
};
use tokio_util::sync::CancellationToken;

use self::{
    frame::FrameReader,
    pieces::Pieces,
};
use crate::{
    error::{Asked, ConnectCause, Error},
    settings::HostPort,
    wire::{Frame, VersionTable},
};

/// Requests waiting for the writer; more callers wait for room.
const QUEUE: usize = 64;
/// How long a failed write waits for the reader to find out why: a TLS alert, or the broker's last words.
const LAST_WORDS: Duration = Duration::from_millis(500);
/// How long the farewell to a peer may take.
const FAREWELL: Duration = Duration::from_secs(1);
/// How much later than the caller the connection itself gives up on an answer.
const GRACE: Duration = Duration::from_millis(250);

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

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    stop: CancellationToken,
    /// Wakes the watchdog when a request is sent into an empty queue.
    work: Notify,
    counters: Arc<Counters>,
    max_response: usize,
}

#[derive(Debug)]
struct State {
    next_correlation: i32,
    waiting: VecDeque<Waiter>,
    /// Frames that the writer has begun to write, counted from the start.
    begun: u64,
    enqueued: u64,
    death: Option<Death>,
    throttled_until: Option<Instant>,
    last_used: Instant,
}

#[derive(Debug)]
struct Waiter {
    correlation: i32,
    number: u64,
    deadline: Instant,
    reply: oneshot::Sender<Result<Bytes, Lost>>,
}

/// A waiter's share in a death.
#[derive(Debug)]
struct Lost {
    death: Death,
    sent: bool,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends the connection; the first cause counts.
    fn fail(&self, death: Death) {
        let mut state = self.lock();
        let death = state.death.get_or_insert(death).clone();
        let begun = state.begun;
        let waiting = std::mem::take(&mut state.waiting);
        drop(state);
        for waiter in waiting {
            let lost = Lost { death: death.clone(), sent: waiter.number < begun };
            // The caller may be gone; then nobody needs to know.
            waiter.reply.send(Err(lost)).ok();
        }
        self.stop.cancel();
    }

    /// Hands an answer to the oldest waiter.
    fn deliver(&self, response: Bytes) -> Result<(), Death> {
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
    ) -> Result<oneshot::Receiver<Result<Bytes, Lost>>, Error> {
        let permit = self.outgoing.reserve().await;
        let (reply, answer) = oneshot::channel();
        let mut state = self.shared.lock();
        let permit = match (permit, &state.death) {
            (Ok(permit), None) => permit,
            (_, death) => {
                let death = death.clone().unwrap_or_else(|| {
                    Death::new(ConnectCause::ClosedByPeer, "the connection ended")
                });
                return Err(lost(Lost { death, sent: false }, asked));
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
        answer: oneshot::Receiver<Result<Bytes, Lost>>,
        deadline: Instant,
        patience: Duration,
        asked: &Asked,
    ) -> Result<Bytes, Error> {
        match timeout_at(deadline, answer).await {
            Ok(Ok(Ok(response))) => Ok(response),
            Ok(Ok(Err(failure))) => Err(lost(failure, asked)),
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

fn lost(Lost { death, sent }: Lost, asked: &Asked) -> Error {
    let Death { what, detail, remedy, .. } = death;
    let what = if detail.is_empty() { what } else { format!("{what} ({detail})") };
    match remedy {
        Some(remedy) => Error::Protocol { asked: asked.clone(), what, remedy },
        None => Error::Disconnected { asked: asked.clone(), cause: what, sent },
    }
}

async fn write_frames<W: AsyncWrite + Unpin>(
    mut write: W,
    mut queue: mpsc::Receiver<Frame>,
    shared: Arc<Shared>,
) {
    loop {
        let frame = tokio::select! {
            () = shared.stop.cancelled() => break,
            frame = queue.recv() => frame,
        };
        let Some(frame) = frame else { break };
        shared.lock().begun += 1;
        let len = frame.len() as u64;
        let mut pieces = Pieces::new(frame.into_pieces());
        let written = async {
            write.write_all_buf(&mut pieces).await?;
            write.flush().await
        };
        let written = tokio::select! {
            () = shared.stop.cancelled() => break,
            written = written => written,
        };
        match written {
            Ok(()) => {
                shared.counters.bytes_out.fetch_add(len, Ordering::Relaxed);
            }
            Err(error) => {
                // The reader usually knows better: the peer's alert or farewell is in its buffer.
                tokio::time::timeout(LAST_WORDS, shared.stop.cancelled()).await.ok();
                shared.fail(garbage::death_of_io(&error, "writing"));
                break;
            }
        }
    }
    tokio::time::timeout(FAREWELL, write.shutdown()).await.ok();
}

/// Ends the connection when the oldest request is overdue, even if its caller has long gone: everything behind it
/// waits for the same broker.
async fn watch_deadlines(shared: Arc<Shared>) {
    loop {
        let oldest = shared.lock().waiting.front().map(|waiter| waiter.deadline + GRACE);
        let wait = async {
            match oldest {
                Some(deadline) => tokio::time::sleep_until(deadline).await,
                None => shared.work.notified().await,
            }
        };
        tokio::select! {
            () = shared.stop.cancelled() => return,
            () = wait => {}
        }
        let overdue = shared
            .lock()
            .waiting
            .front()
            .is_some_and(|waiter| waiter.deadline + GRACE <= Instant::now());
        if overdue {
            shared.fail(Death::new(ConnectCause::TimedOut, "the broker does not answer"));
        }
    }
}

async fn read_frames<R: AsyncRead + Unpin>(read: R, shared: Arc<Shared>) {
    let mut frames = FrameReader::new(read, shared.max_response);
    loop {
        let frame = tokio::select! {
            () = shared.stop.cancelled() => return,
            frame = frames.next() => frame,
        };
        let delivered = match frame {
            Ok(frame) => {
                let len = frame.len() as u64 + 4;
                shared.counters.bytes_in.fetch_add(len, Ordering::Relaxed);
                shared.deliver(frame)
            }
            Err(fault) => Err(garbage::death_of_frame(&fault, frames.any_frame_seen())),
        };
        if let Err(death) = delivered {
            shared.fail(death);
            return;
        }
    }
}


#[cfg(test)]
mod tests;
