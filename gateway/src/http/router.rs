//! Which way a request goes.

use std::sync::Arc;

use axum::{Router, extract::DefaultBodyLimit, middleware, routing::get};

use super::{
    guard::{self, AllowedHosts},
    headers, health,
};
use crate::{
    api::{Gateway, assets, socket},
    rest, transfer,
};

/// Largest body of a request, in bytes.
const MAX_BODY: usize = 1 << 20;

/// What all requests share.
pub struct Web {
    /// The gateway behind it.
    pub gateway: Arc<Gateway>,
    /// Names it answers to.
    pub hosts: AllowedHosts,
}

/// All ways into the gateway. Only the health checks are open to any host name: probes know none.
pub fn router(web: Web) -> Router {
    let web = Arc::new(web);
    let guarded = (web.hosts.clone(), Arc::clone(&web.gateway.metrics));
    let socket =
        Router::new().route("/ws", get(socket::upgrade)).with_state(Arc::clone(&web.gateway));
    Router::new()
        .route("/metrics", get(health::metrics))
        .with_state(Arc::clone(&web))
        .merge(socket)
        .nest("/kafka", rest::router(web.gateway.links.clone()))
        .merge(transfer::router(Arc::clone(&web.gateway)))
        .fallback(assets::serve)
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(middleware::from_fn_with_state(guarded, guard::check))
        .merge(
            Router::new()
                .route("/health/live", get(health::live))
                .route("/health/ready", get(health::ready))
                .with_state(web),
        )
        .layer(middleware::from_fn(headers::add))
}
