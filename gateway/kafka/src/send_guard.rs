//! Leave to send, asked for at the last moment.

use std::{fmt, sync::Arc};

/// Says whether requests may still go out.
///
/// It is asked right before bytes of a request are given to the operating system: a process that was stopped in
/// between, or a connection that took long, must not send what was decided under circumstances that are over.
#[derive(Clone)]
pub struct SendGuard(Arc<dyn Fn() -> bool + Send + Sync>);

impl SendGuard {
    /// A guard that lets requests go while `may_send` says so; it is asked often and must not block.
    pub fn new(may_send: impl Fn() -> bool + Send + Sync + 'static) -> Self {
        Self(Arc::new(may_send))
    }

    pub(crate) fn lets_go(&self) -> bool {
        (self.0)()
    }
}

impl fmt::Debug for SendGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SendGuard")
    }
}
