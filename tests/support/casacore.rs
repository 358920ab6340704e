//! casacore as the judge of tables that were edited.
//!
//! It is python-casacore, run by `LEDAMA_CASACORE_PYTHON` or by `python3`, and
//! only ever a judge: the program itself needs none of it.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use serde_json::Value;

use super::skip::Skip;

/// Knows the table `t`, its sub-tables `sub(name)` and `np`.
const SCRIPT: &str = "
import json, sys
import numpy as np
from casacore.tables import table
path = sys.argv[1]
t = table(path, ack=False)
sub = lambda name: table(path + '/' + name, ack=False)
other = lambda path: table(path, ack=False)
def plain(value):
    return value.tolist() if hasattr(value, 'tolist') else str(value)
print(json.dumps(eval(sys.argv[2]), default=plain))
";

/// A python that knows casacore.
pub(crate) fn python() -> Result<&'static str, Skip> {
    static PYTHON: OnceLock<Option<String>> = OnceLock::new();
    let found = PYTHON.get_or_init(|| {
        let named = std::env::var("LEDAMA_CASACORE_PYTHON").ok();
        let name = named.unwrap_or_else(|| "python3".into());
        let mut probe = Command::new(&name);
        probe.args(["-c", "import casacore.tables"]).stderr(Stdio::null());
        probe.status().is_ok_and(|status| status.success()).then_some(name)
    });
    let lacking = || Skip("no python-casacore (name its python by LEDAMA_CASACORE_PYTHON)".into());
    found.as_deref().ok_or_else(lacking)
}

/// What casacore finds in a table: the value of a Python expression.
pub(crate) fn ask(table: &Path, expression: &str) -> Result<Value, Skip> {
    let mut command = Command::new(python()?);
    let output = command.args(["-c", SCRIPT]).arg(table).arg(expression).output().unwrap();
    let (out, err) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{}: {expression}\n{out}{err}", table.display());
    Ok(serde_json::from_str(&out).unwrap())
}

/// Expects casacore to find this, where there is a casacore.
#[track_caller]
pub(crate) fn expect(table: &Path, expression: &str, wanted: &Value) {
    match ask(table, expression) {
        Ok(found) => assert_eq!(found, *wanted, "{}: {expression}", table.display()),
        Err(reason) => super::skip::say(&reason.0),
    }
}
