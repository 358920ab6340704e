//! Copies that took the slow way because nodes could not reach each other.

use std::collections::BTreeMap;

use ledama_cluster::report::{Report, State};

use super::Copies;

/// Pairs of nodes that are named one by one.
const SHOWN: usize = 8;

/// One warning for each pair of nodes whose data went through `ssh` for want
/// of a direct connection.
pub(super) fn warnings(copies: &Copies, report: &Report) -> Vec<String> {
    let mut pairs: BTreeMap<(&str, &str), (&str, usize)> = BTreeMap::new();
    let done = report.outcomes.iter().filter(|outcome| outcome.state == State::Done);
    for outcome in done {
        let source = copies.sources.entries().get(outcome.task);
        if let (Some(source), Some(why)) = (source, outcome.value["detour"].as_str()) {
            pairs.entry((&source.node, &outcome.node)).or_insert((why, 0)).1 += 1;
        }
    }
    let more = pairs.len().saturating_sub(SHOWN);
    let shown = pairs.into_iter().take(SHOWN).map(|((from, to), (why, sets))| {
        let sets = if sets == 1 { "1 set".to_string() } else { format!("{sets} sets") };
        format!(
            "{from} and {to} have no direct connection, so {sets} went through ssh, which is \
             slower (tried: {why}); name ports that they can reach in `transfer.ports`, or set \
             `transfer.channel = \"ssh\"` if that is meant"
        )
    });
    let mut warnings: Vec<String> = shown.collect();
    if more > 0 {
        warnings.push(format!("{more} more pairs of nodes have no direct connection either"));
    }
    warnings
}
