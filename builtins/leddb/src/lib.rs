//! The diagnostic database (LEDDB): which observations exist, where their files
//! are, and how good they are.
//!
//! One description of all tables ([`schema`]) makes the DDL of two back ends
//! ([`ddl`], [`Dialect`]): a file of SQLite, or a server of PostgreSQL. [`store`]
//! connects; [`migrate`] makes and checks databases; [`partition`] cuts the
//! diagnostic tables into ranges; [`values`] turns arrays into bytes and back;
//! [`load`] writes rows; [`observe`] brings what is on disks and in archives into them;
//! [`meta`] derives facts; [`query`] finds rows; [`rows`] are the same on both back
//! ends; [`backup`] saves them; [`upkeep`] looks after the whole.

pub mod add;
pub mod backup;
pub mod check;
pub mod ddl;
pub mod diagfile;
mod dialect;
pub mod edit;
mod error;
pub mod import;
pub mod lists;
pub mod load;
pub mod meta;
pub mod migrate;
pub mod movies;
pub mod observe;
pub mod partition;
pub mod query;
pub mod rows;
pub mod schema;
#[cfg(feature = "script")]
pub mod script;
pub mod store;
pub mod sync;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod upkeep;
pub mod values;

pub use dialect::Dialect;
pub use error::{LeddbError, Result, Rule, Violation};
pub use store::{Database, Location, Options, Transaction};

use ledama_base::operation::Registry;

/// Adds the operations of this crate.
#[must_use]
pub fn operations(registry: Registry) -> Registry {
    registry
        .with(add::operation::AddProducts)
        .with(add::operation::AddEmpty)
        .with(edit::operation::Remove)
        .with(edit::operation::Clean)
        .with(edit::operation::UpdateProduct)
        .with(edit::operation::CopyProperties)
        .with(backup::Backup)
        .with(backup::Restore)
        .with(upkeep::Create)
        .with(upkeep::Delete)
        .with(upkeep::TidyUp)
        .with(sync::Compare)
        .with(sync::Sync)
        .with(observe::scan::Scan)
        .with(observe::read::Read)
        .with(observe::absent::Absent)
        .with(observe::operations::RequestJobs)
        .with(observe::operations::ClaimJobs)
        .with(observe::operations::Finish)
        .with(observe::operations::RefreshMeta)
        .with(observe::operations::CreatePartitions)
        .with(observe::target::ReplaceStore)
        .with(import::Import)
        .with(movies::operation::ScanMovies)
        .with(movies::operation::RegisterMovies)
}
