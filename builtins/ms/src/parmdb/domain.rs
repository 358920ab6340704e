//! A piece of a parameter: a box in frequency and time, and the values in it.

use ndarray::Array2;

use super::Funklet;
use crate::gains::Cells;

/// A box in frequency (Hz) and time (s of MJD).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Range {
    /// Lower edge in frequency.
    pub start_freq: f64,
    /// Upper edge in frequency.
    pub end_freq: f64,
    /// Lower edge in time.
    pub start_time: f64,
    /// Upper edge in time.
    pub end_time: f64,
}

impl Range {
    /// Whether a point is inside; lower edges are, upper edges are not.
    pub fn holds(&self, freq: f64, time: f64) -> bool {
        self.start_freq <= freq
            && freq < self.end_freq
            && self.start_time <= time
            && time < self.end_time
    }

    /// A point with 0 at the lower and 1 at the upper edges.
    pub fn scaled(&self, freq: f64, time: f64) -> (f64, f64) {
        (
            (freq - self.start_freq) / (self.end_freq - self.start_freq),
            (time - self.start_time) / (self.end_time - self.start_time),
        )
    }
}

/// A domain of a parameter.
#[derive(Debug, Clone, PartialEq)]
pub struct Domain {
    /// The box in which it holds.
    pub range: Range,
    /// Cells in frequency; one for the whole box of a polynomial.
    pub freq: Cells,
    /// Cells in time; one for the whole box of a polynomial.
    pub time: Cells,
    /// Values or coefficients, `[time][frequency]`.
    pub values: Array2<f64>,
}

impl Domain {
    /// The value at a point inside; `None` where irregular cells leave a gap.
    pub(super) fn value(&self, funklet: Funklet, freq: f64, time: f64) -> Option<f64> {
        if funklet == Funklet::Scalar {
            let column = self.freq.places(&[freq])[0]?;
            let row = self.time.places(&[time])[0]?;
            return self.values.get((row, column)).copied();
        }
        let (x, y) = self.range.scaled(freq, time);
        Some(polynomial(&self.values, x, y))
    }

    /// Writes its values at the points inside into `out`, `[time][frequency]`
    /// over the points.
    pub(super) fn sample(
        &self,
        funklet: Funklet,
        time: &[f64],
        freq: &[f64],
        out: &mut Array2<f64>,
    ) {
        let times = within(time, self.range.start_time, self.range.end_time);
        let freqs = within(freq, self.range.start_freq, self.range.end_freq);
        if times.is_empty() || freqs.is_empty() {
            return;
        }
        if funklet != Funklet::Scalar {
            for t in times {
                for f in freqs.clone() {
                    let (x, y) = self.range.scaled(freq[f], time[t]);
                    out[[t, f]] = polynomial(&self.values, x, y);
                }
            }
            return;
        }
        let rows = self.time.places(&time[times.clone()]);
        let columns = self.freq.places(&freq[freqs.clone()]);
        for (t, row) in times.zip(rows) {
            let Some(row) = row else { continue };
            for (f, column) in freqs.clone().zip(&columns) {
                if let Some(value) = column.and_then(|column| self.values.get((row, column))) {
                    out[[t, f]] = *value;
                }
            }
        }
    }
}

/// The places of ascending points from `start` up to, not including, `end`.
fn within(points: &[f64], start: f64, end: f64) -> std::ops::Range<usize> {
    let first = points.partition_point(|point| *point < start);
    let last = points.partition_point(|point| *point < end);
    first..last.max(first)
}

/// The sum of `c[j][i] · x^i · y^j`.
pub(super) fn polynomial(coefficients: &Array2<f64>, x: f64, y: f64) -> f64 {
    coefficients
        .outer_iter()
        .rev()
        .fold(0.0, |sum, row| sum * y + row.iter().rev().fold(0.0, |sum, factor| sum * x + factor))
}
