//! RefFiles: the lists of measurement sets and where they are, the exchange
//! format of all modules.

mod compare;
mod entry;
mod error;
mod escape;
mod file;
pub mod gds;
mod input;
mod manifest;
mod pattern;
mod place;
mod read;
mod row;
#[cfg(feature = "script")]
pub mod script;
mod select;
mod sets;
mod sort;
mod write;

pub use compare::{CompareOptions, Comparison, Difference, Key, SizeDifference, compare};
pub use entry::{Entry, NewEntry, Unknown};
pub use error::{LineFault, RefFileError};
pub use file::RefFile;
pub use pattern::Patterns;
pub use place::{balanced, contiguous};
pub use read::parse;
pub use row::Row;
pub use select::{Removed, Selected, Selection};
