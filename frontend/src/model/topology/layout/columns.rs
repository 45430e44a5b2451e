//! Which cluster stands in which column, and in what order, so that lines are short and cross seldom.

use super::{len, set};
use crate::model::sort::natural;
use crate::model::topology::{Edge, Graph};

/// Which nodes stand at the right: neighbours on opposite sides as far as possible, those that dial at the left.
pub(super) fn columns(graph: &Graph) -> Vec<bool> {
    let n = graph.nodes.len();
    let mut sides: Vec<Option<bool>> = vec![None; n];
    let (mut n_left, mut n_right) = (0usize, 0usize);
    for start in 0..n {
        if sides.get(start).copied().flatten().is_some() {
            continue;
        }
        let mut group = vec![start];
        set(&mut sides, start, Some(false));
        let mut at = 0;
        while let Some(node) = group.get(at).copied() {
            let side = sides.get(node).copied().flatten().unwrap_or(false);
            for edge in &graph.edges {
                let other = match (edge.from == node, edge.to == node) {
                    (true, false) => edge.to,
                    (false, true) => edge.from,
                    _ => continue,
                };
                if sides.get(other).copied().flatten().is_none() {
                    set(&mut sides, other, Some(!side));
                    group.push(other);
                }
            }
            at += 1;
        }
        let score = |right: bool| -> i32 {
            let own =
                group.iter().filter(|node| sides.get(**node).copied().flatten() == Some(right));
            own.map(|node| dial_score(graph, *node)).sum()
        };
        let is_alone = group.len() == 1;
        if score(true) > score(false) || (is_alone && n_left > n_right) {
            for node in &group {
                let side = sides.get(*node).copied().flatten().unwrap_or(false);
                set(&mut sides, *node, Some(!side));
            }
        }
        let right =
            group.iter().filter(|node| sides.get(**node).copied().flatten() == Some(true)).count();
        n_right += right;
        n_left += group.len() - right;
    }
    sides.into_iter().map(|side| side.unwrap_or(false)).collect()
}

/// Links that a node dials, less those that are dialled into it.
fn dial_score(graph: &Graph, node: usize) -> i32 {
    let score = |edge: &Edge| match (edge.from == node, edge.to == node) {
        (true, false) => {
            if edge.from_dials {
                1
            } else {
                -1
            }
        }
        (false, true) => {
            if edge.from_dials {
                -1
            } else {
                1
            }
        }
        _ => 0,
    };
    graph.edges.iter().map(score).sum()
}

/// The nodes of both columns from top to bottom, near to those they are joined to.
pub(super) fn ordered(graph: &Graph, is_right: &[bool]) -> (Vec<usize>, Vec<usize>) {
    let column = |right: bool| -> Vec<usize> {
        let mut nodes: Vec<usize> = (0..graph.nodes.len())
            .filter(|node| is_right.get(*node).copied().unwrap_or(false) == right)
            .collect();
        nodes.sort_by(|a, b| natural(graph.title(*a), graph.title(*b)));
        nodes
    };
    let (mut left, mut right) = (column(false), column(true));
    for _ in 0..3 {
        sort_by_neighbours(graph, &mut right, &left);
        sort_by_neighbours(graph, &mut left, &right);
    }
    (left, right)
}

fn sort_by_neighbours(graph: &Graph, column: &mut [usize], other: &[usize]) {
    let mean = |node: usize| -> i32 {
        let places = graph.edges.iter().filter_map(|edge| {
            let neighbour = match (edge.from == node, edge.to == node) {
                (true, false) => edge.to,
                (false, true) => edge.from,
                _ => return None,
            };
            other.iter().position(|place| *place == neighbour).map(len)
        });
        let places: Vec<i32> = places.collect();
        let sum: i32 = places.iter().sum();
        // Those that are joined to nobody stand last.
        if places.is_empty() { i32::MAX } else { sum * 1_000 / len(places.len()) }
    };
    column.sort_by_cached_key(|node| mean(*node));
}
