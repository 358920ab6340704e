//! Phases without jumps of a full turn.

use std::f64::consts::{PI, TAU};

/// Missing samples in a row that are bridged at most, unless told otherwise.
pub const DEFAULT_GAP: usize = 10;

/// The same angle in (−π, π].
pub fn wrap(angle: f64) -> f64 {
    let turned = (angle + PI).rem_euclid(TAU) - PI;
    // rem_euclid gives 0 for odd multiples of π, which belong to the upper end.
    if turned <= -PI { turned + TAU } else { turned }
}

/// Phases, rad, with full turns added so that neighbours differ by at most π.
///
/// Only valid samples are looked at, so a missing one decides nothing. After
/// more than `gap` missing samples in a row the turns are unknown: counting
/// begins again with the phase as it is. For a run without such gaps this is
/// `numpy.unwrap` of its valid samples.
pub fn unwrap(phases: &[f64], gap: usize) -> Vec<f64> {
    let mut turns = 0.0;
    let mut before: Option<(usize, f64)> = None;
    let step = |(at, phase): (usize, &f64)| {
        if phase.is_nan() {
            return f64::NAN;
        }
        match before {
            Some((last, old)) if at - last <= gap + 1 => turns += correction(phase - old),
            _ => turns = 0.0,
        }
        before = Some((at, *phase));
        phase + turns
    };
    phases.iter().enumerate().map(step).collect()
}

/// What makes a difference of phases one of at most half a turn; a step of
/// exactly half a turn keeps its sign.
fn correction(difference: f64) -> f64 {
    if difference.abs() < PI {
        return 0.0;
    }
    let least = (difference + PI).rem_euclid(TAU) - PI;
    let least = if least <= -PI && difference > 0.0 { PI } else { least };
    least - difference
}
