//! Cells and keywords as JSON and as short texts.

use ledama_tables::{Array, Complex64, Record, Value};
use serde_json::{Value as Json, json};

/// The value as JSON. Numbers that JSON has no form for become texts; an
/// array has its shape and at most `limit` values.
pub(super) fn json(value: &Value, limit: usize) -> Json {
    match value {
        Value::Bool(value) => json!(value),
        Value::Float(value) => float32(*value),
        Value::Double(value) => float(*value),
        Value::Complex(value) => complex(Complex64::new(value.re.into(), value.im.into())),
        Value::DComplex(value) => complex(*value),
        Value::String(text) => json!(text),
        Value::Table(path) => json!({ "table": path }),
        Value::Record(record) => of_record(record, limit),
        Value::Array(array) => {
            let mut all = json!({ "shape": array.shape(), "values": values(array, limit) });
            if array.len() > limit {
                all["truncated"] = json!(true);
            }
            all
        }
        other => json!(other.as_i64()),
    }
}

/// A record as an object.
pub(super) fn of_record(record: &Record, limit: usize) -> Json {
    record.iter().map(|(name, value)| (name.to_string(), json(value, limit))).collect()
}

/// The value in one line.
pub(super) fn text(value: &Value, limit: usize) -> String {
    match value {
        Value::String(text) => text.escape_debug().to_string(),
        Value::Table(path) => format!("-> {path}"),
        Value::Array(array) => {
            let shown: Vec<String> = values(array, limit).iter().map(plain).collect();
            let more = if array.len() > limit { ", …" } else { "" };
            let shape: Vec<String> = array.shape().iter().map(ToString::to_string).collect();
            format!("[{}] {}{more}", shape.join("x"), shown.join(", "))
        }
        other => plain(&json(other, limit)),
    }
}

fn plain(value: &Json) -> String {
    match value {
        Json::String(text) => text.escape_debug().to_string(),
        Json::Object(parts) if parts.contains_key("re") => {
            format!("{}{}{}i", parts["re"], sign(&parts["im"]), parts["im"])
        }
        other => other.to_string(),
    }
}

fn sign(imaginary: &Json) -> &'static str {
    if imaginary.as_f64().is_some_and(|value| value < 0.0) { "" } else { "+" }
}

fn values(array: &Array, limit: usize) -> Vec<Json> {
    match array {
        Array::Bool(values) => values.iter().take(limit).map(|v| json!(v)).collect(),
        Array::UChar(values) => values.iter().take(limit).map(|v| json!(v)).collect(),
        Array::Short(values) => values.iter().take(limit).map(|v| json!(v)).collect(),
        Array::UShort(values) => values.iter().take(limit).map(|v| json!(v)).collect(),
        Array::Int(values) => values.iter().take(limit).map(|v| json!(v)).collect(),
        Array::UInt(values) => values.iter().take(limit).map(|v| json!(v)).collect(),
        Array::Int64(values) => values.iter().take(limit).map(|v| json!(v)).collect(),
        Array::Float(values) => values.iter().take(limit).map(|v| float32(*v)).collect(),
        Array::Double(values) => values.iter().take(limit).map(|v| float(*v)).collect(),
        Array::Complex(values) => values
            .iter()
            .take(limit)
            .map(|v| json!({ "re": float32(v.re), "im": float32(v.im) }))
            .collect(),
        Array::DComplex(values) => values.iter().take(limit).map(|v| complex(*v)).collect(),
        Array::String(values) => values.iter().take(limit).map(|v| json!(v)).collect(),
    }
}

fn complex(value: Complex64) -> Json {
    json!({ "re": float(value.re), "im": float(value.im) })
}

/// With the fewest digits that give the same 32-bit number.
fn float32(value: f32) -> Json {
    if value.is_finite() {
        float(value.to_string().parse().unwrap_or(f64::NAN))
    } else {
        float(value.into())
    }
}

fn float(value: f64) -> Json {
    if value.is_nan() {
        json!("NaN")
    } else if value.is_infinite() {
        json!(if value > 0.0 { "Infinity" } else { "-Infinity" })
    } else {
        json!(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_short_and_exact() {
        assert_eq!(text(&Value::Float(0.1), 4), "0.1");
        assert_eq!(text(&Value::Double(f64::NAN), 4), "NaN");
        assert_eq!(text(&Value::String("a\nb".into()), 4), "a\\nb");
        let numbers = ledama_tables::ndarray::ArrayD::from_shape_vec(vec![2, 2], vec![1, 2, 3, 4]);
        let array = Value::Array(Array::Int(numbers.unwrap_or_default()));
        assert_eq!(text(&array, 3), "[2x2] 1, 2, 3, …");
        assert_eq!(json(&array, 9), json!({ "shape": [2, 2], "values": [1, 2, 3, 4] }));
        let value = Value::Complex(ledama_tables::Complex32::new(1.5, -2.0));
        assert_eq!(text(&value, 1), "1.5-2.0i");
    }
}
