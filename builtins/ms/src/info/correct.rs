//! Corrections of single observations, applied to the facts read.

use ledama_base::clock;
use ledama_base::corrections::{Corrections, Observation};

use super::{MsInfo, utc};

/// Fills what the data lacks and replaces wrong times; tells each change.
pub(super) fn apply(info: &mut MsInfo, corrections: &Corrections) {
    let Some(lds) = info.lds.clone() else { return };
    let epoch = info.rows.time_first_mjd_s.zip(info.rows.time_last_mjd_s);
    let target = info.observation.target.as_ref().map(|names| names.join(","));
    let mut data = Observation {
        project: info.observation.project.take(),
        field: target.clone(),
        antenna_set: info.observation.antenna_set.take(),
        utc: None,
        mjd_s: epoch,
    };
    let applied = corrections.apply(&lds, &mut data);
    info.observation.project = data.project;
    info.observation.antenna_set = data.antenna_set;
    if data.field != target {
        info.observation.target = data.field.map(|field| vec![field]);
    }
    if data.mjd_s != epoch {
        info.rows.time_first_mjd_s = data.mjd_s.map(|(start, _)| start);
        info.rows.time_last_mjd_s = data.mjd_s.map(|(_, end)| end);
        let text = |time: jiff::Timestamp| utc::text(clock::to_mjd_s(time));
        info.rows.utc_first = data.utc.and_then(|(start, _)| text(start));
        info.rows.utc_last = data.utc.and_then(|(_, end)| text(end));
    }
    info.corrections = applied.iter().map(ToString::to_string).collect();
}
