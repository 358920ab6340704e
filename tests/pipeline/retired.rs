//! LaunchBBS, ReadCorrXY, WriteCorrXY and MakeBeam, with recorders in place of
//! the programs.

use super::recorders::{recorded, recorder, scene};
use super::scene::{RAW, shown};
use crate::support::skip::need;

#[test]
fn bbs_runs_once_for_each_group_on_this_host() {
    let scene = need!(scene(1));
    for name in ["a", "b"] {
        let text = "NParts = 1\nPart0.FileName = /d/x.MS\nPart0.FileSys = node011:/d\n";
        scene.work.file(format!("gds/{name}.gds"), text);
    }
    for name in ["bbs.parset", "sky", "desc"] {
        scene.work.file(name, "x");
    }
    let words = ["-i", "gds", "-p", "bbs.parset", "-m", "sky", "-c", "desc", "-l", "logs"];
    let more = ["-d", "dbhost", "-b", "name", "--dbuser", "me", "--delay", "0", "-n", "2"];
    let all = [&words[..], &more].concat();
    let plan = scene.ok("LaunchBBS", &[&all[..], &["-q"]].concat());
    assert_eq!(shown(&plan, &[]).len(), 2, "{plan}");
    scene.ok("LaunchBBS", &all);
    let host = shown(&plan, &[])[0].split_whitespace().next().unwrap().to_string();
    let call = |name: &str| {
        format!(
            "-f --key {host}_{name}_RUN --cluster-desc desc --db dbhost --db-name name --db-user me \
             gds/{name}.gds bbs.parset sky logs"
        )
    };
    let calls: Vec<String> =
        recorded(&scene, "calibrate").iter().map(|call| call.replace("[WORK]/", "")).collect();
    assert_eq!(calls, [call("a"), call("b")]);
    recorder(&scene, "calibrate", 1);
    scene.run("LaunchBBS", &all).run().no_panic().code(1);
    scene.work.file("gds/c.gds", "nonsense\n");
    scene.run("LaunchBBS", &all).run().code(2).complains("line 1: there is no `key = value`");
}

#[test]
fn bvf_files_are_written_and_read_back() {
    let scene = need!(scene(2));
    need!(scene.fill(2));
    let words = [
        "-i",
        "raw.ref",
        "-o",
        "/data1/bvf",
        "-c",
        "DATA",
        "-g",
        "0,2",
        "-r",
        "bvf.ref",
        "-l",
        "logs",
    ];
    let plan = scene.ok("ReadCorrXY", &[&words[..], &["-q"]].concat());
    let set = format!("{RAW}/L80897_SAP000_SB000_uv.MS");
    let bvf = "/data1/bvf/L80897_SAP000_SB000_uv.MS.bvf";
    let wanted = format!("-m {set} -d {bvf}.part-RUN -c DATA -g 0,2");
    assert!(shown(&plan, &[])[0].contains(&wanted), "{plan}");
    scene.ok("ReadCorrXY", &words);
    assert_eq!(recorded(&scene, "readcorrxy")[0], wanted);
    assert_eq!(scene.rows("bvf.ref").len(), 2);
    scene.run("ReadCorrXY", &words).run().code(2).complains("bvf.ref exists");

    let words = ["-b", "bvf.ref", "-m", "raw.ref", "-c", "CORR", "-l", "logs"];
    scene.ok("WriteCorrXY", &words);
    assert_eq!(recorded(&scene, "writecorrxy")[0], format!("-m {set} -c CORR -d {bvf}"));
    // A file on another node is read over the network.
    let rows =
        scene.work.read("bvf.ref").replace("node012", "node013").replace("node011", "node012");
    scene.work.file("other.ref", rows.replace("node013", "node011"));
    let plan = scene.ok("WriteCorrXY", &["-b", "other.ref", "-m", "raw.ref", "-c", "CORR", "-q"]);
    assert!(plan.stdout().contains("/node012/data1/bvf/L80897_SAP000_SB000_uv.MS.bvf"), "{plan}");
}

#[test]
fn unpaired_files_are_all_told_before_anything_runs() {
    let scene = need!(scene(1));
    scene.list(2);
    scene.work.file("bvf.ref", "/data1/bvf/L80897_SAP000_SB005_uv.MS.bvf ? 1 node011 0\n");
    let words = ["-b", "bvf.ref", "-m", "raw.ref", "-c", "MODEL", "-l", "logs"];
    let output = scene.run("WriteCorrXY", &words).run().code(2);
    output.complains("3 sub-bands do not have exactly one set and one BVF file");
    assert!(recorded(&scene, "writecorrxy").is_empty());
}

#[test]
fn beams_are_made_with_the_antenna_set_of_each_set() {
    let scene = need!(scene(1));
    need!(scene.fill(1));
    // The set has the tables.
    let output = scene.ok("MakeBeam", &["-i", "raw.ref"]);
    output.complains("1 sets have the tables already");
    assert!(recorded(&scene, "makebeamtables").is_empty());
    let words = ["-i", "raw.ref", "--antennafielddir", "/opt/fields", "--overwrite", "-l", "logs"];
    let plan = scene.ok("MakeBeam", &[&words[..], &["--query"]].concat());
    let wanted = format!(
        "overwrite=true antennaset=HBA_DUAL_INNER ms={RAW}/L80897_SAP000_SB000_uv.MS \
         antennafielddir=/opt/fields"
    );
    assert!(plan.stdout().replace('\'', "").contains(&wanted), "{plan}");
    scene.ok("MakeBeam", &words);
    assert_eq!(recorded(&scene, "makebeamtables"), [wanted]);
    // Tables that are not there afterwards are a failure, whatever the program says.
    std::fs::remove_dir_all(scene.set(RAW, 0, "").join("LOFAR_ANTENNA_FIELD")).unwrap();
    let output = scene.run("MakeBeam", &words).run().no_panic().code(1);
    output.complains("LOFAR_ANTENNA_FIELD cannot be read");
}
