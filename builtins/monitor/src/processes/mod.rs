//! The processes of a node: what runs there, and ending it.
//!
//! Everything is read from `/proc` directly, as bytes: names of processes and
//! their arguments are whatever their owner chose. A process is meant by its
//! [`Identity`], never by its number alone, because numbers are used again.
//!
//! [`table`] and [`rates`] know nothing of selecting or ending, so that what
//! watches a node all the time can use them too.

mod accounts;
mod family;
mod identity;
mod list;
mod protect;
pub mod rates;
mod select;
mod stop;
pub mod table;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

pub use identity::{Identity, boot_id};
pub use list::{List, ListInput, ListOutput, ProcessInfo};
pub use protect::Protection;
pub use select::Words;
pub use stop::{Ending, Stop, StopInput, StopOutput, StopSignal};
