//! The one connection to the gateway: requests with replies, and feeds that stay up to date.
//!
//! `session` decides (pure, tested natively), `driver` performs (browser). The handle here is what
//! components use; it never exposes frames.

use std::sync::Arc;

use drawbridge_shared::wire::{EndReason, Feed, FeedData, Request, Response, Welcome};
use futures_channel::mpsc::UnboundedSender;
use futures_channel::{mpsc, oneshot};
use leptos::prelude::*;

use crate::model::messages::Found;
use crate::state::Clock;

pub mod codec;
mod driver;
mod error;
pub mod session;

pub use error::RequestError;

/// What components ask of the driver.
pub(crate) enum Command {
    Request { body: Request, reply: oneshot::Sender<Result<Response, RequestError>> },
    Follow { id: u64, feed: Feed, sink: RwSignal<Followed> },
    Unfollow { id: u64 },
    RetryNow,
}

/// Handle to the connection; kept in context.
#[derive(Debug, Clone, Copy)]
pub struct Socket {
    commands: StoredValue<UnboundedSender<Command>>,
    status: RwSignal<ConnectionStatus>,
    welcome: RwSignal<Option<Welcome>>,
    next_follow: StoredValue<u64>,
}

/// How the connection to the gateway is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConnectionStatus {
    /// The first connection is being made.
    Connecting,
    /// Connected.
    Live,
    /// Lost; another try comes by itself.
    Waiting {
        /// When the next try starts, by `state::Clock`; in the past while it is under way.
        retry_at_ms: i64,
        /// How many tries failed in a row.
        attempt: u32,
    },
    /// Connected, but the gateway's build changed since this page was loaded: reload.
    Outdated,
    /// The gateway speaks another protocol: only a reload helps.
    Incompatible,
}

/// What is known of a feed now.
#[derive(Debug, Clone)]
pub struct Followed {
    /// Whether the feed is loading, live or over.
    pub state: FollowState,
    /// The newest state; kept while the connection is away.
    pub data: Option<Arc<FeedData>>,
    /// False while the connection is away: `data` is old.
    pub fresh: bool,
    /// Entries of a log feed that the gateway dropped because this page was slow.
    pub missed: u64,
    /// Of a search: what it found.
    pub found: Found,
}

/// Where a feed stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FollowState {
    /// No state yet.
    Loading,
    /// A state is there.
    Live,
    /// Over, and why.
    Ended(EndReason),
}

impl Followed {
    /// A feed of which nothing is known yet.
    #[must_use]
    pub fn loading() -> Self {
        Self {
            state: FollowState::Loading,
            data: None,
            fresh: false,
            missed: 0,
            found: Found::default(),
        }
    }
}

impl PartialEq for Followed {
    fn eq(&self, other: &Self) -> bool {
        let same_data = match (&self.data, &other.data) {
            (Some(mine), Some(theirs)) => Arc::ptr_eq(mine, theirs),
            (None, None) => true,
            (Some(_), None) | (None, Some(_)) => false,
        };
        let same_parts = match (&self.found.last, &other.found.last) {
            (Some(mine), Some(theirs)) => Arc::ptr_eq(mine, theirs),
            (mine, theirs) => mine.is_none() && theirs.is_none(),
        };
        same_data
            && same_parts
            && (&self.state, self.fresh, self.missed) == (&other.state, other.fresh, other.missed)
    }
}

impl Socket {
    /// Starts the connection; the gateway's greeting corrects the clock.
    #[must_use]
    pub fn start(clock: Clock) -> Self {
        let (commands, inbox) = mpsc::unbounded();
        let status = RwSignal::new(ConnectionStatus::Connecting);
        let welcome = RwSignal::new(None);
        leptos::task::spawn_local(driver::run(inbox, driver::Screen { clock, status, welcome }));
        let commands = StoredValue::new(commands);
        Self { commands, status, welcome, next_follow: StoredValue::new(0) }
    }

    /// Asks for something once. Reads wait for a connection that is being made; changes are only
    /// ever sent at once, so that none is carried out long after it was asked for.
    ///
    /// # Errors
    /// No connection, no answer in time, or the gateway's refusal.
    pub async fn request(self, body: Request) -> Result<Response, RequestError> {
        let (reply, answer) = oneshot::channel();
        self.send(Command::Request { body, reply });
        answer.await.unwrap_or(Err(RequestError::Offline))
    }

    /// Keeps a feed up to date until the current owner goes; follows another one when `feed`
    /// changes.
    #[must_use]
    pub fn follow(self, feed: impl Fn() -> Feed + 'static) -> Signal<Followed> {
        let sink = RwSignal::new(Followed::loading());
        let current = StoredValue::new(None::<u64>);
        Effect::new(move |before: Option<Feed>| {
            let feed = feed();
            if before.as_ref() == Some(&feed) {
                return feed;
            }
            if let Some(id) = current.get_value() {
                self.send(Command::Unfollow { id });
                sink.set(Followed::loading());
            }
            let id = self.next_follow.with_value(|id| id + 1);
            self.next_follow.set_value(id);
            current.set_value(Some(id));
            self.send(Command::Follow { id, feed: feed.clone(), sink });
            feed
        });
        on_cleanup(move || {
            if let Some(id) = current.try_get_value().flatten() {
                self.send(Command::Unfollow { id });
            }
        });
        sink.into()
    }

    /// How the connection is.
    #[must_use]
    pub fn status(self) -> Signal<ConnectionStatus> {
        self.status.into()
    }

    /// The gateway's last greeting: its version, and whether it is the demo.
    #[must_use]
    pub fn welcome(self) -> Signal<Option<Welcome>> {
        self.welcome.into()
    }

    /// Tries to connect now instead of waiting.
    pub fn retry_now(self) {
        self.send(Command::RetryNow);
    }

    fn send(self, command: Command) {
        // Fails only while the page goes away, when nobody is left to be told.
        self.commands.try_with_value(|commands| commands.unbounded_send(command).ok());
    }
}
