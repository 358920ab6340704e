//! Bytes from place to place: verified copies of trees.
//!
//! A copy is the operation `transfer.copy` on the node of the target. It calls
//! `transfer.hello` and `transfer.send` on the node of the source, which
//! connects back over a data channel of its own: TLS 1.3 with keys made for
//! this one copy, or plain text where the configuration says so. If the source
//! cannot connect, the target does; if neither can, the bytes go through the
//! system's `ssh`.
//!
//! **What is kept**: names of any bytes, modes, times of change, symbolic links
//! as they are, hard links among the members, holes, empty folders. Not kept
//! are owners, access lists and extended attributes. A set with pipes, sockets
//! or devices is refused.
//!
//! **What is promised**: the target gets its name when the list of members,
//! all sizes and the BLAKE3 hash of every file have been compared with the
//! source, and not before; an existing target is not touched unless it is to
//! be replaced, and then only after its successor is complete; a source that
//! changes while it is read is an error; nothing is ever written to it.
//!
//! **What is left by a failure**: the hidden folder `.NAME.ledama-part-RUN`
//! beside the target and a file `….state` that says whose it is and is locked
//! while somebody writes. A later attempt of the same run goes on from there by
//! itself, another run with `resume`. Nothing in it is believed: both sides
//! hash what is there, piece by piece, and only differing pieces are sent.
//! `transfer.clean` removes it.

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
pub mod running;
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
