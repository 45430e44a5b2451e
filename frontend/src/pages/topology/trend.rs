//! What each link copied in the last half hour, for the small curves.

use std::collections::{HashMap, HashSet};

use drawbridge_shared::view::HistoryPoint;
use drawbridge_shared::wire::{Request, Response};
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::model::history::{Curve, merge, push};
use crate::model::links::find;
use crate::model::series::Point;
use crate::model::topology::Graph;
use crate::socket::Socket;
use crate::state::{Clock, Links};

/// Of how many links the past is asked for; of the others it is drawn from now on.
const ASKED: usize = 60;
/// Seconds between two points that are added.
const STEP_S: i64 = 5;

/// The history of each link by its key.
#[derive(Clone, Copy)]
pub(super) struct Trends(RwSignal<HashMap<String, Vec<HistoryPoint>>>);

impl Trends {
    pub(super) fn start(graph: Memo<Graph>, links: Links) -> Self {
        let trends = Self(RwSignal::new(HashMap::new()));
        trends.ask(graph, links);
        let clock = expect_context::<Clock>();
        Effect::new(move |before: Option<i64>| {
            let (now, before) = (clock.now().get(), before.unwrap_or_default());
            // A page that is not seen ticks rarely.
            if now / 1_000 / STEP_S == before / 1_000 / STEP_S
                || !untrack(|| links.followed().read().fresh)
            {
                return before;
            }
            graph.with_untracked(|graph| {
                trends.0.update(|all| {
                    for edge in &graph.edges {
                        let figures = untrack(|| {
                            links.with(|rows| find(rows?, &edge.key).map(|row| (row.lag, row.rate)))
                        });
                        if let Some((lag, rate)) = figures {
                            push(all.entry(edge.key.clone()).or_default(), now, &lag, &rate);
                        }
                    }
                });
            });
            now
        });
        trends
    }

    /// Asks for the past of links that are new, one after the other: the page comes first. After the connection was
    /// away all are new.
    fn ask(self, graph: Memo<Graph>, links: Links) {
        let socket = expect_context::<Socket>();
        let asked = StoredValue::new(HashSet::<String>::new());
        Effect::new(move |_| {
            if !links.followed().read().fresh {
                return asked.update_value(HashSet::clear);
            }
            let wanted: Vec<_> = graph.with(|graph| {
                let links = graph.edges.iter().take(ASKED);
                let is_new = |key: &String| {
                    asked.try_update_value(|asked| asked.insert(key.clone())) == Some(true)
                };
                links.filter(|edge| is_new(&edge.key)).cloned().collect()
            });
            spawn_local(async move {
                for edge in wanted {
                    let body = Request::LinkHistory {
                        cluster: edge.cluster,
                        link: edge.link,
                        topic: None,
                    };
                    // Without a past the curve begins now.
                    let Ok(Response::History(past)) = socket.request(body).await else { continue };
                    let put =
                        self.0.try_update(|all| merge(all.entry(edge.key).or_default(), past));
                    if put.is_none() {
                        return;
                    }
                }
            });
        });
    }

    /// A link's throughput as a curve.
    pub(super) fn curve(self, key: String) -> Signal<Vec<Point>> {
        Signal::derive(move || {
            self.0
                .with(|all| all.get(&key).map(|past| Curve::Throughput.points(past)))
                .unwrap_or_default()
        })
    }
}
