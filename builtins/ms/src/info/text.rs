//! The facts of a set as lines for people, in the order they ask for them.

use super::MsInfo;

/// What stands for a fact that is not known.
pub const UNKNOWN: &str = "unknown";

impl MsInfo {
    /// Facts that all sets of an observation share: label and text.
    pub fn observation_lines(&self) -> Vec<(&'static str, String)> {
        let baselines = self.stations.n_stations * self.stations.n_stations.saturating_sub(1) / 2;
        vec![
            ("LDS", or_unknown(self.lds.clone())),
            ("Initial UTC", or_unknown(self.rows.utc_first.clone())),
            ("Final UTC", or_unknown(self.rows.utc_last.clone())),
            ("Project", or_unknown(self.observation.project.clone())),
            ("Antenna set", or_unknown(self.observation.antenna_set.clone())),
            ("Antenna type", or_unknown(self.stations.antenna_type.clone())),
            ("Number of stations", counted(self.stations.n_stations)),
            ("Number of baselines", counted(baselines)),
            ("Stations", or_unknown(joined(&self.stations.stations))),
        ]
    }

    /// Where this set looked.
    pub fn beam_lines(&self) -> Vec<(&'static str, String)> {
        let direction = self.field.phase_dir;
        vec![
            ("Beam", or_unknown(self.beam)),
            ("Field", or_unknown(self.field_text())),
            ("RA (deg)", or_unknown(direction.map(|dir| format!("{:.6}", dir.ra_deg)))),
            ("Dec (deg)", or_unknown(direction.map(|dir| format!("{:.6}", dir.dec_deg)))),
        ]
    }

    /// In which state the data are.
    pub fn state_lines(&self) -> Vec<(&'static str, String)> {
        let mut lines = vec![
            ("Version index", self.version.to_string()),
            ("Applications", or_unknown(joined(&self.applications()))),
            ("Flagged", yes_no(self.history.flagged)),
            ("Averaged", yes_no(self.history.averaged)),
            ("Calibrated", yes_no(self.history.calibrated)),
            ("Has CORRECTED_DATA", yes_no(self.state.has_corrected_data)),
            ("Has MODEL_DATA", yes_no(self.state.has_model_data)),
            ("Has gains", yes_no(self.state.has_gains)),
            ("Has quality", yes_no(self.state.has_quality)),
            ("Integration time (s)", or_unknown(self.rows.integration_time_s)),
            ("Channels", or_unknown(self.spectral.num_channels)),
            ("Correlations", or_unknown(joined(&self.spectral.correlations))),
            (
                "Reference frequency (MHz)",
                or_unknown(self.spectral.central_frequency_mhz_3.clone()),
            ),
            (
                "Total bandwidth (MHz)",
                or_unknown(self.spectral.total_bandwidth_hz.map(|hz| hz / 1e6)),
            ),
            ("Rows", self.nrow.to_string()),
            ("Columns", or_unknown(joined(&self.columns))),
            ("Lock", or_unknown(self.lock_text())),
            ("Size (MB)", or_unknown(self.state.size_mb)),
        ];
        let mut more = |label, value: Option<String>| lines.extend(value.map(|text| (label, text)));
        more("Time slots", self.rows.n_times.map(|count| count.to_string()));
        more("Baselines with data", self.rows.n_baselines.map(|count| count.to_string()));
        more("Flagged (%)", self.flagged_percent().map(|percent| format!("{percent:.2}")));
        lines
    }

    /// All lines of one set.
    pub fn lines(&self) -> Vec<(&'static str, String)> {
        let mut lines = self.observation_lines();
        lines.extend(self.beam_lines());
        lines.extend(self.state_lines());
        lines
    }

    /// The target, else the name of the field.
    pub fn field_text(&self) -> Option<String> {
        let target = self.observation.target.as_ref().map(|names| names.join(","));
        target.filter(|text| !text.is_empty()).or_else(|| self.field.field_name.clone())
    }

    /// The applications of the history, each once, without the imager that
    /// casacore itself notes.
    pub fn applications(&self) -> Vec<String> {
        let names = self.history.history_counts.iter().map(|(name, _)| name);
        names.filter(|name| *name != "imager").cloned().collect()
    }

    /// How other processes use the set.
    pub fn lock_text(&self) -> Option<String> {
        let usage = self.state.lock.as_ref()?;
        Some(match self.state.lock_pid {
            Some(pid) => format!("{usage} (process {pid})"),
            None => usage.clone(),
        })
    }

    /// Percentage of flags that are set, if they were counted.
    #[allow(clippy::cast_precision_loss)] // for people
    pub fn flagged_percent(&self) -> Option<f64> {
        let (set, all) = (self.flags.n_flagged?, self.flags.n_flags?);
        (all > 0).then(|| 100.0 * set as f64 / all as f64)
    }
}

fn or_unknown<T: ToString>(value: Option<T>) -> String {
    value
        .map(|value| value.to_string())
        .filter(|text| !text.is_empty())
        .unwrap_or_else(|| UNKNOWN.into())
}

fn joined(texts: &[String]) -> Option<String> {
    (!texts.is_empty()).then(|| texts.join(","))
}

fn counted(count: usize) -> String {
    if count == 0 { UNKNOWN.into() } else { count.to_string() }
}

fn yes_no(value: bool) -> String {
    if value { "yes" } else { "no" }.into()
}
