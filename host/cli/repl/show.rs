//! Values as they can be read at a glance: on one line where they fit, tables
//! as tables, and what a type itself says about a handle.

use std::fmt::Write as _;

use rhai::{Array, Dynamic, Engine, ImmutableString, Map, Scope};

use crate::report::table;

/// Elements of an array or map shown at most; `print` shows all.
const MOST: usize = 200;

/// How values become text.
#[derive(Clone, Copy)]
pub(super) struct Show<'a> {
    /// Knows what handles say about themselves.
    pub(super) engine: &'a Engine,
    /// Columns of a line.
    pub(super) width: usize,
}

impl Show<'_> {
    /// The value, with a final newline; nothing for `()`.
    pub(super) fn text(self, value: &Dynamic) -> String {
        if value.is_unit() {
            return String::new();
        }
        if let Some(text) = value.read_lock::<ImmutableString>()
            && text.contains('\n')
        {
            // A whole file or table is meant to be read.
            return format!("{}\n", text.trim_end_matches('\n'));
        }
        if let Some(table) = self.table(value) {
            return table;
        }
        let mut text = String::new();
        self.pretty(&mut text, value, 0, 0);
        text + "\n"
    }

    /// `#{ columns: […], rows: [[…], …] }`, and arrays of maps with the same keys.
    fn table(self, value: &Dynamic) -> Option<String> {
        let cells = |row: &Dynamic| {
            row.read_lock::<Array>().map(|row| row.iter().map(|v| self.cell(v)).collect::<Vec<_>>())
        };
        if let Some(map) = value.read_lock::<Map>() {
            let columns = cells(map.get("columns")?)?;
            let rows = map.get("rows")?.read_lock::<Array>()?;
            let rows = rows.iter().map(cells).collect::<Option<Vec<_>>>()?;
            return Some(table::render(&columns, &rows));
        }
        let array = value.read_lock::<Array>()?;
        if array.len() < 2 {
            return None;
        }
        let columns: Vec<String> =
            array.first()?.read_lock::<Map>()?.keys().map(ToString::to_string).collect();
        let row = |element: &Dynamic| {
            let map = element.read_lock::<Map>()?;
            let same = map.len() == columns.len() && map.keys().zip(&columns).all(|(a, b)| a == b);
            same.then(|| map.values().map(|v| self.cell(v)).collect::<Vec<_>>())
        };
        let rows = array.iter().take(MOST).map(row).collect::<Option<Vec<_>>>()?;
        if columns.is_empty() {
            return None;
        }
        let more = array.len() - rows.len();
        let more = if more > 0 { format!("… and {more} more rows\n") } else { String::new() };
        Some(format!("{}{more}", table::render(&columns, &rows)))
    }

    fn cell(self, value: &Dynamic) -> String {
        match value.read_lock::<ImmutableString>() {
            Some(text) => text.replace('\n', " "),
            None if value.is_unit() => "?".to_string(),
            None => self.one_line(value),
        }
    }

    /// The value on one line, however long.
    pub(super) fn one_line(self, value: &Dynamic) -> String {
        if let Some(text) = value.read_lock::<ImmutableString>() {
            return format!("{:?}", text.as_str());
        }
        if let Some(array) = value.read_lock::<Array>() {
            let elements: Vec<_> = array.iter().take(MOST).map(|v| self.one_line(v)).collect();
            let more = if array.len() > MOST { ", …" } else { "" };
            return format!("[{}{more}]", elements.join(", "));
        }
        if let Some(map) = value.read_lock::<Map>() {
            let entries: Vec<_> = map
                .iter()
                .take(MOST)
                .map(|(key, v)| format!("{}: {}", written_key(key), self.one_line(v)))
                .collect();
            return match entries.len() {
                0 => "#{}".to_string(),
                _ => format!("#{{ {} }}", entries.join(", ")),
            };
        }
        if value.is_char() { format!("'{value}'") } else { self.own_words(value) }
    }

    /// What the language, or the type of a handle, says.
    fn own_words(self, value: &Dynamic) -> String {
        if value.is_unit() {
            return "()".to_string();
        }
        let mut scope = Scope::new();
        scope.push_constant_dynamic("value", value.clone());
        self.engine
            .eval_with_scope::<ImmutableString>(&mut scope, "value.to_string()")
            .map_or_else(|_| self.engine.map_type_name(value.type_name()).into(), Into::into)
    }

    /// Appends the value, over several lines if it does not fit behind `used` columns.
    fn pretty(self, text: &mut String, value: &Dynamic, depth: usize, used: usize) {
        let line = self.one_line(value);
        let indent = "  ".repeat(depth);
        let fits = indent.len() + used + line.chars().count() <= self.width;
        if let Some(array) = value.read_lock::<Array>().filter(|_| !fits) {
            text.push_str("[\n");
            for element in array.iter().take(MOST) {
                text.push_str(&indent);
                text.push_str("  ");
                self.pretty(text, element, depth + 1, 1);
                text.push_str(",\n");
            }
            rest(text, array.len(), &indent);
            text.push_str(&indent);
            text.push(']');
        } else if let Some(map) = value.read_lock::<Map>().filter(|_| !fits) {
            text.push_str("#{\n");
            for (key, element) in map.iter().take(MOST) {
                let key = written_key(key);
                text.push_str(&indent);
                text.push_str("  ");
                text.push_str(&key);
                text.push_str(": ");
                self.pretty(text, element, depth + 1, key.len() + 3);
                text.push_str(",\n");
            }
            rest(text, map.len(), &indent);
            text.push_str(&indent);
            text.push('}');
        } else {
            text.push_str(&line);
        }
    }
}

/// How many elements are not shown.
fn rest(text: &mut String, length: usize, indent: &str) {
    if length > MOST {
        let _ = writeln!(text, "{indent}  … and {} more", length - MOST);
    }
}

/// A key as one would write it.
fn written_key(key: &str) -> String {
    let plain = key.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if plain { key.to_string() } else { format!("{key:?}") }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn shown(expression: &str, width: usize) -> String {
        let engine = crate::engine::inspector();
        let value = engine.eval::<Dynamic>(expression).unwrap();
        Show { engine: &engine, width }.text(&value)
    }

    #[test]
    fn small_values_stand_on_one_line() {
        for (expression, text) in [
            ("()", ""),
            ("1", "1\n"),
            ("1.0", "1.0\n"),
            ("true", "true\n"),
            ("'c'", "'c'\n"),
            (r#""a \"b\"""#, "\"a \\\"b\\\"\"\n"),
            (r#""two\nlines\n""#, "two\nlines\n"),
            ("[1, \"x\", (), []]", "[1, \"x\", (), []]\n"),
            ("#{}", "#{}\n"),
            ("#{ a: 1, \"b c\": [2] }", "#{ a: 1, \"b c\": [2] }\n"),
            ("names::parse(\"x\").len() > 0", "true\n"),
        ] {
            assert_eq!(shown(expression, 80), text, "{expression}");
        }
    }

    #[test]
    fn what_does_not_fit_goes_over_several_lines() {
        assert_eq!(
            shown("#{ first: [1, 2, 3], second: #{ a: \"long enough\", b: 2 } }", 24),
            "#{\n  first: [1, 2, 3],\n  second: #{\n    a: \"long enough\",\n    b: 2,\n  },\n}\n"
        );
    }

    #[test]
    fn tables_are_tables() {
        let table = "node  size\na     1\nb     ?\n";
        let expression = "#{ columns: [\"node\", \"size\"], rows: [[\"a\", 1], [\"b\", ()]] }";
        assert_eq!(shown(expression, 80), table);
        let expression = "[#{ node: \"a\", size: 1 }, #{ node: \"b\", size: () }]";
        assert_eq!(shown(expression, 80), table);
        assert_eq!(shown("[#{ a: 1 }, #{ b: 1 }]", 80), "[#{ a: 1 }, #{ b: 1 }]\n");
        assert_eq!(shown("[#{}, #{}]", 80), "[#{}, #{}]\n");
    }

    #[test]
    fn long_arrays_are_cut() {
        let text = shown("let a = []; for k in 0..1000 { a.push(k); } a", 40);
        assert_eq!(text.lines().count(), MOST + 3);
        assert!(text.ends_with("  199,\n  … and 800 more\n]\n"), "{text}");
        let text = shown("let a = []; for k in 0..300 { a.push(#{ k: k }); } a", 40);
        assert!(text.ends_with("199\n… and 100 more rows\n"), "{text}");
    }
}
