//! Where the states of feeds come from.

use std::sync::Arc;

use drawbridge_shared::wire::{EndReason, Feed, FeedData};
use futures_util::{StreamExt, stream::BoxStream};
use tokio::sync::watch;
use tokio_stream::wrappers::WatchStream;

use crate::{clusters::Clusters, notices::Notices};

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
    notices: &Notices,
    feed: &Feed,
) -> BoxStream<'static, FeedState> {
    let cluster = match feed {
        Feed::Clusters => return states(clusters.follow_list()),
        Feed::Notices => return states(notices.follow()),
        Feed::Cluster { cluster } | Feed::Topics { cluster } | Feed::Topic { cluster, .. } => {
            cluster
        }
    };
    let Some(known) = clusters.get(cluster) else {
        let ended = FeedState::not_found(format!("this gateway has no cluster '{cluster}'"));
        return futures_util::stream::iter([ended]).boxed();
    };
    states(match feed {
        Feed::Topics { .. } => known.follow_topics(),
        Feed::Topic { topic, .. } => known.follow_topic(topic),
        Feed::Cluster { .. } | Feed::Clusters | Feed::Notices => known.follow_detail(),
    })
}

fn states(receiver: watch::Receiver<FeedState>) -> BoxStream<'static, FeedState> {
    WatchStream::new(receiver).boxed()
}
