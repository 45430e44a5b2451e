//! Where a connection is kept.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::{
    connection::{Connection, Death},
    error::{ConnectCause, Error, Result},
};

/// Keeps one connection, with what it was made for, until it is replaced or the place is closed.
///
/// Closing waits for nobody: who is dialling may be a call that nobody will ever go on with.
#[derive(Debug)]
pub(super) struct Place<K> {
    kept: Mutex<Kept<K>>,
}

#[derive(Debug)]
struct Kept<K> {
    connection: Option<(K, Arc<Connection>)>,
    is_closed: bool,
}

impl<K> Default for Place<K> {
    fn default() -> Self {
        Self { kept: Mutex::new(Kept { connection: None, is_closed: false }) }
    }
}

impl<K> Place<K> {
    /// The connection, if it is alive and `fits`.
    pub(super) fn get(
        &self,
        fits: impl FnOnce(&K, &Connection) -> bool,
    ) -> Option<Arc<Connection>> {
        let kept = self.lock();
        let (key, connection) = kept.connection.as_ref()?;
        (connection.death().is_none() && fits(key, connection)).then(|| Arc::clone(connection))
    }

    /// Keeps a new connection instead of the old one.
    ///
    /// # Errors
    /// The place was closed while it was made; it is closed too.
    pub(super) fn keep(&self, key: K, connection: &Arc<Connection>) -> Result<()> {
        let mut kept = self.lock();
        if kept.is_closed {
            connection.close(closed());
            return Err(Error::Closed);
        }
        kept.connection = Some((key, Arc::clone(connection)));
        Ok(())
    }

    /// Lets go of the connection; calls that still use it keep it until they end.
    pub(super) fn release(&self) -> Option<(K, Arc<Connection>)> {
        self.lock().connection.take()
    }

    /// Lets go of the connection if no call uses it now.
    pub(super) fn release_unused(&self) {
        let mut kept = self.lock();
        if kept
            .connection
            .as_ref()
            .is_some_and(|(_, connection)| Arc::strong_count(connection) == 1)
        {
            kept.connection = None;
        }
    }

    /// Ends the connection, and the one that may just be made.
    pub(super) fn close(&self) {
        let mut kept = self.lock();
        kept.is_closed = true;
        if let Some((_, connection)) = kept.connection.take() {
            connection.close(closed());
        }
    }

    fn lock(&self) -> MutexGuard<'_, Kept<K>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn closed() -> Death {
    Death::new(ConnectCause::Io, "the client was closed")
}
