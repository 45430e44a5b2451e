//! REST v3, in the public shapes of that API: paths, fields, enums, error bodies.
//!
//! `{cluster_id}` is Kafka's own cluster id. Collections come in one page. A failed request answers
//! `{"error_code": …, "message": …}`, whatever is wrong with it.

mod brokers;
mod clusters;
mod configs;
mod error;
mod extract;
mod partitions;
mod shapes;
mod topics;

use axum::{
    Router,
    routing::{get, post},
};

pub use error::RestError;

use crate::links::Links;

type Answer<T> = Result<T, RestError>;

/// Everything below `/kafka`.
pub fn router(links: Links) -> Router {
    let in_cluster = Router::new()
        .route("/", get(clusters::get))
        .route("/brokers", get(brokers::list))
        .route("/brokers/{broker_id}", get(brokers::get))
        .route("/brokers/{broker_id}/configs", get(configs::list_of_broker))
        .route("/brokers/{broker_id}/configs/{name}", get(configs::get_of_broker))
        .route("/topics", get(topics::list).post(topics::create))
        .route("/topics/-/configs", get(configs::list_of_all_topics))
        .route("/topics/{topic}", get(topics::get).patch(topics::patch).delete(topics::delete))
        .route("/topics/{topic}/configs", get(configs::list))
        .route("/topics/{topic}/configs:alter", post(configs::alter))
        .route(
            "/topics/{topic}/configs/{name}",
            get(configs::get).put(configs::put).delete(configs::reset),
        )
        .route("/topics/{topic}/partitions", get(partitions::list))
        .route("/topics/{topic}/partitions/{partition_id}", get(partitions::get))
        .route("/topics/{topic}/partitions/{partition_id}/offset", get(partitions::offset))
        .route("/topics/{topic}/partitions/{partition_id}/replicas", get(partitions::replicas))
        .route(
            "/topics/{topic}/partitions/{partition_id}/replicas/{broker_id}",
            get(partitions::replica),
        );
    Router::new()
        .route("/v3/clusters", get(clusters::list))
        .nest("/v3/clusters/{cluster_id}", in_cluster)
        .fallback(error::no_such_path)
        .method_not_allowed_fallback(error::no_such_method)
        .with_state(links)
}
