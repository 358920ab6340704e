//! Corrections of single observations, as data.
//!
//! Some early observations lack their project, field or antenna set, one has
//! wrong times, two have no beam in their names. What is known about them
//! stands in a data file inside this program; a site may add a file of the
//! same form. Nothing is corrected silently: every use yields an [`Applied`].

mod apply;
mod load;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use jiff::Timestamp;

pub use apply::{Applied, Observation};
pub use load::CorrectionsError;

static BUILT_IN: LazyLock<Corrections> = LazyLock::new(|| {
    Corrections::parse(include_str!("../../data/corrections.toml"), "built-in corrections")
        // A test reads the embedded file, so this is never taken.
        .unwrap_or_default()
});

/// A value that a file sets, takes away, or says nothing about.
type Key<T> = Option<Option<T>>;

/// What is known about one observation. For each key the outer `None` means
/// that nothing is said, the inner one that an earlier correction is withdrawn.
#[derive(Debug, Clone, Default, PartialEq)]
struct Row {
    project: Key<String>,
    field: Key<String>,
    antenna_set: Key<String>,
    sbs_per_beam: Key<u16>,
    utc: Key<(Timestamp, Timestamp)>,
    mjd_s: Key<(f64, f64)>,
    note: Key<String>,
    /// File the row came from; both names after a merge.
    source: String,
}

/// Corrections by observation.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Corrections {
    rows: BTreeMap<String, Row>,
    /// The few rows with a beam rule again, for the path parser.
    beam_rules: Vec<(String, u16)>,
}

impl Corrections {
    /// Those that come with this program.
    pub fn built_in() -> &'static Self {
        &BUILT_IN
    }

    /// How many observations have one.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The names of all observations that have one, sorted.
    pub fn observations(&self) -> impl Iterator<Item = &str> {
        self.rows.keys().map(String::as_str)
    }

    /// These corrections with those of `other` on top, key by key.
    #[must_use]
    pub fn merged(mut self, other: Self) -> Self {
        for (lds, row) in other.rows {
            match self.rows.get_mut(&lds) {
                Some(known) => known.put_on_top(row),
                None => {
                    self.rows.insert(lds, row);
                }
            }
        }
        self.index();
        self
    }

    /// Sub-bands per beam of an observation whose names have no beam, by its
    /// digits (without `L`).
    pub fn sbs_per_beam(&self, id: &str) -> Option<u16> {
        self.beam_rules.iter().find(|(known, _)| known == id).map(|(_, sbs)| *sbs)
    }

    fn index(&mut self) {
        self.beam_rules = self
            .rows
            .iter()
            .filter_map(|(lds, row)| Some((lds[1..].to_string(), row.sbs_per_beam.flatten()?)))
            .collect();
    }
}

impl Row {
    fn put_on_top(&mut self, other: Self) {
        fn put<T>(old: &mut Key<T>, new: Key<T>) {
            if new.is_some() {
                *old = new;
            }
        }
        put(&mut self.project, other.project);
        put(&mut self.field, other.field);
        put(&mut self.antenna_set, other.antenna_set);
        put(&mut self.sbs_per_beam, other.sbs_per_beam);
        put(&mut self.utc, other.utc);
        put(&mut self.mjd_s, other.mjd_s);
        put(&mut self.note, other.note);
        if self.source != other.source {
            self.source = format!("{} and {}", self.source, other.source);
        }
    }
}
