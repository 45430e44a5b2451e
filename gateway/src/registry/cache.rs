//! Schemas that were read, and for a while those that could not be.

use std::{collections::HashMap, time::Duration};

use tokio::time::Instant;

use super::{
    Found, SchemaKey,
    trouble::{Trouble, TroubleKind},
};

/// Schemas that are kept; the one that was used longest ago goes first.
const KEPT: usize = 1000;
/// How long a schema that is not there, or of no use, is not asked for again.
const MISSING: Duration = Duration::from_secs(30);
/// How long a registry that does not answer is not asked again.
const DOWN: Duration = Duration::from_secs(10);

#[derive(Default)]
pub(super) struct Cache {
    entries: HashMap<SchemaKey, Entry>,
    /// The registry does not answer; whatever is not known waits until then.
    down: Option<(Instant, Trouble)>,
    turn: u64,
}

struct Entry {
    found: Found,
    until: Option<Instant>,
    used: u64,
}

impl Cache {
    /// What is known of a schema.
    pub(super) fn get(&mut self, key: SchemaKey, now: Instant) -> Option<Found> {
        self.turn += 1;
        if let Some(entry) = self.entries.get_mut(&key)
            && entry.until.is_none_or(|until| now < until)
        {
            entry.used = self.turn;
            return Some(entry.found.clone());
        }
        match &self.down {
            Some((until, trouble)) if now < *until => Some(Err(trouble.clone())),
            _ => None,
        }
    }

    /// Keeps what came of asking.
    pub(super) fn put(&mut self, key: SchemaKey, found: Found, now: Instant) {
        self.turn += 1;
        let until = match &found {
            Ok(_) => None,
            Err(trouble) if trouble.kind == TroubleKind::Registry => {
                self.down = Some((now + DOWN, trouble.clone()));
                return;
            }
            Err(_) => Some(now + MISSING),
        };
        self.down = None;
        if self.entries.len() >= KEPT && !self.entries.contains_key(&key) {
            let oldest = self.entries.iter().min_by_key(|(_, entry)| entry.used);
            if let Some(oldest) = oldest.map(|(key, _)| *key) {
                self.entries.remove(&oldest);
            }
        }
        self.entries.insert(key, Entry { found, until, used: self.turn });
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::registry::schema::{Body, Schema};

    fn schema(id: u32) -> Found {
        Ok(Arc::new(Schema { id: Some(id), subjects: Vec::new(), body: Body::Json }))
    }

    #[test]
    fn schemas_are_kept_and_their_number_is_bounded() {
        let (mut cache, now) = (Cache::default(), Instant::now());
        cache.put(SchemaKey::Id(0), schema(0), now);
        for id in 1..3000 {
            cache.put(SchemaKey::Id(id), schema(id), now);
            assert!(cache.get(SchemaKey::Id(0), now).is_some(), "what is used is kept");
        }
        assert_eq!(cache.entries.len(), KEPT);
        assert!(cache.get(SchemaKey::Id(1), now).is_none());
    }

    #[test]
    fn what_is_missing_is_asked_for_again_after_a_while() {
        let (mut cache, now) = (Cache::default(), Instant::now());
        let missing = Trouble::new(TroubleKind::Unknown, "none", "");
        cache.put(SchemaKey::Id(7), Err(missing), now);
        assert!(cache.get(SchemaKey::Id(7), now + MISSING / 2).unwrap().is_err());
        assert!(cache.get(SchemaKey::Id(7), now + MISSING).is_none());
        assert!(cache.get(SchemaKey::Id(8), now).is_none());
    }

    #[test]
    fn a_registry_that_is_down_is_not_asked_for_other_schemas_and_those_that_are_known_stay() {
        let (mut cache, now) = (Cache::default(), Instant::now());
        cache.put(SchemaKey::Id(1), schema(1), now);
        cache.put(SchemaKey::Id(2), Err(Trouble::registry("down", "")), now);
        assert!(cache.get(SchemaKey::Id(1), now).unwrap().is_ok());
        assert_eq!(cache.get(SchemaKey::Id(3), now).unwrap().unwrap_err().cause, "down");
        assert!(cache.get(SchemaKey::Id(3), now + DOWN).is_none());
    }
}
