//! What can become of a request instead of a response, in words.

use drawbridge_shared::draft::FieldError;
use drawbridge_shared::wire::WireError;

/// Why a request has no response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RequestError {
    /// There was no connection to the gateway; nothing was sent.
    Offline,
    /// The connection broke before the answer came; a change may or may not have been made.
    Lost,
    /// No answer in time; a change may or may not have been made.
    TimedOut,
    /// The gateway or a broker refused.
    Refused(WireError),
    /// The gateway's answer made no sense; holds what was wrong with it.
    Protocol(String),
}

impl RequestError {
    /// What failed, one sentence.
    #[must_use]
    pub fn message(&self) -> String {
        match self {
            Self::Offline => "No connection to the gateway; nothing was sent.".to_owned(),
            Self::Lost => "The connection to the gateway broke before the answer came.".to_owned(),
            Self::TimedOut => "The gateway did not answer in time.".to_owned(),
            Self::Refused(error) => error.message.clone(),
            Self::Protocol(_) => "The gateway's answer could not be read.".to_owned(),
        }
    }

    /// The words of whoever refused, for a fold-out.
    #[must_use]
    pub fn cause(&self) -> Option<String> {
        match self {
            Self::Offline | Self::Lost | Self::TimedOut => None,
            Self::Refused(error) => error.cause.clone(),
            Self::Protocol(what) => Some(what.clone()),
        }
    }

    /// What to do.
    #[must_use]
    pub fn remedy(&self) -> Option<String> {
        match self {
            Self::Offline => Some("Try again when the connection is back.".to_owned()),
            Self::Lost | Self::TimedOut => {
                Some("A change may or may not have been made: look before trying again.".to_owned())
            }
            Self::Refused(error) => error.remedy.clone(),
            Self::Protocol(_) => Some("Reload the page.".to_owned()),
        }
    }

    /// Errors at single fields of what was sent.
    #[must_use]
    pub fn fields(&self) -> &[FieldError] {
        match self {
            Self::Refused(error) => &error.fields,
            Self::Offline | Self::Lost | Self::TimedOut | Self::Protocol(_) => &[],
        }
    }

    /// Finds the request in the gateway's log.
    #[must_use]
    pub fn trace(&self) -> Option<&str> {
        match self {
            Self::Refused(error) if !error.trace.is_empty() => Some(&error.trace),
            _ => None,
        }
    }
}

impl std::fmt::Display for RequestError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message())
    }
}

impl std::error::Error for RequestError {}
