//! What a run shows: progress while it lasts, a summary at the end, tables and
//! JSON for results. Results go to standard output, all talk to standard error.

pub mod details;
pub mod file;
mod footer;
pub mod printed;
pub mod progress;
pub mod results;
pub mod summary;
pub mod table;
pub mod talk;
