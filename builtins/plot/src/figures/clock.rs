//! A second scale above an axis of time: hour angle, or sidereal time.

use ledama_analysis::astro::{self, Place};
use ledama_analysis::diag::axis::{UNIX_MJD_S, Wrap};
use serde::{Deserialize, Serialize};

use crate::figure::{Axis, Range, Ticks};

/// What the second scale shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TopAxis {
    /// The hour angle of the pointing.
    Ha,
    /// The local sidereal time.
    Lst,
}

/// Most names on it.
const MOST: f64 = 12.0;
/// Seconds of an angle while a second passes.
const RATE: f64 = 1.002_737_909_35;

/// The scale above an axis from `low` to `high`, seconds since 1970 or places
/// on a wrapped axis; `pointing` in degrees is needed for hour angles.
#[must_use]
pub fn top(what: TopAxis, pointing: (f64, f64), wrap: &Wrap, low: f64, high: f64) -> Axis {
    let angle = |unix: f64| match what {
        TopAxis::Ha => astro::hour_angle(pointing.0, pointing.1, unix + UNIX_MJD_S, Place::LOFAR),
        TopAxis::Lst => astro::sidereal_time(unix + UNIX_MJD_S, Place::LOFAR),
    };
    let step = step(high - low);
    let mut names = Vec::new();
    for (from, to, shift) in stretches(wrap, low, high) {
        // The next round angle after the beginning, and then on.
        let first = angle(from + shift);
        let mut round = (first / step).ceil() * step;
        loop {
            let place = from + (round - first) / RATE;
            if place > to || !place.is_finite() {
                break;
            }
            // Apparent angles do not go quite evenly.
            let off = astro::wrapped(angle(place + shift) - round);
            names.push((place - off / RATE, name(what, round, step)));
            round += step;
        }
    }
    let label = match what {
        TopAxis::Ha => "Hour angle",
        TopAxis::Lst => "Local sidereal time",
    };
    let unit = if step < 60.0 { "[h:m:s]" } else { "[h:m]" };
    Axis {
        label: format!("{label} {unit}"),
        range: Range::Fixed(low, high),
        ticks: Ticks::Named(names),
        named: true,
        reversed: false,
    }
}

/// Stretches without a jump in time: from, to, and what makes times of places.
fn stretches(wrap: &Wrap, low: f64, high: f64) -> Vec<(f64, f64, f64)> {
    let pieces = wrap.pieces();
    if pieces.is_empty() {
        return vec![(low, high, 0.0)];
    }
    let ends = pieces.iter().skip(1).map(|piece| piece.0).chain([f64::INFINITY]);
    pieces
        .iter()
        .zip(ends)
        .map(|((begin, time), end)| (begin.max(low), end.min(high), time - begin))
        .filter(|(from, to, _)| from < to)
        .collect()
}

/// A round distance that gives few names.
fn step(width: f64) -> f64 {
    let round = [
        1.0, 5.0, 10.0, 30.0, 60.0, 300.0, 600.0, 1800.0, 3600.0, 7200.0, 10_800.0, 21_600.0,
        43_200.0,
    ];
    let fits = round.into_iter().find(|step| width / step <= MOST);
    fits.unwrap_or_else(|| (width / MOST / 86_400.0).ceil() * 86_400.0)
}

/// `±HH:MM` of an hour angle, `HH:MM` of sidereal time; with seconds if steps are small.
fn name(what: TopAxis, seconds: f64, step: f64) -> String {
    let (sign, seconds) = match what {
        TopAxis::Ha => {
            let angle = astro::wrapped(seconds);
            (if angle < 0.0 { "-" } else { "+" }, angle.abs())
        }
        TopAxis::Lst => ("", seconds.rem_euclid(86_400.0)),
    };
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // seconds of a day
    let seconds = seconds.round() as u32;
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
    if step < 60.0 {
        format!("{sign}{hours:02}:{minutes:02}:{:02}", seconds % 60)
    } else {
        format!("{sign}{hours:02}:{minutes:02}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POINTING: (f64, f64) = (123.400_25, 48.217_389);

    fn names(axis: &Axis) -> &[(f64, String)] {
        match &axis.ticks {
            Ticks::Named(names) => names,
            _ => &[],
        }
    }

    #[test]
    fn round_angles_stand_at_their_times() {
        let start = 56_000.0 * 86_400.0 - UNIX_MJD_S;
        for what in [TopAxis::Ha, TopAxis::Lst] {
            let axis = top(what, POINTING, &Wrap::default(), start, start + 36_000.0);
            let names = names(&axis);
            assert!((9..=11).contains(&names.len()), "{names:?}");
            for (place, name) in names {
                let mjd = place + UNIX_MJD_S;
                let angle = match what {
                    TopAxis::Ha => astro::hour_angle(POINTING.0, POINTING.1, mjd, Place::LOFAR),
                    TopAxis::Lst => astro::sidereal_time(mjd, Place::LOFAR),
                };
                let off = angle - (angle / 3600.0).round() * 3600.0;
                assert!(off.abs() < 0.01, "{name}: {off}");
                let hours = (angle / 3600.0).round();
                let told: f64 = name[..name.len() - 3].parse().unwrap_or(f64::NAN);
                assert!((told - hours).abs() < 1e-9, "{name} {hours}");
            }
        }
    }

    #[test]
    fn a_wrapped_axis_has_the_angles_of_each_night() {
        let start = 56_000.0 * 86_400.0 - UNIX_MJD_S;
        let mut wrap = Wrap::default();
        for night in 0..2 {
            let begin = start + f64::from(night) * 86_400.0;
            assert!(wrap.add(begin, begin + 7200.0).is_ok());
        }
        let axis = top(TopAxis::Lst, POINTING, &wrap, start, start + 14_600.0);
        let all = names(&axis);
        let count = |from: f64, to: f64| {
            all.iter().filter(|(place, _)| *place >= from && *place < to).count()
        };
        assert!(count(start, start + 7200.0) >= 3);
        assert_eq!(count(start, start + 7200.0), count(start + 7400.0, start + 14_600.0));
    }
}
