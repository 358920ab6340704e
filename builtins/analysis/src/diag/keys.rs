//! What tells series and panels apart: attributes of rows, by letters or by
//! long names, sorted as what they are.

use std::cmp::Ordering;

use ledama_base::operation::OperationError;
use serde::{Deserialize, Serialize};

use super::row::Facts;
use super::{Type, wrong};
use crate::stations;

/// An attribute of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Attribute {
    /// The observation.
    Lds,
    /// The middle of the sub-band.
    Freq,
    /// The station.
    Station,
    /// The correlation.
    Corr,
    /// Right ascension of the solutions.
    Ra,
    /// Declination of the solutions.
    Dec,
    /// The kind of statistics.
    Kind,
    /// The second station of a baseline.
    Station2,
    /// The first station of a baseline.
    Station1,
    /// Both stations of a baseline.
    Baseline,
    /// The sub-band.
    Sb,
    /// The beam.
    Beam,
    /// The version of the processing.
    Version,
}

impl Attribute {
    /// All, in the order of keys.
    pub const ALL: [Self; 13] = [
        Self::Lds,
        Self::Freq,
        Self::Station,
        Self::Corr,
        Self::Ra,
        Self::Dec,
        Self::Kind,
        Self::Station2,
        Self::Station1,
        Self::Baseline,
        Self::Sb,
        Self::Beam,
        Self::Version,
    ];

    /// Its letter, if it has one.
    #[must_use]
    pub fn letter(self) -> Option<char> {
        match self {
            Self::Lds => Some('l'),
            Self::Freq => Some('f'),
            Self::Station => Some('s'),
            Self::Corr => Some('c'),
            Self::Ra => Some('r'),
            Self::Dec => Some('d'),
            Self::Kind => Some('q'),
            Self::Station2 => Some('b'),
            _ => None,
        }
    }

    /// Its long name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Lds => "lds",
            Self::Freq => "freq",
            Self::Station => "station",
            Self::Corr => "corr",
            Self::Ra => "ra",
            Self::Dec => "dec",
            Self::Kind => "kind",
            Self::Station2 => "station2",
            Self::Station1 => "station1",
            Self::Baseline => "baseline",
            Self::Sb => "sb",
            Self::Beam => "beam",
            Self::Version => "version",
        }
    }

    /// In titles: what values are.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Lds => "observation",
            Self::Freq => "frequency [MHz]",
            Self::Station => "station",
            Self::Corr => "correlation",
            Self::Ra => "right ascension [deg]",
            Self::Dec => "declination [deg]",
            Self::Kind => "kind",
            Self::Station2 => "second station",
            Self::Station1 => "first station",
            Self::Baseline => "baseline",
            Self::Sb => "sub-band",
            Self::Beam => "beam",
            Self::Version => "version",
        }
    }

    /// Whether rows of a type have it.
    #[must_use]
    pub fn is_of(self, of: Type) -> bool {
        match self {
            Self::Station | Self::Ra | Self::Dec => of == Type::Gain,
            Self::Kind => of != Type::Gain,
            Self::Station1 | Self::Station2 | Self::Baseline => of == Type::Qbs,
            _ => true,
        }
    }

    /// Whether its values have an order that a range of colours can show.
    #[must_use]
    pub fn is_ordered(self) -> bool {
        matches!(self, Self::Freq | Self::Sb | Self::Ra | Self::Dec | Self::Version)
    }

    /// The value by the facts of a row, for one of its correlations.
    #[must_use]
    pub fn of(self, facts: &Facts, correlation: usize) -> KeyValue {
        let number = |value: Option<i64>, of: fn(i64) -> KeyValue| value.map_or(KeyValue::None, of);
        let text = |value: &Option<String>| {
            value.as_ref().map_or(KeyValue::None, |text| KeyValue::Text(text.clone()))
        };
        let degrees = |value: Option<f64>| value.map_or(KeyValue::None, KeyValue::Degrees);
        match self {
            Self::Lds => KeyValue::Text(facts.lds.clone()),
            // A thousandth of a MHz is as exact as names of sub-bands are.
            Self::Freq => facts
                .centre_mhz
                .map_or(KeyValue::None, |mhz| KeyValue::Mhz((mhz * 1000.0).round() / 1000.0)),
            Self::Station | Self::Station1 => text(&facts.station),
            Self::Corr => {
                let name = facts.correlations.get(correlation).cloned().unwrap_or_default();
                KeyValue::Correlation(correlation, name)
            }
            Self::Ra => degrees(facts.direction.map(|place| place.0)),
            Self::Dec => degrees(facts.direction.map(|place| place.1)),
            Self::Kind => text(&facts.kind),
            Self::Station2 => text(&facts.station2),
            Self::Baseline => match (&facts.station, &facts.station2) {
                (Some(one), Some(other)) => KeyValue::Pair(one.clone(), other.clone()),
                _ => KeyValue::None,
            },
            Self::Sb => number(facts.sub_band, KeyValue::SubBand),
            Self::Beam => number(facts.beam, KeyValue::Beam),
            Self::Version => number(facts.version, KeyValue::Version),
        }
    }
}

/// A value of an attribute.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum KeyValue {
    /// Not known; comes first.
    None,
    /// A sub-band.
    SubBand(i64),
    /// A beam.
    Beam(i64),
    /// A version of the processing.
    Version(i64),
    /// A frequency.
    Mhz(f64),
    /// An angle.
    Degrees(f64),
    /// A name.
    Text(String),
    /// Two stations.
    Pair(String, String),
    /// A correlation by its place, with its name.
    Correlation(usize, String),
}

impl KeyValue {
    fn rank(&self) -> u8 {
        match self {
            Self::None => 0,
            Self::SubBand(_) => 1,
            Self::Beam(_) => 2,
            Self::Version(_) => 3,
            Self::Mhz(_) => 4,
            Self::Degrees(_) => 5,
            Self::Text(_) => 6,
            Self::Pair(..) => 7,
            Self::Correlation(..) => 8,
        }
    }

    /// As a number, if it has an order.
    #[must_use]
    #[allow(clippy::cast_precision_loss)] // numbers of sub-bands and versions
    pub fn number(&self) -> Option<f64> {
        match self {
            Self::SubBand(value) | Self::Beam(value) | Self::Version(value) => Some(*value as f64),
            Self::Mhz(value) | Self::Degrees(value) => Some(*value),
            _ => None,
        }
    }
}

impl Eq for KeyValue {}

impl PartialOrd for KeyValue {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for KeyValue {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::SubBand(a), Self::SubBand(b))
            | (Self::Beam(a), Self::Beam(b))
            | (Self::Version(a), Self::Version(b)) => a.cmp(b),
            (Self::Mhz(a), Self::Mhz(b)) | (Self::Degrees(a), Self::Degrees(b)) => a.total_cmp(b),
            (Self::Text(a), Self::Text(b)) => stations::compare(a, b),
            (Self::Pair(a, c), Self::Pair(b, d)) => {
                stations::compare(a, b).then_with(|| stations::compare(c, d))
            }
            (Self::Correlation(a, c), Self::Correlation(b, d)) => a.cmp(b).then_with(|| c.cmp(d)),
            _ => self.rank().cmp(&other.rank()),
        }
    }
}

impl std::fmt::Display for KeyValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::None => f.write_str("-"),
            Self::SubBand(value) => write!(f, "SB{value:03}"),
            Self::Beam(value) => write!(f, "SAP{value:03}"),
            Self::Version(value) => write!(f, "version {value}"),
            Self::Mhz(value) => write!(f, "{value:.3}"),
            Self::Degrees(value) => write!(f, "{value}"),
            Self::Text(text) | Self::Correlation(_, text) => f.write_str(text),
            Self::Pair(one, other) => write!(f, "{one}-{other}"),
        }
    }
}

/// Values that belong together, in the order of their attributes.
pub type KeyValues = Vec<KeyValue>;

/// Values as titles and legends show them.
#[must_use]
pub fn text(values: &[KeyValue]) -> String {
    values.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

/// Attributes that tell series or panels apart, in the order of attributes.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Key(pub Vec<Attribute>);

impl Key {
    /// Reads letters (`lc`), or long names and letters with commas between them
    /// (`station,c`). A text that is a long name as a whole is that name.
    pub fn parse(text: &str, of: Type) -> Result<Self, OperationError> {
        let mut found = Vec::new();
        for item in text.split(',').map(str::trim).filter(|item| !item.is_empty()) {
            let named = Attribute::ALL.into_iter().find(|one| one.name() == item);
            if let Some(one) = named {
                found.push(one);
                continue;
            }
            for letter in item.chars() {
                // Polarisation is another word for correlation.
                let letter = if letter == 'p' { 'c' } else { letter };
                let known = Attribute::ALL.into_iter().find(|one| one.letter() == Some(letter));
                found.push(known.ok_or_else(|| unknown(item, letter, of))?);
            }
        }
        for one in &found {
            if !one.is_of(of) {
                let help = advice(of);
                return Err(wrong(format!("{} have no {}", of.name(), one.words()), help));
            }
        }
        found.sort_unstable();
        found.dedup();
        Ok(Self(found))
    }

    /// The values by the facts of a row, for one of its correlations.
    #[must_use]
    pub fn of(&self, facts: &Facts, correlation: usize) -> KeyValues {
        self.0.iter().map(|one| one.of(facts, correlation)).collect()
    }

    /// The attributes by their names.
    #[must_use]
    pub fn words(&self) -> String {
        self.0.iter().map(|one| one.words()).collect::<Vec<_>>().join(", ")
    }

    /// Refuses attributes that are in both.
    pub fn apart(&self, other: &Self) -> Result<(), OperationError> {
        match self.0.iter().find(|one| other.0.contains(one)) {
            None => Ok(()),
            Some(one) => Err(wrong(
                format!("{} is in the colour key and in the sub-plot key", one.name()),
                "leave it out of one of them",
            )),
        }
    }
}

fn unknown(item: &str, letter: char, of: Type) -> OperationError {
    let message = if item.chars().count() > 1 {
        format!("`{item}` is no key, and `{letter}` no letter of one")
    } else {
        format!("`{letter}` is no key")
    };
    wrong(message, advice(of))
}

fn advice(of: Type) -> String {
    let names: Vec<String> = Attribute::ALL
        .into_iter()
        .filter(|one| one.is_of(of))
        .map(|one| match one.letter() {
            Some(letter) => format!("{letter} ({})", one.name()),
            None => one.name().to_string(),
        })
        .collect();
    format!("{} can be told apart by {}", of.name(), names.join(", "))
}

/// Facts of a row, and one of its correlations.
pub type Place<'a> = (&'a Facts, usize);
