//! The message browser: searches for records, and reads single ones.
//!
//! A search is a thread with a consumer of its own. It knows its query and nothing of the connection that follows
//! it: parts go through an outlet with few places, so that a slow browser slows the search down, and a browser that
//! is gone ends it. Nothing of a query is kept: where it stands is in every part, and the browser asks on from there.

mod decode;
mod export;
mod filter;
mod merge;
mod outlet;
mod paths;
mod places;
mod prepare;
mod reader;
mod scan;
mod single;
mod view;

use std::{sync::Arc, time::Duration};

use drawbridge_shared::{
    view::RecordQuery,
    wire::{EndReason, ErrorCode},
};
use futures_util::{StreamExt, stream::BoxStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_stream::wrappers::ReceiverStream;

pub use export::{Export, Format};
pub use outlet::SearchState;
pub use places::WantedRecords;
pub use single::WantedRecord;

use self::{
    outlet::Outlet,
    reader::{Pool, Reader},
};
use crate::{
    clusters::{Cluster, Clusters},
    refusal::Refusal,
    shutdown::Tasks,
    telemetry::new_trace,
};

/// Searches of one connection at once.
pub const SCANS_OF_SESSION: usize = 4;
/// How long a search waits for a place, so that one that just ended is not in the way of the next.
const PLACE: Duration = Duration::from_secs(2);
/// How often connections that nobody uses are looked for.
const TIDY: Duration = Duration::from_secs(30);

/// How much may be searched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BrowseLimits {
    /// Searches at once, of all connections together.
    pub scans: usize,
    /// Bytes of records that one search reads before it has to be continued.
    pub scan_bytes: u64,
}

impl Default for BrowseLimits {
    fn default() -> Self {
        Self { scans: 16, scan_bytes: 8 << 30 }
    }
}

/// The message browser; cheap to clone.
#[derive(Clone)]
pub struct Browse {
    inner: Arc<Inner>,
}

struct Inner {
    clusters: Clusters,
    tasks: Tasks,
    pool: Pool,
    places: Arc<Semaphore>,
    limits: BrowseLimits,
}

impl Browse {
    /// Ready for searches; must be made on the runtime.
    #[must_use]
    pub fn new(clusters: Clusters, limits: BrowseLimits, tasks: Tasks) -> Self {
        let places = Arc::new(Semaphore::new(limits.scans.min(Semaphore::MAX_PERMITS)));
        let pool = Pool::default();
        let inner = Arc::new(Inner { clusters, tasks, pool, places, limits });
        let browse = Self { inner };
        browse.inner.tasks.spawn("search keeper", browse.clone().tidy());
        browse
    }

    /// Closes connections that nobody uses, until the gateway stops.
    async fn tidy(self) {
        let stopping = self.inner.tasks.stopping().clone();
        loop {
            let is_over = stopping.run_until_cancelled(tokio::time::sleep(TIDY)).await.is_none();
            let inner = Arc::clone(&self.inner);
            let tidying = move || if is_over { inner.pool.clear() } else { inner.pool.tidy() };
            if tokio::task::spawn_blocking(tidying).await.is_err() || is_over {
                return;
            }
        }
    }

    /// Searches. `session` has the places of one connection. The search ends when the stream is dropped.
    #[must_use]
    pub fn search(
        &self,
        query: RecordQuery,
        session: Arc<Semaphore>,
    ) -> BoxStream<'static, SearchState> {
        let (outlet, states) = Outlet::new(self.inner.tasks.stopping().clone());
        let browse = self.clone();
        self.inner.tasks.spawn("search", async move {
            tokio::select! {
                started = browse.start(query, session) => match started {
                    Ok(search) => browse.run(search, outlet),
                    Err(refusal) => {
                        let trace = new_trace();
                        tracing::info!(trace, %refusal, code = ?refusal.code, "search refused");
                        outlet.refuse(EndReason::Refused(Box::new(refusal.into_wire(trace))));
                    }
                },
                () = outlet.gone() => {}
            }
        });
        ReceiverStream::new(states).boxed()
    }

    async fn start(&self, query: RecordQuery, session: Arc<Semaphore>) -> Result<Search, Refusal> {
        let places = self.places(session).await?;
        let cluster = self.inner.clusters.require(&query.cluster)?;
        let job = prepare::prepare(&cluster, query, self.inner.limits.scan_bytes).await?;
        Ok(Search { job, cluster, _places: places })
    }

    async fn places(&self, session: Arc<Semaphore>) -> Result<[OwnedSemaphorePermit; 2], Refusal> {
        let of_session = place(session, || {
            format!("this page has {SCANS_OF_SESSION} searches under way already")
        });
        let mine = of_session.await?;
        let of_gateway = place(Arc::clone(&self.inner.places), || {
            format!("{} searches are under way on this gateway", self.inner.limits.scans)
        });
        Ok([mine, of_gateway.await?])
    }

    /// Runs a search on a thread of its own.
    fn run(&self, search: Search, outlet: Outlet) {
        let browse = self.clone();
        let named = filter::bounds::thread("browse");
        let started = named.spawn(move || {
            let known = Arc::downgrade(&search.cluster);
            match browse.reader(&search.cluster) {
                Ok(reader) => {
                    let spare = Warm { browse: &browse, cluster: &search.cluster };
                    scan::run(&search.job, &reader, &spare, &outlet);
                    // Its place is free before the connection is tidied up.
                    drop((search, outlet));
                    browse.inner.pool.give(known, reader);
                }
                Err(refusal) => {
                    let refused = refusal.into_wire(new_trace());
                    outlet.refuse(EndReason::Refused(Box::new(refused)));
                }
            }
        });
        if let Err(error) = started {
            tracing::error!(%error, "no thread for a search");
        }
    }

    /// A consumer that is connected, or a new one. Blocks.
    fn reader(&self, cluster: &Arc<Cluster>) -> Result<Reader, Refusal> {
        if let Some(warm) = self.inner.pool.take(&Arc::downgrade(cluster)) {
            return Ok(warm);
        }
        let spec = cluster.spec();
        Reader::connect(&spec.settings).map_err(|problem| {
            Refusal::new(ErrorCode::Unavailable, format!("records of {} cannot be read", spec.name))
                .cause(problem)
        })
    }
}

/// Consumers of a cluster that are connected, or become so.
struct Warm<'a> {
    browse: &'a Browse,
    cluster: &'a Arc<Cluster>,
}

impl scan::Spare for Warm<'_> {
    fn take(&self) -> Result<Reader, String> {
        self.browse.reader(self.cluster).map_err(|refusal| refusal.in_full())
    }

    fn give(&self, reader: Reader) {
        self.browse.inner.pool.give(Arc::downgrade(self.cluster), reader);
    }
}

struct Search {
    job: scan::Job,
    cluster: Arc<Cluster>,
    _places: [OwnedSemaphorePermit; 2],
}

async fn place(
    places: Arc<Semaphore>,
    taken: impl FnOnce() -> String,
) -> Result<OwnedSemaphorePermit, Refusal> {
    match tokio::time::timeout(PLACE, places.acquire_owned()).await {
        Ok(Ok(permit)) => Ok(permit),
        _ => Err(Refusal::new(ErrorCode::Unavailable, taken())
            .remedy("Stop one of them, or wait until one has ended.")),
    }
}
