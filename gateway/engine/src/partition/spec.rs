//! What a mirror partition is told when it is made, and what it wants remembered.

/// A producer of the destination cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Producer {
    /// Its id.
    pub id: i64,
    /// Its epoch.
    pub epoch: i16,
}

/// Everything that does not change while the machine lives, but for producers that the link gets later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spec {
    /// Producer of the data: one per link, epoch never changed.
    pub data: Producer,
    /// Producer of the markers; another one, because a marker resets the sequence of its producer.
    pub marker: Producer,
    /// Every producer id this link has ever written with, those of empty transactions included.
    /// The last batch of the mirror must belong to one of them, else somebody else wrote.
    pub own: Vec<i64>,
    /// What may be used to fill offsets that hold no record.
    pub fill: FillRules,
    /// Sizes and times.
    pub limits: Limits,
}

/// What may be used to fill offsets that hold no record; found out by the gateway (permissions,
/// `cleanup.policy` of the mirror).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FillRules {
    /// WriteTxnMarkers (ALTER on Cluster since Kafka 3.8, CLUSTER_ACTION before).
    pub markers: bool,
    /// Empty transactions (WRITE on a transactional id).
    pub transactions: bool,
    /// Padding below the log start, then DeleteRecords: the mirror's `cleanup.policy` is `delete`
    /// and DELETE on the topic is granted.
    pub padding: bool,
    /// Head gaps up to this size are filled with markers even where padding could be used.
    pub head_by_markers: i64,
    /// Largest gap that empty transactions are used for (each takes three round trips).
    pub by_transactions: i64,
}

impl Default for FillRules {
    fn default() -> Self {
        Self {
            markers: true,
            transactions: true,
            padding: true,
            head_by_markers: 500,
            by_transactions: 5_000,
        }
    }
}

/// Whether neighbouring small batches are merged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Coalesce {
    /// Never.
    Off,
    /// While the partition does not keep up (its flight is full) and no codec is needed.
    #[default]
    Auto,
    /// Whenever there are neighbours.
    Always,
}

/// Sizes and times of one partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Batches in flight, 1 to 5 (a broker recognises duplicates among the last five).
    pub in_flight: usize,
    /// Bytes that are read, waiting or in flight.
    pub budget_bytes: usize,
    /// Bytes asked for in one fetch.
    pub fetch_bytes: usize,
    /// Largest batch sent (`max.message.bytes` of the mirror).
    pub max_batch_bytes: usize,
    /// Merged batches grow up to this. Well below what topics take by default (1 MiB): merging makes records longer.
    pub merge_bytes: usize,
    /// What a compressed batch may expand to when it has to be rebuilt.
    pub expand_bytes: usize,
    /// Merging of small batches.
    pub coalesce: Coalesce,
    /// Markers in one request.
    pub markers: i64,
    /// Padding records in one batch.
    pub padding: i64,
    /// How long a request of unknown outcome may still be carried out: more than the request
    /// timeout, ms.
    pub settle_ms: i64,
    /// `producer.id.expiration.ms` of the destination.
    pub producer_expiry_ms: i64,
    /// How far before that a record time already counts as too old to rely on it, ms; twice the settle time at
    /// least.
    pub expiry_margin_ms: i64,
    /// First wait after a failure, doubled up to the next, ms.
    pub backoff_ms: i64,
    /// Longest wait after failures, ms.
    pub backoff_max_ms: i64,
    /// How often an idle partition checks that nobody else wrote, ms.
    pub check_ms: i64,
    /// How long a fill that is not permitted waits before it is tried again, ms.
    pub denied_ms: i64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            in_flight: 5,
            budget_bytes: 16 << 20,
            fetch_bytes: 4 << 20,
            max_batch_bytes: usize::MAX,
            merge_bytes: 512 << 10,
            expand_bytes: 256 << 20,
            coalesce: Coalesce::Auto,
            markers: 500,
            padding: 500_000,
            settle_ms: 30_000,
            producer_expiry_ms: 86_400_000,
            expiry_margin_ms: 3_600_000,
            backoff_ms: 100,
            backoff_max_ms: 10_000,
            check_ms: 10_000,
            denied_ms: 60_000,
        }
    }
}

impl Limits {
    /// Wait before try number `failures` + 1, ms. The caller spreads partitions, not the engine.
    #[must_use]
    pub fn backoff(&self, failures: u32) -> i64 {
        let doubled = 1_i64.checked_shl(failures.saturating_sub(1)).unwrap_or(i64::MAX);
        self.backoff_ms.saturating_mul(doubled.max(1)).clamp(0, self.backoff_max_ms.max(0))
    }
}

/// What the gateway stores for the partition when asked to, and gives back to the next machine.
/// It changes with states, never with batches.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Memory {
    /// First source offset that is wanted (`mirror.start.offset.spec`, resolved once at creation).
    pub start: i64,
    /// Padding below this offset is to be deleted: set before the first padding is sent.
    pub trim_to: Option<i64>,
    /// The strongest kind of request that may be under way from whoever stored this.
    pub sent: Sent,
    /// Leader epochs of the source, with the first offset of each; the newest last.
    pub epochs: Vec<EpochMark>,
}

impl Memory {
    /// Epochs kept: enough for those that were stored but whose batches never arrived.
    const EPOCHS: usize = 16;

    /// The epoch of the record before `end`.
    #[must_use]
    pub fn epoch_before(&self, end: i64) -> Option<i32> {
        self.epochs.iter().rev().find(|mark| mark.start < end).map(|mark| mark.epoch)
    }

    pub(super) fn add_epoch(&mut self, mark: EpochMark) {
        self.epochs.retain(|known| known.start < mark.start);
        self.epochs.push(mark);
        let surplus = self.epochs.len().saturating_sub(Self::EPOCHS);
        self.epochs.drain(..surplus);
    }
}

/// Where a leader epoch of the source begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EpochMark {
    /// The epoch.
    pub epoch: i32,
    /// Its first offset that was mirrored.
    pub start: i64,
}

/// What an owner that ended without closing may have under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Sent {
    /// Nothing: new, or closed cleanly.
    #[default]
    Nothing,
    /// Batches that the sequence check protects.
    Sequenced,
    /// Also requests that nothing protects: markers, empty transactions, data older than the expiry.
    Unsequenced,
}
