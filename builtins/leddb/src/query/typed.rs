//! Values of conditions: from text and JSON to what a column holds, before any
//! statement is made.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use ledama_base::clock;
use serde_json::Value as Json;

use crate::error::{LeddbError, Result};
use crate::schema::Type;
use crate::schema::pseudo::PseudoColumn;
use crate::store::Value;

/// Most values of a list in a condition.
pub(super) const MAX_LIST: usize = 1_000_000;
/// Most numbers with fractions of a list in a condition.
const MAX_FLOATS: usize = 1000;

/// The value that a column holds, from JSON; texts are read as the column's type.
pub(super) fn value(column: &PseudoColumn, json: &Json) -> Result<Value> {
    let wrong = || {
        LeddbError::input(format!(
            "`{}` is {}, and {json} is not",
            column.header,
            with_article(column.kind())
        ))
    };
    match (column.kind(), json) {
        (_, Json::String(text)) => of_text(column, text),
        (kind, Json::Number(number)) if kind.is_integer() => {
            integer(number).map(Value::Int).ok_or_else(wrong)
        }
        (Type::Float, Json::Number(number)) => {
            number.as_f64().filter(|n| n.is_finite()).map(Value::Float).ok_or_else(wrong)
        }
        (Type::Bool, Json::Bool(flag)) => Ok(Value::Bool(*flag)),
        (Type::Text(_), Json::Number(number)) => Ok(Value::Text(number.to_string())),
        _ => Err(wrong()),
    }
}

fn with_article(kind: Type) -> String {
    match kind {
        Type::Bool => "true or false".to_string(),
        Type::Int64 | Type::Int32 | Type::Int16 => "an integer".to_string(),
        Type::Time => "a time (seconds since 1970 UTC, or YYYY/MM/DD[/hh:mm:ss])".to_string(),
        other => format!("a {}", other.label()),
    }
}

/// A whole number, also one written with a point.
fn integer(number: &serde_json::Number) -> Option<i64> {
    if let Some(whole) = number.as_i64() {
        return Some(whole);
    }
    let float = number.as_f64()?;
    // Beyond 2^53 a float is not exact.
    if float.fract() == 0.0 && float.abs() <= 9_007_199_254_740_992.0 {
        #[allow(clippy::cast_possible_truncation)] // It is whole and small enough.
        return Some(float as i64);
    }
    None
}

/// The value that a column holds, from a text.
pub(super) fn of_text(column: &PseudoColumn, text: &str) -> Result<Value> {
    let kind = column.kind();
    let read = match kind {
        Type::Text(_) => {
            if text.contains('\0') {
                return Err(LeddbError::input(format!(
                    "a text for `{}` holds a zero byte",
                    column.header
                )));
            }
            Some(Value::Text(text.to_string()))
        }
        Type::Int64 | Type::Int32 | Type::Int16 => text.parse().ok().map(Value::Int),
        Type::Float => text.parse().ok().filter(|n: &f64| n.is_finite()).map(Value::Float),
        Type::Bool => flag(text).map(Value::Bool),
        Type::Time => time(text).map(Value::Int),
        _ => None,
    };
    read.ok_or_else(|| {
        LeddbError::input(format!(
            "`{}` is {}, and `{text}` is not",
            column.header,
            with_article(kind)
        ))
    })
}

/// `true`, `t`, `false`, `f`, in any case.
fn flag(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "t" => Some(true),
        "false" | "f" => Some(false),
        _ => None,
    }
}

/// Seconds since 1970, of such a number or of a time in UTC.
fn time(text: &str) -> Option<i64> {
    if let Ok(seconds) = text.parse() {
        return Some(seconds);
    }
    let whole = match text.matches('/').count() {
        2 => format!("{text}/00:00:00"),
        _ => text.to_string(),
    };
    if let Ok(date) = whole.parse::<jiff::civil::Date>() {
        return date.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp().as_second());
    }
    clock::parse(&whole, &TimeZone::UTC).ok().map(Timestamp::as_second)
}

/// Integers of an item: a number, `a..b` or `a..b..s`, ends included.
pub(super) fn range(item: &str) -> Option<Result<Vec<i64>>> {
    if !item.contains("..") {
        return None;
    }
    let wrong = |reason: &str| {
        Some(Err(LeddbError::input(format!("`{item}` is no range of integers: {reason}"))))
    };
    let parts: Vec<&str> = item.split("..").map(str::trim).collect();
    if parts.len() > 3 {
        return wrong("a range is `start..end` or `start..end..step`");
    }
    let numbers: Option<Vec<i64>> = parts.iter().map(|part| part.parse().ok()).collect();
    let Some(numbers) = numbers else { return wrong("`start`, `end` and `step` are integers") };
    let (start, end, step) = (numbers[0], numbers[1], numbers.get(2).copied().unwrap_or(1));
    if step < 1 {
        return wrong("the step must be at least 1");
    }
    if start > end {
        return wrong("it starts after its end");
    }
    let count = (i128::from(end) - i128::from(start)) / i128::from(step);
    let (Ok(count), Ok(step)) = (usize::try_from(count), usize::try_from(step)) else {
        return wrong("it is too long");
    };
    if count >= MAX_LIST {
        return wrong("it is too long");
    }
    Some(Ok((start..=end).step_by(step).collect()))
}

/// Values of one type, each once, in order.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum List {
    Ints(Vec<i64>),
    Floats(Vec<f64>),
    Texts(Vec<String>),
    Flags(Vec<bool>),
}

impl List {
    /// A list for a column.
    pub(super) fn new(column: &PseudoColumn, values: Vec<Value>) -> Result<Self> {
        if values.len() > MAX_LIST {
            return Err(LeddbError::input(format!(
                "a list for `{}` has more than {MAX_LIST} values",
                column.header
            )));
        }
        let (mut ints, mut floats, mut texts, mut flags) =
            (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for value in values {
            match value {
                Value::Int(value) => ints.push(value),
                Value::Float(value) => floats.push(value),
                Value::Text(value) => texts.push(value),
                Value::Bool(value) => flags.push(value),
                _ => {}
            }
        }
        Ok(match column.kind() {
            Type::Float => {
                if floats.len() > MAX_FLOATS {
                    return Err(LeddbError::input(format!(
                        "a list of numbers for `{}` has more than {MAX_FLOATS} of them",
                        column.header
                    )));
                }
                floats.sort_by(f64::total_cmp);
                floats.dedup();
                Self::Floats(floats)
            }
            Type::Bool => {
                flags.sort_unstable();
                flags.dedup();
                Self::Flags(flags)
            }
            Type::Text(_) => {
                texts.sort_unstable();
                texts.dedup();
                Self::Texts(texts)
            }
            _ => {
                ints.sort_unstable();
                ints.dedup();
                Self::Ints(ints)
            }
        })
    }

    /// How many different values it has.
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Ints(values) => values.len(),
            Self::Floats(values) => values.len(),
            Self::Texts(values) => values.len(),
            Self::Flags(values) => values.len(),
        }
    }
}
