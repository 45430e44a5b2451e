//! Finding a broker that answers: known ones first, the bootstrap servers, resolved anew, when all of them fail.

use std::sync::Arc;

use tokio::{sync::Mutex, time::Instant};

use super::{
    Client,
    lane::{Use, worth_another_broker},
    pool::Pool,
};
use crate::{
    connection::{Connection, Counters, Death, dial::Trace},
    error::{ConnectCause, Error, Result},
};

/// The connection to a bootstrap server, kept while no broker is reachable by its id.
#[derive(Debug, Default)]
pub(super) struct Bootstrap {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    connection: Option<Arc<Connection>>,
    /// The last failure, which those who waited for the same attempt share.
    failure: Option<(Instant, Error)>,
}

impl Bootstrap {
    /// The live connection, or one to the first server that accepts one, beginning anywhere.
    async fn connection(&self, pool: &Pool) -> Result<Arc<Connection>> {
        let arrived = Instant::now();
        let mut state = self.state.lock().await;
        if let Some(connection) = state.connection.as_ref().filter(|c| c.death().is_none()) {
            return Ok(Arc::clone(connection));
        }
        if let Some((_, error)) = state.failure.as_ref().filter(|(at, _)| *at >= arrived) {
            return Err(error.clone());
        }
        let servers = &pool.settings().bootstrap;
        let start = rand::random_range(0..servers.len().max(1));
        let mut last = Error::Closed;
        for server in servers.iter().cycle().skip(start).take(servers.len()) {
            let counters = Arc::new(Counters::default());
            let name = server.to_string();
            match pool.dialer.dial_explained(server, name, counters, &mut Trace::default()).await {
                Ok(connection) => {
                    state.connection = Some(Arc::clone(&connection));
                    state.failure = None;
                    return Ok(connection);
                }
                Err(error) => {
                    let go_on = worth_another_broker(&error);
                    last = error;
                    if !go_on {
                        break;
                    }
                }
            }
        }
        state.failure = Some((Instant::now(), last.clone()));
        Err(last)
    }

    /// Lets go of the connection; calls that still use it keep it until they end.
    fn release(&self) {
        if let Ok(mut state) = self.state.try_lock() {
            state.connection = None;
        }
    }

    pub(super) async fn close(&self) {
        if let Some(connection) = self.state.lock().await.connection.take() {
            connection.close(Death::new(ConnectCause::Io, "the client was closed"));
        }
    }
}

impl Client {
    /// A connection to any broker, for questions that every broker can answer.
    pub(crate) async fn any(&self) -> Result<Arc<Connection>> {
        if self.inner.pool.slots().is_empty() {
            self.ensure_brokers().await?;
        }
        self.any_for_metadata().await
    }

    /// A connection to a bootstrap server.
    pub(crate) async fn bootstrap_connection(&self) -> Result<Arc<Connection>> {
        self.inner.pool.bootstrap.connection(&self.inner.pool).await
    }

    /// As [`Client::any`], without asking for brokers first.
    pub(super) async fn any_for_metadata(&self) -> Result<Arc<Connection>> {
        let pool = &self.inner.pool;
        let slots = pool.slots();
        let start = rand::random_range(0..slots.len().max(1));
        let order: Vec<_> = slots.iter().cycle().skip(start).take(slots.len()).collect();
        for slot in &order {
            if let Some(connection) = slot.lane(Use::Control, &pool.dialer).live() {
                return Ok(connection);
            }
        }
        for slot in order {
            let lane = slot.lane(Use::Control, &pool.dialer);
            if lane.is_failing() {
                continue;
            }
            match lane.connection(&pool.dialer, slot).await {
                Ok(connection) => {
                    pool.bootstrap.release();
                    return Ok(connection);
                }
                Err(error) if worth_another_broker(&error) => {}
                Err(error) => return Err(error),
            }
        }
        pool.bootstrap.connection(pool).await
    }
}
