//! The upkeep of a whole database: how large it is, where it stands, whether it is
//! sound, tidying up, taking it away.

mod counts;
mod facts;
mod hours;
mod integrity;
mod operation;
mod remove;
mod sizes;
mod tidy;

#[cfg(test)]
mod tests;

pub use counts::{Count, counts};
pub use facts::{Facts, RunFact, facts};
pub use hours::{Hours, HoursPerField, group, hours_per_field};
pub use integrity::{Fault, integrity};
pub(crate) use integrity::{next_id, set_next_id};
pub use operation::{
    Create, CreateInput, Created, Delete, DeleteInput, TidyUp, TidyUpInput, TidyUpOutput,
};
pub use remove::{Removed, name_of, others, remove};
pub use sizes::{PartSize, TableSize, sizes, whole};
pub use tidy::{Tidy, tidy};
