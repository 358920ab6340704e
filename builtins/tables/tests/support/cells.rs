//! Compares values with their JSON form.
//!
//! Complex numbers are `{"re","im"}`, arrays `{"shape","values"}` (and
//! `"dtype"` in keywords, `"truncated"` when only the first values are given),
//! records lists of pairs, numbers that are not finite are strings.

use std::path::Path;

use ledama_tables::{Array, DataType, Record, Table, Value};
use serde_json::{Value as Json, json};

/// The value in JSON form; `limit` values of an array at most.
pub(crate) fn json_of(value: &Value, limit: usize) -> Json {
    match value {
        Value::Bool(value) => json!(value),
        Value::Float(value) => float(f64::from(*value)),
        Value::Double(value) => float(*value),
        Value::Complex(value) => complex(f64::from(value.re), f64::from(value.im)),
        Value::DComplex(value) => complex(value.re, value.im),
        Value::String(text) => json!(text),
        Value::Table(text) => json!({ "table": text }),
        Value::Record(record) => json!({ "record": pairs(record, limit) }),
        Value::Array(array) => {
            let values: Vec<Json> = items(array, limit);
            let mut all = json!({ "shape": array.shape(), "values": values });
            if array.len() > limit {
                all["truncated"] = json!(true);
            }
            all
        }
        other => json!(other.as_i64().unwrap()),
    }
}

fn pairs(record: &Record, limit: usize) -> Vec<Json> {
    record.iter().map(|(name, value)| json!([name, json_of(value, limit)])).collect()
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

fn complex(re: f64, im: f64) -> Json {
    json!({ "re": float(re), "im": float(im) })
}

fn items(array: &Array, limit: usize) -> Vec<Json> {
    fn all<T: Clone>(
        values: &ndarray::ArrayD<T>,
        limit: usize,
        wrap: impl Fn(T) -> Value,
    ) -> Vec<Json> {
        values.iter().take(limit).map(|value| json_of(&wrap(value.clone()), limit)).collect()
    }
    match array {
        Array::Bool(values) => all(values, limit, Value::Bool),
        Array::UChar(values) => all(values, limit, Value::UChar),
        Array::Short(values) => all(values, limit, Value::Short),
        Array::UShort(values) => all(values, limit, Value::UShort),
        Array::Int(values) => all(values, limit, Value::Int),
        Array::UInt(values) => all(values, limit, Value::UInt),
        Array::Int64(values) => all(values, limit, Value::Int64),
        Array::Float(values) => all(values, limit, Value::Float),
        Array::Double(values) => all(values, limit, Value::Double),
        Array::Complex(values) => all(values, limit, Value::Complex),
        Array::DComplex(values) => all(values, limit, Value::DComplex),
        Array::String(values) => all(values, limit, Value::String),
    }
}

/// Keywords in JSON form: arrays with their type, sub-tables with their path
/// relative to `root`.
pub(crate) fn keywords(table: &Table, record: &Record, root: &Path) -> Json {
    let fields: Vec<Json> =
        record.iter().map(|(name, value)| json!([name, keyword(table, value, root)])).collect();
    json!(fields)
}

fn keyword(table: &Table, value: &Value, root: &Path) -> Json {
    match value {
        Value::Record(record) => json!({ "record": keywords(table, record, root) }),
        Value::Table(name) => {
            let path = table.referred(name).unwrap();
            json!({ "table": path.strip_prefix(root).unwrap_or(&path) })
        }
        Value::Array(array) => {
            let mut all = json_of(value, usize::MAX);
            all["dtype"] = json!(numpy(array.data_type()));
            all
        }
        other => json_of(other, usize::MAX),
    }
}

/// The type of array in which python-casacore hands the values out.
pub(crate) fn numpy(kind: DataType) -> &'static str {
    match kind {
        DataType::Bool => "bool",
        DataType::UChar | DataType::Short => "int16",
        DataType::UShort => "uint16",
        DataType::Int => "int32",
        DataType::UInt => "uint32",
        DataType::Int64 => "int64",
        DataType::Float => "float32",
        DataType::Double => "float64",
        DataType::Complex => "complex64",
        DataType::DComplex => "complex128",
        DataType::String => "string",
        DataType::Record => "record",
    }
}

/// A golden answer without differences of form: python-casacore knows no
/// type of an empty array, and no axes of some.
pub(crate) fn normal(known: &Json) -> Json {
    match known {
        Json::Array(items) => items.iter().map(normal).collect(),
        Json::Object(fields) => {
            let mut fields: serde_json::Map<String, Json> =
                fields.iter().map(|(name, value)| (name.clone(), normal(value))).collect();
            if fields.contains_key("dtype") && fields["values"] == json!([]) {
                if fields["shape"] == json!([]) {
                    fields.insert("shape".into(), json!([0]));
                }
                fields.insert("dtype".into(), json!("any"));
            }
            Json::Object(fields)
        }
        other => other.clone(),
    }
}

/// Whether two JSON values are the same. Floats may differ in their last
/// bits: 32-bit ones are written with few digits, and the digests compare
/// every bit anyway.
pub(crate) fn same(a: &Json, b: &Json) -> bool {
    match (a, b) {
        (Json::Number(a), Json::Number(b)) => {
            if let (Some(a), Some(b)) = (a.as_i64(), b.as_i64()) {
                return a == b;
            }
            let (a, b) = (a.as_f64().unwrap(), b.as_f64().unwrap());
            #[allow(clippy::cast_possible_truncation)]
            let narrow = (a as f32).to_bits() == (b as f32).to_bits();
            narrow || (a - b).abs() <= 1e-6 * a.abs()
        }
        (Json::Array(a), Json::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        (Json::Object(a), Json::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(name, a)| b.get(name).is_some_and(|b| same(a, b)))
        }
        _ => a == b,
    }
}
