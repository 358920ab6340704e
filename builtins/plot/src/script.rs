//! The namespace of this crate in scripts.

use rhai::Engine;

/// Registers it.
pub fn register(engine: &mut Engine) {
    crate::figures::script::register(engine);
    crate::figures::pictures_script::register(engine);
}
