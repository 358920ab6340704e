//! Digests of the contents of sets: what every file holds, in one line each,
//! and one digest for the whole tree.
//!
//! A node makes them in the operation [`Digest`]; the launching host writes
//! them into a file ([`Output`]), reads such files ([`Digests`]) and compares
//! data with them ([`Check`]). The form of the file is described at
//! [`Digests`].

mod algorithm;
mod check;
mod content;
mod document;
mod line;
mod md5;
mod members;
mod operation;
mod output;
#[cfg(test)]
mod tests;
mod throttle;

pub use algorithm::Algorithm;
pub use check::{Check, Difference, State};
pub use document::{Digests, DocumentError, SetDigests};
pub use operation::{Digest, DigestInput, DigestOutput};
pub use output::{Output, Taken};
