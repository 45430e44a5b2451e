//! Frames to text and back, and changes put on: in a console of parts, at first for the first page's feeds only.

use std::sync::{Arc, OnceLock};

use drawbridge_shared::diff;
use drawbridge_shared::wire::{
    ClientMessage, FeedData, FeedDelta, FrameError, ServerMessage, decode_server, encode_client,
};

/// What the session and its driver need of the protocol.
#[derive(Clone, Copy)]
pub struct Codec {
    /// Reads a frame.
    pub decode: fn(&str) -> Result<ServerMessage, FrameError>,
    /// Writes a frame.
    pub encode: fn(&ClientMessage) -> Result<String, FrameError>,
    /// Puts a change on a feed's state; false if it does not fit.
    pub apply: fn(&mut Arc<FeedData>, FeedDelta) -> bool,
}

/// What every part brings along.
const WHOLE: Codec = Codec {
    decode: decode_server,
    encode: encode_client,
    apply: |data, delta| diff::apply(Arc::make_mut(data), delta),
};

#[cfg(console_parts)]
const FIRST: Codec = Codec {
    decode: drawbridge_shared::wire::decode_first,
    encode: drawbridge_shared::wire::encode_first,
    apply: diff::apply_first,
};
#[cfg(not(console_parts))]
const FIRST: Codec = WHOLE;

static ARRIVED: OnceLock<Codec> = OnceLock::new();

/// What is there by now.
#[must_use]
pub fn codec() -> Codec {
    ARRIVED.get().copied().unwrap_or(FIRST)
}

/// From now on all feeds can be followed and everything can be asked. Only code in parts may call this: what
/// it names is left out of the first download.
pub fn bring() {
    ARRIVED.get_or_init(|| WHOLE);
}
