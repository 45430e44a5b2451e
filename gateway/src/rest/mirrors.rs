//! Mirror topics: list, create, get. They are deleted as topics are.

use axum::{Json, http::StatusCode};
use drawbridge_shared::{
    draft::{ConfigSetting, MirrorDraft},
    link::{LinkName, MirrorState, MirrorTopicError},
    names::TopicName,
    view::{MirrorDetail, MirrorLagRow, MirrorPartitionView, MirrorRow},
    wire::ErrorCode,
};
use serde::{Deserialize, Serialize};

use super::{
    Answer, RestError,
    extract::{Asked, Body, Named, Target, flag},
    links::{OfLink, TaskErrorData, task_error},
    shapes::{Collection, Hrefs, Resource},
};

#[derive(Debug, Serialize)]
pub(super) struct MirrorData {
    link_name: LinkName,
    mirror_topic_name: TopicName,
    source_topic_name: String,
    num_partitions: i32,
    mirror_lags: Vec<MirrorLagRow>,
    mirror_status: MirrorState,
    mirror_topic_error: MirrorTopicError,
    state_time_ms: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    mirror_state_transition_errors: Option<Vec<TaskErrorData>>,
}

#[derive(Debug, Deserialize)]
pub(super) struct OfMirror {
    link_name: String,
    mirror_topic_name: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct ListQuery {
    mirror_status: Option<String>,
}

impl ListQuery {
    /// The state that mirrors must have to be listed, if one is asked for.
    pub(super) fn state(&self) -> Answer<Option<MirrorState>> {
        let asked = self.mirror_status.as_deref().filter(|word| !word.is_empty());
        let state = asked.map(str::parse).transpose();
        state.map_err(|error| RestError::invalid(format!("mirror_status: {error}")))
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct GetQuery {
    #[serde(default, deserialize_with = "flag")]
    include_state_transition_errors: bool,
}

#[derive(Debug, Deserialize)]
pub(super) struct CreateMirror {
    source_topic_name: String,
    mirror_topic_name: Option<String>,
    replication_factor: Option<i16>,
    configs: Option<Vec<MirrorConfig>>,
}

#[derive(Debug, Deserialize)]
struct MirrorConfig {
    name: String,
    value: Option<String>,
}

impl From<CreateMirror> for MirrorDraft {
    fn from(body: CreateMirror) -> Self {
        Self {
            source_topic: body.source_topic_name,
            mirror_topic: body.mirror_topic_name.filter(|name| !name.is_empty()),
            replication_factor: body.replication_factor,
            // A null value stands for the default, as leaving it out does.
            configs: body
                .configs
                .into_iter()
                .flatten()
                .filter_map(|config| {
                    Some(ConfigSetting { name: config.name, value: config.value? })
                })
                .collect(),
        }
    }
}

pub(super) async fn list(
    target: Target,
    Named(of): Named<OfLink>,
    Asked(query): Asked<ListQuery>,
) -> Answer<Json<Collection<MirrorData>>> {
    let state = query.state()?;
    let link = target.links.detail(&target.cluster.spec().name, &of.name()?)?;
    listed(&target, &of.link_name, state, link.mirrors)
}

pub(super) async fn list_of_all_links(
    target: Target,
    Asked(query): Asked<ListQuery>,
) -> Answer<Json<Collection<MirrorData>>> {
    let state = query.state()?;
    let links = target.links.of_cluster(&target.cluster.spec().name)?;
    listed(&target, "-", state, links.into_iter().flat_map(|link| link.mirrors).collect())
}

fn listed(
    target: &Target,
    link: &str,
    state: Option<MirrorState>,
    rows: Vec<MirrorRow>,
) -> Answer<Json<Collection<MirrorData>>> {
    let id = target.cluster.cluster_id().unwrap_or_default();
    let mut data = Vec::new();
    for row in rows.into_iter().filter(|row| state.is_none_or(|state| row.state == state)) {
        match target.links.mirror(&target.cluster.spec().name, &row.link, &row.topic) {
            Ok(mirror) => data.push(resource(&target.hrefs, id, &mirror, false)),
            // It was deleted meanwhile.
            Err(refusal) if refusal.code == ErrorCode::NotFound => {}
            Err(refusal) => return Err(refusal.into()),
        }
    }
    let path = [id, "links", link, "mirrors"];
    Ok(Json(target.hrefs.collection("KafkaMirrorDataList", &path, data)))
}

pub(super) async fn create(
    target: Target,
    Named(of): Named<OfLink>,
    Body(body): Body<CreateMirror>,
) -> Answer<StatusCode> {
    let draft = MirrorDraft::from(body);
    target.links.create_mirror(&target.cluster.spec().name, &of.name()?, &draft).await?;
    Ok(StatusCode::CREATED)
}

pub(super) async fn get(
    target: Target,
    Named(of): Named<OfMirror>,
    Asked(query): Asked<GetQuery>,
) -> Answer<Json<Resource<MirrorData>>> {
    let id = target.cluster.cluster_id().unwrap_or_default();
    let link = OfLink { link_name: of.link_name }.name()?;
    let topic = of.mirror_topic_name.parse().map_err(|_| {
        let message = format!("Topic '{}' is not a mirror of '{link}'.", of.mirror_topic_name);
        RestError::new(StatusCode::NOT_FOUND, 40403, message)
    })?;
    let mirror = target.links.mirror(&target.cluster.spec().name, &link, &topic)?;
    let with_errors = query.include_state_transition_errors;
    Ok(Json(resource(&target.hrefs, id, &mirror, with_errors)))
}

pub(super) fn resource(
    hrefs: &Hrefs,
    id: &str,
    detail: &MirrorDetail,
    with_errors: bool,
) -> Resource<MirrorData> {
    let mirror = &detail.mirror;
    let errors = || detail.transition_errors.iter().map(task_error).collect();
    let data = MirrorData {
        link_name: mirror.link.clone(),
        mirror_topic_name: mirror.topic.clone(),
        source_topic_name: mirror.source_topic.clone(),
        num_partitions: mirror.partitions,
        mirror_lags: detail.partitions.iter().map(lag).collect(),
        mirror_status: mirror.state,
        mirror_topic_error: mirror.error,
        state_time_ms: mirror.since_ms,
        mirror_state_transition_errors: with_errors.then(errors),
    };
    let path = [id, "links", mirror.link.as_str(), "mirrors", mirror.topic.as_str()];
    hrefs.unnamed("KafkaMirrorData", &path, data)
}

fn lag(partition: &MirrorPartitionView) -> MirrorLagRow {
    MirrorLagRow {
        partition: partition.partition,
        lag: partition.lag.unwrap_or(-1),
        last_source_fetch_offset: partition.log_end.unwrap_or(-1),
    }
}
