//! Lists of integers such as `0,1,5-10,12,14..20..2`.
//!
//! Order and duplicates are kept: some lists steer how work is distributed.
//! Whoever needs a set makes one.

use std::fmt;

use super::{column, comma_items};

/// Longest list that is expanded.
pub const MAX_ELEMENTS: usize = 1_000_000;

/// One item of a list, not yet expanded: `start`, `start + step`, … up to `end`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IntRange {
    /// First value.
    pub start: u32,
    /// Last possible value, inclusive, not less than `start`.
    pub end: u32,
    /// Distance of two values, at least 1.
    pub step: u32,
}

impl IntRange {
    /// How many values it has, at least 1.
    pub fn count(&self) -> usize {
        let steps = (self.end - self.start) / self.step;
        usize::try_from(steps).map_or(usize::MAX, |n| n.saturating_add(1))
    }

    /// The values in rising order.
    pub fn values(&self) -> impl Iterator<Item = u32> + use<> {
        // `step_by` of a whole `u32` range fits into `usize` on every supported machine.
        (self.start..=self.end).step_by(usize::try_from(self.step).unwrap_or(usize::MAX))
    }
}

/// What is wrong with an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RangeFault {
    /// Nothing stands between two commas, or in the whole list.
    Empty,
    /// A part is no whole number.
    NotANumber(String),
    /// A part is a number too large for any index.
    TooLarge(String),
    /// `-` and `..` in one item.
    MixedSeparators,
    /// More than start, end and step.
    TooManyParts,
    /// The start is greater than the end.
    Reversed,
    /// A step of 0 would never end.
    ZeroStep,
    /// The list has more than [`MAX_ELEMENTS`] values.
    TooMany,
}

impl fmt::Display for RangeFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("a number is missing"),
            Self::NotANumber(part) if part.is_empty() => {
                f.write_str("a number is missing beside the separator")
            }
            Self::NotANumber(part) => write!(f, "`{part}` is not a whole number"),
            Self::TooLarge(part) => write!(f, "`{part}` is too large"),
            Self::MixedSeparators => f.write_str("`-` and `..` cannot be mixed"),
            Self::TooManyParts => f.write_str("a range is start-end or start-end-step"),
            Self::Reversed => f.write_str("the range starts after its end"),
            Self::ZeroStep => f.write_str("the step must be at least 1"),
            Self::TooMany => write!(f, "the list has more than {MAX_ELEMENTS} values"),
        }
    }
}

/// An item of a list that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{item}` at column {column} of the list: {fault}")]
pub struct RangeError {
    /// The item as typed.
    pub item: String,
    /// Where it begins, counted in characters from 1.
    pub column: usize,
    /// What is wrong with it.
    pub fault: RangeFault,
}

impl RangeError {
    /// What to write instead.
    pub fn help(&self) -> Option<String> {
        match self.fault {
            RangeFault::TooMany => None,
            _ => Some("write numbers and ranges such as `0,1,5-10,20..30..2`".to_string()),
        }
    }
}

/// Reads a list. Items are separated by commas; an item is a number,
/// `start-end[-step]` or `start..end[..step]`, all inclusive.
///
/// ```
/// use ledama_base::ranges::parse_ints;
/// assert_eq!(parse_ints("0..6..2,3,3").unwrap(), [0, 2, 4, 6, 3, 3]);
/// assert_eq!(parse_ints("1,3-1").unwrap_err().column, 3);
/// ```
pub fn parse_ints(text: &str) -> Result<Vec<u32>, RangeError> {
    let mut values = Vec::new();
    for (offset, item) in comma_items(text) {
        let fail = |fault| RangeError { item: item.into(), column: column(text, offset), fault };
        let range = parse_int_range(item).map_err(fail)?;
        if range.count().saturating_add(values.len()) > MAX_ELEMENTS {
            return Err(fail(RangeFault::TooMany));
        }
        values.extend(range.values());
    }
    Ok(values)
}

/// Reads one item of a list.
pub fn parse_int_range(item: &str) -> Result<IntRange, RangeFault> {
    let item = item.trim();
    if item.is_empty() {
        return Err(RangeFault::Empty);
    }
    let dashed = item.contains('-');
    if dashed && item.contains("..") {
        return Err(RangeFault::MixedSeparators);
    }
    let mut parts = item.split(if dashed { "-" } else { ".." });
    let mut next = || parts.next().map(parse_number).transpose();
    // The first part always exists: `split` yields at least one.
    let start = next()?.unwrap_or_default();
    let end = next()?.unwrap_or(start);
    let step = next()?.unwrap_or(1);
    if parts.next().is_some() {
        Err(RangeFault::TooManyParts)
    } else if step == 0 {
        Err(RangeFault::ZeroStep)
    } else if start > end {
        Err(RangeFault::Reversed)
    } else {
        Ok(IntRange { start, end, step })
    }
}

fn parse_number(part: &str) -> Result<u32, RangeFault> {
    let part = part.trim();
    if part.is_empty() || !part.bytes().all(|b| b.is_ascii_digit()) {
        return Err(RangeFault::NotANumber(part.to_string()));
    }
    part.parse().map_err(|_| RangeFault::TooLarge(part.to_string()))
}

/// The shortest usual text of a list: three or more neighbours become a
/// range, four or more equal steps a stepped one. [`parse_ints`] of the
/// result is the same list again (an empty one gives an empty text).
pub fn format_ints(values: &[u32]) -> String {
    let mut items: Vec<String> = Vec::new();
    let mut rest = values;
    while let [first, ..] = rest {
        let (length, step) = run_length(rest);
        let last = rest[length - 1];
        let folded = match step {
            1 if length >= 3 => Some(format!("{first}-{last}")),
            2.. if length >= 4 => Some(format!("{first}-{last}-{step}")),
            _ => None,
        };
        let used = if folded.is_some() { length } else { 1 };
        items.push(folded.unwrap_or_else(|| first.to_string()));
        rest = &rest[used..];
    }
    items.join(",")
}

/// How many leading values rise by one common step, and the step.
fn run_length(values: &[u32]) -> (usize, u32) {
    let step = match values {
        [a, b, ..] if b > a => b - a,
        _ => return (1, 0),
    };
    let equal = values.windows(2).take_while(|w| w[1] > w[0] && w[1] - w[0] == step).count();
    (equal + 1, step)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn all_forms_are_read() {
        let table: &[(&str, &[u32])] = &[
            ("0,1,5-10,12,14-16", &[0, 1, 5, 6, 7, 8, 9, 10, 12, 14, 15, 16]),
            ("0..6..2", &[0, 2, 4, 6]),
            ("0-6-2", &[0, 2, 4, 6]),
            ("1-10-3", &[1, 4, 7, 10]),
            ("5-5", &[5]),
            ("007", &[7]),
            ("3,3,1", &[3, 3, 1]),
            (" 1 , 2 - 4 ", &[1, 2, 3, 4]),
            ("4294967295", &[u32::MAX]),
            ("0-4294967295-4294967295", &[0, u32::MAX]),
        ];
        for (text, expected) in table {
            assert_eq!(parse_ints(text).unwrap(), *expected, "{text}");
        }
    }

    #[test]
    fn mistakes_are_named_with_their_place() {
        use RangeFault as F;
        let not = |t: &str| F::NotANumber(t.to_string());
        let table = [
            ("3-1", 1, F::Reversed),
            ("1-3-5-7", 1, F::TooManyParts),
            ("", 1, F::Empty),
            ("  ", 3, F::Empty),
            ("1,", 3, F::Empty),
            (",1", 1, F::Empty),
            ("1.5", 1, not("1.5")),
            ("a", 1, not("a")),
            ("-1", 1, not("")),
            ("..5", 1, not("")),
            ("1-", 1, not("")),
            ("+5", 1, not("+5")),
            ("1-3-0", 1, F::ZeroStep),
            ("1..3-5", 1, F::MixedSeparators),
            ("1-3..2", 1, F::MixedSeparators),
            ("1..-1", 1, F::MixedSeparators),
            ("0,1, 9-7", 6, F::Reversed),
            ("α,b", 1, not("α")),
            ("1,α", 3, not("α")),
            ("4294967296", 1, F::TooLarge("4294967296".into())),
            ("0-999999,1", 10, F::TooMany),
            ("0-4294967295", 1, F::TooMany),
        ];
        for (text, column, fault) in table {
            let error = parse_ints(text).unwrap_err();
            assert_eq!((error.column, &error.fault), (column, &fault), "{text}");
        }
        assert_eq!(parse_ints("0-999999").unwrap().len(), MAX_ELEMENTS);
        assert_eq!(
            parse_ints("1,3-1").unwrap_err().to_string(),
            "`3-1` at column 3 of the list: the range starts after its end"
        );
    }

    #[test]
    fn lists_are_folded() {
        let table: &[(&[u32], &str)] = &[
            (&[], ""),
            (&[7], "7"),
            (&[0, 1], "0,1"),
            (&[0, 1, 2, 9], "0-2,9"),
            (&[0, 2, 4, 6, 7, 8, 9], "0-6-2,7-9"),
            (&[0, 5, 10], "0,5,10"),
            (&[3, 3, 1], "3,3,1"),
            (&[0, 5, 6, 7], "0,5-7"),
        ];
        for (values, expected) in table {
            assert_eq!(format_ints(values), *expected);
        }
    }

    proptest! {
        #[test]
        fn folding_and_reading_are_inverse(
            values in proptest::collection::vec(0u32..40, 1..60)
        ) {
            prop_assert_eq!(parse_ints(&format_ints(&values)).unwrap(), values);
        }

        #[test]
        fn no_text_panics(text: String) {
            let _ = parse_ints(&text);
        }

        #[test]
        fn no_text_of_its_alphabet_panics(text in "[0-9,. -]{0,12}") {
            if let Ok(values) = parse_ints(&text) {
                prop_assert!(!values.is_empty());
            }
        }
    }
}
