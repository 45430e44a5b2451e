//! What browsers use: the WebSocket and the console's files.

pub mod assets;
mod backend;
pub mod outbox;
mod requests;
pub mod session;
pub mod socket;

pub use backend::Gateway;
