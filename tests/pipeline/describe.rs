//! CreateVDSFiles and CreateGDSFiles.

use super::scene::{RAW, Scene, shown};
use crate::support::plan_golden;
use crate::support::skip::need;

/// Four sub-bands of two beams; the last has no description.
fn listed(scene: &Scene) {
    let row = |beam: u32, sub_band: u32, node: &str| {
        let name = crate::support::observation::name(80897, beam, sub_band);
        format!("{RAW}/{name} 115.{sub_band} 4 {node} {beam}\n")
    };
    let rows =
        [row(0, 0, "node011"), row(0, 1, "node011"), row(1, 2, "node012"), row(1, 3, "node013")];
    scene.work.file("in.ref", rows.concat());
    std::fs::create_dir_all(scene.work.join("vds")).unwrap();
    for (beam, sub_band) in [(0, 0), (0, 1), (1, 2)] {
        let name = crate::support::observation::name(80897, beam, sub_band);
        let text = format!(
            "Name = {RAW}/{name}\nFileName = {RAW}/{name}\nFileSys = node011:/data1\n\
             StartTime = 2013/03/29/13:59:48.000\nEndTime = 2013/03/29/14:00:48.0{sub_band}0\n\
             StepTime = 10\nNChan = [2]\nStartFreqs = [1e8,2e8]\nEndFreqs = [2e8,3e8]\n\
             Extra.FieldDirectionRa=[01:37:41.299440]\n"
        );
        scene.work.file(format!("vds/{name}.vds"), text);
    }
}

const NAMES: [&str; 3] =
    ["L80897_SAP000_SB000_uv.MS", "L80897_SAP000_SB001_uv.MS", "L80897_SAP001_SB002_uv.MS"];

#[test]
fn a_plan_of_descriptions_reads_nothing() {
    let scene = need!(Scene::empty(2, "DP3"));
    scene.list(3);
    let output = scene.ok("CreateVDSFiles", &["-i", "raw.ref", "-o", "vds", "-q", "--json"]);
    plan_golden::check("CreateVDSFiles", "plan", &output, &scene.work, &scene.cluster);
    assert!(!scene.work.has("vds"));
}

#[test]
fn sets_are_described_on_their_nodes_and_combined() {
    let scene = need!(Scene::empty(2, "DP3"));
    need!(scene.fill(4));
    scene.ok("CreateVDSFiles", &["-i", "raw.ref", "-o", "vds"]);
    let text = scene.work.read("vds/L80897_SAP000_SB001_uv.MS.vds");
    for line in [
        format!("Name       = {RAW}/L80897_SAP000_SB001_uv.MS"),
        "FileSys    = node012:/data1".to_string(),
        "StartTime  = 2013/03/29/13:59:48.000".to_string(),
        "NChan      = [8]".to_string(),
        "Extra.CorrNames=[XX,XY,YX,YY]".to_string(),
    ] {
        assert!(text.lines().any(|found| found == line), "{line}\n{text}");
    }
    // What is there stays.
    let again = scene.run("CreateVDSFiles", &["-i", "raw.ref", "-o", "vds"]).run().code(2);
    again.complains("4 VDS files exist");
    std::fs::remove_file(scene.work.join("vds/L80897_SAP000_SB001_uv.MS.vds")).unwrap();
    let rest = scene.ok("CreateVDSFiles", &["-i", "raw.ref", "-o", "vds", "--resume"]);
    assert!(rest.stderr.contains("1 VDS files are in"), "{rest}");
    scene.ok("CreateVDSFiles", &["-i", "raw.ref", "-o", "vds", "--overwrite"]);

    scene.ok("CreateGDSFiles", &["-i", "raw.ref", "-v", "vds", "-g", "gds"]);
    let text = scene.work.read("gds/calc.gds");
    assert!(text.contains("NParts = 4"), "{text}");
    assert!(text.contains("Part3.FileSys    = node012:/data1"), "{text}");
}

#[test]
fn a_set_that_is_not_there_is_told_and_has_no_file() {
    let scene = need!(Scene::empty(1, "DP3"));
    need!(scene.fill(1));
    scene.list(2);
    let output =
        scene.run("CreateVDSFiles", &["-i", "raw.ref", "-o", "vds"]).run().no_panic().code(1);
    output.complains("L80897_SAP000_SB001_uv.MS");
    assert_eq!(scene.work.names("vds"), ["L80897_SAP000_SB000_uv.MS.vds"]);
}

#[test]
fn sets_of_one_name_are_refused() {
    let scene = need!(Scene::empty(2, "DP3"));
    let name = "L80897_SAP000_SB000_uv.MS";
    scene.work.file("in.ref", format!("{RAW}/{name} 1 1 node011 0\n{RAW}/{name} 1 1 node012 0\n"));
    let output = scene.run("CreateVDSFiles", &["-i", "in.ref", "-o", "vds"]).run().code(2);
    output.complains("would both be described in");
}

#[test]
fn groups_have_the_names_and_parts_they_should() {
    let scene = need!(Scene::empty(3, "DP3"));
    listed(&scene);
    let words = ["-i", "in.ref", "-v", "vds"];
    let run =
        |more: &[&str]| scene.run("CreateGDSFiles", &[&words[..], more].concat()).run().no_panic();

    run(&[]).code(2).complains("1 VDS files are missing, the first is ");
    run(&["-b", "7"]).code(2).complains("no set has one of the sub-bands 7");
    assert!(!scene.work.has("gds"));

    let parts = |file: &str| -> Vec<String> {
        let text = scene.work.read(file);
        let sets = text.lines().filter(|line| line.contains(".FileName"));
        sets.map(|line| line.rsplit('/').next().unwrap().to_string()).collect()
    };
    let output = run(&["--allow-missing", "-g", "all"]).code(0);
    assert_eq!(parts("all/calc.gds"), NAMES);
    assert!(output.stderr.contains("its times are not those of the group"), "{output}");

    run(&["--allow-missing", "-g", "beam", "-k", "GDS_PER_BEAM"]).code(0);
    assert_eq!(parts("beam/calc_000.gds"), NAMES[..2]);
    assert_eq!(parts("beam/calc_001.gds"), NAMES[2..]);

    run(&["--allow-missing", "-g", "old", "-k", "GDS_PER_BEAM", "--legacy-names"]).code(0);
    assert_eq!(scene.work.names("old"), ["L80897_SAP001_SB002_uv.MS.gds", "calc000.gds"]);

    run(&["--allow-missing", "-g", "turn", "-k", "1_SB_PER_NODE_IN_EACH_GDS"]).code(0);
    assert_eq!(parts("turn/calc_000.gds"), [NAMES[0], NAMES[2]]);
    assert_eq!(parts("turn/calc_001.gds"), [NAMES[1]]);

    run(&["-g", "list", "-b", "0-1/2"]).code(0);
    assert_eq!(parts("list/calc_000.gds"), NAMES[..2]);
    assert_eq!(parts("list/calc_001.gds"), NAMES[2..]);
    run(&["-g", "list", "-b", "0-1/2"]).code(2).complains("exists");

    let output = run(&["-g", "x", "-b", "0-1/1-2", "--query"]).code(0);
    assert!(output.stderr.contains("sub-bands 1 are in several groups"), "{output}");
    let lines = shown(&output, &[(scene.work.path().display().to_string(), "[WORK]")]);
    let told: Vec<_> = lines.iter().map(|line| line.split_once("  ").unwrap().1).collect();
    assert_eq!(told, ["write [WORK]/x/calc_000.gds", "write [WORK]/x/calc_001.gds"]);
    assert!(!scene.work.has("x"));
}
