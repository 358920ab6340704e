//! The operation `ms.statistics`: quality statistics of a set of its node.

use ledama_base::operation::{Effect, ErrorKind, Operation, OperationContext, OperationError};
use ledama_base::rawtext;
use ledama_tables::Complex32;
use ndarray::{ArrayD, ArrayViewD, Axis};
use serde::{Deserialize, Serialize};

use super::{Filling, Quality};
use crate::encoded::EncodedArray;

/// Reads quality statistics.
#[derive(Debug, Clone, Copy, Default)]
pub struct Statistics;

/// Which statistics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Table {
    /// QTS, over baselines.
    Time,
    /// QFS, over baselines and times.
    Frequency,
    /// QBS, over times.
    Baseline,
}

/// What to read.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StatisticsInput {
    /// The measurement set, in text form.
    pub path: String,
    /// Which tables; all if empty.
    #[serde(default)]
    pub tables: Vec<Table>,
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
            let what = format!("{}: has no statistics {name}; there is {}", input.path, names.join(", "));
            return Err(OperationError::new(ErrorKind::Input, what));
        };
        places.push(at);
    }
    if input.kinds.is_empty() {
        places.extend(0..names.len());
    }
    let kinds: Vec<String> = places.iter().map(|at| names[*at].to_string()).collect();
    let wanted = |table: Table| input.tables.is_empty() || input.tables.contains(&table);
    let pack = |values: ArrayViewD<'_, Complex32>, filling: Filling, axes: &[&str], plane_axis: usize| {
        let values = values.select(Axis(0), &places);
        TableOutput {
            rows: filling.rows,
            missing_cells: filling.missing_cells,
            double_cells: filling.double_cells,
            summary: summary(&values, &kinds, &quality.correlations, plane_axis),
            values: (!input.summary).then(|| encoded(&values, axes)),
            ..TableOutput::default()
        }
    };
    let time = quality.time.as_ref().filter(|_| wanted(Table::Time)).map(|table| TableOutput {
        frequency_hz: table.frequency_hz.clone(),
        freq_step_hz: table.freq_step_hz,
        time_mjd_s: table.time_mjd_s.clone(),
        time_step_s: table.time_step_s,
        ..pack(table.values.view().into_dyn(), table.filling, &["kind", "polarization", "frequency", "time", "part"], 1)
    });
    let frequency = quality.frequency.as_ref().filter(|_| wanted(Table::Frequency)).map(|table| TableOutput {
        frequency_hz: table.frequency_hz.clone(),
        freq_step_hz: table.freq_step_hz,
        ..pack(table.values.view().into_dyn(), table.filling, &["kind", "polarization", "frequency", "part"], 1)
    });
    let baseline = quality.baseline.as_ref().filter(|_| wanted(Table::Baseline)).map(|table| TableOutput {
        frequency_hz: table.frequency_hz.clone(),
        freq_step_hz: table.freq_step_hz,
        baselines: table.baseline_names.clone(),
        ..pack(
            table.values.view().into_dyn(),
            table.filling,
            &["kind", "baseline", "polarization", "frequency", "part"],
            2,
        )
    });
    let correlations = quality.correlations.clone();
    Ok(StatisticsOutput { kinds, correlations, time, frequency, baseline, warnings: quality.warnings.clone() })
}

fn encoded(values: &ArrayD<Complex32>, axes: &[&str]) -> EncodedArray {
    let shape: Vec<usize> = values.shape().iter().copied().chain([2]).collect();
    EncodedArray::new(axes, &shape, values.iter().flat_map(|value| [value.re, value.im]).map(f64::from))
}

#[allow(clippy::cast_precision_loss)] // a count
fn summary(values: &ArrayD<Complex32>, kinds: &[String], planes: &[String], plane_axis: usize) -> Vec<Summary> {
    let mut all = Vec::new();
    if values.is_empty() {
        return all;
    }
    for (kind, values) in kinds.iter().zip(values.outer_iter()) {
        for (correlation, values) in planes.iter().zip(values.axis_iter(Axis(plane_axis - 1))) {
            let valid = || values.iter().filter(|value| value.re.is_finite() && value.im.is_finite());
            let (mut count, mut sum, mut least, mut most) = (0, [0.0, 0.0], f64::INFINITY, f64::NEG_INFINITY);
            for value in valid() {
                let (re, im) = (f64::from(value.re), f64::from(value.im));
                count += 1;
                sum = [sum[0] + re, sum[1] + im];
                (least, most) = (least.min(re), most.max(re));
            }
            all.push(Summary {
                kind: kind.clone(),
                correlation: correlation.clone(),
                count,
                mean: (count > 0).then(|| sum.map(|sum| sum / count as f64)),
                range: (count > 0).then_some([least, most]),
            });
        }
    }
    all
}
