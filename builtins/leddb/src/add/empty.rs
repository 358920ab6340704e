//! Products without files: what the observatory's catalogue tells of the sub-bands of
//! a version, so that their frequencies are known.

use ledama_base::corrections::Corrections;
use ledama_base::path::{DataPath, Packed};
use serde::{Deserialize, Serialize};

use crate::error::{LeddbError, Result};
use crate::lists::{CatalogueRow, Fault};
use crate::load::{Existing, Outcome, upsert};
use crate::meta;
use crate::schema::enumerations::LOCAL_STORES;
use crate::schema::reference;
use crate::store::{Statement, Transaction, Value};

/// Averaging and version of the products.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Averaging {
    /// Version.
    pub version: i64,
    /// Integration time, s.
    pub integration_time: f64,
    /// Bandwidth of a sub-band, MHz.
    pub bandwidth: f64,
    /// Channels of a sub-band.
    pub channels: i64,
}

/// A measurement set of the catalogue.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EmptyItem {
    /// Number of its line, from 1.
    pub line: usize,
    /// Its observation.
    pub lds: String,
    /// Its beam.
    pub beam: i64,
    /// Its sub-band.
    pub sub_band: i64,
    /// Its central frequency, MHz.
    pub central_frequency: f64,
    /// By its name: never averaged, a tar file, a BVF file.
    pub raw: bool,
    /// A tar file.
    pub tar: bool,
    /// A BVF file.
    pub bvf: bool,
}

/// What came of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EmptyAdded {
    /// New products.
    pub products: u64,
    /// New measurement sets.
    pub sets: u64,
    /// Measurement sets that got what they lacked.
    pub filled: u64,
    /// Measurement sets that were there with all of it.
    pub skipped: u64,
}

/// The rows of a catalogue as measurement sets.
///
/// # Errors
/// All rows whose names tell no observation or no sub-band, or that name a set twice.
pub fn empty_items(
    rows: &[CatalogueRow],
    corrections: &Corrections,
) -> std::result::Result<Vec<EmptyItem>, Vec<Fault>> {
    let mut items: Vec<EmptyItem> = Vec::with_capacity(rows.len());
    let mut faults = Vec::new();
    for row in rows {
        let path = DataPath::parse_with(&row.name, corrections);
        let (Some(lds), Some(sub_band), Some(beam)) = (path.lds(), path.sub_band, path.beam) else {
            let problem = format!("`{}` tells no observation, beam and sub-band", row.name);
            faults.push(Fault { line: row.line, problem });
            continue;
        };
        let item = EmptyItem {
            line: row.line,
            lds,
            beam: beam.into(),
            sub_band: sub_band.into(),
            central_frequency: row.central_frequency,
            raw: path.raw,
            tar: matches!(path.packed, Some(Packed::Tar | Packed::TarGz | Packed::TarZst)),
            bvf: path.packed == Some(Packed::Bvf),
        };
        items.push(item);
    }
    let mut order: Vec<&EmptyItem> = items.iter().collect();
    let key = |item: &EmptyItem| {
        (item.lds.clone(), item.beam, item.raw, item.tar, item.bvf, item.sub_band)
    };
    order.sort_by_key(|item| key(item));
    for pair in order.windows(2) {
        if key(pair[0]) == key(pair[1]) {
            let problem = format!("line {} names the same measurement set", pair[0].line);
            faults.push(Fault { line: pair[1].line, problem });
        }
    }
    faults.sort_by_key(|fault| fault.line);
    if faults.is_empty() { Ok(items) } else { Err(faults) }
}

/// Adds the products and their measurement sets. Beams must be there.
pub fn add_empty(
    tx: &mut Transaction,
    items: &[EmptyItem],
    averaging: Averaging,
    now: i64,
) -> Result<EmptyAdded> {
    check(averaging)?;
    let mut done = EmptyAdded::default();
    let mut groups: Vec<(&EmptyItem, Vec<&EmptyItem>)> = Vec::new();
    for item in items {
        let same = |one: &EmptyItem| {
            (&one.lds, one.beam, one.raw, one.tar, one.bvf)
                == (&item.lds, item.beam, item.raw, item.tar, item.bvf)
        };
        match groups.iter_mut().find(|(first, _)| same(first)) {
            Some((_, of)) => of.push(item),
            None => groups.push((item, vec![item])),
        }
    }
    let beams = beams(tx, &groups)?;
    upsert(tx, &reference::STORE, &["name"], &[vec![LOCAL_STORES[0].into()]], Existing::Keep)?;
    for ((first, sets), beam) in groups.into_iter().zip(beams) {
        let product = product(tx, beam, first, averaging, now, &mut done)?;
        let rows: Vec<Vec<Value>> = sets
            .iter()
            .map(|set| {
                vec![
                    product.into(),
                    set.sub_band.into(),
                    set.central_frequency.into(),
                    averaging.bandwidth.into(),
                ]
            })
            .collect();
        let columns =
            ["lofar_dataset_beam_product_id", "sb_index", "central_frequency", "bandwidth"];
        for written in upsert(tx, &reference::MEASUREMENTSET, &columns, &rows, Existing::Fill)? {
            match written.outcome {
                Outcome::Inserted => done.sets += 1,
                Outcome::Updated => done.filled += 1,
                Outcome::Kept => done.skipped += 1,
            }
        }
        meta::mark(tx, &first.lds)?;
    }
    Ok(done)
}

fn check(averaging: Averaging) -> Result<()> {
    let sound = |number: f64| number.is_finite() && number > 0.0;
    if averaging.version < 0
        || averaging.channels <= 0
        || !sound(averaging.integration_time)
        || !sound(averaging.bandwidth)
    {
        return Err(LeddbError::input(
            "integration time, bandwidth and channels must be greater than 0, the version not less",
        ));
    }
    Ok(())
}

/// Ids of the beams of the groups; all that are missing are told at once.
fn beams(tx: &mut Transaction, groups: &[(&EmptyItem, Vec<&EmptyItem>)]) -> Result<Vec<i64>> {
    let mut found = Vec::new();
    let mut missing = Vec::new();
    for (first, _) in groups {
        let row = tx.maybe_row(Statement::constant(
            "SELECT \"lofar_dataset_beam_id\" FROM \"lofar_dataset_beam\" WHERE \"lofar_dataset\" = $1 AND \"beam_index\" = $2",
            vec![first.lds.as_str().into(), first.beam.into()],
        ))?;
        match row {
            Some(row) => found.push(row.get(0)?),
            None => missing.push(format!("{} beam {}", first.lds, first.beam)),
        }
    }
    missing.dedup();
    if missing.is_empty() {
        return Ok(found);
    }
    Err(LeddbError::Input {
        message: format!("the database has no {}", missing.join(", ")),
        help: Some("a beam comes into the database with its first file".to_string()),
    })
}

fn product(
    tx: &mut Transaction,
    beam: i64,
    item: &EmptyItem,
    averaging: Averaging,
    now: i64,
    done: &mut EmptyAdded,
) -> Result<i64> {
    let description = format!("{} {}", averaging.channels, averaging.integration_time.round());
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
        "add_date",
        "product_state",
    ];
    let row = vec![
        beam.into(),
        LOCAL_STORES[0].into(),
        averaging.integration_time.into(),
        averaging.channels.into(),
        averaging.version.into(),
        item.raw.into(),
        item.tar.into(),
        item.bvf.into(),
        description.into(),
        now.into(),
        "ok".into(),
    ];
    let table = &reference::LOFAR_DATASET_BEAM_PRODUCT;
    let written = upsert(tx, table, &columns, &[row], Existing::Keep)?;
    let written = written.first().copied();
    done.products += u64::from(written.is_some_and(|row| row.outcome == Outcome::Inserted));
    written.and_then(|row| row.id).ok_or_else(|| LeddbError::Database {
        message: "a product that was written has no id".to_string(),
    })
}
