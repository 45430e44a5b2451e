//! What the links of all clusters share, and where a half finds the other one.

use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError, RwLock},
};

use drawbridge_shared::{
    link::{LinkMode, LinkName},
    names::ClusterName,
    view::{LinkDetail, LinkRow},
};
use tokio::sync::watch;

use super::{
    budget::Budget,
    half::{Half, Shown},
    host::Host,
    runner::{Peers, Twin},
    store::PasswordEncoder,
};
use crate::{notices::Notices, shutdown::Tasks};

/// What the links of all clusters share.
pub(super) struct Shared {
    pub(super) hosts: RwLock<BTreeMap<ClusterName, Arc<Host>>>,
    pub(super) notices: Notices,
    pub(super) budget: Budget,
    pub(super) encoder: Option<PasswordEncoder>,
    pub(super) tasks: Tasks,
    /// How this gateway calls itself to others.
    pub(super) who: String,
    /// Counts changes of what any half shows.
    pub(super) changes: watch::Sender<u64>,
}

impl Shared {
    pub(super) fn hosts(&self) -> Vec<Arc<Host>> {
        self.hosts.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    /// All halves on all clusters.
    pub(super) fn halves(&self) -> Vec<Arc<Half>> {
        self.hosts().iter().flat_map(|host| host.halves()).collect()
    }

    /// All halves on all clusters, those included that another gateway runs.
    pub(super) fn seen(&self) -> Vec<Arc<Half>> {
        self.hosts().iter().flat_map(|host| host.seen()).collect()
    }

    /// Counts the changes of a half as long as it runs.
    pub(super) fn watch(&self, mut shown: watch::Receiver<Arc<Shown>>) {
        let changes = self.changes.clone();
        self.tasks.spawn("news of a link", async move {
            while shown.changed().await.is_ok() {
                changes.send_modify(|count| *count += 1);
            }
        });
    }

    /// A half appeared or went: those that wait for it look again.
    pub(super) fn halves_changed(&self) {
        self.changes.send_modify(|count| *count += 1);
        for host in self.hosts() {
            host.peers_changed();
        }
    }

    /// What this gateway calls a cluster with this id.
    pub(super) fn name_of(&self, cluster_id: &str) -> Option<ClusterName> {
        let hosts = self.hosts();
        let host = hosts.iter().find(|host| host.cluster.cluster_id() == Some(cluster_id))?;
        Some(host.cluster.spec().name.clone())
    }

    /// The other half of the same link.
    pub(super) fn twin_of(&self, half: &Half) -> Option<Arc<Half>> {
        let (local, remote) = (half.cluster.cluster_id()?, half.remote_cluster_id.as_deref()?);
        let wanted = match half.mode {
            LinkMode::Source => LinkMode::Destination,
            LinkMode::Destination | LinkMode::Bidirectional => LinkMode::Source,
        };
        self.find(&half.name, local, remote, wanted)
    }

    fn find(
        &self,
        link: &LinkName,
        local_id: &str,
        remote_id: &str,
        mode: LinkMode,
    ) -> Option<Arc<Half>> {
        self.seen().into_iter().find(|other| {
            other.name == *link
                && other.mode == mode
                && other.cluster.cluster_id() == Some(remote_id)
                && other.remote_cluster_id.as_deref() == Some(local_id)
        })
    }

    /// A half's row with what only all links together know.
    pub(super) fn row(&self, shown: &Shown) -> LinkRow {
        let mut row = shown.detail.link.clone();
        row.remote.cluster = row.remote.cluster_id.as_deref().and_then(|id| self.name_of(id));
        row
    }

    /// A half with what only all links together know.
    pub(super) fn detail(&self, half: &Half) -> LinkDetail {
        let shown = half.now();
        let twin = self.twin_of(half).map(|twin| Box::new(self.row(&twin.now())));
        LinkDetail { link: self.row(&shown), twin, ..shown.detail.clone() }
    }
}

impl Peers for Shared {
    fn twin(&self, link: &LinkName, local_id: &str, remote_id: &str) -> Option<Twin> {
        let half = self.find(link, local_id, remote_id, LinkMode::Source)?;
        Some(Twin { cluster: Arc::clone(&half.cluster), configs: half.now().configs.clone() })
    }

    fn changed(&self) {
        self.halves_changed();
    }
}
