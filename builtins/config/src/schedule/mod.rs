//! When jobs run: the calendar expressions of crontab(5), understood.
//!
//! An expression is parsed into a [`Calendar`] that can be written again as
//! crontab and as systemd's `OnCalendar=`, said in words, and asked for its next
//! times. Five fields are few enough that parsing them here is shorter than the
//! glue around a crate: those that are kept bring a second library for time,
//! differ from crontab in the numbers of weekdays or in fields, and keep what
//! they have parsed to themselves, so that no `OnCalendar=` could be made of it.

mod field;
mod next;
mod systemd;
#[cfg(test)]
mod tests;
mod words;

use std::fmt;

use jiff::tz::TimeZone;

use field::{Field, Part};

/// When something happens, to the minute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Calendar {
    minute: Field,
    hour: Field,
    /// Of the month.
    day: Field,
    month: Field,
    /// 0 is Sunday.
    weekday: Field,
}

/// What is wrong with an expression.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct CalendarError {
    message: String,
    help: Option<String>,
}

impl CalendarError {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), help: None }
    }

    pub(crate) fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// What to write instead, when that can be said.
    pub fn help(&self) -> Option<String> {
        self.help.clone()
    }
}

/// Words for whole expressions, as crontab(5) has them.
const NICKNAMES: &[(&str, &str)] = &[
    ("@yearly", "0 0 1 1 *"),
    ("@annually", "0 0 1 1 *"),
    ("@monthly", "0 0 1 * *"),
    ("@weekly", "0 0 * * 0"),
    ("@daily", "0 0 * * *"),
    ("@midnight", "0 0 * * *"),
    ("@hourly", "0 * * * *"),
];

impl Calendar {
    /// Reads five fields (minute, hour, day of month, month, weekday) or a word
    /// such as `@daily`.
    ///
    /// # Errors
    /// What is wrong, with advice; also days that no month has.
    pub fn parse(text: &str) -> Result<Self, CalendarError> {
        let text = text.trim();
        let expanded = match NICKNAMES.iter().find(|(word, _)| word.eq_ignore_ascii_case(text)) {
            Some((_, fields)) => fields,
            None if text.starts_with('@') => return Err(unknown_word(text)),
            None => text,
        };
        let fields: Vec<&str> = expanded.split_whitespace().collect();
        let [minute, hour, day, month, weekday] = fields[..] else {
            return Err(CalendarError::new(format!(
                "`{text}` has {} fields, not five",
                fields.len()
            ))
            .with_help(
                "write minute, hour, day of the month, month and weekday, such as \
                 `0 20 1 * *`, or a word such as `@daily`",
            ));
        };
        let calendar = Self {
            minute: Field::parse(Part::Minute, minute)?,
            hour: Field::parse(Part::Hour, hour)?,
            day: Field::parse(Part::Day, day)?,
            month: Field::parse(Part::Month, month)?,
            weekday: Field::parse(Part::Weekday, weekday)?,
        };
        if calendar.never() {
            return Err(CalendarError::new(format!("`{text}`: no such month has such a day")));
        }
        Ok(calendar)
    }

    /// As crontab(5) writes it: five fields, numbers only.
    pub fn crontab(&self) -> String {
        let Self { minute, hour, day, month, weekday } = self;
        format!("{minute} {hour} {day} {month} {weekday}")
    }

    /// Whether both the day of the month and the weekday must fit. If both are
    /// limited, and neither begins with a star, one of them is enough: that is
    /// the rule of cron.
    fn both_days(&self) -> bool {
        self.day.begins_with_star() || self.weekday.begins_with_star()
    }

    /// Whether something happens on a day.
    fn on(&self, month: i8, day: i8, weekday: i8) -> bool {
        let (by_day, by_weekday) = (self.day.has(day), self.weekday.has(weekday));
        let fits = if self.both_days() { by_day && by_weekday } else { by_day || by_weekday };
        self.month.has(month) && fits
    }

    /// Whether no year has such a day.
    fn never(&self) -> bool {
        const LONGEST: [i8; 12] = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
        self.both_days()
            && !(1..=12_i8).zip(LONGEST).any(|(month, longest)| {
                self.month.has(month) && (1..=longest).any(|day| self.day.has(day))
            })
    }
}

impl fmt::Display for Calendar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.crontab())
    }
}

fn unknown_word(word: &str) -> CalendarError {
    let error = CalendarError::new(format!("`{word}` is no calendar"));
    if word.eq_ignore_ascii_case("@reboot") {
        return error.with_help("the start of a machine is no time that can be known beforehand");
    }
    let words: Vec<&str> = NICKNAMES.iter().map(|(word, _)| *word).collect();
    let near = ledama_base::suggest::did_you_mean(word, words.iter().copied());
    error.with_help(near.unwrap_or_else(|| format!("the words are {}", words.join(", "))))
}

/// The time zone of that name; without one that of this host, which is what
/// cron uses.
///
/// # Errors
/// The name is not in the system's list of zones.
pub fn zone(name: Option<&str>) -> Result<TimeZone, CalendarError> {
    let Some(name) = name else { return Ok(ledama_base::clock::local_zone()) };
    TimeZone::get(name).map_err(|_| {
        CalendarError::new(format!("`{name}` is no time zone that this host knows"))
            .with_help("write one such as `UTC` or `Europe/Amsterdam`")
    })
}
