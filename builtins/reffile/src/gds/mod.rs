//! VDS and GDS files: descriptions of measurement sets for programs that work
//! on many of them at once.
//!
//! A VDS file describes one set: where it is, which times and frequencies it
//! covers. A GDS file describes a group of sets: the times of all of them, one
//! frequency range for each band, and a part for each set. Both are lines of
//! `key = value`, lists stand in brackets.

pub mod cluster;
mod combine;
mod error;
mod keys;
mod read;
#[cfg(test)]
mod tests;
mod write;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use combine::{Combined, combine};
pub use error::GdsError;
pub use read::{parse, read};

/// What is said about one set, or about a group as a whole. What a file does
/// not tell is empty or `None`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Description {
    /// `Name`: the set in a VDS file, the VDS file in a part of a GDS file,
    /// the GDS file itself in its head. In text form, as all paths.
    pub name: String,
    /// `FileName`: the set; absent in the head of a GDS file.
    pub file_name: Option<String>,
    /// `FileSys`: `host:mount point` of the disk, or `unknown`.
    pub file_sys: Option<String>,
    /// `ClusterDesc`: the description of the cluster that was used.
    pub cluster_desc: Option<String>,
    /// `StartTime`: begin of the first time slot, MJD s (UTC).
    pub start_mjd_s: Option<f64>,
    /// `EndTime`: end of the last time slot, MJD s (UTC).
    pub end_mjd_s: Option<f64>,
    /// `StepTime`: length of a time slot, s.
    pub step_s: Option<f64>,
    /// `StartTimesDiff`: begin of each time slot less that of a regular grid, s.
    pub start_diffs_s: Vec<f64>,
    /// `EndTimesDiff`: end of each time slot less that of a regular grid, s.
    pub end_diffs_s: Vec<f64>,
    /// `NChan`: channels of each band.
    pub channels: Vec<u32>,
    /// `StartFreqs`: lower edge of each channel, or of each band, Hz.
    pub start_freqs_hz: Vec<f64>,
    /// `EndFreqs`: upper edges, Hz.
    pub end_freqs_hz: Vec<f64>,
    /// `Extra.KEY`, values as they are written.
    pub extra: BTreeMap<String, String>,
}

impl Description {
    /// The set: `FileName`, or `Name` where there is none.
    pub fn path(&self) -> &str {
        self.file_name.as_deref().unwrap_or(&self.name)
    }

    /// The node that has the set: what stands before the colon of `FileSys`.
    /// `None` means that nothing is said, so that this host is meant.
    pub fn node(&self) -> Option<&str> {
        let (host, _) = self.file_sys.as_deref()?.split_once(':')?;
        Some(host).filter(|host| !host.is_empty())
    }
}

/// What a VDS or GDS file says.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Gds {
    /// The set (VDS), or the group as a whole (GDS).
    pub head: Description,
    /// The sets, in the order of the file; the only one in a VDS file.
    pub parts: Vec<Description>,
    /// True for a file that describes a group.
    pub group: bool,
}
