//! All tests through the program, in one binary: rooms by feature.
//!
//! `support` has what they are made of. Texts that must not change by accident
//! lie in `golden/`, scripts that are run one by one in `scripts/`.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

mod cli;
mod cluster;
mod copy;
mod docs;
mod engine;
mod manual;
mod modules;
