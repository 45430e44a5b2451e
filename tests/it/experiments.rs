//! What real brokers accept from a client that mirrors logs: each test settles a fact the link
//! engine is built on. The facts are listed in `docs/broker-facts.md`.
//!
//! Error codes are Kafka's numbers (<https://kafka.apache.org/protocol.html#protocol_error_codes>).

pub(crate) mod appends;
mod compaction;
mod compare_and_append;
mod groups;
mod log_end;
mod markers;
mod truncation;
mod users;

/// Kafka's error codes that the experiments meet.
mod code {
    pub(super) const UNKNOWN_MEMBER_ID: i16 = 25;
    pub(super) const CLUSTER_AUTHORIZATION_FAILED: i16 = 31;
    pub(super) const INVALID_TIMESTAMP: i16 = 32;
    pub(super) const POLICY_VIOLATION: i16 = 44;
    pub(super) const OUT_OF_ORDER_SEQUENCE: i16 = 45;
    pub(super) const INVALID_PRODUCER_EPOCH: i16 = 47;
    pub(super) const INVALID_RECORD: i16 = 87;
}
