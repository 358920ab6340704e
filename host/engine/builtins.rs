//! The one list of what scripts can call and what nodes can do: each area
//! registers its own.

use ledama_base::operation::Registry;
use rhai::Engine;

/// Registers every builtin.
pub fn register(engine: &mut Engine) {
    ledama_base::script::register(engine);
    ledama_config::script::register(engine);
    ledama_ms::script::register(engine);
    ledama_cluster::script::register(engine);
}

/// Every native operation.
pub fn operations() -> Registry {
    ledama_ms::operations(Registry::new().with(ledama_cluster::noop::Noop))
}
