//! The namespace `monitor` of scripts.

/// Registers it.
pub fn register(_engine: &mut rhai::Engine) {}
