//! Intervals of real numbers, such as the frequency filter `115.0..120.5`.
//!
//! The older form `115.0-120.5` is read too. Its dash is also the sign and
//! part of an exponent, so the place is taken where both sides are numbers.

use std::fmt;

/// A closed interval of finite numbers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FloatRange {
    /// Lower limit.
    pub min: f64,
    /// Upper limit, not below `min`.
    pub max: f64,
}

/// An interval that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a range of numbers: {reason}")]
pub struct FloatRangeError {
    /// As typed.
    pub text: String,
    /// What is wrong, without a final dot.
    pub reason: String,
}

impl FloatRangeError {
    /// What to write instead.
    pub fn help(&self) -> Option<String> {
        Some("write `min..max`, such as `115.0..120.5` or `-3e-3..1`".to_string())
    }
}

impl FloatRange {
    /// Reads `min..max` or `min-max`.
    ///
    /// ```
    /// use ledama_base::ranges::FloatRange;
    /// assert_eq!(FloatRange::parse("-1e-3--5e-4").unwrap(), FloatRange { min: -1e-3, max: -5e-4 });
    /// ```
    pub fn parse(text: &str) -> Result<Self, FloatRangeError> {
        let dotted = text.match_indices("..").map(|(at, _)| (at, at + 2));
        let dashed = text.match_indices('-').map(|(at, _)| (at, at + 1));
        Self::from_splits(text, dotted)
            .or_else(|| Self::from_splits(text, dashed))
            .unwrap_or_else(|| Err(error(text, "two numbers with `..` between them are needed")))
    }

    /// Reads `min,max`, the form of axis ranges.
    pub fn parse_comma(text: &str) -> Result<Self, FloatRangeError> {
        let commas = text.match_indices(',').map(|(at, _)| (at, at + 1));
        Self::from_splits(text, commas)
            .unwrap_or_else(|| Err(error(text, "two numbers with `,` between them are needed")))
    }

    /// Whether `value` lies in it, limits included.
    pub fn contains(&self, value: f64) -> bool {
        (self.min..=self.max).contains(&value)
    }

    /// The first split where both sides are numbers.
    fn from_splits(
        text: &str,
        mut splits: impl Iterator<Item = (usize, usize)>,
    ) -> Option<Result<Self, FloatRangeError>> {
        let (min, max) = splits
            .find_map(|(end, start)| Some((number(&text[..end])?, number(&text[start..])?)))?;
        if min > max {
            return Some(Err(error(text, "the lower limit is greater than the upper one")));
        }
        Some(Ok(Self { min, max }))
    }
}

impl fmt::Display for FloatRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}..{}", self.min, self.max)
    }
}

/// A finite decimal number; the words `inf` and `nan` are none.
fn number(text: &str) -> Option<f64> {
    text.trim().parse().ok().filter(|v: &f64| v.is_finite())
}

fn error(text: &str, reason: &str) -> FloatRangeError {
    FloatRangeError { text: text.to_string(), reason: reason.to_string() }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn both_forms_are_read() {
        let table = [
            ("1..2", 1.0, 2.0),
            ("115.039-115.43", 115.039, 115.43),
            ("-5--1", -5.0, -1.0),
            ("-5..-1", -5.0, -1.0),
            ("1e-3-2e-3", 1e-3, 2e-3),
            ("-1e-3-2", -1e-3, 2.0),
            ("+1..+2", 1.0, 2.0),
            ("1...5e1", 1.0, 5.0),
            (" 1 .. 2 ", 1.0, 2.0),
            ("3-3", 3.0, 3.0),
        ];
        for (text, min, max) in table {
            assert_eq!(FloatRange::parse(text).unwrap(), FloatRange { min, max }, "{text}");
        }
        assert_eq!(
            FloatRange::parse_comma("-2.5, 2.5").unwrap(),
            FloatRange { min: -2.5, max: 2.5 }
        );
    }

    #[test]
    fn mistakes_are_refused() {
        for text in [
            "", "1", "..", "1..", "..2", "a..b", "2..1", "2-1", "inf..nan", "1,2", "1..inf",
            "1-2e-3e",
        ] {
            assert!(FloatRange::parse(text).is_err(), "{text}");
        }
        assert!(FloatRange::parse_comma("1..2").is_err());
        assert!(FloatRange::parse_comma("1,2,3").is_err());
    }

    proptest! {
        #[test]
        fn any_limits_come_back(a in -1e9..1e9f64, b in -1e9..1e9f64) {
            let range = FloatRange { min: a.min(b), max: a.max(b) };
            prop_assert_eq!(FloatRange::parse(&range.to_string()).unwrap(), range);
            let dashed = format!("{:e}-{:e}", range.min, range.max);
            prop_assert_eq!(FloatRange::parse(&dashed).unwrap(), range);
        }

        #[test]
        fn no_text_panics(text: String) {
            let _ = FloatRange::parse(&text);
        }
    }
}
