//! Which visibilities are wanted, in words that people write, and what is
//! made of them. All tools on visibilities share this grammar.

mod choice;
mod coordinate;
mod moment;
mod outline;
mod stations;
#[cfg(test)]
mod tests;

pub(crate) use choice::name;
pub use choice::{Choice, Mode, Operated, Outline};
pub use coordinate::Coordinate;
pub use moment::{moment_range, to_unix_s, utc_text};
pub use outline::{find_set, find_sets, outline};
pub use stations::{Antennas, Pairs};
