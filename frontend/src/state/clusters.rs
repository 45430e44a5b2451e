//! The clusters the gateway knows, followed once for the whole application.

use drawbridge_shared::guard::{Action, why_not_at_all};
use drawbridge_shared::names::ClusterName;
use drawbridge_shared::view::ClusterView;
use drawbridge_shared::wire::{Feed, FeedData, Welcome};
use leptos::prelude::*;

use crate::socket::{Followed, Socket};

/// Handle to the list of clusters; kept in context.
#[derive(Debug, Clone, Copy)]
pub struct Clusters {
    followed: Signal<Followed>,
    welcome: Signal<Option<Welcome>>,
}

impl Clusters {
    /// Starts following.
    #[must_use]
    pub fn start(socket: Socket) -> Self {
        Self { followed: socket.follow(|| Feed::Clusters), welcome: socket.welcome() }
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

    /// Why the gateway does not do this on a cluster, by its configuration; none when it does.
    #[must_use]
    pub fn why_not(self, name: &ClusterName, action: Action) -> Option<String> {
        self.with(|clusters| {
            let cluster = clusters?.iter().find(|cluster| cluster.name == *name)?;
            cluster.guards.why_not(name, action)
        })
    }

    /// Why the gateway takes no further clusters, by its configuration; none when it does.
    #[must_use]
    pub fn why_not_add(self) -> Option<String> {
        self.welcome.with(|welcome| why_not_at_all(&welcome.as_ref()?.deny, Action::ClusterAdd))
    }
}
