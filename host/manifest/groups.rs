//! Option groups that modules share by name, and the groups modules are
//! listed under: both declared once, in `lib/options.rhai`.

use super::literal::{Entry, Literal, Plain};
use super::option::{Declared, read_option};
use super::reader::Faults;
use super::syntax;
use crate::diagnostic::{Diagnostic, any_error};

/// What `lib/options.rhai` declares.
#[derive(Debug, Clone, Default)]
pub struct Groups {
    /// The file, for messages.
    pub file: String,
    /// Groups that modules are listed under, in the order of the listing.
    pub listing: Vec<String>,
    options: Vec<(String, Vec<Declared>)>,
}

impl Groups {
    /// Reads the constants `GROUPS` and `OPTIONS` of a file.
    pub fn read(file: &str, text: &str) -> Result<Self, Vec<Diagnostic>> {
        let constants = syntax::constants(file, text)?;
        let mut groups = Self { file: file.to_string(), ..Self::default() };
        let mut faults = Faults::new(file);
        match constants.get("GROUPS", &mut faults) {
            Some(Literal { value: Plain::Array(names), .. }) => {
                for name in names {
                    match &name.value {
                        Plain::Text(text) => groups.listing.push(text.clone()),
                        other => faults.error(
                            format!("GROUPS holds texts, not {}", other.kind()),
                            name.position,
                        ),
                    }
                }
            }
            Some(other) => faults.error("GROUPS must be an array of texts", other.position),
            None => {}
        }
        match constants.get("OPTIONS", &mut faults) {
            Some(Literal { value: Plain::Map(entries), .. }) => {
                for entry in entries {
                    groups.add(entry, &mut faults);
                }
            }
            Some(other) => faults.error("OPTIONS must be a map of arrays", other.position),
            None => {}
        }
        if any_error(&faults.list) { Err(faults.list) } else { Ok(groups) }
    }

    fn add(&mut self, entry: &Entry, faults: &mut Faults) {
        let Plain::Array(elements) = &entry.value.value else {
            faults.error(
                format!("the option group `{}` must be an array", entry.key),
                entry.value.position,
            );
            return;
        };
        let mut options = Vec::new();
        for element in elements {
            if let Some(mut declared) = read_option(element, faults) {
                if let Declared::Option(option) = &mut declared {
                    option.included_from = Some(entry.key.clone());
                }
                options.push(declared);
            }
        }
        self.options.push((entry.key.clone(), options));
    }

    /// The options of a group.
    pub(super) fn options(&self, name: &str) -> Option<&[Declared]> {
        self.options.iter().find(|(n, _)| n == name).map(|(_, o)| o.as_slice())
    }

    /// Names of the option groups.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.options.iter().map(|(name, _)| name.as_str())
    }
}
