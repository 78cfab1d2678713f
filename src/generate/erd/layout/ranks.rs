//! Which column a box stands in.

use super::pack::Component;
use super::{BETWEEN_BOXES, Edge, Size};

/// The columns of the boxes of a component; boxes outside have none (`usize::MAX`). The two ends of a line are never in
/// the same column, unless they are the same box. No column is higher than `limit` if that can be avoided (E. Coffman and
/// R. Graham, "Optimal scheduling for two-processor systems", 1972).
pub(super) fn ranks(nodes: &[Size], edges: &[Edge], component: &Component, limit: i32) -> Vec<usize> {
    let arcs = Arcs::new(nodes.len(), &without_cycles(nodes.len(), edges, component));
    let mut ranks = vec![usize::MAX; nodes.len()];
    let mut heights: Vec<i32> = Vec::new();
    let need = |node: usize| nodes[node].height + BETWEEN_BOXES;
    for node in topological(&arcs, component) {
        let parents = arcs.to[node].iter().map(|from| ranks[*from]);
        let mut rank = parents.max().map_or(0, |rank| rank + 1);
        while heights.get(rank).is_some_and(|height| height + need(node) > limit + BETWEEN_BOXES) {
            rank += 1;
        }
        heights.resize(heights.len().max(rank + 1), 0);
        heights[rank] += need(node);
        ranks[node] = rank;
    }
    tighten(nodes, &arcs, component, limit, &mut ranks, &mut heights);
    close_gaps(component, &mut ranks);
    ranks
}

/// For each box those that stand left and right of it at the other ends of its lines.
struct Arcs {
    to: Vec<Vec<usize>>,
    from: Vec<Vec<usize>>,
}

impl Arcs {
    fn new(count: usize, arcs: &[(usize, usize)]) -> Self {
        let mut all = Self { to: vec![Vec::new(); count], from: vec![Vec::new(); count] };
        for (from, to) in arcs {
            all.to[*to].push(*from);
            all.from[*from].push(*to);
        }
        all
    }
}

/// The lines as arcs from left to right, each pair of boxes once; those that would close a cycle are turned.
fn without_cycles(count: usize, edges: &[Edge], component: &Component) -> Vec<(usize, usize)> {
    let mut arcs: Vec<(usize, usize)> =
        component.edges.iter().map(|edge| (edges[*edge].first.node, edges[*edge].second.node)).collect();
    arcs.retain(|(from, to)| from != to);
    arcs.sort_unstable();
    arcs.dedup();
    let mut targets = vec![Vec::new(); count];
    let mut incoming = vec![0_usize; count];
    for (from, to) in &arcs {
        targets[*from].push(*to);
        incoming[*to] += 1;
    }
    // Boxes that nothing points to come first; then those that much depends on.
    let mut starts = component.nodes.clone();
    starts.sort_by_key(|node| (incoming[*node] > 0, std::cmp::Reverse(targets[*node].len()), *node));
    let mut state = vec![State::New; count];
    let mut position = vec![0_usize; count];
    let mut finished = count;
    for start in starts {
        if state[start] != State::New {
            continue;
        }
        // Depth first, without recursion: a chain may be as long as a schema.
        let mut path = vec![(start, 0_usize)];
        state[start] = State::Open;
        while let Some((node, next)) = path.last_mut() {
            if let Some(target) = targets[*node].get(*next) {
                *next += 1;
                if state[*target] == State::New {
                    state[*target] = State::Open;
                    path.push((*target, 0));
                }
            } else {
                finished -= 1;
                position[*node] = finished;
                state[*node] = State::Done;
                path.pop();
            }
        }
    }
    for arc in &mut arcs {
        if position[arc.0] > position[arc.1] {
            *arc = (arc.1, arc.0);
        }
    }
    arcs.sort_unstable();
    arcs.dedup();
    arcs
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    New,
    Open,
    Done,
}

/// Boxes so that each comes after all that must stand left of it; those that most depends on come early.
fn topological(arcs: &Arcs, component: &Component) -> Vec<usize> {
    let mut waiting: Vec<usize> = arcs.to.iter().map(Vec::len).collect();
    let mut ready: Vec<usize> = component.nodes.iter().copied().filter(|node| waiting[*node] == 0).collect();
    let mut order = Vec::new();
    while !ready.is_empty() {
        let best = (0..ready.len()).max_by_key(|at| (arcs.from[ready[*at]].len(), std::cmp::Reverse(ready[*at])));
        let node = ready.swap_remove(best.unwrap_or_default());
        order.push(node);
        for to in &arcs.from[node] {
            waiting[*to] -= 1;
            if waiting[*to] == 0 {
                ready.push(*to);
            }
        }
    }
    order
}

/// Moves boxes to where their lines are shortest, as far as there is room.
fn tighten(nodes: &[Size], arcs: &Arcs, component: &Component, limit: i32, ranks: &mut [usize], heights: &mut [i32]) {
    for _ in 0..8 {
        let mut moved = false;
        for node in component.nodes.iter().copied() {
            let left: Vec<usize> = arcs.to[node].iter().map(|from| ranks[*from]).collect();
            let right: Vec<usize> = arcs.from[node].iter().map(|to| ranks[*to]).collect();
            let lowest = left.iter().max().map_or(0, |rank| rank + 1);
            let highest = right.iter().min().map_or(ranks[node].max(lowest), |rank| rank - 1);
            let length = |rank: usize| -> usize { left.iter().chain(&right).map(|other| rank.abs_diff(*other)).sum() };
            let need = nodes[node].height + BETWEEN_BOXES;
            let fits = |rank: usize| rank == ranks[node] || heights[rank] + need <= limit + BETWEEN_BOXES;
            let best = (lowest..=highest).filter(|rank| fits(*rank)).min_by_key(|rank| (length(*rank), *rank));
            if let Some(best) = best.filter(|best| length(*best) < length(ranks[node])) {
                heights[ranks[node]] -= need;
                heights[best] += need;
                ranks[node] = best;
                moved = true;
            }
        }
        if !moved {
            break;
        }
    }
}

/// Columns that became empty are left out.
fn close_gaps(component: &Component, ranks: &mut [usize]) {
    let mut used: Vec<usize> = component.nodes.iter().map(|node| ranks[*node]).collect();
    used.sort_unstable();
    used.dedup();
    for node in &component.nodes {
        ranks[*node] = used.binary_search(&ranks[*node]).unwrap_or_default();
    }
}
