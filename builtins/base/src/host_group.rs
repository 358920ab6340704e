//! Groups of machines with a common prefix, as node lists name them.

use serde::{Deserialize, Serialize};

/// Machines `prefix` + zero-padded index, such as `node001` to `node080`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostGroup {
    /// What all names begin with, such as `node`.
    pub prefix: String,
    /// Digits of the index, filled with zeros.
    pub padding: usize,
    /// First valid index.
    pub first: u32,
    /// Last valid index, inclusive.
    pub last: u32,
    /// Whether a bare number in a node list means this group.
    pub bare: bool,
}

impl HostGroup {
    /// The name of one machine of the group; the index is not range checked.
    pub fn name(&self, index: u32) -> String {
        format!("{}{:0width$}", self.prefix, index, width = self.padding)
    }

    /// The index of `name` if it is a machine of this group (padding is not
    /// required to match).
    pub fn index(&self, name: &str) -> Option<u32> {
        let digits = name.strip_prefix(self.prefix.as_str())?;
        if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        digits.parse().ok().filter(|i| (self.first..=self.last).contains(i))
    }

    /// The machine after `index`, the last one being followed by the first.
    pub fn next(&self, index: u32) -> u32 {
        if index >= self.last { self.first } else { index + 1 }
    }
}
