//! Movies of gains: what their folders say of them, and their rows.
//!
//! A movie lies in a folder of its own, two levels below the root of all movies, next
//! to a file that tells what it shows: `INFO.json`, or the older `INFO`.

mod info;
mod older;
pub mod operation;
mod register;
mod scan;
#[cfg(test)]
mod tests;

pub use info::{MovieInfo, Used, read_json, write_json};
pub use older::{read_older, write_older};
pub use register::{Change, Judged, Registered, judge, movies_of, register};
pub use scan::{Found, Scanned, scan};
