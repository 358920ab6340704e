//! What is known of the same data elsewhere: a product that cannot be read from
//! here borrows the facts of the one that was read on the cluster.

use super::identity::Identity;
use super::product::{Facts, State, Station};
use crate::error::Result;
use crate::schema::enumerations::LOCAL_STORES;
use crate::store::{Statement, Transaction};

/// The facts of the same observation, beam, version and sub-band, as far as the
/// database has them; the newest product of the cluster where there are several.
pub fn akin(tx: &mut Transaction, identity: &Identity) -> Result<Facts> {
    let mut facts = Facts::default();
    if !observation(tx, identity, &mut facts)? {
        return Ok(facts);
    }
    facts.stations = stations(tx, identity)?;
    let Some(beam) = beam(tx, identity, &mut facts)? else { return Ok(facts) };
    if let Some(product) = product(tx, identity, beam, &mut facts)? {
        set(tx, identity, product, &mut facts)?;
    }
    Ok(facts)
}

fn observation(tx: &mut Transaction, identity: &Identity, facts: &mut Facts) -> Result<bool> {
    let Some(row) = tx.maybe_row(Statement::constant(
        "SELECT \"project\", \"antenna_type\", \"initial_mjd\", \"final_mjd\", \"initial_utc\", \"final_utc\" \
         FROM \"lofar_dataset\" WHERE \"name\" = $1",
        vec![identity.lds.as_str().into()],
    ))?
    else {
        return Ok(false);
    };
    facts.project = row.get(0)?;
    facts.antenna_type = row.get(1)?;
    facts.lds_epoch = row.get::<Option<f64>>(2)?.zip(row.get(3)?);
    facts.utc = row.get::<Option<String>>(4)?.zip(row.get(5)?);
    Ok(true)
}

fn stations(tx: &mut Transaction, identity: &Identity) -> Result<Vec<Station>> {
    let rows = tx.rows(Statement::constant(
        "SELECT s.\"name\", s.\"position\" FROM \"lofar_dataset_has_station\" AS h \
         JOIN \"station\" AS s ON s.\"name\" = h.\"station\" WHERE h.\"lofar_dataset\" = $1 ORDER BY 1",
        vec![identity.lds.as_str().into()],
    ))?;
    let mut stations = Vec::with_capacity(rows.len());
    for row in rows {
        if let Ok(position) = row.get::<Vec<f64>>(1)?.try_into() {
            stations.push(Station { name: row.get(0)?, position });
        }
    }
    Ok(stations)
}

fn beam(tx: &mut Transaction, identity: &Identity, facts: &mut Facts) -> Result<Option<i64>> {
    let Some(row) = tx.maybe_row(Statement::constant(
        "SELECT \"lofar_dataset_beam_id\", \"field\", \"phase_direction_ra\", \"phase_direction_dec\" \
         FROM \"lofar_dataset_beam\" WHERE \"lofar_dataset\" = $1 AND \"beam_index\" = $2",
        vec![identity.lds.as_str().into(), identity.beam.into()],
    ))?
    else {
        return Ok(None);
    };
    facts.field = row.get(1)?;
    facts.direction = row.get::<Option<f64>>(2)?.zip(row.get(3)?);
    row.get(0).map(Some)
}

fn product(
    tx: &mut Transaction,
    identity: &Identity,
    beam: i64,
    facts: &mut Facts,
) -> Result<Option<i64>> {
    let Some(row) = tx.maybe_row(Statement::constant(
        "SELECT \"lofar_dataset_beam_product_id\", \"integration_time\", \"number_channels\", \"main_user\", \
         \"description\", \"flagged\", \"averaged\", \"calibrated\", \"dir_dep_calibration\", \"dir_indep_calibration\" \
         FROM \"lofar_dataset_beam_product\" WHERE \"lofar_dataset_beam_id\" = $1 AND \"product_version\" = $2 \
         AND \"store\" = $3 AND \"integration_time\" > 0 \
         ORDER BY COALESCE(\"add_date\", 0) DESC, \"lofar_dataset_beam_product_id\" DESC LIMIT 1",
        vec![beam.into(), identity.version.into(), LOCAL_STORES[0].into()],
    ))?
    else {
        return Ok(None);
    };
    facts.state = State::Ok;
    facts.integration_time = row.get(1)?;
    facts.channels = row.get(2)?;
    facts.owner = row.get(3)?;
    facts.description = row.get(4)?;
    facts.flagged = row.get(5)?;
    facts.averaged = row.get(6)?;
    facts.calibrated = row.get(7)?;
    facts.dir_dep_calibration = row.get(8)?;
    facts.dir_indep_calibration = row.get(9)?;
    row.get(0).map(Some)
}

fn set(tx: &mut Transaction, identity: &Identity, product: i64, facts: &mut Facts) -> Result<()> {
    let found = tx.maybe_row(Statement::constant(
        "SELECT \"central_frequency\", \"bandwidth\", \"initial_mjd\", \"final_mjd\" FROM \"measurementset\" \
         WHERE \"lofar_dataset_beam_product_id\" = $1 AND \"sb_index\" = $2",
        vec![product.into(), identity.sub_band.into()],
    ))?;
    if let Some(row) = found {
        facts.central_frequency = row.get(0)?;
        facts.bandwidth = row.get(1)?;
        facts.epoch = row.get::<Option<f64>>(2)?.zip(row.get(3)?);
    }
    Ok(())
}
