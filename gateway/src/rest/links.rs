//! Links: list, create, get, delete.

use axum::{Json, http::StatusCode};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use drawbridge_shared::{
    link::{
        LinkError, LinkMode, LinkName, LinkState, MirrorState, TaskErrorCode, TaskName, TaskState,
    },
    names::TopicName,
    view::{LinkDetail, MirrorRow, TaskErrorView, TaskView},
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    Answer, RestError,
    extract::{Asked, Body, Named, Target, flag},
    link_draft::{CreateLink, spec},
    shapes::{Collection, Hrefs, Resource},
};
use crate::{
    guard::{self, About},
    links::CreateOptions,
};

#[derive(Debug, Serialize)]
pub(super) struct LinkData {
    source_cluster_id: Option<String>,
    destination_cluster_id: Option<String>,
    remote_cluster_id: Option<String>,
    link_name: LinkName,
    /// The same id as UUIDs are usually written; old clients read it.
    #[serde(skip_serializing_if = "Option::is_none")]
    link_id: Option<String>,
    cluster_link_id: String,
    topic_names: Vec<TopicName>,
    link_state: LinkState,
    link_error: LinkError,
    link_error_message: Option<String>,
    tasks: Option<Vec<TaskData>>,
    category_counts: Vec<CategoryCount>,
}

#[derive(Debug, Serialize)]
struct TaskData {
    task_name: TaskName,
    state: TaskState,
    errors: Vec<TaskErrorData>,
}

/// What a task or a change of a mirror's state could not do.
#[derive(Debug, Serialize)]
pub(super) struct TaskErrorData {
    error_code: TaskErrorCode,
    error_message: String,
}

#[derive(Debug, Serialize)]
struct CategoryCount {
    state_category: Category,
    count: i32,
}

/// What the states of mirror partitions come down to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum Category {
    Paused,
    InError,
    Pending,
    Active,
    NotApplicable,
}

impl Category {
    const ALL: [Self; 5] =
        [Self::Paused, Self::InError, Self::Pending, Self::Active, Self::NotApplicable];

    const fn of(state: MirrorState) -> Self {
        match state {
            MirrorState::Active => Self::Active,
            MirrorState::Paused | MirrorState::LinkPaused => Self::Paused,
            MirrorState::Failed | MirrorState::LinkFailed | MirrorState::SourceUnavailable => {
                Self::InError
            }
            MirrorState::Stopped => Self::NotApplicable,
            MirrorState::PendingStopped
            | MirrorState::PendingMirror
            | MirrorState::PendingSynchronize
            | MirrorState::PendingSetupForRestore
            | MirrorState::PendingRestore => Self::Pending,
        }
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct OfLink {
    pub(super) link_name: String,
}

impl OfLink {
    /// The name checked; no link has one that cannot be a name.
    pub(super) fn name(&self) -> Answer<LinkName> {
        self.link_name.parse().map_err(|_| {
            let message = format!("Cluster link '{}' does not exist.", self.link_name);
            RestError::new(StatusCode::NOT_FOUND, 40403, message)
        })
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct CreateQuery {
    link_name: Option<String>,
    #[serde(default, deserialize_with = "flag")]
    validate_only: bool,
    #[serde(default = "yes", deserialize_with = "flag")]
    validate_link: bool,
}

const fn yes() -> bool {
    true
}

#[derive(Debug, Deserialize)]
pub(super) struct GetQuery {
    #[serde(default, deserialize_with = "flag")]
    include_tasks: bool,
}

#[derive(Debug, Deserialize)]
pub(super) struct DeleteQuery {
    #[serde(default, deserialize_with = "flag")]
    force: bool,
    #[serde(default, deserialize_with = "flag")]
    validate_only: bool,
}

pub(super) async fn list(target: Target) -> Answer<Json<Collection<LinkData>>> {
    let id = target.cluster.cluster_id().unwrap_or_default();
    let all = target.links.of_cluster(&target.cluster.spec().name)?;
    let data = all.iter().map(|link| resource(&target.hrefs, id, link, false)).collect();
    Ok(Json(target.hrefs.collection("KafkaLinkDataList", &[id, "links"], data)))
}

pub(super) async fn create(
    target: Target,
    Asked(query): Asked<CreateQuery>,
    Body(body): Body<CreateLink>,
) -> Answer<StatusCode> {
    let id = target.cluster.cluster_id().unwrap_or_default();
    let spec = spec(id, query.link_name.as_deref(), body)?;
    let options =
        CreateOptions { validate_only: query.validate_only, validate_link: query.validate_link };
    target.links.create(&target.cluster.spec().name, spec, options).await?;
    Ok(if query.validate_only { StatusCode::OK } else { StatusCode::CREATED })
}

pub(super) async fn get(
    target: Target,
    Named(of): Named<OfLink>,
    Asked(query): Asked<GetQuery>,
) -> Answer<Json<Resource<LinkData>>> {
    let id = target.cluster.cluster_id().unwrap_or_default();
    let link = target.links.detail(&target.cluster.spec().name, &of.name()?)?;
    Ok(Json(resource(&target.hrefs, id, &link, query.include_tasks)))
}

pub(super) async fn delete(
    target: Target,
    Named(of): Named<OfLink>,
    Asked(query): Asked<DeleteQuery>,
) -> Answer<StatusCode> {
    let DeleteQuery { force, validate_only } = query;
    let needed = guard::of_link_deletion(force);
    target.allow(&needed, About { topic: None, link: Some(&of.name()?) })?;
    target.links.delete(&target.cluster.spec().name, &of.name()?, force, validate_only).await?;
    Ok(if validate_only { StatusCode::OK } else { StatusCode::NO_CONTENT })
}

pub(super) fn resource(
    hrefs: &Hrefs,
    id: &str,
    link: &LinkDetail,
    with_tasks: bool,
) -> Resource<LinkData> {
    let path = [id, "links", link.link.name.as_str()];
    hrefs.unnamed("KafkaLinkData", &path, data(link, with_tasks))
}

fn data(detail: &LinkDetail, with_tasks: bool) -> LinkData {
    let link = &detail.link;
    let remote_when = |mode| link.remote.cluster_id.clone().filter(|_| link.mode == mode);
    LinkData {
        source_cluster_id: remote_when(LinkMode::Destination),
        destination_cluster_id: remote_when(LinkMode::Source),
        remote_cluster_id: remote_when(LinkMode::Bidirectional),
        link_name: link.name.clone(),
        link_id: hyphenated(&link.link_id),
        cluster_link_id: link.link_id.clone(),
        topic_names: detail.mirrors.iter().map(|mirror| mirror.topic.clone()).collect(),
        link_state: link.state,
        link_error: link.error,
        link_error_message: link.error_message.clone(),
        tasks: with_tasks.then(|| tasks(link.mode, &detail.tasks)),
        category_counts: category_counts(&detail.mirrors),
    }
}

/// The id that 22 characters of base64url stand for.
pub(super) fn link_uuid(text: &str) -> Option<Uuid> {
    Uuid::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok()
}

fn hyphenated(text: &str) -> Option<String> {
    link_uuid(text).map(|id| id.to_string())
}

/// The tasks by name. `AclSync` is one that clients look for, whether or not links copy ACLs.
fn tasks(mode: LinkMode, known: &[TaskView]) -> Vec<TaskData> {
    let mut tasks: Vec<TaskData> = known
        .iter()
        .map(|task| TaskData {
            task_name: task.name,
            state: task.state,
            errors: task.errors.iter().map(task_error).collect(),
        })
        .collect();
    let has_tasks = mode != LinkMode::Source;
    if has_tasks && !known.iter().any(|task| task.name == TaskName::AclSync) {
        let state = TaskState::NotConfigured;
        tasks.push(TaskData { task_name: TaskName::AclSync, state, errors: Vec::new() });
    }
    tasks.sort_by_key(|task| task.task_name.as_str());
    tasks
}

pub(super) fn task_error(error: &TaskErrorView) -> TaskErrorData {
    TaskErrorData { error_code: error.code, error_message: error.message.clone() }
}

/// Partitions by the category of their mirror's state; categories without any are left out.
fn category_counts(mirrors: &[MirrorRow]) -> Vec<CategoryCount> {
    let count = |category| CategoryCount {
        state_category: category,
        count: mirrors
            .iter()
            .filter(|mirror| Category::of(mirror.state) == category)
            .map(|mirror| mirror.partitions)
            .sum(),
    };
    Category::ALL.into_iter().map(count).filter(|category| category.count > 0).collect()
}
