//! What passes between a session and the socket it runs on.

/// A frame from the client, as far as the session cares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Inbound {
    /// Text.
    Text(String),
    /// Binary, which this protocol does not use.
    Binary,
    /// A ping or pong of the WebSocket protocol itself; the socket answers pings.
    Control,
    /// The client closed.
    Close,
}

/// Why no further frame can be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InboundError {
    /// The frame's header announced more than is allowed; its content was not read.
    TooLarge,
    /// The connection or the client's WebSocket framing broke.
    Broken(String),
}

/// A frame to the client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outbound {
    /// Text.
    Text(String),
    /// Close with a code of `drawbridge_shared::wire::close` and a reason in words.
    Close {
        /// The code.
        code: u16,
        /// The reason.
        reason: String,
    },
}

/// Why a session ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closing {
    /// The close code to send; none when there is nobody to send it to.
    pub code: Option<u16>,
    /// Why.
    pub reason: String,
}

impl Closing {
    /// Our decision, told to the client.
    pub fn with(code: u16, reason: impl Into<String>) -> Self {
        let mut reason = reason.into();
        // A close frame holds 125 bytes, two of them the code (RFC 6455, 5.5).
        while reason.len() > 123 {
            reason.pop();
        }
        Self { code: Some(code), reason }
    }

    /// The client went away.
    #[must_use]
    pub fn gone() -> Self {
        Self { code: None, reason: "the client left".to_owned() }
    }

    /// The connection broke.
    #[must_use]
    pub fn broken(reason: String) -> Self {
        Self { code: None, reason }
    }
}
