//! The rows above a file: observation, stations, beam, product, measurement set.
//!
//! Tables and keys go in one order, so that writers of the same observation wait
//! for each other instead of getting into each other's way.

use super::identity::Identity;
use super::product::{Facts, Station, utc_text};
use crate::dialect::Dialect;
use crate::error::Result;
use crate::load::{Existing, Outcome, Written, upsert};
use crate::schema::enumerations::ANTENNA_TYPES;
use crate::schema::{Table, Type, reference};
use crate::store::{Statement, Transaction, Value};

/// What a row of the reference tables that is there already becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refresh {
    /// Only what is unknown is filled.
    Fill,
    /// The file has changed: what it tells now holds.
    Renew,
}

impl Refresh {
    fn existing(self) -> Existing {
        match self {
            Self::Fill => Existing::Fill,
            Self::Renew => Existing::Overwrite,
        }
    }
}

/// Writes rows and notes whether anything changed.
pub(super) struct Writer<'a> {
    pub(super) tx: &'a mut Transaction,
    pub(super) changed: bool,
}

impl Writer<'_> {
    pub(super) fn put(
        &mut self,
        table: &'static Table,
        columns: &[&str],
        rows: &[Vec<Value>],
        existing: Existing,
    ) -> Result<Vec<Written>> {
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let written = upsert(self.tx, table, columns, rows, existing)?;
        self.changed |= written.iter().any(|row| row.outcome != Outcome::Kept);
        Ok(written)
    }

    /// One row of a table with ids; its id.
    pub(super) fn put_one(
        &mut self,
        table: &'static Table,
        columns: &[&str],
        row: Vec<Value>,
        existing: Existing,
    ) -> Result<i64> {
        let written = self.put(table, columns, &[row], existing)?;
        // A table without ids has nothing that could be asked for.
        Ok(written.first().and_then(|row| row.id).unwrap_or(-1))
    }

    pub(super) fn name(&mut self, table: &'static Table, name: &str) -> Result<()> {
        self.put(table, &["name"], &[vec![name.into()]], Existing::Keep).map(drop)
    }
}

/// Ids of the rows above a measurement set, and its own.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ids {
    pub(super) beam: i64,
    pub(super) product: i64,
    pub(super) set: i64,
}

/// Finds or makes all rows above a file.
pub(super) fn write(
    to: &mut Writer<'_>,
    identity: &Identity,
    facts: &Facts,
    refresh: Refresh,
    seen: i64,
) -> Result<Ids> {
    observation(to, identity, facts, refresh)?;
    stations(to, &identity.lds, facts)?;
    let beam = beam(to, identity, facts, refresh)?;
    let product = product(to, identity, facts, beam, refresh, seen)?;
    let set = to.put_one(
        &reference::MEASUREMENTSET,
        &[
            "lofar_dataset_beam_product_id",
            "sb_index",
            "central_frequency",
            "bandwidth",
            "initial_mjd",
            "final_mjd",
        ],
        vec![
            product.into(),
            identity.sub_band.into(),
            facts.central_frequency.into(),
            facts.bandwidth.into(),
            facts.epoch.map(|(first, _)| first).into(),
            facts.epoch.map(|(_, last)| last).into(),
        ],
        refresh.existing(),
    )?;
    Ok(Ids { beam, product, set })
}

fn observation(
    to: &mut Writer<'_>,
    identity: &Identity,
    facts: &Facts,
    refresh: Refresh,
) -> Result<()> {
    if let Some(project) = &facts.project {
        to.name(&reference::PROJECT, project)?;
    }
    let antenna_type = facts.antenna_type.as_deref();
    let antenna_type = antenna_type.filter(|kind| ANTENNA_TYPES.contains(kind));
    to.put(
        &reference::LOFAR_DATASET,
        &["name", "project", "antenna_type"],
        &[vec![identity.lds.as_str().into(), facts.project.clone().into(), antenna_type.into()]],
        refresh.existing(),
    )?;
    // The epoch of the first set stays: those of others differ by the length of their
    // samples, and each set has its own.
    let epoch = facts.lds_epoch.or(facts.epoch);
    let utc = facts.utc.clone().or_else(|| {
        let (first, last) = epoch?;
        utc_text(first).zip(utc_text(last))
    });
    let Some((first, last)) = epoch else { return Ok(()) };
    let (first_text, last_text) = utc.unzip();
    to.put(
        &reference::LOFAR_DATASET,
        &["name", "initial_mjd", "final_mjd", "initial_utc", "final_utc"],
        &[vec![
            identity.lds.as_str().into(),
            first.into(),
            last.into(),
            first_text.into(),
            last_text.into(),
        ]],
        Existing::Fill,
    )
    .map(drop)
}

/// Where a station is, by its name.
fn location(name: &str) -> &'static str {
    if name.contains("CS") {
        "CS"
    } else if name.contains("RS") {
        "RS"
    } else {
        "IS"
    }
}

/// The antenna band of a station, by its name, else that of the observation.
fn band<'a>(name: &str, facts: &'a Facts) -> Option<&'a str> {
    let own = ANTENNA_TYPES.iter().copied().find(|band| name.contains(band));
    own.or_else(|| facts.antenna_type.as_deref().filter(|band| ANTENNA_TYPES.contains(band)))
}

/// Stations, their part in the observation, and all pairs of them.
fn stations(to: &mut Writer<'_>, lds: &str, facts: &Facts) -> Result<()> {
    let mut known: Vec<&Station> =
        facts.stations.iter().filter(|station| band(&station.name, facts).is_some()).collect();
    known.sort_by(|a, b| a.name.cmp(&b.name));
    if known.is_empty() || all_there(to.tx, lds, &known)? {
        return Ok(());
    }
    let rows: Vec<Vec<Value>> = known
        .iter()
        .map(|station| {
            vec![
                station.name.as_str().into(),
                band(&station.name, facts).into(),
                location(&station.name).into(),
                station.position.to_vec().into(),
            ]
        })
        .collect();
    to.put(
        &reference::STATION,
        &["name", "antenna_type", "location_type", "position"],
        &rows,
        Existing::Keep,
    )?;
    let rows: Vec<Vec<Value>> =
        known.iter().map(|station| vec![lds.into(), station.name.as_str().into()]).collect();
    to.put(
        &reference::LOFAR_DATASET_HAS_STATION,
        &["lofar_dataset", "station"],
        &rows,
        Existing::Keep,
    )?;
    let names: Vec<&str> = known.iter().map(|station| station.name.as_str()).collect();
    let pairs = (0..names.len()).flat_map(|a| (a..names.len()).map(move |b| (a, b)));
    let rows: Vec<Vec<Value>> =
        pairs.map(|(a, b)| vec![names[a].into(), names[b].into()]).collect();
    to.put(&reference::BASELINE, &["station_1", "station_2"], &rows, Existing::Keep).map(drop)
}

/// Whether all these stations and their pairs are known: two counts instead of
/// thousands of keys, since nearly every set finds them there.
fn all_there(tx: &mut Transaction, lds: &str, stations: &[&Station]) -> Result<bool> {
    let names: Vec<String> = stations.iter().map(|station| station.name.clone()).collect();
    let count = i64::try_from(names.len()).unwrap_or(i64::MAX);
    let (links, pairs) = match tx.dialect() {
        Dialect::Postgres => (
            "SELECT count(*) FROM \"lofar_dataset_has_station\" WHERE \"lofar_dataset\" = $1 AND \"station\" = ANY($2)",
            "SELECT count(*) FROM \"baseline\" WHERE \"station_1\" = ANY($1) AND \"station_2\" = ANY($1)",
        ),
        Dialect::Sqlite => (
            "SELECT count(*) FROM \"lofar_dataset_has_station\" WHERE \"lofar_dataset\" = $1 \
             AND \"station\" IN (SELECT \"value\" FROM json_each($2))",
            "SELECT count(*) FROM \"baseline\" WHERE \"station_1\" IN (SELECT \"value\" FROM json_each($1)) \
             AND \"station_2\" IN (SELECT \"value\" FROM json_each($1))",
        ),
    };
    let linked: i64 = tx
        .row(Statement::constant(links, vec![lds.into(), Value::Texts(names.clone())]))?
        .get(0)?;
    if linked < count {
        return Ok(false);
    }
    let paired: i64 = tx.row(Statement::constant(pairs, vec![Value::Texts(names)]))?.get(0)?;
    Ok(paired >= count * (count + 1) / 2)
}

fn beam(to: &mut Writer<'_>, identity: &Identity, facts: &Facts, refresh: Refresh) -> Result<i64> {
    if let Some(field) = &facts.field {
        to.name(&reference::FIELD, field)?;
    }
    to.put_one(
        &reference::LOFAR_DATASET_BEAM,
        &["lofar_dataset", "beam_index", "field", "phase_direction_ra", "phase_direction_dec"],
        vec![
            identity.lds.as_str().into(),
            identity.beam.into(),
            facts.field.clone().into(),
            facts.direction.map(|(ra, _)| ra).into(),
            facts.direction.map(|(_, dec)| dec).into(),
        ],
        refresh.existing(),
    )
}

/// Columns of the identity of a product, in the order of [`identity_of`].
const IDENTITY: [&str; 8] = [
    "lofar_dataset_beam_id",
    "store",
    "integration_time",
    "number_channels",
    "product_version",
    "raw",
    "tar",
    "bvf",
];

/// Columns that tell what was done to it.
const TREATMENT: [&str; 6] = [
    "description",
    "flagged",
    "averaged",
    "calibrated",
    "dir_dep_calibration",
    "dir_indep_calibration",
];

fn identity_of(identity: &Identity, facts: &Facts, beam: i64) -> Vec<Value> {
    let (time, channels) = facts.averaging();
    vec![
        beam.into(),
        identity.store.as_str().into(),
        time.into(),
        channels.into(),
        identity.version.into(),
        identity.raw.into(),
        identity.tar.into(),
        identity.bvf.into(),
    ]
}

fn product(
    to: &mut Writer<'_>,
    identity: &Identity,
    facts: &Facts,
    beam: i64,
    refresh: Refresh,
    seen: i64,
) -> Result<i64> {
    to.name(&reference::STORE, &identity.store)?;
    let treatment = vec![
        facts.described().into(),
        facts.flagged.into(),
        facts.averaged.into(),
        facts.calibrated.into(),
        facts.dir_dep_calibration.into(),
        facts.dir_indep_calibration.into(),
    ];
    let columns = [&IDENTITY[..], &TREATMENT, &["main_user", "add_date", "product_state"]].concat();
    let mut row = identity_of(identity, facts, beam);
    row.extend(treatment.clone());
    row.extend([
        facts.owner.clone().into(),
        Value::maybe(Some(seen), Type::Time),
        facts.state.word().into(),
    ]);
    let id = to.put_one(&reference::LOFAR_DATASET_BEAM_PRODUCT, &columns, row, Existing::Fill)?;
    if refresh == Refresh::Renew {
        let mut row = identity_of(identity, facts, beam);
        row.extend(treatment);
        let columns = [&IDENTITY[..], &TREATMENT].concat();
        to.put_one(&reference::LOFAR_DATASET_BEAM_PRODUCT, &columns, row, Existing::Overwrite)?;
    }
    Ok(id)
}
