//! One field of an expression: `*`, `*/15`, `1,2`, `9-17/2`, `mon-fri`.

use std::fmt;

use super::CalendarError;

/// Which field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Minute,
    Hour,
    Day,
    Month,
    Weekday,
}

const MONTHS: &[&str] =
    &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const WEEKDAYS: &[&str] = &["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

impl Part {
    fn name(self) -> &'static str {
        match self {
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::Day => "day of the month",
            Self::Month => "month",
            Self::Weekday => "weekday",
        }
    }

    /// Least and greatest number; 7 is Sunday, too.
    fn limits(self) -> (u8, u8) {
        match self {
            Self::Minute => (0, 59),
            Self::Hour => (0, 23),
            Self::Day => (1, 31),
            Self::Month => (1, 12),
            Self::Weekday => (0, 7),
        }
    }

    /// The greatest number that means something of its own.
    fn last(self) -> u8 {
        if self == Self::Weekday { 6 } else { self.limits().1 }
    }

    fn names(self) -> &'static [&'static str] {
        match self {
            Self::Month => MONTHS,
            Self::Weekday => WEEKDAYS,
            _ => &[],
        }
    }
}

/// One element of the comma list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Item {
    /// First and last; `None` is the star.
    range: Option<(u8, u8)>,
    step: u8,
}

/// The numbers of one field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Field {
    part: Part,
    items: Vec<Item>,
    bits: u64,
}

impl Field {
    pub(super) fn parse(part: Part, text: &str) -> Result<Self, CalendarError> {
        let items = text
            .split(',')
            .map(|item| Item::parse(part, item))
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| {
                let message = format!("the {} `{text}`: {error}", part.name());
                CalendarError { message, help: error.help }
            })?;
        let bits = items.iter().flat_map(|item| item.numbers(part)).fold(0, |bits, number| {
            let number = if part == Part::Weekday { number % 7 } else { number };
            bits | 1 << number
        });
        Ok(Self { part, items, bits })
    }

    /// Whether the number is among them.
    pub(super) fn has(&self, number: i8) -> bool {
        u32::try_from(number)
            .ok()
            .and_then(|n| self.bits.checked_shr(n))
            .is_some_and(|b| b & 1 == 1)
    }

    /// Its numbers, rising.
    pub(super) fn numbers(&self) -> Vec<u8> {
        (0..64).filter(|n| self.bits >> n & 1 == 1).collect()
    }

    /// Least and greatest number there could be.
    pub(super) fn limits(&self) -> (u8, u8) {
        (self.part.limits().0, self.part.last())
    }

    /// Whether it has every number there could be.
    pub(super) fn is_all(&self) -> bool {
        let (first, last) = self.limits();
        (first..=last).all(|n| self.bits >> n & 1 == 1)
    }

    /// Whether its text begins with a star, which has a meaning of its own for days.
    pub(super) fn begins_with_star(&self) -> bool {
        self.items.first().is_some_and(|item| item.range.is_none())
    }

    /// The step of a lone `*/step`.
    pub(super) fn star_step(&self) -> Option<u8> {
        match self.items[..] {
            [Item { range: None, step }] if step > 1 => Some(step),
            _ => None,
        }
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (k, item) in self.items.iter().enumerate() {
            if k > 0 {
                f.write_str(",")?;
            }
            match item.range {
                None => f.write_str("*")?,
                Some((first, last)) if first == last => write!(f, "{first}")?,
                Some((first, last)) => write!(f, "{first}-{last}")?,
            }
            if item.step > 1 {
                write!(f, "/{}", item.step)?;
            }
        }
        Ok(())
    }
}

impl Item {
    fn parse(part: Part, text: &str) -> Result<Self, CalendarError> {
        let (range, step) = match text.split_once('/') {
            Some((range, step)) => (range, step.parse().ok().filter(|step| *step > 0)),
            None => (text, Some(1)),
        };
        let Some(step) = step else {
            return Err(
                CalendarError::new(format!("`{text}` has no step")).with_help("such as `*/15`")
            );
        };
        let stepped = text.contains('/');
        if range == "*" {
            return Ok(Self { range: None, step });
        }
        let Some((first, last)) = range.split_once('-') else {
            let number = number(part, range, false)?;
            if stepped {
                let (_, end) = part.limits();
                return Err(CalendarError::new(format!("`{text}`: a single number has no steps"))
                    .with_help(format!("write `{number}-{end}/{step}`")));
            }
            return Ok(Self { range: Some((number, number)), step: 1 });
        };
        let (first, last) = (number(part, first, false)?, number(part, last, true)?);
        if first > last {
            return Err(CalendarError::new(format!("`{text}` ends before it begins"))
                .with_help("write two ranges with a comma between them"));
        }
        // A range of one number has no second one to step to.
        let step = if first == last { 1 } else { step };
        Ok(Self { range: Some((first, last)), step })
    }

    fn numbers(self, part: Part) -> impl Iterator<Item = u8> {
        let (first, last) = self.range.unwrap_or((part.limits().0, part.last()));
        (first..=last).step_by(usize::from(self.step))
    }
}

/// A number or the first three letters of a name. At the end of a range Sunday
/// is the seventh day.
fn number(part: Part, text: &str, end: bool) -> Result<u8, CalendarError> {
    let (low, high) = part.limits();
    if let Some(k) = part.names().iter().position(|name| name.eq_ignore_ascii_case(text)) {
        let number = low + u8::try_from(k).unwrap_or(0);
        return Ok(if end && part == Part::Weekday && number == 0 { 7 } else { number });
    }
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let number = if digits { text.parse().ok() } else { None };
    number.filter(|n| (low..=high).contains(n)).ok_or_else(|| {
        let names = match part.names() {
            [first, .., last] => format!(", or {first} to {last}"),
            _ => String::new(),
        };
        CalendarError::new(format!("`{text}` is none of {low} to {high}{names}"))
    })
}
