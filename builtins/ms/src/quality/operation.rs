//! The operation `ms.statistics`: quality statistics of a set of its node.

use ledama_base::operation::{Effect, ErrorKind, Operation, OperationContext, OperationError};
use ledama_base::rawtext;
use ndarray::Axis;
use serde::{Deserialize, Serialize};

use super::{Quality, View, Which};
use crate::encoded::EncodedArray;

/// Reads quality statistics.
#[derive(Debug, Clone, Copy, Default)]
pub struct Statistics;

/// What to read.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StatisticsInput {
    /// The measurement set, in text form.
    pub path: String,
    /// Which tables; all if empty.
    #[serde(default)]
    pub tables: Vec<Which>,
    /// Names of kinds, such as `RFICount`; all if empty.
    #[serde(default)]
    pub kinds: Vec<String>,
    /// Only means and extremes, no arrays.
    #[serde(default)]
    pub summary: bool,
}

/// What was read.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct StatisticsOutput {
    /// The names of the kinds, the first axis of all arrays.
    pub kinds: Vec<String>,
    /// The names of the polarizations.
    pub correlations: Vec<String>,
    /// QTS: `[kind][polarization][frequency][time][re, im]`.
    pub time: Option<TableOutput>,
    /// QFS: `[kind][polarization][frequency][re, im]`.
    pub frequency: Option<TableOutput>,
    /// QBS: `[kind][baseline][polarization][frequency][re, im]`.
    pub baseline: Option<TableOutput>,
    /// What was odd in the tables.
    pub warnings: Vec<String>,
}

/// The statistics of one table.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct TableOutput {
    /// Rows of the table.
    pub rows: u64,
    /// Places without a row.
    pub missing_cells: usize,
    /// Places with more than one row.
    pub double_cells: usize,
    /// Ascending, Hz.
    pub frequency_hz: Vec<f64>,
    /// Distance of the frequencies, or the bandwidth.
    pub freq_step_hz: Option<f64>,
    /// Ascending, seconds of MJD; for `time`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub time_mjd_s: Vec<f64>,
    /// Distance of the times, or the length of the observation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_step_s: Option<f64>,
    /// Names of antennas; for `baseline`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub baselines: Vec<[String; 2]>,
    /// The values, unless only a summary was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub values: Option<EncodedArray>,
    /// One for each kind and polarization.
    pub summary: Vec<Summary>,
}

/// One kind and polarization in short.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// The kind.
    pub kind: String,
    /// The polarization.
    pub correlation: String,
    /// How many values there are.
    pub count: usize,
    /// Real and imaginary part of their mean.
    pub mean: Option<[f64; 2]>,
    /// The smallest and the largest real part.
    pub range: Option<[f64; 2]>,
}

impl Operation for Statistics {
    const NAME: &'static str = "ms.statistics";
    const VERB: &'static str = "read the statistics of";
    const EFFECT: Effect = Effect::Reads;
    type Input = StatisticsInput;
    type Output = StatisticsOutput;

    fn run(
        &self,
        input: StatisticsInput,
        ctx: &dyn OperationContext,
    ) -> Result<StatisticsOutput, OperationError> {
        ctx.check()?;
        let quality = Quality::read(rawtext::text_path(&input.path))?;
        output(&quality, &input)
    }
}

fn output(quality: &Quality, input: &StatisticsInput) -> Result<StatisticsOutput, OperationError> {
    let names: Vec<&str> = quality.kinds.iter().map(|kind| kind.name.as_str()).collect();
    let mut places = Vec::new();
    for name in &input.kinds {
        let Some(at) = names.iter().position(|known| known == name) else {
            let what =
                format!("{}: has no statistics {name}; there is {}", input.path, names.join(", "));
            return Err(OperationError::new(ErrorKind::Input, what));
        };
        places.push(at);
    }
    if input.kinds.is_empty() {
        places.extend(0..names.len());
    }
    let kinds: Vec<String> = places.iter().map(|at| names[*at].to_string()).collect();
    let table = |which: Which| {
        let wanted = input.tables.is_empty() || input.tables.contains(&which);
        let view = quality.view(which).filter(|_| wanted)?;
        Some(TableOutput {
            rows: view.filling.rows,
            missing_cells: view.filling.missing_cells,
            double_cells: view.filling.double_cells,
            frequency_hz: view.frequency_hz.to_vec(),
            freq_step_hz: view.freq_step_hz,
            time_mjd_s: view.time_mjd_s.to_vec(),
            time_step_s: view.time_step_s,
            baselines: view.baselines.to_vec(),
            values: (!input.summary).then(|| encoded(&view, &places)),
            summary: summary(&view, quality, &places),
        })
    };
    Ok(StatisticsOutput {
        kinds,
        correlations: quality.correlations.clone(),
        time: table(Which::Time),
        frequency: table(Which::Frequency),
        baseline: table(Which::Baseline),
        warnings: quality.warnings.clone(),
    })
}

/// The chosen kinds of a table, with real and imaginary part as a last axis.
fn encoded(view: &View<'_>, kinds: &[usize]) -> EncodedArray {
    let values = view.values.select(Axis(0), kinds);
    let axes: Vec<&str> = view.axes.iter().copied().chain(["part"]).collect();
    let shape: Vec<usize> = values.shape().iter().copied().chain([2]).collect();
    let parts = values.iter().flat_map(|value| [value.re, value.im]).map(f64::from);
    EncodedArray::new(&axes, &shape, parts)
}

fn summary(view: &View<'_>, quality: &Quality, kinds: &[usize]) -> Vec<Summary> {
    if view.values.is_empty() {
        return Vec::new();
    }
    let one = |kind: usize, polarization: usize| {
        let spread = view.spread(kind, polarization);
        Summary {
            kind: quality.kinds[kind].name.clone(),
            correlation: quality.correlations[polarization].clone(),
            count: spread.map_or(0, |spread| spread.count),
            mean: spread.map(|spread| [spread.mean.re, spread.mean.im]),
            range: spread.map(|spread| [spread.least, spread.most]),
        }
    };
    let planes = 0..quality.correlations.len();
    kinds
        .iter()
        .flat_map(|kind| planes.clone().map(move |plane| (*kind, plane)))
        .map(|(kind, plane)| one(kind, plane))
        .collect()
}
