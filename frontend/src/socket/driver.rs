//! Performs in the browser what the session decides.
//!
//! One task owns the WebSocket. It waits for whichever comes first of a frame, a command of the
//! page and the session's alarm, hands it to the session and performs the effects.

use std::collections::HashMap;

use drawbridge_shared::wire::{Request, Response, SUBPROTOCOL, Welcome};
use futures_channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded};
use futures_channel::oneshot;
use futures_util::future::{Either, pending, select};
use futures_util::stream::SplitStream;
use futures_util::{FutureExt, StreamExt};
use gloo_net::websocket::futures::WebSocket;
use gloo_net::websocket::{Message, WebSocketError};
use gloo_timers::future::TimeoutFuture;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::codec::codec;
use super::session::{Effect, Input, Millis, Session};
use super::{Command, ConnectionStatus, Followed, RequestError};
use crate::state::Clock;

/// The close code browsers report when the connection broke without one.
const NO_CODE: u16 = 1006;

/// What the driver shows to the page.
pub(super) struct Screen {
    pub(super) clock: Clock,
    pub(super) status: RwSignal<ConnectionStatus>,
    pub(super) welcome: RwSignal<Option<Welcome>>,
}

struct Driver {
    screen: Screen,
    connection: Option<Connection>,
    asked: HashMap<u64, oneshot::Sender<Result<Response, RequestError>>>,
    sinks: HashMap<u64, RwSignal<Followed>>,
    next_ticket: u64,
}

/// A socket: frames come from `incoming`; what is put into `outgoing` is sent once it is open.
struct Connection {
    incoming: SplitStream<WebSocket>,
    outgoing: UnboundedSender<Message>,
}

/// What the task woke up for.
enum Event {
    Frame(Option<Result<Message, WebSocketError>>),
    Command(Option<Command>),
    Alarm,
}

/// Runs the connection for as long as the page lives.
pub(super) async fn run(mut inbox: UnboundedReceiver<Command>, screen: Screen) {
    let mut driver = Driver {
        screen,
        connection: None,
        asked: HashMap::new(),
        sinks: HashMap::new(),
        next_ticket: 0,
    };
    let mut effects = Vec::new();
    let mut session = Session::start(now(), seed(), &mut effects);
    driver.perform(&mut effects);
    loop {
        let wait_ms = session.wake_at().map(|at| (at - now()).max(0));
        let input = match next_event(driver.connection.as_mut(), &mut inbox, wait_ms).await {
            Event::Command(None) => return,
            Event::Command(Some(command)) => driver.input_of(command),
            Event::Alarm => Input::Tick,
            Event::Frame(frame) => driver.input_of_frame(frame),
        };
        session.handle(now(), input, &mut effects);
        driver.perform(&mut effects);
    }
}

async fn next_event(
    connection: Option<&mut Connection>,
    inbox: &mut UnboundedReceiver<Command>,
    wait_ms: Option<Millis>,
) -> Event {
    let frame = match connection {
        Some(connection) => connection.incoming.next().left_future(),
        None => pending().right_future(),
    };
    let alarm = match wait_ms {
        Some(ms) => TimeoutFuture::new(u32::try_from(ms).unwrap_or(u32::MAX)).left_future(),
        None => pending().right_future(),
    };
    match select(frame, select(inbox.next(), alarm)).await {
        Either::Left((frame, _)) => Event::Frame(frame),
        Either::Right((Either::Left((command, _)), _)) => Event::Command(command),
        Either::Right((Either::Right(((), _)), _)) => Event::Alarm,
    }
}

impl Driver {
    fn input_of(&mut self, command: Command) -> Input {
        match command {
            Command::Request { body, reply } => self.ask(body, reply),
            Command::Follow { id, feed, sink } => {
                self.sinks.insert(id, sink);
                Input::Follow { follower: id, feed }
            }
            Command::Unfollow { id } => {
                self.sinks.remove(&id);
                Input::Unfollow { follower: id }
            }
            Command::RetryNow => Input::RetryNow,
        }
    }

    fn ask(
        &mut self,
        body: Request,
        reply: oneshot::Sender<Result<Response, RequestError>>,
    ) -> Input {
        self.next_ticket += 1;
        self.asked.insert(self.next_ticket, reply);
        Input::Request { ticket: self.next_ticket, body }
    }

    fn input_of_frame(&mut self, frame: Option<Result<Message, WebSocketError>>) -> Input {
        match frame {
            Some(Ok(Message::Text(text))) => match (codec().decode)(&text) {
                Ok(message) => Input::Received(Box::new(message)),
                Err(error) => {
                    web_sys::console::warn_1(&error.to_string().into());
                    Input::Garbled
                }
            },
            Some(Ok(Message::Bytes(_))) => Input::Garbled,
            Some(Err(WebSocketError::ConnectionClose(event))) => self.closed(event.code),
            Some(Err(_)) | None => self.closed(NO_CODE),
        }
    }

    fn closed(&mut self, code: u16) -> Input {
        self.connection = None;
        Input::Closed { code }
    }

    fn perform(&mut self, effects: &mut Vec<Effect>) {
        for effect in effects.drain(..) {
            match effect {
                Effect::Open => self.connection = open(),
                Effect::Close => self.connection = None,
                Effect::Send(text) => {
                    // Fails only when the socket is closing, which is reported as a frame.
                    if let Some(connection) = &self.connection {
                        connection.outgoing.unbounded_send(Message::Text(text)).ok();
                    }
                }
                Effect::Resolve { ticket, result } => {
                    // Nobody listens any more when the page that asked is gone.
                    if let Some(reply) = self.asked.remove(&ticket) {
                        reply.send(result).ok();
                    }
                }
                Effect::Show { follower, followed } => self.show(follower, followed),
                Effect::Status(status) => self.show_status(status),
                Effect::Welcome(welcome) => {
                    self.screen.clock.correct(welcome.now_ms);
                    self.screen.welcome.try_set(Some(welcome));
                }
            }
        }
    }

    fn show(&self, follower: u64, followed: Followed) {
        if let Some(sink) = self.sinks.get(&follower)
            && sink.try_with_untracked(|shown| *shown != followed) == Some(true)
        {
            sink.try_set(followed);
        }
    }

    fn show_status(&self, status: ConnectionStatus) {
        let status = match status {
            ConnectionStatus::Waiting { retry_at_ms, attempt } => {
                let retry_at_ms = self.screen.clock.read_ms() + retry_at_ms - now();
                ConnectionStatus::Waiting { retry_at_ms, attempt }
            }
            other => other,
        };
        self.screen.status.try_set(status);
    }
}

/// Opens a socket; failing shows as a close, which the session answers with a later try.
fn open() -> Option<Connection> {
    let location = window().location();
    let (protocol, host) = (location.protocol().ok()?, location.host().ok()?);
    let scheme = if protocol == "https:" { "wss" } else { "ws" };
    let socket =
        WebSocket::open_with_protocol(&format!("{scheme}://{host}/ws"), SUBPROTOCOL).ok()?;
    let (sink, incoming) = socket.split();
    let (outgoing, queue) = unbounded();
    spawn_local(async move {
        // Ends when the connection is dropped here, or with an error that `incoming` reports too.
        queue.map(Ok).forward(sink).await.ok();
    });
    Some(Connection { incoming, outgoing })
}

/// Milliseconds since the page was loaded; a clock that is set cannot disturb it.
#[allow(clippy::cast_possible_truncation, reason = "whole milliseconds of a page's life")]
fn now() -> Millis {
    window().performance().map_or(0.0, |performance| performance.now()) as Millis
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "any bits do as a seed")]
fn seed() -> u64 {
    (js_sys::Math::random() * 9e15) as u64
}
