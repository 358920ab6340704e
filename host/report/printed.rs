//! What a script prints and returns, for people or as JSON.

use std::fmt::Write as _;
use std::io::IsTerminal;
use std::os::unix::ffi::OsStrExt;
use std::sync::Arc;

use ledama_base::{quote, rawtext};
use ledama_cluster::script::Report;
use rhai::{Dynamic, Engine, ImmutableString, Scope};
use serde_json::Value;

use super::file::RunReport;
use super::talk::{Talk, Tone, paint};
use super::{results, table};
use crate::diagnostic::Place;
use crate::engine::Output;
use crate::manifest::ResultKind;

/// Where `print` and `debug` of a script go: `print` to standard output,
/// unless that holds data; `debug` to standard error with its place.
#[derive(Debug)]
pub struct Printer {
    talk: Arc<Talk>,
    to_stdout: bool,
}

impl Printer {
    /// A printer for a script with that kind of result.
    pub fn new(talk: Arc<Talk>, kind: ResultKind, json: bool) -> Self {
        Self { talk, to_stdout: kind == ResultKind::Report && !json }
    }
}

impl Output for Printer {
    fn print(&self, text: &str) {
        if self.to_stdout {
            results::write(&format!("{text}\n"));
        } else {
            self.talk.line(text);
        }
    }

    fn debug(&self, text: &str, place: Option<Place>) {
        let place = place.map(|p| format!("{p}: ")).unwrap_or_default();
        self.talk.line(&format!("{}{text}", paint(&place, Tone::Dim, self.talk.color())));
    }
}

/// The value a script returns, as JSON; nothing for `()` and for a report,
/// whose summary the user has seen.
pub fn value(engine: &Engine, value: &Dynamic) -> Option<Value> {
    if value.is_unit() || value.is::<Report>() {
        return None;
    }
    let plain = value.is_map() || value.is_array() || value.is_string() || value.is_int();
    if plain || value.is_float() || value.is_bool() {
        return serde_json::to_value(value).ok();
    }
    // A handle has no form of its own: what it says about itself stands for it.
    let mut scope = Scope::new();
    scope.push_dynamic("value", value.clone());
    let text = engine.eval_with_scope::<ImmutableString>(&mut scope, "value.to_string()");
    text.ok().map(|text| Value::String(text.into()))
}

/// Prints the result: one JSON document, or the table or text it is.
pub fn result(report: &RunReport<'_>, json: bool) {
    if json {
        results::json(report);
    } else if let Some(value) = report.result {
        // What programs wrote may be no text: it comes out as it went in.
        results::bytes(rawtext::decode(&text(value)).as_bytes());
    }
}

/// A result for people: a table `#{ columns, rows }`, what programs said
/// `#{ outputs }`, a list, a text.
fn text(value: &Value) -> String {
    if let Some(table) = as_table(value) {
        return table;
    }
    if let Some(outputs) = value.get("outputs").and_then(Value::as_array) {
        let safe = std::io::stdout().is_terminal();
        return outputs.iter().map(|one| output(one, safe)).collect();
    }
    match value {
        Value::String(text) if text.ends_with('\n') || text.is_empty() => text.clone(),
        Value::Object(map) => {
            let rows: Vec<Vec<String>> =
                map.iter().map(|(key, value)| vec![key.clone(), table::cell(value)]).collect();
            table::render(&["name".into(), "value".into()], &rows)
        }
        Value::Array(items) => items.iter().map(|i| table::cell(i) + "\n").collect(),
        other => table::cell(other) + "\n",
    }
}

fn as_table(value: &Value) -> Option<String> {
    let columns: Vec<String> = value.get("columns")?.as_array()?.iter().map(table::cell).collect();
    let rows = value.get("rows")?.as_array()?;
    let rows: Option<Vec<Vec<String>>> =
        rows.iter().map(|row| Some(row.as_array()?.iter().map(table::cell).collect())).collect();
    Some(table::render(&columns, &rows?))
}

/// What one program said, below a line that tells which: its standard output
/// as it is, its errors marked with `! `. On a terminal control characters
/// are shown as escapes: what a program writes may come from anybody.
fn output(one: &Value, safe: bool) -> String {
    let part = |name: &str| one.get(name).and_then(Value::as_str).unwrap_or_default();
    let shown = |line: &str| {
        if safe {
            quote::show(&line.replace('\t', "        ")).into_owned()
        } else {
            line.to_string()
        }
    };
    let mut text = format!("== {}\n", quote::show(part("title")));
    for (name, mark) in [("stdout", ""), ("stderr", "! ")] {
        for line in part(name).lines() {
            let _ = writeln!(text, "{mark}{}", shown(line));
        }
    }
    for note in one.get("notes").and_then(Value::as_array).into_iter().flatten() {
        let _ = writeln!(text, "({})", table::cell(note));
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn tables_lists_maps_and_texts_have_their_forms() {
        let table = json!({ "columns": ["a", "b"], "rows": [[1, null], ["x", [1, 2]]] });
        assert_eq!(text(&table), "a  b\n1  ?\nx  1,2\n");
        assert_eq!(text(&json!(["x", 1])), "x\n1\n");
        assert_eq!(text(&json!({ "sum": 3 })), "name  value\nsum   3\n");
        assert_eq!(text(&json!("done")), "done\n");
        assert_eq!(text(&json!("two\nlines\n")), "two\nlines\n");
    }

    #[test]
    fn what_programs_said_stands_below_its_title() {
        let one = json!({
            "title": "node011 /data1/a\nb: status 1", "stdout": "x\ty\nz", "stderr": "no\u{1b}[31m\n",
            "notes": ["9 bytes left out"]
        });
        let two = json!({ "title": "node012 /c: status 0", "stdout": "", "stderr": "" });
        assert_eq!(
            text(&json!({ "outputs": [one, two] })),
            "== node011 /data1/a\\nb: status 1\nx\ty\nz\n! no\u{1b}[31m\n(9 bytes left out)\n\
             == node012 /c: status 0\n"
        );
        let safe = output(&one, true);
        assert!(safe.contains("x        y\nz\n! no\\x1b[31m\n"), "{safe}");
    }

    #[test]
    fn nothing_is_no_result() {
        let engine = Engine::new();
        assert_eq!(value(&engine, &Dynamic::UNIT), None);
        assert_eq!(value(&engine, &Dynamic::from(3_i64)), Some(json!(3)));
        assert_eq!(value(&engine, &Dynamic::from('c')), Some(json!("c")));
    }
}
