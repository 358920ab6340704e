//! The operation `ms.gains`: gain solutions on its node.

use ledama_base::operation::{Effect, Operation, OperationContext, OperationError};
use ledama_base::rawtext;
use serde::{Deserialize, Serialize};

use super::{Cells, Gains, Request, read};
use crate::encoded::{EncodedArray, finite};
use crate::read_error::ReadError;

/// Reads gain solutions.
#[derive(Debug, Clone, Copy, Default)]
pub struct ReadGains;

/// What to read.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GainsInput {
    /// A measurement set, parameter table or H5parm file in text form; the
    /// last may be followed by `::SET/TABLE,TABLE`.
    pub path: String,
    /// Patterns of station names; all if empty.
    #[serde(default)]
    pub stations: Vec<String>,
    /// Patterns of directions; all if empty.
    #[serde(default)]
    pub directions: Vec<String>,
    /// Frequencies to evaluate at, Hz, ascending; those of the solutions if absent.
    #[serde(default)]
    pub freq_hz: Option<Vec<f64>>,
    /// Times to evaluate at, seconds of MJD, ascending; those of the solutions if absent.
    #[serde(default)]
    pub time_mjd_s: Option<Vec<f64>>,
    /// Only means, no arrays.
    #[serde(default)]
    pub summary: bool,
}

/// Gain solutions.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct GainsOutput {
    /// The file or table they come from, in text form.
    pub path: String,
    /// `parmdb` or `h5parm`.
    pub source: String,
    /// Centres in seconds of MJD; none where the solutions hold at all times.
    pub time_mjd_s: Vec<Option<f64>>,
    /// Widths in s; none where they are not known.
    pub time_width_s: Vec<Option<f64>>,
    /// Centres in Hz; none where the solutions hold at all frequencies.
    pub freq_hz: Vec<Option<f64>>,
    /// Widths in Hz; none where they are not known.
    pub freq_width_hz: Vec<Option<f64>>,
    /// Names of the stations.
    pub stations: Vec<String>,
    /// Names of the directions; one empty name where there is no such axis.
    pub directions: Vec<String>,
    /// Right ascension and declination of the directions, rad, where known.
    pub direction_ra_dec: Vec<Option<[f64; 2]>>,
    /// Right ascension and declination of the phase centre of the set, rad, if it has one.
    #[serde(default)]
    pub pointing: Option<[f64; 2]>,
    /// Labels of the elements of the Jones matrices.
    pub jones: Vec<String>,
    /// `[time][freq][station][direction][jones][re, im]`, unless only a summary was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub values: Option<EncodedArray>,
    /// `[time][freq][station][direction][jones]`; 0 is missing or flagged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weights: Option<EncodedArray>,
    /// How many values are valid, and how many there are.
    pub valid: [usize; 2],
    /// One for each station and element.
    pub summary: Vec<GainSummary>,
    /// What was odd in the source.
    pub warnings: Vec<String>,
}

/// One station and element in short.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct GainSummary {
    /// The station.
    pub station: String,
    /// The element.
    pub jones: String,
    /// How many valid values there are.
    pub valid: usize,
    /// The mean of the amplitudes.
    pub mean_amplitude: Option<f64>,
    /// Real and imaginary part of the mean.
    pub mean: Option<[f64; 2]>,
}

impl Operation for ReadGains {
    const NAME: &'static str = "ms.gains";
    const VERB: &'static str = "read the gains of";
    const EFFECT: Effect = Effect::Reads;
    type Input = GainsInput;
    type Output = GainsOutput;

    fn run(
        &self,
        input: GainsInput,
        ctx: &dyn OperationContext,
    ) -> Result<GainsOutput, OperationError> {
        ctx.check()?;
        let gains = gains(&input)?;
        ctx.check()?;
        let pointing = super::pointing(&rawtext::text_path(&input.path));
        Ok(GainsOutput { pointing, ..output(&gains, input.summary) })
    }
}

/// Reads what an input asks for.
pub fn gains(input: &GainsInput) -> Result<Gains, ReadError> {
    let path = rawtext::text_path(&input.path);
    let cells = |centres: &Option<Vec<f64>>| {
        let Some(centres) = centres else { return Ok(None) };
        let ascending = centres.windows(2).all(|pair| pair[0] < pair[1]);
        if !ascending || centres.iter().any(|centre| !centre.is_finite()) {
            return Err(ReadError::input(&path, "times and frequencies must ascend", ""));
        }
        Ok(Some(Cells::from_centres(centres.clone())))
    };
    let request = Request {
        time: cells(&input.time_mjd_s)?,
        freq: cells(&input.freq_hz)?,
        stations: input.stations.clone(),
        directions: input.directions.clone(),
        apart: false,
    };
    read(&path, &request)
}

fn output(gains: &Gains, only_summary: bool) -> GainsOutput {
    let axes = ["time", "freq", "station", "direction", "jones", "part"];
    let shape = gains.shape();
    let all = |numbers: &[f64]| numbers.iter().map(|number| finite(*number)).collect();
    let values = || {
        let parts = gains.values.iter().flat_map(|value| [value.re, value.im]);
        EncodedArray::new(&axes, &[&shape[..], &[2]].concat(), parts)
    };
    let weights = || EncodedArray::new(&axes[..5], &shape, gains.weights.iter().copied());
    GainsOutput {
        path: rawtext::path_text(&gains.path),
        source: match gains.source {
            super::Source::Parmdb => "parmdb".into(),
            super::Source::H5parm => "h5parm".into(),
        },
        time_mjd_s: all(&gains.time.centres),
        time_width_s: all(&gains.time.widths),
        freq_hz: all(&gains.freq.centres),
        freq_width_hz: all(&gains.freq.widths),
        stations: gains.stations.clone(),
        directions: gains.directions.iter().map(|direction| direction.name.clone()).collect(),
        pointing: None,
        direction_ra_dec: gains.directions.iter().map(|direction| direction.ra_dec).collect(),
        jones: gains.jones.iter().map(|jones| jones.label.clone()).collect(),
        values: (!only_summary).then(values),
        weights: (!only_summary).then(weights),
        valid: [gains.valid(), gains.values.len()],
        summary: summary(gains),
        warnings: gains.warnings.clone(),
    }
}

#[allow(clippy::cast_precision_loss)] // a count
fn summary(gains: &Gains) -> Vec<GainSummary> {
    let mut all = Vec::new();
    for (s, station) in gains.stations.iter().enumerate() {
        for (j, jones) in gains.jones.iter().enumerate() {
            let values = gains.values.slice(ndarray::s![.., .., s, .., j]);
            let weights = gains.weights.slice(ndarray::s![.., .., s, .., j]);
            let valid = values.iter().zip(&weights).filter(|(_, weight)| **weight != 0.0);
            let (count, amplitudes) =
                valid.fold((0, 0.0), |(count, sum), (value, _)| (count + 1, sum + value.norm()));
            let mean = gains.mean(s, jones.element);
            all.push(GainSummary {
                station: station.clone(),
                jones: jones.label.clone(),
                valid: count,
                mean_amplitude: (count > 0).then(|| amplitudes / count as f64),
                mean: mean.map(|mean| [mean.re, mean.im]),
            });
        }
    }
    all
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::float_cmp)]

    use std::path::Path;

    use ledama_base::operation::ErrorKind;

    use super::*;
    use crate::testing::Alone;

    fn input(name: &str) -> GainsInput {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name);
        GainsInput { path: path.to_str().unwrap().into(), ..GainsInput::default() }
    }

    #[test]
    fn values_travel_whole_or_as_a_summary() {
        let whole = ReadGains.run(input("small.h5::sol000"), &Alone::default()).unwrap();
        assert_eq!((whole.source.as_str(), whole.valid), ("h5parm", [142, 144]));
        let values = whole.values.as_ref().unwrap();
        assert_eq!(values.shape, [3, 4, 3, 2, 2, 2]);
        assert_eq!(values.values().unwrap()[..2], [0.0, 0.0]);
        assert_eq!(whole.weights.as_ref().unwrap().values().unwrap()[0], 1.0);
        assert_eq!(whole.direction_ra_dec[1], Some([5.233, 0.711]));
        let text = serde_json::to_string(&whole).unwrap();
        let back: GainsOutput = serde_json::from_str(&text).unwrap();
        assert_eq!((&back.values, &back.weights), (&whole.values, &whole.weights));
        let short = ReadGains
            .run(GainsInput { summary: true, ..input("small.h5::other") }, &Alone::default())
            .unwrap();
        assert!(short.values.is_none() && short.weights.is_none());
        assert_eq!((short.freq_hz.as_slice(), short.time_width_s.len()), ([None].as_slice(), 3));
        let second = &short.summary[2];
        assert_eq!(
            (second.station.as_str(), second.jones.as_str(), second.valid),
            ("RS106HBA", "XX", 3)
        );
        assert!((second.mean_amplitude.unwrap() - 1.01).abs() < 1e-12);
    }

    #[test]
    fn a_wrong_question_is_told_with_advice() {
        let back = GainsInput { freq_hz: Some(vec![2.0, 1.0]), ..input("small.parmdb") };
        let error = ReadGains.run(back, &Alone::default()).unwrap_err();
        assert!(error.kind == ErrorKind::Input && error.message.contains("must ascend"));
        let error = ReadGains.run(input("small.h5"), &Alone::default()).unwrap_err();
        assert!(error.help.unwrap().starts_with("name one as PATH::SET/TABLE"));
        let error = ReadGains.run(input("make_gains.py"), &Alone::default()).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Corrupt);
        let error = ReadGains.run(input("small.parmdb::sol000"), &Alone::default()).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Input);
    }
}
