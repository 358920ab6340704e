//! Processing of many measurement sets with the programs of the field:
//! parsets, how each program is called and when it has succeeded, and products
//! that appear only when they are complete.

#[cfg(feature = "script")]
pub mod script;

use ledama_base::operation::Registry;

/// Adds the operations of this crate.
#[must_use]
pub fn operations(registry: Registry) -> Registry {
    registry
}
