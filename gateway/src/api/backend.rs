//! The gateway as a WebSocket session sees it.

use std::sync::Arc;

use drawbridge_shared::{
    view::RecordQuery,
    wire::{ErrorCode, Feed, PROTOCOL, Request, Welcome},
};
use futures_util::{FutureExt, stream::BoxStream};
use tokio::sync::Semaphore;
use tracing::Instrument;

use super::{
    assets::BUILD,
    requests,
    session::{Backend, Direction, LIMITS, Reply},
};
use crate::{
    activity::as_whom,
    browse::{Browse, SearchState},
    clock::now_ms,
    clusters::Clusters,
    feeds,
    links::Links,
    metrics::Metrics,
    refusal::Refusal,
    shutdown::Tasks,
    telemetry::new_trace,
};

/// Everything a session may reach.
pub struct Gateway {
    /// The clusters.
    pub clusters: Clusters,
    /// Their links.
    pub links: Links,
    /// Their records.
    pub browse: Browse,
    /// Where requests run, so that they outlive the session that started them.
    pub tasks: Tasks,
    /// Counts frames.
    pub metrics: Arc<Metrics>,
    /// Whether this is the demo.
    pub is_demo: bool,
}

impl Backend for Gateway {
    fn welcome(&self) -> Welcome {
        Welcome {
            protocol: PROTOCOL,
            build: BUILD.to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            demo: self.is_demo,
            now_ms: now_ms(),
            limits: LIMITS,
            deny: self.clusters.everywhere().to_vec(),
        }
    }

    fn follow(&self, feed: &Feed) -> BoxStream<'static, feeds::FeedState> {
        feeds::follow(&self.clusters, &self.links, self.clusters.notices(), feed)
    }

    fn search(
        &self,
        query: &RecordQuery,
        places: &Arc<Semaphore>,
    ) -> BoxStream<'static, SearchState> {
        self.browse.search(query.clone(), Arc::clone(places))
    }

    fn call(&self, request: Request) -> Reply {
        let trace = new_trace();
        let span = tracing::info_span!("request", trace, kind = requests::kind(&request));
        let (links, browse) = (self.links.clone(), self.browse.clone());
        let work =
            async move { requests::carry_out(&links, &browse, request).await }.instrument(span);
        let running = self.tasks.spawn("request of a browser", as_whom("console", work));
        async move {
            let result = running.await.unwrap_or_else(|error| {
                tracing::error!(trace, %error, "request ended without a result");
                Err(Refusal::new(ErrorCode::Internal, "the gateway failed to carry out the request")
                    .remedy(format!("Look for trace {trace} in the gateway's log.")))
            });
            result.map_err(|refusal| {
                tracing::info!(trace, %refusal, code = ?refusal.code, cause = refusal.cause, "request refused");
                refusal.into_wire(trace)
            })
        }
        .boxed()
    }

    fn count(&self, direction: Direction) {
        self.metrics.count_frame(direction);
    }
}
