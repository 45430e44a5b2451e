//! The clusters of this gateway.
//!
//! Each has one watcher that finds out by itself whether the cluster answers and publishes only changes;
//! nobody tells it anything but "look now". Topics are read only while somebody follows them.

mod backoff;
mod broker_rows;
mod brokers_feed;
mod cluster;
mod detail;
mod draft;
mod followers;
mod group_feed;
mod group_views;
mod groups_feed;
mod identity;
mod measure;
mod replication;
mod spec;
mod standing;
mod store;
mod survey;
mod topic_feed;
mod topics_feed;
mod troubled_feed;
mod watcher;

use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError, RwLock},
};

use drawbridge_shared::{
    draft::ClusterDraft,
    guard::Rule,
    names::ClusterName,
    view::{ClusterOrigin, Severity},
    wire::{ErrorCode, FeedData},
};
use futures_util::stream::BoxStream;
use tokio::sync::watch;

pub use cluster::Cluster;
pub use draft::{properties_of, settings_fields};
pub(crate) use spec::security_words;
pub use spec::{ClusterSpec, SpecFault};
pub use standing::Standing;
pub use store::Store;
pub(crate) use topic_feed::topic_id_words;

use crate::{
    activity::Change, feeds::FeedState, notices::Notices, refusal::Refusal, shutdown::Tasks,
};

/// Handle to all clusters; cheap to clone.
#[derive(Clone)]
pub struct Clusters {
    inner: Arc<Inner>,
}

struct Inner {
    known: RwLock<BTreeMap<ClusterName, Arc<Cluster>>>,
    list: watch::Sender<FeedState>,
    notices: Notices,
    store: Option<Store>,
    tasks: Tasks,
    everywhere: Vec<Rule>,
    standing: Standing,
    /// Adding and removing go one after the other, so that file and memory agree.
    changing: tokio::sync::Mutex<()>,
}

impl Clusters {
    /// No clusters yet. Without a store, those added later are forgotten when the gateway stops.
    #[must_use]
    pub fn new(notices: Notices, store: Option<Store>, tasks: Tasks) -> Self {
        Self::guarded(notices, store, tasks, Vec::new(), Standing::default())
    }

    /// As [`Clusters::new`], with what is denied on all of them, and what the settings say of single ones.
    #[must_use]
    pub fn guarded(
        notices: Notices,
        store: Option<Store>,
        tasks: Tasks,
        everywhere: Vec<Rule>,
        standing: Standing,
    ) -> Self {
        let empty = FeedState::Data(Arc::new(FeedData::Clusters(Vec::new())));
        Self {
            inner: Arc::new(Inner {
                known: RwLock::default(),
                list: watch::Sender::new(empty),
                notices,
                store,
                tasks,
                everywhere,
                standing,
                changing: tokio::sync::Mutex::new(()),
            }),
        }
    }

    /// What is denied on all clusters, and what concerns none.
    #[must_use]
    pub fn everywhere(&self) -> &[Rule] {
        &self.inner.everywhere
    }

    /// A cluster by its name here.
    #[must_use]
    pub fn get(&self, name: &ClusterName) -> Option<Arc<Cluster>> {
        self.inner.known.read().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }

    /// A cluster by its name here, or the refusal that there is none.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn require(&self, name: &ClusterName) -> Result<Arc<Cluster>, Refusal> {
        self.get(name).ok_or_else(|| Refusal::no_such_cluster(name))
    }

    /// All clusters by name.
    #[must_use]
    pub fn all(&self) -> Vec<Arc<Cluster>> {
        self.inner.known.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    /// Follows the list of clusters.
    #[must_use]
    pub fn follow_list(&self) -> watch::Receiver<FeedState> {
        self.inner.list.subscribe()
    }

    /// Follows the groups of all clusters.
    #[must_use]
    pub fn follow_all_groups(&self) -> BoxStream<'static, FeedState> {
        groups_feed::follow_all(self.clone())
    }

    /// Takes in a cluster and starts to watch it.
    ///
    /// # Errors
    /// `Conflict` when the name is taken; `Invalid` when the settings cannot be used.
    pub fn insert(&self, mut spec: ClusterSpec) -> Result<Arc<Cluster>, Refusal> {
        self.inner.standing.give(&mut spec);
        spec.guards.everywhere = self.everywhere().to_vec();
        let name = spec.name.clone();
        let cluster = Arc::new(Cluster::new(spec, self.inner.tasks.clone())?);
        {
            let mut known = self.inner.known.write().unwrap_or_else(PoisonError::into_inner);
            if known.contains_key(&name) {
                return Err(taken(&name));
            }
            known.insert(name, Arc::clone(&cluster));
        }
        let activity = self.inner.notices.activity();
        activity.keep(&cluster, cluster.retired().clone(), &self.inner.tasks);
        self.publish_list();
        let clusters = self.clone();
        watcher::start(
            Arc::clone(&cluster),
            self.inner.notices.clone(),
            &self.inner.tasks,
            move || clusters.publish_list(),
        );
        Ok(cluster)
    }

    /// Adds a cluster from a draft and keeps it, where there is a place to keep it.
    ///
    /// # Errors
    /// `Invalid` with the fields that are wrong; `Conflict` when the name is taken; `Internal` when it
    /// cannot be written down, and then it is not added either.
    pub async fn add(&self, draft: &ClusterDraft) -> Result<(), Refusal> {
        let name = draft.validate().map_err(Refusal::of_fields)?;
        let added = self.try_add(&name, draft).await;
        let change = Change::on(&name, format!("add cluster '{name}'"));
        self.inner.notices.activity().told(change, &added);
        added
    }

    async fn try_add(&self, name: &ClusterName, draft: &ClusterDraft) -> Result<(), Refusal> {
        let _changing = self.inner.changing.lock().await;
        if self.get(name).is_some() {
            return Err(taken(name));
        }
        let origin = match self.inner.store {
            Some(_) => ClusterOrigin::Added,
            None => ClusterOrigin::AddedForNow,
        };
        let spec = draft::spec_of(draft, name, origin)?;
        if let Some(store) = &self.inner.store {
            store.save(name, &draft.properties).await?;
        }
        self.insert(spec)?;
        self.inner.notices.push(Severity::Info, name, None, format!("{name} was added"));
        Ok(())
    }

    /// Forgets a cluster that was added from the console; the cluster itself is not touched.
    ///
    /// # Errors
    /// `NotFound`; `Denied` for a configured one; `Internal` when its file cannot be deleted, and then
    /// it stays.
    pub async fn remove(&self, name: &ClusterName) -> Result<(), Refusal> {
        let removed = self.try_remove(name).await;
        let change = Change::on(name, format!("remove cluster '{name}'"));
        self.inner.notices.activity().told(change, &removed);
        removed
    }

    async fn try_remove(&self, name: &ClusterName) -> Result<(), Refusal> {
        let _changing = self.inner.changing.lock().await;
        let cluster = self.require(name)?;
        match cluster.spec().origin {
            ClusterOrigin::Configured => {
                return Err(Refusal::new(
                    ErrorCode::Denied,
                    format!("{name} is configured outside the console and cannot be removed here"),
                )
                .remedy(
                    "Take it out of the command line or the configuration file, and restart.",
                ));
            }
            ClusterOrigin::Added => {
                if let Some(store) = &self.inner.store {
                    store.delete(name).await?;
                }
            }
            ClusterOrigin::AddedForNow => {}
        }
        self.inner.known.write().unwrap_or_else(PoisonError::into_inner).remove(name);
        self.inner.notices.activity().forget(name);
        cluster.retire().await;
        self.publish_list();
        self.inner.notices.push(Severity::Info, name, None, format!("{name} was removed"));
        Ok(())
    }

    /// The notices that changes of clusters go to.
    #[must_use]
    pub fn notices(&self) -> &Notices {
        &self.inner.notices
    }

    /// Puts the list together from what each cluster published last.
    fn publish_list(&self) {
        // The views are read inside, so that of two who publish at once the later one has both changes.
        self.inner.list.send_if_modified(|state| {
            let views = self.all().iter().map(|cluster| cluster.view()).collect();
            let new = FeedState::Data(Arc::new(FeedData::Clusters(views)));
            let changed = *state != new;
            *state = new;
            changed
        });
    }
}

fn taken(name: &ClusterName) -> Refusal {
    let error = drawbridge_shared::draft::FieldError::new(
        "name",
        format!("this gateway has a cluster '{name}' already; choose another name"),
    );
    Refusal { code: ErrorCode::Conflict, ..Refusal::of_fields(vec![error]) }
}
