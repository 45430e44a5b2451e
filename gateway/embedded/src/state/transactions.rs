//! Transactions across partitions and groups.

use kafka_protocol::ResponseError as Code;

use super::State;
use crate::txn::{Txn, TxnState};

impl State {
    /// Gives a producer id to a transactional id, fencing whoever held it. A transaction that was
    /// left open is aborted. `known` is what the caller believes to be its id and epoch.
    pub(crate) fn init_transactional(
        &mut self,
        id: &str,
        timeout_ms: i32,
        known: Option<(i64, i16)>,
        now: i64,
    ) -> Result<(i64, i16), Code> {
        let Some(txn) = self.txns.get(id) else {
            if known.is_some() {
                return Err(Code::InvalidProducerIdMapping);
            }
            let producer_id = self.allocate_producer_id();
            self.txns.insert(id.to_owned(), Txn::new(producer_id, timeout_ms));
            return Ok((producer_id, 0));
        };
        if let Some((producer_id, epoch)) = known
            && (producer_id != txn.producer_id || epoch != txn.epoch)
        {
            return Err(Code::ProducerFenced);
        }
        let was_open = txn.state == TxnState::Ongoing;
        let exhausted = txn.epoch >= i16::MAX - 1;
        if was_open {
            self.abort_fenced(id, now);
        }
        let fresh = exhausted.then(|| self.allocate_producer_id());
        let Some(txn) = self.txns.get_mut(id) else { return Err(Code::UnknownServerError) };
        match fresh {
            Some(producer_id) => *txn = Txn::new(producer_id, timeout_ms),
            None if was_open => {}
            None => txn.epoch += 1,
        }
        txn.timeout_ms = timeout_ms;
        txn.state = TxnState::Empty;
        Ok((txn.producer_id, txn.epoch))
    }

    /// Aborts an open transaction under a raised epoch, so that its producer can write no more.
    pub(crate) fn abort_fenced(&mut self, id: &str, now: i64) {
        if let Some(txn) = self.txns.get_mut(id) {
            txn.epoch = txn.epoch.saturating_add(1);
            self.finish(id, false, now);
        }
    }

    /// Ends a transaction as its producer asks.
    pub(crate) fn end_transaction(
        &mut self,
        id: &str,
        (producer_id, epoch): (i64, i16),
        commit: bool,
        now: i64,
    ) -> Result<(), Code> {
        let txn = self.txns.get(id).ok_or(Code::InvalidProducerIdMapping)?;
        txn.identify(producer_id, epoch)?;
        match (txn.state, commit) {
            (TxnState::Ongoing, _) => {
                self.finish(id, commit, now);
                Ok(())
            }
            // The answer to an earlier try was lost.
            (TxnState::CompleteCommit, true) | (TxnState::CompleteAbort, false) => Ok(()),
            _ => Err(Code::InvalidTxnState),
        }
    }

    fn finish(&mut self, id: &str, commit: bool, now: i64) {
        let Some(txn) = self.txns.get_mut(id) else { return };
        txn.state = if commit { TxnState::CompleteCommit } else { TxnState::CompleteAbort };
        let partitions = std::mem::take(&mut txn.partitions);
        let groups = std::mem::take(&mut txn.groups);
        let producer = (txn.producer_id, txn.epoch);
        for (topic, index) in partitions {
            if let Ok(partition) = self.partition(&topic, index)
                && let Err(code) = partition.log.append_marker(producer, 0, commit, now)
            {
                tracing::warn!(topic, index, %code, "the marker of a transaction was refused");
            }
        }
        for group in groups {
            if let Some(group) = self.groups.get_mut(&group) {
                group.decide(producer.0, commit);
            }
        }
    }

    /// Whether a transactional batch belongs to an open transaction that names the partition.
    pub(crate) fn check_transactional(
        &self,
        id: Option<&str>,
        (producer_id, epoch): (i64, i16),
        topic: &str,
        index: i32,
    ) -> Result<(), Code> {
        let txn = id.and_then(|id| self.txns.get(id)).ok_or(Code::InvalidTxnState)?;
        if producer_id != txn.producer_id {
            return Err(Code::InvalidProducerIdMapping);
        }
        if epoch != txn.epoch {
            return Err(Code::InvalidProducerEpoch);
        }
        let named = txn.partitions.contains(&(topic.to_owned(), index));
        if txn.state == TxnState::Ongoing && named { Ok(()) } else { Err(Code::InvalidTxnState) }
    }
}
