//! Conditions as users and files state them: a column by its header or name, an
//! operator, a value; in groups of which all or any must hold.
//!
//! Their JSON form is
//! `{"column": "sbIndex", "op": "in", "value": [0, 1]}`, `{"all": […]}`, `{"any": […]}`.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value as Json, json};

use super::op::Op;
use super::text;
use crate::error::{LeddbError, Result};
use crate::schema::pseudo::PseudoTable;

/// Deepest nesting of groups.
pub const MAX_DEPTH: usize = 20;
/// Most conditions of a query.
pub const MAX_CONDITIONS: usize = 1000;

/// A condition or a group of them.
#[derive(Debug, Clone, PartialEq)]
pub enum Filter {
    /// One condition.
    Test {
        /// Header, alias, database column or `table.column`.
        column: String,
        /// The operator.
        op: Op,
        /// The value, or a list of them; nothing for `is null` and `is not null`.
        value: Json,
    },
    /// All of them.
    All(Vec<Filter>),
    /// At least one of them.
    Any(Vec<Filter>),
}

impl Filter {
    /// One condition.
    pub fn new(column: impl Into<String>, op: Op, value: impl Into<Json>) -> Self {
        Self::Test { column: column.into(), op, value: value.into() }
    }

    /// Reads `header op value` for a pseudo-table: `LDS = L80001,L80002`,
    /// `sbIndex = 0..10`, `field ~ ^3C`, `flag != null`, `store in EoR,SARA`.
    pub fn parse(table: &PseudoTable, text: &str) -> Result<Self> {
        text::parse(table, text)
    }

    /// Reads the JSON form; `place` says where it is, for messages.
    pub fn from_json(json: &Json, place: &str) -> Result<Self> {
        let mut count = 0;
        read(json, place, 0, &mut count)
    }

    /// Its JSON form.
    pub fn to_json(&self) -> Json {
        let list = |inner: &[Self]| inner.iter().map(Self::to_json).collect::<Vec<_>>();
        match self {
            Self::Test { column, op, .. } if op.is_bare() => {
                json!({ "column": column, "op": op.text() })
            }
            Self::Test { column, op, value } => {
                json!({ "column": column, "op": op.text(), "value": value })
            }
            Self::All(inner) => json!({ "all": list(inner) }),
            Self::Any(inner) => json!({ "any": list(inner) }),
        }
    }
}

fn fault(place: &str, reason: &str) -> LeddbError {
    LeddbError::Input {
        message: format!("{place}: {reason}"),
        help: Some(
            "a condition is {\"column\": …, \"op\": …, \"value\": …}, {\"all\": […]} or {\"any\": […]}"
                .to_string(),
        ),
    }
}

fn read(json: &Json, place: &str, depth: usize, count: &mut usize) -> Result<Filter> {
    let Json::Object(object) = json else {
        return Err(fault(place, "this is no condition"));
    };
    *count += 1;
    if depth > MAX_DEPTH {
        return Err(fault(place, "groups are nested too deeply"));
    }
    if *count > MAX_CONDITIONS {
        return Err(fault(place, "there are too many conditions"));
    }
    for (name, any) in [("all", false), ("any", true)] {
        if let Some(inner) = object.get(name) {
            only(object, &[name], place)?;
            let Json::Array(items) = inner else {
                return Err(fault(place, &format!("`{name}` is a list")));
            };
            let inner = items
                .iter()
                .enumerate()
                .map(|(k, item)| read(item, &format!("{place}.{name}[{k}]"), depth + 1, count))
                .collect::<Result<Vec<_>>>()?;
            return Ok(if any { Filter::Any(inner) } else { Filter::All(inner) });
        }
    }
    only(object, &["column", "op", "value"], place)?;
    let word = |name: &str| match object.get(name) {
        Some(Json::String(text)) => Ok(text.clone()),
        Some(_) => Err(fault(place, &format!("`{name}` is a text"))),
        None => Err(fault(place, &format!("`{name}` is missing"))),
    };
    let column = word("column")?;
    let op = Op::parse(&word("op")?).map_err(|error| at(place, error))?;
    let value = object.get("value").cloned().unwrap_or(Json::Null);
    Ok(Filter::Test { column, op, value })
}

fn only(object: &Map<String, Json>, known: &[&str], place: &str) -> Result<()> {
    match object.keys().find(|key| !known.contains(&key.as_str())) {
        Some(other) => Err(fault(place, &format!("`{other}` is not known here"))),
        None => Ok(()),
    }
}

/// The error with its place before it.
pub(super) fn at(place: &str, error: LeddbError) -> LeddbError {
    match error {
        LeddbError::Input { message, help } if !place.is_empty() => {
            LeddbError::Input { message: format!("{place}: {message}"), help }
        }
        other => other,
    }
}

impl Serialize for Filter {
    fn serialize<S: Serializer>(&self, to: S) -> std::result::Result<S::Ok, S::Error> {
        self.to_json().serialize(to)
    }
}

impl<'de> Deserialize<'de> for Filter {
    fn deserialize<D: Deserializer<'de>>(from: D) -> std::result::Result<Self, D::Error> {
        let json = Json::deserialize(from)?;
        Self::from_json(&json, "condition").map_err(serde::de::Error::custom)
    }
}
