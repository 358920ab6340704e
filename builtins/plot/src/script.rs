//! The namespace of this crate in scripts.

use rhai::Engine;

/// Registers it.
pub fn register(_engine: &mut Engine) {}
