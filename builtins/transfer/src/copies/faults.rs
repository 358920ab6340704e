//! Copies that would get in each other's way or in that of a source.

use std::collections::{HashMap, HashSet};

use ledama_base::operation::{ErrorKind, OperationError};
use ledama_base::quote::show;

use ledama_reffile::Entry;

use super::Copies;

/// Two copies in one place, a copy onto a source, one inside the other.
pub(super) fn collisions(copies: &Copies) -> Vec<OperationError> {
    let sources: HashSet<(&str, &str)> = copies.sources.entries().iter().map(Entry::key).collect();
    let mut targets: HashMap<(&str, &str), &str> = HashMap::new();
    let mut faults = Vec::new();
    for (source, target) in copies.pairs() {
        let place = || format!("{} on {}", show(&target.path), target.node);
        if source.key() == target.key() {
            faults.push(fault(format!("{} would be copied onto itself", place())));
        } else if sources.contains(&target.key()) {
            faults.push(fault(format!("{} is itself to be copied", place())));
        } else if let Some(first) = targets.insert(target.key(), &source.path) {
            faults.push(fault(format!(
                "{} would be the copy of both {} and {}",
                place(),
                show(first),
                show(&source.path)
            )));
        }
    }
    for (_, target) in copies.pairs() {
        if let Some(set) = above(&target.node, &target.path, |key| sources.contains(key)) {
            faults.push(fault(format!(
                "{} on {} would lie inside the set {}",
                show(&target.path),
                target.node,
                show(set)
            )));
        }
        if let Some(other) = above(&target.node, &target.path, |key| targets.contains_key(key)) {
            faults.push(fault(format!(
                "{} on {} would lie inside the copy {}",
                show(&target.path),
                target.node,
                show(other)
            )));
        }
    }
    for source in copies.sources.entries() {
        if let Some(target) = above(&source.node, &source.path, |key| targets.contains_key(key)) {
            faults.push(fault(format!(
                "{} on {} lies where a copy would be made: {}",
                show(&source.path),
                source.node,
                show(target)
            )));
        }
    }
    faults
}

/// The nearest folder above `path` that is one of those.
fn above<'a>(
    node: &'a str,
    path: &'a str,
    is: impl Fn(&(&'a str, &'a str)) -> bool,
) -> Option<&'a str> {
    let mut rest = path;
    while let Some((folder, _)) = rest.rsplit_once('/') {
        if is(&(node, folder)) {
            return Some(folder);
        }
        rest = folder;
    }
    None
}

fn fault(message: String) -> OperationError {
    OperationError::new(ErrorKind::Input, message)
        .help("choose another folder for the copies, or other nodes")
}
