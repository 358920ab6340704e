//! What is wanted of a source.

use ledama_base::ranges::Slots;
use ndarray::Axis;
use serde::{Deserialize, Serialize};

use super::{Cells, Part};

/// The elements of linear Jones matrices by their place: row · 2 + column.
pub const JONES_LABELS: [&str; 4] = ["XX", "XY", "YX", "YY"];

/// What is wanted of a source.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Wanted {
    /// Patterns (`CS*`) of stations; all if empty.
    pub stations: Vec<String>,
    /// Patterns of directions; all if empty.
    pub directions: Vec<String>,
    /// Elements of the Jones matrices, 0 to 3; all if empty.
    pub jones: Vec<usize>,
    /// First, last (-1: to the end) and step of the channels of each source.
    pub channels: Option<[i64; 3]>,
    /// Frequencies to evaluate at, Hz, ascending; those of the solutions if absent.
    pub freq_hz: Option<Vec<f64>>,
}

/// The elements of a list such as `0,3`.
///
/// # Errors
/// A number that is no element, in words.
pub fn elements(numbers: &[i64]) -> Result<Vec<usize>, String> {
    let element = |number: &i64| match usize::try_from(*number) {
        Ok(element) if element < 4 => Ok(element),
        _ => Err(format!("an element of a Jones matrix is 0 (XX) to 3 (YY), not {number}")),
    };
    let mut all = numbers.iter().map(element).collect::<Result<Vec<_>, _>>()?;
    all.sort_unstable();
    all.dedup();
    Ok(all)
}

impl Wanted {
    /// The slots that a triple means; `-1`, or anything beyond the axis, is its end.
    ///
    /// # Errors
    /// Numbers that are no slots, in words.
    pub fn slots([start, end, step]: [i64; 3]) -> Result<Slots, String> {
        Slots::parse(&format!("{start},{end},{step}")).map_err(|error| error.to_string())
    }

    /// The part with only the channels and elements that are wanted.
    ///
    /// # Errors
    /// Slots that are none, in words.
    pub fn of(&self, mut part: Part) -> Result<Part, String> {
        if !self.jones.is_empty() {
            let places: Vec<usize> = (0..part.jones.len())
                .filter(|at| self.jones.contains(&part.jones[*at].element))
                .collect();
            if places.len() < part.jones.len() {
                part.jones = places.iter().map(|at| part.jones[*at].clone()).collect();
                part.values = part.values.select(Axis(4), &places);
            }
        }
        let Some(triple) = self.channels else { return Ok(part) };
        let length = u32::try_from(part.freq.len()).unwrap_or(u32::MAX);
        let places: Vec<usize> =
            Self::slots(triple)?.places(length).map(|place| place as usize).collect();
        if places.len() < part.freq.len() {
            let pick = |numbers: &[f64]| places.iter().map(|at| numbers[*at]).collect();
            part.freq =
                Cells { centres: pick(&part.freq.centres), widths: pick(&part.freq.widths) };
            part.channels = places.iter().map(|at| part.channels[*at]).collect();
            part.values = part.values.select(Axis(1), &places);
        }
        Ok(part)
    }
}
