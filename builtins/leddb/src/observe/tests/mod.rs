//! What is on disks comes into the database once, whole, and stays.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod faults;
mod loader;
mod pack;
mod products;
mod sets;

use std::sync::{Arc, Mutex};

use ledama_base::operation::{OperationContext, OperationError, Progress};
use ledama_config::{Config, Inventory, LocalHost, catalogue, standard};
use serde_json::Value;

use super::loader::{Loader, Settings};
use super::runs::Runner;
use crate::migrate::row_counts;
use crate::store::{Database, Row, Statement};

/// A context that keeps the items.
#[derive(Debug, Default)]
pub(super) struct Alone(Mutex<Vec<Value>>);

impl Alone {
    pub(super) fn items(self) -> Vec<Value> {
        self.0.into_inner().unwrap()
    }
}

impl OperationContext for Alone {
    fn node(&self) -> &'static str {
        "node011"
    }
    fn run_id(&self) -> &'static str {
        "test"
    }
    fn cancelled(&self) -> bool {
        false
    }
    fn progress(&self, _: Progress) {}
    fn item(&self, item: Value) {
        self.0.lock().unwrap().push(item);
    }
    fn log(&self, _: &str) {}
    fn call(&self, _: &str, _: &str, _: Value) -> Result<Value, OperationError> {
        unreachable!("nothing here calls others")
    }
}

/// A cluster of one node, `node011`, with the usual stores.
pub(super) fn inventory() -> Arc<Inventory> {
    let config = Config {
        stores: catalogue(),
        versions: standard(),
        hosts: vec![toml_hosts()],
        ..Config::default()
    };
    Arc::new(Inventory::seen_from(Arc::new(config), LocalHost::new("head", "me")))
}

fn toml_hosts() -> ledama_config::model::Hosts {
    serde_json::from_value(serde_json::json!({ "prefix": "node", "range": "1-80" })).unwrap()
}

pub(super) fn loader(database: &Database, change: impl FnOnce(&mut Settings)) -> Arc<Loader> {
    let runner = Runner { module: "UpdateLEDDB".into(), user: "me".into(), run: "run".into() };
    let mut settings = Settings { runner, diagnostics: true, ..Settings::default() };
    change(&mut settings);
    Arc::new(Loader::new(database.clone(), inventory(), settings).unwrap())
}

pub(super) fn one(database: &Database, text: &'static str) -> Row {
    database.read(|tx| tx.row(Statement::constant(text, Vec::new()))).unwrap()
}

pub(super) fn count(database: &Database, table: &str) -> i64 {
    let counts = database.read(row_counts).unwrap();
    counts.into_iter().find(|(name, _)| *name == table).unwrap().1
}

/// Rows of all tables but those that runs write about themselves.
pub(super) fn content(database: &Database) -> Vec<(&'static str, i64)> {
    let mut counts = database.read(row_counts).unwrap();
    counts.retain(|(name, _)| {
        !name.starts_with("update_") && *name != "meta_dirty" && *name != "id_counter"
    });
    counts
}
