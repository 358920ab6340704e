//! Rows of every table survive a file and come out the same on either back end.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;
use crate::error::Result;
use crate::partition::Range;
use crate::schema::diagnostics::GAIN;
use crate::schema::{self, movies, reference};
use crate::store::{Database, Options, Statement, Value};
use crate::testing::sample::{self, Size};
use crate::testing::{on_both, postgres, sqlite};

fn fill(database: &Database) {
    database
        .write(|tx| {
            let made = sample::observation(tx, 1, Size::default())?;
            sample::diagnostics(tx, &made, Size::default())?;
            tx.execute(Statement::constant(
                "INSERT INTO \"gain_movie\" (\"gain_movie_id\", \"file_path\", \"store_host\", \"product_size\", \"xaxis\", \"jones\", \
                 \"polar\", \"times\", \"channels\", \"yrange\") VALUES (7, '/m.mp4', 'node011', 3, 'time', $1, $2, $3, $3, '')",
                vec![Value::Ints(vec![0, 3]), true.into(), Value::Ints(vec![0, -1, 1])],
            ))
        })
        .unwrap();
}

fn digests(database: &Database) -> Vec<(String, u64, String)> {
    let of = |tx: &mut crate::Transaction, part: &Part| -> Result<_> {
        let mut sum = Sum::default();
        read(tx, part, |row| {
            sum.add(row);
            Ok(())
        })?;
        Ok((part.name()?, sum.rows(), sum.text()))
    };
    let tables: Vec<_> = schema::tables()
        .filter(|table| table.block != schema::Block::Service || table.name == "ms_diag_summary")
        .collect();
    database.read(|tx| tables.iter().map(|table| of(tx, &Part::all(table))).collect()).unwrap()
}

#[test]
fn both_back_ends_have_the_same_digests() {
    let file = sqlite(&Options::default());
    fill(&file);
    let found = digests(&file);
    assert_eq!(found.iter().find(|(name, ..)| name == "gain").unwrap().1, 36);
    if let Some(server) = postgres(&Options::default()) {
        fill(&server);
        assert_eq!(digests(&server), found);
    }
}

#[test]
fn rows_go_through_a_file_into_the_other_back_end() {
    on_both(|from| {
        fill(from);
        let folder = tempfile::tempdir().unwrap();
        let order = [&reference::STATION, &movies::GAIN_MOVIE, &GAIN];
        for table in order {
            let path = folder.path().join(table.name);
            let mut writer = RowWriter::create(&path, &Header::of(table, None), 3, 2).unwrap();
            from.read(|tx| read(tx, &Part::all(table), |row| writer.row(row))).unwrap();
            let written = writer.finish().unwrap();
            let reader = RowReader::open(&path).unwrap();
            assert_eq!(*reader.header(), Header::of(table, None));
            assert_eq!(reader.contents(|_| Ok(())).unwrap(), written);
            on_both(|to| {
                fill(to);
                to.write(|tx| {
                    // Children of what is replaced go with it.
                    for child in [
                        "gain_movie",
                        "gain",
                        "quality_baseline_statistic",
                        "baseline",
                        "lofar_dataset_has_station",
                    ] {
                        tx.raw(&format!("DELETE FROM \"{child}\""))?;
                    }
                    if table.name == "station" {
                        tx.raw("DELETE FROM \"station\"")?;
                    }
                    let mut reader = RowReader::open(&path)?;
                    let rows = Bulk::into(table).write(tx, |row| reader.next(row))?;
                    assert_eq!(rows, written.rows);
                    assert_eq!(reader.finish()?, written);
                    assert_eq!(count(tx, &Part::all(table))?, written.rows);
                    let mut sum = Sum::default();
                    read(tx, &Part::all(table), |row| {
                        sum.add(row);
                        Ok(())
                    })?;
                    assert_eq!(sum.text(), written.digest, "{}", table.name);
                    Ok(())
                })
                .unwrap();
            });
        }
    });
}

#[test]
fn a_file_that_was_cut_or_changed_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x");
    let header = Header::of(&GAIN, Some(Range { lower: 0, upper: 10 }));
    let mut writer = RowWriter::create(&path, &header, 3, 1).unwrap();
    for k in 0..1000_u32 {
        writer.row(&k.to_be_bytes()).unwrap();
    }
    writer.finish().unwrap();
    let whole = std::fs::read(&path).unwrap();
    assert!(RowWriter::create(&path, &header, 3, 1).is_err(), "nothing is overwritten");
    for end in [0, 10, whole.len() / 2, whole.len() - 1] {
        std::fs::write(&path, &whole[..end]).unwrap();
        assert!(RowReader::open(&path).and_then(|r| r.contents(|_| Ok(()))).is_err(), "{end}");
    }
    let mut changed = whole.clone();
    *changed.last_mut().unwrap() ^= 1;
    std::fs::write(&path, changed).unwrap();
    assert!(RowReader::open(&path).and_then(|r| r.contents(|_| Ok(()))).is_err());
}

#[test]
fn a_row_that_does_not_fit_its_columns_is_refused() {
    let columns = columns(&reference::FIELD);
    for row in [&[][..], &[0, 0], &[0, 0, 0, 5, 1], &[0, 0, 0, 0, 9], &[255, 255, 255, 250]] {
        assert!(cells::values(row, &columns).is_err(), "{row:?}");
        assert!(cells::copy_form(row, &columns, &mut Vec::new()).is_err(), "{row:?}");
    }
    assert_eq!(
        cells::values(&[0, 0, 0, 1, b'x'], &columns).unwrap(),
        [Value::Text("x".to_string())]
    );
}

#[test]
fn the_sum_knows_no_order_but_every_row() {
    let sum = |rows: &[&str]| {
        let mut sum = Sum::default();
        for row in rows {
            sum.add(row.as_bytes());
        }
        sum
    };
    assert_eq!(sum(&["a", "b", "c"]), sum(&["c", "a", "b"]));
    assert_ne!(sum(&["a", "b"]), sum(&["a", "a"]));
    assert_ne!(sum(&["a", "a"]), sum(&["a"]));
    assert_eq!(sum(&[]).text(), "0".repeat(64));
}
