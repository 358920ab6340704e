//! The facts of a measurement set: what was observed, when, with which
//! stations, channels and corrections, and in which state the data are.
//!
//! Every fact is read by itself: one that is absent or damaged becomes
//! unknown with a reason in [`MsInfo::problems`], and the others are still
//! told. Nothing is locked, so sets under work can be looked at.

mod correct;
mod deviation;
mod field;
mod flags;
mod history;
mod observation;
pub mod operation;
mod reader;
mod rows;
mod spectral;
mod state;
mod stations;
#[cfg(test)]
mod tests;
mod text;
pub mod utc;

use std::path::Path;
use std::sync::Arc;

use ledama_base::corrections::Corrections;
use ledama_base::path::DataPath;
use ledama_base::rawtext;
use ledama_tables::{Table, Value};
use serde::{Deserialize, Serialize};

pub use deviation::{Deviation, deviations};
pub use field::{Direction, FieldFacts};
pub use flags::FlagFacts;
pub use history::{HistoryFacts, HistoryRow, Step, history_rows};
pub use observation::ObservationFacts;
pub use rows::RowFacts;
pub(crate) use spectral::correlation;
pub use spectral::{SpectralFacts, SpectralWindow};
pub use state::StateFacts;
pub use stations::StationFacts;
pub use text::UNKNOWN;

use crate::packed::Packed;
use reader::Reader;

/// How much of a set is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Depth {
    /// Sub-tables and the first and last row: a few milliseconds.
    #[default]
    Header,
    /// Also the columns that identify each row: times, antennas, intervals.
    Rows,
    /// Also all flags.
    Flags,
}

/// A fact that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// Where it should stand, such as `OBSERVATION.PROJECT`.
    pub fact: String,
    /// Why it is unknown.
    pub message: String,
}

/// All facts of a measurement set. In JSON it is one flat object; unknown
/// facts are `null`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct MsInfo {
    /// Its path in text form.
    pub path: String,
    /// The last part of the path.
    pub name: String,
    /// The observation by the path, such as `L80897`.
    pub lds: Option<String>,
    /// The year of the observation by the path.
    pub year: Option<u16>,
    /// The version by the path; 0 for data as they were observed.
    pub version: u16,
    /// The sub-band by the path.
    pub sub_band: Option<u16>,
    /// The beam by the path.
    pub beam: Option<u16>,
    /// As observed, and not processed, by the path.
    pub raw: bool,
    /// Version of the measurement set definition, mostly 2.
    pub ms_version: Option<f64>,
    /// Rows of the main table.
    pub nrow: u64,
    /// Columns of the main table, in its order.
    pub columns: Vec<String>,
    /// Sub-tables, sorted.
    pub subtables: Vec<String>,
    /// What the OBSERVATION table says.
    #[serde(flatten)]
    pub observation: ObservationFacts,
    /// What the ANTENNA table says.
    #[serde(flatten)]
    pub stations: StationFacts,
    /// What the main table says about times and baselines.
    #[serde(flatten)]
    pub rows: RowFacts,
    /// Frequencies and correlations.
    #[serde(flatten)]
    pub spectral: SpectralFacts,
    /// Where it looked.
    #[serde(flatten)]
    pub field: FieldFacts,
    /// What was done to it.
    #[serde(flatten)]
    pub history: HistoryFacts,
    /// What it holds, how large it is, who uses it.
    #[serde(flatten)]
    pub state: StateFacts,
    /// How much is flagged.
    #[serde(flatten)]
    pub flags: FlagFacts,
    /// Corrections of the site that were used, as texts for the user.
    pub corrections: Vec<String>,
    /// Facts that could not be read.
    pub problems: Vec<Problem>,
}

/// What is read, and with which corrections.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// How much is read.
    pub depth: Depth,
    /// Also measure the size on disk, which looks at every file.
    pub sizes: bool,
    /// What is known better than the data of single observations.
    pub corrections: &'a Corrections,
}

impl Default for Wanted<'_> {
    fn default() -> Self {
        Self { depth: Depth::Header, sizes: false, corrections: Corrections::built_in() }
    }
}

/// A set in a folder or in a tar file.
pub fn open(path: &Path) -> ledama_tables::Result<Table> {
    if path.is_file() { Table::open_in(Arc::new(Packed::open(path)?)) } else { Table::open(path) }
}

/// What a path is: `set` (a folder with a table), `packed` (a tar file),
/// `file` (any other file), `nothing` (not there, or a folder without a table).
pub fn kind_of(path: &Path) -> &'static str {
    if path.join("table.dat").is_file() {
        "set"
    } else if path.is_file() {
        if Packed::open(path).is_ok() { "packed" } else { "file" }
    } else {
        "nothing"
    }
}

/// How often a set that changes meanwhile is read again.
const TRIES: usize = 3;

impl MsInfo {
    /// Reads the facts of the set at this path. Fails only where the main
    /// table itself cannot be opened, or goes on changing.
    pub fn read(path: impl AsRef<Path>, wanted: Wanted<'_>) -> ledama_tables::Result<Self> {
        let path = path.as_ref();
        let mut last = None;
        for _ in 0..TRIES {
            match open(path).and_then(|table| Self::of(&table, wanted)) {
                Err(error @ ledama_tables::Error::BeingWritten { .. }) => last = Some(error),
                other => return other,
            }
        }
        Err(last.unwrap_or_else(|| ledama_tables::Error::BeingWritten { path: path.into() }))
    }

    /// The facts of an open set.
    pub fn of(table: &Table, wanted: Wanted<'_>) -> ledama_tables::Result<Self> {
        let mut reader = Reader::new(table.clone());
        let path = rawtext::path_text(table.path());
        let parsed = DataPath::parse_with(&path, wanted.corrections);
        let mut info = Self {
            name: parsed.name.to_string(),
            lds: parsed.lds(),
            year: parsed.year,
            version: parsed.version(),
            sub_band: parsed.sub_band,
            beam: parsed.beam,
            raw: parsed.raw,
            ms_version: table.keywords().get("MS_VERSION").and_then(Value::as_f64),
            nrow: table.nrow(),
            columns: table.columns().iter().map(|column| column.name.clone()).collect(),
            subtables: table.subtables().into_iter().map(str::to_string).collect(),
            observation: observation::read(&mut reader),
            spectral: spectral::read(&mut reader),
            field: field::read(&mut reader),
            history: history::read(&mut reader),
            rows: rows::read(&mut reader, wanted.depth),
            state: state::read(&mut reader, table, wanted),
            path: path.clone(),
            ..Self::default()
        };
        info.subtables.sort_unstable();
        info.stations = stations::read(&mut reader, info.observation.antenna_set.as_deref());
        info.history.calibrated |= info.state.has_corrected_data;
        info.history.ledama_calibrated |= info.state.has_corrected_data;
        if wanted.depth == Depth::Flags {
            info.flags = flags::read(&mut reader);
        }
        reader.verify()?;
        info.problems = reader.problems();
        correct::apply(&mut info, wanted.corrections);
        Ok(info)
    }
}
