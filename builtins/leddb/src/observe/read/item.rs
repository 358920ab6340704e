//! Rows of diagnostics on their way from a node to the host.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

/// Bytes of arrays in JSON: compressed, because fillers, counts and numbers of single
/// precision hold much less than their room.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Packed(String);

/// Quick, and as good as slower ones at what there is to win.
const LEVEL: i32 = 1;

/// Most bytes of an item; a damaged length must not exhaust the memory.
const LARGEST: usize = 1 << 30;

impl Packed {
    /// Packs bytes.
    pub fn new(bytes: &[u8]) -> Result<Self, String> {
        let packed = zstd::bulk::compress(bytes, LEVEL).map_err(|error| error.to_string())?;
        Ok(Self(STANDARD.encode(packed)))
    }

    /// The bytes; there must be as many.
    pub fn bytes(&self, length: usize) -> Result<Vec<u8>, String> {
        let packed = STANDARD.decode(&self.0).map_err(|error| error.to_string())?;
        if length > LARGEST {
            return Err(format!("{length} bytes are too many"));
        }
        let bytes = zstd::bulk::decompress(&packed, length).map_err(|error| error.to_string())?;
        if bytes.len() == length {
            Ok(bytes)
        } else {
            Err(format!("{} bytes instead of {length}", bytes.len()))
        }
    }
}

/// Rows of one table: bytes of the arrays of four correlations as the database has
/// them, one after the other.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "table", rename_all = "lowercase")]
pub enum Item {
    /// Gains of one station in one direction.
    Gain {
        /// The station.
        station: String,
        /// Right ascension and declination, degrees.
        direction: Option<(f64, f64)>,
        /// Steps and lengths of the axes.
        axes: Axes,
        /// The array.
        values: Packed,
    },
    /// Time statistics of one kind.
    Qts {
        /// The kind.
        kind: String,
        /// Steps and lengths of the axes.
        axes: Axes,
        /// The array.
        values: Packed,
    },
    /// Frequency statistics of one kind.
    Qfs {
        /// The kind.
        kind: String,
        /// Steps and lengths of the axes.
        axes: Axes,
        /// The array.
        values: Packed,
    },
    /// Baseline statistics of one kind.
    Qbs {
        /// The kind.
        kind: String,
        /// Names of the stations of each baseline, in the order of names.
        baselines: Vec<[String; 2]>,
        /// Steps and lengths of the axes.
        axes: Axes,
        /// The arrays of all baselines.
        values: Packed,
    },
}

/// The axes of an array besides the correlations.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Axes {
    /// Channels.
    pub channels: u32,
    /// Times, if there is that axis.
    pub times: Option<u32>,
    /// Distance of channels, Hz.
    pub freq_step: Option<f64>,
    /// Middle of the first channel, Hz.
    #[serde(default)]
    pub freq_start: Option<f64>,
    /// Distance of times, s.
    pub time_step: Option<f64>,
    /// The first time, MJD in s.
    pub time_start: Option<f64>,
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn what_is_packed_comes_out_again() {
        let bytes: Vec<u8> = (0..10_000).map(|k| u8::try_from(k % 7).unwrap()).collect();
        let packed = Packed::new(&bytes).unwrap();
        assert!(packed.0.len() < 500);
        assert_eq!(packed.bytes(bytes.len()).unwrap(), bytes);
        assert!(packed.bytes(9999).is_err() && packed.bytes(10_001).is_err());
        assert!(Packed("?".into()).bytes(1).is_err());
        assert!(packed.bytes(usize::MAX).is_err());
    }
}
