//! The HDF5 file itself: groups, texts, numbers and compound tables, with
//! errors that name the file and what was read.
//!
//! Files are read by positioned reads and not mapped: a mapped file that its
//! writer cuts off would kill the program.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use hdf5_reader::group::Group as RawGroup;
use hdf5_reader::{ByteOrder, Dataset, Datatype, FileStorage, Hdf5File, OpenOptions, StringSize};

use crate::read_error::ReadError;

/// An open HDF5 file.
pub(crate) struct File {
    path: PathBuf,
    file: Hdf5File,
}

impl std::fmt::Debug for File {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("File").field(&self.path).finish()
    }
}

/// A group of the file.
pub(crate) struct Group {
    path: PathBuf,
    /// Its name inside the file, for messages.
    name: String,
    raw: RawGroup,
}

/// The most that deflate can make out of a byte; nothing read from a file is
/// larger than this times its length.
const EXPANSION: u64 = 1032;
/// What small files may hold nevertheless (values that were never written).
const AT_LEAST: u64 = 1 << 20;

impl File {
    pub(crate) fn open(path: &Path) -> Result<Self, ReadError> {
        let opened = std::fs::File::open(path).map_err(|error| ReadError::io(path, error))?;
        let length = opened.metadata().map_err(|error| ReadError::io(path, error))?.len();
        let most = usize::try_from(length.saturating_mul(EXPANSION).saturating_add(AT_LEAST));
        let options = OpenOptions::default()
            .with_max_read_bytes(most.unwrap_or(usize::MAX))
            .with_max_chunk_bytes(most.unwrap_or(usize::MAX).min(1 << 30))
            .with_chunk_cache_bytes(0);
        let storage = FileStorage::from_file(opened).map_err(|error| fault(path, "", &error))?;
        let file = Hdf5File::from_storage_with_options(Arc::new(storage), options)
            .map_err(|error| fault(path, "", &error))?;
        Ok(Self { path: path.into(), file })
    }

    pub(crate) fn root(&self) -> Result<Group, ReadError> {
        let group = self.file.root_group().map_err(|error| fault(&self.path, "", &error))?;
        Ok(Group { path: self.path.clone(), name: String::new(), raw: group })
    }
}

fn fault(path: &Path, what: &str, error: &hdf5_reader::error::Error) -> ReadError {
    let mut inner = error;
    while let hdf5_reader::error::Error::Context { source, .. } = inner {
        inner = source;
    }
    match inner {
        hdf5_reader::error::Error::Io(io) => {
            ReadError::io(path, std::io::Error::new(io.kind(), io.to_string()))
        }
        _ if what.is_empty() => ReadError::corrupt(path, inner.to_string()),
        _ => ReadError::corrupt(path, format!("{what}: {inner}")),
    }
}

impl Group {
    fn fault(&self, name: &str, error: &hdf5_reader::error::Error) -> ReadError {
        fault(&self.path, &self.inside(name), error)
    }

    /// An error about one of its members.
    pub(crate) fn corrupt(&self, name: &str, what: impl std::fmt::Display) -> ReadError {
        ReadError::corrupt(&self.path, format!("{}: {what}", self.inside(name)))
    }

    fn inside(&self, name: &str) -> String {
        format!("{}/{name}", self.name)
    }

    /// Names of the groups and of the datasets in it, each sorted.
    pub(crate) fn members(&self) -> Result<(Vec<String>, Vec<String>), ReadError> {
        let mut names = self.raw.member_names().map_err(|error| self.fault("", &error))?;
        names.0.sort();
        names.1.sort();
        Ok(names)
    }

    /// Names of the groups in it, sorted.
    pub(crate) fn groups(&self) -> Result<Vec<String>, ReadError> {
        Ok(self.members()?.0)
    }

    pub(crate) fn group(&self, name: &str) -> Result<Self, ReadError> {
        let group = self.raw.group(name).map_err(|error| self.fault(name, &error))?;
        Ok(Self { path: self.path.clone(), name: self.inside(name), raw: group })
    }

    fn dataset(&self, name: &str) -> Result<Dataset, ReadError> {
        self.raw.dataset(name).map_err(|error| self.fault(name, &error))
    }

    /// An attribute of the group as text.
    pub(crate) fn text(&self, attribute: &str) -> Option<String> {
        let attribute = self.raw.attribute(attribute).ok()?;
        attribute_text(&attribute)
    }

    /// The attributes of a dataset that are texts.
    pub(crate) fn texts(&self, dataset: &str) -> Result<Vec<(String, String)>, ReadError> {
        let attributes = self.dataset(dataset)?.attributes();
        let text = |attribute: &hdf5_reader::Attribute| {
            attribute_text(attribute).map(|text| (attribute.name.clone(), text))
        };
        Ok(attributes.iter().filter_map(text).collect())
    }

    /// The shape of a dataset, and its type as numpy names it.
    pub(crate) fn shape(&self, name: &str) -> Result<(Vec<usize>, String), ReadError> {
        let dataset = self.dataset(name)?;
        let shape: Option<Vec<usize>> =
            dataset.shape().iter().map(|axis| usize::try_from(*axis).ok()).collect();
        let shape = shape.ok_or_else(|| self.corrupt(name, "has a shape beyond all memory"))?;
        Ok((shape, type_name(dataset.dtype())))
    }

    /// All numbers of a dataset, in C order.
    pub(crate) fn numbers(&self, name: &str) -> Result<Vec<f64>, ReadError> {
        let dataset = self.dataset(name)?;
        let bytes = dataset.read_raw_bytes().map_err(|error| self.fault(name, &error))?;
        numbers(&bytes, dataset.dtype()).ok_or_else(|| {
            self.corrupt(name, format!("holds {}, not numbers", type_name(dataset.dtype())))
        })
    }

    /// All texts of a dataset.
    pub(crate) fn strings(&self, name: &str) -> Result<Vec<String>, ReadError> {
        let dataset = self.dataset(name)?;
        if let Some(length) = fixed_length(dataset.dtype()) {
            let bytes = dataset.read_raw_bytes().map_err(|error| self.fault(name, &error))?;
            return Ok(bytes.chunks_exact(length).map(trimmed).collect());
        }
        dataset.read_strings().map_err(|error| self.fault(name, &error))
    }

    /// The rows of a compound dataset: a text and N numbers, found by the
    /// names of their members.
    pub(crate) fn table<const N: usize>(
        &self,
        name: &str,
        text: &str,
        numbers_of: &str,
    ) -> Result<Vec<(String, [f64; N])>, ReadError> {
        let dataset = self.dataset(name)?;
        let Datatype::Compound { size, fields } = dataset.dtype() else {
            return Err(self.corrupt(name, "is no table"));
        };
        let member = |name_of: &str| {
            fields
                .iter()
                .find(|field| field.name == name_of)
                .ok_or_else(|| self.corrupt(name, format!("has no member {name_of}")))
        };
        let (text, array) = (member(text)?, member(numbers_of)?);
        let bytes = dataset.read_raw_bytes().map_err(|error| self.fault(name, &error))?;
        let size = *size as usize;
        if size == 0 {
            return Err(self.corrupt(name, "has rows without bytes"));
        }
        let row = |row: &[u8]| {
            let length = fixed_length(&text.datatype)?;
            let label = cut(row, text.byte_offset as usize, length)?;
            let (base, count) = match &array.datatype {
                Datatype::Array { base, dims } => (&**base, dims.iter().product::<u64>()),
                other => (other, 1),
            };
            let width = width(base)?;
            if count != N as u64 {
                return None;
            }
            let values = numbers(cut(row, array.byte_offset as usize, width * N)?, base)?;
            Some((trimmed(label), <[f64; N]>::try_from(values).ok()?))
        };
        bytes
            .chunks_exact(size)
            .map(|bytes| {
                row(bytes).ok_or_else(|| self.corrupt(name, "has members of another type"))
            })
            .collect()
    }
}

fn cut(bytes: &[u8], start: usize, length: usize) -> Option<&[u8]> {
    bytes.get(start..start.checked_add(length)?)
}

fn fixed_length(kind: &Datatype) -> Option<usize> {
    match kind {
        Datatype::String { size: StringSize::Fixed(length), .. } if *length > 0 => {
            Some(*length as usize)
        }
        _ => None,
    }
}

/// Text up to the first NUL, without the blanks that FORTRAN pads with.
fn trimmed(bytes: &[u8]) -> String {
    let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    String::from_utf8_lossy(&bytes[..end]).trim_end_matches(' ').to_string()
}

fn attribute_text(attribute: &hdf5_reader::Attribute) -> Option<String> {
    match fixed_length(&attribute.datatype) {
        Some(_) => Some(trimmed(&attribute.raw_data)),
        None => attribute.read_string().ok(),
    }
}

fn width(kind: &Datatype) -> Option<usize> {
    match kind {
        Datatype::FloatingPoint { size, .. } | Datatype::FixedPoint { size, .. } => {
            Some(usize::from(*size))
        }
        _ => None,
    }
}

fn type_name(kind: &Datatype) -> String {
    let bits = width(kind).unwrap_or(0) * 8;
    match kind {
        Datatype::FloatingPoint { .. } => format!("float{bits}"),
        Datatype::FixedPoint { signed: true, .. } => format!("int{bits}"),
        Datatype::FixedPoint { .. } => format!("uint{bits}"),
        Datatype::String { .. } => "string".to_string(),
        _ => "another type".to_string(),
    }
}

/// Numbers of any width and byte order as f64.
fn numbers(bytes: &[u8], kind: &Datatype) -> Option<Vec<f64>> {
    let (Datatype::FloatingPoint { byte_order, .. } | Datatype::FixedPoint { byte_order, .. }) =
        kind
    else {
        return None;
    };
    let big = *byte_order == ByteOrder::BigEndian;
    macro_rules! convert {
        ($width:literal, $from:expr) => {
            bytes
                .as_chunks::<$width>()
                .0
                .iter()
                .map(|chunk| {
                    let mut chunk = *chunk;
                    if big {
                        chunk.reverse();
                    }
                    $from(chunk)
                })
                .collect()
        };
    }
    #[allow(clippy::cast_precision_loss)] // counts, as everywhere in these files
    Some(match kind {
        Datatype::FloatingPoint { size: 2, .. } => {
            convert!(2, |chunk| half(u16::from_le_bytes(chunk)))
        }
        Datatype::FloatingPoint { size: 4, .. } => {
            convert!(4, |chunk| f64::from(f32::from_le_bytes(chunk)))
        }
        Datatype::FloatingPoint { size: 8, .. } => convert!(8, f64::from_le_bytes),
        Datatype::FixedPoint { size: 1, signed: true, .. } => {
            convert!(1, |chunk| f64::from(i8::from_le_bytes(chunk)))
        }
        Datatype::FixedPoint { size: 1, .. } => {
            convert!(1, |chunk| f64::from(u8::from_le_bytes(chunk)))
        }
        Datatype::FixedPoint { size: 2, signed: true, .. } => {
            convert!(2, |chunk| f64::from(i16::from_le_bytes(chunk)))
        }
        Datatype::FixedPoint { size: 2, .. } => {
            convert!(2, |chunk| f64::from(u16::from_le_bytes(chunk)))
        }
        Datatype::FixedPoint { size: 4, signed: true, .. } => {
            convert!(4, |chunk| f64::from(i32::from_le_bytes(chunk)))
        }
        Datatype::FixedPoint { size: 4, .. } => {
            convert!(4, |chunk| f64::from(u32::from_le_bytes(chunk)))
        }
        Datatype::FixedPoint { size: 8, signed: true, .. } => {
            convert!(8, |chunk| i64::from_le_bytes(chunk) as f64)
        }
        Datatype::FixedPoint { size: 8, .. } => {
            convert!(8, |chunk| u64::from_le_bytes(chunk) as f64)
        }
        _ => return None,
    })
}

/// A float of IEEE 754 with 16 bits: sign, 5 bits of exponent, 10 of fraction.
fn half(bits: u16) -> f64 {
    let fraction = f64::from(bits & 0x3ff);
    let size = match (bits >> 10) & 0x1f {
        0 => fraction * 2f64.powi(-24),
        31 if fraction == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        exponent => (1.0 + fraction / 1024.0) * 2f64.powi(i32::from(exponent) - 15),
    };
    if bits & 0x8000 == 0 { size } else { -size }
}

#[cfg(test)]
mod unit {
    #![allow(clippy::float_cmp)]

    use super::*;

    #[test]
    fn floats_of_two_bytes() {
        for (bits, value) in [
            (0x3c00, 1.0),
            (0xc000, -2.0),
            (0x7bff, 65504.0),
            (0x0001, 2f64.powi(-24)),
            (0x0400, 2f64.powi(-14)),
            (0x3555, 0.333_251_953_125),
            (0x7c00, f64::INFINITY),
            (0x0000, 0.0),
        ] {
            assert_eq!(half(bits), value, "{bits:x}");
        }
        assert!(half(0x7e00).is_nan());
    }

    #[test]
    fn texts_end_at_the_first_nul() {
        assert_eq!(trimmed(b"CS001HBA0\0\0garbage"), "CS001HBA0");
        assert_eq!(trimmed(b"XX"), "XX");
        assert_eq!(trimmed(b"ab  "), "ab");
        assert_eq!(trimmed(b"\0"), "");
    }
}
