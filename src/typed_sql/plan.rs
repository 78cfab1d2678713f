//! Which columns of a query's rows a plan can fill with nulls though their origin is NOT NULL.

use std::collections::BTreeSet;

use serde_json::Value;

/// Marks the columns that can be null. `explained` is what `EXPLAIN (VERBOSE, FORMAT JSON)` answers (PostgreSQL
/// documentation, "EXPLAIN"); without a plan in it everything may be.
pub(super) fn mark(explained: &Value, nulls: &mut [bool]) {
    let Some(top) = explained.pointer("/0/Plan") else { return nulls.fill(true) };
    let mut reached = Reached::default();
    reached.visit(top, false);
    if reached.everything {
        return nulls.fill(true);
    }
    // Rows of INSERT, UPDATE and DELETE are the output of the node itself.
    for (null, output) in nulls.iter_mut().zip(outputs(top)) {
        // `RETURNING old.x` of a row that was not there before (PostgreSQL 18).
        let version = output.starts_with("old.") || output.starts_with("new.");
        *null |= version || reached.nulled.contains(output);
    }
}

#[derive(Default)]
struct Reached<'a> {
    /// Expressions that some join fills with nulls.
    nulled: BTreeSet<&'a str>,
    /// Whether a node can fill any column with nulls.
    everything: bool,
}

impl<'a> Reached<'a> {
    /// Looks at a node and those below; `null` is whether a join above can put nulls in the place of its rows. Returns
    /// whether there is such a join in it.
    fn visit(&mut self, node: &'a Value, null: bool) -> bool {
        // A grouping by one column puts nulls into the others.
        self.everything |= node.get("Grouping Sets").is_some();
        let join = node.get("Join Type").and_then(Value::as_str).unwrap_or_default();
        let mut joins = matches!(join, "Left" | "Right" | "Full");
        for child in node.get("Plans").and_then(Value::as_array).into_iter().flatten() {
            let side = child.get("Parent Relationship").and_then(Value::as_str).unwrap_or_default();
            let filled = matches!((join, side), ("Full", _) | ("Left", "Inner") | ("Right", "Outer"));
            joins |= self.visit(child, null || filled);
        }
        // Such a node gives new names to what comes from below.
        let renames = matches!(node.get("Node Type").and_then(Value::as_str), Some("Subquery Scan" | "CTE Scan"));
        if null || (renames && joins) {
            self.nulled.extend(outputs(node));
        }
        // The rows of a common table expression are computed elsewhere in the plan.
        self.everything |=
            joins && node.get("Subplan Name").and_then(Value::as_str).is_some_and(|name| name.starts_with("CTE "));
        joins
    }
}

fn outputs(node: &Value) -> impl Iterator<Item = &str> {
    node.get("Output").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}
