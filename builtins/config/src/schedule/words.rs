//! A calendar in words: "at 20:00 on day 1 of the month".

use super::Calendar;
use super::field::Field;
use super::systemd::runs;

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const WEEKDAYS: [&str; 7] =
    ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

/// Clock times that are told one by one.
const MOST_TIMES: usize = 6;

impl Calendar {
    /// What it means, for people.
    pub fn words(&self) -> String {
        let (time, every) = self.time();
        let mut words = vec![time];
        match self.days() {
            Some(days) => words.push(days),
            // "every hour every day" says the same twice.
            None if !every => words.push("every day".into()),
            None => {}
        }
        if !self.month.is_all() {
            let months = |n: u8| MONTHS[usize::from(n.clamp(1, 12)) - 1].to_string();
            words.push(format!("in {}", list(&self.month.numbers(), months)));
        }
        words.join(" ")
    }

    /// The time of the day, and whether that is all day long.
    fn time(&self) -> (String, bool) {
        let (hours, minutes) = (self.hour.numbers(), self.minute.numbers());
        if self.hour.is_all() {
            let text = match (&minutes[..], self.minute.star_step()) {
                _ if self.minute.is_all() => "every minute".to_string(),
                ([0], _) => "every hour".to_string(),
                ([minute], _) => format!("at minute {minute} of every hour"),
                (_, Some(step)) if 60 % step == 0 => format!("every {step} minutes"),
                _ => format!("at minutes {} of every hour", list(&minutes, |n| n.to_string())),
            };
            return (text, true);
        }
        if let (Some(step), [minute]) = (self.hour.star_step(), &minutes[..])
            && 24 % step == 0
        {
            let text = match minute {
                0 => format!("every {step} hours"),
                minute => format!("every {step} hours at minute {minute}"),
            };
            return (text, true);
        }
        if hours.len() * minutes.len() <= MOST_TIMES {
            let times: Vec<String> = hours
                .iter()
                .flat_map(|hour| minutes.iter().map(move |minute| format!("{hour:02}:{minute:02}")))
                .collect();
            return (format!("at {}", and(&times)), false);
        }
        let hours = list(&hours, |hour| hour.to_string());
        let text = match (&minutes[..], self.minute.star_step()) {
            _ if self.minute.is_all() => format!("every minute of the hours {hours}"),
            (_, Some(step)) if 60 % step == 0 => {
                format!("every {step} minutes of the hours {hours}")
            }
            _ => format!("at minutes {} of the hours {hours}", list(&minutes, |n| n.to_string())),
        };
        (text, false)
    }

    /// The days; none if all of them.
    fn days(&self) -> Option<String> {
        let day = |field: &Field| {
            let numbers = field.numbers();
            let word = if numbers.len() == 1 { "day" } else { "days" };
            format!("on {word} {} of the month", list(&numbers, |n| n.to_string()))
        };
        // The week as people count it.
        let weekday = |field: &Field| {
            let mut numbers = field.numbers();
            let sunday_first = numbers.first() == Some(&0);
            numbers.rotate_left(usize::from(sunday_first));
            let numbers: Vec<u8> = numbers.iter().map(|n| if *n == 0 { 7 } else { *n }).collect();
            list(&numbers, |n| WEEKDAYS[usize::from(n % 7)].to_string())
        };
        match (self.day.is_all(), self.weekday.is_all()) {
            (true, true) => None,
            // With a star on the other side, that side decides nothing.
            (false, true) if self.both_days() => Some(day(&self.day)),
            (true, false) if self.both_days() => Some(format!("on {}", weekday(&self.weekday))),
            _ if self.both_days() => {
                Some(format!("{} if it is {}", day(&self.day), weekday(&self.weekday)))
            }
            // One of them fits always.
            (true, false) | (false, true) => None,
            _ => Some(format!("{} and on {}", day(&self.day), weekday(&self.weekday))),
        }
    }
}

/// "1, 2 and 5 to 9".
fn list(numbers: &[u8], name: impl Fn(u8) -> String) -> String {
    let ranges = runs(numbers).into_iter().flat_map(|(first, last)| match last - first {
        0 => vec![name(first)],
        1 => vec![name(first), name(last)],
        _ => vec![format!("{} to {}", name(first), name(last))],
    });
    and(&ranges.collect::<Vec<_>>())
}

fn and(texts: &[String]) -> String {
    match texts.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => texts.join(""),
    }
}
