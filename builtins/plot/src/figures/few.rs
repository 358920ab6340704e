//! The few tick labels that fit beside very small panels.

use std::f64::consts::PI;

use jiff::Timestamp;

use crate::figure::Ticks;

/// Steps of clocks, s.
const STEPS: [f64; 20] = [
    1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1800.0, 3600.0, 7200.0,
    10_800.0, 21_600.0, 43_200.0, 86_400.0, 172_800.0, 345_600.0,
];

/// Round places in the inner part of a range, from `inner` of it on: at most one in
/// `apart` pixels of `pixels`.
fn places(
    (low, high): (f64, f64),
    inner: f64,
    pixels: f64,
    apart: f64,
    round: impl Fn(f64) -> f64,
) -> Vec<f64> {
    let span = high - low;
    if !(span > 0.0 && span.is_finite()) {
        return Vec::new();
    }
    let most = (pixels / apart).floor().max(1.0);
    // Labels at the upper end would touch those of the next panel.
    let (least, last) = (low + (inner - 1e-9) * span, high - 0.12 * span);
    let multiples = |step: f64| {
        let first = (least / step).ceil();
        let count = ((last / step).floor() - first + 1.0).max(0.0);
        let mut all = Vec::new();
        let mut k = 0.0;
        while k < count.min(100.0) {
            all.push((first + k) * step);
            k += 1.0;
        }
        all
    };
    let mut step = round((last - least) / most);
    loop {
        let all = multiples(step);
        #[allow(clippy::cast_precision_loss)] // a few
        if all.len() as f64 > most {
            step = round(step * 1.01);
            continue;
        }
        if !all.is_empty() {
            return all;
        }
        // No round place is inside: the middle one of the next finer step.
        let finer = (1..6).map(|k| multiples(round(step / f64::from(1 << k))));
        let found = finer.into_iter().find(|all| !all.is_empty()).unwrap_or_default();
        return found.get(found.len() / 2).copied().into_iter().collect();
    }
}

/// The next of 1, 2, 2.5, 4, 5 times a power of ten.
fn round(step: f64) -> f64 {
    let power = 10_f64.powf(step.log10().floor());
    let part = step / power;
    let known = [1.0, 2.0, 2.5, 4.0, 5.0];
    known.into_iter().find(|round| part <= round * 1.000_001).unwrap_or(10.0) * power
}

/// Numbers, told as so many powers of ten; `level` below a panel, else beside it.
pub(crate) fn numbers(range: (f64, f64), pixels: f64, level: bool, power: i32) -> Ticks {
    let (inner, mut apart) = if level { (0.06, 32.0) } else { (0.0, 18.0) };
    loop {
        let named = named(&places(range, inner, pixels, apart, round), power);
        #[allow(clippy::cast_precision_loss)] // a few letters
        let widest = named.iter().map(|(_, name)| name.chars().count() as f64).fold(0.0, f64::max);
        // Long names need room beside each other.
        let needed = 7.0 * widest + 10.0;
        if !level || named.len() < 2 || needed <= apart {
            return Ticks::Named(named);
        }
        apart = needed;
    }
}

/// Places with as many digits as tell them apart.
fn named(at: &[f64], power: i32) -> Vec<(f64, String)> {
    let unit = 10_f64.powi(power);
    let exact = |digits: &i32| {
        let scale = 10_f64.powi(*digits) / unit;
        at.iter().all(|place| (place * scale - (place * scale).round()).abs() < 1e-6)
    };
    let digits = usize::try_from((0..6).find(exact).unwrap_or(6)).unwrap_or(0);
    let name = |place: f64| {
        let number = place / unit;
        let number = if number.abs() < 1e-9 { 0.0 } else { number };
        format!("{number:.digits$}").replace('-', "−")
    };
    at.iter().map(|place| (*place, name(*place))).collect()
}

/// Times of day, for seconds since 1970.
pub(crate) fn times(range: (f64, f64), pixels: f64) -> Ticks {
    let next = |step: f64| STEPS.into_iter().find(|known| *known >= step).unwrap_or(step);
    let fine = range.1 - range.0 < 180.0;
    let (inner, apart) = if fine { (0.3, 90.0) } else { (0.18, 44.0) };
    let at = places(range, inner, pixels, apart, next);
    let name = |place: &f64| {
        #[allow(clippy::cast_possible_truncation)]
        let time = Timestamp::from_second(place.round() as i64).unwrap_or_default();
        time.strftime(if fine { "%H:%M:%S" } else { "%H:%M" }).to_string()
    };
    Ticks::Named(at.iter().map(|place| (*place, name(place))).collect())
}

/// −π, 0 and π, as far as they are there.
pub(crate) fn phases((low, high): (f64, f64)) -> Ticks {
    let all = [(-PI, "−π"), (0.0, "0"), (PI, "π")];
    // Limits such as 3.14 mean π.
    let inside = |place: f64| place >= low - 0.01 && place <= high + 0.01;
    let named = all.into_iter().filter(|(place, _)| inside(*place));
    Ticks::Named(named.map(|(place, name)| (place.clamp(low, high), name.to_string())).collect())
}

/// The power of ten, a multiple of 3, that makes labels short.
#[allow(clippy::cast_possible_truncation)]
pub(crate) fn power(low: f64, high: f64) -> i32 {
    let most = low.abs().max(high.abs());
    if !(most > 0.0 && most.is_finite()) || (0.05..5000.0).contains(&most) {
        return 0;
    }
    3 * (most.log10() / 3.0).floor() as i32
}

/// A power of ten: `10⁻³`.
pub(crate) fn ten_to(power: i32) -> String {
    let high = |letter: char| match letter {
        '-' => '⁻',
        '1' => '¹',
        '2' => '²',
        '3' => '³',
        other => char::from_u32(u32::from('⁰') + other.to_digit(10).unwrap_or(0)).unwrap_or(other),
    };
    format!("10{}", power.to_string().chars().map(high).collect::<String>())
}

/// Seconds as `±HH:MM:SS`.
#[allow(clippy::cast_possible_truncation)]
pub(crate) fn clock(seconds: f64, signed: bool) -> String {
    let whole = seconds.abs().round() as i64;
    let sign = match (signed, seconds < 0.0) {
        (_, true) => "−",
        (true, false) => "+",
        (false, false) => "",
    };
    format!("{sign}{:02}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(ticks: &Ticks) -> Vec<&str> {
        match ticks {
            Ticks::Named(all) => all.iter().map(|(_, name)| name.as_str()).collect(),
            _ => Vec::new(),
        }
    }

    #[test]
    fn labels_are_few_round_and_short() {
        assert_eq!(names(&numbers((115.0, 187.3), 73.0, true, 0)), ["120", "160"]);
        assert_eq!(names(&numbers((115.0, 187.3), 100.0, true, 0)), ["120", "140", "160"]);
        assert_eq!(names(&numbers((0.0, 0.0021), 50.0, false, -3)), ["0", "1"]);
        assert_eq!(
            names(&numbers((134.28, 134.47), 280.0, true, 0)),
            ["134.32", "134.36", "134.40", "134.44"]
        );
        assert_eq!(power(0.0, 0.0025), -3);
        assert_eq!(names(&numbers((0.0, 0.0025), 60.0, false, -3)), ["0", "1", "2"]);
        assert_eq!(names(&numbers((-1.0, 1.0), 50.0, false, 0)), ["−1", "0"]);
        assert_eq!(names(&phases((-3.15, 3.15))), ["−π", "0", "π"]);
        assert_eq!(names(&phases((-1.0, 1.0))), ["0"]);
        assert_eq!(names(&times((1_364_897_400.0, 1_364_904_600.0), 73.0)), ["11:00"]);
        assert_eq!(ten_to(-3), "10⁻³");
        assert_eq!((power(0.0, 1.0), power(0.0, 4e6), power(0.0, 0.0)), (0, 6, 0));
        assert_eq!(
            (clock(-3723.0, true), clock(59.6, false)),
            ("−01:02:03".into(), "00:01:00".into())
        );
        assert!(names(&numbers((1.0, 1.0), 50.0, false, 0)).is_empty());
        assert!(names(&numbers((f64::NAN, 1.0), 50.0, false, 0)).is_empty());
    }
}
