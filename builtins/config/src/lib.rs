//! The typed configuration of ledama: where it is read, what it means, where
//! each value comes from, and the questions others ask of it (which machine,
//! which store, which level).

pub mod access;
mod docs;
mod error;
pub mod folders;
mod hosts;
mod jobs;
mod keys;
mod layer;
mod load;
mod merge;
pub mod model;
mod nfs;
mod origin;
mod programs;
pub mod schedule;
#[cfg(feature = "script")]
pub mod script;
pub mod show;
mod stores;
mod validate;
mod value;
mod versions;

pub use error::ConfigError;
pub use hosts::{Inventory, LocalHost, Machine};
pub use load::{Loaded, SYSTEM_FILE, Sources, built_in, load};
pub use model::Config;
pub use origin::{Fault, Origin, Origins};
pub use stores::{StoreFacts, catalogue};
pub use versions::standard;
