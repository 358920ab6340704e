//! What goes wrong on a cluster: every fault is a failed run that tells of all
//! failures with what their logs said last, leaves nothing half done to be
//! seen, and can be resumed.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::scene::{AVERAGED, RAW, Scene, TEMPLATE, dp3, values};
use crate::support::skip::need;
use crate::support::{Cluster, Output, observation, wait};

const LAUNCH: [&str; 6] = ["-i", "parsets", "-l", "logs", "--output-reffile", "out.ref"];
const OUTPUT: [&str; 3] = ["-c", "/data2/users/lofareor/pipeline/LXXXX_XXXXX_001", "--overwrite"];

/// A run that has failed for these sub-bands: each is listed with its node, its
/// path and what its log said last, and has no product.
#[track_caller]
fn expect_failed(scene: &Scene, output: &Output, ok: usize, failed: &[(u32, &str)]) {
    assert_eq!(output.code, 1, "{output}");
    let counts = format!("{ok} ok, 0 skipped, {} not done", failed.len());
    assert!(output.stderr.contains(&counts), "{counts}: {output}");
    let lines: Vec<&str> = output.stderr.lines().collect();
    for &(k, said) in failed {
        let path = format!("{AVERAGED}/{}.dppp", observation::name(80897, 0, k));
        let what = format!("not done: {}: {path}: ", scene.node(k));
        let at = lines.iter().position(|line| line.starts_with(&what));
        let at = at.unwrap_or_else(|| panic!("no line `{what}`: {output}"));
        let more = lines[at + 1..].iter().take_while(|line| line.starts_with("  | "));
        let told: String = lines[at..=at].iter().chain(more).copied().collect();
        assert!(told.contains(said), "{said}: {output}");
        let product = scene.set(AVERAGED, k, ".dppp");
        assert!(!product.exists(), "{path} is there");
        assert!(!product.with_extension("dppp.provenance.json").exists());
        if let Some((_, log)) = lines[at].split_once("; its log is ") {
            let log = std::fs::read_to_string(log).unwrap();
            assert!(log.lines().last().unwrap().starts_with("# failed, "), "{log}");
        }
    }
    let listed = if scene.work.has("out.ref") { scene.rows("out.ref").len() } else { 0 };
    assert_eq!(listed, ok, "the RefFile has what was made and nothing else");
}

/// The same command, once the reason is gone: what is done is not done again.
#[track_caller]
fn expect_resumed(scene: &Scene, more: &[&str], ok: usize, skipped: usize) {
    let words = [&LAUNCH[..], &["--resume"], more].concat();
    let again = scene.ok("LaunchNDPPP", &words);
    let counts = format!("{ok} ok, {skipped} skipped, 0 not done");
    assert!(again.stderr.contains(&counts), "{counts}: {again}");
    let rows = scene.rows("out.ref");
    assert_eq!(rows.len(), ok + skipped);
    for row in &rows {
        let set = scene.cluster.seen(&row.node, &row.path);
        assert_eq!(values::<i32>(&set, "SPECTRAL_WINDOW", "NUM_CHAN"), [3]);
    }
    scene.expect_tidy();
}

fn copy(from: &Path, to: &Path) {
    let copied = Command::new("cp").arg("-a").arg(from).arg(to).status();
    assert!(copied.unwrap().success());
}

/// Takes the products away, for the next fault.
fn begin_again(scene: &Scene) {
    for name in scene.cluster.names() {
        std::fs::remove_dir_all(scene.cluster.seen(name, AVERAGED)).unwrap();
    }
    std::fs::remove_file(scene.work.join("out.ref")).unwrap();
}

/// A missing input, one that no program can read, and good ones between them.
#[test]
fn every_failure_is_told_and_the_rest_is_done() {
    let scene = need!(dp3().and_then(|dp3| Scene::empty(2, &dp3)));
    need!(scene.fill(4));
    scene.averaging();
    std::fs::remove_dir_all(scene.set(RAW, 1, "")).unwrap();
    std::fs::write(scene.set(RAW, 2, "").join("table.f0"), b"").unwrap();
    let failed = scene.run("LaunchNDPPP", &LAUNCH).run().no_panic();
    let said =
        [(1, "SB001_uv.MS: No such file or directory"), (2, "incorrect number of bytes read")];
    expect_failed(&scene, &failed, 2, &said);
    scene.expect_tidy();
    // What was missing comes back.
    for k in [1, 2] {
        let _old = std::fs::remove_dir_all(scene.set(RAW, k, ""));
        copy(&scene.set(RAW, 0, ""), &scene.set(RAW, k, ""));
    }
    expect_resumed(&scene, &[], 2, 2);
}

/// An unknown step, an unknown key and an unknown column of every set.
#[test]
fn a_wrong_parset_makes_nothing() {
    let scene = need!(dp3().and_then(|dp3| Scene::empty(1, &dp3)));
    need!(scene.fill(2));
    let cases = [
        (TEMPLATE.replace("averager", "averagr"), "averagr"),
        (format!("{TEMPLATE}avg.freqsteps = 3\n"), "Unused parset keywords"),
        (format!("{TEMPLATE}msin.datacolumn = NO_DATA\n"), "has no column NO_DATA"),
    ];
    for (template, said) in cases {
        scene.parsets(&template, &OUTPUT);
        let failed = scene.run("LaunchNDPPP", &LAUNCH).run().no_panic();
        expect_failed(&scene, &failed, 0, &[(0, said), (1, said)]);
        scene.expect_tidy();
        scene.parsets(TEMPLATE, &OUTPUT);
        expect_resumed(&scene, &[], 2, 0);
        begin_again(&scene);
    }
}

#[test]
fn without_its_init_file_no_program_starts() {
    let scene = need!(dp3().and_then(|dp3| Scene::empty(1, &dp3)));
    need!(scene.fill(1));
    scene.averaging();
    let init = ["-s", "/nowhere/init.sh"];
    let failed = scene.run("LaunchNDPPP", &[&LAUNCH[..], &init].concat()).run().no_panic();
    expect_failed(&scene, &failed, 0, &[(0, "init-failed")]);
    failed.complains("nothing was started");
    assert!(!scene.log("logs", "L80897").contains("Processing"));
    // One that sets something, and ends with a false test as many do.
    let init = scene.work.file("it's init.sh", "export FROM_INIT=1\nfalse\n");
    expect_resumed(&scene, &["-s", init.to_str().unwrap()], 1, 0);
}

/// Paths that mean something to shells, parsets and programs: a fault there
/// leaves as little as elsewhere, and all is well without it.
#[test]
fn odd_paths_are_paths() {
    let scene = need!(dp3().and_then(|dp3| Scene::empty(1, &dp3)));
    need!(scene.fill(1));
    let folder = "/data1/users/lofareor/it's odd $HOME;x";
    let odd = scene.cluster.make("node011", folder).join("L80897_SAP000_SB000_uv.MS");
    std::fs::rename(scene.set(RAW, 0, ""), &odd).unwrap();
    scene.ok("CreateRefFileFromPath", &["-i", folder, "-s", "11", "-o", "odd.ref"]);
    std::fs::rename(scene.work.join("odd.ref"), scene.work.join("raw.ref")).unwrap();
    let output = ["-c", "/data2/it's there *?/{lds}_001", "--overwrite"];
    let place = scene.cluster.seen("node011", "/data2/it's there *?/L80897_001");
    scene.parsets(&format!("{TEMPLATE}avg.freqsteps = 3\n"), &output);
    let failed = scene.run("LaunchNDPPP", &LAUNCH).run().no_panic().code(1);
    failed.complains("Unused parset keywords").complains("0 ok, 0 skipped, 1 not done");
    assert_eq!(std::fs::read_dir(&place).unwrap().count(), 0, "something is left");
    scene.expect_tidy();
    scene.parsets(TEMPLATE, &output);
    expect_resumed(&scene, &[], 1, 0);
    assert!(place.join("L80897_SAP000_SB000_uv.MS.dppp").is_dir());
    // What no parset can name is told before anything is written.
    let words =
        ["-i", "raw.ref", "-t", "template.parset", "-o", "other", "-c", "/data2/it's \"x\""];
    let refused = scene.run("CreateNDPPPParsetFiles", &words).run().no_panic().code(2);
    refused.complains("both kinds of quotes");
    assert!(!scene.work.has("other"));
}

/// A disk on which the products do not fit, and one without room for scratch folders.
#[test]
fn a_full_disk_is_told_and_leaves_nothing() {
    let dp3 = need!(dp3());
    let cluster = need!(Cluster::of(2).disk_size("24m").start());
    let scene = Scene::with(cluster, &dp3);
    need!(scene.fill(2));
    scene.averaging();
    let fill = |disk: &str| format!("head -c 30000000 /dev/zero > {disk}/fill 2>/dev/null; true");
    scene.cluster.exec_ok("node012", &["sh", "-c", &fill("/data2")]);
    let failed = scene.run("LaunchNDPPP", &LAUNCH).run().no_panic();
    expect_failed(&scene, &failed, 1, &[(1, "free; the task needs about")]);
    scene.expect_tidy();
    scene.cluster.exec_ok("node012", &["rm", "/data2/fill"]);
    expect_resumed(&scene, &[], 1, 1);
    begin_again(&scene);
    // The scratch disk.
    scene.cluster.exec_ok("node011", &["sh", "-c", &fill("/data3")]);
    let scratch = ["--scratch", "/data3/scratch"];
    let failed = scene.run("LaunchNDPPP", &[&LAUNCH[..], &scratch].concat()).run().no_panic();
    expect_failed(&scene, &failed, 1, &[(0, "No space left on device")]);
    scene.expect_tidy();
    scene.cluster.exec_ok("node011", &["rm", "/data3/fill"]);
    expect_resumed(&scene, &scratch, 1, 1);
    let left = std::fs::read_dir(scene.cluster.seen("node011", "/data3/scratch")).unwrap();
    assert_eq!(left.count(), 0, "scratch folders are left");
}

/// A program that waits for the file `go` where its name is that of a node, or
/// for ever, once it has begun with its product; then it is DP3.
fn waiting(scene: &mut Scene, waits: &str, dp3: &str) -> PathBuf {
    let here = scene.work.join("here");
    let slow = format!(
        "#!/bin/sh\nif {waits}; then\ncase \"$*\" in *msout=*)\n\
         mkdir \"$(echo \"$*\" | sed 's/.*msout=\\([^ ]*\\).*/\\1/')\"\n\
         echo half of it is done; touch {}; sleep 600 & wait;;\nesac\nfi\nexec {dp3} \"$@\"\n",
        here.display(),
    );
    let program = scene.work.file("slow-dp3", slow);
    std::fs::set_permissions(&program, std::os::unix::fs::PermissionsExt::from_mode(0o755))
        .unwrap();
    let text = std::fs::read_to_string(&scene.config).unwrap();
    std::fs::write(&scene.config, text.replace("SLOW", program.to_str().unwrap())).unwrap();
    here
}

/// A power cut while DP3 works: the node's products are missing, nothing of
/// them can be taken for a set, and the same command with `--resume` does them.
#[test]
fn a_lost_node_loses_its_own_products_only() {
    let dp3 = need!(dp3());
    let mut scene = need!(Scene::empty(2, "SLOW"));
    // The first DP3 on node012 waits until somebody cuts the power.
    let waits =
        format!("[ \"$(hostname)\" = node012 ] && [ ! -e {} ]", scene.work.join("go").display());
    let here = waiting(&mut scene, &waits, &dp3);
    need!(scene.fill(4));
    scene.averaging();
    let run = scene.run("LaunchNDPPP", &[&LAUNCH[..], &["--retries", "0"]].concat()).start();
    wait::until("DP3 works on node012", || here.exists().then_some(()));
    scene.cluster.kill("node012");
    let failed = run.wait().no_panic();
    scene.work.file("go", "");
    scene.cluster.start("node012");
    expect_failed(&scene, &failed, 2, &[(1, "half of it is done"), (3, "")]);
    scene.ok("CreateRefFileFromPath", &["-i", AVERAGED, "-s", "11-12", "-o", "seen.ref"]);
    assert_eq!(scene.rows("seen.ref").len(), 2, "half products are no sets");
    expect_resumed(&scene, &["--clean"], 2, 2);
}

/// Ctrl-C in the middle: the program and what it has started end, what it had
/// made so far is gone, and the same command can go on.
#[test]
fn an_interrupted_task_leaves_nothing() {
    let dp3 = need!(dp3());
    let mut scene = need!(Scene::empty(1, "SLOW"));
    let waits = format!("[ ! -e {} ]", scene.work.join("go").display());
    let here = waiting(&mut scene, &waits, &dp3);
    need!(scene.fill(1));
    scene.averaging();
    let run = scene.run("LaunchNDPPP", &LAUNCH).start();
    wait::until("DP3 works", || here.exists().then_some(()));
    run.interrupt();
    let stopped = run.wait().no_panic();
    assert_eq!(stopped.code, 130, "{stopped}");
    scene.cluster.expect_nothing_left();
    scene.expect_tidy();
    assert!(!scene.set(AVERAGED, 0, ".dppp").exists());
    scene.work.file("go", "");
    expect_resumed(&scene, &[], 1, 0);
}
