//! Places of the calendar, of the clock and of the hour angle.

// Counts of marks, days and months are small.
#![allow(clippy::cast_precision_loss)]

use super::{Placed, Tick, numbers};

const DAY: f64 = 86400.0;

/// Steps of less than a day, in seconds.
const STEPS: [f64; 17] = [
    1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1800.0, 3600.0, 7200.0,
    10800.0, 21600.0, 43200.0,
];

/// Seconds UTC since 1970; years beyond these bounds are plain numbers.
const BOUNDS: (f64, f64) = (-3e11, 3e11);

/// How far apart places are.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Step {
    Seconds(f64),
    Days(i64),
    Months(i64),
    Years(i64),
}

/// Places of the calendar between two times.
pub(super) fn utc(low: f64, high: f64, most: usize) -> Placed {
    if low < BOUNDS.0 || high > BOUNDS.1 {
        return numbers::round(low, high, most);
    }
    Placed { ticks: named(&places(low, high, step(high - low, most)), None), ..Placed::default() }
}

/// Pieces of the calendar side by side; each tells its day.
pub(super) fn pieces(pieces: &[(f64, f64)], low: f64, high: f64, most: usize) -> Placed {
    let step = step(high - low, most);
    let mut placed = Placed::default();
    for (index, (start, time)) in pieces.iter().enumerate().take(400) {
        let end = pieces.get(index + 1).map_or(high, |next| next.0);
        let (from, to) = (start.max(low), end.min(high));
        let shift = time - start;
        if to <= from || !shift.is_finite() || from + shift < BOUNDS.0 || to + shift > BOUNDS.1 {
            continue;
        }
        // The end of a piece is the start of the next.
        let last =
            if index + 1 < pieces.len() { to + shift - (to - from) * 1e-6 } else { to + shift };
        let mut found = places(from + shift, last, step);
        if found.0.is_empty() {
            found = (
                vec![from + shift],
                Step::Seconds(if (from + shift) % 60.0 == 0.0 { 60.0 } else { 1.0 }),
            );
        }
        placed.ticks.extend(named(&found, Some(shift)));
        if index > 0 && *start > low && *start < high {
            placed.seams.push(*start);
        }
    }
    placed
}

/// Seconds of a day as hours and minutes.
pub(super) fn clock(low: f64, high: f64, most: usize) -> Placed {
    spans(low, high, most, |at, fine| {
        let day = if at == DAY { DAY } else { at.rem_euclid(DAY) };
        hours(day, fine)
    })
}

/// Seconds of hour angle as signed hours and minutes.
pub(super) fn hour_angle(low: f64, high: f64, most: usize) -> Placed {
    spans(low, high, most, |at, fine| {
        format!("{}{}", if at < 0.0 { '−' } else { '+' }, hours(at.abs(), fine))
    })
}

fn spans(low: f64, high: f64, most: usize, name: impl Fn(f64, f64) -> String) -> Placed {
    let step = match step(high - low, most) {
        Step::Seconds(step) => step,
        _ => numbers::step((high - low) / DAY, most).unwrap_or(1.0).max(1.0) * DAY,
    };
    let ticks =
        numbers::multiples(low, high, step).map(|at| Tick::new(at, name(at, step))).collect();
    Placed { ticks, ..Placed::default() }
}

/// The smallest step that leaves at most `most` places in a span of seconds.
fn step(span: f64, most: usize) -> Step {
    let rough = span / most.max(1) as f64 * 0.999;
    if rough < 1.0 {
        return Step::Seconds(numbers::step(span, most).unwrap_or(1.0).min(1.0));
    }
    if let Some(step) = STEPS.into_iter().find(|step| *step >= rough) {
        return Step::Seconds(step);
    }
    let days = rough / DAY;
    if let Some(step) = [1, 2, 5, 10].into_iter().find(|step| *step as f64 >= days) {
        return Step::Days(step);
    }
    if let Some(step) = [1, 2, 3, 6].into_iter().find(|step| *step as f64 * 30.44 >= days) {
        return Step::Months(step);
    }
    #[allow(clippy::cast_possible_truncation)]
    let years = numbers::step(span / (DAY * 365.25), most).unwrap_or(1.0).max(1.0) as i64;
    Step::Years(years)
}

/// The places of a step between two times.
fn places(low: f64, high: f64, step: Step) -> (Vec<f64>, Step) {
    #[allow(clippy::cast_possible_truncation)]
    let day_of = |time: f64| (time / DAY).floor() as i64;
    let inside = |time: &f64| *time >= low - 1e-9 && *time <= high + 1e-9;
    let times = match step {
        Step::Seconds(step) => numbers::multiples(low, high, step).collect(),
        Step::Days(every) => (day_of(low)..=day_of(high))
            .filter(|day| {
                let (_, _, date) = civil(*day);
                match every {
                    1 => true,
                    2 => day.rem_euclid(2) == 0,
                    _ => (date - 1) % every == 0 && date < 30,
                }
            })
            .map(|day| day as f64 * DAY)
            .filter(inside)
            .collect(),
        Step::Months(every) => {
            let month = |time| {
                let (year, month, _) = civil(day_of(time));
                year * 12 + month - 1
            };
            (month(low)..=month(high))
                .filter(|month| month.rem_euclid(every) == 0)
                .map(|month| days(month.div_euclid(12), month.rem_euclid(12) + 1) as f64 * DAY)
                .filter(inside)
                .collect()
        }
        Step::Years(every) => {
            let (first, last) = (civil(day_of(low)).0, civil(day_of(high)).0);
            (first.div_euclid(every)..=last.div_euclid(every))
                .map(|k| days(k * every, 1) as f64 * DAY)
                .filter(inside)
                .collect()
        }
    };
    (times, step)
}

/// Ticks of times; `shift` is what was added to places on the axis.
fn named((times, step): &(Vec<f64>, Step), shift: Option<f64>) -> Vec<Tick> {
    let mut day = None;
    times
        .iter()
        .map(|time| {
            #[allow(clippy::cast_possible_truncation)]
            let today = ((time + 1e-7) / DAY).floor() as i64;
            let (year, month, date) = civil(today);
            let at = time - shift.unwrap_or(0.0);
            match step {
                Step::Seconds(fine) => {
                    let new = day.replace(today) != Some(today);
                    let text = hours(time - today as f64 * DAY, *fine);
                    let below =
                        if new { format!("{year:04}-{month:02}-{date:02}") } else { String::new() };
                    Tick { at, text, below }
                }
                Step::Days(_) => Tick::new(at, format!("{year:04}-{month:02}-{date:02}")),
                Step::Months(_) => Tick::new(at, format!("{year:04}-{month:02}")),
                Step::Years(_) => Tick::new(at, format!("{year:04}")),
            }
        })
        .collect()
}

/// `HH:MM`, with seconds and their parts where the step asks for them.
fn hours(seconds: f64, fine: f64) -> String {
    if fine >= 60.0 {
        #[allow(clippy::cast_possible_truncation)]
        let minutes = (seconds / 60.0).round() as i64;
        return format!("{:02}:{:02}", minutes / 60, minutes % 60);
    }
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let decimals =
        if fine >= 1.0 { 0 } else { (-fine.log10() - 1e-9).ceil().clamp(1.0, 6.0) as usize };
    let unit = 10_f64.powi(i32::try_from(decimals).unwrap_or(0));
    let parts = (seconds * unit).round();
    let whole = (parts / unit).floor();
    #[allow(clippy::cast_possible_truncation)]
    let second = whole as i64;
    let text = format!("{:02}:{:02}:{:02}", second / 3600, second / 60 % 60, second % 60);
    if decimals == 0 { text } else { format!("{text}.{:0decimals$.0}", parts - whole * unit) }
}

/// Year, month and day of a number of days since 1970-01-01 in the Gregorian
/// calendar, by eras of 400 years.
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * of_year + 2) / 153;
    let date = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, date)
}

/// Days since 1970-01-01 of the first of a month.
fn days(year: i64, month: i64) -> i64 {
    let year = year - i64::from(month <= 2);
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_dates_agree() {
        assert_eq!(civil(0), (1970, 1, 1));
        assert_eq!(civil(15403), (2012, 3, 4));
        for month in 0..4800 {
            let (year, month) = (1800 + month / 12, month % 12 + 1);
            assert_eq!(civil(days(year, month)), (year, month, 1));
        }
    }
}
