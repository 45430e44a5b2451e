//! Error bodies.

use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use drawbridge_kafka::ErrorCode as Kafka;
use drawbridge_shared::wire::ErrorCode;
use serde::Serialize;

use crate::refusal::Refusal;

/// A failed request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestError {
    status: StatusCode,
    code: u32,
    message: String,
}

#[derive(Serialize)]
struct Body<'a> {
    error_code: u32,
    message: &'a str,
}

impl RestError {
    /// An error with the API's own code.
    pub fn new(status: StatusCode, code: u32, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into() }
    }

    /// An error whose code is its HTTP status.
    pub fn plain(status: StatusCode, message: impl Into<String>) -> Self {
        Self::new(status, u32::from(status.as_u16()), message)
    }

    /// An error of an error code alone; statuses are the first three digits of codes.
    pub(super) fn coded(code: u32, message: &str) -> Self {
        let digits = if code >= 1000 { code / 100 } else { code };
        let status = u16::try_from(digits).ok().and_then(|code| StatusCode::from_u16(code).ok());
        Self::new(status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), code, message)
    }

    /// Status, error code and message.
    pub(super) fn into_parts(self) -> (StatusCode, u32, String) {
        (self.status, self.code, self.message)
    }

    /// A request that can be read and makes no sense.
    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, 40002, message)
    }

    /// No cluster with this id is known and has answered.
    pub(super) fn no_such_cluster(id: &str) -> Self {
        Self::plain(StatusCode::NOT_FOUND, format!("Cluster {id} cannot be found."))
    }
}

impl IntoResponse for RestError {
    fn into_response(self) -> Response {
        let body = Body { error_code: self.code, message: &self.message };
        (self.status, Json(body)).into_response()
    }
}

impl From<Refusal> for RestError {
    fn from(refusal: Refusal) -> Self {
        let (status, code) = codes(&refusal);
        Self::new(status, code, refusal.in_full())
    }
}

/// HTTP status and error code of a refusal; statuses are the code's first three digits.
fn codes(refusal: &Refusal) -> (StatusCode, u32) {
    if let Some((status, code)) = refusal.rest
        && let Ok(status) = StatusCode::from_u16(status)
    {
        return (status, code);
    }
    if refusal.kafka == Some(Kafka::SASL_AUTHENTICATION_FAILED) {
        return (StatusCode::UNAUTHORIZED, 40101);
    }
    if refusal.kafka == Some(Kafka::POLICY_VIOLATION) {
        return (StatusCode::BAD_REQUEST, 40002);
    }
    match refusal.code {
        ErrorCode::Invalid | ErrorCode::Conflict => (StatusCode::BAD_REQUEST, 40002),
        ErrorCode::NotFound => (StatusCode::NOT_FOUND, 40403),
        ErrorCode::Denied => (StatusCode::FORBIDDEN, 40301),
        ErrorCode::Unsupported => (StatusCode::BAD_REQUEST, 40035),
        ErrorCode::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, 413),
        ErrorCode::Unavailable | ErrorCode::TimedOut => (StatusCode::INTERNAL_SERVER_ERROR, 50003),
        ErrorCode::Internal => (StatusCode::INTERNAL_SERVER_ERROR, 50002),
    }
}

pub(super) async fn no_such_path() -> RestError {
    RestError::plain(StatusCode::NOT_FOUND, "HTTP 404 Not Found")
}

pub(super) async fn no_such_method() -> RestError {
    RestError::plain(StatusCode::METHOD_NOT_ALLOWED, "HTTP 405 Method Not Allowed")
}
