//! The life of one run: what a script's `run` can do, and what comes of it.

pub mod audit;
pub mod confirm;
pub mod folders;
pub mod outcome;
pub mod preview;
pub mod session;
