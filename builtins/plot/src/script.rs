//! The namespaces of this crate in scripts.

mod diagnostics;

use rhai::Engine;

/// Registers it.
pub fn register(engine: &mut Engine) {
    diagnostics::register(engine);
    crate::figures::pictures_script::register(engine);
}
