//! The namespace `leddb` of scripts.

/// Registers it.
pub fn register(_engine: &mut rhai::Engine) {}
