//! What can stand at a place of the command line.

use super::super::Shared;

/// One thing that can stand there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Candidate {
    pub(super) value: String,
    pub(super) help: String,
}

/// All of them.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) candidates: Vec<Candidate>,
    /// File names can stand there too.
    pub(super) files: bool,
}

pub(super) fn candidates(_shared: &Shared, _words: &[String], _index: usize) -> Answer {
    Answer::default()
}
