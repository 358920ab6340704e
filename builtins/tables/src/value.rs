//! Values out of their column: single cells, keywords and records.

use ndarray::ArrayD;

use crate::data_type::{Complex32, Complex64, DataType};

/// One value of any type.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A boolean.
    Bool(bool),
    /// Unsigned, 8 bits.
    UChar(u8),
    /// Signed, 16 bits.
    Short(i16),
    /// Unsigned, 16 bits.
    UShort(u16),
    /// Signed, 32 bits.
    Int(i32),
    /// Unsigned, 32 bits.
    UInt(u32),
    /// Signed, 64 bits.
    Int64(i64),
    /// 32 bits.
    Float(f32),
    /// 64 bits.
    Double(f64),
    /// Two floats.
    Complex(Complex32),
    /// Two doubles.
    DComplex(Complex64),
    /// Text.
    String(String),
    /// Many values of one type.
    Array(Array),
    /// Named values.
    Record(Record),
    /// A reference to a sub-table, as it is written in the keyword
    /// (relative names begin with `./` or `././`).
    Table(String),
}

/// An array in C order: the last axis runs fastest, so the shape is the
/// reverse of casacore's own and the values stand in the same order.
#[derive(Debug, Clone, PartialEq)]
pub enum Array {
    /// Booleans.
    Bool(ArrayD<bool>),
    /// Unsigned bytes.
    UChar(ArrayD<u8>),
    /// Signed, 16 bits.
    Short(ArrayD<i16>),
    /// Unsigned, 16 bits.
    UShort(ArrayD<u16>),
    /// Signed, 32 bits.
    Int(ArrayD<i32>),
    /// Unsigned, 32 bits.
    UInt(ArrayD<u32>),
    /// Signed, 64 bits.
    Int64(ArrayD<i64>),
    /// 32-bit floats.
    Float(ArrayD<f32>),
    /// 64-bit floats.
    Double(ArrayD<f64>),
    /// Complex values of 32-bit floats.
    Complex(ArrayD<Complex32>),
    /// Complex values of 64-bit floats.
    DComplex(ArrayD<Complex64>),
    /// Texts.
    String(ArrayD<String>),
}

macro_rules! each {
    ($array:expr, $values:ident => $body:expr) => {
        match $array {
            Array::Bool($values) => $body,
            Array::UChar($values) => $body,
            Array::Short($values) => $body,
            Array::UShort($values) => $body,
            Array::Int($values) => $body,
            Array::UInt($values) => $body,
            Array::Int64($values) => $body,
            Array::Float($values) => $body,
            Array::Double($values) => $body,
            Array::Complex($values) => $body,
            Array::DComplex($values) => $body,
            Array::String($values) => $body,
        }
    };
}

impl Array {
    /// The lengths of the axes, slowest first.
    pub fn shape(&self) -> &[usize] {
        each!(self, values => values.shape())
    }

    /// How many values it has.
    pub fn len(&self) -> usize {
        each!(self, values => values.len())
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The type of its values.
    pub fn data_type(&self) -> DataType {
        match self {
            Self::Bool(_) => DataType::Bool,
            Self::UChar(_) => DataType::UChar,
            Self::Short(_) => DataType::Short,
            Self::UShort(_) => DataType::UShort,
            Self::Int(_) => DataType::Int,
            Self::UInt(_) => DataType::UInt,
            Self::Int64(_) => DataType::Int64,
            Self::Float(_) => DataType::Float,
            Self::Double(_) => DataType::Double,
            Self::Complex(_) => DataType::Complex,
            Self::DComplex(_) => DataType::DComplex,
            Self::String(_) => DataType::String,
        }
    }
}

impl Value {
    /// The value as a float, for every real number type.
    #[allow(clippy::cast_precision_loss)]
    pub fn as_f64(&self) -> Option<f64> {
        Some(match self {
            Self::Float(value) => f64::from(*value),
            Self::Double(value) => *value,
            other => other.as_i64()? as f64,
        })
    }

    /// The value as an integer, for every integer type.
    pub fn as_i64(&self) -> Option<i64> {
        Some(match self {
            Self::UChar(value) => i64::from(*value),
            Self::Short(value) => i64::from(*value),
            Self::UShort(value) => i64::from(*value),
            Self::Int(value) => i64::from(*value),
            Self::UInt(value) => i64::from(*value),
            Self::Int64(value) => *value,
            _ => return None,
        })
    }

    /// The value as text.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(value) => Some(value),
            _ => None,
        }
    }

    /// The value as a record.
    pub fn as_record(&self) -> Option<&Record> {
        match self {
            Self::Record(value) => Some(value),
            _ => None,
        }
    }
}

/// Named values in their order.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Record {
    fields: Vec<Field>,
}

/// One value of a record.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// Its name, unique in the record.
    pub name: String,
    /// Its value.
    pub value: Value,
    /// What it means; mostly empty.
    pub comment: String,
}

impl Record {
    /// A record without fields.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many fields it has.
    pub fn len(&self) -> usize {
        self.fields.len()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// The value of a field.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.fields.iter().find(|field| field.name == name).map(|field| &field.value)
    }

    /// Sets a field, at its place when it is there, else at the end.
    pub fn set(&mut self, name: impl Into<String>, value: Value) {
        let name = name.into();
        match self.fields.iter_mut().find(|field| field.name == name) {
            Some(field) => field.value = value,
            None => self.fields.push(Field { name, value, comment: String::new() }),
        }
    }

    /// Adds a field with its comment, without looking whether the name is new.
    pub(crate) fn push(&mut self, field: Field) {
        self.fields.push(field);
    }

    /// Removes a field and gives its value.
    pub fn remove(&mut self, name: &str) -> Option<Value> {
        let at = self.fields.iter().position(|field| field.name == name)?;
        Some(self.fields.remove(at).value)
    }

    /// The fields in their order.
    pub fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// Names and values in their order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.fields.iter().map(|field| (field.name.as_str(), &field.value))
    }
}
