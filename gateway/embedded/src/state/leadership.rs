//! Who leads what: broker stops and starts, elections, forced moves.

use kafka_protocol::ResponseError as Code;

use super::{Partition, State};

/// Whether a replica that lacks records may lead.
const UNCLEAN: &str = "unclean.leader.election.enable";

impl Partition {
    /// Whether `broker` leads, in the epoch the client believes in (-1: it does not say).
    pub(crate) fn check_leader(&self, broker: i32, believed: i32) -> Result<(), Code> {
        if self.leader != broker {
            Err(Code::NotLeaderOrFollower)
        } else if believed >= 0 && believed < self.epoch {
            Err(Code::FencedLeaderEpoch)
        } else if believed > self.epoch {
            Err(Code::UnknownLeaderEpoch)
        } else {
            Ok(())
        }
    }

    /// Makes `broker` the leader, in a new epoch.
    fn lead(&mut self, broker: i32) {
        self.leader = broker;
        self.epoch += 1;
        self.log.begin_epoch(self.epoch);
    }

    /// Makes `broker` the leader of a partition that has none; the other live replicas follow it at once.
    fn lead_alone(&mut self, broker: i32, alive: &[i32]) {
        self.isr = vec![broker];
        let others = self.replicas.iter().filter(|id| **id != broker && alive.contains(id));
        self.isr.extend(others);
        self.lead(broker);
    }
}

impl State {
    /// Marks a broker as gone: it leaves the in-sync sets and what it led gets new leaders.
    pub(crate) fn broker_stopped(&mut self, id: i32) {
        if let Some(broker) = self.brokers.get_mut(&id) {
            broker.alive = false;
        }
        for partition in self.topics.values_mut().flat_map(|t| t.partitions.iter_mut()) {
            if partition.isr.len() > 1 {
                partition.isr.retain(|b| *b != id);
            }
            if partition.leader == id {
                let next = partition.isr.iter().copied().find(|b| *b != id);
                partition.lead(next.unwrap_or(-1));
            }
        }
    }

    /// Marks a broker as back: it rejoins the in-sync sets, and takes over what nobody leads if it was in sync
    /// or unclean elections are switched on.
    pub(crate) fn broker_started(&mut self, id: i32) {
        if let Some(broker) = self.brokers.get_mut(&id) {
            broker.alive = true;
        }
        let alive: Vec<i32> = self.alive().collect();
        let by_default = self.broker_value(-1, UNCLEAN) == "true";
        for topic in self.topics.values_mut() {
            let unclean = topic.configs.get(UNCLEAN).map_or(by_default, |value| value == "true");
            for partition in topic.partitions.iter_mut().filter(|p| p.replicas.contains(&id)) {
                if partition.leader >= 0 {
                    if !partition.isr.contains(&id) {
                        partition.isr.push(id);
                    }
                } else if partition.isr.contains(&id) || unclean {
                    partition.lead_alone(id, &alive);
                }
            }
        }
    }

    /// Gives a partition without leader the first live replica, in sync or not.
    pub(crate) fn elect_unclean(&mut self, topic: &str, index: i32) -> Result<(), Code> {
        let alive: Vec<i32> = self.alive().collect();
        let partition = self.partition(topic, index)?;
        if partition.leader >= 0 {
            return Err(Code::ElectionNotNeeded);
        }
        let first = partition.replicas.iter().copied().find(|id| alive.contains(id));
        partition.lead_alone(first.ok_or(Code::EligibleLeadersNotAvailable)?, &alive);
        Ok(())
    }

    /// Moves leadership to another live replica, in a new epoch.
    pub(crate) fn move_leader(&mut self, topic: &str, index: i32, to: i32) -> Result<(), Code> {
        let alive = self.brokers.get(&to).is_some_and(|b| b.alive);
        let partition = self.partition(topic, index)?;
        if !alive || !partition.replicas.contains(&to) {
            return Err(Code::InvalidReplicaAssignment);
        }
        partition.lead(to);
        Ok(())
    }

    /// Gives leadership back to the first replica.
    pub(crate) fn elect_preferred(&mut self, topic: &str, index: i32) -> Result<(), Code> {
        let alive: Vec<i32> = self.alive().collect();
        let partition = self.partition(topic, index)?;
        let preferred = partition.replicas.first().copied().unwrap_or(-1);
        if partition.leader == preferred {
            return Err(Code::ElectionNotNeeded);
        }
        if !alive.contains(&preferred) || !partition.isr.contains(&preferred) {
            return Err(Code::PreferredLeaderNotAvailable);
        }
        partition.lead(preferred);
        Ok(())
    }

    /// An unclean election: another replica leads (or the same one, if it is the only one), without
    /// what lies at or above `offset`. Returns the new log end.
    pub(crate) fn truncate(&mut self, topic: &str, index: i32, offset: i64) -> Result<i64, Code> {
        let partition = self.partition(topic, index)?;
        let end = partition.log.truncate(offset);
        let next = partition.isr.iter().copied().find(|b| *b != partition.leader);
        partition.lead(next.unwrap_or(partition.leader));
        Ok(end)
    }
}
