//! The one place that says which changes are refused because the configuration denies them.
//!
//! Whatever may change something passes here before anything else is done: requests of the WebSocket
//! ([`of_request`]), REST (`rest::methods`), imports. What the gateway does by itself, such as the data of links
//! that run, does not; a read-only cluster is no destination of them (`links::host`).

use drawbridge_shared::{
    guard::{Action, why_not_at_all},
    link::LinkName,
    names::{ClusterName, TopicName},
    view::{ElectionKind, MirrorAction},
    wire::{ErrorCode, Request},
};

use crate::{activity::Change, clusters::Clusters, refusal::Refusal};

/// What a request would change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Needs<'a> {
    /// Nothing: it reads, tries, or compares.
    Nothing,
    /// Something that concerns no cluster of the gateway.
    Nowhere(Action),
    /// Something on a cluster; all of these actions have to be allowed.
    On(&'a ClusterName, Vec<Action>, About<'a>),
}

/// What it would change it of, for the activity.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct About<'a> {
    /// A topic.
    pub topic: Option<&'a TopicName>,
    /// A link.
    pub link: Option<&'a LinkName>,
}

/// What a request would change. Every request is named here, so that none can be without its guard.
#[must_use]
pub fn of_request(request: &Request) -> Needs<'_> {
    let on = |cluster, action| Needs::On(cluster, vec![action], About::default());
    let topic = |cluster, action, topic| {
        Needs::On(cluster, vec![action], About { topic: Some(topic), link: None })
    };
    let link = |cluster, actions, link| {
        Needs::On(cluster, actions, About { topic: None, link: Some(link) })
    };
    match request {
        // Reading, and what changes nothing.
        Request::TestConnection { .. }
        | Request::TestCluster { .. }
        | Request::TopicConfigs { .. }
        | Request::TopicDefaults { .. }
        | Request::BrokerConfigs { .. }
        | Request::CheckLink { .. }
        | Request::LinkConfigs { .. }
        | Request::LinkHistory { .. }
        | Request::SourceTopics { .. }
        | Request::LinkGroups { .. }
        | Request::VerifyMirrors { .. }
        | Request::CancelVerify { .. }
        | Request::CompareRecords { .. }
        | Request::PlanGroupReset { .. }
        | Request::Users { .. }
        | Request::Acls { .. }
        | Request::LinkPrincipals
        | Request::ReadRecord { .. }
        | Request::ReadRecords { .. }
        | Request::BrokerDefaults { .. }
        | Request::BrokerReplicas { .. }
        // What would be lost by a failover is to be seen, whoever may do it.
        | Request::ActOnMirrors { validate_only: true, .. } => Needs::Nothing,

        Request::AddCluster { .. } => Needs::Nowhere(Action::ClusterAdd),
        Request::RemoveCluster { cluster } => on(cluster, Action::ClusterRemove),

        Request::CreateTopic { cluster, .. } => on(cluster, Action::TopicCreate),
        Request::DeleteTopic { cluster, topic: name, .. } => {
            topic(cluster, Action::TopicDelete, name)
        }
        Request::AddPartitions { cluster, topic: name, .. } => {
            topic(cluster, Action::TopicPartitions, name)
        }
        Request::PurgeTopic { cluster, topic: name, .. } => {
            topic(cluster, Action::TopicPurge, name)
        }
        Request::AlterTopicConfigs { cluster, topic: name, .. } => {
            topic(cluster, Action::TopicAlter, name)
        }
        Request::Produce { cluster, topic: name, .. } => {
            topic(cluster, Action::RecordsProduce, name)
        }

        Request::ResetGroup { cluster, .. } => on(cluster, Action::GroupReset),
        Request::DeleteGroup { cluster, .. } => on(cluster, Action::GroupDelete),
        Request::DeleteGroupOffsets { cluster, .. } => on(cluster, Action::GroupDeleteOffsets),

        Request::SetUser { cluster, .. } => on(cluster, Action::UserSet),
        Request::DeleteUser { cluster, .. } => on(cluster, Action::UserDelete),
        Request::CreateAcls { cluster, .. } => on(cluster, Action::AclCreate),
        Request::DeleteAcls { cluster, .. } => on(cluster, Action::AclDelete),

        Request::AlterBrokerConfigs { cluster, .. } => on(cluster, Action::BrokerAlter),
        Request::ElectLeaders { cluster, election, .. } => on(
            cluster,
            match election {
                ElectionKind::Preferred => Action::LeaderElect,
                ElectionKind::Unclean => Action::LeaderElectUnclean,
            },
        ),

        // The far side of a link is asked when it is known which one it is: `links::new_link`.
        Request::CreateLink { cluster, .. } => on(cluster, Action::LinkCreate),
        Request::DeleteLink { cluster, link: name, force } => {
            link(cluster, of_link_deletion(*force), name)
        }
        Request::AlterLinkConfigs { cluster, link: name, changes, .. } => {
            link(cluster, of_link_configs(changes.iter().map(|change| change.name.as_str())), name)
        }
        Request::CreateMirrors { cluster, link: name, .. } => {
            link(cluster, vec![Action::MirrorCreate], name)
        }
        Request::ActOnMirrors { cluster, link: name, action, validate_only: false, .. } => {
            link(cluster, vec![of_mirror_action(*action)], name)
        }
    }
}

/// Deleting a link by force fails its mirrors over.
#[must_use]
pub fn of_link_deletion(force: bool) -> Vec<Action> {
    let failover = force.then_some(Action::MirrorFailover);
    std::iter::once(Action::LinkDelete).chain(failover).collect()
}

/// Pausing is an action of its own, though it is a config.
#[must_use]
pub fn of_link_configs<'a>(names: impl Iterator<Item = &'a str>) -> Vec<Action> {
    let mut actions: Vec<Action> = names
        .map(|name| match name {
            "cluster.link.paused" => Action::LinkPause,
            _ => Action::LinkAlter,
        })
        .collect();
    actions.sort();
    actions.dedup();
    actions
}

/// The action of a verb.
#[must_use]
pub const fn of_mirror_action(action: MirrorAction) -> Action {
    match action {
        MirrorAction::Promote => Action::MirrorPromote,
        MirrorAction::Failover => Action::MirrorFailover,
        MirrorAction::Pause => Action::MirrorPause,
        MirrorAction::Resume => Action::MirrorResume,
    }
}

/// Lets a request through, or refuses it with the setting that denies it. Refusals are told to the activity.
///
/// # Errors
/// `Denied`.
pub fn admit(clusters: &Clusters, needs: Needs<'_>) -> Result<(), Refusal> {
    match needs {
        Needs::Nothing => Ok(()),
        // It concerns no cluster whose activity could tell.
        Needs::Nowhere(action) => match why_not_at_all(clusters.everywhere(), action) {
            Some(why) => Err(denied(why)),
            None => Ok(()),
        },
        Needs::On(cluster, actions, about) => {
            for action in actions {
                let Some(refusal) = refused(clusters, cluster, action) else { continue };
                let mut change = Change::on(cluster, action.name());
                if let Some(topic) = about.topic {
                    change = change.topic(topic);
                }
                if let Some(link) = about.link {
                    change = change.link(link);
                }
                let activity = clusters.notices().activity();
                activity.told_in_words(change, Some(refusal.in_full()));
                return Err(refusal);
            }
            Ok(())
        }
    }
}

/// Why an action is not done on a cluster, if it is not. A cluster that the gateway does not have denies nothing:
/// whoever is asked says that there is none.
#[must_use]
pub fn refused(clusters: &Clusters, cluster: &ClusterName, action: Action) -> Option<Refusal> {
    let known = clusters.get(cluster)?;
    known.spec().guards.why_not(cluster, action).map(denied)
}

fn denied(why: String) -> Refusal {
    Refusal::new(ErrorCode::Denied, why).rest(403, 40301).remedy(
        "Use another gateway, or change the setting in this one's configuration and restart it.",
    )
}

#[cfg(test)]
pub(crate) mod tests;
