//! Consumer groups: who reads, where they stand, putting them elsewhere, deleting them.

mod change;
mod plan;
mod read;
mod reset;

use drawbridge_kafka::admin::groups as kafka;
use drawbridge_shared::{
    view::{GroupKind, GroupState},
    wire::ErrorCode,
};

pub use change::{delete, delete_offsets};
pub use read::{
    Committed, Ends, committed, describe, describe_all, ends, list, one, require, shared,
};
pub use reset::{plan, reset};

use crate::refusal::{Doing, Refusal};

/// The kind as it is shown.
#[must_use]
pub fn kind(kind: &kafka::GroupKind) -> GroupKind {
    match kind {
        kafka::GroupKind::Classic => GroupKind::Classic,
        kafka::GroupKind::Consumer => GroupKind::Consumer,
        kafka::GroupKind::Share => GroupKind::Share,
        kafka::GroupKind::Streams => GroupKind::Streams,
        kafka::GroupKind::Other(_) => GroupKind::Unknown,
    }
}

/// The state as it is shown.
#[must_use]
pub fn state(word: &str) -> GroupState {
    // Old brokers write `PreparingRebalance`, the tools of new ones `PREPARING_REBALANCE`.
    let word: String = word.chars().filter(|letter| *letter != '_').collect();
    match word.to_ascii_lowercase().as_str() {
        "stable" => GroupState::Stable,
        "empty" => GroupState::Empty,
        "preparingrebalance" => GroupState::PreparingRebalance,
        "completingrebalance" => GroupState::CompletingRebalance,
        "assigning" => GroupState::Assigning,
        "reconciling" => GroupState::Reconciling,
        "notready" => GroupState::NotReady,
        "dead" => GroupState::Dead,
        _ => GroupState::Unknown,
    }
}

/// Something that takes `operation` on a group.
fn doing(what: impl Into<String>, operation: &'static str, group: &str) -> Doing {
    Doing { what: what.into(), operation, resource: format!("group '{group}'") }
}

/// Refuses while the group has members: they would go on from where they are, and commit that.
fn require_no_members(group: &kafka::GroupDescription) -> Result<(), Refusal> {
    let Some(first) = group.members.first() else { return Ok(()) };
    let whom = match group.members.len() {
        1 => format!("a member, '{}' on {}", first.client_id, host(&first.host)),
        n => format!("{n} members, the first is '{}' on {}", first.client_id, host(&first.host)),
    };
    let message = format!("group '{}' has {whom}", group.id);
    Err(Refusal::new(ErrorCode::Conflict, message).remedy(
        "Stop its consumers first, then look again. One that was killed is a member until its session times \
         out, 45 seconds by default.",
    ))
}

/// A member's host without the slash that brokers put before it.
#[must_use]
pub fn host(told: &str) -> &str {
    told.strip_prefix('/').unwrap_or(told)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_are_read_as_old_and_new_brokers_write_them() {
        assert_eq!(state("PreparingRebalance"), GroupState::PreparingRebalance);
        assert_eq!(state("PREPARING_REBALANCE"), GroupState::PreparingRebalance);
        assert_eq!(state("Stable"), GroupState::Stable);
        assert_eq!(state(""), GroupState::Unknown);
    }

    #[test]
    fn a_group_with_members_is_refused_with_who_they_are_and_what_to_do() {
        let member = |id: &str| kafka::GroupMember {
            id: id.into(),
            instance_id: None,
            client_id: "billing-1".into(),
            host: "/10.0.0.7".into(),
            epoch: None,
            subscribed: vec![],
            assignment: vec![],
            target: vec![],
        };
        let mut group = kafka::GroupDescription {
            id: "billing".into(),
            kind: kafka::GroupKind::Classic,
            state: "Stable".into(),
            protocol_type: "consumer".into(),
            assignor: "range".into(),
            coordinator: 1,
            members: vec![member("a"), member("b")],
            epoch: None,
            assignment_epoch: None,
            operations: None,
        };
        let refusal = require_no_members(&group).unwrap_err();
        assert_eq!(refusal.code, ErrorCode::Conflict);
        assert!(refusal.message.contains("2 members, the first is 'billing-1' on 10.0.0.7"));
        assert!(refusal.remedy.unwrap().contains("Stop its consumers"));
        group.members.clear();
        assert!(require_no_members(&group).is_ok());
    }
}
