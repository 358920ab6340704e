//! What was done to a set: the applications in its HISTORY and the steps
//! they ran.

use std::path::Path;

use ledama_base::clock;
use serde::{Deserialize, Serialize};

use super::reader::Reader;

const TABLE: &str = "HISTORY";

/// What an application did, as far as its parameters tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Flagged.
    Flag,
    /// Averaged in time or frequency.
    Average,
    /// Solved for or applied gains.
    Calibrate,
    /// Took bright sources out.
    Demix,
}

/// What was done to the set.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct HistoryFacts {
    /// Rows of HISTORY.
    pub n_history: Option<u64>,
    /// The application of each row, in row order.
    pub history_applications: Vec<String>,
    /// Each application and its rows, in order of first appearance.
    pub history_counts: Vec<(String, u64)>,
    /// What the applications did, from their names and parameters.
    pub steps: Vec<Step>,
    /// Some step flagged.
    pub flagged: bool,
    /// Some step averaged.
    pub averaged: bool,
    /// Some step calibrated, or there is a CORRECTED_DATA column.
    pub calibrated: bool,
    /// The older rule, which knows application names of before 2015 only:
    /// AOFlagger or NDPPP.
    pub ledama_flagged: bool,
    /// The older rule: NDPPP.
    pub ledama_averaged: bool,
    /// The older rule: BBS, or there is a CORRECTED_DATA column.
    pub ledama_calibrated: bool,
}

pub(super) fn read(reader: &mut Reader) -> HistoryFacts {
    let Some(table) = reader.table(TABLE) else { return HistoryFacts::default() };
    let applications: Vec<String> = reader.all(TABLE, "APPLICATION").unwrap_or_default();
    let has = |name: &str| applications.iter().any(|application| application == name);
    let mut facts = HistoryFacts {
        n_history: Some(table.nrow()),
        ledama_flagged: has("AOFlagger") || has("NDPPP"),
        ledama_averaged: has("NDPPP"),
        ledama_calibrated: has("BBS"),
        ..HistoryFacts::default()
    };
    for application in &applications {
        match facts.history_counts.iter_mut().find(|(name, _)| name == application) {
            Some((_, count)) => *count += 1,
            None => facts.history_counts.push((application.clone(), 1)),
        }
    }
    for (row, application) in (0u64..).zip(&applications) {
        let parameters = if is_dp3(application) {
            reader.texts(TABLE, "APP_PARAMS", row).unwrap_or_default()
        } else {
            Vec::new()
        };
        facts.steps.extend(steps(application, &parameters));
    }
    facts.steps.sort_unstable();
    facts.steps.dedup();
    let did = |step| facts.steps.contains(&step);
    let (flagged, averaged) = (did(Step::Flag), did(Step::Average));
    let calibrated = did(Step::Calibrate);
    (facts.flagged, facts.averaged, facts.calibrated) = (flagged, averaged, calibrated);
    facts.history_applications = applications;
    facts
}

/// One row of HISTORY.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct HistoryRow {
    /// When, seconds since 1970 UTC.
    pub time: Option<i64>,
    /// The same as text.
    pub utc: Option<String>,
    /// The application.
    pub application: String,
    /// Its parameters, mostly `name=value`.
    pub parameters: Vec<String>,
}

/// All rows of HISTORY of the set at this path, in their order; none without that table.
pub fn history_rows(path: impl AsRef<Path>) -> ledama_tables::Result<Vec<HistoryRow>> {
    let mut reader = Reader::new(super::open(path.as_ref())?);
    if reader.table(TABLE).is_none() {
        return Ok(Vec::new());
    }
    let applications: Vec<String> = reader.all(TABLE, "APPLICATION").unwrap_or_default();
    let times: Vec<f64> = reader.all(TABLE, "TIME").unwrap_or_default();
    let rows = (0u64..).zip(applications).map(|(row, application)| {
        let mjd_s = usize::try_from(row).ok().and_then(|row| times.get(row).copied());
        HistoryRow {
            time: mjd_s.and_then(clock::from_mjd_s).map(jiff::Timestamp::as_second),
            utc: mjd_s.and_then(super::utc::whole_seconds),
            application,
            parameters: reader.texts(TABLE, "APP_PARAMS", row).unwrap_or_default(),
        }
    });
    let rows = rows.collect();
    reader.verify()?;
    Ok(rows)
}

fn is_dp3(application: &str) -> bool {
    ["DP3", "DPPP", "NDPPP"].contains(&application)
}

/// The steps of one entry.
fn steps(application: &str, parameters: &[String]) -> Vec<Step> {
    match application {
        "AOFlagger" | "aoflagger" | "rficonsole" => vec![Step::Flag],
        "BBS" => vec![Step::Calibrate],
        name if is_dp3(name) => {
            let told: Vec<Step> = dp3_steps(parameters);
            if told.is_empty() && name == "NDPPP" {
                // Without its parameters the standard use is assumed.
                return vec![Step::Flag, Step::Average];
            }
            told
        }
        _ => Vec::new(),
    }
}

/// The kinds of the steps that a DP3 parset names: `steps=[a,b]`, each with
/// `a.type=kind` or a name that is itself the kind.
///
/// Source: the parameter description of DP3.
fn dp3_steps(parameters: &[String]) -> Vec<Step> {
    let settings: Vec<(&str, &str)> = parameters
        .iter()
        .flat_map(|text| text.lines())
        .filter_map(|line| line.split_once('='))
        .map(|(key, value)| (key.trim(), value.trim()))
        .collect();
    let value = |wanted: &str| {
        settings.iter().find(|(key, _)| key.eq_ignore_ascii_case(wanted)).map(|(_, value)| *value)
    };
    let names = value("steps").unwrap_or_default();
    names
        .trim_matches(['[', ']'])
        .split(',')
        .map(|name| name.trim().trim_matches(['"', '\'']))
        .filter_map(|name| kind(value(&format!("{name}.type")).unwrap_or(name)))
        .collect()
}

fn kind(step: &str) -> Option<Step> {
    match step.trim_matches(['"', '\'']).to_ascii_lowercase().as_str() {
        "aoflag" | "aoflagger" | "preflag" | "preflagger" | "madflag" | "madflagger"
        | "uvwflag" | "uvwflagger" | "clipper" => Some(Step::Flag),
        "average" | "averager" | "squash" | "avg" | "bdaaverager" | "bda" => Some(Step::Average),
        "applycal" | "correct" | "gaincal" | "calibrate" | "ddecal" | "applybeam" => {
            Some(Step::Calibrate)
        }
        "demix" | "demixer" | "smartdemix" | "smartdemixer" => Some(Step::Demix),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(lines: &[&str]) -> Vec<Step> {
        dp3_steps(&lines.iter().map(ToString::to_string).collect::<Vec<_>>())
    }

    #[test]
    fn steps_are_named_by_type_or_by_name() {
        assert_eq!(
            of(&[
                "msin=a.MS",
                "steps=[pre, 'aoflagger', avg1]",
                "pre.type=preflagger",
                "avg1.type=averager"
            ]),
            [Step::Flag, Step::Flag, Step::Average]
        );
        assert_eq!(of(&["steps=[]"]), []);
        assert_eq!(of(&["msin=a.MS"]), []);
        assert_eq!(of(&["steps=[g]\ng.type=gaincal"]), [Step::Calibrate]);
    }

    #[test]
    fn an_entry_without_parameters_tells_by_its_name() {
        assert_eq!(steps("AOFlagger", &[]), [Step::Flag]);
        assert_eq!(steps("NDPPP", &[]), [Step::Flag, Step::Average]);
        assert_eq!(steps("DP3", &[]), []);
        assert_eq!(steps("imager", &[]), []);
    }
}
