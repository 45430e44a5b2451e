//! Frames to text and back; the one place that knows they are JSON.

use serde::Serialize;

use super::{ClientMessage, ServerMessage, tree};

/// A frame that is not of this protocol.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a drawbridge.v1 frame: {0}")]
pub struct FrameError(pub(super) String);

fn encode<T: Serialize>(message: &T) -> Result<String, FrameError> {
    serde_json::to_string(message).map_err(|error| FrameError(error.to_string()))
}

/// Text of a client's frame.
///
/// # Errors
/// None for the messages of this crate; kept so that no caller has to panic.
pub fn encode_client(message: &ClientMessage) -> Result<String, FrameError> {
    encode(message)
}

/// Reads a client's frame.
///
/// # Errors
/// The text is not a frame of this protocol; says where.
pub fn decode_client(text: &str) -> Result<ClientMessage, FrameError> {
    serde_json::from_str(text).map_err(|error| FrameError(error.to_string()))
}

/// Text of the gateway's frame.
///
/// # Errors
/// None for the messages of this crate; kept so that no caller has to panic.
pub fn encode_server(message: &ServerMessage) -> Result<String, FrameError> {
    encode(message)
}

/// Reads the gateway's frame.
///
/// # Errors
/// The text is not a frame of this protocol; says in what.
pub fn decode_server(text: &str) -> Result<ServerMessage, FrameError> {
    tree::read(text).map_err(|error| FrameError(error.to_string()))
}
