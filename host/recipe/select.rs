//! Which steps are to be done: all, from one on, or some.

use std::collections::BTreeSet;

use ledama_base::suggest::did_you_mean;

use super::check::Checked;
use crate::diagnostic::Diagnostic;

/// What the user chose.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Choice {
    /// This step and those behind it.
    pub from: Option<String>,
    /// These steps alone.
    pub only: Vec<String>,
}

impl Choice {
    /// Whether anything was chosen.
    pub fn is_all(&self) -> bool {
        self.from.is_none() && self.only.is_empty()
    }

    /// The indices of the chosen steps.
    pub fn of(&self, checked: &Checked) -> Result<BTreeSet<usize>, Vec<Diagnostic>> {
        let mut faults = Vec::new();
        let mut find = |name: &String| {
            let found = checked.find(name);
            if found.is_none() {
                let names: Vec<_> = checked.steps.iter().map(|s| s.name.as_str()).collect();
                faults.push(
                    Diagnostic::error(format!("there is no step `{name}`"))
                        .maybe_help(did_you_mean(name, &names))
                        .note(format!("steps: {}", names.join(", "))),
                );
            }
            found
        };
        let first = self.from.as_ref().map_or(Some(0), &mut find).unwrap_or(0);
        let only: Vec<usize> = self.only.iter().filter_map(&mut find).collect();
        if !faults.is_empty() {
            return Err(faults);
        }
        let all = first..checked.steps.len();
        Ok(all.filter(|index| self.only.is_empty() || only.contains(index)).collect())
    }
}
