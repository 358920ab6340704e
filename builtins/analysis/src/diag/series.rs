//! From reduced rows to series: places and values by panel and colour.

use std::collections::BTreeMap;

use ledama_base::operation::OperationError;
use serde::{Deserialize, Serialize};

use super::axis::{self, UNIX_MJD_S, Wrap, XAxis};
use super::columns::Columns;
use super::keys::{Attribute, Key, KeyValues};
use super::kinds::Quantity;
use super::reduce::{Averaging, Line, Reduced, Resolution};
use super::row::Facts;
use crate::math;

/// Missing samples in a row, or steps between two, over which phases are still unwrapped.
const GAP: usize = math::DEFAULT_GAP;

/// What is shown of complex samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Coordinate {
    /// The modulus.
    Amp,
    /// The argument, rad, in (−π, π].
    Phase,
    /// The argument without jumps of full turns along a row.
    #[serde(alias = "phasewrap")]
    PhaseUnwrap,
    /// The real part.
    Real,
    /// The imaginary part.
    Imag,
}

impl Coordinate {
    /// The coordinate of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "amp" => Self::Amp,
            "phase" => Self::Phase,
            "phasewrap" | "phaseunwrap" => Self::PhaseUnwrap,
            "real" => Self::Real,
            "imag" => Self::Imag,
            _ => return None,
        })
    }

    /// Whether it is an angle.
    #[must_use]
    pub fn is_phase(self) -> bool {
        matches!(self, Self::Phase | Self::PhaseUnwrap)
    }

    /// Its values along a line.
    #[must_use]
    pub fn of(self, line: &Line) -> Vec<f64> {
        let polar = |at: usize| line.polar.as_ref().and_then(|polar| polar.get(at)).copied();
        let each = |of: &dyn Fn(usize, num_complex::Complex64) -> f64| {
            line.values.iter().enumerate().map(|(at, value)| of(at, *value)).collect::<Vec<f64>>()
        };
        match self {
            Self::Amp => each(&|at, value| polar(at).map_or(value.norm(), |polar| polar.0)),
            Self::Phase => each(&|at, value| polar(at).map_or(value.arg(), |polar| polar.1)),
            Self::PhaseUnwrap => unwrapped(&Self::Phase.of(line), line),
            Self::Real => each(&|_, value| value.re),
            Self::Imag => each(&|_, value| value.im),
        }
    }
}

/// Unwraps within stretches whose places are close together.
fn unwrapped(phases: &[f64], line: &Line) -> Vec<f64> {
    let Some(step) = line.step else { return math::unwrap(phases, GAP) };
    #[allow(clippy::cast_precision_loss)] // a small number
    let far = step * (GAP as f64 + 1.5);
    let mut all = Vec::with_capacity(phases.len());
    let mut start = 0;
    for end in 1..=phases.len() {
        if end == phases.len() || line.places[end] - line.places[end - 1] > far {
            all.extend(math::unwrap(&phases[start..end], GAP));
            start = end;
        }
    }
    all
}

/// What is plotted, and how.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Wanted {
    /// Correlations by their places.
    pub correlations: Vec<usize>,
    /// What tells panels apart.
    pub panels: Key,
    /// What tells colours apart.
    pub colours: Key,
    /// Other attributes may tell colours apart if those do not.
    pub automatic: bool,
    /// The horizontal axis.
    pub xaxis: XAxis,
    /// The vertical axes.
    pub yaxes: Vec<Coordinate>,
    /// How coarse the horizontal axis is.
    pub resolution: Resolution,
    /// How samples are put together.
    pub averaging: Averaging,
}

/// The points of one colour in one panel.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Series {
    /// Places on the horizontal axis.
    pub x: Vec<f64>,
    /// Values, for each vertical axis.
    pub y: Vec<Vec<f64>>,
}

/// All series.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Plotted {
    /// What tells colours apart.
    pub colour_key: Key,
    /// Other attributes than the given ones do.
    pub automatic: bool,
    /// Attributes that differ within a series.
    pub hidden: Vec<Attribute>,
    /// Panels, sorted.
    pub panels: Vec<KeyValues>,
    /// Colours, sorted.
    pub colours: Vec<KeyValues>,
    /// What the samples of each panel are.
    pub quantities: Vec<Vec<Quantity>>,
    /// By places in the lists of panels and colours.
    pub series: BTreeMap<(usize, usize), Series>,
    /// The wrapped axis.
    pub wrap: Wrap,
    /// Points with a value.
    pub points: usize,
    /// Points without one.
    pub masked: usize,
}

/// Makes series of rows.
pub fn series(rows: &[Reduced], wanted: &Wanted) -> Result<Plotted, OperationError> {
    let places: Vec<(&Facts, usize)> =
        rows.iter().map(|row| (&row.facts, row.correlation)).collect();
    let columns = Columns::new(&places);
    let mut plotted = Plotted { colour_key: wanted.colours.clone(), ..Plotted::default() };
    plotted.hidden = columns.hidden(&wanted.panels, &wanted.colours);
    if wanted.automatic && !plotted.hidden.is_empty() {
        plotted.colour_key = columns.automatic(&wanted.panels);
        plotted.automatic = true;
        plotted.hidden = columns.hidden(&wanted.panels, &plotted.colour_key);
    }
    let panels = columns.groups(&wanted.panels);
    let colours = columns.groups(&plotted.colour_key);
    plotted.quantities = vec![Vec::new(); panels.values.len()];
    let mut placing = Placing::new(rows, wanted.xaxis)?;
    for (at, row) in rows.iter().enumerate() {
        let panel = panels.of_row[at];
        if !plotted.quantities[panel].contains(&row.quantity) {
            plotted.quantities[panel].push(row.quantity.clone());
        }
        let series = plotted.series.entry((panel, colours.of_row[at])).or_default();
        series.y.resize(wanted.yaxes.len(), Vec::new());
        for line in &row.lines {
            let values: Vec<Vec<f64>> = wanted.yaxes.iter().map(|one| one.of(line)).collect();
            for (at, x) in placing.all(&row.facts, &line.places)?.iter().enumerate() {
                if values.iter().any(|values| !values[at].is_finite()) {
                    plotted.masked += 1;
                    continue;
                }
                plotted.points += 1;
                series.x.push(*x);
                for (all, values) in series.y.iter_mut().zip(&values) {
                    all.push(values[at]);
                }
            }
        }
    }
    (plotted.panels, plotted.colours) = (panels.values, colours.values);
    plotted.wrap = placing.wrap;
    Ok(plotted)
}

/// Where samples are on the horizontal axis.
pub struct Placing {
    axis: XAxis,
    wrap: Wrap,
    shifts: BTreeMap<String, f64>,
    last: Last,
}

/// Hour angles that were computed last: most rows have the times of the row before.
#[derive(Default)]
struct Last {
    pointing: Option<(f64, f64)>,
    places: Vec<f64>,
    x: Vec<f64>,
}

impl Placing {
    /// For the rows that are plotted.
    pub fn new(rows: &[Reduced], axis: XAxis) -> Result<Self, OperationError> {
        let (wrap, shifts) = if axis == XAxis::Wrapped {
            let ends = rows.iter().filter_map(|row| {
                let places = || row.lines.iter().flat_map(|line| line.places.iter().copied());
                let first = places().reduce(f64::min)?;
                Some((&row.facts, first, places().reduce(f64::max)?))
            });
            axis::wrap(ends)?
        } else {
            Default::default()
        };
        Ok(Self { axis, wrap, shifts, last: Last::default() })
    }

    /// The places of times (MJD, s) or frequencies (MHz) of a row.
    pub fn all(&mut self, facts: &Facts, places: &[f64]) -> Result<&[f64], OperationError> {
        let known = self.axis == XAxis::HourAngle
            && self.last.pointing.is_some()
            && self.last.pointing == facts.pointing
            && self.last.places == places;
        if !known {
            let x: Result<Vec<f64>, _> = places.iter().map(|place| self.x(facts, *place)).collect();
            self.last = Last { pointing: facts.pointing, places: places.to_vec(), x: x? };
        }
        Ok(&self.last.x)
    }

    /// The place of a time (MJD, s) or frequency (MHz).
    fn x(&self, facts: &Facts, place: f64) -> Result<f64, OperationError> {
        Ok(match self.axis {
            XAxis::Utc => place - UNIX_MJD_S,
            XAxis::Wrapped => {
                place - UNIX_MJD_S + self.shifts.get(&facts.lds).copied().unwrap_or(0.0)
            }
            XAxis::Daily => axis::daily(place),
            XAxis::HourAngle => axis::hour_angle(facts, place)?,
            XAxis::Frequency => place,
        })
    }

    /// The wrapped axis.
    #[must_use]
    pub fn wrap(&self) -> &Wrap {
        &self.wrap
    }
}
