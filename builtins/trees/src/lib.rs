//! Files and folders as such, on the node that has them: who may read and
//! change them, the digests of their contents, their packing into archives,
//! and the folders that are left empty.
//!
//! Nothing here knows what a measurement set means, but for the lock that says
//! that somebody writes to one. Each task that runs on the nodes is an
//! operation; [`operations`] gathers them.

pub mod acl;
pub mod archive;
pub mod digest;
pub mod empty;
pub mod permissions;
#[cfg(feature = "script")]
pub mod script;

#[cfg(test)]
mod testing;
mod walk;

use ledama_base::operation::Registry;

/// Adds the operations of this crate.
#[must_use]
pub fn operations(registry: Registry) -> Registry {
    let registry = registry.with(permissions::Chmod);
    let registry = registry.with(acl::FindAccount).with(acl::Survey);
    let registry = registry.with(acl::SetAcl).with(acl::RestoreAcl);
    let registry = registry.with(archive::LookPack).with(archive::Pack);
    let registry = registry.with(archive::LookUnpack).with(archive::Unpack);
    let registry = registry.with(digest::Digest);
    registry.with(empty::FindEmpty).with(empty::RemoveEmpty).with(empty::RemoveListed)
}
