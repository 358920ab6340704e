//! The product of all effects of a station in a direction, on a grid.

use std::path::Path;

use globset::GlobMatcher;
use ndarray::Array5;
use num_complex::Complex64;

use super::cells::Cells;
use super::effect::{Effect, rotation};
use crate::read_error::ReadError;

/// Where gains are evaluated.
pub(crate) struct Grid {
    pub(crate) time: Cells,
    pub(crate) freq: Cells,
}

/// A component of a complex matrix element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    Real,
    Imag,
    Amplitude,
    Phase,
}

/// What a term contributes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// A component of an element of a matrix of gains; terms of one group
    /// make one matrix.
    Element { group: usize, element: usize, part: Part },
    /// A factor on one row of the diagonal, or on both.
    Diagonal { effect: Effect, row: Option<usize> },
    /// A rotation.
    Rotation { effect: Effect },
}

/// One real solution of a station in a direction, and where its values are.
#[derive(Debug, Clone)]
pub(crate) struct Term<K> {
    pub(crate) role: Role,
    pub(crate) key: K,
}

/// Value and weight at a place (time, frequency) of the grid.
pub(crate) type Sample<'a> = Box<dyn Fn(usize, usize) -> (f64, f64) + 'a>;

/// A weight larger than any: of what holds everywhere.
const ALWAYS: f64 = f64::INFINITY;

/// Values and weights, and the matrix elements that there are.
pub(crate) struct Built {
    pub(crate) elements: Vec<usize>,
    pub(crate) values: Array5<Complex64>,
    pub(crate) weights: Array5<f64>,
}

/// Multiplies the terms of each station and direction.
pub(crate) fn build<'a, K>(
    path: &Path,
    grid: &Grid,
    stations: usize,
    directions: usize,
    terms: impl Fn(usize, usize) -> Vec<Term<K>>,
    sample: impl Fn(&K) -> Sample<'a>,
) -> Result<Built, ReadError> {
    let all: Vec<Vec<Term<K>>> = (0..stations)
        .flat_map(|s| (0..directions).map(move |d| (s, d)))
        .map(|(s, d)| terms(s, d))
        .collect();
    let mut there = [false; 4];
    for terms in all.iter().filter(|terms| !terms.is_empty()) {
        let present = Chain::new(terms, |_| Box::new(|_, _| (0.0, 0.0))).present();
        there.iter_mut().zip(present).for_each(|(there, here)| *there |= here);
    }
    let elements: Vec<usize> = (0..4).filter(|element| there[*element]).collect();
    let shape = [grid.time.len(), grid.freq.len(), stations, directions, elements.len()];
    let count = shape.iter().try_fold(1_usize, |all, axis| all.checked_mul(*axis));
    let (Some(mut values), Some(mut weights)) =
        (count.and_then(filled(Complex64::new(f64::NAN, f64::NAN))), count.and_then(filled(0.0)))
    else {
        return Err(ReadError::input(
            path,
            format!("gains of shape {shape:?} do not fit into memory"),
            "choose stations, directions, times or frequencies",
        ));
    };
    let per_direction = elements.len();
    let per_sample = stations * directions * per_direction;
    for (at, terms) in all.iter().enumerate().filter(|(_, terms)| !terms.is_empty()) {
        let chain = Chain::new(terms, &sample);
        for t in 0..grid.time.len() {
            for (f, freq) in grid.freq.centres.iter().enumerate() {
                let start = (t * grid.freq.len() + f) * per_sample + at * per_direction;
                let product = chain.product(t, f, *freq);
                for (k, element) in elements.iter().enumerate() {
                    let Some((value, weight)) = product[*element] else { continue };
                    // Negative weights are odd, but they are not 0.
                    if value.is_finite() && weight != 0.0 && !weight.is_nan() {
                        values[start + k] = value;
                        weights[start + k] = if weight == ALWAYS { 1.0 } else { weight };
                    }
                }
            }
        }
    }
    let shaped = |error: ndarray::ShapeError| ReadError::corrupt(path, error.to_string());
    Ok(Built {
        elements,
        values: Array5::from_shape_vec(shape, values).map_err(shaped)?,
        weights: Array5::from_shape_vec(shape, weights).map_err(shaped)?,
    })
}

fn filled<T: Clone>(value: T) -> impl FnOnce(usize) -> Option<Vec<T>> {
    move |count| {
        let mut values = Vec::new();
        values.try_reserve_exact(count).ok()?;
        values.resize(count, value);
        Some(values)
    }
}

type Entry = (Complex64, f64);
/// `None` is an element that the solutions do not have, weight 0 one that is missing here.
type Matrix = [Option<Entry>; 4];

/// The factors of one station and direction, in the order of multiplication
/// from right to left.
struct Chain<'a> {
    rotations: Vec<(Effect, Sample<'a>)>,
    /// Matrices: the components of each element.
    groups: Vec<[Option<[Option<Sample<'a>>; 4]>; 4]>,
    diagonals: Vec<(Effect, Option<usize>, Sample<'a>)>,
}

impl<'a> Chain<'a> {
    fn new<K>(terms: &[Term<K>], sample: impl Fn(&K) -> Sample<'a>) -> Self {
        let mut chain = Self { rotations: Vec::new(), groups: Vec::new(), diagonals: Vec::new() };
        let mut numbers: Vec<usize> = Vec::new();
        for term in terms {
            let sample = sample(&term.key);
            match term.role {
                Role::Rotation { effect } => chain.rotations.push((effect, sample)),
                Role::Diagonal { effect, row } => chain.diagonals.push((effect, row, sample)),
                Role::Element { group, element, part } => {
                    let at =
                        numbers.iter().position(|number| *number == group).unwrap_or_else(|| {
                            numbers.push(group);
                            chain.groups.push([const { None }; 4]);
                            numbers.len() - 1
                        });
                    let parts = chain.groups[at][element % 4].get_or_insert([const { None }; 4]);
                    parts[part as usize] = Some(sample);
                }
            }
        }
        chain
    }

    /// Which elements the product has.
    fn present(&self) -> [bool; 4] {
        let mut product = [true, false, false, true];
        let times = |left: [bool; 4], right: [bool; 4]| {
            [0, 1, 2, 3]
                .map(|at: usize| (0..2).any(|k| left[at / 2 * 2 + k] && right[k * 2 + at % 2]))
        };
        if !self.rotations.is_empty() {
            product = [true; 4];
        }
        for group in &self.groups {
            product = times([0, 1, 2, 3].map(|at: usize| group[at].is_some()), product);
        }
        product
    }

    fn product(&self, t: usize, f: usize, freq: f64) -> Matrix {
        let one = Some((Complex64::new(1.0, 0.0), ALWAYS));
        let mut product = [one, None, None, one];
        for (effect, sample) in &self.rotations {
            let (value, weight) = sample(t, f);
            let turn = rotation(effect.angle(value, freq)).map(|part| Some((part, weight)));
            product = multiply(&turn, &product);
        }
        for group in &self.groups {
            let matrix =
                [0, 1, 2, 3].map(|at: usize| group[at].as_ref().map(|parts| element(parts, t, f)));
            product = multiply(&matrix, &product);
        }
        for (effect, row, sample) in &self.diagonals {
            let (value, weight) = sample(t, f);
            let factor = effect.factor(value, freq);
            for (at, entry) in product.iter_mut().enumerate() {
                if let Some(entry) = entry.as_mut().filter(|_| row.is_none_or(|row| row == at / 2))
                {
                    *entry = (entry.0 * factor, least(entry.1, weight));
                }
            }
        }
        product
    }
}

/// The smaller weight; 0 if either is none.
fn least(a: f64, b: f64) -> f64 {
    if a == 0.0 || b == 0.0 || a.is_nan() || b.is_nan() { 0.0 } else { a.min(b) }
}

/// The product of two matrices: an element is there if any of its two terms is.
fn multiply(left: &Matrix, right: &Matrix) -> Matrix {
    [0, 1, 2, 3].map(|at: usize| {
        let mut sum: Option<Entry> = None;
        for k in 0..2 {
            if let (Some(a), Some(b)) = (left[at / 2 * 2 + k], right[k * 2 + at % 2]) {
                let (value, weight) = (a.0 * b.0, least(a.1, b.1));
                sum =
                    Some(sum.map_or((value, weight), |sum| (sum.0 + value, least(sum.1, weight))));
            }
        }
        sum
    })
}

/// An element from its components: cartesian if there are such, else polar
/// with amplitude 1 or phase 0 for what is absent.
fn element(parts: &[Option<Sample<'_>>; 4], t: usize, f: usize) -> Entry {
    let get = |part: Part| parts[part as usize].as_ref().map(|sample| sample(t, f));
    let pair = |a: Option<(f64, f64)>, b: Option<(f64, f64)>, absent: f64| {
        let weight = match (a, b) {
            (Some(a), Some(b)) => least(a.1, b.1),
            (a, b) => a.or(b).map_or(0.0, |one| one.1),
        };
        (a.map_or(absent, |a| a.0), b.map_or(0.0, |b| b.0), weight)
    };
    let (real, imag) = (get(Part::Real), get(Part::Imag));
    let (value, weight) = if real.is_some() || imag.is_some() {
        let (re, im, weight) = pair(real, imag, 0.0);
        (Complex64::new(re, im), weight)
    } else {
        let (amplitude, phase, weight) = pair(get(Part::Amplitude), get(Part::Phase), 1.0);
        (Complex64::from_polar(amplitude, phase), weight)
    };
    (value, weight)
}

/// Patterns of names; no patterns take all.
pub(crate) struct Glob(Vec<(String, Option<GlobMatcher>)>);

impl Glob {
    pub(crate) fn new(path: &Path, patterns: &[String]) -> Result<Self, ReadError> {
        let compile = |text: &String| {
            let plain = text.trim_matches(['[', ']']).to_string();
            match globset::Glob::new(&plain) {
                Ok(glob) => Ok((text.clone(), Some(glob.compile_matcher()))),
                Err(error) => Err(ReadError::input(path, format!("pattern `{text}`: {error}"), "")),
            }
        };
        Ok(Self(patterns.iter().map(compile).collect::<Result<_, _>>()?))
    }

    pub(crate) fn takes(&self, name: &str) -> bool {
        let plain = name.trim_matches(['[', ']']);
        self.0.is_empty()
            || self.0.iter().any(|(text, glob)| {
                text == name || glob.as_ref().is_some_and(|glob| glob.is_match(plain))
            })
    }

    /// The patterns that fit none of the names.
    pub(crate) fn unused<'a>(&'a self, names: &'a [String]) -> Vec<&'a str> {
        let fits = |pattern: &(String, Option<GlobMatcher>)| {
            let one = Self(vec![pattern.clone()]);
            names.iter().any(|name| one.takes(name))
        };
        self.0.iter().filter(|pattern| !fits(pattern)).map(|(text, _)| text.as_str()).collect()
    }
}
