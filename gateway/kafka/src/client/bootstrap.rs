//! Finding a broker that answers: known ones first, the bootstrap servers, resolved anew, when all of them fail.

use std::sync::Arc;

use tokio::{sync::Mutex, time::Instant};

use super::{
    Client,
    lane::{Use, worth_another_broker},
    place::Place,
    pool::Pool,
};
use crate::{
    connection::{Connection, Counters, dial::Trace},
    error::{Error, Result},
};

/// The connection to a bootstrap server, kept while no broker is reachable by its id.
#[derive(Debug, Default)]
pub(super) struct Bootstrap {
    /// Made with the settings of this generation.
    place: Place<u64>,
    /// The last failure, which those who waited for the same attempt share; held while dialling.
    failure: Mutex<Option<(Instant, Error)>>,
}

impl Bootstrap {
    /// The live connection, or one to the first server that accepts one, beginning anywhere.
    async fn connection(&self, pool: &Pool) -> Result<Arc<Connection>> {
        let arrived = Instant::now();
        let mut failure = self.failure.lock().await;
        let dialer = pool.dialer();
        if let Some(connection) = self.place.get(|made, _| *made == dialer.generation) {
            return Ok(connection);
        }
        if let Some((_, error)) = failure.as_ref().filter(|(at, _)| *at >= arrived) {
            return Err(error.clone());
        }
        let servers = &dialer.settings.bootstrap;
        let start = rand::random_range(0..servers.len().max(1));
        let mut last = Error::Closed;
        for server in servers.iter().cycle().skip(start).take(servers.len()) {
            let counters = Arc::new(Counters::default());
            let name = server.to_string();
            match dialer.dial_explained(server, name, counters, &mut Trace::default()).await {
                Ok(connection) => {
                    *failure = None;
                    self.place.keep(dialer.generation, &connection)?;
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
        *failure = Some((Instant::now(), last.clone()));
        Err(last)
    }

    pub(super) fn close(&self) {
        self.place.close();
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
        let dialer = pool.dialer();
        for slot in &order {
            if let Some(connection) = slot.lane(Use::Control, &dialer).current(&dialer) {
                return Ok(connection);
            }
        }
        for slot in order {
            let lane = slot.lane(Use::Control, &dialer);
            if lane.is_failing() {
                continue;
            }
            match lane.connection(&dialer, slot).await {
                Ok(connection) => {
                    pool.bootstrap.place.release();
                    return Ok(connection);
                }
                Err(error) if worth_another_broker(&error) => {}
                Err(error) => return Err(error),
            }
        }
        pool.bootstrap.connection(pool).await
    }
}
