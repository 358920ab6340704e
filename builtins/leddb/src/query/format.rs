//! Values as people read them.

use jiff::Timestamp;
use jiff::fmt::strtime;
use serde_json::Value as Json;

use crate::schema::pseudo::{Format, PseudoColumn};
use crate::store::Value;

/// The text of a value in a column; nothing for an unknown one.
pub fn text(column: &PseudoColumn, value: &Value) -> String {
    match (column.format, value) {
        (Format::Double, Value::Float(number)) => decimals(*number),
        (Format::Time, Value::Int(seconds)) => time(*seconds),
        (_, value) => plain(value),
    }
}

/// A number with at most three decimals, without zeros at the end.
pub fn decimals(number: f64) -> String {
    let text = format!("{number:.3}");
    let text = if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_string()
    } else {
        text
    };
    if text == "-0" { "0".to_string() } else { text }
}

/// `YYYY/MM/DD/hh:mm:ss`, UTC, of seconds since 1970; the number, if it is no time.
pub fn time(seconds: i64) -> String {
    Timestamp::from_second(seconds)
        .ok()
        .and_then(|time| strtime::format("%Y/%m/%d/%H:%M:%S", time).ok())
        .unwrap_or_else(|| seconds.to_string())
}

fn plain(value: &Value) -> String {
    let list = |items: Vec<String>| format!("[{}]", items.join(", "));
    match value {
        Value::Null(_) => String::new(),
        Value::Bool(flag) => flag.to_string(),
        Value::Int(number) => number.to_string(),
        Value::Float(number) => number.to_string(),
        Value::Text(text) => text.clone(),
        Value::Bytes(bytes) => format!("{} bytes", bytes.len()),
        Value::Ints(values) => list(values.iter().map(ToString::to_string).collect()),
        Value::Floats(values) => list(values.iter().map(ToString::to_string).collect()),
        Value::Texts(values) => list(values.clone()),
    }
}

/// A value as JSON, numbers in full.
pub fn json(value: &Value) -> Json {
    match value {
        Value::Null(_) => Json::Null,
        Value::Bool(flag) => (*flag).into(),
        Value::Int(number) => (*number).into(),
        Value::Float(number) => (*number).into(),
        Value::Text(text) => text.as_str().into(),
        Value::Bytes(bytes) => bytes.len().into(),
        Value::Ints(values) => values.clone().into(),
        Value::Floats(values) => values.clone().into(),
        Value::Texts(values) => values.clone().into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_at_most_three_decimals() {
        for (number, expected) in [
            (2.0, "2"),
            (0.5, "0.5"),
            (-0.0001, "0"),
            (-0.5, "-0.5"),
            (115.039_062_5, "115.039"),
            (1_234_567.125, "1234567.125"),
            (4_838_322_659.5, "4838322659.5"),
            (0.0, "0"),
            (100.0, "100"),
        ] {
            assert_eq!(decimals(number), expected);
        }
    }

    #[test]
    fn times_are_utc_on_a_clock_of_24_hours() {
        assert_eq!(time(1_333_034_807), "2012/03/29/15:26:47");
        assert_eq!(time(0), "1970/01/01/00:00:00");
        assert_eq!(time(i64::MAX), i64::MAX.to_string());
    }
}
