//! Clusters and the links between them as a drawing: who is joined to whom, and in words how each link does.
//!
//! The graph holds names alone and no numbers, so that the drawing stays where it is while the numbers change.

use std::collections::HashMap;

use drawbridge_shared::link::{ConnectionMode, LinkMode, LinkName, LinkState};
use drawbridge_shared::names::ClusterName;
use drawbridge_shared::view::{ClusterStatus, ClusterView, LinkRow, RateView, RemoteView};

use super::cluster::ClusterHealth;
use super::lag;
use super::links::{
    badge, fault, find, in_step_of_some, key, mirror_counts, mirrors_words, trouble,
};
use super::number::{UNKNOWN, counted};
use super::role::StateRole;
use super::sort::natural;
use super::time::{age, latency};

pub mod layout;

/// A cluster in the drawing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Its name at this gateway; none for a cluster that is only known as the other end of a link.
    pub cluster: Option<ClusterName>,
    /// What it is called: its name, or Kafka's id of it, or where it is dialled.
    pub title: String,
    /// Where it is: its first bootstrap server.
    pub place: String,
}

/// A link in the drawing; the two halves of a source-initiated link are one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edge {
    /// Key of the half whose page it leads to: the one that owns the mirrors, if it is known here.
    pub key: String,
    /// Key of the other half, if it is known here too.
    pub twin: Option<String>,
    /// The cluster of that half.
    pub cluster: ClusterName,
    /// The link's name.
    pub link: LinkName,
    /// The node that data comes from.
    pub from: usize,
    /// The node that data goes to.
    pub to: usize,
    /// Whether the node that data comes from makes the connections.
    pub from_dials: bool,
}

/// Who is joined to whom.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Graph {
    /// The clusters, those of this gateway first.
    pub nodes: Vec<Node>,
    /// The links by name.
    pub edges: Vec<Edge>,
}

impl Graph {
    /// The graph of these clusters and halves of links, whatever order they come in.
    #[must_use]
    pub fn new(clusters: &[ClusterView], rows: &[LinkRow]) -> Self {
        let known = |view: &ClusterView| Node {
            cluster: Some(view.name.clone()),
            title: view.name.to_string(),
            place: first_server(&view.bootstrap),
        };
        let mut graph = Self { nodes: clusters.iter().map(known).collect(), edges: Vec::new() };
        graph.nodes.sort_by(|a, b| natural(&a.title, &b.title));
        let mut rows: Vec<&LinkRow> = rows.iter().collect();
        rows.sort_by(|a, b| {
            let name = natural(a.name.as_str(), b.name.as_str());
            name.then_with(|| natural(a.cluster.as_str(), b.cluster.as_str()))
        });
        for row in &rows {
            let twin = twin_of(row, &rows);
            if row.mode == LinkMode::Source && twin.is_some() {
                continue;
            }
            let here = graph.named(&row.cluster);
            let there = graph.remote(&row.remote, clusters);
            let (from, to) =
                if row.mode == LinkMode::Source { (here, there) } else { (there, here) };
            graph.edges.push(Edge {
                key: key(row),
                twin: twin.map(key),
                cluster: row.cluster.clone(),
                link: row.name.clone(),
                from,
                to,
                from_dials: (row.connection == ConnectionMode::Outbound) == (from == here),
            });
        }
        graph
    }

    fn named(&mut self, name: &ClusterName) -> usize {
        let is_it = |node: &Node| node.cluster.as_ref() == Some(name);
        self.find_or(is_it, || Node {
            cluster: Some(name.clone()),
            title: name.to_string(),
            place: String::new(),
        })
    }

    fn remote(&mut self, remote: &RemoteView, clusters: &[ClusterView]) -> usize {
        let by_id = || {
            let id = remote.cluster_id.as_ref()?;
            let view = clusters.iter().find(|view| view.cluster_id.as_ref() == Some(id))?;
            Some(view.name.clone())
        };
        if let Some(name) = remote.cluster.clone().or_else(by_id) {
            return self.named(&name);
        }
        let place = remote.bootstrap.as_deref().map(first_server).unwrap_or_default();
        let named = remote.cluster_id.clone().or_else(|| remote.bootstrap.clone());
        let title = named.unwrap_or_else(|| "unknown cluster".to_owned());
        let is_it = |node: &Node| node.cluster.is_none() && node.title == title;
        self.find_or(is_it, || Node { cluster: None, title: title.clone(), place })
    }

    fn find_or(&mut self, is_it: impl Fn(&Node) -> bool, new: impl FnOnce() -> Node) -> usize {
        self.nodes.iter().position(is_it).unwrap_or_else(|| {
            self.nodes.push(new());
            self.nodes.len() - 1
        })
    }

    /// What a node is called.
    #[must_use]
    pub fn title(&self, node: usize) -> &str {
        self.nodes.get(node).map_or(UNKNOWN, |node| &node.title)
    }

    /// Where a link's data comes from and goes to: `on-prem → cloud`.
    #[must_use]
    pub fn way(&self, edge: &Edge) -> String {
        format!("{} → {}", self.title(edge.from), self.title(edge.to))
    }

    /// Who makes a link's connections.
    #[must_use]
    pub fn dialler(&self, edge: &Edge) -> &str {
        self.title(if edge.from_dials { edge.from } else { edge.to })
    }

    /// The link with this key.
    #[must_use]
    pub fn edge(&self, key: &str) -> Option<&Edge> {
        self.edges.iter().find(|edge| edge.key == key)
    }

    /// What a site's firewall lets through; empty for a site that dials nobody, whose firewall is none of
    /// this gateway's business.
    #[must_use]
    pub fn firewall_words(&self, node: usize) -> String {
        let touches = |edge: &&Edge| edge.from == node || edge.to == node;
        let dials = |edge: &&Edge| (edge.from == node) == edge.from_dials;
        let out = self.edges.iter().filter(touches).filter(dials).count();
        match (out, self.edges.iter().filter(touches).count() - out) {
            (0, _) => String::new(),
            (_, 0) => "nothing dials in".to_owned(),
            (_, n) => format!("{} in", counted(n as u64, "link dials", "links dial")),
        }
    }
}

fn twin_of<'a>(row: &LinkRow, rows: &[&'a LinkRow]) -> Option<&'a LinkRow> {
    let is_twin = |other: &&&LinkRow| {
        other.link_id == row.link_id && other.mode != row.mode && other.cluster != row.cluster
    };
    rows.iter().find(is_twin).copied()
}

fn first_server(servers: &str) -> String {
    servers.split(',').next().unwrap_or_default().trim().to_owned()
}

/// How a link does, in words.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EdgeFacts {
    /// What the worse of its halves asks for.
    pub role: StateRole,
    /// That half's state.
    pub word: String,
    /// How far behind, or since when the other side does not answer.
    pub lag: String,
    /// What is copied now.
    pub rate: String,
    /// Its mirrors.
    pub mirrors: String,
    /// Whether data moves.
    pub flows: bool,
    /// What is wrong with it.
    pub fault: Option<String>,
}

impl EdgeFacts {
    /// The facts of all links by key.
    #[must_use]
    pub fn of_all(graph: &Graph, rows: &[LinkRow], now_ms: i64) -> HashMap<String, Self> {
        let halves: HashMap<String, &LinkRow> = rows.iter().map(|row| (key(row), row)).collect();
        let facts = |edge: &Edge| {
            let row = halves.get(&edge.key)?;
            let twin = edge.twin.as_ref().and_then(|key| halves.get(key));
            Some((edge.key.clone(), Self::of(row, twin.copied(), now_ms)))
        };
        graph.edges.iter().filter_map(facts).collect()
    }

    /// The facts of a link by the half that owns the mirrors and the other one.
    fn of(row: &LinkRow, twin: Option<&LinkRow>, now_ms: i64) -> Self {
        let worse = twin.filter(|twin| trouble(twin) > trouble(row)).unwrap_or(row);
        let (role, word) = badge(worse);
        let lag = match worse.last_contact_ms {
            Some(at) if is_broken(worse) => format!("last contact {}", age(now_ms, at)),
            _ => match in_step_of_some(row) {
                None => lag::words(&row.lag),
                Some(0) => "what is missing is not known".to_owned(),
                Some(active) => format!("nothing missing in {active} active"),
            },
        };
        let (active, ..) = mirror_counts(row);
        let mirrors = match mirrors_words(row) {
            words if words == format!("{active} active") => {
                counted(active.into(), "mirror", "mirrors")
            }
            words if words == "none" => "no mirrors".to_owned(),
            words => words,
        };
        Self {
            role,
            word,
            lag,
            rate: lag::throughput(&row.rate),
            mirrors,
            flows: row.rate.bytes > 0 && !is_broken(worse),
            fault: fault(worse),
        }
    }

    /// Everything about it in one text, for those who do not see the drawing.
    #[must_use]
    pub fn said(&self, graph: &Graph, edge: &Edge) -> String {
        let Self { word, lag, rate, mirrors, .. } = self;
        let moving = if self.flows { rate.as_str() } else { "no data moves now" };
        let dialler = graph.dialler(edge);
        let (link, from, to) = (&edge.link, graph.title(edge.from), graph.title(edge.to));
        format!(
            "Link {link}, {word}: data from {from} to {to}, {dialler} dials, {lag}, {moving}, {mirrors}"
        )
    }
}

fn is_broken(row: &LinkRow) -> bool {
    matches!(row.state, LinkState::Failed | LinkState::Unavailable)
}

fn worse_half<'a>(edge: &Edge, rows: &'a [LinkRow]) -> Option<&'a LinkRow> {
    let keys = [Some(&edge.key), edge.twin.as_ref()];
    let halves = keys.into_iter().flatten().filter_map(|key| find(rows, key));
    // Of two that are as bad as each other the first, which owns the mirrors.
    halves.reduce(|worse, half| if trouble(half) > trouble(worse) { half } else { worse })
}

/// Whether data flows, and the link that needs somebody most.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verdict {
    /// What it asks for.
    pub role: StateRole,
    /// Whether data flows: `Data flows on all 5 links.`
    pub flows: String,
    /// The link that is worst.
    pub worst: Option<Edge>,
    /// What is the matter with it, behind its name.
    pub why: String,
}

/// Says in words whether data flows.
#[must_use]
pub fn verdict(graph: &Graph, rows: &[LinkRow]) -> Verdict {
    let rank = |edge: &Edge| {
        let half = worse_half(edge, rows);
        let main = find(rows, &edge.key);
        (half.map(trouble), main.map(|row| lag::rank(&row.lag)))
    };
    // Of several that are as bad as each other the first by name.
    let Some(worst) = graph.edges.iter().rev().max_by_key(|edge| rank(edge)) else {
        return Verdict::default();
    };
    let all = graph.edges.len();
    let n = graph.edges.iter().filter(|edge| works(edge, rows)).count();
    let flows = match (n, all) {
        (1, 1) => "Data flows on the one link.".to_owned(),
        (2, 2) => "Data flows on both links.".to_owned(),
        (n, all) if n == all => format!("Data flows on all {all} links."),
        (0, 1) => "Data does not flow.".to_owned(),
        (n, all) => format!("Data flows on {n} of {all} links."),
    };
    let (Some(half), Some(row)) = (worse_half(worst, rows), find(rows, &worst.key)) else {
        return Verdict { flows, ..Verdict::default() };
    };
    let (role, word) = badge(half);
    // What mirrors that do not copy lack is not known: nobody may read that nothing is missing.
    let waiting = if trouble(half) == 2 { mirror_counts(row).1 } else { 0 };
    let why = match fault(half) {
        _ if waiting > 0 && row.lag.behind_ms.unwrap_or(0) <= 0 => {
            let waiting = counted(waiting.into(), "mirror waits", "mirrors wait");
            format!("is {word}: {waiting}, and what is missing there is not known.")
        }
        _ if trouble(half) <= 2 && row.lag.behind_ms.unwrap_or(0) <= 0 => {
            return Verdict {
                role,
                flows: format!("{flows} Nothing is missing."),
                ..Verdict::default()
            };
        }
        _ if role == StateRole::Ok => format!("is furthest behind: {}.", lag::words(&row.lag)),
        Some(fault) => format!("is {word}: {fault}"),
        None if row.lag.behind_ms.is_some() => format!("is {word}: {}.", lag::words(&row.lag)),
        None => format!("is {word}."),
    };
    Verdict { role, flows, worst: Some(worst.clone()), why }
}

/// Whether a link can copy: it is active on both sides, and some mirror is if there are any that should be.
fn works(edge: &Edge, rows: &[LinkRow]) -> bool {
    let keys = [Some(&edge.key), edge.twin.as_ref()];
    let mut halves = keys.into_iter().flatten().filter_map(|key| find(rows, key));
    let copies = |row: &LinkRow| {
        let (active, waiting, failed) = mirror_counts(row);
        active > 0 || waiting + failed == 0
    };
    halves.all(|row| row.state == LinkState::Active && copies(row))
}

/// How many links can copy, of how many: `4 of 5`.
#[must_use]
pub fn working(graph: &Graph, rows: &[LinkRow]) -> String {
    let n = graph.edges.iter().filter(|edge| works(edge, rows)).count();
    format!("{n} of {} flowing", graph.edges.len())
}

/// What all links copy now.
#[must_use]
pub fn mirrored_now(rows: &[LinkRow]) -> RateView {
    let sum = |rate: RateView, row: &LinkRow| RateView {
        bytes: rate.bytes.saturating_add(row.rate.bytes),
        records: rate.records.saturating_add(row.rate.records),
    };
    rows.iter().fold(RateView::default(), sum)
}

/// How long the oldest record has been missing, and on which link.
#[must_use]
pub fn oldest_missing<'a>(graph: &'a Graph, rows: &[LinkRow]) -> Option<(i64, &'a Edge)> {
    let behind = |edge: &'a Edge| Some((find(rows, &edge.key)?.lag.behind_ms?, edge));
    graph.edges.iter().rev().filter_map(behind).max_by_key(|(ms, _)| *ms)
}

/// Links by trouble, the worst first and by name among equals, so that rows stay put while lags change.
#[must_use]
pub fn by_trouble(graph: &Graph, rows: &[LinkRow]) -> Vec<String> {
    let mut edges: Vec<&Edge> = graph.edges.iter().collect();
    edges.sort_by_cached_key(|edge| std::cmp::Reverse(worse_half(edge, rows).map(trouble)));
    edges.into_iter().map(|edge| edge.key.clone()).collect()
}

/// How a cluster is, in words.
#[must_use]
pub fn health_words(view: &ClusterView, now_ms: i64) -> String {
    let health = ClusterHealth::of(view);
    match (&view.status, view.latency_micros) {
        (ClusterStatus::Down { since_ms, .. }, _) => format!("down, {}", age(now_ms, *since_ms)),
        (_, Some(micros)) if health == ClusterHealth::Healthy => {
            format!("healthy · {}", latency(micros))
        }
        _ => health.words(),
    }
}

/// A cluster's size: `3 brokers · 4.1 · 212 topics`.
#[must_use]
pub fn size_words(view: &ClusterView) -> String {
    let parts = [
        view.n_brokers.map(|n| counted(n.into(), "broker", "brokers")),
        view.version.clone(),
        view.n_topics.map(|n| counted(n.into(), "topic", "topics")),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    if parts.is_empty() { UNKNOWN.to_owned() } else { parts.join(" · ") }
}

#[cfg(test)]
mod tests;
