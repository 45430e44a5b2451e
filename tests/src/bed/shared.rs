//! Clusters that the tests of one binary share: starting a broker costs seconds.

use std::{
    ops::Deref,
    sync::{
        LazyLock,
        atomic::{AtomicU32, Ordering},
    },
};

use anyhow::Result;
use tokio::sync::{Mutex, MutexGuard, OnceCell};

use super::{Cluster, Door, Kafka, Version};

/// A name nobody else in this process uses: `orders` becomes `orders-17`.
pub fn unique(name: &str) -> String {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    format!("{name}-{}", NEXT.fetch_add(1, Ordering::Relaxed))
}

/// One broker with every [`Door`] and an authorizer, shared by all tests of the process: never stop
/// or reconfigure it, and use [`unique`] names. `admin` may do everything; `alice`
/// and `carol` nothing until a test gives them a right, which it does only to the latter.
///
/// # Errors
/// It does not start.
pub async fn gallery(version: Version) -> Result<&'static Cluster> {
    static OLD: OnceCell<Cluster> = OnceCell::const_new();
    static NEW: OnceCell<Cluster> = OnceCell::const_new();
    let cell = match version {
        Version::V3_9 => &OLD,
        Version::V4 => &NEW,
    };
    cell.get_or_try_init(|| async {
        let mut wanted = Kafka::new(version)
            .authorizer()
            .user("carol")
            // Producer state that is too old goes at once, not within ten minutes.
            .config("producer.id.expiration.check.interval.ms", "500");
        for door in Door::ALL {
            wanted = wanted.door(door);
        }
        wanted.start().await
    })
    .await
}

/// The three brokers of [`three_brokers`], for one test at a time.
#[derive(Debug)]
pub struct Lease(MutexGuard<'static, Option<Cluster>>);

impl Deref for Lease {
    type Target = Cluster;

    fn deref(&self) -> &Cluster {
        self.0.as_ref().expect("a lease holds a cluster")
    }
}

/// Three plaintext brokers in the racks `a`, `b`, `c`, for one test alone: brokers may be stopped
/// and killed, the next test finds them running again. Only one version is alive at a time, so tests
/// ordered by version start it once.
///
/// # Errors
/// They do not start.
pub async fn three_brokers(version: Version) -> Result<Lease> {
    static ONE: LazyLock<Mutex<Option<Cluster>>> = LazyLock::new(Mutex::default);
    let mut slot = ONE.lock().await;
    if slot.as_ref().is_none_or(|cluster| cluster.version() != version) {
        *slot = None;
        let wanted = Kafka::plain(version).brokers(3).racks(["a", "b", "c"]);
        *slot = Some(wanted.start().await?);
    }
    let lease = Lease(slot);
    for broker in lease.brokers() {
        broker.thaw().ok();
    }
    lease.settled().await?;
    Ok(lease)
}

/// A cluster of each release.
#[derive(Debug)]
pub enum Pair {
    /// Those of [`two_clusters`], for one test at a time.
    Leased(MutexGuard<'static, Option<[Cluster; 2]>>),
    /// A test's own.
    Own(Box<[Cluster; 2]>),
}

impl Pair {
    /// The cluster of this release.
    ///
    /// # Panics
    /// Never: a pair has one of each.
    pub fn of(&self, version: Version) -> &Cluster {
        let both = match self {
            Self::Leased(slot) => slot.as_ref().expect("a pair holds clusters"),
            Self::Own(both) => both,
        };
        both.iter().find(|cluster| cluster.version() == version).expect("one of each release")
    }
}

/// One broker with SCRAM, PLAIN with and without TLS, and an authorizer; `admin` may do everything, `alice` and
/// `carol` nothing until a test gives them a right, which it does only to the latter.
pub fn for_links(version: Version) -> Kafka {
    let kafka = Kafka::new(version).authorizer().user("kafka").user("carol");
    kafka.door(Door::Scram).door(Door::SaslSsl).door(Door::SaslPlain)
}

/// A cluster as of [`for_links`] of each release, for one test alone: they may be stopped, the next test
/// finds them running again.
///
/// # Errors
/// They do not start.
pub async fn two_clusters() -> Result<Pair> {
    static ONE: LazyLock<Mutex<Option<[Cluster; 2]>>> = LazyLock::new(Mutex::default);
    let mut slot = ONE.lock().await;
    if slot.is_none() {
        let (old, new) =
            tokio::try_join!(for_links(Version::V3_9).start(), for_links(Version::V4).start())?;
        *slot = Some([old, new]);
    }
    for cluster in slot.as_ref().into_iter().flatten() {
        cluster.settled().await?;
    }
    Ok(Pair::Leased(slot))
}
