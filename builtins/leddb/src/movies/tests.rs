//! Movies: what their folders say, and what the database makes of it.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs;
use std::path::Path;

use super::*;
use crate::meta::{self, Scope};
use crate::store::{Cell, Database, Statement};
use crate::testing::on_both;
use crate::testing::sample::{self, Size};

const INFO: &str = "\
XAXIS: freq
JONES: [0, 3]
STATIONS: CS001HBA0,RS106HBA
DELAYS: 0.0,9.2e-08
REFSTATION: None
POLAR: True
TIMES: [0, -1, 1]
CHANNELS: [0, 0, 1]
YRANGE: [0.0, 0.0025, -3.14, 3.14]
MESSAGE: slots TIMES: [5, 6, 7]
USEDDATA:
000 115039062.5 0
a line that means nothing
001 116992187.5 1
";

#[test]
fn the_older_form_is_read_by_whole_keys() {
    let info = read_older(INFO).unwrap();
    assert_eq!(info.times, [0, -1, 1]);
    assert_eq!(info.message.as_deref(), Some("slots TIMES: [5, 6, 7]"));
    assert_eq!((info.reference_station.clone(), info.polar), (None, true));
    assert_eq!((info.jones.clone(), info.delays.clone()), (vec![0, 3], vec![0.0, 9.2e-8]));
    assert_eq!(info.used.len(), 2);
    let files = INFO.replace("000 115039062.5 0", "node011 /data1/L80001/L80001_SB000_uv.MS");
    assert!(
        matches!(&read_older(&files).unwrap().used[0], Used::File { node, .. } if node == "node011")
    );
    let json = serde_json::to_value(&info).unwrap();
    let mut json = json.as_object().unwrap().clone();
    json.insert("version".into(), 1.into());
    assert_eq!(read_json(&serde_json::to_string(&json).unwrap()).unwrap(), info);
    json.insert("version".into(), 2.into());
    assert!(read_json(&serde_json::to_string(&json).unwrap()).is_err());
}

#[test]
fn both_forms_are_read_as_they_were_written() {
    let mut info = read_older(INFO).unwrap();
    assert_eq!(read_older(&write_older(&info)).unwrap(), info);
    assert!(write_older(&info).contains("DELAYS: 0.0,9.2e-8\n"), "{}", write_older(&info));
    info.used = vec![Used::File { node: "node011".into(), path: "/data1/L1_SB000_uv.MS".into() }];
    info.reference_station = Some("CS001HBA0".into());
    info.made = Some(serde_json::json!({ "program": "ledama 1", "frames": 3 }));
    assert_eq!(read_json(&write_json(&info)).unwrap(), info);
    // The older form has no place for how it was made.
    let older = read_older(&write_older(&info)).unwrap();
    assert_eq!(older, MovieInfo { made: None, ..info });
}

#[test]
fn all_faults_of_the_older_form_are_told() {
    let cases = [
        ("JONES: [0, 3]", "JONES: [(0, 0), (1, 1)]", 2, "pairs"),
        ("POLAR: True", "POLAR: yes", 6, "`True` or `False`"),
        ("TIMES: [0, -1, 1]", "TIMES: [0, -1]", 7, "2 numbers"),
        ("YRANGE: [0.0, ", "YRANGE: [low, ", 9, "something else"),
        ("XAXIS: freq", "XAXIS: frequency", 0, "x axis"),
        ("DELAYS: 0.0,9.2e-08", "DELAYS: 0.0", 0, "2 stations have 1 delays"),
        ("000 115039062.5 0", "000 high 0", 12, "no sub-band"),
        ("MESSAGE:", "REMARK:", 10, "no key"),
        ("USEDDATA:\n", "", 11, "no key"),
    ];
    for (from, to, line, words) in cases {
        let faults = read_older(&INFO.replacen(from, to, 1)).unwrap_err();
        let found = faults.iter().find(|fault| fault.problem.contains(words));
        assert_eq!(found.map(|fault| fault.line), Some(line), "{to}: {faults:?}");
    }
    assert!(read_older("").unwrap_err().len() >= 9);
    assert!(
        read_older(&INFO.replace("000 115039062.5 0\n", "").replace("001 116992187.5 1\n", ""))
            .is_err()
    );
}

fn folder(root: &Path, name: &str, info: &str, films: &[&str]) {
    let folder = root.join("L80001").join(name);
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("INFO"), info).unwrap();
    for film in films {
        fs::write(folder.join(film), vec![0; 1_500_000]).unwrap();
    }
}

#[test]
fn movies_lie_two_levels_below_the_root() {
    let root = tempfile::tempdir().unwrap();
    folder(root.path(), "L80001_000_a", INFO, &["a.mp4"]);
    folder(root.path(), "L80001_000_b", INFO, &["b.mp4", "c.mp4"]);
    folder(root.path(), "L80001_000_empty", INFO, &[]);
    folder(root.path(), "L80001_000_wrong", "XAXIS", &["d.mp4"]);
    fs::create_dir_all(root.path().join("L80001/frames/deeper")).unwrap();
    fs::write(root.path().join("L80001/frames/deeper/e.mp4"), "").unwrap();
    fs::write(root.path().join("f.mp4"), "").unwrap();
    let text = root.path().display().to_string();
    let known = [format!("{text}/L80001/gone/x.mp4"), "/elsewhere/y.mp4".to_string()];
    let scanned = scan(&text, &known).unwrap();
    assert_eq!(scanned.movies.len(), 2, "{scanned:?}");
    assert_eq!((scanned.movies[0].size_mb, scanned.notes.len()), (2, 1));
    assert_eq!(scanned.faults.len(), 2, "{:?}", scanned.faults);
    assert_eq!(scanned.gone, known[..1]);
    assert!(scan(&format!("{text}/nothing"), &known).is_err());
    assert!(scan("relative", &[]).is_err());
}

fn found(path: &str, modified: i64) -> Found {
    let info = read_older(INFO).unwrap();
    Found { path: path.into(), size_mb: 2, modified, info }
}

fn one<T: Cell>(database: &Database, text: &'static str) -> T {
    database.read(|tx| tx.row(Statement::constant(text, Vec::new()))?.get(0)).unwrap()
}

fn put(database: &Database, host: &str, movies: &[Found], gone: &[String], now: i64) -> Registered {
    let done = database.write(|tx| register(tx, host, movies, gone, now)).unwrap();
    meta::refresh(database, Scope::Touched).unwrap();
    done
}

const FLAGGED: &str = "SELECT count(*) FROM \"ms_q\" WHERE \"ms_has_gain_movie\"";

#[test]
fn movies_are_written_once_and_again_when_they_change() {
    on_both(|database| {
        database.write(|tx| sample::observation(tx, 1, Size::default())).unwrap();
        let mut movie = found("/m/a.mp4", 100);
        movie.info.reference_station = Some("RS106HBA".into());
        let done = put(database, "node013", &[movie.clone()], &[], 1000);
        assert_eq!((done.added, done.failed.len()), (1, 0), "{done:?}");
        assert_eq!(one::<i64>(database, FLAGGED), 2);
        let id: i64 = one(database, "SELECT \"gain_movie_id\" FROM \"gain_movie\"");
        assert_eq!(
            put(database, "node013", &[movie.clone()], &[], 2000),
            Registered { processed: 1, ..Registered::default() }
        );
        movie.modified = 1500;
        movie.info.used.pop();
        movie.info.reference_station = None;
        movie.info.message = None;
        let done = put(database, "node013", &[movie], &[], 3000);
        assert_eq!((done.added, done.updated), (0, 1));
        assert_eq!(one::<i64>(database, FLAGGED), 1);
        assert_eq!(one::<i64>(database, "SELECT \"gain_movie_id\" FROM \"gain_movie\""), id);
        assert_eq!(
            one::<Option<String>>(database, "SELECT \"reference_station\" FROM \"gain_movie\""),
            None
        );
        assert_eq!(one::<i64>(database, "SELECT count(*) FROM \"gain_movie_has_station\""), 2);
    });
}

#[test]
fn a_movie_with_unknown_sets_or_stations_keeps_its_old_row() {
    on_both(|database| {
        database.write(|tx| sample::observation(tx, 1, Size::default())).unwrap();
        put(database, "node013", &[found("/m/a.mp4", 100)], &[], 1000);
        let mut bad = found("/m/a.mp4", 2000);
        bad.info.stations[0] = "XX999".into();
        bad.info.used.push(Used::Set { sub_band: 7, frequency_hz: 1.0, measurementset_id: 1 });
        bad.info.used.push(Used::Set { sub_band: 7, frequency_hz: 1.0, measurementset_id: 777 });
        bad.info.used.push(Used::File { node: "node011".into(), path: "/a/b.MS".into() });
        let judged = database
            .read(|tx| judge(tx, "node013", &[bad.clone(), found("/m/new.mp4", 5)]))
            .unwrap();
        assert_eq!((judged[0].change, judged[1].change), (Change::Updated, Change::Added));
        let problem = judged[0].problem.clone().unwrap();
        for word in ["XX999", "sub-band 1, not 7", "777", "node011:/a/b.MS"] {
            assert!(problem.contains(word), "{word}: {problem}");
        }
        let good = found("/m/b.mp4", 2000);
        let done = put(database, "node013", &[bad, good], &[], 3000);
        assert_eq!((done.added, done.updated, done.failed.len()), (1, 0, 1));
        assert_eq!(one::<i64>(database, "SELECT min(\"last_check\") FROM \"gain_movie\""), 1000);
    });
}

#[test]
fn only_movies_of_the_same_machine_are_forgotten() {
    on_both(|database| {
        database.write(|tx| sample::observation(tx, 1, Size::default())).unwrap();
        for host in ["node013", "node014"] {
            put(database, host, &[found("/m/a.mp4", 100)], &[], 1000);
        }
        let gone = ["/m/a.mp4".to_string(), "/m/never.mp4".to_string()];
        assert_eq!(put(database, "node013", &[], &gone, 2000).deleted, 1);
        assert_eq!(one::<i64>(database, FLAGGED), 2);
        assert_eq!(database.read(|tx| movies_of(tx, "node014")).unwrap(), ["/m/a.mp4"]);
        assert_eq!(put(database, "node014", &[], &gone, 2000).deleted, 1);
        assert_eq!(one::<i64>(database, FLAGGED), 0);
    });
}
