//! Values that go into statements and come out of rows.

use crate::schema::Type;

/// One value, of either back end.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Nothing, in place of a value of that type.
    Null(Type),
    /// Yes or no.
    Bool(bool),
    /// An integer, an id, a moment.
    Int(i64),
    /// A number.
    Float(f64),
    /// A text.
    Text(String),
    /// Bytes of an array.
    Bytes(Vec<u8>),
    /// A list of integers.
    Ints(Vec<i64>),
    /// A list of numbers.
    Floats(Vec<f64>),
    /// A list of texts.
    Texts(Vec<String>),
}

impl Value {
    /// The value, or nothing of that type.
    pub fn maybe<T: Into<Self>>(value: Option<T>, kind: Type) -> Self {
        value.map_or(Self::Null(kind), Into::into)
    }

    /// Whether it is nothing.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null(_))
    }

    /// Lists of integers and numbers as JSON, for the back end without arrays.
    pub(crate) fn json(numbers: &[f64]) -> String {
        let parts: Vec<_> = numbers.iter().map(|number| format!("{number:?}")).collect();
        format!("[{}]", parts.join(","))
    }

    /// A list of integers as JSON.
    pub(crate) fn json_ints(numbers: &[i64]) -> String {
        let parts: Vec<_> = numbers.iter().map(ToString::to_string).collect();
        format!("[{}]", parts.join(","))
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<i32> for Value {
    fn from(value: i32) -> Self {
        Self::Int(value.into())
    }
}

impl From<f64> for Value {
    fn from(value: f64) -> Self {
        Self::Float(value)
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::Text(value.to_string())
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Self::Text(value)
    }
}

impl From<Vec<u8>> for Value {
    fn from(value: Vec<u8>) -> Self {
        Self::Bytes(value)
    }
}

impl From<Vec<i64>> for Value {
    fn from(value: Vec<i64>) -> Self {
        Self::Ints(value)
    }
}

impl From<Vec<f64>> for Value {
    fn from(value: Vec<f64>) -> Self {
        Self::Floats(value)
    }
}

impl From<Option<i64>> for Value {
    fn from(value: Option<i64>) -> Self {
        Self::maybe(value, Type::Int64)
    }
}

impl From<Option<f64>> for Value {
    fn from(value: Option<f64>) -> Self {
        Self::maybe(value, Type::Float)
    }
}

impl From<Option<bool>> for Value {
    fn from(value: Option<bool>) -> Self {
        Self::maybe(value, Type::Bool)
    }
}

impl From<Option<&str>> for Value {
    fn from(value: Option<&str>) -> Self {
        Self::maybe(value, Type::Text(None))
    }
}

impl From<Option<String>> for Value {
    fn from(value: Option<String>) -> Self {
        Self::maybe(value, Type::Text(None))
    }
}

impl From<sea_query::Value> for Value {
    fn from(value: sea_query::Value) -> Self {
        use sea_query::Value as Built;
        match value {
            Built::Bool(value) => value.into(),
            Built::TinyInt(value) => value.map(i64::from).into(),
            Built::SmallInt(value) => value.map(i64::from).into(),
            Built::Int(value) => value.map(i64::from).into(),
            Built::BigInt(value) => value.into(),
            Built::TinyUnsigned(value) => value.map(i64::from).into(),
            Built::SmallUnsigned(value) => value.map(i64::from).into(),
            Built::Unsigned(value) => value.map(i64::from).into(),
            // Numbers of that size are limits and offsets; the largest is as good.
            Built::BigUnsigned(value) => value.map(|n| i64::try_from(n).unwrap_or(i64::MAX)).into(),
            Built::Float(value) => value.map(f64::from).into(),
            Built::Double(value) => value.into(),
            Built::String(value) => value.into(),
            Built::Char(value) => value.map(String::from).into(),
            Built::Enum(sea_query::OptionEnum::Some(value)) => Self::Text(value.value.into_owned()),
            Built::Enum(sea_query::OptionEnum::None(_)) => Self::Null(Type::Text(None)),
            Built::Bytes(value) => Self::maybe(value, Type::Values),
            Built::Array(kind, values) => list(&kind, values.map(|values| *values)),
        }
    }
}

fn list(kind: &sea_query::ArrayType, values: Option<Vec<sea_query::Value>>) -> Value {
    use sea_query::ArrayType;
    let text = matches!(kind, ArrayType::String | ArrayType::Char);
    let float = matches!(kind, ArrayType::Float | ArrayType::Double);
    let Some(values) = values else {
        return Value::Null(match kind {
            _ if float => Type::Floats(0),
            _ => Type::Ints(None),
        });
    };
    let values = values.into_iter().map(Value::from);
    if text {
        Value::Texts(
            values.filter_map(|v| if let Value::Text(t) = v { Some(t) } else { None }).collect(),
        )
    } else if float {
        Value::Floats(
            values.filter_map(|v| if let Value::Float(f) = v { Some(f) } else { None }).collect(),
        )
    } else {
        Value::Ints(
            values.filter_map(|v| if let Value::Int(i) = v { Some(i) } else { None }).collect(),
        )
    }
}
