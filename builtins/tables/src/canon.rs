//! A byte sequence that stands for the cells of a column, whatever storage
//! manager, byte order or bucket size holds them, and its SHA-256.
//!
//! Two columns with the same digest hold the same cells. Numbers are
//! little-endian; a cell is 0 where it has no value, else 1 and the value; an
//! array is its number of axes (u32), their lengths (u64, slowest first) and
//! its values in C order; text is its length (u32) and UTF-8; every NaN has
//! one bit pattern; numbers inside records are widened to 64 bits.

use std::collections::HashMap;
use std::ops::Range;

use sha2::{Digest as _, Sha256};

use crate::column::{Column, Run};
use crate::data_type::{Complex32, Complex64, DataType, Element};
use crate::error::Result;
use crate::managers::Shape;
use crate::value::{Array, Record, Value};

/// Bytes of values held at once, unless one cell is larger.
const AT_ONCE: usize = 4 << 20;

/// The canonical bytes of a column in short.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Digest {
    /// SHA-256 of the bytes, in hex.
    pub sha256: String,
    /// How many bytes were hashed.
    pub bytes: u64,
    /// Cells without a value.
    pub undefined: u64,
    /// Shapes of the cells in C order and how many cells have each, most
    /// frequent first, then by shape.
    pub shapes: Vec<(Shape, u64)>,
}

impl Column {
    /// The digest of all its cells. Holds a few megabytes at once, or one cell.
    pub fn digest(&self) -> Result<Digest> {
        let mut hash = Sha256::new();
        let mut bytes = 0;
        let shapes = self.canonical_counting(0..self.nrow(), &mut |chunk| {
            hash.update(chunk);
            bytes += chunk.len() as u64;
        })?;
        let mut shapes = shapes;
        let undefined = shapes.remove(&None).unwrap_or(0);
        let mut shapes: Vec<_> =
            shapes.into_iter().filter_map(|(shape, count)| Some((shape?, count))).collect();
        shapes.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        Ok(Digest { sha256: hex(&hash.finalize()), bytes, undefined, shapes })
    }

    /// The canonical bytes of its rows, piece by piece, in order.
    pub fn canonical(&self, rows: Range<u64>, mut sink: impl FnMut(&[u8])) -> Result<()> {
        self.canonical_counting(rows, &mut sink).map(drop)
    }

    fn canonical_counting(
        &self,
        rows: Range<u64>,
        sink: &mut dyn FnMut(&[u8]),
    ) -> Result<HashMap<Option<Shape>, u64>> {
        let mut shapes = HashMap::new();
        let mut out = Vec::new();
        for run in self.chunks(rows, AT_ONCE) {
            let run = run?;
            match self.data_type() {
                DataType::Bool => self.encode::<bool>(&run, &mut out)?,
                DataType::UChar => self.encode::<u8>(&run, &mut out)?,
                DataType::Short => self.encode::<i16>(&run, &mut out)?,
                DataType::UShort => self.encode::<u16>(&run, &mut out)?,
                DataType::Int => self.encode::<i32>(&run, &mut out)?,
                DataType::UInt => self.encode::<u32>(&run, &mut out)?,
                DataType::Int64 => self.encode::<i64>(&run, &mut out)?,
                DataType::Float => self.encode::<f32>(&run, &mut out)?,
                DataType::Double => self.encode::<f64>(&run, &mut out)?,
                DataType::Complex => self.encode::<Complex32>(&run, &mut out)?,
                DataType::DComplex => self.encode::<Complex64>(&run, &mut out)?,
                DataType::String => self.encode::<String>(&run, &mut out)?,
                DataType::Record => self.encode::<Record>(&run, &mut out)?,
            }
            sink(&out);
            out.clear();
            *shapes.entry(run.shape).or_insert(0) += run.rows.end - run.rows.start;
        }
        Ok(shapes)
    }

    fn encode<T: Element + Canonical>(&self, run: &Run, out: &mut Vec<u8>) -> Result<()> {
        let Some(shape) = &run.shape else {
            let rows = usize::try_from(run.rows.end - run.rows.start).unwrap_or(usize::MAX);
            out.resize(out.len().saturating_add(rows), 0);
            return Ok(());
        };
        let mut head = vec![1];
        if !self.desc().scalar {
            put_shape(&mut head, shape);
        }
        let values = self.values::<T>(run.rows.clone())?;
        let cell = shape.iter().product::<usize>();
        if cell == 0 {
            for _ in run.rows.clone() {
                out.extend_from_slice(&head);
            }
        } else {
            for cell in values.chunks(cell) {
                out.extend_from_slice(&head);
                for value in cell {
                    value.put(out);
                }
            }
        }
        Ok(())
    }
}

/// A value with canonical bytes.
trait Canonical {
    fn put(&self, out: &mut Vec<u8>);
}

macro_rules! integers {
    ($($kind:ty),*) => {
        $(impl Canonical for $kind {
            fn put(&self, out: &mut Vec<u8>) {
                out.extend_from_slice(&self.to_le_bytes());
            }
        })*
    };
}

integers!(u8, i16, u16, i32, u32, i64);

impl Canonical for bool {
    fn put(&self, out: &mut Vec<u8>) {
        out.push(u8::from(*self));
    }
}

impl Canonical for f32 {
    fn put(&self, out: &mut Vec<u8>) {
        let bits = if self.is_nan() { 0x7fc0_0000 } else { self.to_bits() };
        out.extend_from_slice(&bits.to_le_bytes());
    }
}

impl Canonical for f64 {
    fn put(&self, out: &mut Vec<u8>) {
        let bits = if self.is_nan() { 0x7ff8_0000_0000_0000 } else { self.to_bits() };
        out.extend_from_slice(&bits.to_le_bytes());
    }
}

impl Canonical for Complex32 {
    fn put(&self, out: &mut Vec<u8>) {
        self.re.put(out);
        self.im.put(out);
    }
}

impl Canonical for Complex64 {
    fn put(&self, out: &mut Vec<u8>) {
        self.re.put(out);
        self.im.put(out);
    }
}

impl Canonical for String {
    fn put(&self, out: &mut Vec<u8>) {
        put_text(out, self);
    }
}

impl Canonical for Record {
    fn put(&self, out: &mut Vec<u8>) {
        put_count(out, self.len());
        for (name, value) in self.iter() {
            put_text(out, name);
            put_value(out, value);
        }
    }
}

fn put_count(out: &mut Vec<u8>, count: usize) {
    out.extend_from_slice(&u32::try_from(count).unwrap_or(u32::MAX).to_le_bytes());
}

fn put_text(out: &mut Vec<u8>, text: &str) {
    put_count(out, text.len());
    out.extend_from_slice(text.as_bytes());
}

fn put_shape(out: &mut Vec<u8>, shape: &[usize]) {
    put_count(out, shape.len());
    for axis in shape {
        out.extend_from_slice(&(*axis as u64).to_le_bytes());
    }
}

fn put_value(out: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Bool(value) => out.extend_from_slice(&[b'B', u8::from(*value)]),
        Value::Float(_) | Value::Double(_) => {
            out.push(b'F');
            value.as_f64().unwrap_or_default().put(out);
        }
        Value::Complex(value) => {
            out.push(b'C');
            wide(*value).put(out);
        }
        Value::DComplex(value) => {
            out.push(b'C');
            value.put(out);
        }
        Value::String(text) | Value::Table(text) => {
            out.push(b'S');
            put_text(out, text);
        }
        Value::Record(record) => {
            out.push(b'R');
            record.put(out);
        }
        Value::Array(array) => put_array(out, array),
        Value::UChar(_)
        | Value::Short(_)
        | Value::UShort(_)
        | Value::Int(_)
        | Value::UInt(_)
        | Value::Int64(_) => {
            out.push(b'I');
            value.as_i64().unwrap_or_default().put(out);
        }
    }
}

fn put_array(out: &mut Vec<u8>, array: &Array) {
    fn all<'a, T: 'a, W: Canonical>(
        out: &mut Vec<u8>,
        values: impl IntoIterator<Item = &'a T>,
        widen: impl Fn(&T) -> W,
    ) {
        for value in values {
            widen(value).put(out);
        }
    }
    out.push(match array {
        Array::Bool(_) => b'b',
        Array::Float(_) | Array::Double(_) => b'f',
        Array::Complex(_) | Array::DComplex(_) => b'c',
        Array::String(_) => b's',
        _ => b'i',
    });
    put_shape(out, array.shape());
    match array {
        Array::Bool(values) => all(out, values, |value| *value),
        Array::UChar(values) => all(out, values, |value| i64::from(*value)),
        Array::Short(values) => all(out, values, |value| i64::from(*value)),
        Array::UShort(values) => all(out, values, |value| i64::from(*value)),
        Array::Int(values) => all(out, values, |value| i64::from(*value)),
        Array::UInt(values) => all(out, values, |value| i64::from(*value)),
        Array::Int64(values) => all(out, values, |value| *value),
        Array::Float(values) => all(out, values, |value| f64::from(*value)),
        Array::Double(values) => all(out, values, |value| *value),
        Array::Complex(values) => all(out, values, |value| wide(*value)),
        Array::DComplex(values) => all(out, values, |value| *value),
        Array::String(values) => all(out, values, String::clone),
    }
}

fn wide(value: Complex32) -> Complex64 {
    Complex64::new(f64::from(value.re), f64::from(value.im))
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(value: &Value) -> Vec<u8> {
        let mut out = Vec::new();
        put_value(&mut out, value);
        out
    }

    #[test]
    fn values_in_records_are_widened() {
        assert_eq!(bytes(&Value::Short(-2)), [b"I".as_slice(), &(-2i64).to_le_bytes()].concat());
        assert_eq!(bytes(&Value::Float(0.5)), [b"F".as_slice(), &0.5f64.to_le_bytes()].concat());
        let nan = Value::Float(f32::from_bits(0xffc1_2345));
        assert_eq!(
            bytes(&nan),
            [b"F".as_slice(), &0x7ff8_0000_0000_0000u64.to_le_bytes()].concat()
        );
    }

    #[test]
    fn a_record_is_its_fields_in_order() {
        let mut record = Record::new();
        record.set("b", Value::Bool(true));
        record.set("a", Value::String("x".into()));
        let mut out = Vec::new();
        record.put(&mut out);
        assert_eq!(out, b"\x02\0\0\0\x01\0\0\0bB\x01\x01\0\0\0aS\x01\0\0\0x");
    }

    #[test]
    fn minus_zero_stays() {
        let mut out = Vec::new();
        (-0.0f32).put(&mut out);
        assert_eq!(out, [0, 0, 0, 0x80]);
    }
}
