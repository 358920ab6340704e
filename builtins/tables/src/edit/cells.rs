//! Cells on their way into a data file.

use crate::buffer::Endian;
use crate::data_type::DataType;
use crate::desc::ColumnDesc;
use crate::error::{Error, Result};
use crate::managers::Shape;
use crate::value::{Array, Value};

use super::object::Writer;

/// Cells of one shape, one after the other.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Cells {
    pub(super) kind: DataType,
    pub(super) shape: Shape,
    /// How many cells.
    pub(super) count: usize,
    pub(super) data: Data,
}

/// Their values.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Data {
    /// Numbers in the byte order of the table.
    Bytes(Vec<u8>),
    /// Booleans.
    Bools(Vec<bool>),
    /// Texts.
    Texts(Vec<String>),
    /// Records as cells hold them.
    Records(Vec<Vec<u8>>),
}

/// The values of one cell.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Cell<'a> {
    Bytes(&'a [u8]),
    Bools(&'a [bool]),
    Texts(&'a [String]),
    Record(&'a [u8]),
}

impl Cells {
    /// Cells of zeros or empty texts.
    pub(super) fn zero(kind: DataType, shape: Shape, count: usize) -> Self {
        let values = shape.iter().product::<usize>() * count;
        let data = match kind {
            DataType::Bool => Data::Bools(vec![false; values]),
            DataType::String => Data::Texts(vec![String::new(); values]),
            DataType::Record => Data::Records(vec![Writer::cell(&crate::Record::new()); values]),
            _ => Data::Bytes(vec![0; values * kind.width().unwrap_or(1)]),
        };
        Self { kind, shape, count, data }
    }

    /// The values of a cell.
    pub(super) fn cell(&self, at: usize) -> Cell<'_> {
        let values = self.shape.iter().product::<usize>();
        let place = |width: usize| at * values * width..(at + 1) * values * width;
        match &self.data {
            Data::Bytes(bytes) => Cell::Bytes(&bytes[place(self.kind.width().unwrap_or(1))]),
            Data::Bools(bools) => Cell::Bools(&bools[place(1)]),
            Data::Texts(texts) => Cell::Texts(&texts[place(1)]),
            Data::Records(records) => Cell::Record(&records[at]),
        }
    }

    /// The cell of a value, which must be one that the column can hold.
    pub(super) fn of(
        desc: &ColumnDesc,
        fixed: Option<&Shape>,
        value: &Value,
        endian: Endian,
    ) -> Result<Self> {
        let wrong = |what: String| Error::Shape { column: desc.name.clone(), what };
        let (kind, shape, data) = match value {
            Value::Array(array) => {
                (array.data_type(), Shape::from(array.shape()), of_array(array, endian))
            }
            scalar => {
                let Some((kind, data)) = of_scalar(scalar, endian) else {
                    return Err(wrong("cells cannot refer to tables".into()));
                };
                (kind, Shape::new(), data)
            }
        };
        if desc.scalar == matches!(value, Value::Array(_)) {
            let (holds, given) =
                if desc.scalar { ("a scalar", "an array") } else { ("an array", "a scalar") };
            return Err(wrong(format!("holds {holds} in each row, and {given} was given")));
        }
        if kind != desc.data_type {
            let column = desc.name.clone();
            return Err(Error::Type { column, expected: kind, found: desc.data_type });
        }
        if !desc.scalar {
            if let Some(fixed) = fixed.filter(|fixed| **fixed != shape) {
                return Err(wrong(format!("has cells of shape {fixed:?}, not {shape:?}")));
            }
            if desc.ndim > 0 && usize::try_from(desc.ndim) != Ok(shape.len()) {
                return Err(wrong(format!("has cells of {} axes, not {shape:?}", desc.ndim)));
            }
            if shape.contains(&0) {
                return Err(wrong("an array without values cannot be stored".into()));
            }
        }
        if let Data::Texts(texts) = &data
            && desc.max_length > 0
            && texts.iter().any(|text| text.len() > desc.max_length as usize)
        {
            return Err(wrong(format!("holds texts of at most {} bytes", desc.max_length)));
        }
        Ok(Self { kind, shape, count: 1, data })
    }
}

impl Cell<'_> {
    /// Booleans as bits, lowest first; other values as they are.
    pub(super) fn packed(self) -> Vec<u8> {
        match self {
            Self::Bytes(bytes) | Self::Record(bytes) => bytes.to_vec(),
            Self::Bools(bools) => bits(bools),
            Self::Texts(_) => Vec::new(),
        }
    }
}

/// Booleans packed eight to a byte, lowest bit first.
pub(super) fn bits(bools: &[bool]) -> Vec<u8> {
    let byte = |eight: &[bool]| eight.iter().rev().fold(0, |byte, bit| byte << 1 | u8::from(*bit));
    bools.chunks(8).map(byte).collect()
}

fn of_scalar(value: &Value, endian: Endian) -> Option<(DataType, Data)> {
    let array = |array: Array| (array.data_type(), of_array(&array, endian));
    Some(match value {
        Value::Bool(v) => array(Array::Bool(one(*v))),
        Value::UChar(v) => array(Array::UChar(one(*v))),
        Value::Short(v) => array(Array::Short(one(*v))),
        Value::UShort(v) => array(Array::UShort(one(*v))),
        Value::Int(v) => array(Array::Int(one(*v))),
        Value::UInt(v) => array(Array::UInt(one(*v))),
        Value::Int64(v) => array(Array::Int64(one(*v))),
        Value::Float(v) => array(Array::Float(one(*v))),
        Value::Double(v) => array(Array::Double(one(*v))),
        Value::Complex(v) => array(Array::Complex(one(*v))),
        Value::DComplex(v) => array(Array::DComplex(one(*v))),
        Value::String(v) => array(Array::String(one(v.clone()))),
        Value::Record(v) => (DataType::Record, Data::Records(vec![Writer::cell(v)])),
        Value::Array(_) | Value::Table(_) => return None,
    })
}

fn one<T>(value: T) -> ndarray::ArrayD<T> {
    ndarray::arr0(value).into_dyn()
}

fn of_array(array: &Array, endian: Endian) -> Data {
    /// Numbers, whose bytes turn round for the other byte order.
    fn numbers<'a, T: Copy + 'a, const N: usize>(
        values: impl IntoIterator<Item = &'a T>,
        endian: Endian,
        bytes: impl Fn(T) -> [u8; N],
    ) -> Data {
        let mut out = Vec::new();
        for value in values {
            let mut bytes = bytes(*value);
            if endian == Endian::Little {
                bytes.reverse();
            }
            out.extend_from_slice(&bytes);
        }
        Data::Bytes(out)
    }
    match array {
        Array::Bool(values) => Data::Bools(values.iter().copied().collect()),
        Array::String(values) => Data::Texts(values.iter().cloned().collect()),
        Array::UChar(values) => Data::Bytes(values.iter().copied().collect()),
        Array::Short(values) => numbers(values, endian, i16::to_be_bytes),
        Array::UShort(values) => numbers(values, endian, u16::to_be_bytes),
        Array::Int(values) => numbers(values, endian, i32::to_be_bytes),
        Array::UInt(values) => numbers(values, endian, u32::to_be_bytes),
        Array::Int64(values) => numbers(values, endian, i64::to_be_bytes),
        Array::Float(values) => numbers(values, endian, f32::to_be_bytes),
        Array::Double(values) => numbers(values, endian, f64::to_be_bytes),
        Array::Complex(values) => {
            let parts: Vec<f32> = values.iter().flat_map(|value| [value.re, value.im]).collect();
            numbers(&parts, endian, f32::to_be_bytes)
        }
        Array::DComplex(values) => {
            let parts: Vec<f64> = values.iter().flat_map(|value| [value.re, value.im]).collect();
            numbers(&parts, endian, f64::to_be_bytes)
        }
    }
}
