//! What a recipe has said: its steps as they stand in the script, not yet
//! compared with modules and files.

use crate::diagnostic::Place;
use crate::manifest::RawValue;

/// Everything a recipe has said.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Draft {
    /// Its steps, in order.
    pub steps: Vec<Said>,
    /// What the user should know.
    pub warnings: Vec<String>,
}

/// One step as it was said.
#[derive(Debug, Clone, PartialEq)]
pub struct Said {
    /// What it is called: letters, digits and `. _ + -`.
    pub name: String,
    /// The module that does it.
    pub module: String,
    /// Options of the module; those without a value are left out.
    pub options: Vec<(String, RawValue)>,
    /// Steps that must be done before, by name.
    pub after: Vec<String>,
    /// Files and folders of this host that must be there, in text form.
    pub needs: Vec<String>,
    /// Files and folders of this host that it makes, in text form.
    pub creates: Vec<String>,
    /// Where it is said.
    pub place: Option<Place>,
}

/// Whether a step can be called so. Names stand in comments of shell scripts
/// and behind `--from`, so they are single plain words.
pub(super) fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.len() <= 100
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '+' | '-'))
}
