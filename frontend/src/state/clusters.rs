//! The clusters the gateway knows, followed once for the whole application.

use drawbridge_shared::names::ClusterName;
use drawbridge_shared::view::ClusterView;
use drawbridge_shared::wire::{Feed, FeedData};
use leptos::prelude::*;

use crate::socket::{Followed, Socket};

/// Handle to the list of clusters; kept in context.
#[derive(Debug, Clone, Copy)]
pub struct Clusters {
    followed: Signal<Followed>,
}

impl Clusters {
    /// Starts following.
    #[must_use]
    pub fn start(socket: Socket) -> Self {
        Self { followed: socket.follow(|| Feed::Clusters) }
    }

    /// The feed with its state.
    #[must_use]
    pub fn followed(self) -> Signal<Followed> {
        self.followed
    }

    /// Looks at the clusters, by name; none before the first state.
    pub fn with<T>(self, look: impl FnOnce(Option<&[ClusterView]>) -> T) -> T {
        self.followed.with(|followed| match followed.data.as_deref() {
            Some(FeedData::Clusters(clusters)) => look(Some(clusters)),
            _ => look(None),
        })
    }

    /// The clusters' names; empty before the first state.
    #[must_use]
    pub fn names(self) -> Vec<ClusterName> {
        self.with(|clusters| {
            clusters.unwrap_or_default().iter().map(|cluster| cluster.name.clone()).collect()
        })
    }

    /// What is known of one cluster.
    #[must_use]
    pub fn get(self, name: &ClusterName) -> Option<ClusterView> {
        self.with(|clusters| clusters?.iter().find(|cluster| cluster.name == *name).cloned())
    }
}
