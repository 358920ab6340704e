//! What goes wrong on a cluster: every fault is a failed run that tells of all
//! failures, leaves nothing half done to be seen, and can be resumed.

use std::process::Command;

use super::scene::{AVERAGED, RAW, Scene, TEMPLATE, dp3, values};
use crate::support::skip::need;
use crate::support::{Cluster, wait};

const LAUNCH: [&str; 4] = ["-i", "parsets", "-l", "logs"];

/// A missing input, one that no program can read, and good ones between them.
#[test]
fn every_failure_is_told_and_the_rest_is_done() {
    let scene = need!(dp3().and_then(|dp3| Scene::empty(2, &dp3)));
    need!(scene.fill(4));
    scene.averaging();
    std::fs::remove_dir_all(scene.set(RAW, 1, "")).unwrap();
    std::fs::write(scene.set(RAW, 2, "").join("table.f0"), b"").unwrap();
    let words = [&LAUNCH[..], &["--output-reffile", "out.ref"]].concat();
    let failed = scene.run("LaunchNDPPP", &words).run().no_panic().code(1);
    for wanted in ["SB001_uv.MS", "SB002_uv.MS", "2 ok, 0 skipped, 2 not done"] {
        assert!(failed.stderr.contains(wanted), "{wanted}: {failed}");
    }
    assert_eq!(scene.rows("out.ref").len(), 2);
    assert!(!scene.set(AVERAGED, 1, ".dppp").exists() && !scene.set(AVERAGED, 2, ".dppp").exists());
    scene.expect_tidy();
    // What was missing comes back; what is done is not done again.
    for k in [1, 2] {
        let _old = std::fs::remove_dir_all(scene.set(RAW, k, ""));
        let from = scene.set(RAW, 0, "");
        assert!(
            Command::new("cp")
                .arg("-a")
                .arg(from)
                .arg(scene.set(RAW, k, ""))
                .status()
                .unwrap()
                .success()
        );
    }
    let again = scene.ok("LaunchNDPPP", &[&words[..], &["--resume"]].concat());
    assert!(again.stderr.contains("2 ok, 2 skipped, 0 not done"), "{again}");
    assert_eq!(scene.rows("out.ref").len(), 4);
}

#[test]
fn a_wrong_parset_or_init_file_makes_nothing() {
    let scene = need!(dp3().and_then(|dp3| Scene::empty(1, &dp3)));
    need!(scene.fill(1));
    let output = ["-c", "/data2/users/lofareor/pipeline/LXXXX_XXXXX_001", "--overwrite"];
    let cases = [
        (TEMPLATE.replace("averager", "averagr"), "ended with status"),
        (format!("{TEMPLATE}avg.freqsteps = 3\n"), "ended with status"),
        (format!("{TEMPLATE}msin.datacolumn = NO_DATA\n"), "has no column NO_DATA"),
    ];
    for (template, message) in cases {
        scene.parsets(&template, &output);
        scene.run("LaunchNDPPP", &LAUNCH).run().no_panic().code(1).complains(message);
        assert!(!scene.set(AVERAGED, 0, ".dppp").exists(), "{template}");
        scene.expect_tidy();
    }
    scene.parsets(TEMPLATE, &output);
    let init = ["-s", "/nowhere/init.sh"];
    let failed = scene.run("LaunchNDPPP", &[&LAUNCH[..], &init].concat()).run().code(1);
    failed.complains("init-failed").complains("nothing was started");
    assert!(!scene.log("logs", "L80897").contains("Processing"));
    let init = scene.work.file("it's init.sh", "export FROM_INIT=1\nfalse\n");
    scene.ok("LaunchNDPPP", &[&LAUNCH[..], &["-s", init.to_str().unwrap()]].concat());
}

#[test]
fn odd_paths_are_paths() {
    let scene = need!(dp3().and_then(|dp3| Scene::empty(1, &dp3)));
    need!(scene.fill(1));
    let folder = "/data1/users/lofareor/it's odd $HOME;x";
    let odd = scene.cluster.make("node011", folder).join("L80897_SAP000_SB000_uv.MS");
    std::fs::rename(scene.set(RAW, 0, ""), &odd).unwrap();
    scene.ok("CreateRefFileFromPath", &["-i", folder, "-s", "11", "-o", "odd.ref"]);
    std::fs::rename(scene.work.join("odd.ref"), scene.work.join("raw.ref")).unwrap();
    scene.parsets(TEMPLATE, &["-c", "/data2/it's there/{lds}_001"]);
    scene.ok("LaunchNDPPP", &LAUNCH);
    let made = scene.cluster.seen("node011", "/data2/it's there/L80897_001");
    let made = made.join("L80897_SAP000_SB000_uv.MS.dppp");
    assert_eq!(values::<i32>(&made, "SPECTRAL_WINDOW", "NUM_CHAN"), [3]);
}

/// A disk on which the products do not fit, and one without room for scratch folders.
#[test]
fn a_full_disk_is_told_and_leaves_nothing() {
    let dp3 = need!(dp3());
    let cluster = need!(Cluster::of(2).disk_size("24m").start());
    let scene = Scene::with(cluster, &dp3);
    need!(scene.fill(2));
    scene.averaging();
    let fill = "f=/data2/fill; head -c 30000000 /dev/zero > $f 2>/dev/null; true";
    scene.cluster.exec_ok("node012", &["sh", "-c", fill]);
    let failed = scene.run("LaunchNDPPP", &LAUNCH).run().no_panic().code(1);
    failed.complains("SB001").complains("1 ok, 0 skipped, 1 not done");
    scene.expect_tidy();
    scene.cluster.exec_ok("node012", &["rm", "/data2/fill"]);
    let again = scene.ok("LaunchNDPPP", &[&LAUNCH[..], &["--resume"]].concat());
    assert!(again.stderr.contains("1 ok, 1 skipped, 0 not done"), "{again}");
    // The scratch disk.
    let fill = "f=/data3/fill; head -c 30000000 /dev/zero > $f 2>/dev/null; true";
    scene.cluster.exec_ok("node011", &["sh", "-c", fill]);
    let words = [&LAUNCH[..], &["--overwrite", "--scratch", "/data3/scratch"]].concat();
    let failed = scene.run("LaunchNDPPP", &words).run().no_panic().code(1);
    failed.complains("SB000").complains("1 ok, 0 skipped, 1 not done");
    assert_eq!(values::<i32>(&scene.set(AVERAGED, 0, ".dppp"), "SPECTRAL_WINDOW", "NUM_CHAN"), [3]);
    scene.cluster.exec_ok("node011", &["rm", "/data3/fill"]);
    scene.ok("LaunchNDPPP", &words);
}

/// A power cut while DP3 works: the node's products are missing, nothing of
/// them can be taken for a set, and the same command with `--resume` does them.
#[test]
fn a_lost_node_loses_its_own_products_only() {
    let dp3 = need!(dp3());
    // The first DP3 on node012 waits until somebody cuts the power.
    let mut scene = need!(Scene::empty(2, "SLOW"));
    let slow = format!(
        "#!/bin/sh\nif [ \"$(hostname)\" = node012 ] && [ ! -e {go} ]; then\n\
         case \"$*\" in *msout=*) mkdir \"$(echo \"$*\" | sed 's/.*msout=\\([^ ]*\\).*/\\1/')\"; \
         touch {here}; sleep 600;; esac\nfi\nexec {dp3} \"$@\"\n",
        go = scene.work.join("go").display(),
        here = scene.work.join("here").display(),
    );
    let program = scene.work.file("slow-dp3", slow);
    std::fs::set_permissions(&program, std::os::unix::fs::PermissionsExt::from_mode(0o755))
        .unwrap();
    let text = std::fs::read_to_string(&scene.config).unwrap();
    std::fs::write(&scene.config, text.replace("SLOW", program.to_str().unwrap())).unwrap();
    need!(scene.fill(4));
    scene.averaging();
    let words = [&LAUNCH[..], &["--retries", "0", "--output-reffile", "out.ref"]].concat();
    let run = scene.run("LaunchNDPPP", &words).start();
    wait::until("DP3 works on node012", || scene.work.has("here").then_some(()));
    scene.cluster.kill("node012");
    let failed = run.wait().no_panic().code(1);
    failed.complains("2 ok, 0 skipped, 2 not done").complains("node012");
    scene.work.file("go", "");
    scene.cluster.start("node012");
    for k in [1, 3] {
        assert!(!scene.set(AVERAGED, k, ".dppp").exists());
    }
    scene.ok("CreateRefFileFromPath", &["-i", AVERAGED, "-s", "11-12", "-o", "seen.ref"]);
    assert_eq!(scene.rows("seen.ref").len(), 2, "half products are no sets");
    let again = scene.ok("LaunchNDPPP", &[&words[..], &["--resume", "--clean"]].concat());
    assert!(again.stderr.contains("2 ok, 2 skipped, 0 not done"), "{again}");
    assert_eq!(scene.rows("out.ref").len(), 4);
}

/// Ctrl-C in the middle: the program and what it has started end, and what it
/// had made so far is gone.
#[test]
fn an_interrupted_task_leaves_nothing() {
    let scene = need!(Scene::empty(1, "SLOW"));
    let here = scene.work.join("here");
    let slow = format!(
        "#!/bin/sh\ncase \"$*\" in *msout=*) mkdir \"$(echo \"$*\" | sed \
         's/.*msout=\\([^ ]*\\).*/\\1/')\"; touch {}; sleep 600 & wait;; esac\n",
        here.display()
    );
    let program = scene.work.file("slow-dp3", slow);
    let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(&program, executable).unwrap();
    let text = std::fs::read_to_string(&scene.config).unwrap();
    std::fs::write(&scene.config, text.replace("SLOW", program.to_str().unwrap())).unwrap();
    need!(scene.fill(1));
    scene.averaging();
    let run = scene.run("LaunchNDPPP", &LAUNCH).start();
    wait::until("DP3 works", || here.exists().then_some(()));
    run.interrupt();
    let stopped = run.wait().no_panic();
    assert_ne!(stopped.code, 0, "{stopped}");
    scene.cluster.expect_nothing_left();
    scene.expect_tidy();
    assert!(!scene.set(AVERAGED, 0, ".dppp").exists());
}
