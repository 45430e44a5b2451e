//! One connection's standing: who it is, and how far its authentication has come.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::clock::now_ms;
use crate::cluster::Shared;
use crate::scram::{Exchange, Mechanism};

/// How far authentication has come.
pub(crate) enum Standing {
    /// Nothing is asked, or it has been done.
    Admitted,
    /// A SASL handshake has to come.
    Stranger,
    /// A mechanism was agreed on.
    Agreed(Mechanism),
    /// SCRAM is between its first and its final message.
    Challenged(Box<Exchange>),
}

/// A connection.
pub(crate) struct Session {
    pub(crate) shared: Arc<Shared>,
    pub(crate) broker: i32,
    pub(crate) host: String,
    pub(crate) principal: Arc<str>,
    pub(crate) standing: Standing,
    /// When the client has to have authenticated again.
    pub(crate) expires: Option<Instant>,
    gone: CancellationToken,
}

impl Session {
    pub(crate) fn new(
        shared: Arc<Shared>,
        broker: i32,
        host: String,
        gone: CancellationToken,
    ) -> Self {
        let asked = !shared.lock().spec.security.sasl.is_empty();
        let standing = if asked { Standing::Stranger } else { Standing::Admitted };
        let principal = Arc::from("User:ANONYMOUS");
        Self { shared, broker, host, principal, standing, expires: None, gone }
    }

    pub(crate) fn context(&self, version: i16, client_id: String) -> Context {
        Context {
            shared: Arc::clone(&self.shared),
            broker: self.broker,
            host: self.host.clone(),
            principal: Arc::clone(&self.principal),
            client_id,
            version,
            now: now_ms(),
            gone: self.gone.clone(),
            silent: AtomicBool::new(false),
        }
    }
}

/// What a handler knows of the request besides its fields.
pub(crate) struct Context {
    pub(crate) shared: Arc<Shared>,
    /// The broker that was asked.
    pub(crate) broker: i32,
    pub(crate) host: String,
    pub(crate) principal: Arc<str>,
    pub(crate) client_id: String,
    pub(crate) version: i16,
    /// Milliseconds since 1970 when the request was taken up.
    pub(crate) now: i64,
    /// Cancelled when the client is gone, so that nothing waits for it.
    pub(crate) gone: CancellationToken,
    /// Set when the request wants no response (Produce with acks=0).
    pub(crate) silent: AtomicBool,
}

impl Context {
    pub(crate) fn who(&self) -> (&str, &str) {
        (&self.principal, &self.host)
    }
}
