//! What can go wrong between Drawbridge and a cluster, typed.
//!
//! Every error says what was asked of whom; causes are the broker's, the TLS library's or the operating
//! system's own words, kept apart from our sentence and from the remedy. None of them holds a secret.

mod code;
mod connect;

use std::time::Duration;

pub use code::ErrorCode;
pub use connect::{ConnectCause, ConnectError, Stage};

use crate::settings::SettingFault;

/// Result of a client call.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What was asked of the cluster when something went wrong.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Asked {
    /// Kafka's name of the API, for example `Metadata`.
    pub api: &'static str,
    /// Topic, partition, group, user … the call was about, if it was about one.
    pub subject: Option<String>,
    /// The broker that was asked, as `id (host:port)` or `host:port`.
    pub broker: Option<String>,
}

impl Asked {
    /// A call of `api` about nothing in particular.
    #[must_use]
    pub fn new(api: &'static str) -> Self {
        Self { api, subject: None, broker: None }
    }

    /// Names what the call was about.
    #[must_use]
    pub fn about(mut self, subject: impl Into<String>) -> Self {
        self.subject = Some(subject.into());
        self
    }

    /// Names the broker that was asked.
    #[must_use]
    pub fn of(mut self, broker: impl Into<String>) -> Self {
        self.broker = Some(broker.into());
        self
    }
}

impl std::fmt::Display for Asked {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.api)?;
        if let Some(subject) = &self.subject {
            write!(f, " of {subject}")?;
        }
        if let Some(broker) = &self.broker {
            write!(f, " at {broker}")?;
        }
        Ok(())
    }
}

/// An error answer of a broker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrokerError {
    /// Kafka's code.
    pub code: ErrorCode,
    /// The broker's own words, if it sent any.
    pub message: Option<String>,
    /// What was asked.
    pub asked: Asked,
}

impl std::fmt::Display for BrokerError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} was refused with {}: ", self.asked, self.code.name())?;
        match self.message.as_deref().filter(|text| !text.is_empty()) {
            Some(text) => f.write_str(text),
            None => f.write_str(self.code.summary()),
        }
    }
}

/// Everything a client call can end with besides its answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The broker answered with an error code.
    #[error("{0}")]
    Broker(Box<BrokerError>),
    /// No usable connection could be made.
    #[error("{0}")]
    Connect(Box<ConnectError>),
    /// No answer came in time. Whether the broker acted on the request is unknown.
    #[error("{asked} got no answer within {} ms", after.as_millis())]
    Timeout {
        /// What was asked.
        asked: Asked,
        /// How long was waited.
        after: Duration,
    },
    /// The connection ended before the answer came.
    #[error("{asked} lost its connection: {cause}")]
    Disconnected {
        /// What was asked.
        asked: Asked,
        /// Why the connection ended.
        cause: String,
        /// Whether the request may have reached the broker, so that it may have been carried out.
        sent: bool,
    },
    /// Leave to send had ended ([`crate::SendGuard`]); nothing of the request went out.
    #[error("{asked} was not sent: leave to send had ended")]
    Withheld {
        /// What was asked.
        asked: Asked,
    },
    /// The broker and this client share no version of the API.
    #[error("{asked} is not possible: the broker offers {}, this client speaks {client}", broker.as_deref().unwrap_or("no version of it"))]
    UnsupportedVersion {
        /// What was asked.
        asked: Asked,
        /// Versions the broker offers, as `min..max`; `None` when it lacks the API.
        broker: Option<String>,
        /// Versions this client speaks.
        client: String,
    },
    /// The peer's bytes are not an answer of a Kafka broker to what was asked.
    #[error("{asked} got an answer that cannot be read: {what}. {remedy}")]
    Protocol {
        /// What was asked.
        asked: Asked,
        /// What is wrong with the bytes.
        what: String,
        /// What to check.
        remedy: String,
    },
    /// The connection settings cannot be used.
    #[error("the connection settings cannot be used: {}", list(.0))]
    Settings(Vec<SettingFault>),
    /// The call cannot be expressed in the protocol as asked.
    #[error("{asked} cannot be sent: {reason}")]
    InvalidRequest {
        /// What was asked.
        asked: Asked,
        /// Why it cannot be sent, and what would be accepted.
        reason: String,
    },
    /// The client was closed.
    #[error("the client was closed")]
    Closed,
}

fn list(faults: &[SettingFault]) -> String {
    faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

impl Error {
    /// An error answer with code `code`.
    #[must_use]
    pub fn broker(code: i16, message: Option<String>, asked: Asked) -> Self {
        Self::Broker(Box::new(BrokerError { code: ErrorCode(code), message, asked }))
    }

    /// Kafka's code, if a broker answered with one.
    #[must_use]
    pub fn code(&self) -> Option<ErrorCode> {
        match self {
            Self::Broker(broker) => Some(broker.code),
            _ => None,
        }
    }

    /// Whether the same call may succeed later without anybody changing anything.
    #[must_use]
    pub fn is_retriable(&self) -> bool {
        match self {
            Self::Broker(broker) => broker.code.is_retriable(),
            Self::Connect(connect) => connect.cause.is_transient(),
            Self::Timeout { .. } | Self::Disconnected { .. } => true,
            Self::UnsupportedVersion { .. }
            | Self::Protocol { .. }
            | Self::Settings(_)
            | Self::InvalidRequest { .. }
            | Self::Withheld { .. }
            | Self::Closed => false,
        }
    }

    /// Whether the cluster may have carried out the call although it failed here.
    #[must_use]
    pub fn outcome_unknown(&self) -> bool {
        match self {
            Self::Timeout { .. } | Self::Protocol { .. } => true,
            Self::Disconnected { sent, .. } => *sent,
            Self::Broker(broker) => broker.code == ErrorCode::REQUEST_TIMED_OUT,
            _ => false,
        }
    }

    /// What to do about it, where we know.
    #[must_use]
    pub fn remedy(&self) -> Option<&str> {
        match self {
            Self::Connect(connect) => Some(&connect.remedy),
            Self::Protocol { remedy, .. } => Some(remedy),
            Self::Broker(broker) => broker.code.remedy(),
            _ => None,
        }
    }
}

impl From<ConnectError> for Error {
    fn from(error: ConnectError) -> Self {
        Self::Connect(Box::new(error))
    }
}
