//! Reading what a half of a link shall be.
//!
//! The other cluster's id comes in one of three fields, by the part that cluster plays.

use drawbridge_shared::link::{LinkMode, LinkName};
use serde::Deserialize;

use super::{Answer, RestError, extract::text, links::link_uuid};
use crate::links::LinkSpec;

/// No `Debug`: configs hold secrets.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct CreateLink {
    source_cluster_id: Option<String>,
    destination_cluster_id: Option<String>,
    remote_cluster_id: Option<String>,
    cluster_link_id: Option<String>,
    configs: Option<Vec<LinkConfig>>,
}

#[derive(Deserialize)]
struct LinkConfig {
    name: String,
    #[serde(default, deserialize_with = "text")]
    value: Option<String>,
}

/// The half that is wanted on the cluster with the id `local`.
pub(super) fn spec(local: &str, name: Option<&str>, body: CreateLink) -> Answer<LinkSpec> {
    let name = link_name(name)?;
    let mode = mode(body.configs.as_deref().unwrap_or_default())?;
    let remote_cluster_id = remote_id(mode, local, &body)?;
    let link_id = filled(&body.cluster_link_id).map(link_id).transpose()?;
    let configs = configs(body.configs.unwrap_or_default())?;
    Ok(LinkSpec { name, remote_cluster_id, link_id, configs })
}

fn link_name(given: Option<&str>) -> Answer<LinkName> {
    let given = given.filter(|name| !name.is_empty()).ok_or_else(|| {
        RestError::invalid("link_name is missing: name the link in the query, ?link_name=NAME")
    })?;
    if given == "-" {
        return Err(RestError::invalid(
            "link_name: `-` stands for all links and cannot be the name of one",
        ));
    }
    given.parse().map_err(|error| RestError::invalid(format!("link_name: {error}")))
}

fn mode(configs: &[LinkConfig]) -> Answer<LinkMode> {
    let given = configs.iter().find(|config| config.name == "link.mode");
    let Some(word) = given.and_then(|config| config.value.as_deref()) else {
        return Ok(LinkMode::Destination);
    };
    word.parse().map_err(|error| RestError::invalid(format!("link.mode: {error}")))
}

/// Some clients send a field they have nothing for as an empty text.
fn filled(id: &Option<String>) -> Option<&str> {
    id.as_deref().filter(|id| !id.is_empty())
}

/// The other cluster's id. This cluster's own id may be given beside it; any other contradiction is refused.
fn remote_id(mode: LinkMode, local: &str, body: &CreateLink) -> Answer<Option<String>> {
    let source = ("source_cluster_id", filled(&body.source_cluster_id));
    let destination = ("destination_cluster_id", filled(&body.destination_cluster_id));
    let remote = ("remote_cluster_id", filled(&body.remote_cluster_id));
    let ([(wanted, first), (field, second)], ours) = match mode {
        LinkMode::Destination => ([source, remote], vec![destination]),
        LinkMode::Source => ([destination, remote], vec![source]),
        LinkMode::Bidirectional => ([remote, remote], vec![source, destination]),
    };
    for (own, id) in ours {
        if let Some(id) = id.filter(|id| *id != local) {
            return Err(RestError::invalid(format!(
                "{own} is {id}, and this half of the link lives on cluster {local} with \
                 link.mode={mode}: give the other cluster's id as {wanted}, or change link.mode"
            )));
        }
    }
    if let (Some(one), Some(other)) = (first, second)
        && one != other
    {
        return Err(RestError::invalid(format!(
            "{wanted} is {one} and {field} is {other}: both name the other cluster; leave one out"
        )));
    }
    let remote = first.or(second);
    if remote == Some(local) {
        return Err(RestError::invalid(format!(
            "{wanted} matches the local cluster ID {local}. Cannot create cluster link to self."
        )));
    }
    Ok(remote.map(str::to_owned))
}

fn link_id(given: &str) -> Answer<String> {
    match link_uuid(given) {
        Some(_) => Ok(given.to_owned()),
        None => Err(RestError::invalid(format!(
            "cluster_link_id: '{given}' is no id of a link: it has 22 characters, letters, digits, `-` \
             and `_`; leave it out to take the other half's"
        ))),
    }
}

/// A null value stands for the default, as leaving the config out does.
fn configs(given: Vec<LinkConfig>) -> Answer<Vec<(String, String)>> {
    for (at, config) in given.iter().enumerate() {
        if given.iter().take(at).any(|earlier| earlier.name == config.name) {
            let message = format!("configs: {} is given twice; keep one", config.name);
            return Err(RestError::invalid(message));
        }
    }
    Ok(given.into_iter().filter_map(|config| Some((config.name, config.value?))).collect())
}
