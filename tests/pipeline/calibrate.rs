//! LaunchCalibrateSA with DP3, and with a recorder in the place of BBS.

use ledama_tables::Table;

use super::scene::{RAW, Scene, dp3, shown};
use crate::support::skip::need;

/// A sky model near the field of the sets.
pub(super) const SKY: &str = "\
FORMAT = Name, Type, Ra, Dec, I, Q, U, V, ReferenceFrequency='134e6', SpectralIndex='[0.0]'
one, POINT, 01:37:41.299, +33.09.35.132, 100.0, , , , ,
";

pub(super) const GAINCAL: &str = "\
steps = [g]
g.type = gaincal
g.caltype = diagonal
g.solint = 2
g.nchan = 0
g.applysolution = true
";

#[test]
fn the_plan_of_dp3_gives_model_and_solutions_as_arguments() {
    let scene = need!(Scene::empty(1, "DP3"));
    scene.list(2);
    scene.work.file("g.parset", GAINCAL);
    scene.work.file("sky.txt", SKY);
    let words = ["-i", "raw.ref", "-a", "g.parset", "-m", "sky.txt", "-l", "logs", "--query"];
    let work = (scene.work.path().display().to_string(), "[WORK]");
    let line = shown(&scene.ok("LaunchCalibrateSA", &words), &[work]).remove(0);
    let set = format!("{RAW}/L80897_SAP000_SB000_uv.MS");
    let wanted = format!(
        "DP3 [WORK]/g.parset msin={set} msout=. msout.datacolumn=CORRECTED_DATA \
         g.sourcedb=[WORK]/sky.txt g.parmdb={set}.h5.part-RUN.h5 numthreads=THREADS \
         checkparset=1"
    );
    assert!(line.replace('\'', "").contains(&wanted), "{line}\n{wanted}");
    scene.work.file("bbs.parset", "Strategy.Steps = [solve]\n");
    let bbs = ["-i", "raw.ref", "-a", "bbs.parset", "-m", "sky.txt", "-l", "logs"];
    scene.run("LaunchCalibrateSA", &bbs).run().code(2).complains("--engine legacy");
}

/// The command of the older system, without its shell: the files of each
/// sub-band, then set, parset and model.
#[test]
fn the_plan_of_bbs_is_that_of_the_older_system() {
    let scene = need!(Scene::empty(1, "DP3"));
    scene.list(2);
    scene.work.file("p", "Strategy.Steps = [solve]\n");
    scene.work.file("s", SKY);
    for k in 0..2 {
        scene.work.file(format!("all_pdb/SB00{k}.parmdb/table.dat"), "");
    }
    let text = std::fs::read_to_string(&scene.config).unwrap();
    std::fs::write(&scene.config, text + "calibrate_sa = ['calibrate-stand-alone']\n").unwrap();
    let words = ["-i", "raw.ref", "-a", "p", "-m", "s", "-l", "logs", "-e", "/data1/w", "--query"];
    let more = ["--engine", "legacy", "-p", "4", "-d", "3"];
    let work = (scene.work.path().display().to_string(), "[WORK]");
    let ask = |options: &str| {
        let options = format!("--program-options={options}");
        let words = [&words[..], &more, &[options.as_str()]].concat();
        shown(&scene.ok("LaunchCalibrateSA", &words), std::slice::from_ref(&work))
    };
    for options in ["-f --parmdb all_pdb", "-f --parmdb=all_pdb"] {
        let lines = ask(options);
        let wanted = format!(
            "node011  calibrate-stand-alone -f --parmdb {}all_pdb/SB001.parmdb \
             {RAW}/L80897_SAP000_SB001_uv.MS [WORK]/p [WORK]/s   (in /data1/w/RUN/",
            if lines[1].contains("[WORK]/all_pdb") { "[WORK]/" } else { "" }
        );
        assert!(lines[1].starts_with(&wanted), "{}\n{wanted}", lines[1]);
    }
    // The second start waits; nothing sleeps in a command.
    let json = scene.ok(
        "LaunchCalibrateSA",
        &[&words[..], &more, &["--parmdb-dir", "all_pdb", "--json"]].concat(),
    );
    let tasks = json.json()["plans"][0]["tasks"].take();
    let tasks = tasks.as_array().unwrap();
    assert_eq!(tasks[1]["action"]["operation"]["input"]["wait_s"], 3);
    // A sub-band without a file, and one with two.
    scene.list(3);
    scene.work.file("all_pdb/L80897_SAP000_SB001.parmdb/table.dat", "");
    let words = [&words[..], &more, &["--parmdb-dir", "all_pdb"]].concat();
    let failed = scene.run("LaunchCalibrateSA", &words).run().code(2);
    failed.complains("SB001_uv.MS: 2 --parmdbs").complains("SB002_uv.MS: no --parmdb");
}

#[test]
fn dp3_calibrates_and_leaves_solutions() {
    let scene = need!(dp3().and_then(|dp3| Scene::empty(2, &dp3)));
    need!(scene.fill(2));
    scene.work.file("g.parset", GAINCAL);
    scene.work.file("sky.txt", SKY);
    let words = ["-i", "raw.ref", "-a", "g.parset", "-m", "sky.txt", "-l", "logs", "-d", "0"];
    let more = ["--update-reffile", "--datacolumn", "CALIBRATED_DATA"];
    let output = scene.ok("LaunchCalibrateSA", &[&words[..], &more].concat());
    assert!(output.stderr.contains("2 solution files"), "{output}");
    for k in 0..2 {
        let set = scene.set(RAW, k, "");
        assert!(Table::open(&set).unwrap().has_column("CALIBRATED_DATA"));
        let solutions = std::fs::read(scene.set(RAW, k, ".h5")).unwrap();
        assert!(solutions.starts_with(b"\x89HDF"));
    }
    scene.expect_tidy();
    scene.run("LaunchCalibrateSA", &words).run().code(1).complains("exists");
}
