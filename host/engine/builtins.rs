//! The one list of what scripts can call: each area registers its own.

use rhai::Engine;

/// Registers every builtin.
pub fn register(_engine: &mut Engine) {}
