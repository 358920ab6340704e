//! H5parm: gain solutions in HDF5, as DP3 and LoSoTo write them.
//!
//! A file holds solution sets; each has antennas, sources and solution tables
//! of one kind (amplitude, phase, TEC …) whose axes are named by the attribute
//! `AXES` and come in any order. Writers differ in string lengths, member
//! offsets and float widths, so everything is found by its name.
//!
//! Source of the format: the LoSoTo manual (H5parm) and DP3's `SolTab`.

mod file;
mod gains;
mod select;
mod soltab;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use serde::Serialize;

pub use select::Selection;
pub use soltab::{Axis, SolTab, Values};

use crate::gains::Effect;
use crate::read_error::ReadError;
use file::{File, Group};

/// An open H5parm file: what is in it, but no values yet.
#[derive(Debug)]
pub struct H5Parm {
    path: PathBuf,
    file: File,
    solsets: Vec<SolSet>,
    warnings: Vec<String>,
}

/// A solution set.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SolSet {
    /// Its name, such as `sol000`.
    pub name: String,
    /// Its antennas; may be fewer than its tables have, or none.
    pub antennas: Vec<Antenna>,
    /// Its sources; may be fewer than its tables have, or none.
    pub sources: Vec<SkySource>,
    /// Its solution tables, sorted by name.
    pub soltabs: Vec<SolTab>,
}

/// An antenna of a solution set.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Antenna {
    /// Its name.
    pub name: String,
    /// ITRF, m.
    pub position: [f64; 3],
}

/// A source of a solution set.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SkySource {
    /// Its name, such as `[CasA]`.
    pub name: String,
    /// Right ascension and declination, J2000, rad.
    pub ra_dec: [f64; 2],
}

impl H5Parm {
    /// Opens a file and reads what it has.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, ReadError> {
        let path = path.as_ref();
        let file = File::open(path)?;
        let mut warnings = Vec::new();
        let mut solsets = Vec::new();
        for name in file.root()?.groups()? {
            let group = file.root()?.group(&name)?;
            if let Some(set) = SolSet::read(&group, name, &mut warnings)? {
                solsets.push(set);
            }
        }
        Ok(Self { path: path.into(), file, solsets, warnings })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its solution sets, sorted by name.
    pub fn solsets(&self) -> &[SolSet] {
        &self.solsets
    }

    /// What was odd in it.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// A solution set by name.
    pub fn solset(&self, name: &str) -> Option<&SolSet> {
        self.solsets.iter().find(|set| set.name == name)
    }

    /// The values and weights of a solution table, in the order of its axes.
    pub fn values(&self, solset: &str, soltab: &str) -> Result<Values, ReadError> {
        let tab = self.solset(solset).and_then(|set| set.soltab(soltab)).ok_or_else(|| {
            ReadError::not_found(&self.path, format!("has no solution table {solset}/{soltab}"))
        })?;
        Values::read(&self.file.root()?.group(solset)?.group(soltab)?, tab)
    }
}

impl SolSet {
    /// A solution table by name.
    pub fn soltab(&self, name: &str) -> Option<&SolTab> {
        self.soltabs.iter().find(|tab| tab.name == name)
    }

    /// Reads what the group has; `None` for a group that is no solution set.
    fn read(
        group: &Group,
        name: String,
        warnings: &mut Vec<String>,
    ) -> Result<Option<Self>, ReadError> {
        let (groups, datasets) = group.members()?;
        let has = |name: &str| datasets.iter().any(|dataset| dataset == name);
        if group.text("h5parm_version").is_none() && !has("antenna") && !has("source") {
            warnings.push(format!("group {name} is no solution set"));
            return Ok(None);
        }
        let mut antennas = Vec::new();
        if has("antenna") {
            match group.table("antenna", "name", "position") {
                Ok(rows) => antennas
                    .extend(rows.into_iter().map(|(name, position)| Antenna { name, position })),
                Err(error) => warnings.push(format!("antennas of {name}: {error}")),
            }
        }
        let mut sources = Vec::new();
        if has("source") {
            match group.table("source", "name", "dir") {
                Ok(rows) => {
                    sources
                        .extend(rows.into_iter().map(|(name, ra_dec)| SkySource { name, ra_dec }));
                }
                Err(error) => warnings.push(format!("sources of {name}: {error}")),
            }
        }
        let mut soltabs = Vec::new();
        for tab in groups {
            match group.group(&tab).and_then(|inside| SolTab::read(&inside, tab.clone())) {
                Ok(tab) => soltabs.push(tab),
                Err(error) => warnings.push(format!("{name}/{tab} is left out: {error}")),
            }
        }
        soltabs.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(Some(Self { name, antennas, sources, soltabs }))
    }
}

/// What a type of solution table does; `None` for types that are no effect
/// (`error`) or not known.
pub(crate) fn effect_of(kind: &str) -> Option<Effect> {
    Some(match kind {
        "amplitude" => Effect::Amplitude,
        "phase" => Effect::Phase,
        "tec" => Effect::Tec,
        "clock" => Effect::Clock,
        "rotation" => Effect::Rotation,
        "rotationmeasure" => Effect::RotationMeasure,
        _ => return None,
    })
}
