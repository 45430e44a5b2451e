//! REST v3, in the public shapes of that API: paths, fields, enums, error bodies.
//!
//! `{cluster_id}` is Kafka's own cluster id. Collections come in one page. A failed request answers
//! `{"error_code": …, "message": …}`, whatever is wrong with it.

mod acls;
mod broker_configs;
mod brokers;
mod clusters;
mod configs;
mod error;
mod extract;
mod group_lags;
mod groups;
mod link_configs;
mod link_draft;
mod links;
mod methods;
mod mirror_actions;
mod mirrors;
mod openapi;
mod partitions;
mod records;
mod routes;
mod shapes;
#[cfg(test)]
mod tests;
mod topics;

use axum::{
    Router,
    extract::Request,
    middleware::{self, Next},
};

pub use error::RestError;

use crate::{activity::as_whom, links::Links};

type Answer<T> = Result<T, RestError>;

/// Everything below `/kafka`.
pub fn router(links: Links) -> Router {
    routes::table()
        .into_iter()
        .fold(Router::new(), |router, (path, methods)| {
            router.route(&format!("/v3{path}"), methods.into_router())
        })
        .fallback(error::no_such_path)
        .method_not_allowed_fallback(error::no_such_method)
        .layer(middleware::from_fn(|request: Request, next: Next| {
            as_whom("rest", next.run(request))
        }))
        .with_state(links)
}

/// Every path below `/kafka/v3`.
#[cfg(test)]
pub(crate) fn paths() -> Vec<&'static str> {
    routes::table().into_iter().map(|(path, _)| path).collect()
}
