//! Everything that is known about one file or folder, wherever it was read.

use ledama_ms::info::{MsInfo, utc};
use serde::{Deserialize, Serialize};

use super::identity::Identity;
use crate::schema::enumerations::SENTINELS;

/// Whether averaging of a product is known, and if not, why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// It was read.
    Ok,
    /// It is a tar file.
    Tar,
    /// It is a BVF file.
    Bvf,
    /// It cannot be read from here.
    #[default]
    Unknown,
    /// Reading it failed.
    Error,
}

impl State {
    /// Its word in the database.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Tar => "tar",
            Self::Bvf => "bvf",
            Self::Unknown => "unknown",
            Self::Error => "error",
        }
    }

    /// The number in place of integration time and channels, and the description.
    pub(super) fn sentinel(self) -> Option<(i64, &'static str)> {
        let known = SENTINELS.iter().find(|(_, _, state)| *state == self.word())?;
        Some((known.0, known.1))
    }
}

/// A station that took part.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Station {
    /// Its name.
    pub name: String,
    /// ITRF x, y, z, m.
    pub position: [f64; 3],
}

/// What is in a product; what is not known is absent.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Facts {
    /// Whether averaging is known.
    pub state: State,
    /// The project.
    pub project: Option<String>,
    /// The target fields of the beam, between commas.
    pub field: Option<String>,
    /// `HBA` or `LBA`.
    pub antenna_type: Option<String>,
    /// First and last time stamp, MJD in s.
    pub epoch: Option<(f64, f64)>,
    /// The same of the observation, if another than of the product.
    pub lds_epoch: Option<(f64, f64)>,
    /// First and last time stamp of the observation as texts; made from the epoch if absent.
    pub utc: Option<(String, String)>,
    /// The stations.
    pub stations: Vec<Station>,
    /// Integration time, s; only with state `ok`.
    pub integration_time: Option<f64>,
    /// Channels; only with state `ok`.
    pub channels: Option<i64>,
    /// Right ascension and declination of the phase centre, degrees.
    pub direction: Option<(f64, f64)>,
    /// It was flagged.
    pub flagged: Option<bool>,
    /// It was averaged.
    pub averaged: Option<bool>,
    /// It was calibrated.
    pub calibrated: Option<bool>,
    /// Its calibration depends on direction.
    pub dir_dep_calibration: Option<bool>,
    /// Its calibration is the same in all directions.
    pub dir_indep_calibration: Option<bool>,
    /// The centre of the sub-band, MHz.
    pub central_frequency: Option<f64>,
    /// Its width, MHz.
    pub bandwidth: Option<f64>,
    /// The account that owns it.
    pub owner: Option<String>,
    /// A short text; made from channels and integration time if absent.
    pub description: Option<String>,
}

/// One file or folder with what is known about it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Product {
    /// Which it is.
    pub identity: Identity,
    /// Its size, MiB.
    pub size_mb: Option<i64>,
    /// Newest modification time inside it, seconds since 1970 UTC.
    pub modified: Option<i64>,
    /// When it was seen, the same.
    pub seen: i64,
    /// What is in it.
    pub facts: Facts,
}

/// Longest name of an account that the database keeps.
const LONGEST_OWNER: usize = 20;

impl Facts {
    /// The facts of a set that was read.
    pub fn of(info: &MsInfo) -> Self {
        let channels = info.spectral.num_channels.filter(|channels| *channels > 0);
        let interval = info.rows.integration_time_s;
        let integration_time = interval.filter(|time| time.is_finite() && *time > 0.0);
        let known = channels.is_some() && integration_time.is_some();
        let first = info.rows.time_first_mjd_s.filter(|time| time.is_finite());
        let last = info.rows.time_last_mjd_s.filter(|time| time.is_finite());
        let megahertz = |hz: Option<f64>| hz.filter(|hz| hz.is_finite()).map(|hz| hz / 1e6);
        let field = info.observation.target.as_ref().map(|names| names.join(","));
        Self {
            state: if known { State::Ok } else { State::Error },
            project: info.observation.project.clone().filter(|name| is_told(name)),
            field: field.filter(|name| !name.trim().is_empty()),
            antenna_type: info.stations.antenna_type.clone(),
            epoch: first.zip(last),
            lds_epoch: None,
            utc: whole_seconds(info.rows.utc_first.as_deref())
                .zip(whole_seconds(info.rows.utc_last.as_deref())),
            stations: stations(info),
            integration_time: integration_time.filter(|_| known),
            channels: channels.filter(|_| known),
            direction: info.field.phase_dir.map(|to| (to.ra_deg, to.dec_deg)),
            flagged: Some(info.history.flagged || info.history.ledama_flagged),
            averaged: Some(info.history.averaged || info.history.ledama_averaged),
            calibrated: Some(info.history.calibrated || info.history.ledama_calibrated),
            dir_dep_calibration: Some(false),
            dir_indep_calibration: Some(false),
            central_frequency: megahertz(info.spectral.ref_frequency_hz),
            bandwidth: megahertz(info.spectral.total_bandwidth_hz),
            owner: owner(info.state.owner.as_deref()),
            description: None,
        }
    }

    /// The facts of what cannot be looked into, by its form.
    pub fn unread(identity: &Identity) -> Self {
        let state = match (identity.tar, identity.bvf, identity.remote) {
            (_, _, true) => State::Unknown,
            (true, ..) => State::Tar,
            (_, true, _) => State::Bvf,
            _ => State::Unknown,
        };
        Self { state, ..Self::default() }
    }

    /// Fills what is unknown with what is known of the same data elsewhere. Packed
    /// files of nodes stay apart from what is not packed.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        let averaging = self.state == State::Unknown && other.state == State::Ok;
        let (state, integration_time, channels, description) = if averaging {
            (other.state, other.integration_time, other.channels, other.description)
        } else {
            (self.state, self.integration_time, self.channels, self.description)
        };
        Self {
            state,
            integration_time,
            channels,
            description,
            project: self.project.or(other.project),
            field: self.field.or(other.field),
            antenna_type: self.antenna_type.or(other.antenna_type),
            epoch: self.epoch.or(other.epoch),
            lds_epoch: self.lds_epoch.or(other.lds_epoch),
            utc: self.utc.or(other.utc),
            stations: if self.stations.is_empty() { other.stations } else { self.stations },
            direction: self.direction.or(other.direction),
            flagged: self.flagged.or(other.flagged),
            averaged: self.averaged.or(other.averaged),
            calibrated: self.calibrated.or(other.calibrated),
            dir_dep_calibration: self.dir_dep_calibration.or(other.dir_dep_calibration),
            dir_indep_calibration: self.dir_indep_calibration.or(other.dir_indep_calibration),
            central_frequency: self.central_frequency.or(other.central_frequency),
            bandwidth: self.bandwidth.or(other.bandwidth),
            owner: self.owner.or(other.owner),
        }
    }

    /// Integration time and channels as the identity of a product has them.
    pub(super) fn averaging(&self) -> (f64, i64) {
        match (self.integration_time, self.channels, self.state.sentinel()) {
            (Some(time), Some(channels), None) => (time, channels),
            #[allow(clippy::cast_precision_loss)] // -1 to -4
            (_, _, Some((number, _))) => (number as f64, number),
            // State `ok` without numbers is no state of ours.
            _ => (-4.0, -4),
        }
    }

    /// Channels and whole seconds, or why they are not known.
    pub(super) fn described(&self) -> String {
        match (&self.description, self.state.sentinel()) {
            (Some(text), None) => text.clone(),
            (_, Some((_, word))) => word.to_string(),
            (None, None) => {
                let (time, channels) = self.averaging();
                format!("{channels} {}", time.round())
            }
        }
    }
}

/// The text of a time stamp as the database has it.
pub(super) fn utc_text(mjd_s: f64) -> Option<String> {
    utc::whole_seconds(mjd_s)
}

/// A time as text without its fraction.
fn whole_seconds(text: Option<&str>) -> Option<String> {
    text?.split('.').next().map(ToString::to_string)
}

fn is_told(name: &str) -> bool {
    let name = name.trim();
    !name.is_empty() && !name.eq_ignore_ascii_case("unknown")
}

fn owner(name: Option<&str>) -> Option<String> {
    name.filter(|name| name.chars().count() <= LONGEST_OWNER).map(ToString::to_string)
}

/// Stations with positions; one without is not known well enough to be kept.
fn stations(info: &MsInfo) -> Vec<Station> {
    let facts = &info.stations;
    let named = facts.stations.iter().zip(&facts.station_positions_m);
    let mut stations: Vec<Station> = named
        .filter_map(|(name, position)| {
            let position: [f64; 3] = position.as_slice().try_into().ok()?;
            let sound = !name.is_empty() && position.iter().all(|part| part.is_finite());
            sound.then(|| Station { name: name.clone(), position })
        })
        .collect();
    stations.sort_by(|a, b| a.name.cmp(&b.name));
    stations.dedup_by(|a, b| a.name == b.name);
    stations
}
