//! The namespaces of this crate in scripts.

mod statistics;

use rhai::Engine;

/// Registers them.
pub fn register(engine: &mut Engine) {
    statistics::register(engine);
}
