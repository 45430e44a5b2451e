//! Requests about links whose drafts are read here.

use drawbridge_kafka::Properties;
use drawbridge_shared::{
    draft::{FieldError, LinkDraft, MirrorDraft},
    link::LinkName,
    names::ClusterName,
    view::MirrorCreateRow,
    wire::Response,
};

use super::Answer;
use crate::{
    links::{CreateOptions, LinkSpec, Links},
    refusal::Refusal,
};

pub(super) async fn check(links: &Links, cluster: &ClusterName, draft: &LinkDraft) -> Answer {
    let spec = spec_of(draft)?;
    links.check(cluster, &spec).await.map(Response::LinkChecked)
}

pub(super) async fn create(links: &Links, cluster: &ClusterName, draft: &LinkDraft) -> Answer {
    let spec = spec_of(draft)?;
    let options = CreateOptions { validate_only: false, validate_link: true };
    links.create(cluster, spec, options).await.map(|()| Response::Done)
}

/// One after the other: each is there or is not, whatever becomes of the others.
pub(super) async fn create_mirrors(
    links: &Links,
    cluster: &ClusterName,
    link: &LinkName,
    drafts: &[MirrorDraft],
) -> Response {
    let mut rows = Vec::with_capacity(drafts.len());
    for draft in drafts {
        let created = links.create_mirror(cluster, link, draft).await;
        let mirror_topic = links.mirror_name(cluster, link, &draft.source_topic);
        rows.push(MirrorCreateRow {
            source_topic: draft.source_topic.clone(),
            mirror_topic,
            error: created.err().map(|refusal| refusal.in_full()),
        });
    }
    Response::MirrorsCreated(rows)
}

/// What the form holds, read as a properties file.
fn spec_of(draft: &LinkDraft) -> Result<LinkSpec, Refusal> {
    let name =
        draft.name.trim().parse::<LinkName>().map_err(|error| {
            Refusal::of_fields(vec![FieldError::new("name", error.to_string())])
        })?;
    let properties = Properties::parse(&draft.configs, "configs")
        .map_err(|error| Refusal::of_fields(vec![FieldError::new("configs", error.to_string())]))?;
    let id = draft.remote_cluster_id.trim();
    Ok(LinkSpec {
        name,
        remote_cluster_id: (!id.is_empty()).then(|| id.to_owned()),
        link_id: None,
        configs: properties
            .iter()
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect(),
    })
}
