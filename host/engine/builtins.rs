//! The one list of what scripts can call and of what workers can do: each area
//! registers its own.

use ledama_base::operation::Registry;
use rhai::Engine;

/// Registers every builtin, and what recipes say their steps to.
pub fn register(engine: &mut Engine) {
    crate::recipe::script::register(engine);
    ledama_base::script::register(engine);
    ledama_config::script::register(engine);
    ledama_reffile::script::register(engine);
    ledama_ms::script::register(engine);
    ledama_cluster::script::register(engine);
    ledama_transfer::script::register(engine);
    ledama_trees::script::register(engine);
    ledama_monitor::script::register(engine);
    ledama_archive::script::register(engine);
    ledama_leddb::script::register(engine);
    ledama_analysis::script::register(engine);
    ledama_plot::script::register(engine);
    ledama_pipeline::script::register(engine);
}

/// Every operation a node can be asked for.
pub fn operations() -> Registry {
    let registry = Registry::new().with(ledama_cluster::noop::Noop);
    let registry = ledama_ms::operations(registry);
    let registry = ledama_transfer::operations(registry);
    let registry = ledama_trees::operations(registry);
    let registry = ledama_monitor::operations(registry);
    let registry = ledama_archive::operations(registry);
    let registry = ledama_leddb::operations(registry);
    let registry = ledama_analysis::operations(registry);
    let registry = ledama_plot::operations(registry);
    ledama_pipeline::operations(registry)
}
