//! How a mover fetches and produces, from the link's configs.

use std::time::Duration;

use drawbridge_engine::partition::Limits;
use drawbridge_shared::link::LinkConfigs;

/// Bytes a machine may hold per byte of one fetch: one is sent while the next is read.
const READ_AHEAD: usize = 3;
/// How much longer than the request timeout a request of unknown outcome may still be carried out.
const SETTLE_MARGIN_MS: i64 = 5_000;

/// Sizes and times of a mover's requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::links) struct FetchSettings {
    /// `replica.fetch.wait.max.ms`.
    pub(in crate::links) max_wait: Duration,
    /// `replica.fetch.min.bytes`.
    pub(in crate::links) min_bytes: i32,
    /// `replica.fetch.response.max.bytes`.
    pub(in crate::links) response_max_bytes: usize,
    /// `request.timeout.ms`.
    pub(in crate::links) produce_timeout: Duration,
    /// Connections of this mover begin at this number.
    pub(in crate::links) first_lane: u16,
}

/// A poll that waits less would turn round for nothing.
const LEAST_WAIT_MS: i64 = 20;

fn bytes(configs: &LinkConfigs, name: &str) -> usize {
    usize::try_from(configs.number(name)).unwrap_or(usize::MAX)
}

impl FetchSettings {
    /// Of mover number `mover`.
    pub(in crate::links) fn of(configs: &LinkConfigs, mover: usize) -> Self {
        let ms = |name: &str| u64::try_from(configs.number(name)).unwrap_or(0);
        let wait = configs.number("replica.fetch.wait.max.ms").max(LEAST_WAIT_MS);
        Self {
            max_wait: Duration::from_millis(u64::try_from(wait).unwrap_or(0)),
            min_bytes: i32::try_from(configs.number("replica.fetch.min.bytes")).unwrap_or(1),
            response_max_bytes: bytes(configs, "replica.fetch.response.max.bytes"),
            produce_timeout: Duration::from_millis(ms("request.timeout.ms").max(1)),
            first_lane: u16::try_from(mover.saturating_mul(8)).unwrap_or(0),
        }
    }
}

/// Sizes and times of a partition's machine. `budget` is what all links may hold together.
pub(in crate::links) fn limits(configs: &LinkConfigs, budget: usize) -> Limits {
    let fetch_bytes = bytes(configs, "replica.fetch.max.bytes").min(budget / 16).max(16 << 10);
    Limits {
        fetch_bytes,
        budget_bytes: fetch_bytes.saturating_mul(READ_AHEAD),
        settle_ms: configs.number("request.timeout.ms").saturating_add(SETTLE_MARGIN_MS),
        backoff_ms: configs.number("retry.backoff.ms").max(1),
        backoff_max_ms: configs.number("replica.fetch.backoff.ms").max(1),
        ..Limits::default()
    }
}
