//! The same tests over every transport, against real programs and real sshds.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod bed;
mod every;
mod programs;
mod remote;
mod ssh2;
mod sshd;
