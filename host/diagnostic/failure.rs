//! Why a command ended without doing its work, and the exit code of that.

use super::{Diagnostic, Sources, render};
use crate::report::talk::Talk;
use crate::run::outcome;

/// One or more errors that end a command.
#[derive(Debug, Clone)]
pub struct Failure {
    /// What is wrong; warnings may be among them.
    pub diagnostics: Vec<Diagnostic>,
    /// Where the source lines are.
    pub sources: Sources,
    code: u8,
}

impl Failure {
    /// Nothing was done: usage, configuration, input or access.
    pub fn new(diagnostics: Vec<Diagnostic>) -> Self {
        Self { diagnostics, sources: Sources::new(), code: outcome::NOTHING_DONE }
    }

    /// The same with the texts its places refer to.
    #[must_use]
    pub fn with_sources(mut self, sources: Sources) -> Self {
        self.sources = sources;
        self
    }

    /// The same with another exit code.
    #[must_use]
    pub fn with_code(mut self, code: u8) -> Self {
        self.code = code;
        self
    }

    /// Writes everything to standard error.
    pub fn show(&self, talk: &Talk) {
        talk.line(&self.text(talk.color()));
    }

    /// What [`show`](Self::show) writes.
    pub fn text(&self, color: bool) -> String {
        render::render_all(&self.diagnostics, &self.sources, color)
    }

    /// The exit code of the process.
    pub fn exit_code(&self) -> u8 {
        self.code
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let lines: Vec<_> = self.diagnostics.iter().map(ToString::to_string).collect();
        f.write_str(&lines.join("\n"))
    }
}

impl std::error::Error for Failure {}

impl From<Diagnostic> for Failure {
    fn from(diagnostic: Diagnostic) -> Self {
        Self::new(vec![diagnostic])
    }
}

impl From<Vec<Diagnostic>> for Failure {
    fn from(diagnostics: Vec<Diagnostic>) -> Self {
        Self::new(diagnostics)
    }
}
