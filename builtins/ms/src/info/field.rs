//! Where the telescope looked.

use serde::{Deserialize, Serialize};

use super::reader::Reader;

const TABLE: &str = "FIELD";

/// A direction, J2000 unless the set says otherwise.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Direction {
    /// Right ascension as it is stored, rad.
    pub ra_rad: f64,
    /// Declination, rad.
    pub dec_rad: f64,
    /// Right ascension, degrees, 0 to 360.
    pub ra_deg: f64,
    /// Declination, degrees.
    pub dec_deg: f64,
}

/// What the FIELD table says, row 0.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct FieldFacts {
    /// Name of the field.
    pub field_name: Option<String>,
    /// How many fields the set has.
    pub n_fields: u64,
    /// The phase centre.
    pub phase_dir: Option<Direction>,
    /// The direction of the delays; differs from the phase centre only in odd sets.
    pub delay_dir: Option<Direction>,
    /// The reference direction.
    pub reference_dir: Option<Direction>,
}

pub(super) fn read(reader: &mut Reader) -> FieldFacts {
    FieldFacts {
        field_name: reader.text(TABLE, "NAME", 0),
        n_fields: reader.nrow(TABLE),
        phase_dir: direction(reader, "PHASE_DIR"),
        delay_dir: direction(reader, "DELAY_DIR"),
        reference_dir: direction(reader, "REFERENCE_DIR"),
    }
}

/// The first term of a direction polynomial.
fn direction(reader: &mut Reader, column: &'static str) -> Option<Direction> {
    let terms = reader.numbers(TABLE, column, 0)?;
    let (ra_rad, dec_rad) = (*terms.first()?, *terms.get(1)?);
    Some(Direction {
        ra_rad,
        dec_rad,
        ra_deg: degrees(ra_rad).rem_euclid(360.0),
        dec_deg: degrees(dec_rad),
    })
}

/// As `rad * 180 / pi`, which keeps the last digit that `to_degrees` may lose.
fn degrees(rad: f64) -> f64 {
    rad * 180.0 / std::f64::consts::PI
}
