//! A made-up database of a given scale, the same every time: for benchmarks.
//!
//! Observations of eight products (four versions in two stores), some of them
//! packed and so unreadable, some sub-bands missing, station lists that differ,
//! international stations last in the order of the antennas.

use std::borrow::Cow;

use super::sample::{array, frequency, ids, names};
use crate::error::Result;
use crate::load::{DiagKey, DiagRow, Diagnostics, Existing, Source, replace, upsert};
use crate::meta::{self, Scope};
use crate::partition;
use crate::schema::{diagnostics, kinds, reference};
use crate::store::{Database, Transaction};
use crate::values::Shape;

/// How large a database is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scale {
    /// Its name.
    pub name: &'static str,
    /// Observations.
    pub observations: usize,
    /// Products of each.
    pub products: usize,
    /// Sub-bands of each product.
    pub subbands: usize,
    /// Sub-bands that have diagnostics.
    pub diagnosed: usize,
    /// Stations of each observation.
    pub stations: usize,
    /// Kinds of quality statistics.
    pub kinds: usize,
    /// Times of gains.
    pub gain_times: u32,
    /// Times of time statistics.
    pub quality_times: u32,
}

/// For tests: a few MB.
pub const XS: Scale = Scale {
    name: "XS",
    observations: 2,
    products: 3,
    subbands: 20,
    diagnosed: 20,
    stations: 8,
    kinds: 3,
    gain_times: 10,
    quality_times: 20,
};

/// About 1.2 GB.
pub const S: Scale = Scale {
    name: "S",
    observations: 20,
    products: 8,
    subbands: 61,
    diagnosed: 61,
    stations: 24,
    kinds: 7,
    gain_times: 100,
    quality_times: 200,
};

/// About 8 GB: one server.
pub const M: Scale = Scale {
    name: "M",
    observations: 65,
    products: 8,
    subbands: 488,
    diagnosed: 61,
    stations: 30,
    kinds: 7,
    gain_times: 200,
    quality_times: 400,
};

/// The scale of that name.
pub fn scale(name: &str) -> Option<Scale> {
    [XS, S, M].into_iter().find(|scale| scale.name == name)
}

/// Rows and bytes of arrays.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Amount {
    /// Rows.
    pub rows: u64,
    /// Bytes of arrays.
    pub bytes: u64,
}

/// One product of an observation that was made.
#[derive(Debug, Clone)]
pub struct Product {
    /// Its id.
    pub id: i64,
    /// Ids of its measurement sets, by sub-band.
    pub sets: Vec<i64>,
    /// Ids of their files; none where the file is missing.
    pub files: Vec<Option<i64>>,
}

/// An observation that was made, without diagnostics.
#[derive(Debug, Clone)]
pub struct Observation {
    /// Its name.
    pub name: String,
    /// Its stations, in the order of the antennas.
    pub stations: Vec<String>,
    /// Ids of the baselines of its stations.
    pub baselines: Vec<i64>,
    /// Ids of the kinds of quality statistics.
    pub kinds: Vec<i64>,
    /// Its products.
    pub products: Vec<Product>,
}

/// Station `k` of all there are; each sixth is international.
fn station(k: usize) -> (String, &'static str) {
    match k % 6 {
        5 => (format!("DE{:03}HBA", 601 + k / 6), "IS"),
        4 => (format!("RS{:03}HBA", 106 + k / 6), "RS"),
        n => (format!("CS{:03}HBA{}", 1 + k / 6 * 2 + n / 2, n % 2), "CS"),
    }
}

/// The stations of an observation: others for each, the international ones last.
fn stations(number: usize, count: usize) -> Vec<(String, &'static str)> {
    let mut list: Vec<_> = (0..count).map(|k| station((k + number) % (count + 4))).collect();
    list.sort_by_key(|(name, place)| (*place == "IS", name.clone()));
    list
}

const FIELDS: [&str; 5] = ["3C196", "NCP", "ELAIS", "3C295", "MOON"];

fn int(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Makes observation `number` without diagnostics.
pub fn observation(tx: &mut Transaction, number: usize, scale: Scale) -> Result<Observation> {
    let name = format!("L{}", 100_000 + number);
    names(tx, &reference::PROJECT, &["LC0_019", "LC1_039"])?;
    names(tx, &reference::FIELD, &FIELDS)?;
    names(tx, &reference::STORE, &["EoR", "EoRBackup"])?;
    let begin = 4.85e9 + 86_400.0 * f64::from(u32::try_from(number).unwrap_or(0));
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
            if number.is_multiple_of(2) { "LC0_019".into() } else { "LC1_039".into() },
            "HBA".into(),
            begin.into(),
            (begin + if number.is_multiple_of(5) { 120.0 } else { 43_200.0 }).into(),
            format!("2013/{:02}/{:02}/18:00:00", 1 + number / 28, 1 + number % 28).into(),
            format!("2013/{:02}/{:02}/06:00:00", 1 + number / 28, 2 + number % 28).into(),
        ]],
        Existing::Fill,
    )?;
    let stations = stations(number, scale.stations);
    let rows: Vec<_> = stations
        .iter()
        .map(|(name, place)| {
            vec![name.as_str().into(), "HBA".into(), (*place).into(), vec![1.5, -2.5, 3.0].into()]
        })
        .collect();
    let columns = ["name", "antenna_type", "location_type", "position"];
    upsert(tx, &reference::STATION, &columns, &rows, Existing::Keep)?;
    let rows: Vec<_> = stations
        .iter()
        .map(|(station, _)| vec![name.as_str().into(), station.as_str().into()])
        .collect();
    let columns = ["lofar_dataset", "station"];
    upsert(tx, &reference::LOFAR_DATASET_HAS_STATION, &columns, &rows, Existing::Keep)?;
    let mut sorted: Vec<&str> = stations.iter().map(|(name, _)| name.as_str()).collect();
    sorted.sort_unstable();
    let rows: Vec<_> = (0..sorted.len())
        .flat_map(|a| (a..sorted.len()).map(move |b| (a, b)))
        .map(|(a, b)| vec![sorted[a].into(), sorted[b].into()])
        .collect();
    let baselines = ids(tx, &reference::BASELINE, &["station_1", "station_2"], &rows)?;
    let rows: Vec<_> = kinds::QUALITY_KINDS
        .iter()
        .filter(|kind| kind.stored)
        .take(scale.kinds)
        .map(|kind| vec![kind.name.into(), kinds::description(kind.name).into()])
        .collect();
    let kinds = ids(tx, &diagnostics::QUALITY_KIND, &["name", "description"], &rows)?;
    let beam = vec![
        name.as_str().into(),
        0_i64.into(),
        FIELDS[number % FIELDS.len()].into(),
        123.4.into(),
        48.2.into(),
    ];
    let columns =
        ["lofar_dataset", "beam_index", "field", "phase_direction_ra", "phase_direction_dec"];
    let beam = ids(tx, &reference::LOFAR_DATASET_BEAM, &columns, &[beam])?[0];
    let products = (0..scale.products)
        .map(|product| make_product(tx, &name, beam, number, product, scale))
        .collect::<Result<Vec<_>>>()?;
    meta::mark(tx, &name)?;
    let stations = stations.into_iter().map(|(name, _)| name).collect();
    Ok(Observation { name, stations, baselines, kinds, products })
}

/// Whether a product is packed, and so cannot be read.
fn is_packed(number: usize, product: usize) -> bool {
    product == 7 && !number.is_multiple_of(5)
}

fn make_product(
    tx: &mut Transaction,
    name: &str,
    beam: i64,
    number: usize,
    product: usize,
    scale: Scale,
) -> Result<Product> {
    let (version, backup, packed) = (product / 2, product % 2 == 1, is_packed(number, product));
    let (seconds, channels) = if packed {
        (-1.0, -1)
    } else {
        ([2.0, 2.0, 2.0, 10.0][version % 4], [64, 15, 3, 1][version % 4])
    };
    let row = vec![
        beam.into(),
        if backup { "EoRBackup".into() } else { "EoR".into() },
        seconds.into(),
        i64::from(channels).into(),
        int(version).into(),
        (version == 0).into(),
        packed.into(),
        false.into(),
        if packed { "TAR".into() } else { format!("{channels} {seconds:.0}").into() },
        "lofareor".into(),
        1_380_000_000_i64.into(),
    ];
    let columns = [
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
    ];
    let id = ids(tx, &reference::LOFAR_DATASET_BEAM_PRODUCT, &columns, &[row])?[0];
    let rows: Vec<_> = (0..int(scale.subbands))
        .map(|sb| vec![id.into(), sb.into(), frequency(sb).into(), 0.183.into()])
        .collect();
    let columns = ["lofar_dataset_beam_product_id", "sb_index", "central_frequency", "bandwidth"];
    let sets = ids(tx, &reference::MEASUREMENTSET, &columns, &rows)?;
    let files = make_files(tx, name, &sets, number, product, packed)?;
    Ok(Product { id, sets, files })
}

fn make_files(
    tx: &mut Transaction,
    name: &str,
    sets: &[i64],
    number: usize,
    product: usize,
    packed: bool,
) -> Result<Vec<Option<i64>>> {
    let (version, backup) = (product / 2, if product % 2 == 1 { "/backup" } else { "" });
    let inner = if version == 0 { String::new() } else { format!("/pipeline/{name}_{version:03}") };
    let inner = if version == 0 { format!("/{name}") } else { inner };
    let disk = |sb: usize| format!("/data{}/users/lofareor{backup}{inner}", 1 + sb % 3);
    let folders: Vec<String> = (0..3).map(disk).collect();
    names(tx, &reference::PARENT_PATH, &folders.iter().map(String::as_str).collect::<Vec<_>>())?;
    let host = |sb: usize| format!("node{:03}", 11 + (sb + number) % 64);
    let mut hosts: Vec<String> = (0..sets.len()).map(host).collect();
    hosts.sort();
    hosts.dedup();
    names(tx, &reference::STORE_HOST, &hosts.iter().map(String::as_str).collect::<Vec<_>>())?;
    let extension = match (version, packed) {
        (_, true) => "MS.tar",
        (0, _) => "MS",
        _ => "MS.dppp",
    };
    // Some sub-bands are missing here and there.
    let is_there = |sb: usize| !(sb + 7 * number + 13 * product).is_multiple_of(97);
    let rows: Vec<_> = sets
        .iter()
        .enumerate()
        .filter(|(sb, _)| is_there(*sb))
        .map(|(sb, set)| {
            vec![
                (*set).into(),
                host(sb).into(),
                disk(sb).into(),
                format!("{name}_SAP000_SB{sb:03}_uv.{extension}").into(),
                1_400_000_000_i64.into(),
                (1_390_000_000 + set).into(),
                int(1000 / (version + 1) + sb).into(),
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
    let mut made = ids(tx, &reference::MEASUREMENTSET_PRODUCT, &columns, &rows)?.into_iter();
    Ok((0..sets.len()).map(|sb| if is_there(sb) { made.next() } else { None }).collect())
}

/// The rows of one kind of diagnostics of a measurement set.
pub fn rows_of(
    kind: Diagnostics,
    set: i64,
    of: &Observation,
    scale: Scale,
) -> impl Iterator<Item = Result<DiagRow<'static>>> {
    let shape = match kind {
        Diagnostics::Gain => Shape { channels: 1, times: Some(scale.gain_times) },
        Diagnostics::Qts => Shape { channels: 1, times: Some(scale.quality_times) },
        Diagnostics::Qfs => Shape { channels: 64, times: None },
        Diagnostics::Qbs => Shape { channels: 1, times: None },
    };
    let keys: Vec<DiagKey<'static>> = match kind {
        Diagnostics::Gain => of
            .stations
            .iter()
            .map(|name| DiagKey::Gain { station: Cow::Owned(name.clone()), direction: None })
            .collect(),
        Diagnostics::Qts | Diagnostics::Qfs => {
            of.kinds.iter().map(|kind| DiagKey::Kind(*kind)).collect()
        }
        Diagnostics::Qbs => of
            .kinds
            .iter()
            .flat_map(|kind| {
                of.baselines
                    .iter()
                    .map(|baseline| DiagKey::Baseline { kind: *kind, baseline: *baseline })
            })
            .collect(),
    };
    keys.into_iter().enumerate().map(move |(place, key)| {
        Ok(DiagRow {
            key,
            freq_step: Some(183_105.468_75),
            freq_start: None,
            time_step: shape.times.map(|_| 10.0),
            time_start: None,
            shape,
            values: Cow::Owned(array(set * 10_000 + int(place), shape)?),
        })
    })
}

/// Which diagnostics a product has: gains of two versions, quality of one.
pub fn kinds_of(product: usize, scale: Scale) -> &'static [Diagnostics] {
    let (gains, quality): (&[usize], usize) =
        if scale.products < 8 { (&[0, 2], 1) } else { (&[4, 6], 2) };
    if gains.contains(&product) {
        &[Diagnostics::Gain]
    } else if product == quality {
        &[Diagnostics::Qts, Diagnostics::Qfs, Diagnostics::Qbs]
    } else {
        &[]
    }
}

/// Loads the diagnostics of an observation, one transaction for each measurement set.
pub fn diagnostics(database: &Database, of: &Observation, scale: Scale) -> Result<Amount> {
    diagnostics_of(database, of, scale, &Diagnostics::ALL)
}

/// The same of some kinds.
pub fn diagnostics_of(
    database: &Database,
    of: &Observation,
    scale: Scale,
    wanted: &[Diagnostics],
) -> Result<Amount> {
    let mut amount = Amount::default();
    for (product, made) in of.products.iter().enumerate() {
        let kinds: Vec<_> =
            kinds_of(product, scale).iter().copied().filter(|kind| wanted.contains(kind)).collect();
        if kinds.is_empty() {
            continue;
        }
        let sets = made.sets.iter().zip(&made.files).take(scale.diagnosed);
        for (set, file) in sets {
            let source = Source { stamp: Some(1_390_000_000), origin_msp: *file };
            let loaded = database.write(|tx| {
                let mut sum = Amount::default();
                for kind in kinds.iter().copied() {
                    let loaded = replace(tx, kind, *set, source, rows_of(kind, *set, of, scale))?;
                    sum.rows += loaded.rows;
                    sum.bytes += loaded.bytes;
                }
                Ok(sum)
            })?;
            amount.rows += loaded.rows;
            amount.bytes += loaded.bytes;
        }
    }
    Ok(amount)
}

/// Makes the whole database; `tell` hears of each observation.
pub fn make(
    database: &Database,
    scale: Scale,
    mut tell: impl FnMut(&Observation, Amount),
) -> Result<Amount> {
    let mut sum = Amount::default();
    for number in 0..scale.observations {
        let made = database.write(|tx| observation(tx, number, scale))?;
        partition::ensure(database, None)?;
        let amount = diagnostics(database, &made, scale)?;
        sum.rows += amount.rows;
        sum.bytes += amount.bytes;
        tell(&made, amount);
    }
    meta::refresh(database, Scope::Touched)?;
    Ok(sum)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::store::Statement;
    use crate::testing::on_both;

    #[test]
    fn the_smallest_scale_has_the_rows_it_should() {
        on_both(|database| {
            let mut names = Vec::new();
            let amount = make(database, XS, |made, _| names.push(made.name.clone())).unwrap();
            assert_eq!(names, ["L100000", "L100001"]);
            let count = |table: &'static str| -> i64 {
                let text = format!("SELECT count(*) FROM \"{table}\"");
                database.read(|tx| tx.row(Statement::built(text, vec![]))?.get(0)).unwrap()
            };
            let rows = [
                ("measurementset", 120),
                ("gain", 640),
                ("quality_time_statistic", 120),
                ("quality_frequency_statistic", 120),
                ("quality_baseline_statistic", 4320),
            ];
            for (table, expected) in rows {
                assert_eq!(count(table), expected, "{table}");
            }
            assert_eq!(amount.rows, 640 + 120 + 120 + 4320);
            assert!(count("measurementset_product") < 120);
        });
    }

    #[test]
    fn international_stations_come_last() {
        let list = stations(3, 24);
        let first = list.iter().position(|(_, place)| *place == "IS").unwrap();
        assert!(list[first..].iter().all(|(_, place)| *place == "IS") && first > 10);
        assert_ne!(stations(0, 24), stations(1, 24));
    }
}
