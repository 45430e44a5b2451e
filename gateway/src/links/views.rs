//! The feeds of links and mirrors, made from what the halves show.

use std::{sync::Arc, time::Duration};

use drawbridge_shared::{
    link::LinkName,
    names::{ClusterName, TopicName},
    wire::FeedData,
};
use tokio::sync::watch;

use super::{Links, half::Half};
use crate::feeds::FeedState;

/// Between two states of the lists.
const PACE: Duration = Duration::from_millis(250);

/// Keeps the lists of all halves and all mirrors up to date.
pub(super) async fn publish(links: Links) {
    let mut changes = links.shared.changes.subscribe();
    let stopping = links.shared.tasks.stopping().clone();
    // Nobody is to read that there are no links while nothing was read.
    while !links.are_settled() {
        tokio::select! {
            () = stopping.cancelled() => return,
            () = tokio::time::sleep(PACE) => {}
        }
    }
    loop {
        let halves = links.shared.seen();
        let mut rows: Vec<_> = halves.iter().map(|half| links.shared.row(&half.now())).collect();
        rows.sort_by(|a, b| (&a.cluster, &a.name).cmp(&(&b.cluster, &b.name)));
        replace(&links.rows, FeedData::Links(rows));
        let mut mirrors: Vec<_> =
            halves.iter().flat_map(|half| half.now().detail.mirrors.clone()).collect();
        mirrors
            .sort_by(|a, b| (&a.cluster, &a.link, &a.topic).cmp(&(&b.cluster, &b.link, &b.topic)));
        replace(&links.mirrors, FeedData::Mirrors(mirrors));
        tokio::select! {
            () = stopping.cancelled() => return,
            changed = changes.changed() => if changed.is_err() { return },
        }
        tokio::time::sleep(PACE).await;
    }
}

fn replace(sender: &watch::Sender<FeedState>, data: FeedData) {
    let state = FeedState::Data(Arc::new(data));
    sender.send_if_modified(|old| {
        let changed = *old != state;
        *old = state;
        changed
    });
}

/// Follows one half until it is gone.
pub(super) fn follow_link(
    links: &Links,
    cluster: &ClusterName,
    link: &LinkName,
) -> watch::Receiver<FeedState> {
    let shared = Arc::clone(&links.shared);
    follow(
        links,
        cluster,
        link,
        format!("link '{link}' does not exist on {cluster}"),
        move |half| Some(FeedData::Link(Box::new(shared.detail(half)))),
    )
}

/// Follows one mirror until it is gone.
pub(super) fn follow_mirror(
    links: &Links,
    cluster: &ClusterName,
    link: &LinkName,
    topic: &TopicName,
) -> watch::Receiver<FeedState> {
    let wanted = topic.clone();
    let gone = format!("link '{link}' on {cluster} has no mirror '{topic}'");
    follow(links, cluster, link, gone, move |half| {
        half.now().mirrors.get(&wanted).map(|detail| FeedData::Mirror(Box::new(detail.clone())))
    })
}

/// Follows what `read` finds in a half. Until the state of the cluster's links was read there is nothing to
/// tell; afterwards, what is not there does not exist.
fn follow(
    links: &Links,
    cluster: &ClusterName,
    link: &LinkName,
    gone: String,
    read: impl Fn(&Half) -> Option<FeedData> + Send + Sync + 'static,
) -> watch::Receiver<FeedState> {
    let (sender, receiver) = watch::channel(FeedState::Pending);
    let mut changes = links.shared.changes.subscribe();
    let stopping = links.shared.tasks.stopping().clone();
    let (inner, cluster, link) = (links.clone(), cluster.clone(), link.clone());
    links.shared.tasks.spawn("view of a link", async move {
        loop {
            match inner.seen(&cluster, &link) {
                Ok(half) => match read(&half) {
                    Some(data) => replace(&sender, data),
                    None => break,
                },
                Err(refusal) if refusal.code == drawbridge_shared::wire::ErrorCode::NotFound => {
                    break;
                }
                // Not known yet; a state that was told stays.
                Err(_) => {}
            }
            tokio::select! {
                () = stopping.cancelled() => return,
                () = sender.closed() => return,
                changed = changes.changed() => if changed.is_err() { return },
            }
            tokio::time::sleep(PACE).await;
        }
        sender.send_replace(FeedState::not_found(gone));
    });
    receiver
}
