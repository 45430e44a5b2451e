//! What changes links and mirrors; each change is told in the activity, with how it went.

use drawbridge_shared::{
    draft::{ConfigChange, MirrorDraft},
    link::LinkName,
    names::{ClusterName, TopicName},
    view::{MirrorAction, MirrorActionRow},
};

use super::{Links, half::Order, new_link, told};
use crate::{activity::Change, refusal::Refusal};

/// A half of a link that somebody wants.
#[derive(Clone)]
pub struct LinkSpec {
    /// The link's name.
    pub name: LinkName,
    /// Kafka's id of the cluster at the other end, if it was given.
    pub remote_cluster_id: Option<String>,
    /// The id the link must have, if it was given: 22 characters, base64url. Creating a half whose link has
    /// another id is refused.
    pub link_id: Option<String>,
    /// Link configs by name.
    pub configs: Vec<(String, String)>,
}

impl std::fmt::Debug for LinkSpec {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LinkSpec").field("name", &self.name).finish_non_exhaustive()
    }
}

/// How a half is created.
#[derive(Debug, Clone, Copy)]
pub struct CreateOptions {
    /// Only check.
    pub validate_only: bool,
    /// Ask the remote cluster whether it is there, is the right one, and may be read.
    pub validate_link: bool,
}

impl Links {
    /// Creates a half.
    ///
    /// # Errors
    /// Every refusal there is; then nothing was created.
    pub async fn create(
        &self,
        cluster: &ClusterName,
        spec: LinkSpec,
        options: CreateOptions,
    ) -> Result<(), Refusal> {
        let change = told::create(cluster, &spec);
        let created = async {
            let host = self.host(cluster)?;
            new_link::create(&self.shared, &host, spec, options).await
        };
        let created = created.await;
        self.told(change, options.validate_only, &created);
        created
    }

    /// Deletes a half. With `force`, mirrors that are not stopped are failed over first.
    ///
    /// # Errors
    /// `Denied` when there are such mirrors and no force; what could not be stopped or stored.
    pub async fn delete(
        &self,
        cluster: &ClusterName,
        link: &LinkName,
        force: bool,
        validate_only: bool,
    ) -> Result<(), Refusal> {
        let deleted = self.try_delete(cluster, link, force, validate_only).await;
        self.told(told::delete(cluster, link, force), validate_only, &deleted);
        deleted
    }

    async fn try_delete(
        &self,
        cluster: &ClusterName,
        link: &LinkName,
        force: bool,
        validate_only: bool,
    ) -> Result<(), Refusal> {
        let half = self.half(cluster, link)?;
        half.ask(|reply| Order::Retire { force, validate_only, reply }).await?;
        if !validate_only {
            self.host(cluster)?.drop_half(link);
        }
        Ok(())
    }

    /// Changes the configs of a half, all or none; a change without value goes back to the default.
    ///
    /// # Errors
    /// The configs that are wrong, by field; what could not be stored.
    pub async fn alter(
        &self,
        cluster: &ClusterName,
        link: &LinkName,
        changes: &[ConfigChange],
        validate_only: bool,
    ) -> Result<(), Refusal> {
        let known = self.configs(cluster, link).unwrap_or_default();
        let change = told::alter(cluster, link, &known, changes);
        let altered = async {
            let half = self.half(cluster, link)?;
            let changes = changes.to_vec();
            half.ask(|reply| Order::Alter { changes, validate_only, reply }).await
        };
        let altered = altered.await;
        self.told(change, validate_only, &altered);
        altered
    }

    /// Creates a mirror topic.
    ///
    /// # Errors
    /// A name that is not the link's or is taken; what either cluster refuses.
    pub async fn create_mirror(
        &self,
        cluster: &ClusterName,
        link: &LinkName,
        draft: &MirrorDraft,
    ) -> Result<(), Refusal> {
        let mirror = self.mirror_name(cluster, link, &draft.source_topic);
        let change = told::create_mirror(cluster, link, &draft.source_topic, &mirror);
        let created = async {
            let draft = draft.clone();
            let half = self.half(cluster, link)?;
            half.ask(|reply| Order::CreateMirror { draft, reply }).await?;
            half.cluster.topics_changed();
            Ok(())
        };
        let created = created.await;
        self.told(change, false, &created);
        created
    }

    /// Acts on mirror topics; refusals of single ones are in their rows.
    ///
    /// # Errors
    /// `NotFound` when there is no such link.
    pub async fn act(
        &self,
        cluster: &ClusterName,
        link: &LinkName,
        action: MirrorAction,
        topics: &[TopicName],
        validate_only: bool,
    ) -> Result<Vec<MirrorActionRow>, Refusal> {
        let acted = async {
            let topics = topics.to_vec();
            let half = self.half(cluster, link)?;
            half.ask(|reply| Order::Act { action, topics, validate_only, reply }).await
        };
        let acted = acted.await;
        if !validate_only {
            let all = told::act(cluster, link, action, topics, &acted);
            for (change, refused) in all {
                self.shared.notices.activity().told_in_words(change, refused);
            }
        }
        acted
    }

    pub(super) fn told<T>(&self, change: Change, validate_only: bool, result: &Result<T, Refusal>) {
        if !validate_only {
            self.shared.notices.activity().told(change, result);
        }
    }
}
