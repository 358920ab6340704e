//! Reading a file of corrections: form, then meaning, all faults together.

use std::collections::BTreeMap;
use std::path::Path;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Deserialize;

use super::{Corrections, Key, Row};
use crate::clock;
use crate::path::is_observation_name;
use crate::rawtext::path_text;

/// How far the two forms of a time may differ, s.
const TIME_TOLERANCE_S: f64 = 10.0;

/// A file of corrections that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}: {}", faults.join("; "))]
pub struct CorrectionsError {
    /// The file.
    pub file: String,
    /// Everything that is wrong with it.
    pub faults: Vec<String>,
}

impl CorrectionsError {
    /// What to write instead.
    pub fn help(&self) -> Option<String> {
        Some(
            "a line is `L12345 = { project = \"…\", field = \"…\", antenna_set = \"…\" }` \
             below `[observations]`"
                .to_string(),
        )
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    format: u32,
    #[serde(default)]
    observations: BTreeMap<String, Typed>,
}

/// One line as typed.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Typed {
    project: Option<String>,
    field: Option<String>,
    antenna_set: Option<String>,
    sbs_per_beam: Option<u16>,
    utc_start: Option<String>,
    utc_end: Option<String>,
    mjd_start: Option<f64>,
    mjd_end: Option<f64>,
    note: Option<String>,
}

impl Corrections {
    /// Reads the text of a file; `file` names it in messages.
    pub fn parse(text: &str, file: &str) -> Result<Self, CorrectionsError> {
        let fail = |faults| CorrectionsError { file: file.to_string(), faults };
        let parsed: File =
            toml::from_str(text).map_err(|e| fail(vec![e.to_string().trim_end().to_string()]))?;
        if parsed.format != 1 {
            return Err(fail(vec![format!("format {} is not known, only 1", parsed.format)]));
        }
        let mut all = Self::default();
        let mut faults = Vec::new();
        for (lds, typed) in parsed.observations {
            if !is_observation_name(&lds) {
                faults
                    .push(format!("`{lds}` is no observation; write `L` and five digits or more"));
                continue;
            }
            match typed.checked(file) {
                Ok(row) => {
                    all.rows.insert(lds, row);
                }
                Err(fault) => faults.push(format!("{lds}: {fault}")),
            }
        }
        if !faults.is_empty() {
            return Err(fail(faults));
        }
        all.index();
        Ok(all)
    }

    /// Reads a file.
    pub fn load(path: &Path) -> Result<Self, CorrectionsError> {
        let file = path_text(path);
        let text = std::fs::read_to_string(path)
            .map_err(|e| CorrectionsError { file: file.clone(), faults: vec![e.to_string()] })?;
        Self::parse(&text, &file)
    }
}

impl Typed {
    fn checked(self, file: &str) -> Result<Row, String> {
        let utc = match (self.utc_start.as_deref(), self.utc_end.as_deref()) {
            (None, None) => None,
            (Some(""), Some("")) => Some(None),
            (Some(start), Some(end)) => Some(Some((utc(start)?, utc(end)?))),
            _ => return Err("`utc_start` and `utc_end` belong together".to_string()),
        };
        let mjd_s = match (self.mjd_start, self.mjd_end) {
            (None, None) => None,
            (Some(start), Some(end)) => Some(Some((start, end))),
            _ => return Err("`mjd_start` and `mjd_end` belong together".to_string()),
        };
        check_times(utc.flatten(), mjd_s.flatten())?;
        Ok(Row {
            project: text_key(self.project),
            field: text_key(self.field),
            antenna_set: text_key(self.antenna_set),
            sbs_per_beam: self.sbs_per_beam.map(|n| (n > 0).then_some(n)),
            utc,
            mjd_s,
            note: text_key(self.note),
            source: file.to_string(),
        })
    }
}

fn text_key(typed: Option<String>) -> Key<String> {
    typed.map(|text| (!text.trim().is_empty()).then(|| text.trim().to_string()))
}

fn utc(text: &str) -> Result<Timestamp, String> {
    clock::parse(text, &TimeZone::UTC).map_err(|e| e.to_string())
}

/// Both pairs run forwards and, where both are given, mean the same times.
fn check_times(
    utc: Option<(Timestamp, Timestamp)>,
    mjd_s: Option<(f64, f64)>,
) -> Result<(), String> {
    if let Some((start, end)) = utc
        && start >= end
    {
        return Err("`utc_start` is not before `utc_end`".to_string());
    }
    let Some((start_s, end_s)) = mjd_s else { return Ok(()) };
    if clock::from_mjd_s(start_s).is_none() || clock::from_mjd_s(end_s).is_none() {
        return Err("`mjd_start` and `mjd_end` are seconds".to_string());
    }
    if start_s >= end_s {
        return Err("`mjd_start` is not before `mjd_end`".to_string());
    }
    let Some((start, end)) = utc else { return Ok(()) };
    let apart = |time, seconds: f64| (clock::to_mjd_s(time) - seconds).abs();
    if apart(start, start_s).max(apart(end, end_s)) > TIME_TOLERANCE_S {
        return Err("the UTC and the Julian times are not the same".to_string());
    }
    Ok(())
}
