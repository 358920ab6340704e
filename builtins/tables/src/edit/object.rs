//! Writes AipsIO objects: the counterpart of the reader of headers.
//!
//! Big-endian as a rule: so is `table.dat`, and so are the headers that
//! storage managers keep in it. Headers in the files of some managers have
//! the byte order of the table.

use crate::aipsio::MAGIC;
use crate::buffer::Endian;
use crate::value::{Array, Record, Value};

/// Bytes of nested objects under construction.
#[derive(Debug)]
pub(crate) struct Writer {
    bytes: Vec<u8>,
    endian: Endian,
    /// Where the length of each open object stands.
    open: Vec<usize>,
}

impl Writer {
    /// An empty writer of big-endian bytes.
    pub(crate) fn new() -> Self {
        Self::with_endian(Endian::Big)
    }

    /// An empty writer of numbers in this byte order.
    pub(crate) fn with_endian(endian: Endian) -> Self {
        Self { bytes: Vec::new(), endian, open: Vec::new() }
    }

    /// What was written; every object must have been ended.
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        debug_assert!(self.open.is_empty(), "an object was not ended");
        self.bytes
    }

    /// Begins an object; the outermost gets the magic number.
    pub(crate) fn start(&mut self, kind: &str, version: u32) {
        if self.open.is_empty() {
            self.u32(MAGIC);
        }
        self.open.push(self.bytes.len());
        self.u32(0);
        self.string(kind);
        self.u32(version);
    }

    /// Ends the innermost object and fills in its length.
    pub(crate) fn end(&mut self) {
        if let Some(start) = self.open.pop() {
            let length = u32::try_from(self.bytes.len() - start).unwrap_or(MAGIC);
            let length = self.endian.u32(length);
            self.bytes[start..start + 4].copy_from_slice(&length);
        }
    }

    /// How many bytes were written.
    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Bytes as they are.
    pub(crate) fn raw(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// A boolean: a byte of its own.
    pub(crate) fn bool(&mut self, value: bool) {
        self.bytes.push(u8::from(value));
    }

    /// A signed 32-bit number.
    pub(crate) fn i32(&mut self, value: i32) {
        self.u32(value.cast_unsigned());
    }

    /// An unsigned 32-bit number.
    pub(crate) fn u32(&mut self, value: u32) {
        self.raw(&self.endian.u32(value));
    }

    /// An unsigned 64-bit number.
    pub(crate) fn u64(&mut self, value: u64) {
        self.raw(&self.endian.u64(value));
    }

    /// A length or count of 32 bits; what is longer cannot be in a table.
    pub(crate) fn count(&mut self, count: usize) {
        self.u32(u32::try_from(count).unwrap_or(u32::MAX));
    }

    /// Text: its length, then its bytes.
    pub(crate) fn string(&mut self, text: &str) {
        self.count(text.len());
        self.raw(text.as_bytes());
    }

    /// A shape given in C order, as an `IPosition` in storage order.
    pub(crate) fn shape(&mut self, c_order: &[usize]) {
        let narrow: Option<Vec<i32>> =
            c_order.iter().rev().map(|axis| i32::try_from(*axis).ok()).collect();
        if let Some(axes) = narrow {
            self.start_inside("IPosition", 1);
            self.count(axes.len());
            for axis in axes {
                self.i32(axis);
            }
        } else {
            self.start_inside("IPosition", 2);
            self.count(c_order.len());
            for axis in c_order.iter().rev() {
                self.u64(*axis as u64);
            }
        }
        self.end();
    }

    /// Unsigned numbers of 32 bits, as a block.
    pub(crate) fn block_u32(&mut self, numbers: &[u32]) {
        self.start_inside("Block", 1);
        self.count(numbers.len());
        for number in numbers {
            self.u32(*number);
        }
        self.end();
    }

    /// Unsigned numbers of 64 bits, as a block.
    pub(crate) fn block_u64(&mut self, numbers: &[u64]) {
        self.start_inside("Block", 1);
        self.count(numbers.len());
        for number in numbers {
            self.u64(*number);
        }
        self.end();
    }

    /// Begins an object that has no magic number, whatever is open: shapes
    /// and records may stand alone in pieces that are joined later.
    pub(crate) fn start_inside(&mut self, kind: &str, version: u32) {
        self.open.push(self.bytes.len());
        self.u32(0);
        self.string(kind);
        self.u32(version);
    }

    /// A record of keywords with its description.
    pub(crate) fn record(&mut self, record: &Record) {
        self.record_as("TableRecord", record);
    }

    /// A record of one of casacore's two kinds.
    pub(crate) fn record_as(&mut self, kind: &str, record: &Record) {
        self.start_inside(kind, 1);
        self.description(record);
        // Fields may be added to it.
        self.i32(1);
        self.fields(record);
        self.end();
    }

    /// A record as a cell holds it, an object of its own.
    pub(crate) fn cell(record: &Record) -> Vec<u8> {
        let mut out = Self::new();
        out.u32(MAGIC);
        out.record(record);
        out.into_bytes()
    }

    fn description(&mut self, record: &Record) {
        self.start_inside("RecordDesc", 2);
        self.count(record.len());
        for field in record.fields() {
            self.string(&field.name);
            self.i32(code(&field.value));
            match &field.value {
                Value::Record(nested) => self.description(nested),
                Value::Table(_) => self.string(""),
                // Of any shape, so that another one may take its place.
                Value::Array(_) => {
                    self.start_inside("IPosition", 1);
                    self.u32(1);
                    self.i32(-1);
                    self.end();
                }
                _ => {}
            }
            self.string(&field.comment);
        }
        self.end();
    }

    fn fields(&mut self, record: &Record) {
        for field in record.fields() {
            match &field.value {
                // Without fields its description says nothing, so it stands alone.
                Value::Record(nested) if nested.is_empty() => self.record(nested),
                Value::Record(nested) => self.fields(nested),
                value => self.value(value),
            }
        }
    }

    fn value(&mut self, value: &Value) {
        match value {
            Value::Bool(value) => self.bool(*value),
            Value::UChar(value) => self.raw(&[*value]),
            Value::Short(value) => self.raw(&value.to_be_bytes()),
            Value::UShort(value) => self.raw(&value.to_be_bytes()),
            Value::Int(value) => self.i32(*value),
            Value::UInt(value) => self.u32(*value),
            Value::Int64(value) => self.raw(&value.to_be_bytes()),
            Value::Float(value) => self.raw(&value.to_be_bytes()),
            Value::Double(value) => self.raw(&value.to_be_bytes()),
            Value::Complex(value) => {
                self.raw(&value.re.to_be_bytes());
                self.raw(&value.im.to_be_bytes());
            }
            Value::DComplex(value) => {
                self.raw(&value.re.to_be_bytes());
                self.raw(&value.im.to_be_bytes());
            }
            Value::String(text) | Value::Table(text) => self.string(text),
            Value::Array(array) => self.array(array),
            Value::Record(record) => self.record(record),
        }
    }

    fn array(&mut self, array: &Array) {
        self.start_inside("Array", 3);
        let shape = array.shape();
        // casacore writes an array without values as one without axes.
        let axes = if array.is_empty() && shape.len() <= 1 { &[][..] } else { shape };
        self.count(axes.len());
        axes.iter().rev().for_each(|axis| self.count(*axis));
        self.count(array.len());
        match array {
            Array::Bool(values) => {
                let bits: Vec<bool> = values.iter().copied().collect();
                for eight in bits.chunks(8) {
                    let byte = eight.iter().rev().fold(0, |byte, bit| byte << 1 | u8::from(*bit));
                    self.raw(&[byte]);
                }
            }
            Array::UChar(values) => values.iter().for_each(|v| self.raw(&[*v])),
            Array::Short(values) => values.iter().for_each(|v| self.raw(&v.to_be_bytes())),
            Array::UShort(values) => values.iter().for_each(|v| self.raw(&v.to_be_bytes())),
            Array::Int(values) => values.iter().for_each(|v| self.raw(&v.to_be_bytes())),
            Array::UInt(values) => values.iter().for_each(|v| self.raw(&v.to_be_bytes())),
            Array::Int64(values) => values.iter().for_each(|v| self.raw(&v.to_be_bytes())),
            Array::Float(values) => values.iter().for_each(|v| self.raw(&v.to_be_bytes())),
            Array::Double(values) => values.iter().for_each(|v| self.raw(&v.to_be_bytes())),
            Array::Complex(values) => {
                values.iter().for_each(|v| self.value(&Value::Complex(*v)));
            }
            Array::DComplex(values) => {
                values.iter().for_each(|v| self.value(&Value::DComplex(*v)));
            }
            Array::String(values) => values.iter().for_each(|v| self.string(v)),
        }
        self.end();
    }
}

/// casacore's number of the type of a field.
fn code(value: &Value) -> i32 {
    use crate::data_type::DataType;
    let scalar = |kind: DataType| kind.code();
    match value {
        Value::Bool(_) => scalar(DataType::Bool),
        Value::UChar(_) => scalar(DataType::UChar),
        Value::Short(_) => scalar(DataType::Short),
        Value::UShort(_) => scalar(DataType::UShort),
        Value::Int(_) => scalar(DataType::Int),
        Value::UInt(_) => scalar(DataType::UInt),
        Value::Int64(_) => scalar(DataType::Int64),
        Value::Float(_) => scalar(DataType::Float),
        Value::Double(_) => scalar(DataType::Double),
        Value::Complex(_) => scalar(DataType::Complex),
        Value::DComplex(_) => scalar(DataType::DComplex),
        Value::String(_) => scalar(DataType::String),
        Value::Record(_) => scalar(DataType::Record),
        Value::Table(_) => 12,
        Value::Array(array) => array.data_type().array_code(),
    }
}
