//! The transaction coordinator's record of one transactional id (KIP-98, KIP-360, KIP-664).

use std::collections::BTreeSet;

use kafka_protocol::ResponseError as Code;

/// State of a transaction with the names clients see. Prepare states do not exist here: markers are
/// written in the same step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TxnState {
    Empty,
    Ongoing,
    CompleteCommit,
    CompleteAbort,
}

impl TxnState {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Empty => "Empty",
            Self::Ongoing => "Ongoing",
            Self::CompleteCommit => "CompleteCommit",
            Self::CompleteAbort => "CompleteAbort",
        }
    }
}

/// One transactional id.
#[derive(Clone, Debug)]
pub(crate) struct Txn {
    pub(crate) producer_id: i64,
    pub(crate) epoch: i16,
    pub(crate) timeout_ms: i32,
    pub(crate) state: TxnState,
    pub(crate) partitions: BTreeSet<(String, i32)>,
    pub(crate) groups: BTreeSet<String>,
    pub(crate) started: i64,
}

impl Txn {
    pub(crate) fn new(producer_id: i64, timeout_ms: i32) -> Self {
        Self {
            producer_id,
            epoch: 0,
            timeout_ms,
            state: TxnState::Empty,
            partitions: BTreeSet::new(),
            groups: BTreeSet::new(),
            started: -1,
        }
    }

    /// Whether the caller is the current producer of this id.
    pub(crate) fn identify(&self, producer_id: i64, epoch: i16) -> Result<(), Code> {
        if producer_id != self.producer_id {
            Err(Code::InvalidProducerIdMapping)
        } else if epoch != self.epoch {
            Err(Code::ProducerFenced)
        } else {
            Ok(())
        }
    }

    /// The transaction is open from now on, if it was not.
    pub(crate) fn open(&mut self, now: i64) {
        if self.state != TxnState::Ongoing {
            self.state = TxnState::Ongoing;
            self.started = now;
        }
    }

    pub(crate) fn is_expired(&self, now: i64) -> bool {
        self.state == TxnState::Ongoing && now - self.started >= i64::from(self.timeout_ms)
    }
}
