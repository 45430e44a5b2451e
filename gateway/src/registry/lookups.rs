//! Schemas for one search, on its own threads: they wait for the registry a little and never for long.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use tokio::runtime::Handle;

use super::{
    Found, Registry, SchemaKey,
    trouble::{Trouble, TroubleKind},
};

/// How long one schema is waited for.
const WAIT: Duration = Duration::from_secs(4);
/// How long a search waits for schemas altogether.
const PATIENCE: Duration = Duration::from_secs(12);
/// Schemas that are not there, after which a search asks for no more: its bytes only look like a registry's.
const MISSES: u32 = 100;

/// A registry as a search asks it. Must not be used on the runtime: it blocks.
#[derive(Debug)]
pub(crate) struct Lookups {
    registry: Registry,
    runtime: Handle,
    allowance: Mutex<Allowance>,
}

/// What is left of a search's patience.
#[derive(Debug)]
struct Allowance {
    time: Duration,
    misses: u32,
}

impl Lookups {
    /// For a search that begins. Must be made on the runtime.
    pub(crate) fn new(registry: Registry) -> Self {
        let allowance = Mutex::new(Allowance { time: PATIENCE, misses: MISSES });
        Self { registry, runtime: Handle::current(), allowance }
    }

    fn allowance(&self) -> MutexGuard<'_, Allowance> {
        self.allowance.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A schema, waited for if it is not known. Blocks.
    pub(crate) fn schema(&self, key: SchemaKey) -> Found {
        if let Some(found) = self.registry.peek(key) {
            return found;
        }
        let Allowance { time: left, misses } = *self.allowance();
        if left.is_zero() || misses == 0 {
            return Err(spent(key, left.is_zero()));
        }
        let began = Instant::now();
        let wait = WAIT.min(left);
        let found = self
            .runtime
            .block_on(async { tokio::time::timeout(wait, self.registry.schema(key)).await });
        let found = found.unwrap_or_else(|_| Err(late(key)));
        let is_missed = matches!(&found, Err(trouble) if trouble.kind == TroubleKind::Unknown);
        let mut allowance = self.allowance();
        allowance.time = allowance.time.saturating_sub(began.elapsed());
        allowance.misses = allowance.misses.saturating_sub(u32::from(is_missed));
        drop(allowance);
        found
    }
}

fn late(key: SchemaKey) -> Trouble {
    Trouble::new(
        TroubleKind::Spent,
        format!("the schema registry did not send {key} within {} s", WAIT.as_secs()),
        "Search again: it may have come by then.",
    )
}

fn spent(key: SchemaKey, is_time: bool) -> Trouble {
    if is_time {
        let seconds = PATIENCE.as_secs();
        let cause = format!(
            "the search waited {seconds} s for schemas already and does not wait for {key}"
        );
        return Trouble::new(TroubleKind::Spent, cause, "Search again: it may have come by then.");
    }
    Trouble::new(
        TroubleKind::Spent,
        format!(
            "{MISSES} schemas this search asked for are not in the registry, so {key} is not asked for"
        ),
        "The values may be none of a registry's at all: then choose another decoding.",
    )
}
