//! Refusals: why a request was not done.

use serde::{Deserialize, Serialize};

use crate::draft::FieldError;

/// The kind of refusal, for programs; people read the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// The request itself is wrong; `fields` may say where.
    Invalid,
    /// What it names does not exist.
    NotFound,
    /// It exists already, or changed since it was looked at.
    Conflict,
    /// The cluster's authorizer or the gateway's configuration does not allow it.
    Denied,
    /// The cluster cannot be reached now.
    Unavailable,
    /// No answer in time; it may or may not have been done.
    TimedOut,
    /// The answer or the request is too large.
    TooLarge,
    /// The broker or this gateway cannot do it.
    Unsupported,
    /// A fault of the gateway; its log has the cause under the same trace id.
    Internal,
}

/// Why a request was refused, in words that can be shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WireError {
    /// The kind.
    pub code: ErrorCode,
    /// What failed, on which side.
    pub message: String,
    /// The broker's own words, when it is the broker that refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
    /// What to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
    /// Errors at single fields of the draft that was sent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<FieldError>,
    /// Finds the request in the gateway's log.
    pub trace: String,
}

impl WireError {
    /// Reads what the gateway answers over HTTP in place of a file.
    #[must_use]
    pub fn from_json(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }
}
