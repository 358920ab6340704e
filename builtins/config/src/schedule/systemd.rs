//! A calendar as systemd.time(7) writes it.

use super::Calendar;
use super::field::Field;

const WEEKDAYS: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];

impl Calendar {
    /// The values of `OnCalendar=`: one, or two where cron wants the day of the
    /// month or the weekday to fit and systemd knows only both. A zone is
    /// named in each.
    pub fn on_calendar(&self, zone: Option<&str>) -> Vec<String> {
        let time = format!("{}:{}:00", numbers(&self.hour), numbers(&self.minute));
        let zone = zone.map_or(String::new(), |zone| format!(" {zone}"));
        let line = |weekday: &str, day: &str| {
            let weekday = if weekday.is_empty() { String::new() } else { format!("{weekday} ") };
            format!("{weekday}*-{}-{day} {time}{zone}", numbers(&self.month))
        };
        let (day, weekday) = (numbers(&self.day), weekdays(&self.weekday));
        if self.both_days() {
            vec![line(&weekday, &day)]
        } else {
            vec![line("", &day), line(&weekday, "*")]
        }
    }
}

/// `*`, `00/15`, `01,15`, `08..17`.
fn numbers(field: &Field) -> String {
    let numbers = field.numbers();
    if field.is_all() {
        return "*".to_string();
    }
    let (_, last) = field.limits();
    if let [first, second, .., end] = numbers[..] {
        let step = second - first;
        // Repetitions go on to the end of the range.
        let even = numbers.windows(2).all(|pair| pair[1] - pair[0] == step);
        if even && step > 1 && u16::from(end) + u16::from(step) > u16::from(last) {
            return format!("{first:02}/{step}");
        }
    }
    let ranges = runs(&numbers).into_iter().map(|(first, last)| match last - first {
        0 => format!("{first:02}"),
        1 => format!("{first:02},{last:02}"),
        _ => format!("{first:02}..{last:02}"),
    });
    ranges.collect::<Vec<_>>().join(",")
}

/// `Mon..Fri`, `Sat,Sun`; empty for all of them.
fn weekdays(field: &Field) -> String {
    if field.is_all() {
        return String::new();
    }
    // Sunday is the last day there.
    let mut days: Vec<u8> = field.numbers();
    if days.first() == Some(&0) {
        days.remove(0);
        days.push(7);
    }
    let name = |day: u8| WEEKDAYS[usize::from(day % 7)];
    let ranges = runs(&days).into_iter().map(|(first, last)| match last - first {
        0 => name(first).to_string(),
        1 => format!("{},{}", name(first), name(last)),
        _ => format!("{}..{}", name(first), name(last)),
    });
    ranges.collect::<Vec<_>>().join(",")
}

/// First and last of each run of neighbours.
pub(super) fn runs(numbers: &[u8]) -> Vec<(u8, u8)> {
    let mut runs: Vec<(u8, u8)> = Vec::new();
    for &number in numbers {
        match runs.last_mut() {
            Some((_, last)) if *last + 1 == number => *last = number,
            _ => runs.push((number, number)),
        }
    }
    runs
}
