//! Drift, for people and for programs.

use serde_json::{Value, json};

use super::{ERROR, GOOD, Output, REMOVED, WARNING};
use crate::catalog::compare::ObjectChange;
use crate::catalog::tree::{Line, Mark};
use crate::migrations::drift::{Drift, Origin};

impl Output {
    /// A line that says that something is wrong.
    pub fn bad(&mut self, text: impl AsRef<str>) {
        self.sentence(ERROR, text.as_ref());
    }

    /// A line of a tree of differences.
    pub fn tree_line(&mut self, line: &Line) {
        let style = match line.mark {
            Mark::Added => GOOD,
            Mark::Removed => REMOVED,
            Mark::Altered => WARNING,
            Mark::None => return self.line(line.to_string()),
        };
        let text = self.styled(style, &format!("{} {}", line.mark.sign(), line.text));
        self.line(format!("{}{text}", line.branches));
    }

    /// What the signs of a tree mean.
    pub fn legend(&mut self, signs: &[(Mark, &str)]) {
        let parts: Vec<String> = signs.iter().map(|(mark, text)| format!("{} {text}", mark.sign())).collect();
        self.note(format!("\n{}", parts.join(", ")));
    }
}

/// Drift for programs. `change` is `added` (it should not be there), `removed` (it should) or `altered`; one that
/// `follows` is part of an object that came or went as a whole.
pub fn drift_json(drift: &Drift) -> Value {
    let checked = match drift {
        Drift::NotChecked(reason) => return json!({ "checked": false, "reason": reason }),
        Drift::Checked(checked) => checked,
    };
    let (source, taken_at, since) = match &checked.origin {
        Origin::Snapshot { taken_at, since } => ("snapshot", Some(taken_at), since.as_ref()),
        Origin::Cache => ("cache", None, None),
        Origin::Replay => ("replay", None, None),
    };
    let differences = checked.comparison.with_followers().map(|(difference, follows)| {
        let change = match &difference.change {
            ObjectChange::Added(_) => "added",
            ObjectChange::Removed(_) => "removed",
            ObjectChange::Altered(_) => "altered",
        };
        let properties: Vec<Value> = match &difference.change {
            ObjectChange::Altered(changes) => changes
                .iter()
                .map(|change| json!({ "name": change.property.name(), "from": change.from, "to": change.to }))
                .collect(),
            ObjectChange::Added(_) | ObjectChange::Removed(_) => Vec::new(),
        };
        json!({
            "change": change,
            "kind": difference.id.kind.name(),
            "path": difference.id.path,
            "follows": follows,
            "properties": properties,
        })
    });
    let paths = |list: &[crate::catalog::Id]| list.iter().map(|id| json!(id.path)).collect::<Vec<Value>>();
    json!({
        "checked": true,
        "source": source,
        "takenAt": taken_at,
        "since": since,
        "differences": differences.collect::<Vec<Value>>(),
        "newPartitions": paths(&checked.comparison.new_partitions),
        "gonePartitions": paths(&checked.comparison.gone_partitions),
        "undo": checked.undo,
        "keep": checked.keep,
    })
}
