//! LaunchSagecal, with a recorder in place of the program.

use super::recorders::{recorded, recorder, scene, scene_with};
use super::scene::{RAW, shown, values};
use crate::support::skip::need;

const SKY: &str = "## name h m s d m s I\nP1 0 1 2 3 4 5 1\nP2 0 1 2 3 4 5 1\n";

#[test]
fn arguments_are_those_they_always_were_but_for_the_bandwidth() {
    let scene = need!(scene(1));
    need!(scene.fill(2));
    scene.work.file("sky", SKY);
    scene.work.file("clu", "0 1 P1\n1 2 P2\n");
    let words =
        ["-i", "raw.ref", "-k", "sky", "-c", "clu", "-t", "10", "-p", "/data1/sols", "-l", "logs"];
    let more = ["-f", "0.18", "-o", "-n 8 -e 3", "--gpus", "0,1", "-x", "2"];
    let all = [&words[..], &more].concat();
    let plan = scene.ok("LaunchSagecal", &[&all[..], &["-q"]].concat());
    assert!(plan.stderr.contains("`--bandwidth` is left out"), "{plan}");
    let lines = shown(&plan, &[(scene.work.path().display().to_string(), "[WORK]")]);
    let name = "L80897_SAP000_SB000_uv.MS";
    let solutions = format!("/data1/sols/L80897_SAP000_SB000_{name}.solutions");
    let wanted = format!(
        "node011  [WORK]/bin/sagecal -d {RAW}/{name} -s [WORK]/sky -c [WORK]/clu -t 10 -p {solutions}.part-RUN -n 8 -e 3"
    );
    assert!(lines[0].starts_with(&wanted), "{}\n{wanted}", lines[0]);
    assert!(!scene.cluster.seen("node011", "/data1/sols").exists(), "a plan makes no folder");

    scene.ok("LaunchSagecal", &[&all[..], &["--output-reffile", "out.ref"]].concat());
    let wanted = format!(
        "-d {RAW}/{name} -s SCRATCH/sky-sky -c SCRATCH/clusters-clu -t 10 -p {solutions}.part-RUN -n 8 -e 3"
    );
    assert_eq!(recorded(&scene, "sagecal")[0], wanted);
    assert_eq!(std::fs::read(scene.cluster.seen("node011", &solutions)).unwrap(), b"solutions\n");
    assert_eq!(scene.rows("out.ref").len(), 2);
    let applications = values::<String>(&scene.set(RAW, 0, ""), "HISTORY", "MESSAGE");
    assert!(
        applications.iter().any(|text| text.contains("SAGECal calibrated")),
        "{applications:?}"
    );
    scene.expect_tidy();
    scene.run("LaunchSagecal", &all).run().no_panic().code(1).complains("exists");
}

#[test]
fn sagecal_of_2013_gets_the_bandwidth() {
    let scene = need!(scene_with(1, "sagecaldialect = '2013'\n"));
    scene.list(1);
    scene.work.file("sky", SKY);
    scene.work.file("clu", "0 1 P1\n");
    let words = ["-i", "raw.ref", "-k", "sky", "-c", "clu", "-f", "0.18", "-l", "logs", "-q"];
    let lines = shown(&scene.ok("LaunchSagecal", &words), &[]);
    assert!(lines[0].contains("/clu -f 0.18"), "{lines:#?}");
}

#[test]
fn inputs_are_looked_at_before_anything_runs() {
    let scene = need!(scene(1));
    scene.list(1);
    scene.work.file("sky", SKY);
    scene.work.file("clu", "0 1 P1 P9\n");
    let words = ["-i", "raw.ref", "-k", "sky", "-c", "clu", "-l", "logs"];
    scene.run("LaunchSagecal", &words).run().code(2).complains("P9 is not in the sky model");
    scene.work.file("clu", "0 1 P1\n");
    let twice = [&words[..], &["-o", "-d other.MS"]].concat();
    scene.run("LaunchSagecal", &twice).run().code(2).complains("-d in --program-options");
    assert!(!scene.work.has("logs"));
}

#[test]
fn a_failure_is_one_and_leaves_no_solutions() {
    let scene = need!(scene(1));
    need!(scene.fill(1));
    scene.work.file("sky", SKY);
    scene.work.file("clu", "0 1 P1\n");
    let words = ["-i", "raw.ref", "-k", "sky", "-c", "clu", "-p", "/data1/sols", "-l", "logs"];
    recorder(&scene, "sagecal", 7);
    let output = scene.run("LaunchSagecal", &words).run().no_panic().code(1);
    output.complains("ended with status 7: it went wrong");
    let left = std::fs::read_dir(scene.cluster.seen("node011", "/data1/sols")).unwrap();
    assert_eq!(left.count(), 0);
    scene.expect_tidy();
}
