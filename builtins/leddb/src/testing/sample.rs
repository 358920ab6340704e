//! A small made-up database, the same every time: observations with beams, products,
//! sets, files and diagnostics whose numbers follow from their names.

use std::borrow::Cow;

use crate::error::Result;
use crate::load::{DiagKey, DiagRow, Diagnostics, Existing, Source, replace, upsert};
use crate::meta;
use crate::schema::{Type, diagnostics, reference};
use crate::store::{Transaction, Value};
use crate::values::Shape;

/// How large it is.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    /// Beams of each observation.
    pub beams: i64,
    /// Products of each beam.
    pub products: i64,
    /// Sub-bands of each product.
    pub subbands: i64,
    /// Stations of each observation.
    pub stations: usize,
    /// Kinds of quality statistics.
    pub kinds: usize,
    /// Channels of arrays.
    pub channels: u32,
    /// Times of arrays.
    pub times: u32,
}

impl Default for Size {
    fn default() -> Self {
        Self { beams: 2, products: 2, subbands: 3, stations: 3, kinds: 2, channels: 2, times: 5 }
    }
}

/// An observation that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// Its name.
    pub name: String,
    /// Ids of its beams.
    pub beams: Vec<i64>,
    /// Ids of its products.
    pub products: Vec<i64>,
    /// Ids of its measurement sets.
    pub sets: Vec<i64>,
    /// Ids of its files.
    pub files: Vec<i64>,
    /// Ids of its baselines.
    pub baselines: Vec<i64>,
    /// Ids of the kinds of quality statistics.
    pub kinds: Vec<i64>,
}

/// The fields of the beams, by number.
pub const FIELDS: [&str; 3] = ["3C196", "NCP", "3C 61.1"];

/// Station number `k`; every fourth is international.
pub fn station(k: usize) -> (String, &'static str) {
    match k % 4 {
        3 => (format!("DE{:03}HBA", 601 + k / 4), "IS"),
        2 => (format!("RS{:03}HBA", 106 + k / 4), "RS"),
        _ => (format!("CS{:03}HBA{}", 1 + k / 4, k % 4), "CS"),
    }
}

/// Ids of rows that have one.
pub(super) fn ids(
    tx: &mut Transaction,
    table: &'static crate::schema::Table,
    columns: &[&str],
    rows: &[Vec<Value>],
) -> Result<Vec<i64>> {
    let written = upsert(tx, table, columns, rows, Existing::Fill)?;
    Ok(written.into_iter().filter_map(|row| row.id).collect())
}

/// Rows that are a name and nothing else.
pub(super) fn names(
    tx: &mut Transaction,
    table: &'static crate::schema::Table,
    names: &[&str],
) -> Result<()> {
    let rows: Vec<_> = names.iter().map(|name| vec![Value::from(*name)]).collect();
    upsert(tx, table, &["name"], &rows, Existing::Keep).map(drop)
}

/// The rows that observations share, and the observation itself: its name and the
/// ids of its baselines and kinds.
fn root(tx: &mut Transaction, number: i64, size: Size) -> Result<(String, Vec<i64>, Vec<i64>)> {
    let name = format!("L{}", 80_000 + number);
    names(tx, &reference::PROJECT, &["LEA128"])?;
    names(tx, &reference::FIELD, &FIELDS)?;
    names(tx, &reference::STORE, &["EoR", "TARGET_E_EOR"])?;
    names(tx, &reference::STORE_HOST, &["node011", "node012", "TARGET_E_EOR"])?;
    let begin = 4_838_322_659.5 + 1e6 * f64::from(i32::try_from(number).unwrap_or(0));
    upsert(
        tx,
        &reference::LOFAR_DATASET,
        &[
            "name",
            "project",
            "antenna_type",
            "initial_mjd",
            "final_mjd",
            "initial_utc",
            "final_utc",
        ],
        &[vec![
            name.as_str().into(),
            "LEA128".into(),
            "HBA".into(),
            begin.into(),
            (begin + 1800.5).into(),
            format!("2012/03/{:02}/02:31:00", 1 + number % 28).into(),
            format!("2012/03/{:02}/03:01:00", 1 + number % 28).into(),
        ]],
        Existing::Fill,
    )?;
    let stations: Vec<(String, &str)> = (0..size.stations).map(station).collect();
    let rows: Vec<_> = stations
        .iter()
        .map(|(name, place)| {
            vec![name.as_str().into(), "HBA".into(), (*place).into(), vec![1.5, -2.5, 3.0].into()]
        })
        .collect();
    upsert(
        tx,
        &reference::STATION,
        &["name", "antenna_type", "location_type", "position"],
        &rows,
        Existing::Keep,
    )?;
    let rows: Vec<_> = stations
        .iter()
        .map(|(station, _)| vec![name.as_str().into(), station.as_str().into()])
        .collect();
    upsert(
        tx,
        &reference::LOFAR_DATASET_HAS_STATION,
        &["lofar_dataset", "station"],
        &rows,
        Existing::Keep,
    )?;
    let mut sorted: Vec<&str> = stations.iter().map(|(name, _)| name.as_str()).collect();
    sorted.sort_unstable();
    let rows: Vec<_> = (0..sorted.len())
        .flat_map(|a| (a..sorted.len()).map(move |b| (a, b)))
        .map(|(a, b)| vec![sorted[a].into(), sorted[b].into()])
        .collect();
    let baselines = ids(tx, &reference::BASELINE, &["station_1", "station_2"], &rows)?;
    let rows: Vec<_> = crate::schema::kinds::QUALITY_KINDS
        .iter()
        .filter(|kind| kind.stored)
        .take(size.kinds)
        .map(|kind| vec![kind.name.into(), crate::schema::kinds::description(kind.name).into()])
        .collect();
    let kinds = ids(tx, &diagnostics::QUALITY_KIND, &["name", "description"], &rows)?;
    Ok((name, baselines, kinds))
}

/// Makes observation `number` with everything but diagnostics.
pub fn observation(tx: &mut Transaction, number: i64, size: Size) -> Result<Made> {
    let (name, baselines, kinds) = root(tx, number, size)?;
    let rows: Vec<_> = (0..size.beams)
        .map(|beam| {
            let field = FIELDS[usize::try_from(beam).unwrap_or(0) % FIELDS.len()];
            vec![name.as_str().into(), beam.into(), field.into(), 123.4.into(), 48.2.into()]
        })
        .collect();
    let columns =
        ["lofar_dataset", "beam_index", "field", "phase_direction_ra", "phase_direction_dec"];
    let beams = ids(tx, &reference::LOFAR_DATASET_BEAM, &columns, &rows)?;
    let (mut products, mut sets, mut files) = (Vec::new(), Vec::new(), Vec::new());
    for (beam_index, beam) in beams.iter().enumerate() {
        let rows: Vec<_> = (0..size.products).map(|product| product_row(*beam, product)).collect();
        let of_beam = ids(tx, &reference::LOFAR_DATASET_BEAM_PRODUCT, PRODUCT, &rows)?;
        for (version, product) in of_beam.iter().enumerate() {
            let rows: Vec<_> = (0..size.subbands)
                .map(|sb| vec![(*product).into(), sb.into(), frequency(sb).into(), 0.195.into()])
                .collect();
            let columns =
                ["lofar_dataset_beam_product_id", "sb_index", "central_frequency", "bandwidth"];
            let of_product = ids(tx, &reference::MEASUREMENTSET, &columns, &rows)?;
            let folder = format!("/data1/users/lofareor/pipeline/{name}_{version:03}");
            names(tx, &reference::PARENT_PATH, &[&folder])?;
            let rows: Vec<_> = of_product
                .iter()
                .enumerate()
                .map(|(sb, set)| {
                    let file = format!("{name}_SAP{beam_index:03}_SB{sb:03}_uv.MS");
                    let host = if version == 0 { "node011" } else { "node012" };
                    let size = i64::try_from(sb).unwrap_or(0) + 100;
                    vec![
                        (*set).into(),
                        host.into(),
                        folder.as_str().into(),
                        file.into(),
                        1_333_000_000_i64.into(),
                        (1_332_000_000 + set).into(),
                        size.into(),
                    ]
                })
                .collect();
            let columns = [
                "measurementset_id",
                "store_host",
                "parent_path",
                "name",
                "last_check",
                "last_modification",
                "product_size",
            ];
            files.extend(ids(tx, &reference::MEASUREMENTSET_PRODUCT, &columns, &rows)?);
            sets.extend(of_product);
        }
        products.extend(of_beam);
    }
    meta::mark(tx, &name)?;
    Ok(Made { name, beams, products, sets, files, baselines, kinds })
}

const PRODUCT: &[&str] = &[
    "lofar_dataset_beam_id",
    "store",
    "integration_time",
    "number_channels",
    "product_version",
    "raw",
    "tar",
    "bvf",
    "description",
    "main_user",
    "add_date",
    "flagged",
    "calibrated",
];

fn product_row(beam: i64, product: i64) -> Vec<Value> {
    vec![
        beam.into(),
        "EoR".into(),
        2.002_78.into(),
        64.into(),
        product.into(),
        (product == 0).into(),
        false.into(),
        false.into(),
        "64 2".into(),
        "offringa".into(),
        1_332_500_000_i64.into(),
        true.into(),
        Value::Null(Type::Bool),
    ]
}

/// Central frequency of a sub-band, MHz.
pub fn frequency(sb: i64) -> f64 {
    115.0 + 0.195 * f64::from(i32::try_from(sb).unwrap_or(0))
}

/// Bytes of an array whose numbers follow from `seed`.
pub fn array(seed: i64, shape: Shape) -> Result<Vec<u8>> {
    let count = shape.bytes()? / 8;
    let mut bytes = Vec::with_capacity(count * 8);
    let mut state = seed.unsigned_abs().wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    for _ in 0..count {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        #[allow(clippy::cast_precision_loss)] // 53 bits fit.
        let number = (state >> 11) as f64 / 9_007_199_254_740_992.0;
        bytes.extend_from_slice(&number.to_le_bytes());
    }
    Ok(bytes)
}

/// Loads all four kinds of diagnostics for the measurement sets of an observation;
/// rows and bytes loaded.
pub fn diagnostics(tx: &mut Transaction, made: &Made, size: Size) -> Result<(u64, u64)> {
    let (mut rows, mut bytes) = (0, 0);
    for (place, set) in made.sets.iter().enumerate() {
        let source =
            Source { stamp: Some(1_332_000_000), origin_msp: made.files.get(place).copied() };
        for kind in Diagnostics::ALL {
            let loaded = replace(tx, kind, *set, source, rows_of(kind, *set, made, size))?;
            rows += loaded.rows;
            bytes += loaded.bytes;
        }
    }
    Ok((rows, bytes))
}

/// The diagnostic rows of a measurement set.
pub fn rows_of(
    kind: Diagnostics,
    set: i64,
    made: &Made,
    size: Size,
) -> impl Iterator<Item = Result<DiagRow<'static>>> {
    let shape = Shape { channels: size.channels, times: kind.has_times().then_some(size.times) };
    let mut keys: Vec<DiagKey<'static>> = Vec::new();
    match kind {
        Diagnostics::Gain => keys.extend(
            (0..size.stations)
                .map(|k| DiagKey::Gain { station: Cow::Owned(station(k).0), direction: None }),
        ),
        Diagnostics::Qts | Diagnostics::Qfs => {
            keys.extend(made.kinds.iter().map(|kind| DiagKey::Kind(*kind)));
        }
        Diagnostics::Qbs => keys.extend(made.kinds.iter().flat_map(|kind| {
            made.baselines
                .iter()
                .map(|baseline| DiagKey::Baseline { kind: *kind, baseline: *baseline })
        })),
    }
    keys.into_iter().enumerate().map(move |(place, key)| {
        Ok(DiagRow {
            key,
            freq_step: Some(97_656.25),
            freq_start: None,
            time_step: shape.times.map(|_| 10.0),
            time_start: None,
            shape,
            values: Cow::Owned(array(set * 1000 + i64::try_from(place).unwrap_or(0), shape)?),
        })
    })
}
