//! What the tests of this crate are made of: archives with known contents and
//! the comparison of a table with what is known of it.

// Each test file is a program of its own and uses a part of this.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used)]

pub(crate) mod cells;
pub(crate) mod compare;
pub(crate) mod damage;
pub(crate) mod lossy;
pub(crate) mod pack;
pub(crate) mod settings;
