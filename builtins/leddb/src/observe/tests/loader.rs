//! Searches compared with the database: what is read, what is removed, what is not.

use std::sync::Arc;

use ledama_base::operation::Keep as _;

use super::{content, count, loader, one};
use crate::observe::absent::AbsentOutput;
use crate::observe::jobs;
use crate::observe::loader::{Absences, Compared, Loader, Scans, Settings};
use crate::observe::read::Stamps;
use crate::observe::runs::{self, Counters, Ended};
use crate::observe::scan::{Entry, Root, ScanOutput};
use crate::store::Database;
use crate::testing::on_both;

const ROOT: &str = "/data1/users/lofareor";

fn entry(sub_band: u32, end: &str) -> Entry {
    Entry {
        path: format!("{ROOT}/L2013_80897/L80897_SAP000_SB{sub_band:03}_uv.MS{end}"),
        size_mb: Some(10),
        modified: Some(1_700_000_000),
        stamps: Stamps::default(),
        problem: None,
    }
}

fn output(complete: bool, entries: Vec<Entry>) -> ScanOutput {
    let root = Root { path: ROOT.into(), complete, there: true, ..Root::default() };
    ScanOutput { roots: vec![root], entries, warnings: Vec::new() }
}

fn scan(loader: &Arc<Loader>, output: &ScanOutput) -> Compared {
    let mut value = serde_json::to_value(output).unwrap();
    Scans(Arc::clone(loader)).keep("node011", &mut value, &mut Vec::new()).unwrap();
    serde_json::from_value(value).unwrap()
}

/// Packed files, which need no node.
fn ten(database: &Database) -> Vec<Entry> {
    let all: Vec<Entry> = (0..10).map(|sb| entry(sb, ".tar")).collect();
    scan(&loader(database, |_| {}), &output(true, all.clone()));
    assert_eq!(count(database, "measurementset_product"), 10);
    all
}

fn remove(
    database: &Database,
    output: &ScanOutput,
    change: impl FnOnce(&mut Settings),
) -> (i64, Vec<String>) {
    // Later than what was seen before.
    database
        .write(|tx| {
            tx.execute(crate::store::Statement::constant(
                "UPDATE \"measurementset_product\" SET \"last_check\" = \"last_check\" - 100",
                vec![],
            ))
        })
        .unwrap();
    let loader = loader(database, change);
    scan(&loader, output);
    for missing in loader.missing() {
        let answer = AbsentOutput { absent: missing.paths, unknown: Vec::new() };
        let mut value = serde_json::to_value(answer).unwrap();
        Absences(Arc::clone(&loader)).keep(&missing.node, &mut value, &mut Vec::new()).unwrap();
    }
    (count(database, "measurementset_product"), loader.take_messages())
}

#[test]
fn new_and_changed_sets_are_read_and_others_only_noted() {
    on_both(|database| {
        let all = ten(database);
        let before = content(database);
        let again = loader(database, |_| {});
        let compared = scan(&again, &output(true, all.clone()));
        assert_eq!((compared.found, compared.read, compared.gone), (10, 0, 0));
        assert_eq!(content(database), before);
        assert_eq!(again.summary()[0].counters["kept"], 10);
        // A set that is no packed file has to be read on its node.
        let mut more = all;
        more.push(entry(11, ""));
        more.push(Entry {
            problem: Some("no table: table.dat is missing".into()),
            ..entry(12, "")
        });
        more.push(Entry { path: format!("{ROOT}/L80897/README_SB001.MS"), ..entry(0, "") });
        more.push(Entry { path: format!("{ROOT}/Lost/README_SB001.MS"), ..entry(0, "") });
        let third = loader(database, |settings| settings.dry = true);
        assert_eq!(scan(&third, &output(true, more)).read, 2);
        let tasks = third.take_tasks();
        assert_eq!(tasks[0].size_bytes, 10 << 20);
        assert!(tasks[0].input.quality && tasks[0].input.diagnostics);
        let messages = third.take_messages();
        assert_eq!(messages.len(), 2, "{messages:?}");
        assert!(messages.iter().any(|text| text.contains("tells no observation")));
        assert_eq!(content(database), before);
        assert_eq!(one(database, "SELECT count(*) FROM \"update_run\"").get::<i64>(0).unwrap(), 2);
    });
}

#[test]
fn what_a_complete_list_lacks_is_removed_within_limits() {
    on_both(|database| {
        let all = ten(database);
        // A disk that is not there, or only partly readable, takes nothing away.
        let nothing = ScanOutput {
            roots: vec![Root { path: ROOT.into(), ..Root::default() }],
            ..ScanOutput::default()
        };
        assert_eq!(remove(database, &nothing, |_| {}).0, 10);
        assert_eq!(remove(database, &output(false, all[..9].to_vec()), |_| {}).0, 10);
        let mut unseen = output(true, all[..9].to_vec());
        unseen.roots[0].incomplete.push(format!("{ROOT}/L2013_80897"));
        assert_eq!(remove(database, &unseen, |_| {}).0, 10);
        // An empty folder where a disk should be: too much at once.
        let (left, messages) = remove(database, &output(true, Vec::new()), |_| {});
        assert_eq!(left, 10);
        assert!(messages.iter().any(|text| text.contains("--force")), "{messages:?}");
        assert_eq!(remove(database, &output(true, all[..7].to_vec()), |_| {}).0, 10);
        assert_eq!(remove(database, &output(true, all[..8].to_vec()), |s| s.max_rows = 1).0, 10);
        assert_eq!(remove(database, &output(true, all[..8].to_vec()), |s| s.clean = false).0, 10);
        assert_eq!(remove(database, &output(true, all[..8].to_vec()), |s| s.dry = true).0, 10);
        // What is not in a folder of an observation below the root is nobody's business here.
        let other = ScanOutput {
            roots: vec![Root {
                path: "/data1/users".into(),
                complete: true,
                there: true,
                ..Root::default()
            }],
            ..ScanOutput::default()
        };
        assert_eq!(remove(database, &other, |_| {}).0, 10);
        assert_eq!(remove(database, &output(true, all[..8].to_vec()), |_| {}).0, 8);
        assert_eq!(remove(database, &output(true, all[..2].to_vec()), |s| s.force = true).0, 2);
        // Sets stay, and the observation is marked.
        assert_eq!(count(database, "measurementset"), 10);
        crate::meta::refresh(database, crate::meta::Scope::Touched).unwrap();
        let row = one(database, "SELECT count(*) FROM \"ms_q\" WHERE \"ms_has_msp\"");
        assert_eq!(row.get::<i64>(0).unwrap(), 2);
    });
}

#[test]
fn a_job_is_done_by_one_and_comes_back_when_it_fails() {
    on_both(|database| {
        let hosts = ["node011".to_string(), "node012".to_string()];
        let write = |work: &dyn Fn(&mut crate::Transaction) -> crate::Result<bool>| {
            database.write(|tx| work(tx)).unwrap()
        };
        database.write(|tx| jobs::request(tx, &hosts, jobs::UPDATE, 100)).unwrap();
        assert_eq!(database.read(|tx| jobs::due(tx, jobs::UPDATE, 100)).unwrap(), hosts);
        let claim = |run: &'static str, now| {
            write(&|tx| jobs::claim(tx, "node011", jobs::UPDATE, run, now, 60))
        };
        assert!(claim("a", 110));
        assert!(!claim("b", 120), "somebody holds it");
        assert_eq!(database.read(|tx| jobs::due(tx, jobs::UPDATE, 120)).unwrap(), ["node012"]);
        // The holder is killed: his time runs out.
        assert!(claim("b", 200));
        assert!(write(&|tx| jobs::renew(tx, "node011", "b", 400)));
        assert!(!claim("c", 300));
        database.write(|tx| jobs::finish(tx, "node011", "b", 200, Some("no node"))).unwrap();
        let row = one(
            database,
            "SELECT \"last_error\", \"attempts\" FROM \"update_job\" WHERE \"store_host\" = 'node011'",
        );
        assert_eq!(
            (row.get::<String>(0).unwrap(), row.get::<i64>(1).unwrap()),
            ("no node".into(), 2)
        );
        // Asked for again while it is done: it is done once more.
        assert!(claim("d", 500));
        database.write(|tx| jobs::request(tx, &hosts, jobs::UPDATE, 510)).unwrap();
        database.write(|tx| jobs::finish(tx, "node011", "d", 500, None)).unwrap();
        assert!(claim("e", 520));
        database.write(|tx| jobs::finish(tx, "node011", "e", 520, None)).unwrap();
        assert!(!claim("f", 9999));
    });
}

#[test]
fn of_many_that_want_a_job_one_gets_it() {
    on_both(|database| {
        let hosts = ["node011".to_string()];
        database.write(|tx| jobs::request(tx, &hosts, jobs::UPDATE, 100)).unwrap();
        let won: usize = std::thread::scope(|scope| {
            let all: Vec<_> = (0..8)
                .map(|k| {
                    scope.spawn(move || {
                        let run = format!("run{k}");
                        database
                            .write(|tx| jobs::claim(tx, "node011", jobs::UPDATE, &run, 200, 60))
                            .unwrap()
                    })
                })
                .collect();
            all.into_iter().map(|one| usize::from(one.join().unwrap())).sum()
        });
        assert_eq!(won, 1);
    });
}

#[test]
fn runs_tell_what_they_did_and_that_they_never_ended() {
    on_both(|database| {
        let runner = |run: &str| runs::Runner {
            module: "UpdateLEDDB".into(),
            user: "me".into(),
            run: run.into(),
        };
        database.write(|tx| runs::begin(tx, &runner("a"), "node011", 100)).unwrap();
        let second = database.write(|tx| runs::begin(tx, &runner("b"), "node011", 200)).unwrap();
        let counters = Counters::from([("added".to_string(), 3)]);
        database
            .write(|tx| runs::end(tx, second, Ended::Failed, &counters, Some("one set"), 260))
            .unwrap();
        let last = database.read(|tx| runs::last(tx, "UpdateLEDDB")).unwrap();
        assert_eq!(last.len(), 1);
        assert_eq!((last[0].state.as_str(), last[0].finished), ("failed", Some(260)));
        assert_eq!((last[0].counters["added"], last[0].message.as_deref()), (3, Some("one set")));
        let row = one(database, "SELECT count(*) FROM \"update_run\" WHERE \"state\" = 'stopped'");
        assert_eq!(row.get::<i64>(0).unwrap(), 1);
    });
}
