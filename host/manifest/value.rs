//! Values of options: as typed, and as meant.

use std::fmt;

use rhai::Dynamic;
use serde::{Deserialize, Serialize};

use super::literal::{Literal, Plain};

/// A value as it was typed on the command line, stands in a file of options,
/// or is declared as a default: not yet checked against the option.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum RawValue {
    /// On or off.
    Flag(bool),
    /// A whole number.
    Int(i64),
    /// A number.
    Float(f64),
    /// A text; all that comes from the command line.
    Text(String),
    /// Several values.
    List(Vec<RawValue>),
}

impl RawValue {
    /// The plain value of a manifest; maps are none.
    pub fn from_literal(literal: &Literal) -> Option<Self> {
        Some(match &literal.value {
            Plain::Bool(value) => Self::Flag(*value),
            Plain::Int(value) => Self::Int(*value),
            Plain::Float(value) => Self::Float(*value),
            Plain::Text(value) => Self::Text(value.clone()),
            Plain::Array(values) => {
                Self::List(values.iter().map(Self::from_literal).collect::<Option<_>>()?)
            }
            Plain::Nothing | Plain::Map(_) => return None,
        })
    }

    /// A text or list that says nothing.
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Text(text) => text.trim().is_empty(),
            Self::List(values) => values.is_empty(),
            _ => false,
        }
    }
}

impl fmt::Display for RawValue {
    /// As one would type it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(value) => write!(f, "{value}"),
            Self::Int(value) => write!(f, "{value}"),
            Self::Float(value) => write!(f, "{value}"),
            Self::Text(value) => f.write_str(value),
            Self::List(values) => {
                for (i, value) in values.iter().enumerate() {
                    if i > 0 {
                        f.write_str(",")?;
                    }
                    write!(f, "{value}")?;
                }
                Ok(())
            }
        }
    }
}

/// A checked value. Paths are absolute, in text form.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Value {
    /// Of a flag.
    Flag(bool),
    /// Of an int.
    Int(i64),
    /// Of a float; always finite.
    Float(f64),
    /// Of a text, choice, path, reffile or time.
    Text(String),
    /// Of ints.
    Ints(Vec<i64>),
    /// Of nodes or a list.
    List(Vec<String>),
}

impl Value {
    /// The value for scripts.
    pub fn to_dynamic(&self) -> Dynamic {
        match self {
            Self::Flag(value) => (*value).into(),
            Self::Int(value) => (*value).into(),
            Self::Float(value) => (*value).into(),
            Self::Text(value) => value.as_str().into(),
            Self::Ints(values) => Dynamic::from_array(values.iter().map(|v| (*v).into()).collect()),
            Self::List(values) => {
                Dynamic::from_array(values.iter().map(|v| v.as_str().into()).collect())
            }
        }
    }
}
