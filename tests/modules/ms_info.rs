//! MSInfo: facts of one set, of the sets of a RefFile on their nodes, and of
//! sets that differ; what cannot be read is told and loses nothing else.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::edits::Locked;
use crate::support::plans::outcomes;
use crate::support::shared::{shared, unpack};
use crate::support::skip::{Skip, need};
use crate::support::{Cluster, Work};

const PARENT: &str = "/data1/users/lofareor/L2013_80897";

/// A real set under a usual name.
fn set(folder: &Path, archive: &str, name: &str) -> Result<PathBuf, Skip> {
    let pack = shared()?;
    let place = tempfile::tempdir_in(folder).unwrap();
    let made = unpack(&pack, archive, place.path());
    let path = folder.join(name);
    std::fs::rename(made, &path).unwrap();
    Ok(path)
}

#[test]
fn one_set_tells_its_facts() {
    let work = Work::new();
    let path = need!(set(work.path(), "tNDPPP-generic", "L80897_SAP000_SB031_uv.MS"));
    let output = work.ledama(["run", "MSInfo", "--inputarg"]).arg(&path).run().no_panic().code(0);
    for line in [
        "# LDS: L80897",
        "# Initial UTC: 2013/03/29/13:59:53.007",
        "# Field: 3C48",
        "# Channels: 8",
        "# Lock: free",
        "# Calibrated: yes",
    ] {
        assert!(output.stdout().lines().any(|found| found == line), "{line}: {output}");
    }
    let json = work.ledama(["run", "MSInfo", "--json", "--rows", "-i"]).arg(&path).run().code(0);
    let json: serde_json::Value = serde_json::from_str(&json.stdout()).unwrap();
    let info = &json["facts"]["sets"][0];
    assert_eq!(info["n_times"], 6);
    assert_eq!(info["spectral_windows"][0]["chan_width_first_hz"], 24414.0625);
}

#[test]
fn a_set_that_another_process_has_locked_is_shown() {
    let work = Work::new();
    let path = need!(set(work.path(), "dysco-10-12-tg-af", "L80897_SAP000_SB031_uv.MS"));
    let locked = Locked::new(&path);
    let output = work.ledama(["run", "MSInfo", "-i"]).arg(&path).run().no_panic().code(0);
    let wanted = format!("# Lock: writing (process {})", locked.process());
    assert!(output.stdout().lines().any(|line| line == wanted), "{output}");
    assert!(output.stdout().contains("# Channels: 8"), "{output}");
}

#[test]
fn a_packed_set_is_read_where_it_is() {
    let work = Work::new();
    let name = "L80897_SAP000_SB031_uv.MS";
    need!(set(work.path(), "tNDPPP-generic", name));
    let tar = Command::new("tar").args(["cf", "set.tar", name]).current_dir(work.path()).status();
    assert!(tar.unwrap().success());
    let output = work.ledama(["run", "MSInfo", "-i", "set.tar"]).run().no_panic().code(0);
    assert!(output.stdout().contains("# Reference frequency (MHz): 134.375"), "{output}");
    work.file("cut.tar", &std::fs::read(work.path().join("set.tar")).unwrap()[..100_000]);
    work.ledama(["run", "MSInfo", "-i", "cut.tar"]).run().no_panic().code(2);
}

#[test]
fn sets_of_a_reffile_are_read_on_their_nodes_and_compared() {
    let cluster = need!(Cluster::of(2).start());
    let work = Work::new();
    let config = cluster.config(&work);
    let first = cluster.make("node011", PARENT);
    let second = cluster.make("node012", PARENT);
    let name = |sb: u32| format!("L80897_SAP000_SB{sb:03}_uv.MS");
    need!(set(&first, "tNDPPP-generic", &name(0)));
    set(&first, "tNDPPP-generic", &name(1)).unwrap();
    set(&second, "dp3-quality", &name(2)).unwrap();
    std::fs::create_dir(second.join(name(3))).unwrap();
    work.file(
        "x.ref",
        format!(
            "{PARENT}/{} 134.375 5 node011 0\n{PARENT}/{} ? ? node011 0\n{PARENT}/{} 134.375 5 node012 ?\n",
            name(0),
            name(1),
            name(2)
        ),
    );
    let run = |more: &[&str]| {
        work.ledama(["run", "MSInfo", "-i", "x.ref", "--no-progress"])
            .args(more)
            .config(&config)
            .run()
            .no_panic()
    };
    let plain = run(&[]).code(0);
    for line in ["# Measurement sets: 3", "# Beam 0: 2 sets", "# Beams: 2", "#   Field: 3C48"] {
        assert!(plain.stdout().lines().any(|found| found == line), "{line}: {plain}");
    }
    assert!(!plain.stdout().contains("Differences"), "{plain}");
    let all = run(&["--all"]).code(1);
    assert!(all.stdout().contains("# Differences:"), "{all}");
    assert!(all.stdout().contains(&name(2)), "{all}");
    // A set that is no table is told of, the others are still read.
    work.file(
        "x.ref",
        format!("{PARENT}/{} 1 5 node012 1\n{PARENT}/{} 1 5 node011 0\n", name(3), name(0)),
    );
    let broken = run(&["--all"]).code(1);
    assert!(broken.stdout().contains("# From node011:"), "{broken}");
    assert!(broken.stderr.contains(&name(3)), "{broken}");
}

#[test]
fn an_empty_reffile_and_nothing_at_all() {
    let work = Work::new();
    work.file("x.ref", "# Number of MSPs: 0\n");
    work.ledama(["run", "MSInfo", "-i", "x.ref"])
        .run()
        .no_panic()
        .code(0)
        .says("Measurement sets: 0");
    work.ledama(["run", "MSInfo", "-i", "absent.MS"]).run().no_panic().code(2);
    work.file("x.ref", "/data1/users/x/L2013_80897/L80897_SAP000_SB000_uv.MS 115.0 5 TARGET_E 0\n");
    let archived = work.ledama(["run", "MSInfo", "-i", "x.ref"]).run().no_panic().code(0);
    assert!(archived.stdout().contains("No set of this RefFile can be read"), "{archived}");
    assert!(archived.stderr.contains("1 rows are in an archive"), "{archived}");
}

#[test]
fn the_plan_is_as_before() {
    let work = Work::new();
    let config = work.file(
        "ledama.toml",
        "[[hosts]]\nprefix = \"node\"\nrange = \"1-80\"\nbare = true\ntransport = \"local\"\n",
    );
    work.file(
        "x.ref",
        format!(
            "{PARENT}/L80897_SAP000_SB000_uv.MS 115.0 5 node011 0\n\
             {PARENT}/L80897_SAP000_SB001_uv.MS 115.2 5 node011 0\n\
             {PARENT}/L80897_SAP001_SB001_uv.MS 115.2 5 node012 1\n"
        ),
    );
    // Looking changes nothing, so a query looks too. Each node is asked once,
    // for the first set of each beam, and with `--all` for every set.
    let asked = |more: &[&str]| -> Vec<(String, usize)> {
        work.ledama(["run", "MSInfo", "-i", "x.ref", "--query", "--report", "report.json"])
            .args(more)
            .config(&config)
            .run()
            .no_panic()
            .code(1);
        let sets = |task: &serde_json::Value| task["value"]["sets"].as_array().map_or(0, Vec::len);
        let tasks = outcomes(&work);
        tasks.iter().map(|task| (task["node"].as_str().unwrap().to_string(), sets(task))).collect()
    };
    assert_eq!(asked(&[]), [("node011".to_string(), 1), ("node012".to_string(), 1)]);
    assert_eq!(asked(&["--all"]), [("node011".to_string(), 2), ("node012".to_string(), 1)]);
}
