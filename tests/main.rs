//! All tests through the program, in one binary: rooms by feature.
//!
//! `support` has what they are made of. Texts that must not change by accident
//! lie in `golden/`, scripts that are run one by one in `scripts/`.
#![allow(clippy::unwrap_used, clippy::expect_used)]
// Texts are built where they are read; a test need not be quick at that.
#![allow(clippy::format_push_string, clippy::format_collect)]

mod support;

mod analysis;
mod cli;
mod cluster;
mod copy;
mod database;
mod docs;
mod engine;
mod manual;
mod modules;
mod pipeline;
mod recipes;
mod workflow;
