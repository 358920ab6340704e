//! Rhai, set up for modules: where scripts are found, what they can call,
//! how they run.

pub mod builtins;
mod embedded;
pub mod functions;
mod library;
mod resolver;
mod run;
mod setup;
mod trust;

#[cfg(test)]
mod tests;

pub use library::{Library, RECIPES_VARIABLE, ScriptFile, Spot, VARIABLE, open};
pub(crate) use resolver::locate;
pub use run::{Call, Stop, compile, run};
pub(crate) use run::{missing_entry, on_own_thread, stopped};
pub use setup::{Ended, MEMORY, OPERATIONS, Output, Setup, inspector};
