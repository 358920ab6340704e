//! Names of places on axes: round numbers, parts of π, powers of ten, the
//! calendar.

mod calendar;
mod numbers;

use crate::figure::Ticks;

pub(crate) use numbers::superscript;

/// The named places of one axis.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Placed {
    /// Ascending.
    pub(crate) ticks: Vec<Tick>,
    /// Where pieces of the axis meet.
    pub(crate) seams: Vec<f64>,
    /// Names are numbers divided by this power of ten.
    pub(crate) exponent: i32,
}

/// One place of an axis.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Tick {
    pub(crate) at: f64,
    /// What is written there; empty: a small mark only.
    pub(crate) text: String,
    /// A second line: the date.
    pub(crate) below: String,
}

impl Tick {
    fn new(at: f64, text: String) -> Self {
        Self { at, text, below: String::new() }
    }
}

/// About `most` named places between `low` and `high` (`low` < `high`).
pub(crate) fn placed(ticks: &Ticks, low: f64, high: f64, most: usize) -> Placed {
    let most = most.max(1);
    match ticks {
        Ticks::None => Placed::default(),
        Ticks::Numbers => numbers::round(low, high, most),
        Ticks::Phase => numbers::phase(low, high, most),
        Ticks::Logarithm => numbers::logarithm(low, high, most),
        Ticks::Utc => calendar::utc(low, high, most),
        Ticks::UtcPieces(pieces) => calendar::pieces(pieces, low, high, most),
        Ticks::Clock => calendar::clock(low, high, most),
        Ticks::HourAngle => calendar::hour_angle(low, high, most),
        Ticks::Named(names) => Placed {
            ticks: names
                .iter()
                .filter(|(at, _)| *at >= low && *at <= high)
                .map(|(at, name)| Tick::new(*at, name.clone()))
                .collect(),
            ..Placed::default()
        },
    }
}

/// The label of an axis whose numbers are divided by a power of ten: with a
/// prefix before a unit that takes one, else with the power in brackets.
pub(crate) fn label(label: &str, exponent: i32) -> String {
    if exponent == 0 {
        return label.to_owned();
    }
    let power = format!("10{}", superscript(exponent));
    let Some((quantity, unit)) = label.strip_suffix(']').and_then(|rest| rest.rsplit_once('['))
    else {
        return if label.is_empty() {
            format!("×{power}")
        } else {
            format!("{label} [×{power}]")
        };
    };
    match (prefix(exponent), unit) {
        (Some(prefix), "Hz" | "s" | "m" | "Jy" | "K" | "V" | "W" | "B" | "λ" | "rad/s") => {
            format!("{quantity}[{prefix}{unit}]")
        }
        _ => format!("{quantity}[{power} {unit}]"),
    }
}

fn prefix(exponent: i32) -> Option<&'static str> {
    Some(match exponent {
        -12 => "p",
        -9 => "n",
        -6 => "µ",
        -3 => "m",
        3 => "k",
        6 => "M",
        9 => "G",
        12 => "T",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::float_cmp,
        clippy::cast_precision_loss
    )]

    use super::*;

    fn names(ticks: &Ticks, low: f64, high: f64, most: usize) -> Vec<String> {
        placed(ticks, low, high, most)
            .ticks
            .iter()
            .map(|tick| {
                if tick.below.is_empty() {
                    tick.text.clone()
                } else {
                    format!("{}|{}", tick.text, tick.below)
                }
            })
            .collect()
    }

    #[test]
    fn numbers_are_round_and_share_a_power() {
        assert_eq!(names(&Ticks::Numbers, 0.0, 10.0, 5), ["0", "2", "4", "6", "8", "10"]);
        assert_eq!(names(&Ticks::Numbers, -0.1, 0.11, 4), ["−0.1", "0.0", "0.1"]);
        let large = placed(&Ticks::Numbers, 0.0, 2.9e7, 6);
        assert_eq!(large.exponent, 6);
        assert_eq!(large.ticks[1].text, "5");
        assert_eq!(label("Unflagged samples", 6), "Unflagged samples [×10⁶]");
        assert_eq!(label("Frequency [Hz]", 6), "Frequency [MHz]");
        assert_eq!(label("Amplitude [a.u.]", -6), "Amplitude [10⁻⁶ a.u.]");
        assert_eq!(label("", 3), "×10³");
    }

    #[test]
    fn phases_are_parts_of_pi() {
        let pi = std::f64::consts::PI;
        assert_eq!(names(&Ticks::Phase, -pi, pi, 5), ["−π", "−π/2", "0", "π/2", "π"]);
        assert_eq!(names(&Ticks::Phase, -pi, pi, 3), ["−π", "0", "π"]);
        assert_eq!(names(&Ticks::Phase, -pi, 3.0 * pi, 5), ["−π", "0", "π", "2π", "3π"]);
        assert_eq!(names(&Ticks::Phase, 0.0, 0.01, 2), ["0.000", "0.005", "0.010"]);
    }

    #[test]
    fn powers_of_ten_are_named_by_their_power() {
        assert_eq!(
            names(&Ticks::Logarithm, 0.5, 200.0, 5)
                .into_iter()
                .filter(|n| !n.is_empty())
                .collect::<Vec<_>>(),
            ["1", "10", "100"]
        );
        let far = names(&Ticks::Logarithm, 1e-8, 1e8, 5);
        assert!(far.contains(&"10⁻⁸".to_owned()) && far.len() < 12, "{far:?}");
        assert!(names(&Ticks::Logarithm, 2.2, 3.9, 4).iter().any(|n| n == "3.0"));
    }

    #[test]
    fn the_calendar_names_the_day_once() {
        let noon = 1_330_862_400.0; // 2012-03-04T12:00:00
        assert_eq!(
            names(&Ticks::Utc, noon, noon + 3.0 * 3600.0, 4),
            ["12:00|2012-03-04", "13:00", "14:00", "15:00"]
        );
        assert_eq!(
            names(&Ticks::Utc, noon + 10.0 * 3600.0, noon + 14.0 * 3600.0, 3),
            ["22:00|2012-03-04", "00:00|2012-03-05", "02:00"]
        );
        assert_eq!(
            names(&Ticks::Utc, noon, noon + 40.0, 3),
            ["12:00:00|2012-03-04", "12:00:15", "12:00:30"]
        );
        assert_eq!(
            names(&Ticks::Utc, noon, noon + 100.0 * 86400.0, 4),
            ["2012-04", "2012-05", "2012-06"]
        );
        assert_eq!(names(&Ticks::Utc, 0.0, 2e9, 4), ["1980", "2000", "2020"]);
        assert_eq!(names(&Ticks::Utc, noon, noon + 0.4, 3)[1], "12:00:00.2");
    }

    #[test]
    fn every_piece_tells_its_day() {
        let noon = 1_330_862_400.0;
        let ticks = Ticks::UtcPieces(vec![
            (0.0, noon),
            (7200.0, noon + 86400.0),
            (14400.0, noon + 5.0 * 86400.0),
        ]);
        let placed = placed(&ticks, 0.0, 21600.0, 6);
        assert_eq!(placed.seams, [7200.0, 14400.0]);
        let days: Vec<_> = placed
            .ticks
            .iter()
            .filter(|t| !t.below.is_empty())
            .map(|t| (t.at, t.below.as_str()))
            .collect();
        assert_eq!(days, [(0.0, "2012-03-04"), (7200.0, "2012-03-05"), (14400.0, "2012-03-09")]);
    }

    #[test]
    fn clocks_and_hour_angles() {
        assert_eq!(
            names(&Ticks::Clock, 0.0, 86400.0, 4),
            ["00:00", "06:00", "12:00", "18:00", "24:00"]
        );
        assert_eq!(
            names(&Ticks::HourAngle, -7200.0, 7200.0, 4),
            ["−02:00", "−01:00", "+00:00", "+01:00", "+02:00"]
        );
    }
}
