//! Statements for people to read.

use crate::store::{Statement, Value};

/// Values of a list that are written; of longer ones the number.
const SHOWN: usize = 50;

/// The text of a statement with its values in place, in one line. It is only for
/// people: no statement is ever made from it.
pub(crate) fn render(statement: &Statement) -> String {
    let mut out = String::new();
    let mut values = statement.values().iter();
    let mut chars = statement.text().chars().peekable();
    let mut quote = None;
    while let Some(next) = chars.next() {
        match (quote, next) {
            (Some(open), _) => {
                if next == open {
                    quote = None;
                }
                out.push(next);
            }
            (None, '"' | '\'') => {
                quote = Some(next);
                out.push(next);
            }
            (None, '?') => out.push_str(&values.next().map(literal).unwrap_or_default()),
            (None, '$') if chars.peek().is_some_and(char::is_ascii_digit) => {
                let mut number = 0_usize;
                while let Some(digit) = chars.peek().and_then(|c| c.to_digit(10)) {
                    chars.next();
                    number = number.saturating_mul(10).saturating_add(digit as usize);
                }
                let value = statement.values().get(number.wrapping_sub(1));
                out.push_str(&value.map(literal).unwrap_or_default());
            }
            (None, other) => out.push(other),
        }
    }
    out.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn literal(value: &Value) -> String {
    let list = |items: Vec<String>| {
        let count = items.len();
        if count > SHOWN {
            format!("ARRAY[{} … {count} values]", items[..SHOWN].join(", "))
        } else {
            format!("ARRAY[{}]", items.join(", "))
        }
    };
    match value {
        Value::Null(_) => "NULL".to_string(),
        Value::Bool(flag) => flag.to_string(),
        Value::Int(number) => number.to_string(),
        Value::Float(number) => format!("{number:?}"),
        Value::Text(text) => quoted(text),
        Value::Bytes(bytes) => format!("<{} bytes>", bytes.len()),
        Value::Ints(values) => list(values.iter().map(ToString::to_string).collect()),
        Value::Floats(values) => list(values.iter().map(|value| format!("{value:?}")).collect()),
        Value::Texts(values) => list(values.iter().map(|value| quoted(value)).collect()),
    }
}

fn quoted(text: &str) -> String {
    let clean: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let shown: String = clean.chars().take(2000).collect();
    let rest = if clean.chars().count() > 2000 { "…" } else { "" };
    format!("'{}{rest}'", shown.replace('\'', "''"))
}
