//! One WebSocket connection's conversation, generic over the stream and sink it runs on.
//!
//! It greets, pairs requests with replies, keeps subscriptions, beats the heart and enforces limits.
//! It knows neither HTTP nor Kafka: what is asked goes to a [`Backend`], so tests run it over channels.
//! One task owns everything; nothing is locked.

mod budget;
mod frames;

use std::{sync::Arc, time::Duration};

use drawbridge_shared::{
    view::RecordQuery,
    wire::{
        ClientMessage, EndReason, ErrorCode, Feed, Limits, PROTOCOL, Request, RequestId, Response,
        ServerMessage, SubscriptionId, Welcome, WireError, close, decode_client, encode_server,
    },
};
use futures_util::{
    FutureExt, Sink, SinkExt, Stream, StreamExt,
    future::BoxFuture,
    stream::{BoxStream, FuturesUnordered},
};
use tokio::{sync::Semaphore, time::Instant};
use tokio_stream::StreamMap;
use tokio_util::sync::CancellationToken;

use super::outbox::Outbox;
use crate::{
    browse::{SCANS_OF_SESSION, SearchState},
    feeds::FeedState,
};
pub use budget::FrameBudget;
pub use frames::{Closing, Inbound, InboundError, Outbound};

/// A client that has not greeted by then is disconnected.
pub const HELLO_TIMEOUT: Duration = Duration::from_secs(5);
/// A frame that the network does not take by then ends the connection.
pub const WRITE_TIMEOUT: Duration = Duration::from_secs(10);
/// How often the gateway pings; silence of three times that means the connection is dead.
pub const HEARTBEAT: Duration = Duration::from_secs(15);

/// What every connection is granted.
pub const LIMITS: Limits = Limits {
    max_frame_bytes: 1 << 20,
    max_subscriptions: 64,
    max_requests: 32,
    heartbeat_ms: 15_000,
};

/// A reply that is being worked on.
pub type Reply = BoxFuture<'static, Result<Response, WireError>>;

/// What a session needs from the rest of the gateway.
pub trait Backend: Send + Sync {
    /// The greeting, with the clock read now.
    fn welcome(&self) -> Welcome;
    /// States of a feed, newest first known; a stream that ends counts as a feed that is gone.
    fn follow(&self, feed: &Feed) -> BoxStream<'static, FeedState>;
    /// Starts a request. It goes on when the reply is no longer wanted: a change is never half done
    /// because a tab was closed.
    fn call(&self, request: Request) -> Reply;
    /// Starts a search for records; `places` are those of the session.
    fn search(
        &self,
        _query: &RecordQuery,
        _places: &Arc<Semaphore>,
    ) -> BoxStream<'static, SearchState> {
        futures_util::stream::empty().boxed()
    }
    /// Counts a frame for the metrics.
    fn count(&self, _direction: Direction) {}
}

/// Which way a frame goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// From the client.
    In,
    /// To the client.
    Out,
}

/// Runs a connection to its end and returns why it ended. The close frame has been sent where one could be.
pub async fn run<I, O>(
    backend: Arc<dyn Backend>,
    inbound: I,
    outbound: O,
    draining: CancellationToken,
    grace: Duration,
) -> Closing
where
    I: Stream<Item = Result<Inbound, InboundError>> + Unpin + Send,
    O: Sink<Outbound> + Unpin + Send,
{
    let now = Instant::now();
    let mut session = Session {
        backend,
        inbound,
        outbound,
        started: now,
        outbox: Outbox::default(),
        feeds: StreamMap::new(),
        searches: StreamMap::new(),
        places: Arc::new(Semaphore::new(SCANS_OF_SESSION)),
        replies: FuturesUnordered::new(),
        open_requests: Vec::new(),
        budget: FrameBudget::new(now),
        last_heard: now,
        next_ping: now + HEARTBEAT,
        n_pings: 0,
    };
    let closing = match session.greet().await {
        Err(closing) => closing,
        Ok(()) => match session.converse(&draining).await {
            Ok(()) => session.finish(grace).await,
            Err(closing) => closing,
        },
    };
    session.say_goodbye(&closing).await;
    closing
}

struct Session<I, O> {
    backend: Arc<dyn Backend>,
    inbound: I,
    outbound: O,
    started: Instant,
    outbox: Outbox,
    feeds: StreamMap<SubscriptionId, BoxStream<'static, FeedState>>,
    searches: StreamMap<SubscriptionId, BoxStream<'static, SearchState>>,
    /// Places for searches.
    places: Arc<Semaphore>,
    replies: FuturesUnordered<BoxFuture<'static, (RequestId, Result<Response, WireError>)>>,
    /// Requests without reply; few enough for a list.
    open_requests: Vec<RequestId>,
    budget: FrameBudget,
    last_heard: Instant,
    next_ping: Instant,
    n_pings: u64,
}

impl<I, O> Session<I, O>
where
    I: Stream<Item = Result<Inbound, InboundError>> + Unpin + Send,
    O: Sink<Outbound> + Unpin + Send,
{
    /// The first frame must be `Hello` of our protocol, and come in time.
    async fn greet(&mut self) -> Result<(), Closing> {
        let deadline = self.started + HELLO_TIMEOUT;
        loop {
            let Ok(frame) = tokio::time::timeout_at(deadline, self.inbound.next()).await else {
                return Err(Closing::with(
                    close::TIMED_OUT,
                    "no hello in time; send {\"hello\":{\"protocol\":1}} first",
                ));
            };
            match self.read(frame)? {
                None => {}
                Some(ClientMessage::Hello { protocol }) => {
                    // The greeting goes out either way: it tells a tab left open which build runs now.
                    self.write(&ServerMessage::Welcome(self.backend.welcome())).await?;
                    if protocol == PROTOCOL {
                        return Ok(());
                    }
                    return Err(Closing::with(
                        close::PROTOCOL_NOT_ACCEPTABLE,
                        format!(
                            "this gateway speaks protocol {PROTOCOL}, you {protocol}; reload the page"
                        ),
                    ));
                }
                Some(_) => {
                    return Err(Closing::with(close::BAD_FRAME, "the first frame must be hello"));
                }
            }
        }
    }

    /// Talks until something ends the connection; `Ok` when the gateway is stopping.
    async fn converse(&mut self, draining: &CancellationToken) -> Result<(), Closing> {
        loop {
            self.flush().await?;
            let due = self.outbox.due().map(|due| self.started + due);
            tokio::select! {
                () = draining.cancelled() => return Ok(()),
                Some((id, reply)) = self.replies.next() => self.settle(id, reply),
                Some((id, state)) = self.feeds.next() => self.take_state(id, state),
                Some((id, state)) = self.searches.next() => self.take_part(id, state),
                frame = self.inbound.next() => {
                    if let Some(message) = self.read(frame)? {
                        self.handle(message)?;
                    }
                }
                () = sleep_until(due) => {}
                () = tokio::time::sleep_until(self.next_ping) => self.beat()?,
            }
        }
    }

    /// The gateway is stopping: requests under way get their replies, nothing new is taken.
    async fn finish(&mut self, grace: Duration) -> Closing {
        let deadline = Instant::now() + grace;
        while !self.open_requests.is_empty() {
            match tokio::time::timeout_at(deadline, self.replies.next()).await {
                Ok(Some((id, reply))) => self.settle(id, reply),
                Ok(None) | Err(_) => break,
            }
            if let Err(closing) = self.flush().await {
                return closing;
            }
        }
        Closing::with(close::DRAINING, "the gateway is stopping; reconnect")
    }

    /// Takes in a frame; `None` for one that only shows a sign of life.
    fn read(
        &mut self,
        frame: Option<Result<Inbound, InboundError>>,
    ) -> Result<Option<ClientMessage>, Closing> {
        let now = Instant::now();
        let text = match frame {
            None | Some(Ok(Inbound::Close)) => return Err(Closing::gone()),
            Some(Err(InboundError::Broken(cause))) => return Err(Closing::broken(cause)),
            Some(Err(InboundError::TooLarge)) => {
                let limit = LIMITS.max_frame_bytes;
                return Err(Closing::with(
                    close::FRAME_TOO_LARGE,
                    format!("a frame was larger than {limit} bytes"),
                ));
            }
            Some(Ok(Inbound::Text(text))) => Some(text),
            Some(Ok(Inbound::Control)) => None,
            Some(Ok(Inbound::Binary)) => {
                return Err(Closing::with(close::BAD_FRAME, "frames are JSON text, not binary"));
            }
        };
        self.backend.count(Direction::In);
        self.last_heard = now;
        if !self.budget.take(now) {
            return Err(Closing::with(close::TOO_MANY, "too many frames per second"));
        }
        let Some(text) = text else { return Ok(None) };
        decode_client(&text)
            .map(Some)
            .map_err(|error| Closing::with(close::BAD_FRAME, error.to_string()))
    }

    fn handle(&mut self, message: ClientMessage) -> Result<(), Closing> {
        match message {
            ClientMessage::Hello { .. } => {
                return Err(Closing::with(close::BAD_FRAME, "hello was said already"));
            }
            ClientMessage::Request { id, body } => self.start(id, body)?,
            ClientMessage::Subscribe { id, feed, credit } => self.subscribe(id, &feed, credit)?,
            ClientMessage::Unsubscribe { id } => {
                self.feeds.remove(&id);
                self.searches.remove(&id);
                self.outbox.end(id, EndReason::Unsubscribed);
            }
            ClientMessage::Credit { id, frames } => self.outbox.credit(id, frames),
            ClientMessage::Ping { nonce } => self.outbox.direct(ServerMessage::Pong { nonce }),
            ClientMessage::Pong { .. } => {}
        }
        Ok(())
    }

    fn start(&mut self, id: RequestId, body: Request) -> Result<(), Closing> {
        if self.open_requests.contains(&id) {
            return Err(Closing::with(close::ID_IN_USE, format!("request id {} is in use", id.0)));
        }
        if self.open_requests.len() >= count(LIMITS.max_requests) {
            return Err(Closing::with(
                close::TOO_MANY,
                format!("more than {} unanswered requests", LIMITS.max_requests),
            ));
        }
        self.open_requests.push(id);
        let reply = self.backend.call(body);
        self.replies.push(async move { (id, reply.await) }.boxed());
        Ok(())
    }

    fn subscribe(&mut self, id: SubscriptionId, feed: &Feed, credit: u32) -> Result<(), Closing> {
        if self.outbox.n_open() >= count(LIMITS.max_subscriptions) {
            return Err(Closing::with(
                close::TOO_MANY,
                format!("more than {} subscriptions", LIMITS.max_subscriptions),
            ));
        }
        if !self.outbox.open(id, feed.kind(), credit) {
            return Err(Closing::with(
                close::ID_IN_USE,
                format!("subscription id {} is in use", id.0),
            ));
        }
        if let Feed::Records { query } = feed {
            // A search that ends without a word is one whose thread did.
            let gone = SearchState::Ended(EndReason::Refused(Box::new(unfinished())));
            let states = self.backend.search(query, &self.places);
            self.searches.insert(id, states.chain(futures_util::stream::iter([gone])).boxed());
            return Ok(());
        }
        let gone = FeedState::Ended(EndReason::NotFound { message: "the feed is gone".to_owned() });
        let states = self.backend.follow(feed).chain(futures_util::stream::iter([gone]));
        self.feeds.insert(id, states.boxed());
        Ok(())
    }

    fn settle(&mut self, id: RequestId, result: Result<Response, WireError>) {
        self.open_requests.retain(|open| *open != id);
        self.outbox.direct(ServerMessage::Reply { id, result });
    }

    fn take_state(&mut self, id: SubscriptionId, state: FeedState) {
        match state {
            FeedState::Pending => {}
            FeedState::Data(data) => self.outbox.offer(id, data),
            FeedState::Ended(reason) => {
                self.feeds.remove(&id);
                self.outbox.end(id, reason);
            }
        }
    }

    fn take_part(&mut self, id: SubscriptionId, state: SearchState) {
        match state {
            SearchState::Part(part, permit) => self.outbox.offer_part(id, part, permit),
            SearchState::Ended(reason) => {
                self.searches.remove(&id);
                self.outbox.end(id, reason);
            }
        }
    }

    fn beat(&mut self) -> Result<(), Closing> {
        let now = Instant::now();
        if now.duration_since(self.last_heard) >= 3 * HEARTBEAT {
            return Err(Closing::with(close::TIMED_OUT, "no sign of life"));
        }
        self.next_ping = now + HEARTBEAT;
        self.n_pings += 1;
        self.outbox.direct(ServerMessage::Ping { nonce: self.n_pings });
        Ok(())
    }

    /// Sends all that may go out now.
    async fn flush(&mut self) -> Result<(), Closing> {
        while let Some(message) = self.outbox.next(self.started.elapsed()) {
            self.write(&message).await?;
        }
        Ok(())
    }

    async fn write(&mut self, message: &ServerMessage) -> Result<(), Closing> {
        let message = match message {
            ServerMessage::Reply { id, .. } => (encode_server(message), Some(*id)),
            other => (encode_server(other), None),
        };
        let text = match message {
            (Ok(text), _) => text,
            (Err(error), id) => {
                tracing::error!(%error, "a frame cannot be encoded");
                let Some(id) = id else { return Ok(()) };
                let refusal = ServerMessage::Reply { id, result: Err(unencodable()) };
                encode_server(&refusal).unwrap_or_default()
            }
        };
        self.backend.count(Direction::Out);
        let sent = tokio::time::timeout(WRITE_TIMEOUT, self.outbound.send(Outbound::Text(text)));
        match sent.await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(Closing::gone()),
            Err(_) => Err(Closing::broken("a write did not complete in time".to_owned())),
        }
    }

    async fn say_goodbye(&mut self, closing: &Closing) {
        if let Some(code) = closing.code {
            let frame = Outbound::Close { code, reason: closing.reason.clone() };
            let sent = tokio::time::timeout(WRITE_TIMEOUT, self.outbound.send(frame)).await;
            if !matches!(sent, Ok(Ok(()))) {
                tracing::debug!(code, "the close frame could not be sent");
            }
        }
    }
}

async fn sleep_until(due: Option<Instant>) {
    match due {
        Some(due) => tokio::time::sleep_until(due).await,
        None => std::future::pending().await,
    }
}

fn count(limit: u32) -> usize {
    usize::try_from(limit).unwrap_or(usize::MAX)
}

fn unencodable() -> WireError {
    fault("the reply could not be written")
}

fn unfinished() -> WireError {
    fault("the search ended before it was finished")
}

fn fault(message: &str) -> WireError {
    WireError {
        code: ErrorCode::Internal,
        message: message.to_owned(),
        cause: None,
        remedy: Some("look into the gateway's log".to_owned()),
        fields: Vec::new(),
        trace: String::new(),
    }
}

#[cfg(test)]
mod tests;
