//! What every other crate of ledama stands on: names, ranges, node sets,
//! quoting, atomic files, and the contract of native operations.

pub mod atomic;
pub mod clock;
pub mod corrections;
pub mod guard;
pub mod host_group;
pub mod nodeset;
pub mod operation;
pub mod path;
pub mod placeholder;
pub mod quote;
pub mod ranges;
pub mod rawtext;
#[cfg(feature = "script")]
pub mod script;
pub mod suggest;
pub mod units;
pub mod usage;
pub mod versions;
pub mod words;
