//! Where each link runs: its lane between the columns, its card, and where it leaves its clusters.

use super::{Line, Rect, Sizes, len, node_box, set};
use crate::model::topology::{Edge, Graph};

/// The links' cards, each as near to the middle between its nodes as the others let it.
pub(super) fn cards(
    graph: &Graph,
    regions: &[Rect],
    width: i32,
    height: i32,
    sizes: &Sizes,
) -> Vec<Rect> {
    let middle = |node: usize| regions.get(node).map_or(0, |region| region.middle());
    let wanted = |edge: &Edge| (middle(edge.from) + middle(edge.to)) / 2;
    let mut order: Vec<usize> = (0..graph.edges.len()).collect();
    // Links of the same pair stay together, and there those of the same direction.
    order.sort_by_key(|at| {
        graph.edges.get(*at).map(|edge| {
            let (from, to) = (edge.from, edge.to);
            (wanted(edge), from.min(to), from.max(to), from, *at)
        })
    });
    let (w, h) = sizes.card;
    let step = h + sizes.gaps.0;
    let targets =
        order.iter().filter_map(|at| graph.edges.get(*at)).map(|edge| wanted(edge) - h / 2);
    let tops = spread(&targets.collect::<Vec<_>>(), step, height - h);
    let mut cards = vec![Rect::default(); graph.edges.len()];
    for (at, y) in order.into_iter().zip(tops) {
        set(&mut cards, at, Rect { x: (width - w) / 2, y, w, h });
    }
    cards
}

/// Places in rising order, `step` apart at least and as near to those wanted as that allows: neighbours that are
/// too close share the difference (pool adjacent violators). None is above 0 or, if there is room, below `last`.
fn spread(wanted: &[i32], step: i32, last: i32) -> Vec<i32> {
    let mut pools: Vec<(i32, i32)> = Vec::new();
    for (at, place) in wanted.iter().enumerate() {
        pools.push((place - step * len(at), 1));
        while let [.., (above, n_above), (below, n_below)] = *pools.as_slice() {
            if above * n_below <= below * n_above {
                break;
            }
            pools.truncate(pools.len() - 2);
            pools.push((above + below, n_above + n_below));
        }
    }
    let last = (last - step * len(wanted.len().saturating_sub(1))).max(0);
    let shares = pools.iter().flat_map(|(sum, n)| {
        std::iter::repeat_n((sum / n).clamp(0, last), usize::try_from(*n).unwrap_or(0))
    });
    shares.enumerate().map(|(at, share)| share + step * len(at)).collect()
}

/// The heights at which each edge leaves its two nodes, in the order of the cards so that lines do not cross there.
pub(super) fn ports(
    graph: &Graph,
    regions: &[Rect],
    cards: &[Rect],
    sizes: &Sizes,
) -> Vec<(i32, i32)> {
    let mut ports = vec![(0, 0); graph.edges.len()];
    for (node, region) in regions.iter().enumerate() {
        let at_card = |at: usize| cards.get(at).map_or(0, |card| card.y);
        let mut ends: Vec<(i32, usize, bool)> = Vec::new();
        for (at, edge) in graph.edges.iter().enumerate() {
            ends.extend((edge.from == node).then(|| (at_card(at), at, false)));
            ends.extend((edge.to == node).then(|| (at_card(at), at, true)));
        }
        ends.sort_unstable();
        let inner = node_box(graph, node, *region, sizes);
        let between = len(ends.len()).saturating_sub(1).max(1);
        let step = ((inner.h - sizes.ends()) / between).clamp(1, sizes.ports.0);
        let first = inner.middle() - step * (len(ends.len()) - 1) / 2;
        for (place, (_, at, is_end)) in ends.into_iter().enumerate() {
            if let Some(port) = ports.get_mut(at) {
                let y = first + step * len(place);
                if is_end { port.1 = y } else { port.0 = y }
            }
        }
    }
    ports
}

/// One end of a line: where it leaves its node, where its straight part ends, and which way is out.
#[derive(Clone, Copy)]
struct End {
    x: i32,
    y: i32,
    stub: i32,
    out: i32,
}

pub(super) fn line(
    edge: &Edge,
    card: Rect,
    ends: (i32, i32),
    is_right: &[bool],
    regions: &[Rect],
    sizes: &Sizes,
) -> Line {
    let end = |node: usize, y: i32| {
        let region = regions.get(node).copied().unwrap_or_default();
        let out = if is_right.get(node).copied().unwrap_or(false) { -1 } else { 1 };
        let edge_of_node =
            if out < 0 { region.x + sizes.pad } else { region.x + region.w - sizes.pad };
        End { x: edge_of_node, y, stub: edge_of_node + out * (sizes.pad + sizes.stub), out }
    };
    let (from, to) = (end(edge.from, ends.0), end(edge.to, ends.1));
    let near = |end: End| if end.out < 0 { card.x + card.w } else { card.x };
    let is_loop = from.out == to.out;
    // A link within a column turns round at its card; its two lines keep apart there.
    let apart = if is_loop { (card.h / 5).max(3) } else { 0 };
    let order = if ends.0 <= ends.1 { 1 } else { -1 };
    let (y0, y1) = (card.middle() - apart * order, card.middle() + apart * order);
    let (a, b) = (near(from), near(to));
    let (m0, m1) = (i32::midpoint(from.stub, a), i32::midpoint(to.stub, b));
    let path = format!(
        "M{} {}H{}C{m0} {} {m0} {y0} {a} {y0}L{b} {y1}C{m1} {y1} {m1} {} {} {}H{}",
        from.x,
        from.y,
        from.stub,
        from.y,
        to.y,
        to.stub,
        to.y,
        to.x + to.out * 6
    );
    let (long, half) = if sizes.ports.1 < 4 { (5, 2) } else { (9, 5) };
    let arrow = format!("M{} {}l{} -{half}v{}Z", to.x + to.out, to.y, to.out * long, 2 * half);
    let dialler = if edge.from_dials { from } else { to };
    // An arrow has the end to itself.
    let inset = if edge.from_dials { sizes.socket } else { sizes.socket + 11 };
    Line { path, arrow, socket: (dialler.x + dialler.out * inset, dialler.y), card }
}
