//! The database against itself, against the disks of nodes, and the movies of a node.

use ledama_leddb::store::Statement;
use ledama_leddb::testing::sample::{self, Size};

use crate::support::nodes::Settings;
use crate::support::observation::{self, Shape};
use crate::support::postgres::{Base, on_both};
use crate::support::run::Run;
use crate::support::skip::need;
use crate::support::{Cluster, Work};

fn module(work: &Work, base: &Base, name: &str, more: &[&str]) -> Run {
    work.ledama(["run", name, "--dburl", &base.url, "--no-progress"]).args(more)
}

fn execute(base: &Base, text: &'static str) {
    base.database.write(|tx| tx.execute(Statement::constant(text, Vec::new()))).unwrap();
}

#[test]
fn two_products_are_compared() {
    on_both(|work, base| {
        base.database.write(|tx| sample::observation(tx, 1, Size::default())).unwrap();
        let options =
            ["--rawa", "--versionb", "1", "--storeb", "CLUSTER", "--no-tarb", "--opath", "out"];
        let done = module(work, base, "CheckLDSBPs", &options).ok();
        done.says("L80001").complains("1 observations, 0 sub-bands with problems");
        assert!(work.names("out").is_empty());
        execute(base, "DELETE FROM \"measurementset_product\" WHERE \"measurementset_id\" = 4");
        execute(
            base,
            "UPDATE \"measurementset_product\" SET \"product_size\" = 500 WHERE \"measurementset_id\" = 5",
        );
        let done = module(work, base, "CheckLDSBPs", &options).arg("--json").run().code(1);
        let json = done.json();
        assert_eq!(json["facts"]["problems"], 2, "{done}");
        assert_eq!(json["facts"]["observations"][0]["pairs"][2]["state"], "size");
        done.complains("L80001 SB 1: missing in B (1 : 0)")
            .complains("sizes differ (102 MB : 500 MB)");
        assert_eq!(work.names("out"), ["missingL80001.ref"]);
        let file = work.read("out/missingL80001.ref");
        assert!(file.contains("/L80001_000/L80001_SAP000_SB001_uv.MS"), "{file}");
        module(work, base, "CheckLDSBPs", &options).run().code(2).complains("exists");
        let more = ["--overwrite", "--tolerance", "0.9", "--ldss", "L80001", "--subbands", "0-4"];
        module(work, base, "CheckLDSBPs", &options)
            .args(more)
            .run()
            .code(1)
            .complains("1 sub-bands");
        module(work, base, "CheckLDSBPs", &["-l", "L1"]).run().code(2).complains("L1");
        module(work, base, "CheckLDSBPs", &["-t", "EoR", "-c=false"]).run().code(2);
        module(work, base, "CheckLDSBPs", &["-t", "EoR", "--no-tarb"])
            .run()
            .code(2)
            .complains("same product");
    });
}

const PARENT: &str = "/data1/users/lofareor/L2013_80897";

#[test]
fn sets_that_nobody_knows_are_found_on_the_nodes() {
    let mut cluster = need!(Cluster::of(3).start());
    let work = Work::new();
    let base = Base::sqlite(&work);
    let config = cluster.config_with(&work, &Settings::default());
    for (node, first) in [("node011", 0), ("node012", 2)] {
        let folder = cluster.make(node, PARENT);
        observation::sets(&folder, 80897, first..first + 2, Shape::default());
    }
    // Two are known, one of them is not there.
    work.file(
        "known",
        format!("1 {0}/L80897_SAP000_SB000_uv.MS\n1 {0}/L80897_SAP000_SB009_uv.MS\n", &PARENT[1..]),
    );
    module(&work, &base, "AddList", &["-i", "known", "-f", "fdt", "-t", "ARCHIVE_RAW"])
        .config(&config)
        .ok();
    execute(&base, "INSERT INTO \"store_host\" (\"name\") VALUES ('node011')");
    execute(
        &base,
        "INSERT INTO \"parent_path\" (\"name\") VALUES ('/data1/users/lofareor/L2013_80897')",
    );
    execute(
        &base,
        "UPDATE \"measurementset_product\" SET \"store_host\" = 'node011', \"parent_path\" = '/data1/users/lofareor/L2013_80897'",
    );
    let before = base.counts();
    let options =
        ["-s", "011-013", "-o", "unknown.ref", "-i", "/data1/users/lofareor", "--reverse"];
    // A node that is down loses nothing else.
    cluster.kill("node013");
    let done = module(&work, &base, "CheckUnrefMSPs", &options).config(&config).run().no_panic();
    let done = done.code(1);
    let text = work.read("unknown.ref");
    let rows: Vec<_> = text.lines().filter(|line| line.starts_with('/')).collect();
    assert_eq!(rows.len(), 3, "{text}");
    assert!(
        rows[0].starts_with(&format!("{PARENT}/L80897_SAP000_SB001_uv.MS ? 1 node011 0")),
        "{text}"
    );
    let done = done.complains(&format!("not there: node011:{PARENT}/L80897_SAP000_SB009_uv.MS"));
    done.says("not searched");
    assert_eq!(base.counts(), before);
    module(&work, &base, "CheckUnrefMSPs", &options)
        .config(&config)
        .run()
        .code(2)
        .complains("exists");
    let more = ["-s", "011", "-o", "b.ref", "-i", "/data1/users/lofareor", "-e", "SB001"];
    module(&work, &base, "CheckUnrefMSPs", &more).config(&config).ok();
    assert!(!work.has("b.ref"));
}

const INFO: &str = "\
XAXIS: time
JONES: [0, 3]
STATIONS: CS001HBA0
DELAYS: 0.0
REFSTATION:
POLAR: True
TIMES: [0, -1, 1]
CHANNELS: [0, 0, 1]
YRANGE: [0.0, 0.0025, -3.14, 3.14]
MESSAGE: None
USEDDATA:
000 115039062.5 0
001 116992187.5 1
";

#[test]
fn movies_are_registered_and_forgotten() {
    on_both(|work, base| {
        base.database.write(|tx| sample::observation(tx, 1, Size::default())).unwrap();
        for name in ["a", "b", "c"] {
            work.file(format!("m/L80001/L80001_000_{name}/x.mp4"), "film");
            work.file(format!("m/L80001/L80001_000_{name}/INFO"), INFO);
        }
        work.file("m/L80001/L80001_000_c/INFO", INFO.replace("000 115039062.5 0", "000 1.0 777"));
        let before = base.counts();
        let options = ["--mpath", "m"];
        let run = || module(work, base, "UpdateLEDDBNodeMovies", &options);
        run().arg("--query").ok().says("777");
        assert_eq!(base.counts(), before);
        run().run().code(1).complains("3 processed, 2 added, 0 updated, 1 errors, 0 deleted");
        assert_eq!(base.one::<i64>("SELECT count(*) FROM \"gain_movie\""), 2);
        assert_eq!(base.one::<i64>("SELECT count(*) FROM \"ms_q\" WHERE \"ms_has_gain_movie\""), 2);
        std::fs::remove_dir_all(work.join("m/L80001/L80001_000_c")).unwrap();
        std::fs::remove_file(work.join("m/L80001/L80001_000_a/x.mp4")).unwrap();
        std::fs::remove_file(work.join("m/L80001/L80001_000_a/INFO")).unwrap();
        run().ok().complains("0 errors, 1 deleted");
        // A folder of movies that cannot be listed forgets nothing.
        std::fs::rename(work.join("m"), work.join("n")).unwrap();
        run().run().no_panic().code(1);
        assert_eq!(base.one::<i64>("SELECT count(*) FROM \"gain_movie\""), 1);
    });
}
