//! Round numbers, parts of π, powers of ten.

// Counts of marks, days and months are small.
#![allow(clippy::cast_precision_loss)]

use std::f64::consts::PI;

use super::{Placed, Tick};

/// More marks than this are a mistake, not an axis.
const LIMIT: usize = 400;

/// Steps of 1, 2 or 5 times a power of ten.
pub(super) fn round(low: f64, high: f64, most: usize) -> Placed {
    let Some(step) = step(high - low, most) else { return Placed::default() };
    let exponent = exponent(low, high);
    let scale = 10_f64.powi(exponent);
    let decimals = decimals(step / scale);
    let ticks =
        multiples(low, high, step).map(|at| Tick::new(at, signed(at / scale, decimals))).collect();
    Placed { ticks, seams: Vec::new(), exponent }
}

/// Steps of π, its halves and quarters; smaller ranges are plain numbers.
pub(super) fn phase(low: f64, high: f64, most: usize) -> Placed {
    let span = high - low;
    let steps = [0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0];
    // A mark on the very edge counts.
    let few = |step: &&f64| (span / (**step * PI)).floor() <= most.max(2) as f64;
    match steps.iter().find(few) {
        Some(step) if span > PI / 2.0 => {
            let slack = span * 1e-9;
            let ticks = multiples(low - slack, high + slack, step * PI)
                .map(|at| Tick::new(at.clamp(low, high), of_pi((at / PI * 4.0).round())))
                .collect();
            Placed { ticks, ..Placed::default() }
        }
        _ => round(low, high, most),
    }
}

/// The name of so many quarters of π.
fn of_pi(quarters: f64) -> String {
    let sign = if quarters < 0.0 { "−" } else { "" };
    let quarters = quarters.abs();
    if quarters < 0.5 {
        return "0".to_owned();
    }
    let (top, bottom) = if quarters % 4.0 == 0.0 {
        (quarters / 4.0, "")
    } else if quarters % 2.0 == 0.0 {
        (quarters / 2.0, "/2")
    } else {
        (quarters, "/4")
    };
    if top < 1.5 { format!("{sign}π{bottom}") } else { format!("{sign}{top}π{bottom}") }
}

/// Powers of ten; within one power, round numbers.
pub(super) fn logarithm(low: f64, high: f64, most: usize) -> Placed {
    if low <= 0.0 || high <= 0.0 {
        return Placed::default();
    }
    let (first, last) = ((low.log10() - 1e-9).ceil(), (high.log10() + 1e-9).floor());
    if last - first < 1.0 {
        let mut placed = round(low, high, most);
        placed.ticks.retain(|tick| tick.at > 0.0);
        return placed;
    }
    let every = ((last - first + 1.0) / most as f64).ceil().max(1.0);
    let powers = last - first < 7.0 && first.abs() < 4.0 && last.abs() < 5.0;
    let mut ticks = Vec::new();
    let mut power = first - 1.0;
    while power <= last && ticks.len() < LIMIT {
        #[allow(clippy::cast_possible_truncation)]
        let exponent = power as i32;
        let at = 10_f64.powi(exponent);
        if power >= first && (power - first) % every < 0.5 {
            let name = if powers { plain(at) } else { format!("10{}", superscript(exponent)) };
            ticks.push(Tick::new(at.clamp(low, high), name));
        }
        if every < 1.5 && last - first < 6.0 {
            let between = (2..10).map(|k| f64::from(k) * at).filter(|at| *at > low && *at < high);
            ticks.extend(between.map(|at| Tick::new(at, String::new())));
        }
        power += 1.0;
    }
    Placed { ticks, ..Placed::default() }
}

/// A round step so that at most about `most` steps are in the span.
pub(super) fn step(span: f64, most: usize) -> Option<f64> {
    let rough = span / most.max(1) as f64;
    if !(rough.is_finite() && rough > 0.0) {
        return None;
    }
    let base = 10_f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0]
        .into_iter()
        .map(|factor| factor * base)
        .find(|step| *step >= rough * 0.999)?;
    (step.is_finite() && step > 0.0).then_some(step)
}

/// Multiples of a step within a range, each computed on its own.
pub(super) fn multiples(low: f64, high: f64, step: f64) -> impl Iterator<Item = f64> {
    let first = (low / step - 1e-9).ceil();
    let count = ((high / step + 1e-9).floor() - first + 1.0).clamp(0.0, LIMIT as f64);
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let count = if count.is_finite() { count as u32 } else { 0 };
    (0..count)
        .map(move |k| (first + f64::from(k)) * step + 0.0)
        .map(move |at| at.clamp(low, high.max(low)))
}

/// The power of ten, a multiple of three, that is taken out of large and small
/// numbers.
fn exponent(low: f64, high: f64) -> i32 {
    let largest = low.abs().max(high.abs());
    if !(largest.is_finite() && largest > 0.0) || (1e-3..1e5).contains(&largest) {
        return 0;
    }
    #[allow(clippy::cast_possible_truncation)]
    let exponent = ((largest.log10() / 3.0).floor() * 3.0) as i32;
    exponent.clamp(-300, 300)
}

fn decimals(step: f64) -> usize {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let digits = (-step.log10() - 1e-9).ceil().clamp(0.0, 9.0) as usize;
    digits
}

/// A number with a true minus sign.
fn signed(value: f64, decimals: usize) -> String {
    let text = format!("{:.decimals$}", value.abs());
    if value < 0.0 && text.bytes().any(|b| b.is_ascii_digit() && b != b'0') {
        format!("−{text}")
    } else {
        text
    }
}

/// The shortest form of a number.
fn plain(value: f64) -> String {
    let rounded: f64 = format!("{value:.6e}").parse().unwrap_or(value);
    let text = if rounded != 0.0 && !(1e-4..1e6).contains(&rounded.abs()) {
        let text = format!("{rounded:e}");
        let (mantissa, power) = text.split_once('e').unwrap_or((&text, "0"));
        format!("{mantissa}×10{}", superscript(power.parse().unwrap_or(0)))
    } else {
        format!("{rounded}")
    };
    text.replace('-', "−")
}

/// A whole number in raised digits.
pub(crate) fn superscript(value: i32) -> String {
    const DIGITS: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
    value
        .to_string()
        .chars()
        .map(|letter| letter.to_digit(10).map_or('⁻', |digit| DIGITS[digit as usize]))
        .collect()
}
