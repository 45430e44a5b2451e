//! A lease on being the only one who does something for a cluster, from Kafka's own group coordinator.
//!
//! Members join a group with the classic protocol, as Kafka Connect's workers do. The member that the coordinator
//! makes the leader is the owner, everybody else stands by and takes over when it leaves or goes silent. The
//! coordinator keeps a silent member for the session timeout; the owner gives up after half of it, so two owners
//! never overlap as long as the coordinator is one. A deposed coordinator that has not noticed yet still answers its
//! members: what must not happen twice even then needs its own protection.

mod assignment;
mod calls;
mod task;

use std::time::Duration;

use tokio::{sync::watch, task::JoinHandle, time::Instant};
use tokio_util::sync::{CancellationToken, DropGuard};

use self::{calls::Calls, task::Member};
use crate::client::Client;

/// The times of a lease.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LeaseTimes {
    /// How long the coordinator keeps a silent member. Must lie within the broker's `group.min.session.timeout.ms`
    /// (6 seconds by default) and `group.max.session.timeout.ms`.
    pub session: Duration,
    /// How long a rebalance waits for the members to join again; less than `session` counts as `session`.
    pub rebalance: Duration,
}

impl Default for LeaseTimes {
    /// Ten seconds each.
    fn default() -> Self {
        Self { session: Duration::from_secs(10), rebalance: Duration::from_secs(10) }
    }
}

/// What a member is at the moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Role {
    /// Not known yet, or not any more: act as if somebody else were the owner.
    Joining,
    /// The owner.
    Owner {
        /// Until then nobody else is; renewed with every heartbeat. Nothing unprotected may be done after it.
        until: Instant,
    },
    /// Somebody else is the owner.
    Standby {
        /// How the owner calls itself, if it said so.
        owner: Option<String>,
    },
    /// Why there is no role, in words. It is tried again.
    Failed(String),
}

/// A place in a group. Dropping it leaves the group, as far as the coordinator can be reached within seconds.
///
/// An owner stops what it does *before* it drops this: its successor does not wait for the end of the lease.
#[derive(Debug)]
pub struct Membership {
    role: watch::Receiver<Role>,
    members: watch::Receiver<Vec<String>>,
    stop: DropGuard,
    task: JoinHandle<()>,
}

impl Client {
    /// Joins `group`, in which one member is the owner at a time, and stays in it until the answer is dropped or the
    /// client is closed. `who` is how the others get to know this member; it is no secret.
    ///
    /// Coordinators that move, restarts and lost connections are survived; what goes wrong is a [`Role::Failed`].
    /// The principal needs READ on the group. To be called within a Tokio runtime.
    #[must_use]
    pub fn join_ownership(&self, group: &str, who: &str, times: LeaseTimes) -> Membership {
        let times = LeaseTimes { rebalance: times.rebalance.max(times.session), ..times };
        let (sender, role) = watch::channel(Role::Joining);
        let stop = CancellationToken::new();
        let calls = Calls::new(self.clone(), group, who, times);
        let (told, members) = watch::channel(Vec::new());
        let member = Member::new(calls, who, times, sender, told);
        let task = tokio::spawn(member.run(stop.clone()));
        Membership { role, members, stop: stop.drop_guard(), task }
    }
}

impl Membership {
    /// The role, as it changes.
    #[must_use]
    pub fn role(&self) -> watch::Receiver<Role> {
        self.role.clone()
    }

    /// How all members call themselves, the owner first; empty while that is not known.
    #[must_use]
    pub fn members(&self) -> watch::Receiver<Vec<String>> {
        self.members.clone()
    }

    /// Leaves the group, and returns when the coordinator knows or could not be told.
    pub async fn leave(self) {
        let Self { stop, task, .. } = self;
        drop(stop);
        // It only fails with the runtime.
        task.await.ok();
    }
}

#[cfg(test)]
mod tests;
