//! What the name of a parameter means.

use crate::gains::Effect;

/// A component of a complex gain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coordinate {
    /// Real part.
    Real,
    /// Imaginary part.
    Imag,
    /// Amplitude.
    Amplitude,
    /// Phase, rad.
    Phase,
}

/// What a parameter is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ParmName {
    /// A component of an element of the Jones matrix: `Gain:0:0:Real:STATION`
    /// or `DirectionalGain:0:0:Real:STATION:PATCH`.
    Gain {
        /// Row · 2 + column.
        element: usize,
        /// Which component.
        coordinate: Coordinate,
        /// The station.
        station: String,
        /// The direction.
        direction: Option<String>,
    },
    /// Any other solution: `Clock:STATION`, `TEC:0:STATION:PATCH` …
    Effect {
        /// What it does.
        effect: Effect,
        /// The polarization, 0 or 1; both if absent.
        row: Option<usize>,
        /// The station.
        station: String,
        /// The direction.
        direction: Option<String>,
    },
}

impl ParmName {
    /// Understands a name; `None` for what is no gain.
    pub fn parse(name: &str) -> Option<Self> {
        let parts: Vec<&str> = name.split(':').collect();
        let (kind, rest) = parts.split_first()?;
        if rest.iter().any(|part| part.is_empty()) {
            return None;
        }
        if matches!(*kind, "Gain" | "DirectionalGain") {
            let [row, column, coordinate, station, place @ ..] = rest else { return None };
            let coordinate = match *coordinate {
                "Real" => Coordinate::Real,
                "Imag" => Coordinate::Imag,
                "Ampl" => Coordinate::Amplitude,
                "Phase" => Coordinate::Phase,
                _ => return None,
            };
            return Some(Self::Gain {
                element: digit(row)? * 2 + digit(column)?,
                coordinate,
                station: (*station).to_string(),
                direction: direction(place).ok()?,
            });
        }
        let effect = match *kind {
            "CommonScalarPhase" | "ScalarPhase" => Effect::Phase,
            "CommonScalarAmplitude" | "ScalarAmplitude" => Effect::Amplitude,
            "Clock" => Effect::Clock,
            "TEC" => Effect::Tec,
            "RotationAngle" | "CommonRotationAngle" => Effect::Rotation,
            "RotationMeasure" => Effect::RotationMeasure,
            _ => return None,
        };
        let (row, rest) = match rest {
            [row, _, ..] if digit(row).is_some() && !effect.rotates() => (digit(row), &rest[1..]),
            _ => (None, rest),
        };
        let (station, place) = rest.split_first()?;
        Some(Self::Effect {
            effect,
            row,
            station: (*station).to_string(),
            direction: direction(place).ok()?,
        })
    }

    /// Its station.
    pub fn station(&self) -> &str {
        match self {
            Self::Gain { station, .. } | Self::Effect { station, .. } => station,
        }
    }

    /// Its direction; `None` where it holds in all.
    pub fn direction(&self) -> Option<&str> {
        match self {
            Self::Gain { direction, .. } | Self::Effect { direction, .. } => direction.as_deref(),
        }
    }
}

fn digit(text: &str) -> Option<usize> {
    match text {
        "0" => Some(0),
        "1" => Some(1),
        _ => None,
    }
}

/// The direction at the end of a name. `phase_center` is that of the
/// observation, so the solution holds everywhere.
fn direction(rest: &[&str]) -> Result<Option<String>, ()> {
    match rest {
        [] | ["phase_center"] => Ok(None),
        [patch] | [patch, "phase_center"] => Ok(Some((*patch).to_string())),
        _ => Err(()),
    }
}

#[cfg(test)]
mod unit {
    use super::*;

    fn gain(element: usize, coordinate: Coordinate, direction: Option<&str>) -> ParmName {
        let direction = direction.map(ToString::to_string);
        ParmName::Gain { element, coordinate, station: "A".into(), direction }
    }

    fn effect(effect: Effect, row: Option<usize>, direction: Option<&str>) -> ParmName {
        let direction = direction.map(ToString::to_string);
        ParmName::Effect { effect, row, station: "A".into(), direction }
    }

    #[test]
    fn names_of_gains_and_effects() {
        for (name, meaning) in [
            ("Gain:0:0:Real:A", Some(gain(0, Coordinate::Real, None))),
            ("Gain:1:0:Phase:A", Some(gain(2, Coordinate::Phase, None))),
            ("Gain:0:1:Ampl:A:phase_center", Some(gain(1, Coordinate::Amplitude, None))),
            ("DirectionalGain:1:1:Imag:A:CasA", Some(gain(3, Coordinate::Imag, Some("CasA")))),
            ("CommonScalarPhase:A", Some(effect(Effect::Phase, None, None))),
            ("ScalarAmplitude:A:CygA", Some(effect(Effect::Amplitude, None, Some("CygA")))),
            ("Clock:A", Some(effect(Effect::Clock, None, None))),
            ("Clock:1:A", Some(effect(Effect::Clock, Some(1), None))),
            ("TEC:0:A:phase_center", Some(effect(Effect::Tec, Some(0), None))),
            ("RotationMeasure:A:phase_center", Some(effect(Effect::RotationMeasure, None, None))),
            ("CommonRotationAngle:A", Some(effect(Effect::Rotation, None, None))),
            ("I:CasA", None),
            ("Gain:0:2:Real:A", None),
            ("Gain:0:0:Real", None),
            ("Gain:0:0:Modulus:A", None),
            ("Clock:", None),
            ("", None),
        ] {
            assert_eq!(ParmName::parse(name), meaning, "{name}");
        }
    }
}
