//! The namespaces of this crate in scripts.

mod selection;
mod statistics;

use rhai::Engine;

/// Registers them.
pub fn register(engine: &mut Engine) {
    selection::register(engine);
    statistics::register(engine);
}
