//! A running embedded cluster.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::MissedTickBehavior;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use crate::batch::{self, Record};
use crate::clock::now_ms;
use crate::codec::Codec;
use crate::faults::{Faults, Plan};
use crate::incoming::{self, Refusal};
use crate::net::{self, Door};
use crate::scram::Mechanism;
use crate::spec::{ClusterSpec, StartError};
use crate::state::State;

/// What all brokers, connections and tasks of one cluster share.
pub(crate) struct Shared {
    state: Mutex<State>,
    plan: Mutex<Plan>,
    /// The open listeners by broker.
    pub(crate) doors: Mutex<BTreeMap<i32, Door>>,
    ports: BTreeMap<i32, u16>,
    pub(crate) tls: Option<TlsAcceptor>,
    pub(crate) stop: CancellationToken,
}

impl Shared {
    /// The cluster's state. A panic while it was held cannot have left it half changed in a way that
    /// matters more than going on, so poisoning is ignored.
    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn plan(&self) -> MutexGuard<'_, Plan> {
        self.plan.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn doors(&self) -> MutexGuard<'_, BTreeMap<i32, Door>> {
        self.doors.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn broker_ids(&self) -> Vec<i32> {
        self.ports.keys().copied().collect()
    }

    pub(crate) fn port(&self, broker: i32) -> u16 {
        self.ports.get(&broker).copied().unwrap_or(0)
    }

    /// Closes the connections of every broker, leaving the listeners open.
    pub(crate) fn drop_connections(&self) {
        for door in self.doors().values_mut() {
            door.drop_connections();
        }
    }
}

/// Why records were not appended.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct AppendError {
    /// The protocol's error code.
    pub code: i16,
    /// Words for people.
    pub message: String,
}

impl From<Refusal> for AppendError {
    fn from(refusal: Refusal) -> Self {
        Self { code: refusal.code.code(), message: refusal.message }
    }
}

/// An in-process, in-memory cluster that speaks the Kafka protocol on loopback listeners. Its data
/// is gone when it is dropped.
pub struct EmbeddedCluster {
    shared: Arc<Shared>,
    authority: Option<String>,
}

impl EmbeddedCluster {
    /// Opens the listeners and starts serving.
    ///
    /// # Errors
    /// When the specification contradicts itself or a port cannot be opened.
    pub async fn start(spec: ClusterSpec) -> Result<Self, StartError> {
        check(&spec)?;
        let mut listeners = Vec::new();
        let mut ports = BTreeMap::new();
        for broker in &spec.brokers {
            let (port, listener) = net::bind(0)
                .await
                .map_err(|source| StartError::Listen { broker: broker.id, source })?;
            ports.insert(broker.id, port);
            listeners.push((broker.id, listener));
        }
        let (tls, authority) = if spec.security.tls {
            let (acceptor, pem) =
                crate::tls::listener().map_err(|e| StartError::Tls(e.to_string()))?;
            (Some(acceptor), Some(pem))
        } else {
            (None, None)
        };
        let interval = Duration::from_millis(spec.maintenance_interval_ms.max(10));
        let state = State::new(spec, &ports)
            .map_err(|r| StartError::Spec { field: "topics", reason: r.message })?;
        let shared = Arc::new(Shared {
            state: Mutex::new(state),
            plan: Mutex::default(),
            doors: Mutex::default(),
            ports,
            tls,
            stop: CancellationToken::new(),
        });
        for (id, listener) in listeners {
            net::open(&shared, id, listener);
        }
        tokio::spawn(keep_time(Arc::clone(&shared), interval));
        Ok(Self { shared, authority })
    }

    /// Addresses to connect to, as `bootstrap.servers` takes them.
    #[must_use]
    pub fn bootstrap_servers(&self) -> String {
        let ports = self.shared.ports.values();
        ports.map(|port| format!("127.0.0.1:{port}")).collect::<Vec<_>>().join(",")
    }

    /// The cluster id clients see.
    #[must_use]
    pub fn cluster_id(&self) -> String {
        self.shared.lock().spec.cluster_id.clone()
    }

    /// Client properties to connect as `user`, or anonymously where no authentication is asked.
    /// Prefers SCRAM-SHA-512 over SCRAM-SHA-256 over PLAIN. Contains the password.
    #[must_use]
    pub fn properties(&self, user: Option<&str>) -> String {
        let state = self.shared.lock();
        let security = &state.spec.security;
        let mut out = format!("bootstrap.servers={}\n", self.bootstrap_servers());
        let mut line = |text: String| {
            out.push_str(&text);
            out.push('\n');
        };
        line(format!("security.protocol={}", security.protocol()));
        let mechanism = security.sasl.iter().max();
        if let (Some(mechanism), Some(user)) = (mechanism, user) {
            let password = state.users.get(user).and_then(|u| u.password.as_deref()).unwrap_or("");
            let module = if *mechanism == Mechanism::Plain {
                "org.apache.kafka.common.security.plain.PlainLoginModule"
            } else {
                "org.apache.kafka.common.security.scram.ScramLoginModule"
            };
            line(format!("sasl.mechanism={}", mechanism.name()));
            let (user, password) = (jaas(user), jaas(password));
            line(format!(
                "sasl.jaas.config={module} required username=\"{user}\" password=\"{password}\";"
            ));
        }
        if let Some(pem) = &self.authority {
            line("ssl.truststore.type=PEM".to_owned());
            // A properties value is one line; its reader turns the two characters back into breaks.
            let folded: Vec<&str> = pem.lines().collect();
            line(format!("ssl.truststore.certificates={}", folded.join("\\n")));
        }
        out
    }

    /// The certificate authority of the TLS listeners, in PEM.
    #[must_use]
    pub fn authority_pem(&self) -> Option<&str> {
        self.authority.as_deref()
    }

    /// The faults of this cluster.
    #[must_use]
    pub fn faults(&self) -> Faults {
        Faults { shared: Arc::clone(&self.shared) }
    }

    /// A handle that appends and commits without a connection. Cheap to clone.
    #[must_use]
    pub fn local(&self) -> Local {
        Local { shared: Arc::clone(&self.shared) }
    }

    /// Appends records as a producer would, without a connection. See [`Local::append`].
    ///
    /// # Errors
    /// As [`Local::append`].
    pub fn append(
        &self,
        topic: &str,
        partition: i32,
        records: &[Record],
    ) -> Result<i64, AppendError> {
        self.local().append(topic, partition, records)
    }

    /// Bytes of records held at the moment.
    #[must_use]
    pub fn record_bytes(&self) -> u64 {
        self.shared.lock().record_bytes()
    }

    /// Stops serving and waits until every connection is closed.
    pub async fn shutdown(self) {
        self.shared.stop.cancel();
        for broker in self.shared.broker_ids() {
            net::close(&self.shared, broker).await;
        }
    }
}

impl Drop for EmbeddedCluster {
    fn drop(&mut self) {
        self.shared.stop.cancel();
    }
}

/// In-process access to a cluster's data, through the checks a request goes through.
#[derive(Clone)]
pub struct Local {
    pub(crate) shared: Arc<Shared>,
}

impl Local {
    /// Appends records as one batch and returns the offset of the first.
    ///
    /// # Errors
    /// With the code a Produce request would get.
    pub fn append(
        &self,
        topic: &str,
        partition: i32,
        records: &[Record],
    ) -> Result<i64, AppendError> {
        self.append_compressed(topic, partition, records, Codec::None)
    }

    pub(crate) fn append_compressed(
        &self,
        topic: &str,
        partition: i32,
        records: &[Record],
        codec: Codec,
    ) -> Result<i64, AppendError> {
        let now = now_ms();
        let incoming = incoming::read(batch::build(records, codec, now).as_ref())?;
        let mut state = self.shared.lock();
        let appended = state.append(topic, partition, &incoming, now)?;
        Ok(appended.base_offset)
    }

    /// Appends one batch per partition in a transaction of `id` and ends it.
    pub(crate) fn transact(
        &self,
        id: &str,
        topic: &str,
        batches: &BTreeMap<i32, Vec<Record>>,
        commit: bool,
    ) -> Result<(), AppendError> {
        let now = now_ms();
        let mut state = self.shared.lock();
        let known = state.txns.get(id).map(|t| (t.producer_id, t.epoch));
        let (pid, epoch) = match known {
            Some(producer) => producer,
            None => state.init_transactional(id, 60_000, None, now).map_err(Refusal::from)?,
        };
        if let Some(txn) = state.txns.get_mut(id) {
            txn.open(now);
            txn.partitions.extend(batches.keys().map(|p| (topic.to_owned(), *p)));
        }
        for (partition, records) in batches {
            let log = &state.partition(topic, *partition).map_err(Refusal::from)?.log;
            let last = log.producers.get(pid).filter(|p| p.epoch == epoch);
            let last = last.map_or(-1, |p| p.last_sequence());
            let built = batch::build_with(records, Codec::None, now, |header| {
                header.producer_id = pid;
                header.producer_epoch = epoch;
                header.base_sequence = if last == i32::MAX { 0 } else { last + 1 };
                header.set_transactional(true);
            });
            state.append(topic, *partition, &incoming::read(built.as_ref())?, now)?;
        }
        state.end_transaction(id, (pid, epoch), commit, now).map_err(Refusal::from)?;
        Ok(())
    }

    /// Where a partition begins and ends: log start, high watermark.
    #[must_use]
    pub fn offsets(&self, topic: &str, partition: i32) -> Option<(i64, i64)> {
        let mut state = self.shared.lock();
        let log = &state.partition(topic, partition).ok()?.log;
        Some((log.start(), log.high_watermark()))
    }
}

fn check(spec: &ClusterSpec) -> Result<(), StartError> {
    let refuse = |field, reason: &str| Err(StartError::Spec { field, reason: reason.to_owned() });
    let mut ids: Vec<i32> = spec.brokers.iter().map(|b| b.id).collect();
    ids.sort_unstable();
    if ids.is_empty() || ids.iter().any(|id| *id < 0) {
        return refuse("brokers", "give at least one broker, with ids of 0 or more");
    }
    if ids.windows(2).any(|w| w.first() == w.last()) {
        return refuse("brokers", "broker ids must differ");
    }
    if spec.cluster_id.is_empty() {
        return refuse("cluster_id", "the cluster id must not be empty");
    }
    if spec.super_users.iter().any(|p| !p.starts_with("User:")) {
        return refuse("super_users", "name principals as User:name");
    }
    Ok(())
}

/// Quotes for a JAAS line.
fn jaas(text: &str) -> String {
    text.replace('\\', "\\\\\\\\").replace('"', "\\\\\"")
}

async fn keep_time(shared: Arc<Shared>, interval: Duration) {
    let mut tick = tokio::time::interval(Duration::from_millis(50));
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut last = tokio::time::Instant::now();
    loop {
        tokio::select! {
            () = shared.stop.cancelled() => return,
            _ = tick.tick() => {}
        }
        let now = now_ms();
        shared.lock().tick(now);
        if last.elapsed() >= interval {
            last = tokio::time::Instant::now();
            shared.lock().maintain(now);
        }
    }
}
