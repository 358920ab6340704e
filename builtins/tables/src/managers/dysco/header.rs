//! The header of a Dysco file: how rows are grouped into blocks, and how the
//! values of a block are scaled and quantized.
//!
//! All numbers are in the byte order of the machine that wrote the file, which
//! was a little-endian one wherever Dysco runs; the byte order of the table
//! says nothing about it.
//!
//! Source of the format: `casacore/tables/Dysco/header.h`, `dyscostman.cc`.

use crate::aipsio::Reader;
use crate::buffer::Endian;
use crate::error::{Error, Result};
use crate::storage::Source;
use crate::value::{Record, Value};

/// Bytes before the name: the sizes of both headers, the number of columns
/// and the length of the name.
const BEFORE_NAME: u64 = 16;
/// Bytes after the name, up to the headers of the columns.
const AFTER_NAME: u64 = 36;
/// The longest name believed; real ones have a few letters.
const LONGEST_NAME: u32 = 1 << 16;

/// How the quantized values lie on the number line.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Distribution {
    /// As a normal distribution, widened for the least error.
    Gaussian,
    /// Evenly.
    Uniform,
    /// As Student's distribution with so many degrees of freedom.
    StudentsT(f64),
    /// As a normal distribution cut off at so many standard deviations.
    TruncatedGaussian(f64),
}

/// Over what values were scaled before they were quantized.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Normalization {
    /// By antenna and by channel.
    AntennaFrequency,
    /// By row and by channel.
    RowFrequency,
    /// By row.
    Row,
}

/// The header of a file.
#[derive(Debug, Clone)]
pub(super) struct Header {
    /// Where the first block begins.
    pub(super) size: u64,
    /// Number of columns.
    pub(super) columns: usize,
    /// Name of the storage manager.
    pub(super) name: String,
    /// Rows of a block; 0 when no block was ever written.
    pub(super) rows_per_block: u64,
    /// Antennas that have a factor in each block.
    pub(super) antennas: u64,
    /// Bytes of a block, all columns together.
    pub(super) block_size: u64,
    /// Bits of a part (real or imaginary) of a value.
    pub(super) data_bits: u8,
    /// Bits of a weight.
    pub(super) weight_bits: u8,
    pub(super) distribution: Distribution,
    pub(super) normalization: Normalization,
    students_nu: f64,
    truncation: f64,
}

impl Header {
    /// Reads the header of a file.
    pub(super) fn read(file: &dyn Source) -> Result<Self> {
        let corrupt = |what: String| Error::corrupt(file.path(), what);
        let start = file.bytes(0, BEFORE_NAME)?;
        let mut reader = Reader::with_endian(file.path(), &start, Endian::Little);
        reader.take(12)?;
        let name = reader.u32()?;
        if name > LONGEST_NAME {
            return Err(corrupt(format!("has a name of {name} bytes")));
        }
        let bytes = file.bytes(0, BEFORE_NAME + u64::from(name) + AFTER_NAME)?;
        let mut reader = Reader::with_endian(file.path(), &bytes, Endian::Little);
        let size = u64::from(reader.u32()?);
        reader.u32()?; // where the headers of the columns begin: here
        let columns = reader.u32()? as usize;
        let name = reader.string()?;
        let rows_per_block = u64::from(reader.u32()?);
        let antennas = u64::from(reader.u32()?);
        let block_size = u64::from(reader.u32()?);
        let (major, minor) = (reader.u16()?, reader.u16()?);
        if (major, minor) != (1, 0) {
            return Err(Error::unsupported(
                file.path(),
                format!("Dysco files of version {major}.{minor}; this version reads 1.0"),
            ));
        }
        let (data_bits, weight_bits) = (reader.u8()?, reader.u8()?);
        let (distribution, normalization) = (reader.u8()?, reader.u8()?);
        let (students_nu, truncation) = (reader.f64()?, reader.f64()?);
        let distribution = match distribution {
            0 => Distribution::Gaussian,
            1 => Distribution::Uniform,
            2 if (0.5..=1e5).contains(&students_nu) => Distribution::StudentsT(students_nu),
            2 => return Err(corrupt(format!("has {students_nu} degrees of freedom"))),
            3 if truncation.is_finite() => Distribution::TruncatedGaussian(truncation),
            3 => return Err(corrupt(format!("has a distribution cut off at {truncation}"))),
            other => return Err(corrupt(format!("has a distribution of code {other}"))),
        };
        let normalization = match normalization {
            0 => Normalization::AntennaFrequency,
            1 => Normalization::RowFrequency,
            2 => Normalization::Row,
            other => return Err(corrupt(format!("has a normalization of code {other}"))),
        };
        Ok(Self {
            size,
            columns,
            name,
            rows_per_block,
            antennas,
            block_size,
            data_bits,
            weight_bits,
            distribution,
            normalization,
            students_nu,
            truncation,
        })
    }

    /// The settings with casacore's names.
    pub(super) fn settings(&self) -> Record {
        let distribution = match self.distribution {
            Distribution::Gaussian => "Gaussian",
            Distribution::Uniform => "Uniform",
            Distribution::StudentsT(_) => "StudentsT",
            Distribution::TruncatedGaussian(_) => "TruncatedGaussian",
        };
        let normalization = match self.normalization {
            Normalization::AntennaFrequency => "AF",
            Normalization::RowFrequency => "RF",
            Normalization::Row => "Row",
        };
        let mut settings = Record::new();
        settings.set("dataBitCount", Value::UInt(self.data_bits.into()));
        settings.set("weightBitCount", Value::UInt(self.weight_bits.into()));
        settings.set("distribution", Value::String(distribution.into()));
        settings.set("normalization", Value::String(normalization.into()));
        settings.set("studentTNu", Value::Double(self.students_nu));
        settings.set("distributionTruncation", Value::Double(self.truncation));
        settings
    }
}
