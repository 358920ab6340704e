//! From the samples of a row to those of one axis: the other axis is averaged,
//! neighbours are put together to a coarser resolution.

use ndarray::{ArrayView2, Axis};
use num_complex::Complex64;
use serde::{Deserialize, Serialize};

use super::kinds::Quantity;
use super::row::{Facts, Row};
use crate::math;

/// How samples are put together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Averaging {
    /// Complex values; statistics are added.
    #[default]
    Vector,
    /// Gains: moduli, and phases as directions. Statistics are added.
    Scalar,
    /// Not at all: every sample is shown.
    None,
}

/// How coarse the plotted axis is.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Resolution {
    /// Seconds or MHz; as it is if absent.
    pub width: Option<f64>,
    /// Only each so many-th sample is kept; others are put together.
    pub decimate: bool,
}

/// Samples along the plotted axis.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// MJD in seconds, or MHz.
    pub places: Vec<f64>,
    /// Distance of the places, where there is one.
    pub step: Option<f64>,
    /// The samples, missing as NaN.
    pub values: Vec<Complex64>,
    /// Mean modulus and phase of each, if those are averaged by themselves.
    pub polar: Option<Vec<(f64, f64)>>,
    /// Its place on the other axis, and the step there, if that is not averaged.
    pub across: Option<(f64, Option<f64>)>,
}

/// One correlation of a row along the plotted axis.
#[derive(Debug, Clone, PartialEq)]
pub struct Reduced {
    /// What the row is of.
    pub facts: Facts,
    /// What its samples are.
    pub quantity: Quantity,
    /// The correlation.
    pub correlation: usize,
    /// One line, or without averaging one for each place of the other axis.
    pub lines: Vec<Line>,
}

/// Brings one correlation of a row onto the axis of time or frequency.
#[must_use]
pub fn reduce(
    row: &Row,
    correlation: usize,
    time: bool,
    averaging: Averaging,
    resolution: Resolution,
) -> Reduced {
    let planes: Vec<ArrayView2<'_, Complex64>> =
        row.parts.iter().map(|part| part.index_axis(Axis(0), correlation)).collect();
    // The plotted axis first.
    let planes: Vec<_> =
        planes.into_iter().map(|plane| if time { plane.reversed_axes() } else { plane }).collect();
    let times = (&row.time_mjd_s, row.time_step_s);
    let channels = (&row.freq_mhz, row.freq_step_mhz);
    let ((places, step), (others, other_step)) =
        if time { (times, channels) } else { (channels, times) };
    let factor = factor(step.or_else(|| median_step(places)), places.len(), resolution);
    let across = planes.first().map_or(0, |plane| plane.len_of(Axis(1)));
    let scalar = averaging == Averaging::Scalar && row.quantity == Quantity::Gain;
    let mut lines = Vec::new();
    if averaging == Averaging::None {
        for at in 0..across {
            let parts: Vec<Vec<Complex64>> =
                planes.iter().map(|plane| plane.column(at).to_vec()).collect();
            let mut one =
                line(&row.quantity, places, step, &parts, None, factor, resolution.decimate);
            one.across = others.get(at).map(|place| (*place, other_step));
            lines.push(one);
        }
    } else {
        let parts: Vec<Vec<Complex64>> = planes
            .iter()
            .map(|plane| {
                let rows = plane.rows().into_iter();
                rows.map(|samples| row.quantity.together(samples.iter().copied())).collect()
            })
            .collect();
        let polar = scalar.then(|| {
            let rows = planes[0].rows().into_iter();
            rows.map(|samples| polar(samples.iter().copied())).collect::<Vec<_>>()
        });
        lines.push(line(&row.quantity, places, step, &parts, polar, factor, resolution.decimate));
    }
    Reduced { facts: row.facts.clone(), quantity: row.quantity.clone(), correlation, lines }
}

/// Mean modulus, and the direction of the phases.
fn polar(samples: impl Iterator<Item = Complex64> + Clone) -> (f64, f64) {
    let moduli: Vec<f64> = samples.clone().map(Complex64::norm).collect();
    let phases: Vec<f64> = samples.map(Complex64::arg).collect();
    (math::mean(&moduli), math::circular_mean(&phases))
}

fn line(
    quantity: &Quantity,
    places: &[f64],
    step: Option<f64>,
    parts: &[Vec<Complex64>],
    polar: Option<Vec<(f64, f64)>>,
    factor: usize,
    decimate: bool,
) -> Line {
    #[allow(clippy::cast_precision_loss)] // a number of samples
    let step = step.map(|step| step * factor as f64);
    let values = |parts: &mut dyn Iterator<Item = Vec<Complex64>>| {
        let parts: Vec<Vec<Complex64>> = parts.collect();
        let count = parts.first().map_or(0, Vec::len);
        let at = |k: usize| parts.iter().map(|part| part[k]).collect::<Vec<_>>();
        (0..count).map(|k| quantity.value(&at(k))).collect::<Vec<_>>()
    };
    if decimate || factor <= 1 {
        let factor = factor.max(1);
        let keep = |part: &Vec<Complex64>| part.iter().copied().step_by(factor).collect();
        return Line {
            places: places.iter().copied().step_by(factor).collect(),
            step,
            values: values(&mut parts.iter().map(keep)),
            polar: polar.map(|polar| polar.into_iter().step_by(factor).collect()),
            across: None,
        };
    }
    let bin = |part: &Vec<Complex64>| {
        part.chunks(factor).map(|bin| quantity.together(bin.iter().copied())).collect()
    };
    Line {
        places: math::bin_centres(places, factor),
        step,
        values: values(&mut parts.iter().map(bin)),
        polar: polar.map(|polar| polar.chunks(factor).map(mean_polar).collect()),
        across: None,
    }
}

fn mean_polar(bin: &[(f64, f64)]) -> (f64, f64) {
    let (moduli, phases): (Vec<f64>, Vec<f64>) = bin.iter().copied().unzip();
    (math::mean(&moduli), math::circular_mean(&phases))
}

/// How many samples make one: the whole ones in the resolution.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
fn factor(step: Option<f64>, samples: usize, resolution: Resolution) -> usize {
    match (step, resolution.width) {
        (Some(step), Some(width)) if step > 0.0 && width > step && samples > 1 => {
            // A width that is a whole number of steps must not lose one to rounding.
            ((width / step) * (1.0 + 1e-9)).floor().min(samples as f64) as usize
        }
        _ => 1,
    }
}

fn median_step(places: &[f64]) -> Option<f64> {
    let steps: Vec<f64> = places.windows(2).map(|pair| pair[1] - pair[0]).collect();
    let step = math::median(&steps);
    (step > 0.0).then_some(step)
}
