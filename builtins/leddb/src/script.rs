//! The namespace `leddb` of scripts.
//!
//! A handle of a database only reads. What changes a database is an operation
//! in a plan, or takes over the answers of one, so that dry runs, questions to
//! the user, journals and reports are the same as for data.

// What `#[export_module]` asks for and writes.
#![allow(unreachable_pub, clippy::unwrap_used, clippy::wildcard_imports)]

mod add;
mod check;
mod database;
mod diagfile;
mod edit;
mod files;
mod loading;
mod query;
mod rows;
mod stations;
#[cfg(test)]
mod tests;
mod upkeep;

pub use query::{Asked, Query};
pub use rows::DiagArray;

use rhai::Engine;
use rhai::plugin::*;

/// Registers the namespace and its handles.
pub fn register(engine: &mut Engine) {
    engine.register_type_with_name::<database::Leddb>("Leddb");
    engine.register_global_module(exported_module!(database::methods).into());
    engine.register_global_module(exported_module!(add::methods).into());
    engine.register_global_module(exported_module!(check::methods).into());
    engine.register_global_module(exported_module!(edit::methods).into());
    engine.register_type_with_name::<query::Query>("Query");
    engine.register_type_with_name::<diagfile::DiagFile>("DiagFile");
    engine.register_type_with_name::<rows::DiagArray>("DiagArray");
    engine.register_type_with_name::<rows::Rows>("Rows");
    engine.register_type_with_name::<rows::Arrays>("Arrays");
    engine.register_iterator_result::<rows::Rows, _>();
    engine.register_iterator_result::<rows::Arrays, _>();
    engine.register_global_module(exported_module!(query::methods).into());
    engine.register_global_module(exported_module!(rows::methods).into());
    engine.register_global_module(exported_module!(files::methods).into());
    engine.register_global_module(exported_module!(stations::methods).into());
    engine.register_global_module(exported_module!(diagfile::methods).into());
    engine.register_static_module("diagfile", exported_module!(diagfile::functions).into());
    engine.register_type_with_name::<loading::Loader>("LeddbLoader");
    engine.register_global_module(exported_module!(loading::methods).into());
    let mut functions = exported_module!(database::functions);
    functions.combine(exported_module!(add::functions));
    functions.combine(exported_module!(query::functions));
    functions.combine(exported_module!(edit::functions));
    functions.combine(exported_module!(upkeep::functions));
    functions.combine(exported_module!(loading::functions));
    engine.register_static_module("leddb", functions.into());
}
