//! Where the states of feeds come from.

use std::sync::Arc;

use drawbridge_shared::{
    names::ClusterName,
    wire::{EndReason, Feed, FeedData},
};
use futures_util::{StreamExt, stream::BoxStream};
use tokio::sync::watch;
use tokio_stream::wrappers::WatchStream;

use crate::{
    activity::Wanted,
    clusters::{Cluster, Clusters},
    links::Links,
    notices::Notices,
};

/// What is known of a feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FeedState {
    /// Nothing yet.
    Pending,
    /// The newest state.
    Data(Arc<FeedData>),
    /// It is over.
    Ended(EndReason),
}

impl FeedState {
    /// What a feed ends with whose subject does not exist.
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::Ended(EndReason::NotFound { message: message.into() })
    }
}

/// Follows a feed from its newest known state on.
#[must_use]
pub fn follow(
    clusters: &Clusters,
    links: &Links,
    notices: &Notices,
    feed: &Feed,
) -> BoxStream<'static, FeedState> {
    match feed {
        Feed::Clusters => states(clusters.follow_list()),
        Feed::Notices => states(notices.follow()),
        Feed::Activity { cluster, link, topic } => notices.activity().follow(Wanted {
            cluster: cluster.clone(),
            link: link.clone(),
            topic: topic.clone(),
        }),
        Feed::Links => states(links.follow_rows()),
        Feed::Mirrors => states(links.follow_mirrors()),
        Feed::Link { cluster, link } => states(links.follow_link(cluster, link)),
        Feed::Mirror { cluster, link, topic } => states(links.follow_mirror(cluster, link, topic)),
        Feed::Verify { cluster, link } => states(links.follow_verify(cluster, link)),
        // Sessions ask the message browser itself: its searches wait for credit.
        Feed::Records { .. } => futures_util::stream::empty().boxed(),
        Feed::Groups { cluster: None } => clusters.follow_all_groups(),
        Feed::Groups { cluster: Some(cluster) } => {
            of_cluster(clusters, cluster, Cluster::follow_groups)
        }
        Feed::Group { cluster, group } => {
            of_cluster(clusters, cluster, |known| known.follow_group(group))
        }
        Feed::Cluster { cluster } => of_cluster(clusters, cluster, |known| known.follow_detail()),
        Feed::Brokers { cluster } => of_cluster(clusters, cluster, Cluster::follow_brokers),
        Feed::TroubledPartitions { cluster } => {
            of_cluster(clusters, cluster, Cluster::follow_troubled)
        }
        Feed::Topics { cluster } => of_cluster(clusters, cluster, Cluster::follow_topics),
        Feed::Topic { cluster, topic } => {
            of_cluster(clusters, cluster, |known| known.follow_topic(topic))
        }
    }
}

fn of_cluster(
    clusters: &Clusters,
    cluster: &ClusterName,
    follow: impl FnOnce(&Arc<Cluster>) -> watch::Receiver<FeedState>,
) -> BoxStream<'static, FeedState> {
    match clusters.get(cluster) {
        Some(known) => states(follow(&known)),
        None => {
            let ended = FeedState::not_found(format!("this gateway has no cluster '{cluster}'"));
            futures_util::stream::iter([ended]).boxed()
        }
    }
}

fn states(receiver: watch::Receiver<FeedState>) -> BoxStream<'static, FeedState> {
    WatchStream::new(receiver).boxed()
}
