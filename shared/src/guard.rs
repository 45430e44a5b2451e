//! What a gateway was told not to do: clusters it only reads, and actions it refuses.
//!
//! An [`Action`] is a kind of change that somebody may ask a gateway for; a [`Rule`] denies one or several of
//! them; [`Guards`] are all that counts for one cluster. Gateway and console ask the same function, so a button
//! and the refusal behind it name the same setting.

use serde::{Deserialize, Serialize};

use crate::names::ClusterName;

macro_rules! actions {
    ($($(#[$doc:meta])* $action:ident, $name:literal, $words:literal;)*) => {
        /// A kind of change that somebody may ask for.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Action {
            $($(#[$doc])* $action,)*
        }

        impl Action {
            /// All of them, as the documentation lists them.
            pub const ALL: &'static [Self] = &[$(Self::$action,)*];

            /// What settings call it: `topic.delete`.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$action => $name,)* }
            }

            /// What people call it, at the beginning of a sentence: `Deleting topics`.
            #[must_use]
            pub const fn words(self) -> &'static str {
                match self { $(Self::$action => $words,)* }
            }
        }
    };
}

actions! {
    /// Make a cluster known to the gateway. It concerns no cluster the gateway has.
    ClusterAdd, "cluster.add", "Adding clusters";
    /// Make the gateway forget a cluster.
    ClusterRemove, "cluster.remove", "Removing clusters";
    /// Create a topic.
    TopicCreate, "topic.create", "Creating topics";
    /// Delete a topic.
    TopicDelete, "topic.delete", "Deleting topics";
    /// Change a topic's configs.
    TopicAlter, "topic.alter", "Altering the configs of topics";
    /// Add partitions to a topic.
    TopicPartitions, "topic.partitions", "Adding partitions";
    /// Delete records of a topic.
    TopicPurge, "topic.purge", "Deleting records";
    /// Write records, sending one again included.
    RecordsProduce, "records.produce", "Writing records";
    /// Write the records of a file.
    RecordsImport, "records.import", "Importing records";
    /// Reset a group's offsets.
    GroupReset, "group.reset", "Resetting offsets of groups";
    /// Delete a group.
    GroupDelete, "group.delete", "Deleting groups";
    /// Delete a group's offsets of single topics.
    GroupDeleteOffsets, "group.delete-offsets", "Deleting offsets of groups";
    /// Create a user, or give it another password.
    UserSet, "user.set", "Creating users and changing their passwords";
    /// Delete a user.
    UserDelete, "user.delete", "Deleting users";
    /// Create ACLs.
    AclCreate, "acl.create", "Creating ACLs";
    /// Delete ACLs.
    AclDelete, "acl.delete", "Deleting ACLs";
    /// Change configs of brokers, of one or of all.
    BrokerAlter, "broker.alter", "Altering the configs of brokers";
    /// Elect preferred leaders.
    LeaderElect, "leader.elect", "Electing leaders";
    /// Elect leaders that are not in sync, which loses records.
    LeaderElectUnclean, "leader.elect-unclean", "Electing leaders uncleanly";
    /// Create a half of a link.
    LinkCreate, "link.create", "Creating links";
    /// Change a link's configs, its credentials included.
    LinkAlter, "link.alter", "Altering links";
    /// Pause a link or let it go on.
    LinkPause, "link.pause", "Pausing and resuming links";
    /// Delete a half of a link.
    LinkDelete, "link.delete", "Deleting links";
    /// Create mirror topics.
    MirrorCreate, "mirror.create", "Creating mirrors";
    /// Promote mirror topics.
    MirrorPromote, "mirror.promote", "Promoting mirrors";
    /// Fail mirror topics over.
    MirrorFailover, "mirror.failover", "Failing mirrors over";
    /// Pause mirror topics.
    MirrorPause, "mirror.pause", "Pausing mirrors";
    /// Let paused mirror topics go on.
    MirrorResume, "mirror.resume", "Resuming mirrors";
}

/// An entry of a list of denied actions: `topic.delete`, `topic.*`, or `*` for all.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Rule(String);

impl Rule {
    /// Reads an entry; none when it denies nothing there is.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let rule = Self(text.to_owned());
        Action::ALL.iter().any(|action| rule.covers(*action)).then_some(rule)
    }

    /// The entry as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it denies this.
    #[must_use]
    pub fn covers(&self, action: Action) -> bool {
        let name = action.name();
        match self.0.strip_suffix('*') {
            Some("") => true,
            Some(kind) => kind.ends_with('.') && name.starts_with(kind),
            None => self.0 == name,
        }
    }
}

/// What a gateway does not do on one cluster.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Guards {
    /// Nothing is changed on the cluster, not even topics of Drawbridge's own.
    #[serde(default)]
    pub read_only: bool,
    /// What is denied on this cluster.
    #[serde(default)]
    pub deny: Vec<Rule>,
    /// What is denied on every cluster of the gateway.
    #[serde(default)]
    pub everywhere: Vec<Rule>,
}

impl Guards {
    /// Whether everything is allowed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        !self.read_only && self.deny.is_empty() && self.everywhere.is_empty()
    }

    /// The setting that denies an action on the cluster of this name: `clusters.cloud.read_only`,
    /// `clusters.cloud.deny: topic.delete`, `deny: topic.delete`; none when it is allowed.
    #[must_use]
    pub fn setting(&self, cluster: &ClusterName, action: Action) -> Option<String> {
        if self.read_only {
            return Some(format!("{}.read_only", key(cluster)));
        }
        if let Some(rule) = covering(&self.deny, action) {
            return Some(format!("{}.deny: {}", key(cluster), rule.as_str()));
        }
        covering(&self.everywhere, action).map(|rule| format!("deny: {}", rule.as_str()))
    }

    /// Why an action is not done on the cluster of this name, in a sentence; none when it is allowed.
    #[must_use]
    pub fn why_not(&self, cluster: &ClusterName, action: Action) -> Option<String> {
        let setting = self.setting(cluster, action)?;
        let words = action.words();
        Some(format!("{words} is switched off for {cluster} in this gateway ({setting})"))
    }
}

/// Why the gateway does not do something that concerns no cluster it has; none when it does.
#[must_use]
pub fn why_not_at_all(everywhere: &[Rule], action: Action) -> Option<String> {
    let rule = covering(everywhere, action)?;
    let (words, rule) = (action.words(), rule.as_str());
    Some(format!("{words} is switched off in this gateway (deny: {rule})"))
}

fn covering(rules: &[Rule], action: Action) -> Option<&Rule> {
    rules.iter().find(|rule| rule.covers(action))
}

/// The cluster's table in the configuration file.
fn key(cluster: &ClusterName) -> String {
    let name = cluster.as_str();
    if name.contains('.') { format!("clusters.\"{name}\"") } else { format!("clusters.{name}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(texts: &[&str]) -> Vec<Rule> {
        texts.iter().map(|text| Rule::parse(text).unwrap()).collect()
    }

    #[test]
    fn a_rule_denies_its_action_its_kind_or_all() {
        let covered = |text: &str| -> Vec<&str> {
            let rule = Rule::parse(text).unwrap();
            Action::ALL.iter().filter(|a| rule.covers(**a)).map(|a| a.name()).collect()
        };
        assert_eq!(covered("topic.delete"), ["topic.delete"]);
        assert_eq!(covered("records.*"), ["records.produce", "records.import"]);
        assert_eq!(covered("*").len(), Action::ALL.len());
        for wrong in ["topic", "topic*", "topic.", "topics.*", "", ".*", "topic.del*"] {
            assert_eq!(Rule::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn no_two_actions_have_one_name() {
        let names: std::collections::BTreeSet<_> = Action::ALL.iter().map(|a| a.name()).collect();
        assert_eq!(names.len(), Action::ALL.len());
    }

    #[test]
    fn the_setting_that_denies_is_named_the_widest_first() {
        let cloud: ClusterName = "cloud".parse().unwrap();
        let action = Action::TopicDelete;
        let everywhere = rules(&["topic.delete"]);
        let mut guards = Guards { everywhere, ..Guards::default() };
        assert_eq!(guards.setting(&cloud, action).as_deref(), Some("deny: topic.delete"));
        guards.deny = rules(&["records.produce", "topic.*"]);
        assert_eq!(guards.setting(&cloud, action).as_deref(), Some("clusters.cloud.deny: topic.*"));
        guards.read_only = true;
        let why = guards.why_not(&cloud, action).unwrap();
        assert_eq!(
            why,
            "Deleting topics is switched off for cloud in this gateway (clusters.cloud.read_only)"
        );
        let dotted = guards.setting(&"prod.1".parse().unwrap(), action).unwrap();
        assert_eq!(dotted, "clusters.\"prod.1\".read_only");
        assert_eq!(Guards::default().setting(&cloud, action), None);
    }

    #[test]
    fn a_read_only_cluster_denies_everything() {
        let guards = Guards { read_only: true, ..Guards::default() };
        let cloud = "cloud".parse().unwrap();
        assert!(Action::ALL.iter().all(|action| guards.setting(&cloud, *action).is_some()));
    }

    #[test]
    fn what_concerns_no_cluster_is_denied_by_the_gateways_own_list() {
        let why = why_not_at_all(&rules(&["cluster.*"]), Action::ClusterAdd).unwrap();
        assert_eq!(why, "Adding clusters is switched off in this gateway (deny: cluster.*)");
        assert_eq!(why_not_at_all(&rules(&["topic.*"]), Action::ClusterAdd), None);
    }
}
