//! One connection's place: dials when needed, replaces the dead, waits between failures.

use std::sync::Arc;

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

#[derive(Debug)]
pub(super) struct Lane {
    place: Place<HostPort>,
    /// Held while dialling.
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    backoff: Backoff,
    not_before: Option<Instant>,
    /// The last failure, which those who waited for the same attempt share.
    failure: Option<(Instant, Error)>,
}

impl Lane {
    pub(super) fn new(dialer: &Dialer) -> Self {
        let retry = dialer.settings.retry;
        let backoff = Backoff::new(retry.reconnect, retry.reconnect_max);
        Self {
            place: Place::default(),
            state: Mutex::new(State { backoff, not_before: None, failure: None }),
        }
    }

    /// The live connection, if there is one.
    pub(super) fn live(&self) -> Option<Arc<Connection>> {
        self.place.get(|_, _| true)
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
        if let Some((_, error)) = state.failure.as_ref().filter(|(at, _)| *at >= arrived) {
            return Err(error.clone());
        }
        let fresh = |known: &HostPort, connection: &Connection| {
            let idle = connection.idle_for();
            *known == address && idle.is_none_or(|idle| idle < dialer.settings.connections_max_idle)
        };
        if let Some(connection) = self.place.get(fresh) {
            return Ok(connection);
        }
        self.place.release();
        if let Some(until) = state.not_before {
            tokio::time::sleep_until(until).await;
        }
        let counters = Arc::clone(&slot.counters);
        match dialer.dial_explained(&address, slot.name(), counters, &mut Trace::default()).await {
            Ok(connection) => {
                let retry = dialer.settings.retry;
                state.backoff = Backoff::new(retry.reconnect, retry.reconnect_max);
                state.not_before = None;
                state.failure = None;
                slot.note_connect(None);
                self.place.keep(address, &connection)?;
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
