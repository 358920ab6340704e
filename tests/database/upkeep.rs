//! Databases made, measured, saved, taken away and restored by modules.

use ledama_leddb::testing::sample::{self, Size};
use ledama_leddb::{Database, meta, partition};

use crate::support::postgres::{Base, on_both};
use crate::support::run::Run;
use crate::support::wait::until;
use crate::support::{Output, Work};

fn make(base: &Base, number: i64, size: Size) {
    base.database
        .write(|tx| {
            let made = sample::observation(tx, number, size)?;
            sample::diagnostics(tx, &made, size).map(drop)
        })
        .unwrap();
    partition::ensure(&base.database, None).unwrap();
    meta::refresh(&base.database, meta::Scope::Touched).unwrap();
}

fn module(work: &Work, url: &str, name: &str, more: &[&str]) -> Run {
    work.ledama(["run", name, "--dburl", url, "--no-progress"]).args(more)
}

fn notes(output: &Output) -> Vec<String> {
    let plans = output.json()["plans"].take();
    let notes = plans[0]["notes"].as_array().unwrap_or_else(|| panic!("no notes; {output}"));
    notes.iter().map(|note| note.as_str().unwrap().to_string()).collect()
}

/// What `--yes-delete` takes.
fn name_of(url: &str) -> String {
    url.rsplit('/').next().unwrap().trim_end_matches(".sqlite").to_string()
}

fn counts(url: &str) -> Vec<(&'static str, i64)> {
    let place = ledama_leddb::Location::parse(url).unwrap();
    let database = Database::open(&place, &ledama_leddb::Options::default()).unwrap();
    let counts = database.read(ledama_leddb::migrate::row_counts).unwrap();
    database.close();
    counts.into_iter().filter(|(table, _)| !["setting", "schema_version"].contains(table)).collect()
}

#[test]
fn a_database_is_made_and_its_statements_need_no_server() {
    let work = Work::new();
    let nowhere = "postgres://nobody@localhost:1/nothing";
    let shown = module(&work, nowhere, "CreateLEDDB", &["-q"]).ok();
    for word in
        ["CREATE TABLE \"gain\"", "PARTITION BY RANGE", "CREATE VIEW \"lds_q\"", "leddb_array"]
    {
        assert!(shown.stdout().contains(word), "{word}");
    }
    let functions = module(&work, nowhere, "createleddb", &["--query", "-f"]).ok();
    assert!(functions.stdout().starts_with("CREATE OR REPLACE FUNCTION"), "{functions}");
    let url = format!("sqlite:{}", work.join("deep/x.sqlite").display());
    assert!(
        !module(&work, &url, "CreateLEDDB", &["--query"]).ok().stdout().contains("PARTITION BY")
    );
    assert!(!work.join("deep").exists());
    let made =
        module(&work, &url, "CreateLEDDB", &["--json", "--partition-width", "50"]).ok().json();
    assert_eq!(made["facts"]["made"], true, "{made}");
    module(&work, &url, "CreateLEDDB", &[]).ok().complains("is there already");
    module(&work, &url, "CreateLEDDB", &["--functions"]).ok().complains("a file has no functions");
    module(&work, nowhere, "CreateLEDDB", &[]).run().no_panic().code(1);
}

#[test]
fn sizes_are_told_by_table_and_range() {
    on_both(|work, base| {
        make(base, 1, Size::default());
        module(work, &base.url, "SizeLEDDB", &[]).ok().complains("leddb");
        let told =
            module(work, &base.url, "SizeLEDDB", &["-t", "--sort", "size", "--json"]).ok().json();
        let rows = told["result"]["rows"].as_array().unwrap().clone();
        let tables: Vec<_> =
            rows.iter().filter(|row| !row[0].as_str().unwrap().starts_with(' ')).collect();
        assert!(tables.is_sorted_by_key(|row| std::cmp::Reverse(row[2].as_i64())), "{told}");
        let part =
            rows.iter().find(|row| row[0].as_str().unwrap().contains("gain_part_000_0_20000"));
        assert_eq!(part.unwrap()[1], 36);
        let named = module(work, &base.url, "SizeLEDDB", &["-t", "--json"]).ok().json();
        assert_eq!(named["result"]["rows"][0][0], "antenna_type");
    });
    let work = Work::new();
    let absent = format!("sqlite:{}", work.join("absent.sqlite").display());
    module(&work, &absent, "SizeLEDDB", &[])
        .run()
        .no_panic()
        .code(2)
        .complains("there is no database");
    assert!(!work.join("absent.sqlite").exists());
}

#[test]
fn saved_taken_away_and_restored_it_is_the_same() {
    on_both(|work, base| {
        make(base, 1, Size::default());
        let before = counts(&base.url);
        let folder = work.join("backup").display().to_string();
        let save =
            |more: &[&str]| module(work, &base.url, "BackupLEDDB", more).args(["-d", &folder]);
        save(&[]).run().no_panic().code(2).complains("nothing is asked for");
        save(&["--full"]).run().no_panic().code(2).complains("nothing is asked for");
        let shown = notes(&save(&["-b", "--query", "--json"]).ok());
        assert!(shown.contains(&"gain_part_000_0_20000 is written".to_string()), "{shown:?}");
        assert!(!work.join("backup").exists());
        let first = save(&["-b", "-v", "-r", "--json"]).ok().json();
        assert_eq!(first["facts"]["unchanged"], 0, "{first}");
        assert_eq!(save(&["-b", "--json"]).ok().json()["facts"]["unchanged"], 4);

        let restore = |url: &str, more: &[&str]| {
            module(work, url, "RestoreLEDDB", more).args(["--backupdir", &folder])
        };
        restore(&base.url, &[]).run().no_panic().code(1).complains("is not empty");
        let name = name_of(&base.url);
        let delete = |more: &[&str]| {
            module(work, &base.url, "DeleteLEDDB", more).args(["--backupdir", &folder])
        };
        delete(&["--yes-delete", &name]).run().no_panic().code(1).complains("connected");
        base.database.close();
        delete(&[]).run().no_panic().code(2).complains("--yes-delete");
        delete(&["--yes-delete", "other"]).run().no_panic().code(2).complains("is not the name");
        let shown = notes(&delete(&["--query", "--json"]).ok());
        assert!(shown.iter().any(|note| note.starts_with("gain: 36 rows")), "{shown:?}");
        let empty = work.join("empty").display().to_string();
        module(work, &base.url, "DeleteLEDDB", &["--yes-delete", &name, "--backupdir", &empty])
            .run()
            .no_panic()
            .code(1)
            .complains("there is no backup");
        delete(&["--yes-delete", &name, "--max-age", "0s"])
            .run()
            .no_panic()
            .code(1)
            .complains("old");
        assert_eq!(counts(&base.url), before);
        delete(&["--yes-delete", &name]).ok().complains("are gone");

        let shown = notes(&restore(&base.url, &["--query", "--json"]).ok());
        assert!(shown.iter().any(|note| note.contains("gain_part_000_0_20000")), "{shown:?}");
        let done = restore(&base.url, &["--functions", "--json"]).ok().json();
        assert_eq!(counts(&base.url), before);
        // What a database knows of itself is not taken over.
        let rows = |told: &serde_json::Value| told["facts"]["rows"].as_i64().unwrap();
        assert!(rows(&done) > 300 && rows(&done) <= rows(&first), "{done}");
        work.ledama(["db", "--dburl", &base.url, "check"]).ok().complains("no fault found");
        restore(&base.url, &["--partitions", "7"]).run().no_panic().code(2).complains("no range 7");
    });
}

#[test]
fn a_backup_that_is_killed_or_finds_no_space_leaves_the_old_one_whole() {
    let work = Work::new();
    let base = Base::sqlite(&work);
    let large = Size { channels: 64, times: 300, ..Size::default() };
    make(&base, 1, large);
    let folder = work.join("backup");
    let text = folder.display().to_string();
    let save = || module(&work, &base.url, "BackupLEDDB", &["-b", "--all", "-d", &text]);
    save().ok();
    let listed = || -> Vec<String> {
        let names = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name());
        let mut names: Vec<_> = names.map(|name| name.into_string().unwrap()).collect();
        names.sort();
        names
    };
    let good = listed();
    let running = save().start();
    until("a file is being written", || {
        listed().iter().any(|name| name.starts_with(".partial-")).then_some(())
    });
    running.signal(rustix::process::Signal::KILL);
    running.wait();
    assert!(good.iter().all(|name| listed().contains(name)), "{good:?} {:?}", listed());
    // A limit on the size of files stands for a disk that is full.
    let program = crate::support::run::program().display().to_string();
    let script = "trap '' XFSZ; ulimit -f 64; exec \"$@\"";
    let full = Run::new(
        work.path(),
        [
            "-c",
            script,
            "sh",
            &program,
            "run",
            "BackupLEDDB",
            "--dburl",
            &base.url,
            "--no-progress",
            "-b",
            "--all",
            "-d",
            &text,
        ],
    )
    .program("sh")
    .run()
    .no_panic();
    assert_ne!(full.code, 0, "{full}");
    assert!(good.iter().all(|name| listed().contains(name)), "{good:?} {:?}", listed());
    assert!(!full.stderr.is_empty());
    let place = format!("sqlite:{}", work.join("again.sqlite").display());
    module(&work, &place, "RestoreLEDDB", &["-b", &text]).ok();
    assert_eq!(counts(&place), counts(&base.url));
    save().ok();
    assert!(listed().iter().all(|name| !name.starts_with(".partial-")), "{:?}", listed());
}

#[test]
fn rows_are_counted_and_hours_added_up() {
    on_both(|work, base| {
        make(base, 1, Size::default());
        let counted = module(work, &base.url, "countleddb", &["--json"]).ok().json();
        let estimated =
            module(work, &base.url, "CountLEDDB", &["--estimate", "--json"]).ok().json();
        let rows = |told: &serde_json::Value, name: &str| {
            let rows = told["result"]["rows"].as_array().unwrap();
            rows.iter().find(|row| row[0] == name).unwrap()[1].clone()
        };
        for (name, count) in [("gain", 36), ("  gain_part_000_0_20000", 36), ("measurementset", 12)]
        {
            assert_eq!(rows(&counted, name), count, "{name}");
        }
        assert_eq!(rows(&estimated, "gain"), 36);
        // An observation takes 1801 s; its main field is 3C196.
        make(base, 2, Size::default());
        base.database
            .write(|tx| {
                let made = sample::observation(tx, 3, Size::default())?;
                tx.execute(ledama_leddb::store::Statement::constant(
                    "UPDATE \"lofar_dataset_beam\" SET \"field\" = NULL WHERE \"lofar_dataset\" = $1",
                    vec![made.name.into()],
                ))
            })
            .unwrap();
        meta::refresh(&base.database, meta::Scope::Touched).unwrap();
        let hours = |more: &[&str]| {
            let told = module(work, &base.url, "HoursPerField", more).arg("--json").ok().json();
            let rows = told["result"]["rows"].as_array().unwrap().clone();
            rows.into_iter().filter(|row| row[1] != 0).collect::<Vec<_>>()
        };
        assert!(hours(&[]).is_empty(), "they are of 2012/03");
        let all = ["--since", "2012-01-01"];
        let expected = serde_json::json!([["3C196", 2, 1.0], ["OTHERS", 1, 0.5]]);
        assert_eq!(serde_json::json!(hours(&all)), expected);
        assert!(hours(&["--since", "2012/01/01", "--min-duration", "1801"]).is_empty());
        let own = ["--since", "2012/01/01", "--fields", "ANY=.,TWICE=196"];
        let expected = serde_json::json!([["ANY", 2, 1.0], ["OTHERS", 1, 0.5]]);
        assert_eq!(serde_json::json!(hours(&own)), expected);
        module(work, &base.url, "HoursPerField", &own).ok().complains("matches ANY and TWICE");
        module(work, &base.url, "HoursPerField", &["--since", "x"]).run().no_panic().code(2);
    });
}

#[test]
fn databases_are_made_the_same() {
    on_both(|work, base| {
        make(base, 1, Size::default());
        let to = format!("sqlite:{}", work.join("copy.sqlite").display());
        let sync = |more: &[&str]| {
            work.ledama(["run", "SyncLEDDBs", "--no-progress", "--from", &base.url, "--to", &to])
                .args(more)
        };
        sync(&[]).run().no_panic().code(1).complains("there is no database");
        module(work, &to, "CreateLEDDB", &[]).ok();
        let told = sync(&["--query", "--json"]).ok().json();
        assert!(told["facts"]["differing"].as_i64().unwrap() > 15, "{told}");
        sync(&[]).ok().says("measurementset");
        sync(&[]).ok().complains("nothing differed");
        sync(&["-q"]).ok().complains("nothing differs");
        let of = |url: &str| -> Vec<_> {
            let own = ["id_counter", "partition_state", "meta_dirty", "ms_diag_summary"];
            counts(url).into_iter().filter(|(table, _)| !own.contains(table)).collect()
        };
        assert_eq!(of(&to), of(&base.url));
    });
}

#[test]
fn an_original_database_is_taken_over() {
    let Some(from) = ledama_leddb::testing::original() else { return };
    let work = Work::new();
    let to = format!("sqlite:{}", work.join("new.sqlite").display());
    let import = |more: &[&str]| {
        work.ledama([
            "run",
            "ImportLEDDB",
            "--no-progress",
            "--from",
            &from.to_string(),
            "--to",
            &to,
        ])
        .args(more)
    };
    import(&["--query"]).ok();
    assert!(!work.join("new.sqlite").exists());
    import(&["--zone", "Nowhere"]).run().no_panic().code(1).complains("no time zone");
    let done = import(&["--json"]).ok();
    let rows = done.json()["result"]["rows"].take();
    let gain = rows.as_array().unwrap().iter().find(|row| row[0] == "gain").unwrap();
    assert_eq!((&gain[1], &gain[3]), (&16.into(), &9.into()), "{done}");
    done.complains("gain: 3 rows left out: there is a newer row");
    work.ledama(["db", "--dburl", &to, "check"]).ok();
    import(&[]).run().no_panic().code(1).complains("is not empty");
}
