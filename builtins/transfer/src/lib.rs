//! Bytes from place to place: verified copies of trees.
//!
//! A copy is the operation `transfer.copy` on the node of the target. It calls
//! `transfer.send` on the node of the source, which connects back over a data
//! channel of its own. Both sides hash every byte; the target gets its name
//! when everything is verified, not before.

mod buffer;
pub mod check;
mod control;
pub mod copies;
mod entry;
mod facts;
mod fault;
mod folders;
mod hash;
mod holes;
mod ledger;
mod link;
mod operations;
mod place;
mod receive;
mod remove;
#[cfg(feature = "script")]
pub mod script;
mod send;
mod space;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod walk;
mod wire;

pub use link::{DATA_ARGUMENTS, SshRoute, Way, serve_stream};
pub use operations::{
    Clean, CleanInput, CleanOutput, Copy, CopyInput, CopyOutput, Hello, HelloInput, HelloOutput,
    Manifest, ManifestInput, ManifestOutput, Network, Send, SendInput, SendOutput, SetFacts, Space,
    SpaceFacts, SpaceInput, SpaceOutput, operations,
};
pub use receive::{CopyState, Expected, Verify};
