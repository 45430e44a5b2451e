//! Reading requests, with this API's errors when they cannot be read.

use axum::{
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Path, Query, Request},
    http::{HeaderMap, StatusCode, header, request::Parts},
};
use serde::{Deserialize, Deserializer, de::DeserializeOwned};
use std::{sync::Arc, time::Duration};

use super::{RestError, shapes::Hrefs};
use crate::{
    clusters::{Cluster, Clusters},
    links::Links,
};

/// A body that has not arrived by then is no longer waited for.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);

/// Where a request goes: the cluster its path names, and the address it came by.
pub(super) struct Target {
    pub(super) clusters: Clusters,
    pub(super) links: Links,
    pub(super) cluster: Arc<Cluster>,
    pub(super) hrefs: Hrefs,
}

#[derive(serde::Deserialize)]
struct ClusterPath {
    cluster_id: String,
}

impl FromRequestParts<Links> for Target {
    type Rejection = RestError;

    async fn from_request_parts(parts: &mut Parts, links: &Links) -> Result<Self, RestError> {
        let Path(ClusterPath { cluster_id }) = Path::from_request_parts(parts, links)
            .await
            .map_err(|rejection| RestError::plain(StatusCode::NOT_FOUND, rejection.body_text()))?;
        let clusters = links.clusters();
        let all = clusters.all();
        let cluster = all
            .into_iter()
            .find(|cluster| cluster.cluster_id() == Some(&cluster_id))
            .ok_or_else(|| RestError::no_such_cluster(&cluster_id))?;
        let hrefs = Hrefs::of(&parts.headers);
        Ok(Self { clusters: clusters.clone(), links: links.clone(), cluster, hrefs })
    }
}

/// Parts of the path beside the cluster; one that is not of its type names nothing.
pub(super) struct Named<T>(pub(super) T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Named<T> {
    type Rejection = RestError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, RestError> {
        match Path::from_request_parts(parts, state).await {
            Ok(Path(named)) => Ok(Self(named)),
            Err(_) => Err(RestError::plain(StatusCode::NOT_FOUND, "HTTP 404 Not Found")),
        }
    }
}

/// The query.
pub(super) struct Asked<T>(pub(super) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Asked<T> {
    type Rejection = RestError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, RestError> {
        match Query::from_request_parts(parts, state).await {
            Ok(Query(asked)) => Ok(Self(asked)),
            Err(rejection) => Err(RestError::invalid(rejection.body_text())),
        }
    }
}

/// Reads a switch of a query; some clients write `True`.
pub(super) fn flag<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    let text = String::deserialize(deserializer)?;
    match text.to_ascii_lowercase().as_str() {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(serde::de::Error::custom(format!("'{text}' is neither true nor false"))),
    }
}

/// Reads the value of a config. Numbers and switches are taken as their text, as servers of this API do.
pub(super) fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    match serde_json::Value::deserialize(deserializer)? {
        serde_json::Value::Null => Ok(None),
        serde_json::Value::String(text) => Ok(Some(text)),
        serde_json::Value::Bool(switch) => Ok(Some(switch.to_string())),
        serde_json::Value::Number(number) => Ok(Some(number.to_string())),
        serde_json::Value::Array(_) | serde_json::Value::Object(_) => {
            Err(serde::de::Error::custom("the value of a config is a text"))
        }
    }
}

/// A JSON body.
pub(super) struct Body<T>(pub(super) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = RestError;

    async fn from_request(request: Request, state: &S) -> Result<Self, RestError> {
        if !is_json(request.headers()) {
            return Err(not_json());
        }
        let read = tokio::time::timeout(BODY_TIMEOUT, Bytes::from_request(request, state));
        let late = "HTTP 408 Request Timeout: the body did not arrive in time";
        let bytes = read
            .await
            .map_err(|_| RestError::plain(StatusCode::REQUEST_TIMEOUT, late))?
            .map_err(|rejection| RestError::plain(rejection.status(), rejection.body_text()))?;
        if bytes.is_empty() {
            return Err(RestError::plain(
                StatusCode::UNPROCESSABLE_ENTITY,
                "Payload error. Request body is empty. Data is required.",
            ));
        }
        serde_json::from_slice(&bytes).map(Self).map_err(|error| {
            let message = format!("The body cannot be read: {}", without_text(&error.to_string()));
            RestError::plain(StatusCode::BAD_REQUEST, message)
        })
    }
}

/// The words of serde without the text that was found: it may be a secret in the wrong place.
fn without_text(message: &str) -> String {
    let parts = message
        .split_once("string \"")
        .and_then(|(before, rest)| Some((before, rest.rsplit_once("\", expected")?.1)));
    match parts {
        Some((before, after)) => format!("{before}a text, expected{after}"),
        None => message.to_owned(),
    }
}

/// The body is of another kind.
pub(super) fn not_json() -> RestError {
    RestError::plain(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "HTTP 415 Unsupported Media Type: send Content-Type: application/json",
    )
}

pub(super) fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    kind.and_then(|kind| kind.split(';').next())
        .is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
}

#[cfg(test)]
mod tests {
    use super::without_text;

    #[test]
    fn a_text_in_the_wrong_place_is_not_repeated() {
        let wrong = r#"["a \"hidden\", expected nothing"]"#;
        let error = serde_json::from_str::<Vec<u32>>(wrong).unwrap_err().to_string();
        assert!(error.contains("hidden"), "{error}");
        let shown = without_text(&error);
        assert!(shown.starts_with("invalid type: a text, expected u32 at line 1"), "{shown}");
        assert_eq!(without_text("missing field `a`"), "missing field `a`");
    }
}
