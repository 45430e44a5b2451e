use drawbridge_shared::link::MirrorState;
use drawbridge_shared::view::{ClusterKind, ClusterOrigin, LagView};
use proptest::prelude::*;

use super::layout::{Layout, Rect, layout};
use super::*;
use crate::model::links::tests::link;

fn cluster(name: &str) -> ClusterView {
    ClusterView {
        name: name.parse().unwrap(),
        kind: ClusterKind::Kafka,
        origin: ClusterOrigin::Configured,
        status: ClusterStatus::Up,
        observed_at_ms: None,
        cluster_id: Some(format!("id-{name}")),
        version: Some("4.1".into()),
        bootstrap: format!("{name}:9092,other:9092"),
        security: String::new(),
        controller: None,
        n_brokers: Some(3),
        n_topics: None,
        n_partitions: None,
        under_replicated: None,
        offline: None,
        latency_micros: Some(1_100),
        guards: Box::default(),
        gateways: Vec::new(),
    }
}

/// A half on `on`, whose other end is `remote`.
fn half(name: &str, on: &str, remote: &str, mode: LinkMode, connection: ConnectionMode) -> LinkRow {
    let mut row = link(name, LinkState::Active);
    row.cluster = on.parse().unwrap();
    row.link_id = format!("id of {name}");
    row.mode = mode;
    row.connection = connection;
    row.remote.cluster = None;
    row.remote.cluster_id = Some(format!("id-{remote}"));
    row
}

fn destination(name: &str, on: &str, remote: &str) -> LinkRow {
    half(name, on, remote, LinkMode::Destination, ConnectionMode::Outbound)
}

fn tutorial() -> (Vec<ClusterView>, Vec<LinkRow>) {
    let clusters = vec![cluster("on-prem"), cluster("cloud")];
    let rows = vec![
        half(
            "from-on-prem-link",
            "cloud",
            "on-prem",
            LinkMode::Destination,
            ConnectionMode::Inbound,
        ),
        half("from-on-prem-link", "on-prem", "cloud", LinkMode::Source, ConnectionMode::Outbound),
        destination("from-cloud-link", "on-prem", "cloud"),
    ];
    (clusters, rows)
}

#[test]
fn two_halves_are_one_link_that_leads_to_the_half_with_the_mirrors() {
    let (clusters, rows) = tutorial();
    let graph = Graph::new(&clusters, &rows);
    let drawn: Vec<String> = graph
        .edges
        .iter()
        .map(|edge| format!("{} {} {}", edge.key, graph.way(edge), graph.dialler(edge)))
        .collect();
    assert_eq!(
        drawn,
        [
            "on-prem/from-cloud-link cloud → on-prem on-prem",
            "cloud/from-on-prem-link on-prem → cloud on-prem"
        ]
    );
    assert_eq!(
        graph.edge("cloud/from-on-prem-link").unwrap().twin.as_deref(),
        Some("on-prem/from-on-prem-link")
    );
}

#[test]
fn the_side_that_dials_stands_left_behind_a_firewall_that_nothing_dials_into() {
    let (clusters, rows) = tutorial();
    let graph = Graph::new(&clusters, &rows);
    let drawn = layout(&graph, 1_160, None);
    let at = |title: &str| graph.nodes.iter().position(|node| node.title == title).unwrap();
    let (inside, outside) = (&drawn.sites[at("on-prem")], &drawn.sites[at("cloud")]);
    assert!(inside.node.x < outside.node.x);
    assert_eq!(inside.passages.len(), 2);
    assert!(inside.wall.is_some() && outside.wall.is_none());
    assert_eq!(graph.firewall_words(at("on-prem")), "nothing dials in");
    assert!(
        drawn.lines.iter().all(|line| line.socket.0 < line.card.x),
        "both sockets are at on-prem"
    );
}

#[test]
fn a_cluster_that_this_gateway_does_not_know_is_drawn_by_its_id() {
    let rows = [destination("plant-telemetry", "cloud", "plant-7")];
    let graph = Graph::new(&[cluster("cloud")], &rows);
    assert_eq!(
        (graph.nodes[1].title.as_str(), graph.nodes[1].cluster.as_ref()),
        ("id-plant-7", None)
    );
    assert_eq!(graph.nodes[0].place, "cloud:9092");
}

#[test]
fn the_verdict_says_whether_data_flows_and_names_the_worst_link() {
    let (clusters, mut rows) = tutorial();
    let graph = Graph::new(&clusters, &rows);
    let said = |rows: &[LinkRow]| {
        let verdict = verdict(&graph, rows);
        let name = verdict.worst.map(|edge| format!(" {} ", edge.link)).unwrap_or_default();
        format!("{}{name}{}", verdict.flows, verdict.why)
    };
    assert_eq!(said(&rows), "Data flows on both links. Nothing is missing.");
    rows[0].mirrors.push((drawbridge_shared::link::MirrorState::Paused, 1));
    assert_eq!(
        said(&rows),
        "Data flows on both links. from-on-prem-link is ACTIVE: 1 mirror waits, and what is missing there is not known."
    );
    let mirrors = std::mem::take(&mut rows[0].mirrors);
    rows[0].mirrors = vec![(drawbridge_shared::link::MirrorState::SourceUnavailable, 3)];
    assert_eq!(working(&graph, &rows), "1 of 2 flowing", "no mirror of it copies");
    rows[0].mirrors = mirrors;
    rows[0].mirrors.pop();
    rows[0].lag = LagView { records: Some(1_204), behind_ms: Some(3_100), last_fetch_ms: None };
    assert_eq!(
        said(&rows),
        "Data flows on both links. from-on-prem-link is furthest behind: 1,204 records · 3.1 s."
    );
    rows[1].state = LinkState::Unavailable;
    rows[1].error_message = Some("cloud:9092 refuses connections.".into());
    assert_eq!(
        said(&rows),
        "Data flows on 1 of 2 links. from-on-prem-link is UNAVAILABLE: cloud:9092 refuses connections."
    );
    assert_eq!(working(&graph, &rows), "1 of 2 flowing");
    assert_eq!(by_trouble(&graph, &rows)[0], "cloud/from-on-prem-link");
}

#[test]
fn a_link_is_told_whole_to_those_who_do_not_see_it() {
    let (clusters, mut rows) = tutorial();
    rows[0].rate = RateView { bytes: 1_992_294, records: 9 };
    rows[0].mirrors = vec![(MirrorState::Active, 38)];
    let graph = Graph::new(&clusters, &rows);
    let edge = graph.edge("cloud/from-on-prem-link").unwrap();
    let facts = &EdgeFacts::of_all(&graph, &rows, 0)[&edge.key];
    assert!(facts.flows);
    assert_eq!(
        facts.said(&graph, edge),
        "Link from-on-prem-link, ACTIVE: data from on-prem to cloud, on-prem dials, nothing missing, 1.9 MiB/s, 38 mirrors"
    );
}

#[test]
fn an_overview_of_200_links_between_20_clusters_fits_a_screen() {
    let clusters: Vec<ClusterView> = (0..20).map(|at| cluster(&format!("c{at}"))).collect();
    let rows: Vec<LinkRow> = (0..200)
        .map(|at| {
            destination(
                &format!("l{at}"),
                &format!("c{}", at % 20),
                &format!("c{}", (at * 7 + 1) % 20),
            )
        })
        .collect();
    let graph = Graph::new(&clusters, &rows);
    assert!(layout(&graph, 1_160, None).height > 5_000);
    let drawn = layout(&graph, 1_160, Some(570));
    assert!(drawn.is_overview && drawn.height <= 570, "{}", drawn.height);
}

fn apart(a: Rect, b: Rect) -> bool {
    a.x + a.w <= b.x || b.x + b.w <= a.x || a.y + a.h <= b.y || b.y + b.h <= a.y
}

fn all_apart(boxes: &[Rect]) -> bool {
    boxes.iter().enumerate().all(|(at, a)| boxes.iter().skip(at + 1).all(|b| apart(*a, *b)))
}

fn inside(layout: &Layout, of: Rect) -> bool {
    of.x >= 0 && of.y >= 0 && of.x + of.w <= layout.width && of.y + of.h <= layout.height
}

/// Clusters and links between them, by number; a link to a number beyond the clusters is to an unknown one.
fn worlds() -> impl Strategy<Value = (Vec<ClusterView>, Vec<LinkRow>)> {
    let links = proptest::collection::vec((0usize..8, 0usize..11, any::<bool>()), 0..60);
    (1usize..8, links).prop_map(|(n, links)| {
        let clusters: Vec<ClusterView> = (0..n).map(|at| cluster(&format!("c{at}"))).collect();
        let rows = links.into_iter().enumerate().filter_map(|(at, (on, remote, dials))| {
            let on = on % n;
            let connection = if dials { ConnectionMode::Outbound } else { ConnectionMode::Inbound };
            (on != remote).then(|| {
                half(
                    &format!("l{at}"),
                    &format!("c{on}"),
                    &format!("c{remote}"),
                    LinkMode::Destination,
                    connection,
                )
            })
        });
        (clusters, rows.collect())
    })
}

proptest! {
    #[test]
    fn no_two_boxes_meet_and_all_are_inside((clusters, rows) in worlds(), width in 320i32..1_600, seen in proptest::option::of(200i32..900)) {
        let graph = Graph::new(&clusters, &rows);
        let drawn = layout(&graph, width, seen);
        let nodes: Vec<Rect> = drawn.sites.iter().map(|site| site.node).collect();
        let cards: Vec<Rect> = drawn.lines.iter().map(|line| line.card).collect();
        let all: Vec<Rect> = nodes.iter().chain(&cards).copied().collect();
        prop_assert!(all_apart(&all), "{:?}", all);
        prop_assert!(all.iter().all(|of| inside(&drawn, *of)), "{:?}", drawn);
        for site in &drawn.sites {
            prop_assert!(site.passages.iter().all(|y| (site.node.y..=site.node.y + site.node.h).contains(y)));
        }
    }

    #[test]
    fn links_of_the_same_pair_are_fanned_out((clusters, rows) in worlds()) {
        let graph = Graph::new(&clusters, &rows);
        let drawn = layout(&graph, 1_160, None);
        let mut paths: Vec<&str> = drawn.lines.iter().map(|line| line.path.as_str()).collect();
        let n = paths.len();
        paths.sort_unstable();
        paths.dedup();
        prop_assert_eq!(paths.len(), n);
        let mut sockets: Vec<(i32, i32)> = drawn.lines.iter().map(|line| line.socket).collect();
        sockets.sort_unstable();
        sockets.dedup();
        prop_assert_eq!(sockets.len(), n, "every link leaves its node at a place of its own");
    }

    #[test]
    fn numbers_and_order_move_nothing((clusters, rows) in worlds(), lags in proptest::collection::vec(any::<u32>(), 60)) {
        let before = layout(&Graph::new(&clusters, &rows), 1_160, None);
        let mut rows = rows;
        for (row, lag) in rows.iter_mut().zip(lags) {
            row.lag.records = Some(lag.into());
            row.rate.bytes = lag.into();
            row.state = if lag % 2 == 0 { LinkState::Active } else { LinkState::Unavailable };
        }
        rows.reverse();
        let mut clusters = clusters;
        clusters.reverse();
        prop_assert_eq!(layout(&Graph::new(&clusters, &rows), 1_160, None), before);
    }
}
