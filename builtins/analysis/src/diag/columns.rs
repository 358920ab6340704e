//! Attributes of many rows as numbers, so that a million rows are told apart
//! without comparing names: each value gets its place in the sorted list of values.

use std::cell::OnceCell;
use std::collections::HashMap;

use super::keys::{Attribute, Key, KeyValue, KeyValues, Place};

/// The attributes of rows.
#[derive(Debug)]
pub struct Columns<'a> {
    places: &'a [Place<'a>],
    /// By the order of [`Attribute::ALL`], when they are needed.
    columns: [OnceCell<Column>; Attribute::ALL.len()],
}

#[derive(Debug, Default)]
struct Column {
    /// Sorted, each once.
    values: Vec<KeyValue>,
    /// Its place among the values, for each row.
    of_row: Vec<usize>,
}

/// Rows by the values of a key.
#[derive(Debug, Default)]
pub struct Groups {
    /// Sorted, each once.
    pub values: Vec<KeyValues>,
    /// Its place among the values, for each row.
    pub of_row: Vec<usize>,
}

/// What is the same if and only if the value of an attribute is.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Raw<'a> {
    None,
    Integer(i64),
    Bits(u64),
    Text(&'a str),
    Pair(&'a str, &'a str),
    Correlation(usize, &'a str),
}

fn raw<'a>(one: Attribute, (facts, correlation): Place<'a>) -> Raw<'a> {
    let integer = |value: Option<i64>| value.map_or(Raw::None, Raw::Integer);
    let text = |value: &'a Option<String>| value.as_deref().map_or(Raw::None, Raw::Text);
    // The two zeros are one number.
    let bits =
        |value: Option<f64>| value.map_or(Raw::None, |value| Raw::Bits((value + 0.0).to_bits()));
    match one {
        Attribute::Lds => Raw::Text(&facts.lds),
        Attribute::Freq => bits(facts.centre_mhz.map(|mhz| (mhz * 1000.0).round())),
        Attribute::Station | Attribute::Station1 => text(&facts.station),
        Attribute::Corr => {
            let name = facts.correlations.get(correlation).map_or("", String::as_str);
            Raw::Correlation(correlation, name)
        }
        Attribute::Ra => bits(facts.direction.map(|place| place.0)),
        Attribute::Dec => bits(facts.direction.map(|place| place.1)),
        Attribute::Kind => text(&facts.kind),
        Attribute::Station2 => text(&facts.station2),
        Attribute::Baseline => match (&facts.station, &facts.station2) {
            (Some(one), Some(other)) => Raw::Pair(one, other),
            _ => Raw::None,
        },
        Attribute::Sb => integer(facts.sub_band),
        Attribute::Beam => integer(facts.beam),
        Attribute::Version => integer(facts.version),
    }
}

impl Column {
    fn new(one: Attribute, places: &[Place<'_>]) -> Self {
        let mut known: HashMap<Raw<'_>, usize> = HashMap::new();
        let mut firsts: Vec<usize> = Vec::new();
        let mut of_row = Vec::with_capacity(places.len());
        for (row, place) in places.iter().enumerate() {
            let next = firsts.len();
            let at = *known.entry(raw(one, *place)).or_insert(next);
            if at == next {
                firsts.push(row);
            }
            of_row.push(at);
        }
        let mut values: Vec<(KeyValue, usize)> = firsts
            .iter()
            .enumerate()
            .map(|(at, row)| (one.of(places[*row].0, places[*row].1), at))
            .collect();
        values.sort_unstable();
        let mut places = vec![0; values.len()];
        for (place, (_, at)) in values.iter().enumerate() {
            places[*at] = place;
        }
        for at in &mut of_row {
            *at = places[*at];
        }
        Self { values: values.into_iter().map(|(value, _)| value).collect(), of_row }
    }
}

impl<'a> Columns<'a> {
    /// Of rows and correlations of them.
    #[must_use]
    pub fn new(places: &'a [Place<'a>]) -> Self {
        Self { places, columns: [const { OnceCell::new() }; Attribute::ALL.len()] }
    }

    fn column(&self, one: Attribute) -> &Column {
        let at = Attribute::ALL.iter().position(|other| *other == one);
        self.columns[at.unwrap_or_default()].get_or_init(|| Column::new(one, self.places))
    }

    /// The rows by the values of a key.
    #[must_use]
    pub fn groups(&self, key: &Key) -> Groups {
        let (of_row, firsts) = self.places(key);
        let value = |row: &usize| {
            let one = |one: &Attribute| {
                let column = self.column(*one);
                column.values[column.of_row[*row]].clone()
            };
            key.0.iter().map(one).collect()
        };
        Groups { values: firsts.iter().map(value).collect(), of_row }
    }

    /// The place of each row among the sorted values of a key, and the first row of each.
    fn places(&self, key: &Key) -> (Vec<usize>, Vec<usize>) {
        let mut of_row = vec![0; self.places.len()];
        let mut firsts: Vec<usize> = (0..self.places.len().min(1)).collect();
        for one in &key.0 {
            let column = self.column(*one);
            let mut known: HashMap<(usize, usize), usize> = HashMap::new();
            for (row, at) in of_row.iter().enumerate() {
                known.entry((*at, column.of_row[row])).or_insert(row);
            }
            // Sorted by what was before, then by this attribute.
            let mut pairs: Vec<((usize, usize), usize)> = known.into_iter().collect();
            pairs.sort_unstable();
            firsts = pairs.iter().map(|(_, row)| *row).collect();
            let places: HashMap<(usize, usize), usize> =
                pairs.iter().enumerate().map(|(place, (pair, _))| (*pair, place)).collect();
            for (row, at) in of_row.iter_mut().enumerate() {
                *at = places[&(*at, column.of_row[row])];
            }
        }
        (of_row, firsts)
    }

    /// Whether an attribute has more than one value among rows of a group.
    fn varies(&self, one: Attribute, of_row: &[usize], firsts: &[usize]) -> bool {
        let column = self.column(one);
        column.values.len() > 1
            && of_row
                .iter()
                .zip(&column.of_row)
                .any(|(group, value)| column.of_row[firsts[*group]] != *value)
    }

    /// The attributes that tell series apart, at most two, besides those of the
    /// panels: first what has units of its own, then what is where.
    #[must_use]
    pub fn automatic(&self, panels: &Key) -> Key {
        let order = [
            Attribute::Kind,
            Attribute::Baseline,
            Attribute::Station,
            Attribute::Freq,
            Attribute::Lds,
            Attribute::Corr,
            Attribute::Beam,
            Attribute::Version,
            Attribute::Ra,
            Attribute::Dec,
            Attribute::Sb,
        ];
        let mut chosen = Key::default();
        for one in order {
            if panels.0.contains(&one) || chosen.0.len() == 2 {
                continue;
            }
            let mut given = panels.clone();
            given.0.extend(&chosen.0);
            let (of_row, firsts) = self.places(&given);
            if self.varies(one, &of_row, &firsts) {
                chosen.0.push(one);
            }
        }
        if chosen.0.is_empty() {
            let usual = [Attribute::Lds, Attribute::Corr];
            chosen.0.extend(usual.into_iter().filter(|one| !panels.0.contains(one)));
        }
        chosen.0.sort_unstable();
        chosen
    }

    /// Attributes that vary among what has one colour in one panel, so that nobody
    /// can tell it apart.
    #[must_use]
    pub fn hidden(&self, panels: &Key, colours: &Key) -> Vec<Attribute> {
        let mut given = panels.clone();
        given.0.extend(&colours.0);
        let (of_row, firsts) = self.places(&given);
        // The stations of baselines are told by their pair.
        let single = [Attribute::Station1, Attribute::Station2];
        let others = Attribute::ALL.into_iter().filter(|one| !single.contains(one));
        others.filter(|one| !given.0.contains(one) && self.varies(*one, &of_row, &firsts)).collect()
    }
}
