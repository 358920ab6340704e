//! LaunchAOFlagger.

use ledama_tables::Table;

use super::scene::{RAW, Scene, installed, shown, values};
use crate::support::skip::need;

#[test]
fn the_plan_names_strategy_and_working_folder() {
    let scene = need!(Scene::empty(1, "DP3"));
    scene.list(1);
    let words = ["-i", "raw.ref", "-e", "/data1/tmp", "-l", "logs", "--query"];
    let more = ["-t", "/opt/s.lua", "-s", "/opt/init.sh", "--read-mode", "indirect"];
    let lines = shown(&scene.ok("LaunchAOFlagger", &[&words[..], &more].concat()), &[]);
    let wanted = format!(
        "node011  aoflagger -j 3 -v -indirect-read -strategy /opt/s.lua \
         {RAW}/L80897_SAP000_SB000_uv.MS   (in /data1/tmp/RUN/L80897_SAP000_SB000_uv.MS-"
    );
    assert!(lines[0].starts_with(&wanted), "{}\n{wanted}", lines[0]);
    assert!(lines[0].ends_with(")   (after /opt/init.sh)   (in place)"), "{}", lines[0]);
    let old = ["-t", "s.rfis"];
    scene.run("LaunchAOFlagger", &[&words[..], &old].concat()).run().code(2).complains(".rfis");
}

/// Two flaggers with one scratch root on one node do not meet, though their
/// temporary files have fixed names: the flags are those of serial runs.
#[test]
fn flaggers_side_by_side_find_what_one_after_the_other_finds() {
    need!(installed("aoflagger"));
    let scene = need!(Scene::empty(1, "DP3"));
    need!(scene.fill(4));
    let words = ["-i", "raw.ref", "-e", "/data1/tmp", "-l", "logs", "--read-mode", "indirect"];
    let more = ["--numprocessors", "4", "-p", "1", "--backup-flags", "FLAG_BEFORE"];
    scene.ok("LaunchAOFlagger", &[&words[..], &more].concat());
    let flags = |k: u32, column: &str| {
        let table = Table::open(scene.set(RAW, k, "")).unwrap();
        let rows = table.nrow();
        table.column(column).unwrap().array::<bool>(0..rows).unwrap()
    };
    for k in 1..4 {
        assert_eq!(flags(k, "FLAG"), flags(0, "FLAG"), "set {k}");
        assert_eq!(flags(k, "FLAG_BEFORE"), flags(0, "FLAG_BEFORE"));
    }
    let applications = values::<String>(&scene.set(RAW, 0, ""), "HISTORY", "APPLICATION");
    assert!(applications.iter().any(|name| name == "AOFlagger"), "{applications:?}");
    assert!(!scene.cluster.seen("node011", "/data1/tmp").read_dir().unwrap().any(|_| true));
    // The same serially.
    let serial = need!(Scene::empty(1, "DP3"));
    need!(serial.fill(1));
    serial.ok("LaunchAOFlagger", &words);
    let table = Table::open(serial.set(RAW, 0, "")).unwrap();
    let rows = table.nrow();
    assert_eq!(table.column("FLAG").unwrap().array::<bool>(0..rows).unwrap(), flags(0, "FLAG"));
    let again = serial.ok("LaunchAOFlagger", &[&words[..], &["--resume"]].concat());
    assert!(again.stderr.contains("0 ok, 1 skipped"), "{again}");
}
