//! Whether the steps stand in an order in which they can be done.

use std::collections::BTreeSet;

use super::draft::Said;
use crate::diagnostic::Diagnostic;

/// What each step waits for, by index.
pub(super) type Edges = Vec<BTreeSet<usize>>;

/// Steps that wait for themselves, for each other in a circle, or for one that
/// comes later.
pub(super) fn faults(steps: &[Said], edges: &Edges) -> Vec<Diagnostic> {
    let mut faults = Vec::new();
    let mut told: BTreeSet<usize> = BTreeSet::new();
    for (step, waits) in edges.iter().enumerate() {
        for &other in waits.iter().filter(|other| **other >= step) {
            let fault = match circle(edges, step, other) {
                // A circle is told once.
                Some(circle) if circle.iter().any(|s| told.contains(s)) => continue,
                Some(circle) => {
                    told.extend(&circle);
                    round(steps, &circle)
                }
                None => Diagnostic::error(format!(
                    "step `{}` waits for step `{}`, which comes later",
                    steps[step].name, steps[other].name
                ))
                .help("say the steps in the order in which they are to be done"),
            };
            faults.push(fault.at(steps[step].place.clone()));
        }
    }
    faults
}

fn round(steps: &[Said], circle: &[usize]) -> Diagnostic {
    if let [alone] = circle {
        return Diagnostic::error(format!("step `{}` waits for itself", steps[*alone].name));
    }
    let names: Vec<_> = circle.iter().map(|s| format!("`{}`", steps[*s].name)).collect();
    Diagnostic::error(format!("these steps wait for each other: {}", names.join(", ")))
        .help("a step can wait for those before it only")
}

/// The steps from `from` over `over` back to `from`, if there is such a way.
fn circle(edges: &Edges, from: usize, over: usize) -> Option<Vec<usize>> {
    if from == over {
        return Some(vec![from]);
    }
    let mut ways = vec![vec![from, over]];
    let mut seen = BTreeSet::from([over]);
    while let Some(way) = ways.pop() {
        let last = way.last().copied()?;
        for &next in &edges[last] {
            if next == from {
                return Some(way);
            }
            if seen.insert(next) {
                let mut longer = way.clone();
                longer.push(next);
                ways.push(longer);
            }
        }
    }
    None
}
