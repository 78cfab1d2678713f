//! Two questions about directed graphs, each answered in one walk.

/// For every node the number of its strongly connected component: two nodes have the same one exactly if each can be
/// reached from the other. `edges[node]` are the nodes it leads to.
pub(super) fn components(edges: &[Vec<usize>]) -> Vec<usize> {
    let mut walk = Walk {
        edges,
        found: vec![None; edges.len()],
        low: vec![0; edges.len()],
        component: vec![usize::MAX; edges.len()],
        open: Vec::new(),
        count: 0,
        components: 0,
    };
    for node in 0..edges.len() {
        if walk.found[node].is_none() {
            walk.from(node);
        }
    }
    walk.component
}

/// Tarjan's algorithm, without recursion so that deep graphs do no harm.
struct Walk<'e> {
    edges: &'e [Vec<usize>],
    /// In which order nodes were found.
    found: Vec<Option<usize>>,
    /// The earliest found node that can be reached.
    low: Vec<usize>,
    component: Vec<usize>,
    /// Found nodes without component.
    open: Vec<usize>,
    count: usize,
    components: usize,
}

impl Walk<'_> {
    fn from(&mut self, start: usize) {
        self.enter(start);
        let mut path = vec![(start, 0)];
        while let Some((node, next)) = path.last_mut() {
            let node = *node;
            if let Some(&target) = self.edges[node].get(*next) {
                *next += 1;
                match self.found[target] {
                    None => {
                        self.enter(target);
                        path.push((target, 0));
                    }
                    Some(order) if self.component[target] == usize::MAX => {
                        self.low[node] = self.low[node].min(order);
                    }
                    Some(_) => {}
                }
                continue;
            }
            path.pop();
            self.leave(node);
            if let Some((parent, _)) = path.last() {
                self.low[*parent] = self.low[*parent].min(self.low[node]);
            }
        }
    }

    fn enter(&mut self, node: usize) {
        self.found[node] = Some(self.count);
        self.low[node] = self.count;
        self.count += 1;
        self.open.push(node);
    }

    fn leave(&mut self, node: usize) {
        if self.found[node] != Some(self.low[node]) {
            return;
        }
        while let Some(member) = self.open.pop() {
            self.component[member] = self.components;
            if member == node {
                break;
            }
        }
        self.components += 1;
    }
}

/// For every node whether one of the goals can be reached from it; goals reach themselves.
pub(super) fn reaching(edges: &[Vec<usize>], goals: Vec<bool>) -> Vec<bool> {
    let mut sources = vec![Vec::new(); edges.len()];
    for (node, targets) in edges.iter().enumerate() {
        for &target in targets {
            sources[target].push(node);
        }
    }
    let mut reached = goals;
    let mut pending: Vec<usize> = (0..edges.len()).filter(|node| reached[*node]).collect();
    while let Some(node) = pending.pop() {
        for &source in &sources[node] {
            if !std::mem::replace(&mut reached[source], true) {
                pending.push(source);
            }
        }
    }
    reached
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cycles_and_ways() {
        // 0 → 1 → 2 → 1, 2 → 3, 4 → 4
        let edges = [vec![1], vec![2], vec![1, 3], vec![], vec![4]];
        let component = components(&edges);
        assert_eq!(component[1], component[2]);
        assert_ne!(component[0], component[1]);
        assert_ne!(component[3], component[2]);
        assert_ne!(component[4], component[3]);
        assert_eq!(reaching(&edges, vec![false, false, false, true, false]), [true, true, true, true, false]);
    }
}
