//! Stations, their positions, and the type of antenna.

use serde::{Deserialize, Serialize};

use super::reader::Reader;

const TABLE: &str = "ANTENNA";

/// What the ANTENNA table says.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct StationFacts {
    /// `HBA` or `LBA`, from the names of the stations, else from the antenna set.
    pub antenna_type: Option<String>,
    /// The same from the names alone.
    pub antenna_type_from_names: Option<String>,
    /// Names in table order, also of stations without data.
    pub stations: Vec<String>,
    /// ITRF positions in m, one `[x, y, z]` for each station.
    pub station_positions_m: Vec<Vec<f64>>,
    /// How many stations.
    pub n_stations: usize,
}

pub(super) fn read(reader: &mut Reader, antenna_set: Option<&str>) -> StationFacts {
    let stations: Vec<String> = reader.all(TABLE, "NAME").unwrap_or_default();
    let positions: Vec<f64> = reader.all(TABLE, "POSITION").unwrap_or_default();
    let from_names = stations.iter().find_map(|name| antenna_type(name));
    let from_set = || antenna_set.and_then(antenna_type);
    StationFacts {
        antenna_type: from_names.or_else(from_set).map(str::to_string),
        antenna_type_from_names: from_names.map(str::to_string),
        n_stations: stations.len(),
        stations,
        station_positions_m: positions.chunks(3).map(<[f64]>::to_vec).collect(),
    }
}

/// The type of antenna that a name tells.
fn antenna_type(name: &str) -> Option<&'static str> {
    ["HBA", "LBA"].into_iter().find(|kind| name.contains(kind))
}
