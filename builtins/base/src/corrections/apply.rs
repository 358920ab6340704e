//! Applying corrections to what was read from the data, and telling of it.

use std::fmt;

use jiff::Timestamp;

use super::{Corrections, Row};
use crate::clock;

/// What the data says about its observation.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Observation {
    /// Project; an empty text and `unknown` count as absent.
    pub project: Option<String>,
    /// Target field.
    pub field: Option<String>,
    /// Antenna set, such as `HBA_DUAL`.
    pub antenna_set: Option<String>,
    /// Start and end.
    pub utc: Option<(Timestamp, Timestamp)>,
    /// Start and end, modified Julian date in seconds.
    pub mjd_s: Option<(f64, f64)>,
}

/// One correction that was used; its text tells the user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    /// The observation, such as `L20979`.
    pub lds: String,
    /// What was corrected, such as `antenna set`.
    pub what: &'static str,
    /// What it was before, if it had a value.
    pub before: Option<String>,
    /// What it is now.
    pub now: String,
    /// The file that says so.
    pub source: String,
    /// The remark of that file.
    pub note: Option<String>,
}

impl fmt::Display for Applied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} taken as {}", self.lds, self.what, self.now)?;
        if let Some(before) = &self.before {
            write!(f, " instead of {before}")?;
        }
        write!(f, " ({}", self.source)?;
        if let Some(note) = &self.note {
            write!(f, ": {note}")?;
        }
        f.write_str(")")
    }
}

impl Corrections {
    /// Fills what the data lacks and replaces wrong times; one answer for each
    /// change. `lds` is the name of the observation, such as `L20979`.
    pub fn apply(&self, lds: &str, data: &mut Observation) -> Vec<Applied> {
        let Some(row) = self.rows.get(lds) else { return Vec::new() };
        let mut applied = Vec::new();
        let mut tell = |what, before, now| applied.push(row.applied(lds, what, before, now));
        for (what, known, value) in [
            ("project", &row.project, &mut data.project),
            ("field", &row.field, &mut data.field),
            ("antenna set", &row.antenna_set, &mut data.antenna_set),
        ] {
            if let Some(Some(known)) = known
                && is_missing(value.as_deref())
            {
                *value = Some(known.clone());
                tell(what, None, known.clone());
            }
        }
        if let Some(Some(utc)) = row.utc
            && data.utc != Some(utc)
        {
            let before = data.utc.replace(utc).map(utc_span);
            tell("time", before, utc_span(utc));
        }
        if let Some(Some(mjd_s)) = row.mjd_s
            && data.mjd_s != Some(mjd_s)
        {
            let before = data.mjd_s.replace(mjd_s).map(mjd_span);
            tell("time (MJD, s)", before, mjd_span(mjd_s));
        }
        applied
    }

    /// What to tell when the beam of files of `lds` came from the sub-band
    /// (see `DataPath::beam_from_rule`).
    pub fn beam_rule(&self, lds: &str) -> Option<Applied> {
        let row = self.rows.get(lds)?;
        let sbs = row.sbs_per_beam.flatten()?;
        Some(row.applied(lds, "beam", None, format!("sub-band / {sbs}")))
    }
}

impl Row {
    fn applied(
        &self,
        lds: &str,
        what: &'static str,
        before: Option<String>,
        now: String,
    ) -> Applied {
        let (source, note) = (self.source.clone(), self.note.clone().flatten());
        Applied { lds: lds.to_string(), what, before, now, source, note }
    }
}

fn is_missing(value: Option<&str>) -> bool {
    value.is_none_or(|text| {
        let text = text.trim();
        text.is_empty() || text.eq_ignore_ascii_case("unknown")
    })
}

fn utc_span((start, end): (Timestamp, Timestamp)) -> String {
    format!("{} to {}", clock::utc_text(start), clock::utc_text(end))
}

fn mjd_span((start, end): (f64, f64)) -> String {
    format!("{start} to {end}")
}
