//! The diagnostic database (LEDDB): which observations exist, where their files
//! are, and how good they are.

pub mod schema;
