//! Links: the halves on the clusters of this gateway, and the engine that runs them.

use drawbridge_shared::{
    draft::{ConfigChange, MirrorDraft},
    link::{ConfigRow, LinkName},
    names::{ClusterName, TopicName},
    view::{
        GroupOffsetRow, HistoryPoint, LinkCheck, LinkDetail, MirrorAction, MirrorActionRow,
        MirrorDetail, SourceTopicRow,
    },
    wire::{ErrorCode, FeedData},
};
use std::sync::Arc;
use tokio::sync::watch;

use crate::{clusters::Clusters, feeds::FeedState, refusal::Refusal, shutdown::Tasks};

/// Handle to all links; cheap to clone.
#[derive(Clone)]
pub struct Links {
    clusters: Clusters,
    rows: watch::Sender<FeedState>,
    mirrors: watch::Sender<FeedState>,
}

/// A half of a link that somebody wants.
#[derive(Debug, Clone)]
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

/// How a half is created.
#[derive(Debug, Clone, Copy)]
pub struct CreateOptions {
    /// Only check.
    pub validate_only: bool,
    /// Ask the remote cluster whether it is there, is the right one, and may be read.
    pub validate_link: bool,
}

fn not_yet() -> Refusal {
    Refusal::new(ErrorCode::Unsupported, "links are not run yet")
}

impl Links {
    /// Runs the links of these clusters.
    pub fn start(clusters: Clusters, _tasks: Tasks) -> Self {
        let empty = |data| watch::Sender::new(FeedState::Data(Arc::new(data)));
        Self {
            clusters,
            rows: empty(FeedData::Links(Vec::new())),
            mirrors: empty(FeedData::Mirrors(Vec::new())),
        }
    }

    /// Its clusters.
    pub fn clusters(&self) -> &Clusters {
        &self.clusters
    }

    /// Follows all halves.
    pub fn follow_rows(&self) -> watch::Receiver<FeedState> {
        self.rows.subscribe()
    }

    /// Follows all mirrors.
    pub fn follow_mirrors(&self) -> watch::Receiver<FeedState> {
        self.mirrors.subscribe()
    }

    /// Follows one half.
    pub fn follow_link(&self, _c: &ClusterName, _l: &LinkName) -> watch::Receiver<FeedState> {
        self.rows.subscribe()
    }

    /// Follows one mirror.
    pub fn follow_mirror(
        &self,
        _cluster: &ClusterName,
        _link: &LinkName,
        _topic: &TopicName,
    ) -> watch::Receiver<FeedState> {
        self.rows.subscribe()
    }

    /// The halves on a cluster, by name. `Unavailable` until the cluster's link state was read.
    pub fn of_cluster(&self, _cluster: &ClusterName) -> Result<Vec<LinkDetail>, Refusal> {
        Err(not_yet())
    }

    /// One half.
    pub fn detail(&self, _cluster: &ClusterName, _link: &LinkName) -> Result<LinkDetail, Refusal> {
        Err(not_yet())
    }

    /// One mirror.
    pub fn mirror(
        &self,
        _cluster: &ClusterName,
        _link: &LinkName,
        _topic: &TopicName,
    ) -> Result<MirrorDetail, Refusal> {
        Err(not_yet())
    }

    /// The configs of a half, secrets left out.
    pub fn configs(
        &self,
        _cluster: &ClusterName,
        _link: &LinkName,
    ) -> Result<Vec<ConfigRow>, Refusal> {
        Err(not_yet())
    }

    /// Checks everything about a half without creating it, and says what was found.
    pub async fn check(
        &self,
        _cluster: &ClusterName,
        _spec: &LinkSpec,
    ) -> Result<LinkCheck, Refusal> {
        Err(not_yet())
    }

    /// Creates a half.
    pub async fn create(
        &self,
        _cluster: &ClusterName,
        _spec: LinkSpec,
        _options: CreateOptions,
    ) -> Result<(), Refusal> {
        Err(not_yet())
    }

    /// Deletes a half.
    pub async fn delete(
        &self,
        _cluster: &ClusterName,
        _link: &LinkName,
        _force: bool,
        _validate_only: bool,
    ) -> Result<(), Refusal> {
        Err(not_yet())
    }

    /// Changes the configs of a half, all or none; a change without value goes back to the default.
    pub async fn alter(
        &self,
        _cluster: &ClusterName,
        _link: &LinkName,
        _changes: &[ConfigChange],
        _validate_only: bool,
    ) -> Result<(), Refusal> {
        Err(not_yet())
    }

    /// The name the mirror of a source topic has on this link.
    pub fn mirror_name(&self, _c: &ClusterName, _l: &LinkName, source_topic: &str) -> String {
        source_topic.to_owned()
    }

    /// The source's topics.
    pub async fn source_topics(
        &self,
        _cluster: &ClusterName,
        _link: &LinkName,
    ) -> Result<Vec<SourceTopicRow>, Refusal> {
        Err(not_yet())
    }

    /// Where the groups of mirrors stand on both sides.
    pub async fn groups(
        &self,
        _cluster: &ClusterName,
        _link: &LinkName,
        _topic: Option<&TopicName>,
    ) -> Result<Vec<GroupOffsetRow>, Refusal> {
        Err(not_yet())
    }

    /// The last half hour of a link or of one mirror, oldest first.
    pub fn history(
        &self,
        _cluster: &ClusterName,
        _link: &LinkName,
        _topic: Option<&TopicName>,
    ) -> Result<Vec<HistoryPoint>, Refusal> {
        Err(not_yet())
    }

    /// Creates a mirror topic.
    pub async fn create_mirror(
        &self,
        _cluster: &ClusterName,
        _link: &LinkName,
        _draft: &MirrorDraft,
    ) -> Result<(), Refusal> {
        Err(not_yet())
    }

    /// Acts on mirror topics; refusals of single ones are in their rows.
    pub async fn act(
        &self,
        _cluster: &ClusterName,
        _link: &LinkName,
        _action: MirrorAction,
        _topics: &[TopicName],
        _validate_only: bool,
    ) -> Result<Vec<MirrorActionRow>, Refusal> {
        Err(not_yet())
    }
}
