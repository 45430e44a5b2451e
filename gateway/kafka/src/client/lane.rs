//! One connection's place: dials when needed, replaces the dead, waits between failures.

use std::{sync::Arc, time::Duration};

use tokio::{sync::Mutex, time::Instant};

use super::{place::Place, pool::BrokerSlot};
use crate::{
    backoff::Backoff,
    connection::{
        Connection,
        dial::{Dialer, Trace},
    },
    error::{ConnectCause, Error, Result},
    settings::HostPort,
};

/// What a connection is for. A broker works on one request per connection at a time, so long polls and large writes
/// must not stand in the way of questions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Use {
    /// Administration and metadata.
    Control,
    /// Fetches, by lane.
    Fetch(u16),
    /// Produce requests, by lane.
    Produce(u16),
    /// One membership in a group: brokers hold its JoinGroup until everybody is there.
    Member(u64),
}

impl Use {
    /// Whether what is sent must arrive in the order it was sent in.
    const fn is_ordered(self) -> bool {
        matches!(self, Self::Produce(_))
    }
}

#[derive(Debug)]
pub(super) struct Lane {
    is_ordered: bool,
    /// Made for this address, with the settings of this generation.
    place: Place<(HostPort, u64)>,
    /// Held while dialling.
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// The settings that what follows is about.
    generation: u64,
    backoff: Backoff,
    not_before: Option<Instant>,
    /// The last failure, which those who waited for the same attempt share.
    failure: Option<(Instant, Error)>,
}

impl Lane {
    pub(super) fn new(wanted: Use, dialer: &Dialer) -> Self {
        Self {
            is_ordered: wanted.is_ordered(),
            place: Place::default(),
            state: Mutex::new(State::new(dialer)),
        }
    }

    /// The live connection, if there is one, with whatever settings it was made.
    pub(super) fn live(&self) -> Option<Arc<Connection>> {
        self.place.get(|_, _| true)
    }

    /// The live connection, if there is one that was made with the settings in force.
    pub(super) fn current(&self, dialer: &Dialer) -> Option<Arc<Connection>> {
        self.place.get(|(_, generation), _| *generation == dialer.generation)
    }

    /// Lets go of a connection that nobody uses now.
    pub(super) fn release_unused(&self) {
        self.place.release_unused();
    }

    /// Whether the last dial failed a moment ago.
    pub(super) fn is_failing(&self) -> bool {
        self.state
            .try_lock()
            .is_ok_and(|state| state.not_before.is_some_and(|until| until > Instant::now()))
    }

    /// The live connection, or a new one.
    pub(super) async fn connection(
        &self,
        dialer: &Dialer,
        slot: &BrokerSlot,
    ) -> Result<Arc<Connection>> {
        let address = slot.address();
        let arrived = Instant::now();
        let mut state = self.state.lock().await;
        if state.generation != dialer.generation {
            // What failed with other settings says nothing about these.
            *state = State::new(dialer);
        }
        if let Some((_, error)) = state.failure.as_ref().filter(|(at, _)| *at >= arrived) {
            return Err(error.clone());
        }
        let fresh = |(known, generation): &(HostPort, u64), connection: &Connection| {
            let idle = connection.idle_for();
            *known == address
                && *generation == dialer.generation
                && idle.is_none_or(|idle| idle < dialer.settings.connections_max_idle)
        };
        if let Some(connection) = self.place.get(fresh) {
            return Ok(connection);
        }
        let before = self.place.release();
        let renewed = before
            .filter(|((_, generation), _)| self.is_ordered && *generation != dialer.generation);
        if let Some(until) = state.not_before {
            tokio::time::sleep_until(until).await;
        }
        let counters = Arc::clone(&slot.counters);
        match dialer.dial_explained(&address, slot.name(), counters, &mut Trace::default()).await {
            Ok(connection) => {
                *state = State::new(dialer);
                slot.note_connect(None);
                if let Some((_, before)) = renewed {
                    drained(before).await;
                }
                self.place.keep((address, dialer.generation), &connection)?;
                Ok(connection)
            }
            Err(error) => {
                state.not_before = Some(Instant::now() + state.backoff.next());
                slot.note_connect(Some(&error));
                state.failure = Some((Instant::now(), error.clone()));
                Err(error)
            }
        }
    }

    /// Ends the connection.
    pub(super) fn close(&self) {
        self.place.close();
    }
}

impl State {
    fn new(dialer: &Dialer) -> Self {
        let retry = dialer.settings.retry;
        let backoff = Backoff::new(retry.reconnect, retry.reconnect_max);
        Self { generation: dialer.generation, backoff, not_before: None, failure: None }
    }
}

/// Between two looks whether a connection is used by nobody any more.
const LOOK: Duration = Duration::from_millis(1);

/// Waits until no call uses a connection: what is under way on it is answered, or it has ended. Each of its requests
/// has a deadline, so this ends.
async fn drained(connection: Arc<Connection>) {
    while Arc::strong_count(&connection) > 1 && connection.death().is_none() {
        tokio::time::sleep(LOOK).await;
    }
}

/// Whether another broker may do where this one failed: everything except what is wrong with our own settings.
pub(super) fn worth_another_broker(error: &Error) -> bool {
    match error {
        Error::Connect(connect) => !matches!(
            connect.cause,
            ConnectCause::BadCredentials | ConnectCause::MechanismNotEnabled
        ),
        Error::Settings(_) | Error::Closed => false,
        _ => true,
    }
}
