//! The connection to the gateway as a pure state machine: no browser, no clock, no randomness of
//! its own.
//!
//! `handle(now, input)` appends effects, which the driver performs in order. It holds what must
//! outlive a connection: the questions that were asked and the feeds that somebody follows. So a
//! restart of the gateway heals by itself: reconnect, greet, subscribe again.
//! It never gives up, except when the gateway speaks another protocol, which only a reload cures.
//!
//! ```text
//! start → Greeting ─Welcome→ Live ─lost→ Waiting ─time→ Greeting …
//! ```

use drawbridge_shared::wire::{
    ClientMessage, Feed, Limits, PROTOCOL, Request, Response, ServerMessage, Welcome, close,
};

use super::codec::codec;
use super::{ConnectionStatus, Followed, RequestError};

mod backoff;
mod feeds;
mod requests;

use backoff::{Jitter, delay_ms};
use feeds::Feeds;
use requests::Requests;

/// Milliseconds of a clock that only the driver knows; differences matter, not the origin.
pub type Millis = i64;

/// Opening the socket and the greeting may take this long.
const GREETING_MS: Millis = 10_000;
/// A connection that lived this long was a good one: the next loss starts with short waits again.
const STEADY_MS: Millis = 10_000;
/// Heartbeats are not watched more closely than this, whatever the gateway says.
const MIN_HEARTBEAT_MS: Millis = 1_000;

/// What happens to the session.
#[derive(Debug)]
pub enum Input {
    /// A frame came.
    Received(Box<ServerMessage>),
    /// A frame came that is not of this protocol.
    Garbled,
    /// The socket is closed, with this code.
    Closed {
        /// WebSocket close code; 1006 when there was none.
        code: u16,
    },
    /// Somebody asks; the answer goes to `ticket`.
    Request {
        /// Never used before.
        ticket: u64,
        /// What is asked.
        body: Request,
    },
    /// Somebody wants to follow a feed.
    Follow {
        /// Never used before.
        follower: u64,
        /// What.
        feed: Feed,
    },
    /// Somebody does not want to follow any more.
    Unfollow {
        /// Who.
        follower: u64,
    },
    /// The page woke up, the network came back, or the user is impatient.
    RetryNow,
    /// Time passed.
    Tick,
}

/// What the driver does.
#[derive(Debug, PartialEq)]
#[allow(clippy::large_enum_variant, reason = "few at a time, each carried out at once")]
pub enum Effect {
    /// Open a new socket; frames that follow go to it.
    Open,
    /// Drop the socket; nothing of it is to be reported any more.
    Close,
    /// Send a frame.
    Send(String),
    /// Hand over the answer; comes exactly once for each ticket.
    Resolve {
        /// Whose question it was.
        ticket: u64,
        /// The answer.
        result: Result<Response, RequestError>,
    },
    /// Show a follower what is known now.
    Show {
        /// To whom.
        follower: u64,
        /// What.
        followed: Followed,
    },
    /// Show how the connection is. `retry_at_ms` is in the session's time.
    Status(ConnectionStatus),
    /// The gateway greeted.
    Welcome(Welcome),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// The socket is opening, or the greeting is awaited.
    Greeting { until: Millis },
    /// Frames flow. `asked_at` is set while we wait for a sign of life we asked for.
    Live { since: Millis, heard_at: Millis, asked_at: Option<Millis> },
    /// Between two tries.
    Waiting { until: Millis },
    /// The protocols differ; there is nothing to try.
    Incompatible,
}

/// The state of the connection; see the module.
#[derive(Debug)]
pub struct Session {
    phase: Phase,
    attempt: u32,
    jitter: Jitter,
    limits: Limits,
    /// The build that served this page, as far as we know: the first one that greeted.
    build: Option<String>,
    is_outdated: bool,
    requests: Requests,
    feeds: Feeds,
}

impl Session {
    /// Starts connecting. `seed` spreads the reconnects of many tabs.
    #[must_use]
    pub fn start(now: Millis, seed: u64, effects: &mut Vec<Effect>) -> Self {
        let mut session = Self {
            phase: Phase::Waiting { until: now },
            attempt: 0,
            jitter: Jitter::new(seed),
            limits: Limits {
                max_frame_bytes: u32::MAX,
                max_subscriptions: u32::MAX,
                max_requests: u32::MAX,
                heartbeat_ms: u32::MAX,
            },
            build: None,
            is_outdated: false,
            requests: Requests::default(),
            feeds: Feeds::default(),
        };
        session.connect(now, effects);
        session
    }

    /// Takes one input in.
    pub fn handle(&mut self, now: Millis, input: Input, effects: &mut Vec<Effect>) {
        match input {
            Input::Received(message) => self.received(now, *message, effects),
            Input::Garbled => self.drop_and_wait(now, effects),
            Input::Closed { code } => self.lost(now, code, effects),
            Input::Request { ticket, body } => {
                let may_wait = self.phase != Phase::Incompatible
                    && (self.is_live() || requests::is_harmless(&body));
                self.requests.ask(now, ticket, body, may_wait, effects);
            }
            Input::Follow { follower, feed } => self.feeds.follow(follower, feed, effects),
            Input::Unfollow { follower } => self.feeds.unfollow(follower, self.is_live(), effects),
            Input::RetryNow => match self.phase {
                Phase::Waiting { .. } => self.connect(now, effects),
                Phase::Live { .. } => self.ask_for_a_sign(now, effects),
                Phase::Greeting { .. } | Phase::Incompatible => {}
            },
            Input::Tick => {}
        }
        self.on_time(now, effects);
        if self.is_live() {
            self.feeds.subscribe(self.limits.max_subscriptions, effects);
            self.requests.send(self.limits, effects);
        }
    }

    /// When the session wants to be told that time passed.
    #[must_use]
    pub fn wake_at(&self) -> Option<Millis> {
        let own = match self.phase {
            Phase::Greeting { until } | Phase::Waiting { until } => Some(until),
            Phase::Live { heard_at, asked_at, .. } => Some(match asked_at {
                Some(asked) => asked + self.heartbeat_ms(),
                None => heard_at + 2 * self.heartbeat_ms(),
            }),
            Phase::Incompatible => None,
        };
        own.into_iter().chain(self.requests.next_deadline()).min()
    }

    fn is_live(&self) -> bool {
        matches!(self.phase, Phase::Live { .. })
    }

    fn heartbeat_ms(&self) -> Millis {
        Millis::from(self.limits.heartbeat_ms).max(MIN_HEARTBEAT_MS)
    }

    fn connect(&mut self, now: Millis, effects: &mut Vec<Effect>) {
        self.phase = Phase::Greeting { until: now + GREETING_MS };
        effects.push(Effect::Open);
        send(&ClientMessage::Hello { protocol: PROTOCOL }, effects);
        effects.push(Effect::Status(match self.attempt {
            0 => ConnectionStatus::Connecting,
            attempt => ConnectionStatus::Waiting { retry_at_ms: now, attempt },
        }));
    }

    fn received(&mut self, now: Millis, message: ServerMessage, effects: &mut Vec<Effect>) {
        match (&mut self.phase, message) {
            (Phase::Greeting { .. }, ServerMessage::Welcome(welcome)) => {
                self.greeted(now, welcome, effects);
            }
            (Phase::Live { heard_at, asked_at, .. }, message) => {
                *heard_at = now;
                *asked_at = None;
                self.frame(message, effects);
            }
            // Frames before the greeting, or behind a loss, belong to nobody.
            _ => {}
        }
    }

    fn greeted(&mut self, now: Millis, welcome: Welcome, effects: &mut Vec<Effect>) {
        if welcome.protocol != PROTOCOL {
            effects.push(Effect::Close);
            self.lost(now, close::PROTOCOL_NOT_ACCEPTABLE, effects);
            return;
        }
        self.limits = welcome.limits;
        self.is_outdated =
            self.build.get_or_insert_with(|| welcome.build.clone()) != &welcome.build;
        self.phase = Phase::Live { since: now, heard_at: now, asked_at: None };
        effects.push(Effect::Welcome(welcome));
        effects.push(Effect::Status(if self.is_outdated {
            ConnectionStatus::Outdated
        } else {
            ConnectionStatus::Live
        }));
    }

    fn frame(&mut self, message: ServerMessage, effects: &mut Vec<Effect>) {
        match message {
            ServerMessage::Reply { id, result } => self.requests.replied(id, result, effects),
            ServerMessage::Snapshot { id, seq, data } => {
                self.feeds.snapshot(id, seq, data, effects);
            }
            ServerMessage::Delta { id, seq, delta } => self.feeds.delta(id, seq, delta, effects),
            ServerMessage::Gap { id, missed } => self.feeds.gap(id, missed, effects),
            ServerMessage::Ended { id, reason } => self.feeds.ended(id, reason, effects),
            ServerMessage::Ping { nonce } => send(&ClientMessage::Pong { nonce }, effects),
            ServerMessage::Pong { .. } | ServerMessage::Welcome(_) => {}
        }
    }

    fn on_time(&mut self, now: Millis, effects: &mut Vec<Effect>) {
        match self.phase {
            Phase::Greeting { until } if until <= now => self.drop_and_wait(now, effects),
            Phase::Waiting { until } if until <= now => self.connect(now, effects),
            // A page that slept hears nothing for long although all is well; so silence alone is no
            // reason to leave, only silence after having asked.
            Phase::Live { asked_at: Some(asked), .. } if asked + self.heartbeat_ms() <= now => {
                self.drop_and_wait(now, effects);
            }
            Phase::Live { heard_at, asked_at: None, .. }
                if heard_at + 2 * self.heartbeat_ms() <= now =>
            {
                self.ask_for_a_sign(now, effects);
            }
            Phase::Greeting { .. }
            | Phase::Waiting { .. }
            | Phase::Live { .. }
            | Phase::Incompatible => {}
        }
        self.requests.expire(now, self.is_live(), effects);
    }

    fn ask_for_a_sign(&mut self, now: Millis, effects: &mut Vec<Effect>) {
        if let Phase::Live { asked_at: asked_at @ None, .. } = &mut self.phase {
            *asked_at = Some(now);
            send(&ClientMessage::Ping { nonce: now.unsigned_abs() }, effects);
        }
    }

    fn drop_and_wait(&mut self, now: Millis, effects: &mut Vec<Effect>) {
        if matches!(self.phase, Phase::Greeting { .. } | Phase::Live { .. }) {
            effects.push(Effect::Close);
            self.lost(now, 1006, effects);
        }
    }

    fn lost(&mut self, now: Millis, code: u16, effects: &mut Vec<Effect>) {
        match self.phase {
            Phase::Live { since, .. } if now - since >= STEADY_MS => self.attempt = 0,
            Phase::Live { .. } | Phase::Greeting { .. } => {}
            Phase::Waiting { .. } | Phase::Incompatible => return,
        }
        self.attempt = self.attempt.saturating_add(1);
        self.feeds.disconnected(effects);
        if code == close::PROTOCOL_NOT_ACCEPTABLE {
            self.phase = Phase::Incompatible;
            self.requests.disconnected(false, effects);
            effects.push(Effect::Status(ConnectionStatus::Incompatible));
            return;
        }
        let until = now + delay_ms(self.attempt, self.jitter.next());
        self.phase = Phase::Waiting { until };
        self.requests.disconnected(true, effects);
        effects.push(Effect::Status(ConnectionStatus::Waiting {
            retry_at_ms: until,
            attempt: self.attempt,
        }));
    }
}

/// Appends a frame. Frames of this crate always encode; if one ever did not, its request times out.
fn send(message: &ClientMessage, effects: &mut Vec<Effect>) {
    effects.extend((codec().encode)(message).map(Effect::Send));
}

#[cfg(test)]
mod tests;
