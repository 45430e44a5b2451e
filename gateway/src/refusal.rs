//! Why something was not done, before it becomes a WebSocket or a REST error.

mod table;

use drawbridge_kafka::ErrorCode as KafkaCode;
use drawbridge_shared::{
    draft::FieldError,
    names::ClusterName,
    view::FaultView,
    wire::{ErrorCode, WireError},
};

pub use table::{Doing, fault_of, refuse};

/// Why something was not done, in words for people and codes for programs.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Refusal {
    /// The kind.
    pub code: ErrorCode,
    /// What failed, on which side.
    pub message: String,
    /// The broker's own words, when it is the broker that refused.
    pub cause: Option<String>,
    /// What to do.
    pub remedy: Option<String>,
    /// Errors at single fields.
    pub fields: Vec<FieldError>,
    /// Kafka's code, when it is the broker that refused.
    pub kafka: Option<KafkaCode>,
    /// HTTP status and `error_code` of the public REST API, where they do not follow from `code`.
    pub rest: Option<(u16, u32)>,
}

impl Refusal {
    /// A refusal of the gateway itself.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            cause: None,
            remedy: None,
            fields: Vec::new(),
            kafka: None,
            rest: None,
        }
    }

    /// Says what the public REST API answers.
    #[must_use]
    pub fn rest(mut self, status: u16, error_code: u32) -> Self {
        self.rest = Some((status, error_code));
        self
    }

    /// Says what to do.
    #[must_use]
    pub fn remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }

    /// Adds the words of whoever refused.
    #[must_use]
    pub fn cause(mut self, cause: impl Into<String>) -> Self {
        self.cause = Some(cause.into());
        self
    }

    /// A draft with wrong fields.
    #[must_use]
    pub fn of_fields(fields: Vec<FieldError>) -> Self {
        let message = match fields.as_slice() {
            [only] => only.message.clone(),
            _ => format!("{} fields are wrong", fields.len()),
        };
        Self { fields, ..Self::new(ErrorCode::Invalid, message) }
    }

    /// A cluster this gateway does not have.
    #[must_use]
    pub fn no_such_cluster(name: &ClusterName) -> Self {
        Self::new(ErrorCode::NotFound, format!("this gateway has no cluster '{name}'"))
            .remedy("Look at the list of clusters; it may have been removed.")
    }

    /// A cluster that is down.
    #[must_use]
    pub fn down(name: &ClusterName, fault: &FaultView) -> Self {
        Self::new(ErrorCode::Unavailable, format!("{name} is down: {}", fault.summary))
            .cause(fault.cause.clone())
            .remedy(fault.remedy.clone())
    }

    /// Message, cause and remedy as one text.
    #[must_use]
    pub fn in_full(&self) -> String {
        let mut text = self.message.clone();
        for extra in [&self.cause, &self.remedy].into_iter().flatten() {
            if !extra.is_empty() && !text.contains(extra.as_str()) {
                text.push_str(if text.ends_with(['.', '!', '?']) { " " } else { ". " });
                text.push_str(extra);
            }
        }
        text
    }

    /// As the WebSocket tells it.
    #[must_use]
    pub fn into_wire(self, trace: String) -> WireError {
        WireError {
            code: self.code,
            message: self.message,
            cause: self.cause.filter(|text| !text.is_empty()),
            remedy: self.remedy.filter(|text| !text.is_empty()),
            fields: self.fields,
            trace,
        }
    }
}
