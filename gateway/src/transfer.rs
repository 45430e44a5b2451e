//! Records as files, over HTTP: a whole search out, JSON Lines in.
//!
//! `GET /export/{cluster}/{topic}` takes the query of the console's message page and streams what it finds.
//! `POST /import/{cluster}/{topic}` streams lines as exported into the topic; with `validate_only=true` it only
//! counts them and tells the first mistakes.

mod import;

use std::sync::Arc;

use axum::{
    Router,
    body::Body,
    extract::{Path, Query, State},
    http::{StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use drawbridge_shared::{
    draft::FieldError,
    names::{ClusterName, TopicName},
    search::{self, Words},
    view::RecordQuery,
    wire::ErrorCode,
};
use futures_util::StreamExt;
use serde::Deserialize;
use tokio_stream::wrappers::ReceiverStream;

use crate::{
    activity::as_whom,
    api::Gateway,
    browse::{Export, Format},
    ops::topics,
    refusal::Refusal,
    telemetry::new_trace,
};

/// Both ways.
pub fn router(gateway: Arc<Gateway>) -> Router {
    Router::new()
        .route("/export/{cluster}/{topic}", get(export))
        .route("/import/{cluster}/{topic}", post(import::import))
        .layer(middleware::from_fn(|request: axum::extract::Request, next: Next| {
            as_whom("console", next.run(request))
        }))
        .with_state(gateway)
}

/// A refusal as this interface tells it: the shape the WebSocket has.
struct Refused(Refusal);

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Self(refusal)
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let status = match self.0.code {
            ErrorCode::Invalid | ErrorCode::Conflict | ErrorCode::Unsupported => {
                StatusCode::BAD_REQUEST
            }
            ErrorCode::NotFound => StatusCode::NOT_FOUND,
            ErrorCode::Denied => StatusCode::FORBIDDEN,
            ErrorCode::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            ErrorCode::Unavailable | ErrorCode::TimedOut => StatusCode::SERVICE_UNAVAILABLE,
            ErrorCode::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        };
        (status, axum::Json(self.0.into_wire(new_trace()))).into_response()
    }
}

#[derive(Deserialize)]
struct Place {
    cluster: ClusterName,
    topic: TopicName,
}

#[derive(Deserialize)]
#[serde(default)]
struct Asked {
    from: String,
    at: String,
    partitions: String,
    filter: String,
    cel: bool,
    format: Format,
    limit: Option<u64>,
}

impl Default for Asked {
    fn default() -> Self {
        let empty = String::new;
        let (from, at, partitions, filter) = (empty(), empty(), empty(), empty());
        Self { from, at, partitions, filter, cel: false, format: Format::Jsonl, limit: None }
    }
}

async fn export(
    State(gateway): State<Arc<Gateway>>,
    Path(Place { cluster, topic }): Path<Place>,
    Query(asked): Query<Asked>,
) -> Result<Response, Refused> {
    let known = gateway.clusters.require(&cluster)?;
    let described = topics::describe(&known, topic.as_str()).await?;
    let n_partitions = i32::try_from(described.partitions.len()).unwrap_or(i32::MAX);
    let words = Words {
        from: &asked.from,
        at: &asked.at,
        partitions: &asked.partitions,
        filter: &asked.filter,
        cel: asked.cel,
    };
    let wrong = |message: &str| Refusal::of_fields(vec![FieldError::new("query", message)]);
    let read = search::read(words, n_partitions).map_err(wrong)?;
    let query = RecordQuery {
        cluster,
        topic: topic.clone(),
        partitions: read.partitions,
        seek: read.seek,
        filter: read.filter,
        limit: 1,
        live: false,
        key_decoding: drawbridge_shared::view::Decoding::Auto,
        value_decoding: drawbridge_shared::view::Decoding::Auto,
        paths: vec![],
        resume: Vec::new(),
    };
    let format = asked.format;
    let lines = gateway.browse.export(Export { query, format, limit: asked.limit }).await?;
    let name = format!("attachment; filename=\"{topic}.{}\"", format.extension());
    let head = [
        (header::CONTENT_TYPE, format.media_type().to_owned()),
        (header::CONTENT_DISPOSITION, name),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    let lines = ReceiverStream::new(lines).map(Ok::<_, std::convert::Infallible>);
    Ok((head, Body::from_stream(lines)).into_response())
}
