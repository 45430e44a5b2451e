//! What the activity says of changes of links and mirrors.

use std::collections::BTreeMap;

use drawbridge_shared::{
    draft::ConfigChange,
    link::{ConfigRow, LinkName},
    names::{ClusterName, TopicName},
    view::{MirrorAction, MirrorActionRow},
};

use super::LinkSpec;
use crate::{
    activity::{Change, of_link_configs},
    refusal::Refusal,
};

pub(super) fn create(cluster: &ClusterName, spec: &LinkSpec) -> Change {
    let wanted = |(name, value): &(String, String)| ConfigChange {
        name: name.clone(),
        value: Some(value.clone()),
    };
    let configs: Vec<_> = spec.configs.iter().map(wanted).collect();
    let (_, after) = of_link_configs(&[], &configs);
    let link = &spec.name;
    Change::on(cluster, format!("create link '{link}'")).link(link).from_to(None, after)
}

pub(super) fn delete(cluster: &ClusterName, link: &LinkName, force: bool) -> Change {
    let how = if force { " by force" } else { "" };
    Change::on(cluster, format!("delete link '{link}'{how}")).link(link)
}

pub(super) fn alter(
    cluster: &ClusterName,
    link: &LinkName,
    known: &[ConfigRow],
    changes: &[ConfigChange],
) -> Change {
    let (before, after) = of_link_configs(known, changes);
    Change::on(cluster, format!("alter configs of link '{link}'")).link(link).from_to(before, after)
}

pub(super) fn create_mirror(
    cluster: &ClusterName,
    link: &LinkName,
    source: &str,
    mirror: &str,
) -> Change {
    let change = Change::on(cluster, format!("create mirror '{mirror}' of '{source}'")).link(link);
    match mirror.parse() {
        Ok(topic) => change.topic(&topic),
        Err(_) => change,
    }
}

/// One for each topic, with why it was refused, if it was.
pub(super) fn act(
    cluster: &ClusterName,
    link: &LinkName,
    action: MirrorAction,
    topics: &[TopicName],
    acted: &Result<Vec<MirrorActionRow>, Refusal>,
) -> Vec<(Change, Option<String>)> {
    let verb = match action {
        MirrorAction::Promote => "promote",
        MirrorAction::Failover => "fail over",
        MirrorAction::Pause => "pause",
        MirrorAction::Resume => "resume",
    };
    let refused: BTreeMap<&str, &String> = acted
        .iter()
        .flatten()
        .filter_map(|row| Some((row.topic.as_str(), row.error_message.as_ref()?)))
        .collect();
    let told = |topic: &TopicName| {
        let change =
            Change::on(cluster, format!("{verb} mirror '{topic}'")).link(link).topic(topic);
        let refused = match acted {
            Ok(_) => refused.get(topic.as_str()).map(|why| (*why).clone()),
            Err(refusal) => Some(refusal.in_full()),
        };
        (change, refused)
    };
    topics.iter().map(told).collect()
}
