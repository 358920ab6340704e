//! The file that describes a product and its processing steps, written for a
//! person to edit and read again to change the database or to tell the archive.
//!
//! It is TOML. The older form, lines of `KEY = value`, is read as well. Both are
//! checked as a whole: all faults are told at once, with their lines.

mod native;
mod older;
#[cfg(test)]
mod tests;
mod write;

use serde::{Deserialize, Serialize};

pub use crate::lists::Fault;
pub use write::{Entry, write};

/// Longest name of an account and of an application that the database keeps.
const LONGEST_NAME: usize = 20;

/// What a file says of a product; what it does not say stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Properties {
    /// What the product is.
    pub general_description: Option<String>,
    /// The account that is responsible for it.
    pub main_user: Option<String>,
    /// It was flagged.
    pub is_flagged: Option<bool>,
    /// It was averaged.
    pub is_averaged: Option<bool>,
    /// It was calibrated.
    pub is_calibrated: Option<bool>,
    /// Its calibration depends on direction.
    pub is_direction_dependent_cal: Option<bool>,
    /// Its calibration is the same in all directions.
    pub is_direction_independent_cal: Option<bool>,
}

/// A processing step.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Its place in the processing.
    pub order: i64,
    /// The application.
    pub app_name: String,
    /// What it did.
    #[serde(default)]
    pub description: Option<String>,
    /// Its parameter sets and other files.
    #[serde(default)]
    pub files: Vec<String>,
}

/// What a file says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProductFile {
    /// Of the product.
    pub product: Properties,
    /// Of its steps, in the order of their places.
    pub steps: Vec<Step>,
}

/// A flag: its key in both forms of the file, and its value.
type Flag = (&'static str, Option<bool>);

impl Properties {
    /// The flags, in the order of the file.
    pub fn flags(&self) -> [Flag; 5] {
        [
            ("is_flagged", self.is_flagged),
            ("is_averaged", self.is_averaged),
            ("is_calibrated", self.is_calibrated),
            ("is_direction_dependent_cal", self.is_direction_dependent_cal),
            ("is_direction_independent_cal", self.is_direction_independent_cal),
        ]
    }

    /// Whether nothing is said.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Reads a file of either form.
///
/// # Errors
/// All its faults; line 0 where none can be told.
pub fn read(text: &str) -> Result<ProductFile, Vec<Fault>> {
    let mut file = if is_native(text) { native::read(text) } else { older::read(text) }?;
    file.steps.sort_by_key(|step| step.order);
    Ok(file)
}

/// Whether the first line that is no comment could not be of the older form.
fn is_native(text: &str) -> bool {
    let first = text.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with('#'));
    first.is_some_and(|line| line.starts_with('[') || line.starts_with("version"))
}

/// What is wrong with a name that the database must hold.
fn name_problem(key: &str, name: &str) -> Option<String> {
    (name.chars().count() > LONGEST_NAME)
        .then(|| format!("`{key}` has more than {LONGEST_NAME} letters: {name}"))
}
