//! Leader elections (KIP-183, KIP-460).

use super::{PerPartition, TopicPartition, unfinished};
use crate::{client::Client, error::Result};

/// Which replica may become leader.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Election {
    /// The first of the replica list.
    Preferred,
    /// Any live replica, in sync or not: loses the records it lacks.
    Unclean,
}

impl Client {
    /// Elects leaders for `partitions`, or for all. Partitions that need no election answer
    /// `ELECTION_NOT_NEEDED`, or are left out when all were asked for.
    ///
    /// # Errors
    /// When the controller cannot be reached or refuses; per partition, the broker's error.
    pub async fn elect_leaders(
        &self,
        _election: Election,
        _partitions: Option<&[TopicPartition]>,
    ) -> Result<PerPartition<()>> {
        unfinished()
    }
}
