//! Who the links are on their clusters, without their passwords.

use drawbridge_kafka::ConnectionSettings;
use drawbridge_shared::{
    access::GrantSide,
    link::{ConnectionMode, LinkConfigs, LinkMode, Side},
    names::ClusterName,
    view::LinkPrincipalRow,
};

use super::{
    ends::{local_settings, remote_settings},
    half::Half,
    registry::Shared,
};

/// The principals of a half: one per cluster it logs in to.
pub(super) fn of_half(shared: &Shared, half: &Half) -> Vec<LinkPrincipalRow> {
    let shown = half.now();
    let Some(configs) = &shown.configs else { return Vec::new() };
    let name = &half.cluster.spec().name;
    let own = &half.cluster.spec().settings;
    let row = |on: Option<ClusterName>, side, who: Option<&ConnectionSettings>, is_gateway| {
        LinkPrincipalRow {
            cluster: name.clone(),
            link: half.name.clone(),
            on,
            side,
            principal: who.and_then(ConnectionSettings::principal),
            is_gateway,
        }
    };
    let there = half.remote_cluster_id.as_deref().and_then(|id| shared.name_of(id));
    let remote = remote_settings(&half.name, configs).ok();
    match (half.mode, configs.connection_mode()) {
        (LinkMode::Source, _) => {
            let local = local_settings(&half.name, configs, own).ok();
            let is_gateway = !has_local(configs);
            vec![
                row(Some(name.clone()), GrantSide::Source, local.as_ref(), is_gateway),
                row(there, GrantSide::Destination, remote.as_ref(), false),
            ]
        }
        (LinkMode::Destination | LinkMode::Bidirectional, ConnectionMode::Outbound) => vec![
            row(there, GrantSide::Source, remote.as_ref(), false),
            row(Some(name.clone()), GrantSide::Destination, Some(own), true),
        ],
        // The other half logs in for both.
        (LinkMode::Destination | LinkMode::Bidirectional, ConnectionMode::Inbound) => Vec::new(),
    }
}

fn has_local(configs: &LinkConfigs) -> bool {
    let mut local = configs.set().filter(|(key, _)| key.side == Side::Local);
    local.any(|(key, _)| key.name != "local.listener.name")
}
