//! Whether sets that belong together agree.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{MsInfo, UNKNOWN};

/// A fact that should be the same in all sets of an observation and is not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deviation {
    /// The fact, such as `integration time`.
    pub fact: String,
    /// What most sets say.
    pub usual: String,
    /// How many say so.
    pub count: usize,
    /// What the others say, and their paths, by path.
    pub others: Vec<(String, String)>,
}

/// Facts that all sets of one observation and version share.
fn shared(info: &MsInfo) -> [(&'static str, Option<String>); 10] {
    let text = |value: Option<f64>| value.map(|value| value.to_string());
    let joined = |texts: &[String]| (!texts.is_empty()).then(|| texts.join(","));
    [
        ("observation", info.lds.clone()),
        ("version", Some(info.version.to_string())),
        ("integration time (s)", text(info.rows.integration_time_s)),
        ("channels", info.spectral.num_channels.map(|count| count.to_string())),
        ("bandwidth (Hz)", text(info.spectral.total_bandwidth_hz)),
        ("correlations", joined(&info.spectral.correlations)),
        ("stations", joined(&info.stations.stations)),
        ("initial UTC", info.rows.utc_first.clone()),
        ("final UTC", info.rows.utc_last.clone()),
        ("rows", Some(info.nrow.to_string())),
    ]
}

/// The facts in which some sets differ from most of the others; a fact that
/// is unknown in a set counts as a difference.
pub fn deviations(sets: &[MsInfo]) -> Vec<Deviation> {
    let facts: Vec<_> = sets.iter().map(|info| (info.path.as_str(), shared(info))).collect();
    let Some((_, first)) = facts.first() else { return Vec::new() };
    let mut found = Vec::new();
    for (at, (fact, _)) in first.iter().enumerate() {
        let said = |row: &[(&'static str, Option<String>); 10]| {
            row[at].1.clone().unwrap_or_else(|| UNKNOWN.into())
        };
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for (_, row) in &facts {
            *counts.entry(said(row)).or_default() += 1;
        }
        // Of equally frequent ones the first by its text, so that the answer never varies.
        let usual = counts.iter().rev().max_by_key(|(_, count)| **count);
        let Some((usual, count)) = usual.filter(|_| counts.len() > 1) else { continue };
        let others = facts
            .iter()
            .map(|(path, row)| ((*path).to_string(), said(row)))
            .filter(|(_, value)| value != usual)
            .collect();
        found.push(Deviation {
            fact: (*fact).to_string(),
            usual: usual.clone(),
            count: *count,
            others,
        });
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(path: &str, version: u16, channels: Option<i64>) -> MsInfo {
        let mut info = MsInfo { path: path.into(), version, ..MsInfo::default() };
        info.spectral.num_channels = channels;
        info
    }

    #[test]
    fn the_few_deviate_from_the_many() {
        let sets = [set("a", 1, Some(8)), set("b", 1, None), set("c", 1, Some(8))];
        let found = deviations(&sets);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].fact.as_str(), found[0].usual.as_str()), ("channels", "8"));
        assert_eq!(found[0].others, [("b".to_string(), UNKNOWN.to_string())]);
        assert!(deviations(&sets[..1]).is_empty());
        assert!(deviations(&[]).is_empty());
    }
}
