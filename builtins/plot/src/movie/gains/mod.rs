//! Movies of gains: from a database, from files here and on other nodes.

mod info;
mod input;
mod load;
pub mod operation;
pub mod station;
#[cfg(test)]
mod tests;

pub use input::{GainMovieInput, Sources};
pub use load::{Loaded, Turned, load};
