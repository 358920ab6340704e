//! Kinds of statistics that are made of the stored ones.

use std::collections::HashMap;

use super::kinds::{Derived, Quantity};
use super::row::Row;

/// The kinds that are asked for, of the rows of one set.
#[must_use]
pub(super) fn derive(rows: Vec<Row>, kinds: &[String]) -> Vec<Row> {
    if kinds.is_empty() {
        return rows;
    }
    // A baseline has a row for each kind, after each other or not.
    let mut groups: Vec<Vec<Row>> = Vec::new();
    let mut known: HashMap<[Option<String>; 2], usize> = HashMap::new();
    for row in rows {
        let stations = [row.facts.station.clone(), row.facts.station2.clone()];
        let at = *known.entry(stations).or_insert(groups.len());
        match groups.get_mut(at) {
            Some(group) => group.push(row),
            None => groups.push(vec![row]),
        }
    }
    let mut made = Vec::new();
    for group in groups {
        let of_kind = |name: &str| group.iter().find(|row| row.facts.kind.as_deref() == Some(name));
        for kind in kinds {
            let Some(derived) = Derived::named(kind) else {
                made.extend(of_kind(kind).cloned());
                continue;
            };
            let parts: Option<Vec<&Row>> =
                derived.accumulators().iter().map(|name| of_kind(name)).collect();
            let Some(parts) = parts else {
                made.extend(of_kind(derived.name()).cloned());
                continue;
            };
            let mut row = parts[0].clone();
            row.facts.kind = Some(derived.name().to_string());
            row.quantity = Quantity::Derived(derived);
            row.parts = parts.iter().flat_map(|part| part.parts.iter().cloned()).collect();
            made.push(row);
        }
    }
    made
}
