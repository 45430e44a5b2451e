//! Configurations of links.

use axum::{Json, http::StatusCode};
use drawbridge_shared::{
    draft::ConfigChange,
    link::{ConfigRow, LinkName},
};
use serde::{Deserialize, Serialize};

use super::{
    Answer, RestError,
    configs::{AlterConfigs, UpdateConfig, to_set},
    extract::{Asked, Body, Named, Target, flag},
    links::OfLink,
    shapes::{Collection, Hrefs, Resource},
};
use crate::{
    guard::{self, About},
    ops::configs,
};

#[derive(Debug, Serialize)]
pub(super) struct LinkConfigData {
    cluster_id: String,
    link_name: LinkName,
    name: String,
    value: Option<String>,
    is_default: bool,
    is_read_only: bool,
    is_sensitive: bool,
    source: String,
    synonyms: Vec<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct OfLinkConfig {
    link_name: String,
    name: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct AlterQuery {
    #[serde(default, deserialize_with = "flag")]
    validate_only: bool,
}

pub(super) async fn list(
    target: Target,
    Named(of): Named<OfLink>,
) -> Answer<Json<Collection<LinkConfigData>>> {
    let id = target.cluster.cluster_id().unwrap_or_default();
    let link = of.name()?;
    let rows = target.links.configs(&target.cluster.spec().name, &link)?;
    let data = rows.into_iter().map(|row| resource(&target.hrefs, id, &link, row)).collect();
    let path = [id, "links", link.as_str(), "configs"];
    Ok(Json(target.hrefs.collection("KafkaLinkConfigDataList", &path, data)))
}

pub(super) async fn get(
    target: Target,
    Named(of): Named<OfLinkConfig>,
) -> Answer<Json<Resource<LinkConfigData>>> {
    let id = target.cluster.cluster_id().unwrap_or_default();
    let link = OfLink { link_name: of.link_name }.name()?;
    let rows = target.links.configs(&target.cluster.spec().name, &link)?;
    let row = rows.into_iter().find(|row| row.name == of.name).ok_or_else(|| {
        RestError::plain(StatusCode::NOT_FOUND, format!("Config {} cannot be found.", of.name))
    })?;
    Ok(Json(resource(&target.hrefs, id, &link, row)))
}

pub(super) async fn put(
    target: Target,
    Named(of): Named<OfLinkConfig>,
    Body(body): Body<UpdateConfig>,
) -> Answer<StatusCode> {
    let change = ConfigChange { value: Some(to_set(&of.name, body.value)?), name: of.name };
    change_link(&target, of.link_name, &[change], false).await
}

pub(super) async fn reset(target: Target, Named(of): Named<OfLinkConfig>) -> Answer<StatusCode> {
    let change = ConfigChange { name: of.name, value: None };
    change_link(&target, of.link_name, &[change], false).await
}

pub(super) async fn alter(
    target: Target,
    Named(of): Named<OfLink>,
    Asked(query): Asked<AlterQuery>,
    Body(body): Body<AlterConfigs>,
) -> Answer<StatusCode> {
    let validate_only = query.validate_only || body.validate_only;
    change_link(&target, of.link_name, &body.changes()?, validate_only).await
}

async fn change_link(
    target: &Target,
    link_name: String,
    changes: &[ConfigChange],
    validate_only: bool,
) -> Answer<StatusCode> {
    let link = OfLink { link_name }.name()?;
    configs::check(changes)?;
    let needed = guard::of_link_configs(changes.iter().map(|change| change.name.as_str()));
    target.allow(&needed, About { topic: None, link: Some(&link) })?;
    target.links.alter(&target.cluster.spec().name, &link, changes, validate_only).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) fn resource(
    hrefs: &Hrefs,
    id: &str,
    link: &LinkName,
    row: ConfigRow,
) -> Resource<LinkConfigData> {
    let path = [id, "links", link.as_str(), "configs", &row.name];
    let data = LinkConfigData {
        cluster_id: id.to_owned(),
        link_name: link.clone(),
        name: row.name.clone(),
        value: row.value.filter(|_| !row.is_sensitive),
        is_default: row.is_default,
        is_read_only: row.is_read_only,
        is_sensitive: row.is_sensitive,
        source: row.source,
        synonyms: row.synonyms,
    };
    hrefs.unnamed("KafkaLinkConfigData", &path, data)
}
