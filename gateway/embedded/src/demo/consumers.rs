//! Consumer groups of the demo: members in this process that join, share partitions and commit.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::{Buf, BufMut, Bytes, BytesMut};
use kafka_protocol::ResponseError as Code;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::catalog::DemoGroup;
use crate::clock::now_ms;
use crate::cluster::Local;
use crate::group::{Committed, JoinReply, JoinRequest};

const SESSION_MS: i64 = 10_000;
/// How far behind a stopped group was left.
const LEFT_BEHIND: i64 = 120;

/// Starts the members of all groups.
pub(super) fn start(
    local: &Local,
    groups: &'static [DemoGroup],
    tasks: &TaskTracker,
    stop: &CancellationToken,
) {
    for group in groups {
        if group.members == 0 {
            leave_behind(local, group);
        }
        for number in 0..group.members {
            let member = Member { local: local.clone(), group, number };
            tasks.spawn(stop.clone().run_until_cancelled_owned(member.run()));
        }
    }
}

/// A group that stopped some time ago: offsets, no members.
fn leave_behind(local: &Local, group: &DemoGroup) {
    let now = now_ms();
    let mut state = local.shared.lock();
    for topic in group.topics {
        let ends: Vec<(i32, i64, i64)> = state.topics.get(*topic).map_or_else(Vec::new, |t| {
            let logs = t.partitions.iter().zip(0..);
            logs.map(|(p, i)| (i, p.log.start(), p.log.high_watermark())).collect()
        });
        for (index, first, end) in ends {
            let offset = (end - LEFT_BEHIND).max(first);
            let group = state.group(group.name, now);
            group.protocol_type = "consumer".to_owned();
            group.offsets.insert(((*topic).to_owned(), index), committed(offset, now));
        }
    }
}

fn committed(offset: i64, at: i64) -> Committed {
    Committed { offset, leader_epoch: -1, metadata: String::new(), at }
}

struct Member {
    local: Local,
    group: &'static DemoGroup,
    number: usize,
}

type Assignment = BTreeMap<String, Vec<i32>>;

impl Member {
    async fn run(self) {
        let mut id = String::new();
        loop {
            match self.join(&id).await {
                Some((joined, mine)) => {
                    id.clone_from(&joined.member_id);
                    self.work(&joined, &mine).await;
                }
                None => {
                    id.clear();
                    tokio::time::sleep(Duration::from_millis(500)).await;
                }
            }
        }
    }

    async fn join(&self, id: &str) -> Option<(JoinReply, Assignment)> {
        let (sender, receiver) = oneshot::channel();
        let client_id = format!("{}-{}", self.group.name, self.number + 1);
        let request = JoinRequest {
            member_id: id.to_owned(),
            instance_id: None,
            client_id: client_id.clone(),
            host: format!("/10.20.{}.{}", self.number + 4, 11 + self.number * 7),
            session_ms: SESSION_MS,
            rebalance_ms: SESSION_MS,
            protocol_type: "consumer".to_owned(),
            protocols: vec![("range".to_owned(), subscription(self.group.topics))],
            needs_known_id: false,
            can_skip: false,
            new_id: format!("{client_id}-{}", uuid::Uuid::new_v4()),
            initial_delay_ms: 200,
        };
        self.with_group(|group, now| group.join(now, request, sender));
        let joined = receiver.await.ok().filter(|r| r.error.is_none())?;
        let assignments = if joined.leader == joined.member_id {
            let members: Vec<String> = joined.members.iter().map(|m| m.0.clone()).collect();
            self.share(&members)
        } else {
            Vec::new()
        };
        let (sender, receiver) = oneshot::channel();
        let member = (joined.member_id.as_str(), None, joined.generation);
        self.with_group(|group, now| group.sync(now, member, (None, None), assignments, sender));
        let synced = receiver.await.ok().filter(|r| r.error.is_none())?;
        let mine = read_assignment(synced.assignment).unwrap_or_default();
        Some((joined, mine))
    }

    /// Range assignment, as the leading member computes it.
    fn share(&self, members: &[String]) -> Vec<(String, Bytes)> {
        let mut all: Vec<Assignment> = vec![Assignment::new(); members.len()];
        let state = self.local.shared.lock();
        for topic in self.group.topics {
            let count = state.topics.get(*topic).map_or(0, |t| t.partitions.len());
            for (index, partition) in (0..count).zip(0_i32..) {
                let owner = index * members.len() / count.max(1);
                if let Some(mine) = all.get_mut(owner) {
                    mine.entry((*topic).to_owned()).or_default().push(partition);
                }
            }
        }
        members.iter().cloned().zip(all.iter().map(write_assignment)).collect()
    }

    /// Heartbeats and commits until the group rebalances.
    async fn work(&self, joined: &JoinReply, mine: &Assignment) {
        let mut beats = 0;
        loop {
            tokio::time::sleep(Duration::from_secs(1)).await;
            let alive = self.with_group(|group, now| {
                group.heartbeat(now, &joined.member_id, None, joined.generation)
            });
            if alive.is_err() {
                return;
            }
            beats += 1;
            if beats % self.group.every_s.max(1) == 0 && self.commit(joined, mine).is_err() {
                return;
            }
        }
    }

    fn commit(&self, joined: &JoinReply, mine: &Assignment) -> Result<(), Code> {
        let now = now_ms();
        let mut state = self.local.shared.lock();
        state.group(self.group.name, now).check_commit(
            now,
            &joined.member_id,
            None,
            joined.generation,
        )?;
        for (topic, partitions) in mine {
            for partition in partitions {
                let Ok(p) = state.partition(topic, *partition) else { continue };
                let (first, end) = (p.log.start(), p.log.last_stable());
                let group = state.group(self.group.name, now);
                let key = (topic.clone(), *partition);
                // A new group begins a little before the end, as if it had been running.
                let from = group.offsets.get(&key).map_or(end - 5, |c| c.offset).max(first);
                let next = end.min(from + self.group.pace).max(from);
                group.offsets.insert(key, committed(next, now));
            }
        }
        Ok(())
    }

    fn with_group<R>(&self, act: impl FnOnce(&mut crate::group::Group, i64) -> R) -> R {
        let now = now_ms();
        let mut state = self.local.shared.lock();
        state.ensure_internal(crate::state::OFFSETS_TOPIC);
        act(state.group(self.group.name, now), now)
    }
}

fn put_name(out: &mut BytesMut, name: &str) {
    out.put_i16(i16::try_from(name.len()).unwrap_or(0));
    out.put_slice(name.as_bytes());
}

/// The consumer protocol's subscription, version 0.
fn subscription(topics: &[&str]) -> Bytes {
    let mut out = BytesMut::new();
    out.put_i16(0);
    out.put_i32(i32::try_from(topics.len()).unwrap_or(0));
    topics.iter().for_each(|t| put_name(&mut out, t));
    out.put_i32(-1);
    out.freeze()
}

/// The consumer protocol's assignment, version 0.
fn write_assignment(assignment: &Assignment) -> Bytes {
    let mut out = BytesMut::new();
    out.put_i16(0);
    out.put_i32(i32::try_from(assignment.len()).unwrap_or(0));
    for (topic, partitions) in assignment {
        put_name(&mut out, topic);
        out.put_i32(i32::try_from(partitions.len()).unwrap_or(0));
        partitions.iter().for_each(|p| out.put_i32(*p));
    }
    out.put_i32(-1);
    out.freeze()
}

fn read_assignment(mut bytes: Bytes) -> Option<Assignment> {
    bytes.try_get_i16().ok()?;
    let topics = bytes.try_get_i32().ok()?;
    let mut out = Assignment::new();
    for _ in 0..topics {
        let len = usize::try_from(bytes.try_get_i16().ok()?).ok()?;
        if bytes.remaining() < len {
            return None;
        }
        let name = String::from_utf8(bytes.split_to(len).to_vec()).ok()?;
        let count = bytes.try_get_i32().ok()?;
        let partitions = (0..count).map_while(|_| bytes.try_get_i32().ok()).collect();
        out.insert(name, partitions);
    }
    Some(out)
}
