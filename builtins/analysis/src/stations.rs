//! Stations in the one order that every plot, movie and text uses: core,
//! remote, international, others; by their numbers inside each.
//!
//! The kind is read from the name: `CS002HBA0` is of the core, `RS106HBA`
//! remote, and two other letters before three digits (`DE601`, `SE607HBA`)
//! are a country.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

/// Where a station stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// In the core.
    Core,
    /// In the Netherlands, outside the core.
    Remote,
    /// In another country.
    International,
    /// Of no such name: antennas of other telescopes.
    Other,
}

impl Kind {
    /// The kind that a name tells.
    pub fn of(name: &str) -> Self {
        let bytes = name.as_bytes();
        let shaped = bytes.len() >= 5
            && bytes[..2].iter().all(u8::is_ascii_uppercase)
            && bytes[2..5].iter().all(u8::is_ascii_digit)
            && bytes.get(5).is_none_or(|next| !next.is_ascii_digit());
        match (shaped, bytes.get(..2)) {
            (true, Some(b"CS")) => Self::Core,
            (true, Some(b"RS")) => Self::Remote,
            (true, _) => Self::International,
            (false, _) => Self::Other,
        }
    }

    /// What plots call it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Core => "core",
            Self::Remote => "remote",
            Self::International => "international",
            Self::Other => "other",
        }
    }
}

/// How stations follow each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Order {
    /// By kind, then by the numbers in their names.
    #[default]
    Kind,
    /// By the bytes of their names, as older programs do.
    Legacy,
}

impl Order {
    /// Compares two names.
    pub fn compare(self, a: &str, b: &str) -> Ordering {
        match self {
            Self::Kind => compare(a, b),
            Self::Legacy => a.cmp(b),
        }
    }
}

/// Compares two names by kind, then naturally.
pub fn compare(a: &str, b: &str) -> Ordering {
    Kind::of(a).cmp(&Kind::of(b)).then_with(|| natural(a, b))
}

/// Sorts names by kind, then naturally.
pub fn sort(names: &mut [String]) {
    names.sort_by(|a, b| compare(a, b));
}

/// Compares texts whose digits are numbers: `CS2` before `CS10`. Texts that
/// differ only in zeros before a number are ordered as bytes.
pub fn natural(a: &str, b: &str) -> Ordering {
    let (mut left, mut right) = (a.as_bytes(), b.as_bytes());
    while let (Some(one), Some(other)) = (left.first(), right.first()) {
        let order = if one.is_ascii_digit() && other.is_ascii_digit() {
            let (mine, yours) = (digits(left), digits(right));
            let (number, with) = (significant(&left[..mine]), significant(&right[..yours]));
            left = &left[mine..];
            right = &right[yours..];
            number.len().cmp(&with.len()).then_with(|| number.cmp(with))
        } else {
            left = &left[1..];
            right = &right[1..];
            one.cmp(other)
        };
        if order.is_ne() {
            return order;
        }
    }
    left.len().cmp(&right.len()).then_with(|| a.cmp(b))
}

fn digits(bytes: &[u8]) -> usize {
    bytes.iter().take_while(|byte| byte.is_ascii_digit()).count()
}

fn significant(number: &[u8]) -> &[u8] {
    &number[number.iter().take_while(|byte| **byte == b'0').count()..]
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn kinds_are_read_from_names() {
        for (name, kind) in [
            ("CS001HBA0", Kind::Core),
            ("CS302LBA", Kind::Core),
            ("RS106HBA", Kind::Remote),
            ("DE601HBA", Kind::International),
            ("SE607", Kind::International),
            ("ant1", Kind::Other),
            ("CS1", Kind::Other),
            ("CSX01", Kind::Other),
            ("RT0", Kind::Other),
            ("CS0011", Kind::Other),
            ("", Kind::Other),
        ] {
            assert_eq!(Kind::of(name), kind, "{name}");
        }
    }

    #[test]
    fn the_core_comes_first_and_numbers_count() {
        let mut names: Vec<String> = ["RT10", "DE601HBA", "RS509HBA", "CS010HBA1", "RT9"]
            .into_iter()
            .chain(["CS010HBA0", "RS106HBA", "CS002HBA1", "CS302HBA0", "FR606HBA"])
            .map(String::from)
            .collect();
        sort(&mut names);
        let expected = [
            "CS002HBA1",
            "CS010HBA0",
            "CS010HBA1",
            "CS302HBA0",
            "RS106HBA",
            "RS509HBA",
            "DE601HBA",
            "FR606HBA",
            "RT9",
            "RT10",
        ];
        assert_eq!(names, expected);
        names.sort_by(|a, b| Order::Legacy.compare(a, b));
        assert_eq!(names[0], "CS002HBA1");
        assert_eq!(names[8..], ["RT10", "RT9"]);
    }

    proptest! {
        #[test]
        fn the_order_is_total(a in "[A-C]{0,2}[0-9]{0,3}[a-b]?", b in "[A-C]{0,2}[0-9]{0,3}[a-b]?") {
            prop_assert_eq!(compare(&a, &b), compare(&b, &a).reverse());
            prop_assert_eq!(compare(&a, &b).is_eq(), a == b);
        }
    }
}
