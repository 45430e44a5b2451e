//! The HTTP side of the gateway: who may ask, which way a request goes, and serving connections.

mod guard;
mod headers;
mod health;
mod router;
mod server;

pub use guard::AllowedHosts;
pub use router::{Web, router};
pub use server::serve;
