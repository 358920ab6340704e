//! Makes the description of a group from those of its sets.

use super::{Description, Gds};

/// A group and what is odd about it.
#[derive(Debug, Clone, PartialEq)]
pub struct Combined {
    /// The description of the group.
    pub gds: Gds,
    /// Texts for the user, such as parts with other times.
    pub warnings: Vec<String>,
}

/// Combines VDS files, given with their paths, into the GDS file of that name.
///
/// The head tells the first begin and the last end of all parts; step, times
/// and direction are those of the first part. It has one range of frequencies
/// for each band of each part. Parts keep all but what is extra, their
/// `Name` becomes the path of the VDS file.
///
/// `None` for a group of nothing.
pub fn combine(gds_path: &str, sets: &[(String, Description)]) -> Option<Combined> {
    let (_, first) = sets.first()?;
    let mut head = Description {
        name: gds_path.to_string(),
        cluster_desc: first.cluster_desc.clone(),
        start_mjd_s: reduce(sets, |set| set.start_mjd_s, f64::min),
        end_mjd_s: reduce(sets, |set| set.end_mjd_s, f64::max),
        step_s: first.step_s,
        start_diffs_s: first.start_diffs_s.clone(),
        end_diffs_s: first.end_diffs_s.clone(),
        ..Description::default()
    };
    let direction = first.extra.iter().filter(|(key, _)| key.starts_with("FieldDirection"));
    head.extra = direction.map(|(key, value)| (key.clone(), value.clone())).collect();
    for (_, set) in sets {
        add_bands(&mut head, set);
    }
    let parts = sets.iter().map(|(path, set)| Description {
        file_name: Some(set.path().to_string()),
        name: path.clone(),
        extra: std::collections::BTreeMap::new(),
        ..set.clone()
    });
    let warnings = other_times(&head, sets);
    let gds = Gds { parts: parts.collect(), head, group: true };
    Some(Combined { gds, warnings })
}

fn reduce(
    sets: &[(String, Description)],
    time: impl Fn(&Description) -> Option<f64>,
    best: impl Fn(f64, f64) -> f64,
) -> Option<f64> {
    sets.iter().filter_map(|(_, set)| time(set)).reduce(best)
}

/// One range for each band: a band has a range for each channel, or one for
/// all of them.
fn add_bands(head: &mut Description, set: &Description) {
    let one_each = set.channels.len() == set.start_freqs_hz.len();
    let mut at = 0;
    for &channels in &set.channels {
        let count = if one_each { 1 } else { usize::try_from(channels).unwrap_or(0) };
        let last = (at + count).saturating_sub(1);
        let (Some(start), Some(end)) = (set.start_freqs_hz.get(at), set.end_freqs_hz.get(last))
        else {
            return;
        };
        head.channels.push(channels);
        head.start_freqs_hz.push(*start);
        head.end_freqs_hz.push(*end);
        at += count;
    }
}

/// Times are written with milliseconds, so that much they may differ.
const SAME_TIME_S: f64 = 0.0015;

fn other_times(head: &Description, sets: &[(String, Description)]) -> Vec<String> {
    let differs = |one: Option<f64>, other: Option<f64>| match (one, other) {
        (Some(one), Some(other)) => (one - other).abs() > SAME_TIME_S,
        (one, other) => one.is_some() != other.is_some(),
    };
    let mut warnings = Vec::new();
    for (_, set) in sets {
        let what = if set.start_mjd_s.is_none() {
            "it has no rows"
        } else if differs(set.start_mjd_s, head.start_mjd_s)
            || differs(set.end_mjd_s, head.end_mjd_s)
        {
            "its times are not those of the group"
        } else if differs(set.step_s, head.step_s) {
            "its time step is not that of the first set"
        } else {
            continue;
        };
        warnings.push(format!("{}: {what}", set.path()));
    }
    warnings
}
