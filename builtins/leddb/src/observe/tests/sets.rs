//! Real sets: what is in the database is what is in their tables.

use std::path::Path;

use ledama_base::operation::{Keep as _, Operation as _};
use ledama_ms::quality::Quality;
use ledama_ms::{gains, parmdb};
use serde_json::Value;

use super::pack::unpack;
use super::{Alone, content, count, loader, one};
use crate::load::{Diagnostics, Source, replace};
use crate::meta;
use crate::observe::loader::{Answers, Loader};
use crate::observe::read::{Read, ReadInput};
use crate::store::{Database, Statement};
use crate::testing::on_both;
use crate::values::{FILLER, Shape, decode, decode_times};
use std::sync::Arc;

/// Reads and keeps the tasks that a loader has; what became of each.
pub(super) fn work(loader: &Arc<Loader>) -> Vec<Result<Value, String>> {
    let mut all = Vec::new();
    loop {
        let tasks = loader.take_tasks();
        if tasks.is_empty() {
            return all;
        }
        for task in tasks {
            all.push(read(loader, &task.node, task.input));
        }
    }
}

fn read(loader: &Arc<Loader>, node: &str, input: ReadInput) -> Result<Value, String> {
    let context = Alone::default();
    let output = Read.run(input, &context).map_err(|error| error.to_string())?;
    let mut value = serde_json::to_value(output).unwrap();
    let mut items = context.items();
    let keeper = Answers(Arc::clone(loader));
    keeper.keep(node, &mut value, &mut items).map_err(|error| error.to_string())?;
    assert!(items.is_empty(), "large arrays are not held to the end");
    Ok(value)
}

fn add(database: &Database, set: &Path) -> Result<Value, String> {
    let loader = loader(database, |_| {});
    loader.add("node011", set.to_str().unwrap());
    work(&loader).remove(0)
}

/// An array of the first row of a table for that kind.
fn array(
    database: &Database,
    text: &'static str,
    kind: &str,
    times: bool,
) -> ndarray::ArrayD<num_complex::Complex64> {
    let row = database.read(|tx| tx.row(Statement::constant(text, vec![kind.into()]))).unwrap();
    let bytes = row.get::<Vec<u8>>(0).unwrap();
    let shape = Shape::of_columns(4, row.get(1).unwrap(), row.get(2).unwrap()).unwrap();
    if times {
        decode_times(&bytes, shape).unwrap().into_dyn()
    } else {
        decode(&bytes, shape).unwrap().into_dyn()
    }
}

#[test]
fn quality_statistics_are_those_of_the_set() {
    let folder = tempfile::tempdir().unwrap();
    let Some(set) = unpack("dp3-quality", &folder.path().join("L114220_001")) else { return };
    let quality = Quality::read(&set).unwrap();
    on_both(|database| {
        let told = add(database, &set).unwrap();
        assert_eq!(told["change"], "added");
        let kinds = i64::try_from(quality.kinds.len()).unwrap();
        assert_eq!(count(database, "quality_time_statistic"), kinds);
        assert_eq!(count(database, "quality_frequency_statistic"), kinds);
        let baselines = quality.baseline.as_ref().unwrap().baselines.len();
        let rows = kinds * i64::try_from(baselines).unwrap();
        assert_eq!(count(database, "quality_baseline_statistic"), rows);
        let at = quality.kinds.iter().position(|kind| kind.name == "DSum").unwrap();
        let text = "SELECT s.\"values\", s.\"n_freq\", s.\"n_time\" FROM \"quality_time_statistic\" AS s \
                    JOIN \"quality_kind\" AS k ON k.\"quality_kind_id\" = s.\"quality_kind_id\" WHERE k.\"name\" = $1";
        let stored = array(database, text, "DSum", true);
        let table = &quality.time.as_ref().unwrap().values;
        assert_eq!(stored.shape(), [4, table.shape()[2], table.shape()[3]]);
        for ((kind, plane, f, t), value) in table.indexed_iter() {
            if kind == at && value.is_finite() {
                let is = stored[[plane, f, t]];
                assert_eq!((is.re, is.im), (f64::from(value.re), f64::from(value.im)));
            }
        }
        let row = one(
            database,
            "SELECT \"time_step\", \"time_start\", \"freq_step\", \"freq_start\" FROM \"quality_time_statistic\"",
        );
        let time = quality.time.as_ref().unwrap();
        assert_eq!(row.get::<Option<f64>>(1).unwrap(), time.time_mjd_s.first().copied());
        assert_eq!(row.get::<Option<f64>>(2).unwrap(), time.freq_step_hz);
        assert_eq!(row.get::<Option<f64>>(3).unwrap(), time.frequency_hz.first().copied());
        // Seen again: nothing new, no other rows.
        let before = content(database);
        let told = add(database, &set).unwrap();
        assert_eq!((&told["change"], &told["qualities"]), (&"kept".into(), &0.into()));
        assert_eq!(content(database), before);
        meta::refresh(database, meta::Scope::Touched).unwrap();
        let row = one(database, "SELECT \"ms_has_quality\", \"ms_has_gain\" FROM \"ms_q\"");
        assert_eq!((row.get::<bool>(0).unwrap(), row.get::<bool>(1).unwrap()), (true, false));
    });
}

#[test]
fn quality_of_later_versions_is_ignored() {
    let folder = tempfile::tempdir().unwrap();
    let Some(set) = unpack("dp3-quality", &folder.path().join("L114220_002")) else { return };
    on_both(|database| {
        add(database, &set).unwrap();
        assert_eq!(count(database, "quality_time_statistic"), 0);
        assert_eq!(count(database, "measurementset"), 1);
    });
}

#[test]
fn gains_are_those_of_the_set() {
    let folder = tempfile::tempdir().unwrap();
    let Some(set) = unpack("dp3-gains", &folder.path().join("L114220_002")) else { return };
    assert!(parmdb::ParmDb::has_values(set.join("instrument")).unwrap());
    let request = gains::Request { apart: true, ..gains::Request::default() };
    let gains = gains::read(&set, &request).unwrap();
    on_both(|database| {
        add(database, &set).unwrap();
        let stations = i64::try_from(gains.stations.len()).unwrap();
        assert_eq!(count(database, "gain"), stations);
        let text = "SELECT \"values\", \"n_freq\", \"n_time\" FROM \"gain\" WHERE \"station\" = $1";
        for (s, station) in gains.stations.iter().enumerate() {
            let stored = array(database, text, station, true);
            for element in 0..4 {
                for (t, f) in
                    (0..gains.time.len()).flat_map(|t| (0..gains.freq.len()).map(move |f| (t, f)))
                {
                    let place = gains.jones_place(element);
                    let is = place.and_then(|jones| gains.value([t, f, s, 0, jones]));
                    assert_eq!(stored[[element, f, t]], is.unwrap_or(FILLER));
                }
            }
        }
        let row = one(
            database,
            "SELECT \"direction_ra\", \"direction_dec\", \"time_step\" FROM \"gain\"",
        );
        assert_eq!((row.get::<f64>(0).unwrap(), row.get::<f64>(1).unwrap()), (-1.0, -1.0));
        // The gains go: so do their rows.
        let hidden = set.with_file_name("hidden");
        std::fs::rename(set.join("instrument"), &hidden).unwrap();
        let told = add(database, &set);
        std::fs::rename(&hidden, set.join("instrument")).unwrap();
        told.unwrap();
        assert_eq!(count(database, "gain"), 0);
        // They come back.
        add(database, &set).unwrap();
        assert_eq!(count(database, "gain"), stations);
        let row =
            one(database, "SELECT count(*) FROM \"update_run_item\" WHERE \"action\" = 'deleted'");
        assert_eq!(row.get::<i64>(0).unwrap(), 1);
    });
}

#[test]
fn another_copy_without_diagnostics_takes_none_away_and_a_newer_one_wins() {
    let folder = tempfile::tempdir().unwrap();
    let first = folder.path().join("data1/L114220_001");
    let second = folder.path().join("data2/L114220_001");
    let (Some(set), Some(copy)) = (unpack("dp3-quality", &first), unpack("dp3-quality", &second))
    else {
        return;
    };
    on_both(|database| {
        add(database, &set).unwrap();
        let origin = || -> i64 {
            one(database, "SELECT \"origin_msp\" FROM \"ms_diag_summary\" WHERE \"table_name\" = 'quality_time_statistic'")
                .get(0)
                .unwrap()
        };
        let rows = count(database, "quality_baseline_statistic");
        let hidden = copy.with_file_name("hidden");
        let table = copy.join("QUALITY_BASELINE_STATISTIC");
        // An incomplete copy fails and changes nothing.
        std::fs::rename(&table, &hidden).unwrap();
        let old = std::fs::File::open(copy.join("QUALITY_TIME_STATISTIC/table.dat")).unwrap();
        old.set_modified(std::time::SystemTime::now()).unwrap();
        let fault = add(database, &copy);
        std::fs::rename(&hidden, &table).unwrap();
        assert!(fault.unwrap_err().contains("quality"), "an incomplete source is told");
        assert_eq!(count(database, "quality_baseline_statistic"), rows);
        let before = origin();
        // Whole and newer: its rows come in.
        add(database, &copy).unwrap();
        assert_ne!(origin(), before);
        assert_eq!(count(database, "quality_baseline_statistic"), rows);
        // The first, older, changes nothing, nor does it without its statistics.
        add(database, &set).unwrap();
        assert_ne!(origin(), before);
        let times =
            std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_400_000_000);
        std::fs::File::open(copy.join("QUALITY_TIME_STATISTIC/table.dat"))
            .unwrap()
            .set_modified(times)
            .unwrap();
        // Half of a group is no group: it is loaded again.
        database
            .write(|tx| {
                let set: i64 = tx
                    .row(Statement::constant(
                        "SELECT \"measurementset_id\" FROM \"measurementset\"",
                        vec![],
                    ))?
                    .get(0)?;
                let source = Source { stamp: None, origin_msp: None };
                replace(tx, Diagnostics::Qbs, set, source, std::iter::empty())
            })
            .unwrap();
        assert_eq!(count(database, "quality_baseline_statistic"), 0);
        add(database, &set).unwrap();
        assert_eq!(count(database, "quality_baseline_statistic"), rows);
    });
}
