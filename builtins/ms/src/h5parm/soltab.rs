//! A solution table: what its axes are, and its values.

use std::collections::BTreeMap;

use serde::Serialize;

use super::file::Group;
use crate::read_error::ReadError;

/// What a solution table is, without its values.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SolTab {
    /// Its name, such as `phase000`.
    pub name: String,
    /// Its type, such as `phase`, from the attribute `TITLE` or the name.
    pub kind: String,
    /// Its axes in the order of the values, slowest first.
    pub axes: Vec<Axis>,
    /// The type of its values, as numpy names it.
    pub dtype: String,
    /// The type of its weights; empty without weights.
    pub weight_dtype: String,
    /// What was done to it, oldest first.
    pub history: Vec<String>,
}

/// An axis of a solution table.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Axis {
    /// `time`, `freq`, `ant`, `dir`, `pol` or any other.
    pub name: String,
    /// How many places it has.
    pub len: usize,
    /// Values of axes of numbers: centres in MJD seconds or Hz.
    pub numbers: Vec<f64>,
    /// Values of axes of texts.
    pub labels: Vec<String>,
}

/// Values and weights of a solution table.
#[derive(Debug, Clone, PartialEq)]
pub struct Values {
    /// In the order of the axes, the last fastest.
    pub values: Vec<f64>,
    /// In the order of the axes of the values, whatever theirs is; 1 where
    /// the file has no weights.
    pub weights: Vec<f64>,
}

impl SolTab {
    /// The number at the end of its name, which joins tables of one solution.
    pub fn number(&self) -> Option<usize> {
        let digits =
            self.name.len() - self.name.trim_end_matches(|c: char| c.is_ascii_digit()).len();
        self.name[self.name.len() - digits..].parse().ok()
    }

    /// The lengths of its axes.
    pub fn shape(&self) -> Vec<usize> {
        self.axes.iter().map(|axis| axis.len).collect()
    }

    /// The axis of that name and its place.
    pub fn axis(&self, name: &str) -> Option<(usize, &Axis)> {
        self.axes.iter().enumerate().find(|(_, axis)| axis.name == name)
    }

    pub(super) fn read(group: &Group, name: String) -> Result<Self, ReadError> {
        let (_, datasets) = group.members()?;
        let has = |wanted: &str| datasets.iter().any(|dataset| dataset == wanted);
        if !has("val") {
            return Err(group.corrupt("val", "is not there: the writer was interrupted"));
        }
        let texts: BTreeMap<String, String> = group.texts("val")?.into_iter().collect();
        let Some(names) = texts.get("AXES") else {
            return Err(group.corrupt("val", "has no attribute AXES"));
        };
        let (shape, dtype) = group.shape("val")?;
        let axes = axes(group, names, &shape, &has)?;
        let weight_dtype = if has("weight") { group.shape("weight")?.1 } else { String::new() };
        let kind = group.text("TITLE").unwrap_or_default();
        let kind = if kind.is_empty() {
            name.trim_end_matches(|c: char| c.is_ascii_digit()).to_string()
        } else {
            kind
        };
        let history = texts
            .iter()
            .filter(|(name, _)| name.starts_with("HISTORY"))
            .map(|(_, text)| text.clone())
            .collect();
        Ok(Self { name, kind, axes, dtype, weight_dtype, history })
    }
}

fn axes(
    group: &Group,
    names: &str,
    shape: &[usize],
    has: &dyn Fn(&str) -> bool,
) -> Result<Vec<Axis>, ReadError> {
    let names: Vec<&str> =
        names.split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
    if names.len() != shape.len() {
        return Err(
            group.corrupt("val", format!("has {} axes and names {}", shape.len(), names.len()))
        );
    }
    let mut axes: Vec<Axis> = Vec::with_capacity(names.len());
    for (name, len) in names.iter().zip(shape) {
        if axes.iter().any(|axis| axis.name == *name) {
            return Err(group.corrupt("val", format!("has two axes {name}")));
        }
        let (mut numbers, mut labels) = (Vec::new(), Vec::new());
        if has(name) {
            if group.shape(name)?.1 == "string" {
                labels = group.strings(name)?;
            } else {
                numbers = group.numbers(name).or_else(|error| {
                    // Axes of other kinds are not used; those below must be read.
                    if ["time", "freq", "ant", "dir", "pol"].contains(name) {
                        Err(error)
                    } else {
                        Ok(Vec::new())
                    }
                })?;
            }
            let count = numbers.len().max(labels.len());
            if count != *len && count > 0 {
                return Err(group.corrupt(name, format!("has {count} values for an axis of {len}")));
            }
        }
        let axis = Axis { name: (*name).to_string(), len: *len, numbers, labels };
        let missing = match *name {
            "time" | "freq" => axis.numbers.len() != *len,
            "ant" | "dir" | "pol" => axis.labels.len() != *len,
            _ => false,
        };
        if missing {
            return Err(group.corrupt(name, "does not tell the values of this axis"));
        }
        axes.push(axis);
    }
    Ok(axes)
}

impl Values {
    pub(super) fn read(group: &Group, tab: &SolTab) -> Result<Self, ReadError> {
        let shape = tab.shape();
        let count = shape.iter().product::<usize>();
        let values = group.numbers("val")?;
        if values.len() != count {
            return Err(group.corrupt("val", format!("has {} values, not {count}", values.len())));
        }
        if tab.weight_dtype.is_empty() {
            return Ok(Self { values, weights: vec![1.0; count] });
        }
        let weights = group.numbers("weight")?;
        let texts = group.texts("weight")?;
        let own = texts.iter().find(|(name, _)| name == "AXES").map(|(_, names)| names.as_str());
        let (weight_shape, _) = group.shape("weight")?;
        let weights = match own {
            Some(names) => reordered(weights, names, &weight_shape, tab),
            None => (weight_shape == shape).then_some(weights),
        };
        let weights = weights
            .filter(|weights| weights.len() == count)
            .ok_or_else(|| group.corrupt("weight", "has other axes than the values"))?;
        Ok(Self { values, weights })
    }
}

/// Weights in the order of the axes of the values; axes that the weights do
/// not have are repeated.
fn reordered(weights: Vec<f64>, names: &str, shape: &[usize], tab: &SolTab) -> Option<Vec<f64>> {
    let names: Vec<&str> = names.split(',').map(str::trim).collect();
    if names.len() != shape.len() || names.iter().any(|name| tab.axis(name).is_none()) {
        return None;
    }
    if shape == tab.shape() && tab.axes.iter().zip(&names).all(|(axis, name)| axis.name == **name) {
        return Some(weights);
    }
    let mut strides = vec![0; tab.axes.len()];
    let mut stride = 1_usize;
    for (name, len) in names.iter().zip(shape).rev() {
        let (at, axis) = tab.axis(name)?;
        if axis.len != *len {
            return None;
        }
        strides[at] = stride;
        stride = stride.checked_mul(*len)?;
    }
    if weights.len() != stride {
        return None;
    }
    let lengths = tab.shape();
    let mut place = vec![0; lengths.len()];
    let count = lengths.iter().product::<usize>();
    let mut out = Vec::with_capacity(count);
    for _ in 0..count {
        let at: usize = place.iter().zip(&strides).map(|(place, stride)| place * stride).sum();
        out.push(*weights.get(at)?);
        for axis in (0..place.len()).rev() {
            place[axis] += 1;
            if place[axis] < lengths[axis] {
                break;
            }
            place[axis] = 0;
        }
    }
    Some(out)
}
