//! Failures of many tasks that say the same, told once.

use std::collections::{HashMap, HashSet};

use ledama_base::operation::{ErrorKind, OperationError};

use super::{FailureGroup, Outcome};

/// What stands for the label where messages differ by it only.
const PLACE: &str = "…";

/// Groups by kind, message and advice; the label of a task counts as the same text.
pub(super) fn failures<'a>(failures: impl Iterator<Item = &'a Outcome>) -> Vec<FailureGroup> {
    let mut groups: Vec<FailureGroup> = Vec::new();
    // The messages as they are, for groups in which they do not differ.
    let mut originals: Vec<Option<String>> = Vec::new();
    let mut known: HashMap<(ErrorKind, String, Option<String>), usize> = HashMap::new();
    for outcome in failures {
        let unexplained;
        let error = if let Some(error) = &outcome.error {
            error
        } else {
            unexplained = OperationError::new(ErrorKind::Internal, "failed without a reason");
            &unexplained
        };
        let message = without_label(&error.message, &outcome.label);
        let help = error.help.as_ref().map(|help| without_label(help, &outcome.label));
        let at = *known.entry((error.kind, message.clone(), help.clone())).or_insert_with(|| {
            let (nodes, tasks) = (Vec::new(), Vec::new());
            groups.push(FailureGroup { kind: error.kind, message, help, nodes, tasks });
            originals.push(Some(error.message.clone()));
            groups.len() - 1
        });
        let group = &mut groups[at];
        group.tasks.push(outcome.task);
        if originals[at].as_ref() != Some(&error.message) {
            originals[at] = None;
        }
        group.nodes.push(outcome.node.clone());
    }
    for (group, original) in groups.iter_mut().zip(originals) {
        if let Some(message) = original {
            group.message = message;
        }
        let mut seen = HashSet::new();
        group.nodes.retain(|node| seen.insert(node.clone()));
    }
    groups
}

/// The text with every whole occurrence of the label replaced.
fn without_label(text: &str, label: &str) -> String {
    if label.is_empty() {
        return text.to_string();
    }
    let mut made = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(label) {
        let (before, after) = (&rest[..at], &rest[at + label.len()..]);
        made.push_str(before);
        let joined = made.ends_with(is_word) && label.starts_with(is_word)
            || after.starts_with(is_word) && label.ends_with(is_word);
        made.push_str(if joined { label } else { PLACE });
        rest = after;
    }
    made.push_str(rest);
    made
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;
    use crate::report::{Report, State};

    fn failed(task: usize, node: &str, label: &str, message: &str) -> Outcome {
        Outcome {
            error: Some(OperationError::new(ErrorKind::Io, message)),
            ..Outcome::new(task, node, label, State::Failed)
        }
    }

    #[test]
    fn messages_that_differ_by_their_label_are_one_group() {
        let report = Report {
            outcomes: vec![
                failed(0, "node012", "/a/x", "/a/x: disk full"),
                Outcome::new(1, "node012", "/a/ok", State::Done),
                failed(2, "node011", "/a/y", "/a/y: disk full"),
                failed(3, "node012", "/a/z", "/a/z: disk full"),
                failed(4, "node013", "/a/q", "broken pipe"),
                failed(5, "node014", "/a/r", "broken pipe"),
                failed(6, "node014", "/a/s", "/a/s: odd"),
                Outcome::new(7, "node014", "/a/t", State::Skipped),
            ],
            ..Report::default()
        };
        let groups = report.groups();
        let told: Vec<(&str, String, &[usize])> = groups
            .iter()
            .map(|g| (g.message.as_str(), g.nodes.join(","), g.tasks.as_slice()))
            .collect();
        assert_eq!(
            told,
            [
                ("…: disk full", "node012,node011".to_string(), [0, 2, 3].as_slice()),
                ("broken pipe", "node013,node014".to_string(), &[4, 5]),
                ("/a/s: odd", "node014".to_string(), &[6]),
            ]
        );
    }

    #[test]
    fn kinds_and_advice_keep_groups_apart() {
        let mut with_help = failed(1, "n", "l", "no");
        with_help.error = with_help.error.map(|e| e.help("do something"));
        let mut other_kind = failed(2, "n", "l", "no");
        other_kind.error = Some(OperationError::new(ErrorKind::Permission, "no"));
        let all = [failed(0, "n", "l", "no"), with_help, other_kind];
        assert_eq!(failures(all.iter()).len(), 3);
    }

    #[test]
    fn only_whole_occurrences_of_a_label_count() {
        assert_eq!(without_label("a: cannot read a file a", "a"), "…: cannot read … file …");
        assert_eq!(without_label("banana", "a"), "banana");
        assert_eq!(
            without_label("/d/x.MS: /d/x.MS.part is there", "/d/x.MS"),
            "…: ….part is there"
        );
        assert_eq!(without_label("/d/x1", "/d/x"), "/d/x1");
        assert_eq!(without_label("text", ""), "text");
    }
}
