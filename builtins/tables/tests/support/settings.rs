//! Compares the settings of a storage manager with what casacore tells.
//!
//! Only what the crate tells is compared: sizes of caches, for instance, are
//! no facts of the files.

use ledama_tables::{Record, Value};
use serde_json::Value as Json;

use super::cells::{json_of, same};

/// Adds a line for each setting that differs.
pub(crate) fn compare(ours: &Record, known: &Json, place: &str, out: &mut Vec<String>) {
    for (name, value) in ours.iter() {
        let place = format!("{place}.{name}");
        let Some(known) = known.get(name) else {
            out.push(format!("{place}: casacore tells no such setting"));
            continue;
        };
        match value {
            Value::Record(record) => compare(record, known, &place, out),
            Value::Array(_) => {
                let ours = json_of(value, usize::MAX);
                if !same(&ours["values"], known) {
                    out.push(format!("{place}: is {}, should be {known}", ours["values"]));
                }
            }
            other => {
                let ours = json_of(other, usize::MAX);
                if !same(&ours, known) {
                    out.push(format!("{place}: is {ours}, should be {known}"));
                }
            }
        }
    }
}
