//! What an operator means, told by the rows alone.

use regex::Regex;
use serde_json::Value as Json;

use crate::query::{Op, format};
use crate::schema::Type;
use crate::store::Value;

/// Whether a condition holds for a value; unknown values hold for `is null` only.
pub(super) fn holds(kind: Type, op: Op, value: &Json, cell: &Value) -> bool {
    let unknown = cell.is_null();
    match op {
        Op::IsNull => return unknown,
        Op::IsNotNull => return !unknown,
        _ if unknown => return false,
        _ => {}
    }
    let cell = format::json(cell);
    let same = |one: &Json| order(kind, &cell, one).is_eq();
    match op {
        Op::In => value.as_array().unwrap().iter().any(same),
        Op::NotIn => !value.as_array().unwrap().iter().any(same),
        Op::Matches => matches(value, &cell),
        Op::MatchesNot => !matches(value, &cell),
        Op::Equal => same(value),
        Op::Differs => !same(value),
        Op::Less => order(kind, &cell, value).is_lt(),
        Op::Greater => order(kind, &cell, value).is_gt(),
        Op::AtMost => order(kind, &cell, value).is_le(),
        Op::AtLeast => order(kind, &cell, value).is_ge(),
        Op::IsNull | Op::IsNotNull => false,
    }
}

fn matches(pattern: &Json, cell: &Json) -> bool {
    Regex::new(pattern.as_str().unwrap()).unwrap().is_match(cell.as_str().unwrap())
}

fn order(kind: Type, a: &Json, b: &Json) -> std::cmp::Ordering {
    match kind {
        Type::Text(_) => a.as_str().unwrap().as_bytes().cmp(b.as_str().unwrap().as_bytes()),
        Type::Bool => a.as_bool().cmp(&b.as_bool()),
        Type::Float => a.as_f64().unwrap().total_cmp(&b.as_f64().unwrap()),
        _ => a.as_i64().cmp(&b.as_i64()),
    }
}
