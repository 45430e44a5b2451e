//! Whether the process lives, and whether it takes work.

use std::sync::Arc;

use axum::{
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};

use super::router::Web;

/// It answers, so it lives.
pub(super) async fn live() -> &'static str {
    "live\n"
}

/// Ready until the gateway is told to stop. A cluster that is down does not make the gateway unready: it is
/// needed to see why.
pub(super) async fn ready(State(web): State<Arc<Web>>) -> Response {
    if web.gateway.tasks.draining().is_cancelled() {
        return (StatusCode::SERVICE_UNAVAILABLE, "stopping\n").into_response();
    }
    "ready\n".into_response()
}

/// The metrics page.
pub(super) async fn metrics(State(web): State<Arc<Web>>) -> Response {
    let text = web.gateway.metrics.text(&web.gateway.clusters, &web.gateway.links);
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response()
}
