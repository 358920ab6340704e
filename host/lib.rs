//! The host: command line, manifests, engine, errors, reports.

pub mod diagnostic;
pub mod engine;
pub mod manifest;

/// The command line.
pub mod cli {
    pub mod run_flags;
}
/// What a run shows.
pub mod report {
    pub mod talk;
}
/// The life of one run.
pub mod run {
    pub mod outcome;
}
