//! The links of a cluster that this gateway does not run, as their state says, because another one does or the
//! cluster is read-only here: enough to list them, and to move the data of a half whose twin is among them.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use drawbridge_engine::{Millis, mirror::Mirror};
use drawbridge_kafka::Client;
use drawbridge_shared::{link::LinkName, names::TopicName, view::MirrorDetail};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use super::{
    half::Half,
    host::by_link,
    runner::{self, Partitions},
    store::{Contents, PasswordEncoder, StateReader, StoreError, StoredLink, StoredMirror},
};
use crate::{clock::now_ms, clusters::Cluster};

/// Between two looks at the state.
const LOOK: Duration = Duration::from_secs(2);

/// Halves by name.
pub(super) type Halves = BTreeMap<LinkName, Arc<Half>>;

/// Reads the state that another gateway writes.
#[derive(Default)]
pub(super) struct Standby {
    reader: Option<StateReader>,
}

impl Standby {
    /// Reads on until there is something new. `why` says why the links are not run here.
    pub(super) async fn next(
        &mut self,
        cluster: &Arc<Cluster>,
        client: &Client,
        encoder: Option<&PasswordEncoder>,
        why: &str,
    ) -> Halves {
        loop {
            match self.read(client, encoder).await {
                Ok(Some(contents)) => return halves(cluster, contents, why),
                Ok(None) => {}
                Err(error) => {
                    let cluster = &cluster.spec().name;
                    tracing::debug!(%cluster, %error, "the links that another gateway runs cannot be read");
                    self.reader = None;
                }
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    async fn read(
        &mut self,
        client: &Client,
        encoder: Option<&PasswordEncoder>,
    ) -> Result<Option<Contents>, StoreError> {
        let reader = match &mut self.reader {
            Some(reader) => reader,
            None => match StateReader::open(client).await? {
                Some(reader) => self.reader.insert(reader),
                None => return Ok(None),
            },
        };
        reader.read_on(client, encoder).await
    }
}

fn halves(cluster: &Arc<Cluster>, contents: Contents, why: &str) -> Halves {
    let half = |(link, contents): (StoredLink, Contents)| {
        (link.name.clone(), Arc::new(half(cluster, &link, &contents, why)))
    };
    by_link(contents).into_iter().map(half).collect()
}

/// A half as far as its records tell; nobody takes orders for it here.
fn half(cluster: &Arc<Cluster>, link: &StoredLink, contents: &Contents, why: &str) -> Half {
    let mut shown = runner::nothing(cluster, link);
    shown.mirrors = mirrors(cluster, &contents.mirrors, why);
    let mut counts = BTreeMap::<_, u32>::new();
    for detail in shown.mirrors.values() {
        *counts.entry(detail.mirror.state).or_default() += 1;
        shown.detail.mirrors.push(detail.mirror.clone());
    }
    shown.detail.link.mirrors = counts.into_iter().collect();
    shown.detail.link.error_message = Some(why.to_owned());
    shown.detail.standby = Some(why.to_owned());
    Half {
        cluster: Arc::clone(cluster),
        name: link.name.clone(),
        mode: link.readable().mode(),
        remote_cluster_id: link.remote_cluster_id.clone(),
        orders: mpsc::channel(1).0,
        shown: watch::channel(Arc::new(shown)).1,
        stop: CancellationToken::new(),
    }
}

/// Mirrors with what is stored of their state; how far they are is known where they run.
fn mirrors(
    cluster: &Cluster,
    stored: &[StoredMirror],
    words: &str,
) -> BTreeMap<TopicName, MirrorDetail> {
    let detail = |stored: &StoredMirror| {
        let topic: TopicName = stored.record.mirror_topic.parse().ok()?;
        let machine = Mirror::new(Millis(now_ms()), stored.record.clone(), i64::MAX);
        let name = &cluster.spec().name;
        let unmoved = Partitions::new();
        let mut detail = runner::mirror_detail(name, &topic, &machine, stored.created, &unmoved);
        detail.mirror.trouble.get_or_insert_with(|| words.to_owned());
        Some((topic, detail))
    };
    stored.iter().filter_map(detail).collect()
}
