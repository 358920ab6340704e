//! A mode as `chmod` takes it, and what it makes of the mode of an entry.
//!
//! The grammar is that of POSIX `chmod`. Where POSIX leaves a choice, or the
//! common program on Linux does otherwise, this does as that program: the
//! set-id bits of a folder stay unless they are named, and `X` looks at what
//! the clauses before it have made of the mode.

use std::str::FromStr;

use super::parse::{self, ModeError};

/// Set-user-id and set-group-id.
const SET_IDS: u32 = 0o6000;
/// All bits that a mode can name.
const ALL: u32 = 0o7777;
/// Execute, or search, of everybody.
pub(super) const EXECUTE: u32 = 0o111;

/// A change of modes; made from a text by [`str::parse`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModeChange(pub(super) Form);

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Form {
    /// The bits, as such.
    Octal(u32),
    /// One after the other.
    Symbolic(Vec<Action>),
}

/// One operator with what it is about: `g+w`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Action {
    /// The bits that belong to the named classes; none if no class is named.
    pub(super) reach: Option<u32>,
    pub(super) operator: Operator,
    pub(super) permissions: Permissions,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Add,
    Remove,
    Set,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Permissions {
    Named {
        /// Of all classes alike.
        bits: u32,
        /// `X`: execute where it makes sense.
        sensible_execute: bool,
    },
    /// What a class has by now; the shift of its three bits.
    OfClass(u32),
}

impl ModeChange {
    /// Whether it is an octal mode.
    pub fn is_octal(&self) -> bool {
        matches!(self.0, Form::Octal(_))
    }

    /// The mode it makes of another. `umask` limits the actions that name no
    /// class (`+w`).
    #[must_use]
    pub fn apply(&self, mode: u32, folder: bool, umask: u32) -> u32 {
        match &self.0 {
            Form::Octal(bits) => {
                let kept = if folder { mode & SET_IDS } else { 0 };
                bits | kept
            }
            Form::Symbolic(actions) => {
                actions.iter().fold(mode & ALL, |mode, action| action.apply(mode, folder, umask))
            }
        }
    }
}

impl Action {
    fn apply(self, mode: u32, folder: bool, umask: u32) -> u32 {
        let reach = self.reach.unwrap_or(ALL);
        let (bits, named) = match self.permissions {
            Permissions::Named { bits, sensible_execute } => {
                let execute = sensible_execute && (folder || mode & EXECUTE != 0);
                (bits | if execute { EXECUTE } else { 0 }, bits & reach)
            }
            Permissions::OfClass(shift) => ((mode >> shift & 0o7) * EXECUTE, 0),
        };
        let kept = if folder { SET_IDS & !named } else { 0 };
        let bits = bits & !kept & self.reach.unwrap_or(ALL & !umask);
        match self.operator {
            Operator::Add => mode | bits,
            Operator::Remove => mode & !bits,
            Operator::Set => mode & (!reach | kept) | bits,
        }
    }
}

impl FromStr for ModeChange {
    type Err = ModeError;

    fn from_str(text: &str) -> Result<Self, ModeError> {
        parse::form(text).map(Self)
    }
}
