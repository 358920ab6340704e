#![allow(clippy::unwrap_used, clippy::expect_used)]

//! The executor against workers that exist only as a script of the test
//! (`Recorder`), and against real ones in this process (`InProcess`).

mod ahead;
mod calls;
mod connections;
mod endings;
mod limits;
mod random;
mod records;
mod support;
mod validation;
mod workers;
