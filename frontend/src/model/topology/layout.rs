//! Where everything of the topology is drawn, from the graph and the width alone.
//!
//! Sites stand in two columns, those that dial on the left where that is possible. Each link has a lane of its
//! own between them, with its card in the middle, so that links of the same pair fan out and no two cards meet.

use super::{Edge, Graph};

mod columns;
mod lines;

use columns::{columns, ordered};
use lines::{cards, line, ports};

/// A box in pixels.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rect {
    /// Left edge.
    pub x: i32,
    /// Upper edge.
    pub y: i32,
    /// Width.
    pub w: i32,
    /// Height.
    pub h: i32,
}

impl Rect {
    fn middle(self) -> i32 {
        self.y + self.h / 2
    }

    /// Position and size as CSS.
    #[must_use]
    pub fn css(self) -> String {
        let Self { x, y, w, h } = self;
        format!("left:{x}px;top:{y}px;width:{w}px;height:{h}px")
    }
}

/// A site with its cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    /// The ground it stands on.
    pub region: Rect,
    /// The cluster.
    pub node: Rect,
    /// The firewall in front of it, if it dials.
    pub wall: Option<Rect>,
    /// Heights at which links pass the wall.
    pub passages: Vec<i32>,
}

/// A link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// From the node that data comes from to the one it goes to, as SVG path data.
    pub path: String,
    /// The arrow at its end.
    pub arrow: String,
    /// Where the socket is: at the side that dials.
    pub socket: (i32, i32),
    /// What is written about it.
    pub card: Rect,
}

/// The whole drawing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Layout {
    /// Its width.
    pub width: i32,
    /// Its height.
    pub height: i32,
    /// Whether cards have one line instead of three.
    pub is_dense: bool,
    /// Whether it is drawn for a small screen.
    pub is_narrow: bool,
    /// Whether there are only names and lines, so that all of many links is seen at once.
    pub is_overview: bool,
    /// By node.
    pub sites: Vec<Site>,
    /// By edge.
    pub lines: Vec<Line>,
}

/// More links than this have cards of one line.
const MANY: usize = 10;
/// Up to so many links stand further apart.
const FEW: usize = 4;
/// Narrower drawings are for small screens.
const NARROW: i32 = 640;
/// The least height of a wide drawing.
const ROOM: i32 = 320;
/// How much of the height that is left over a region takes at most.
const GROWTH: i32 = 150;

/// Measures in pixels.
struct Sizes {
    /// Width of a region.
    region: i32,
    /// Between the edge of a region and its node.
    pad: i32,
    /// Above a node in its region, for its place.
    head: i32,
    /// Below a node in its region, for the words of its firewall.
    foot: i32,
    node: i32,
    card: (i32, i32),
    /// Between two cards, and between two regions.
    gaps: (i32, i32),
    /// Distance from the region, and thickness.
    wall: (i32, i32),
    /// How far a line runs straight from its node.
    stub: i32,
    /// Between two lines at a node, wanted at most and at least.
    ports: (i32, i32),
    /// From the end of a line to its socket.
    socket: i32,
}

impl Sizes {
    fn new(width: i32, graph: &Graph) -> Self {
        let n_edges = graph.edges.len();
        let is_dense = n_edges > MANY;
        if width < NARROW {
            let card = (width * 35 / 100, if is_dense { 24 } else { 80 });
            return Self {
                region: width * 27 / 100,
                pad: 0,
                head: 0,
                foot: 0,
                // Three lines of a name, and one of health.
                node: 76,
                card,
                gaps: (if is_dense { 4 } else { 16 }, 20),
                wall: (13, 4),
                stub: 16,
                ports: (24, 8),
                socket: 6,
            };
        }
        let spare = width - 2 * 248;
        // The words of one firewall keep their room on all sites, so that clusters stand level.
        let has_words = (0..graph.nodes.len()).any(|node| !graph.firewall_words(node).is_empty());
        Self {
            region: 248,
            pad: 14,
            head: 32,
            foot: if has_words { 30 } else { 14 },
            node: 82,
            card: if is_dense {
                ((spare - 170).min(310), 24)
            } else {
                ((spare - 150).min(300), 70)
            },
            gaps: (
                if is_dense {
                    5
                } else if n_edges <= FEW {
                    44
                } else {
                    22
                },
                24,
            ),
            wall: (12, 10),
            stub: 40,
            ports: (34, 9),
            socket: 10,
        }
    }

    /// Names and lines alone, in a height of `seen` if that is possible.
    fn overview(width: i32, n_edges: usize, seen: i32) -> Self {
        let step = (seen / len(n_edges.max(1))).clamp(2, 24);
        Self {
            region: (width * 24 / 100).min(220),
            pad: 0,
            head: 0,
            foot: 0,
            node: 30,
            card: (width / 4, 1),
            gaps: (step - 1, 8),
            wall: (9, 5),
            stub: 18,
            ports: (12, 2),
            socket: 5,
        }
    }

    /// Height of a node that no line leaves from.
    fn ends(&self) -> i32 {
        if self.ports.1 < 4 { 6 } else { 24 }
    }
}

/// Places everything. `width` is the room there is; with a height in `seen`, as an overview.
#[must_use]
pub fn layout(graph: &Graph, width: i32, seen: Option<i32>) -> Layout {
    let width = width.max(320);
    let sizes = match seen {
        Some(seen) => Sizes::overview(width, graph.edges.len(), seen),
        None => Sizes::new(width, graph),
    };
    let is_dense = seen.is_some() || graph.edges.len() > MANY;
    let least = if is_dense || sizes.head == 0 { 0 } else { ROOM };
    let is_right = columns(graph);
    let (left, right) = ordered(graph, &is_right);
    let heights: Vec<i32> =
        (0..graph.nodes.len()).map(|node| region_height(graph, node, &sizes)).collect();
    let stack = |column: &[usize]| -> i32 {
        let regions: i32 = column.iter().filter_map(|node| heights.get(*node)).sum();
        regions + sizes.gaps.1 * len(column.len()).saturating_sub(1).max(0)
    };
    let lanes = len(graph.edges.len()) * (sizes.card.1 + sizes.gaps.0) - sizes.gaps.0;
    let height = stack(&left).max(stack(&right)).max(lanes).max(least);
    let mut regions = vec![Rect::default(); graph.nodes.len()];
    for (column, x) in [(&left, 0), (&right, width - sizes.region)] {
        // What is left over is shared out, so that nodes are near their links in a high drawing too.
        let share = (height - stack(column)) / len(column.len().max(1));
        let growth = if least > 0 { share.min(GROWTH) } else { 0 };
        let mut y = (share - growth) / 2;
        for node in column {
            let h = heights.get(*node).copied().unwrap_or(0) + growth;
            if let Some(region) = regions.get_mut(*node) {
                *region = Rect { x, y, w: sizes.region, h };
            }
            y += h + sizes.gaps.1 + share - growth;
        }
    }
    let cards = cards(graph, &regions, width, height, &sizes);
    let ports = ports(graph, &regions, &cards, &sizes);
    let lines = graph
        .edges
        .iter()
        .zip(&cards)
        .zip(&ports)
        .map(|((edge, card), ends)| line(edge, *card, *ends, &is_right, &regions, &sizes));
    let lines: Vec<Line> = lines.collect();
    let sites =
        (0..graph.nodes.len()).map(|node| site(graph, node, &regions, &ports, &is_right, &sizes));
    let sites = sites.collect();
    Layout {
        width,
        height,
        is_dense,
        is_narrow: width < NARROW,
        is_overview: seen.is_some(),
        sites,
        lines,
    }
}

fn len(n: usize) -> i32 {
    i32::try_from(n).unwrap_or(i32::MAX / 1_024)
}

fn set<T>(all: &mut [T], at: usize, value: T) {
    if let Some(slot) = all.get_mut(at) {
        *slot = value;
    }
}

fn ends_of(graph: &Graph, node: usize) -> usize {
    let ends = |edge: &Edge| usize::from(edge.from == node) + usize::from(edge.to == node);
    graph.edges.iter().map(ends).sum()
}

fn node_height(graph: &Graph, node: usize, sizes: &Sizes) -> i32 {
    let ports = len(ends_of(graph, node)).saturating_sub(1).max(0) * sizes.ports.1 + sizes.ends();
    sizes.node.max(ports)
}

fn region_height(graph: &Graph, node: usize, sizes: &Sizes) -> i32 {
    node_height(graph, node, sizes) + sizes.head + sizes.foot
}

fn node_box(graph: &Graph, node: usize, region: Rect, sizes: &Sizes) -> Rect {
    let h = node_height(graph, node, sizes);
    let above = (region.h - sizes.head - sizes.foot - h) / 2;
    let (x, y) = (region.x + sizes.pad, region.y + sizes.head + above);
    Rect { x, y, w: region.w - 2 * sizes.pad, h }
}

fn site(
    graph: &Graph,
    node: usize,
    regions: &[Rect],
    ports: &[(i32, i32)],
    is_right: &[bool],
    sizes: &Sizes,
) -> Site {
    let region = regions.get(node).copied().unwrap_or_default();
    let has_wall = !graph.firewall_words(node).is_empty();
    let (away, w) = sizes.wall;
    let x = if is_right.get(node).copied().unwrap_or(false) {
        region.x - away - w
    } else {
        region.x + region.w + away
    };
    let passages = graph.edges.iter().zip(ports).flat_map(|(edge, port)| {
        [(edge.from, port.0), (edge.to, port.1)]
            .into_iter()
            .filter(|(end, _)| *end == node)
            .map(|(_, y)| y)
    });
    Site {
        region,
        node: node_box(graph, node, region, sizes),
        wall: has_wall.then_some(Rect { x, w, ..region }),
        passages: if has_wall { passages.collect() } else { Vec::new() },
    }
}
