//! How the entries of a tree were before a change: what undoing it needs.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::store::State;
use super::text::AclTextError;

/// The entries that a change is about, put together where they were alike.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Before(pub Vec<Same>);

/// Entries that were alike.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Same {
    /// Permission, set-id and sticky bits, octal.
    pub mode: String,
    /// The access list, if it said more than the bits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access: Option<String>,
    /// What new entries of a folder inherited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
    /// Paths below the tree's own, in text form; empty for itself.
    pub paths: Vec<String>,
}

impl Before {
    /// Puts states together.
    pub(super) fn of(states: BTreeMap<State, Vec<String>>) -> Self {
        let same = |(state, mut paths): (State, Vec<String>)| {
            paths.sort();
            let text = |acl: &super::Acl| acl.to_string();
            Same {
                mode: format!("{:04o}", state.mode),
                access: state.access.as_ref().map(text),
                default: state.default.as_ref().map(text),
                paths,
            }
        };
        Self(states.into_iter().map(same).collect())
    }

    /// Every path with its state, what is inside a folder before the folder.
    pub(super) fn entries(&self) -> Result<Vec<(&str, State)>, AclTextError> {
        let mut entries = Vec::new();
        for same in &self.0 {
            let state = same.state()?;
            entries.extend(same.paths.iter().map(|path| (path.as_str(), state.clone())));
        }
        entries.sort_by(|a, b| b.0.cmp(a.0));
        Ok(entries)
    }
}

impl Same {
    fn state(&self) -> Result<State, AclTextError> {
        let read = |text: &Option<String>| text.as_deref().map(str::parse).transpose();
        let mode = u32::from_str_radix(&self.mode, 8)
            .ok()
            .filter(|mode| *mode <= 0o7777)
            .ok_or_else(|| AclTextError::mode(&self.mode))?;
        Ok(State { mode, access: read(&self.access)?, default: read(&self.default)? })
    }
}
