//! The typed configuration of ledama.

pub mod model;
