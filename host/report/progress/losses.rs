//! Nodes that were lost, told once each and together: eighty nodes behind one
//! broken switch are one line, and not three for each of them.

use std::collections::{BTreeMap, BTreeSet};

use ledama_base::nodeset::fold;

/// What has to be told and what has been.
#[derive(Debug, Default)]
pub(super) struct Losses {
    /// Nodes by reason, in order of appearance.
    waiting: BTreeMap<String, Vec<String>>,
    told: BTreeSet<(String, String)>,
}

impl Losses {
    /// A node was lost.
    pub(super) fn add(&mut self, node: &str, reason: &str) {
        // Reasons that name their node are the same but for that.
        let reason = reason.replace(node, "…");
        if self.told.insert((node.to_string(), reason.clone())) {
            self.waiting.entry(reason).or_default().push(node.to_string());
        }
    }

    /// The lines to be told now.
    pub(super) fn take(&mut self) -> Vec<String> {
        let line = |(reason, nodes): (String, Vec<String>)| match &nodes[..] {
            [node] => format!("{node}: {}", reason.replace('…', node)),
            _ => format!("{}: {reason}", fold(&nodes)),
        };
        std::mem::take(&mut self.waiting).into_iter().map(line).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_reason_is_told_once_for_all_nodes() {
        let mut losses = Losses::default();
        for _ in 0..3 {
            losses.add("node011", "no route to node011");
            losses.add("node012", "no route to node012");
            losses.add("node013", "no answer from node013");
        }
        assert_eq!(
            losses.take(),
            ["node013: no answer from node013", "node[011-012]: no route to …"]
        );
        losses.add("node011", "no route to node011");
        assert!(losses.take().is_empty(), "it has been told");
        losses.add("node011", "the key is refused");
        assert_eq!(losses.take(), ["node011: the key is refused"]);
    }
}
