//! The host: command line, manifests, engine, errors, reports.
//!
//! Nothing depends on this crate; it gathers what the areas below offer.

pub mod check;
pub mod cli;
pub mod cron;
pub mod diagnostic;
pub mod docs;
pub mod engine;
pub mod manifest;
pub mod recipe;
pub mod report;
pub mod run;
pub mod scaffold;
