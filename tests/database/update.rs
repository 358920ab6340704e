//! UpdateLEDDB: what is on the disks of nodes is in the database, once and whole;
//! what is gone goes, and what only cannot be seen stays.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rustix::process::Signal;
use serde_json::Value;

use crate::support::nodes::Settings;
use crate::support::postgres::{Base, on_both};
use crate::support::shared::{cluster_tree, shared, unpack};
use crate::support::skip::{need, say};
use crate::support::{Cluster, Output, Work, wait};

const COUNT_FILES: &str = "SELECT count(*) FROM \"measurementset_product\"";

/// One node with two real sets of one observation: with statistics, and with gains.
fn scene() -> Result<(Cluster, Work, PathBuf), crate::support::skip::Skip> {
    let pack = shared()?;
    let cluster = Cluster::of(1).start()?;
    for (archive, parent) in [
        ("dp3-quality", "/data1/users/lofareor/pipeline/L2013_114220_001"),
        ("dp3-gains", "/data2/users/lofareor/L2013_114220"),
    ] {
        unpack(&pack, archive, &cluster.make("node011", parent));
    }
    let work = Work::new();
    let config = cluster.config(&work);
    Ok((cluster, work, config))
}

fn update(work: &Work, config: &Path, base: &Base, more: &[&str]) -> Output {
    work.ledama(["run", "UpdateLEDDB", "--dburl", &base.url, "--nodes", "11", "--settle", "0"])
        .args(["--no-progress", "--json"])
        .args(more)
        .config(config)
        .run()
        .no_panic()
}

#[test]
fn sets_of_a_node_come_with_their_diagnostics_and_only_once() {
    on_both(|_, base| {
        let (cluster, work, config) = match scene() {
            Ok(scene) => scene,
            Err(reason) => return say(&reason.to_string()),
        };
        // A dry run looks and writes nothing.
        update(&work, &config, base, &["--diagnostic", "--query"]).code(0);
        assert!(base.counts().iter().all(|(table, rows)| {
            *rows == 0
                || ["antenna_type", "schema_version", "setting", "id_counter", "partition_state"]
                    .contains(table)
        }));
        let output = update(&work, &config, base, &["--diagnostic"]).code(0);
        assert_eq!(base.one::<i64>(COUNT_FILES), 2, "{output}");
        assert_eq!(
            base.one::<i64>("SELECT count(DISTINCT \"lofar_dataset\") FROM \"lofar_dataset_beam\""),
            1
        );
        assert!(base.one::<i64>("SELECT count(*) FROM \"gain\"") > 0);
        assert!(base.one::<i64>("SELECT count(*) FROM \"quality_baseline_statistic\"") > 0);
        // The facts that lists show are there at once.
        let flags = base.all::<bool>(
            "SELECT \"ms_has_quality\" FROM \"ms_q\" WHERE \"ms_has_msp\" ORDER BY \"ms_has_quality\"",
        );
        assert_eq!(flags, [false, true]);
        assert_eq!(
            base.one::<i64>("SELECT \"lds_number_measurementset_products\" FROM \"lds_q\""),
            2
        );
        cluster.expect_nothing_left();
        let before = base.counts();
        update(&work, &config, base, &["--diagnostic"]).code(0);
        assert_eq!(base.counts(), before, "a second run changes nothing");

        let status = work
            .ledama(["run", "UpdateLEDDB", "--dburl", &base.url, "--showstatus"])
            .config(&config)
            .ok();
        assert!(
            status.stdout().contains("node011") && status.stdout().contains("TOTAL"),
            "{status}"
        );

        // A disk that is not there takes nothing away; a set that is gone goes.
        let disk = cluster.seen("node011", "/data1/users");
        let away = cluster.seen("node011", "/data1/away");
        std::fs::rename(&disk, &away).unwrap();
        update(&work, &config, base, &[]).code(0);
        assert_eq!(base.one::<i64>(COUNT_FILES), 2);
        std::fs::create_dir_all(disk.join("lofareor/pipeline")).unwrap();
        let refused = update(&work, &config, base, &[]).code(1);
        assert!(refused.stderr.contains("--force"), "{refused}");
        assert_eq!(base.one::<i64>(COUNT_FILES), 2);
        update(&work, &config, base, &["--notclean", "--force"]).code(0);
        assert_eq!(base.one::<i64>(COUNT_FILES), 2);
        update(&work, &config, base, &["--force"]).code(0);
        assert_eq!(base.one::<i64>(COUNT_FILES), 1);
        // Its diagnostics stay known, and come back with it.
        assert!(base.one::<i64>("SELECT count(*) FROM \"quality_baseline_statistic\"") > 0);
        assert_eq!(base.one::<i64>("SELECT count(*) FROM \"ms_q\" WHERE NOT \"ms_has_msp\""), 1);
        std::fs::remove_dir_all(&disk).unwrap();
        std::fs::rename(&away, &disk).unwrap();
        update(&work, &config, base, &["--diagnostic"]).code(0);
        assert_eq!(base.one::<i64>(COUNT_FILES), 2);
        assert_eq!(base.one::<i64>("SELECT count(*) FROM \"measurementset\""), 2);
    });
}

#[test]
fn updates_are_asked_for_and_done_once() {
    on_both(|_, base| {
        let (mut cluster, work, _) = match scene() {
            Ok(scene) => scene,
            Err(reason) => return say(&reason.to_string()),
        };
        let settings = Settings {
            more: "\n[limits]\nretries = 0\n".into(),
            ssh: vec!["connect_timeout = 3".into()],
            ..Settings::default()
        };
        let config = cluster.config_with(&work, &settings);
        let nothing = update(&work, &config, base, &["--runcron"]).code(0);
        assert!(nothing.stderr.contains("nothing to do"), "{nothing}");
        update(&work, &config, base, &["--setcron"]).code(0);
        assert_eq!(base.one::<i64>("SELECT count(*) FROM \"update_job\""), 1);
        // The node does not answer: the wish stays, with the reason.
        cluster.kill("node011");
        update(&work, &config, base, &["--runcron"]).code(1);
        assert_eq!(
            base.one::<i64>("SELECT count(*) FROM \"update_job\" WHERE \"last_error\" IS NOT NULL AND \"leased_by\" IS NULL"),
            1
        );
        cluster.start("node011");
        update(&work, &config, base, &["--runcron"]).code(0);
        assert_eq!(base.one::<i64>(COUNT_FILES), 2);
        assert_eq!(base.one::<i64>("SELECT count(*) FROM \"update_job\""), 0);
        assert_eq!(
            base.all::<String>("SELECT \"state\" FROM \"update_run\" ORDER BY \"update_run_id\""),
            ["failed", "done"]
        );
    });
}

#[test]
fn a_tree_of_real_sets_is_in_the_database_as_its_maker_says() {
    need!(shared());
    let disks = Work::new();
    let tree = disks.join("tree");
    let manifest = need!(cluster_tree(&tree, &["--nodes", "2", "--sbs", "4"]));
    let cluster = need!(Cluster::of(2).disks(&tree).start());
    let work = Work::new();
    let config = cluster.config(&work);
    let base = Base::sqlite(&work);
    let run = |more: &[&str]| {
        work.ledama(["run", "UpdateLEDDB", "--dburl", &base.url, "--nodes", "11-12"])
            .args(["--settle", "0", "--numprocessors", "2", "--no-progress", "--diagnostic"])
            .args(more)
            .config(&config)
            .run()
            .no_panic()
    };
    // Damaged sets are told, and hold nobody else up.
    run(&[]).code(1);
    let found: BTreeMap<String, String> = base
        .all::<String>(
            "SELECT f.\"store_host\" || ' ' || f.\"parent_path\" || '/' || f.\"name\" || '|' || \
             b.\"lofar_dataset\" || ' ' || b.\"beam_index\" || ' ' || p.\"product_version\" || ' ' || \
             m.\"sb_index\" || ' ' || p.\"store\" || ' ' || p.\"number_channels\" \
             FROM \"measurementset_product\" AS f \
             JOIN \"measurementset\" AS m ON m.\"measurementset_id\" = f.\"measurementset_id\" \
             JOIN \"lofar_dataset_beam_product\" AS p ON p.\"lofar_dataset_beam_product_id\" = m.\"lofar_dataset_beam_product_id\" \
             JOIN \"lofar_dataset_beam\" AS b ON b.\"lofar_dataset_beam_id\" = p.\"lofar_dataset_beam_id\"",
        )
        .into_iter()
        .map(|line| line.split_once('|').map(|(a, b)| (a.to_string(), b.to_string())).unwrap())
        .collect();
    let mut seen = 0;
    for entry in manifest["entries"].as_array().unwrap() {
        let plain = entry["link_to"].is_null() && entry["status"] == "ok" && !entry["sb"].is_null();
        if !plain {
            continue;
        }
        let text = |name: &str| entry[name].as_str().unwrap().to_string();
        let Some(is) = found.get(&format!("{} {}", text("node"), text("path"))) else {
            panic!("not found: {entry:#}");
        };
        let channels = match entry["kind"].as_str() {
            Some("tar") => -1,
            Some("bvf") => -2,
            _ => entry["num_channels"].as_i64().unwrap(),
        };
        let wanted = format!(
            "{} {} {} {} {} {channels}",
            text("lds"),
            entry["beam"],
            entry["version"],
            entry["sb"],
            text("store")
        );
        assert_eq!(*is, wanted, "{entry:#}");
        seen += 1;
    }
    assert!(seen > 20, "{seen} sets were compared");
    // Nothing outside of folders of observations, nothing of other users.
    assert!(!found.keys().any(|path| path.contains("/scratch/") || path.contains("/somebody/")));
    let sizes = |value: &Value| value["du_mb"].as_i64();
    let first = &manifest["entries"][0];
    assert_eq!(Some(base.one::<i64>(
        "SELECT \"product_size\" FROM \"measurementset_product\" WHERE \"store_host\" = 'node011' AND \"name\" = 'L44833_SAP000_SB000_uv.MS' \
         AND \"parent_path\" = '/data1/users/lofareor/L2012_44833'",
    )), sizes(first));
    let before = base.counts();
    run(&[]);
    assert_eq!(base.counts(), before, "a second run changes nothing");
}

#[test]
fn a_run_that_is_killed_leaves_whole_sets_and_the_next_does_the_rest() {
    need!(shared());
    let disks = Work::new();
    let tree = disks.join("tree");
    need!(cluster_tree(&tree, &["--nodes", "1", "--sbs", "6", "--no-junk"]));
    let cluster = need!(Cluster::of(1).disks(&tree).start());
    on_both(|work, base| {
        let config = cluster.config(work);
        let run = |base: &Base| {
            work.ledama(["run", "UpdateLEDDB", "--dburl", &base.url, "--nodes", "11"])
                .args(["--settle", "0", "--no-progress", "--diagnostic"])
                .config(&config)
        };
        let started = run(base).start();
        wait::until("some sets are loaded", || (base.one::<i64>(COUNT_FILES) > 8).then_some(()));
        started.signal(Signal::KILL);
        started.wait();
        // Every set that is there has all of its statistics, or none are kept of it.
        let halves = "SELECT count(*) FROM (SELECT \"measurementset_id\" FROM \"ms_diag_summary\" \
                      WHERE \"table_name\" <> 'gain' GROUP BY 1 HAVING count(*) <> 3) AS h";
        assert_eq!(base.one::<i64>(halves), 0);
        run(base).run().no_panic();
        let whole = Work::new();
        let other = Base::sqlite(&whole);
        run(&other).run().no_panic();
        let but_counters = |base: &Base| {
            let mut counts = base.counts();
            // A server has no counters of its own for ids.
            counts.retain(|(table, _)| *table != "id_counter");
            counts
        };
        assert_eq!(but_counters(base), but_counters(&other));
        assert_eq!(
            base.all::<String>("SELECT \"state\" FROM \"update_run\" ORDER BY \"update_run_id\"")
                [0],
            "stopped"
        );
    });
}

#[test]
fn rows_of_a_reffile_are_added_on_nodes_and_in_stores() {
    on_both(|_, base| {
        let (_cluster, work, config) = match scene() {
            Ok(scene) => scene,
            Err(reason) => return say(&reason.to_string()),
        };
        let set = "/data1/users/lofareor/pipeline/L2013_114220_001/L114220_SAP000_SB031_uv.MS.dppp";
        let text = format!(
            "{set} ? 5 node011 0\nL114220_001/L114220_SAP000_SB031_uv.MS.dppp.tar ? 4 TARGET_E_EOR 0\n"
        );
        work.file("in.ref", text);
        let add = |more: &[&str]| {
            work.ledama([
                "run",
                "AddRefFile",
                "--dburl",
                &base.url,
                "-i",
                "in.ref",
                "--no-progress",
            ])
            .args(more)
            .config(&config)
            .run()
            .no_panic()
        };
        add(&["--query"]).code(0);
        assert_eq!(base.one::<i64>(COUNT_FILES), 0);
        add(&["--diagnostic"]).code(0);
        assert_eq!(base.one::<i64>(COUNT_FILES), 2);
        assert!(base.one::<i64>("SELECT count(*) FROM \"quality_time_statistic\"") > 0);
        // What lies elsewhere has borrowed what was read here.
        let channels = base.all::<i64>(
            "SELECT \"number_channels\" FROM \"lofar_dataset_beam_product\" ORDER BY \"store\"",
        );
        assert_eq!((channels.len(), channels[0]), (2, channels[1]));
        assert_eq!(base.one::<i64>("SELECT count(*) FROM \"ms_q\" WHERE \"ms_has_msp\""), 2);
        add(&["--lds", "L99999", "--versionindex", "3"]).code(0);
        assert_eq!(
            base.all::<i64>("SELECT DISTINCT \"product_version\" FROM \"ldsbp_q\" WHERE \"ldsbp_number_measurementset_products\" > 0"),
            [3]
        );
        // A row that tells nothing stops it before anything is written.
        work.file("in.ref", "/data1/users/lofareor/x.MS ? 5 node011 0\n");
        let refused = add(&[]);
        assert!(refused.code != 0 && refused.stderr.contains("tells no"), "{refused}");
    });
}
