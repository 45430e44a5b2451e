//! All brokers with all their connections.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, atomic::Ordering},
    time::Duration,
};

use tokio_util::sync::CancellationToken;

use super::{
    bootstrap::Bootstrap,
    lane::{Lane, Use},
};
use crate::{
    admin::cluster::Broker,
    connection::{Connection, Counters, dial::Dialer},
    error::{Asked, Error, ErrorCode, Result},
    settings::{ConnectionSettings, HostPort},
    stats::{BrokerStats, ClientStats},
};

/// A broker by id.
#[derive(Debug)]
pub(super) struct BrokerSlot {
    id: i32,
    address: Mutex<HostPort>,
    pub(super) counters: Arc<Counters>,
    lanes: Mutex<HashMap<Use, Arc<Lane>>>,
    history: Mutex<History>,
}

#[derive(Debug, Default)]
struct History {
    connects: u64,
    last_error: Option<String>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl BrokerSlot {
    fn new(id: i32, address: HostPort) -> Self {
        Self {
            id,
            address: Mutex::new(address),
            counters: Arc::default(),
            lanes: Mutex::default(),
            history: Mutex::default(),
        }
    }

    #[cfg(test)]
    pub(super) fn id(&self) -> i32 {
        self.id
    }

    pub(super) fn address(&self) -> HostPort {
        lock(&self.address).clone()
    }

    /// Name for messages.
    pub(super) fn name(&self) -> String {
        format!("broker {} ({})", self.id, self.address())
    }

    pub(super) fn lane(&self, wanted: Use, dialer: &Dialer) -> Arc<Lane> {
        let mut lanes = lock(&self.lanes);
        Arc::clone(lanes.entry(wanted).or_insert_with(|| Arc::new(Lane::new(wanted, dialer))))
    }

    pub(super) fn note_connect(&self, error: Option<&Error>) {
        let mut history = lock(&self.history);
        history.last_error = error.map(ToString::to_string);
        history.connects += u64::from(error.is_none());
    }

    fn stats(&self) -> BrokerStats {
        let lanes: Vec<Arc<Lane>> = lock(&self.lanes).values().cloned().collect();
        let live: Vec<Arc<Connection>> = lanes.iter().filter_map(|lane| lane.live()).collect();
        let history = lock(&self.history);
        let counters = &self.counters;
        let round_trip = counters.round_trip_micros.load(Ordering::Relaxed);
        BrokerStats {
            broker: self.id,
            address: self.address().to_string(),
            connections: live.len(),
            in_flight: live.iter().map(|connection| connection.in_flight()).sum(),
            round_trip: (round_trip > 0).then(|| Duration::from_micros(round_trip)),
            throttled: Duration::from_millis(counters.throttled_millis.load(Ordering::Relaxed)),
            bytes_in: counters.bytes_in.load(Ordering::Relaxed),
            bytes_out: counters.bytes_out.load(Ordering::Relaxed),
            connects: history.connects,
            last_error: history.last_error.clone(),
        }
    }
}

#[derive(Debug)]
pub(super) struct Pool {
    dialer: RwLock<Arc<Dialer>>,
    pub(super) bootstrap: Bootstrap,
    pub(super) closed: CancellationToken,
    brokers: Mutex<BTreeMap<i32, Arc<BrokerSlot>>>,
}

impl Pool {
    pub(super) fn new(settings: ConnectionSettings) -> Self {
        Self {
            dialer: RwLock::new(Arc::new(Dialer::new(settings))),
            bootstrap: Bootstrap::default(),
            closed: CancellationToken::new(),
            brokers: Mutex::default(),
        }
    }

    pub(super) fn settings(&self) -> Arc<ConnectionSettings> {
        Arc::clone(&self.dialer().settings)
    }

    /// What dials with the settings in force.
    pub(super) fn dialer(&self) -> Arc<Dialer> {
        Arc::clone(&self.dialer.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Dials with other settings from now on; each connection is replaced when it is used next.
    pub(super) fn renew(&self, settings: ConnectionSettings) {
        {
            let mut dialer = self.dialer.write().unwrap_or_else(PoisonError::into_inner);
            *dialer = Arc::new(dialer.next(settings));
        }
        for slot in self.slots() {
            lock(&slot.lanes).values().for_each(|lane| lane.release_unused());
        }
    }

    /// Takes over new addresses; brokers that left lose their connections.
    pub(super) fn learn_brokers(&self, brokers: &BTreeMap<i32, Broker>) {
        let mut slots = lock(&self.brokers);
        slots.retain(|id, _| brokers.contains_key(id));
        for (id, broker) in brokers {
            match slots.get(id) {
                Some(slot) => *lock(&slot.address) = broker.address(),
                None => {
                    slots.insert(*id, Arc::new(BrokerSlot::new(*id, broker.address())));
                }
            }
        }
    }

    pub(super) fn slots(&self) -> Vec<Arc<BrokerSlot>> {
        lock(&self.brokers).values().cloned().collect()
    }

    /// A connection to a broker by id, which must be known.
    pub(super) async fn broker(&self, id: i32, wanted: Use) -> Result<Arc<Connection>> {
        let slot = lock(&self.brokers).get(&id).cloned();
        let Some(slot) = slot else {
            let text = Some("it is not among the cluster's live brokers".to_owned());
            let asked = Asked::new("Connection").about(format!("broker {id}"));
            return Err(Error::broker(ErrorCode::BROKER_NOT_AVAILABLE.0, text, asked));
        };
        let dialer = self.dialer();
        slot.lane(wanted, &dialer).connection(&dialer, &slot).await
    }

    /// Ends the connections made for `unwanted` at all brokers.
    pub(super) fn end_lanes(&self, unwanted: Use) {
        for slot in self.slots() {
            let lane = lock(&slot.lanes).remove(&unwanted);
            if let Some(lane) = lane {
                lane.close();
            }
        }
    }

    pub(super) fn close(&self) {
        self.closed.cancel();
        self.bootstrap.close();
        for slot in self.slots() {
            let lanes: Vec<Arc<Lane>> = lock(&slot.lanes).values().cloned().collect();
            for lane in lanes {
                lane.close();
            }
        }
        lock(&self.brokers).clear();
    }

    pub(super) fn stats(&self) -> ClientStats {
        ClientStats { brokers: self.slots().iter().map(|slot| slot.stats()).collect() }
    }
}
