//! The namespaces of this crate in scripts.

mod diagnostics;
mod pictures;

use rhai::Engine;

/// Registers it.
pub fn register(engine: &mut Engine) {
    diagnostics::register(engine);
    pictures::register(engine);
}
