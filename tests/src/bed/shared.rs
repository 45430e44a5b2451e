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
