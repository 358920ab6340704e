//! Tables for people: they fit the terminal, and are never cut when piped.

use std::io::IsTerminal;

use comfy_table::{ContentArrangement, Table, presets};
use serde_json::Value;

/// Renders rows under a header line, without borders.
pub fn render(columns: &[String], rows: &[Vec<String>]) -> String {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING);
    table.set_header(columns);
    for row in rows {
        table.add_row(row);
    }
    if std::io::stdout().is_terminal() {
        table.set_content_arrangement(ContentArrangement::Dynamic);
    }
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    table.lines().map(|line| line.trim_end().to_string() + "\n").collect()
}

/// Renders rows in columns without a header; the last column is not padded,
/// so that long texts stay on one line.
pub fn plain(rows: &[Vec<String>]) -> String {
    let count = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |at: usize| {
        rows.iter().filter_map(|row| row.get(at)).map(|text| text.chars().count()).max()
    };
    let widths: Vec<usize> = (0..count).map(|at| width(at).unwrap_or(0)).collect();
    let mut out = String::new();
    for row in rows {
        for (at, text) in row.iter().enumerate() {
            out.push_str(text);
            if at + 1 < row.len() {
                let pad = widths[at].saturating_sub(text.chars().count()) + 2;
                out.extend(std::iter::repeat_n(' ', pad));
            }
        }
        out.push('\n');
    }
    out
}

/// A result value as a cell: text as it is, unknown as `?`.
pub fn cell(value: &Value) -> String {
    match value {
        Value::Null => "?".to_string(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(cell).collect::<Vec<_>>().join(","),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_and_lines_end_clean() {
        let text = render(
            &["node".into(), "size".into()],
            &[vec!["node011".into(), "1".into()], vec!["n".into(), "22".into()]],
        );
        assert_eq!(text, "node     size\nnode011  1\nn        22\n");
    }

    #[test]
    fn unknown_is_a_question_mark() {
        assert_eq!(cell(&Value::Null), "?");
        assert_eq!(cell(&serde_json::json!(["a", 1])), "a,1");
    }
}
