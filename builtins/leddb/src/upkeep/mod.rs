//! The upkeep of a whole database: how large it is, where it stands, whether it is
//! sound, tidying up, taking it away.

mod facts;
mod integrity;
mod operation;
mod remove;
mod sizes;
mod tidy;

#[cfg(test)]
mod tests;

pub use facts::{Facts, RunFact, facts};
pub use integrity::{Fault, integrity};
pub(crate) use integrity::{next_id, set_next_id};
pub use operation::{
    Create, CreateInput, Created, Delete, DeleteInput, TidyUp, TidyUpInput, TidyUpOutput,
};
pub use remove::{Removed, name_of, others, remove};
pub use sizes::{PartSize, TableSize, sizes, whole};
pub use tidy::{Tidy, tidy};
