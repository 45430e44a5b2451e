//! What happens as time passes: sessions, transaction timeouts, retention, compaction, memory.

use super::State;

impl State {
    /// Frequent part: group sessions and rounds, transaction timeouts.
    pub(crate) fn tick(&mut self, now: i64) {
        for group in self.groups.values_mut() {
            group.tick(now);
        }
        let expired: Vec<String> =
            self.txns.iter().filter(|(_, t)| t.is_expired(now)).map(|(id, _)| id.clone()).collect();
        for id in expired {
            self.abort_fenced(&id, now);
        }
    }

    /// Slow part: retention, compaction, expiry of producer ids and offsets.
    pub(crate) fn maintain(&mut self, now: i64) {
        let cap = self.spec.partition_limit_bytes;
        for topic in self.topics.values_mut() {
            for partition in &mut topic.partitions {
                if topic.rules.compact {
                    partition.log.compact(&topic.rules, now);
                }
                partition.log.retain(&topic.rules, now, cap);
            }
        }
        self.bound_memory();
        let number = |name: &str| self.broker_value(-1, name).parse::<i64>().unwrap_or(i64::MAX);
        let producers_before = now.saturating_sub(number("producer.id.expiration.ms"));
        let offsets_ms = number("offsets.retention.minutes").saturating_mul(60_000);
        for partition in self.topics.values_mut().flat_map(|t| t.partitions.iter_mut()) {
            partition.log.producers.expire(producers_before);
        }
        self.groups.retain(|_, group| !group.expire_offsets(now, offsets_ms));
    }

    /// Compacts one topic now. Returns the number of records removed.
    pub(crate) fn compact_topic(&mut self, name: &str, now: i64) -> Option<usize> {
        let topic = self.topics.get_mut(name)?;
        let rules = topic.rules.clone();
        Some(topic.partitions.iter_mut().map(|p| p.log.compact(&rules, now)).sum())
    }

    /// Keeps the cluster within its memory: the largest partition gives up its oldest batches.
    pub(crate) fn bound_memory(&mut self) {
        let limit = self.spec.memory_limit_bytes;
        let mut total = self.record_bytes();
        if total <= limit {
            return;
        }
        // Some slack, so that not every append has to look again.
        let target = limit - limit / 10;
        while total > target {
            let logs = self.topics.values_mut().flat_map(|t| t.partitions.iter_mut());
            let Some(largest) = logs.map(|p| &mut p.log).max_by_key(|l| l.size()) else { return };
            let before = largest.size();
            if !largest.evict_oldest() {
                return;
            }
            total -= before - largest.size();
        }
    }

    /// Bytes of all records held.
    pub(crate) fn record_bytes(&self) -> u64 {
        self.topics.values().flat_map(|t| t.partitions.iter()).map(|p| p.log.size()).sum()
    }
}
