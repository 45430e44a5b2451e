//! SCRAM users (KIP-554).

use super::{PerItem, unfinished};
use crate::{
    client::Client,
    error::Result,
    settings::{ScramMechanism, Secret},
};

/// A credential of a user. Salt and keys never leave the cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScramCredential {
    /// Mechanism.
    pub mechanism: ScramMechanism,
    /// Iterations.
    pub iterations: i32,
}

/// A change of a user's credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ScramChange {
    /// Creates or replaces a credential. The password is salted here and never sent.
    Upsert {
        /// User name.
        user: String,
        /// Mechanism.
        mechanism: ScramMechanism,
        /// Iterations, 4096 to 16384 for Kafka.
        iterations: u32,
        /// The password.
        password: Secret,
    },
    /// Removes a credential.
    Delete {
        /// User name.
        user: String,
        /// Mechanism.
        mechanism: ScramMechanism,
    },
}

impl Client {
    /// Credentials of `users`, or of all users.
    ///
    /// # Errors
    /// When no broker answers or the principal lacks DESCRIBE on the cluster; per user, `RESOURCE_NOT_FOUND`.
    pub async fn describe_scram_users(
        &self,
        _users: Option<&[&str]>,
    ) -> Result<PerItem<String, Vec<ScramCredential>>> {
        unfinished()
    }

    /// Changes credentials.
    ///
    /// # Errors
    /// When the controller cannot be reached; per user, the broker's error.
    pub async fn alter_scram_users(&self, _changes: &[ScramChange]) -> Result<PerItem<String, ()>> {
        unfinished()
    }
}
