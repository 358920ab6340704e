//! What values are drawn against.

use std::str::FromStr;

use ledama_ms::info::MsInfo;
use serde::{Deserialize, Serialize};

use crate::astro::Place;

/// What values are drawn against.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Abscissa {
    /// Seconds UTC since 1970.
    #[default]
    Time,
    /// Apparent hour angle of the phase centre, s of time.
    Ha,
    /// Number of the channel, the first is 1.
    Chan,
    /// MHz.
    Freq,
}

impl Abscissa {
    /// Whether places are times; else they are channels.
    pub fn is_time(self) -> bool {
        matches!(self, Self::Time | Self::Ha)
    }
}

impl FromStr for Abscissa {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "time" => Ok(Self::Time),
            "ha" => Ok(Self::Ha),
            "chan" => Ok(Self::Chan),
            "freq" => Ok(Self::Freq),
            other => Err(format!("there is no axis `{other}`; there are time, ha, chan, freq")),
        }
    }
}

/// Where a telescope stands: LOFAR, or the middle of the stations of the set.
pub fn site(info: &MsInfo) -> Option<Place> {
    if info.observation.telescope.as_deref() == Some("LOFAR") {
        return Some(Place::LOFAR);
    }
    let positions = &info.stations.station_positions_m;
    let mut sum = [0.0; 3];
    for position in positions {
        for (total, part) in sum.iter_mut().zip(position) {
            *total += part;
        }
    }
    #[allow(clippy::cast_precision_loss)] // stations are few
    let [east, north, up] = sum.map(|total| total / positions.len() as f64);
    (east.hypot(north) > 0.0).then(|| geodetic(east, north, up))
}

/// Longitude and geodetic latitude of a place near the surface (Bowring 1976, WGS84).
fn geodetic(x: f64, y: f64, z: f64) -> Place {
    const MAJOR: f64 = 6_378_137.0;
    const FLATTENING: f64 = 1.0 / 298.257_223_563;
    let minor = MAJOR * (1.0 - FLATTENING);
    let squared = FLATTENING * (2.0 - FLATTENING);
    let axis = x.hypot(y);
    let reduced = (z * MAJOR).atan2(axis * minor);
    let above = z + squared / (1.0 - squared) * minor * reduced.sin().powi(3);
    let latitude = above.atan2(axis - squared * MAJOR * reduced.cos().powi(3));
    Place { longitude_deg: y.atan2(x).to_degrees(), latitude_deg: latitude.to_degrees() }
}
