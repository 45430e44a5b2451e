//! Vocabulary of Drawbridge, and the protocol between gateway and console.
//!
//! What lives here is known on both sides of the WebSocket: validated names, drafts with the rules
//! that turn them into specs, display data, and the frames that carry them.
//! What never lives here: IO, clocks, async, Kafka's wire format, anything that does not compile to wasm.

pub mod access;
pub mod diff;
pub mod draft;
pub mod guard;
pub mod link;
pub mod names;
pub mod order;
pub mod record;
pub mod search;
pub mod view;
pub mod wire;
