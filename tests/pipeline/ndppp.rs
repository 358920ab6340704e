//! CreateNDPPPParsetFiles and LaunchNDPPP.

use ledama_tables::Table;
use serde_json::Value;

use super::scene::{AVERAGED, RAW, Scene, TEMPLATE, dp3, shown, values};
use crate::support::plan_golden;
use crate::support::skip::need;

/// The plan carries what the older system called `NDPPP PARSET`, with input
/// and output as arguments.
#[test]
fn the_plan_is_one_call_for_each_parset() {
    let scene = need!(Scene::empty(2, "DP3"));
    scene.list(3);
    scene.averaging();
    let words = ["-i", "parsets", "-l", "logs", "-s", "/opt/init.sh", "--query"];
    let output = scene.ok("LaunchNDPPP", &words);
    let work = (scene.work.path().display().to_string(), "[WORK]");
    let lines = shown(&output, &[work]);
    assert_eq!(lines.len(), 3, "{output}");
    let set = "L80897_SAP000_SB000_uv.MS";
    let wanted = format!(
        "node011  OPENBLAS_NUM_THREADS='1' DP3 [WORK]/parsets/{set}.parset msin={RAW}/{set} \
         msout={AVERAGED}/{set}.dppp.part-RUN numthreads=THREADS checkparset=1"
    );
    let plain = |text: &str| text.replace('\'', "");
    assert!(plain(&lines[0]).starts_with(&plain(&wanted)), "{}\n{wanted}", lines[0]);
    assert!(lines[0].ends_with("(after /opt/init.sh)"), "{}", lines[0]);
    assert!(!scene.work.has("logs"), "a dry run makes no folders");
    let json = scene.ok("LaunchNDPPP", &[&words[..], &["--json"]].concat());
    plan_golden::check("LaunchNDPPP", "plan", &json, &scene.work, &scene.cluster);
}

/// Contiguous blocks of nearly equal size; data of other nodes is read over the network.
#[test]
fn other_nodes_share_the_parsets() {
    let scene = need!(Scene::empty(3, "DP3"));
    scene.list(11);
    scene.averaging();
    let words = ["-i", "parsets", "-l", "logs", "-u", "11-13", "--query"];
    let lines = shown(&scene.ok("LaunchNDPPP", &words), &[]);
    let nodes: Vec<&str> = lines.iter().map(|line| &line[..7]).collect();
    let count = |node: &str| nodes.iter().filter(|name| **name == node).count();
    assert_eq!((count("node011"), count("node012"), count("node013")), (4, 4, 3));
    assert!(nodes.is_sorted(), "{nodes:?}");
    assert!(lines[0].contains(&format!("msin={RAW}/")), "{}", lines[0]);
    assert!(lines[1].contains(&format!("msin=/net/node012{RAW}/")), "{}", lines[1]);
}

#[test]
fn parsets_have_what_stands_in_the_template_and_tell_what_they_are_for() {
    let scene = need!(Scene::empty(2, "DP3"));
    scene.list(3);
    let template = format!("msin = old\nmsout=old2\n msin=indented\n# msin comment\n{TEMPLATE}");
    scene.parsets(&template, &["-c", "/data2/users/lofareor/pipeline/{lds}_001"]);
    let set = "L80897_SAP000_SB001_uv.MS";
    let text = scene.work.read(format!("parsets/{set}.parset"));
    let output = format!("/data2/users/lofareor/pipeline/L80897_001/{set}.dppp");
    assert!(text.starts_with(&format!("msout={output}\n msin={RAW}/{set}\n# msin comment\n")));
    assert!(text.ends_with(TEMPLATE), "{text}");
    let told = scene.work.read(format!("parsets/{set}.task.json"));
    let told: Value = serde_json::from_str(&told).unwrap();
    assert_eq!((&told["node"], &told["output"]), (&"node012".into(), &output.into()));

    let fails = |template: &str, more: &[&str], message: &str| {
        scene.work.file("t.parset", template);
        let words = ["-i", "raw.ref", "-t", "t.parset", "-o", "other"];
        let words = [&words[..], more].concat();
        scene.run("CreateNDPPPParsetFiles", &words).run().code(2).complains(message);
        assert!(!scene.work.has("other"));
    };
    let there = ["-c", "/data2/x"];
    fails(&format!("{TEMPLATE}msinfo = 3\n"), &there, "`msinfo` is no key of DP3");
    fails("msin.nchan = 3\n", &there, "no key `steps`");
    fails(TEMPLATE, &[], "in the folder of their input");
    fails(TEMPLATE, &["--in-place"], "changes the shape");
    fails(TEMPLATE, &["-c", "/data2/{x}"], "{x}");
    fails("steps=[]\n", &["--in-place", "-c", "/data2/x"], "exclude each other");
    // Nothing is replaced unasked.
    let words = ["-i", "raw.ref", "-t", "template.parset", "-o", "parsets", "-c", "/data2/x"];
    scene.run("CreateNDPPPParsetFiles", &words).run().code(2).complains("--overwrite");
    // A parset that was changed since is not what its manifest tells.
    let changed = text.replace("msout=/data2", "msout=/data3");
    scene.work.file(format!("parsets/{set}.parset"), changed);
    scene.run("LaunchNDPPP", &["-i", "parsets", "-l", "logs"]).run().code(2).complains("task.json");
}

#[test]
fn sets_are_averaged_and_listed() {
    let scene = need!(dp3().and_then(|dp3| Scene::empty(2, &dp3)));
    need!(scene.fill(4));
    scene.averaging();
    let words = ["-i", "parsets", "-l", "logs", "-p", "2", "--output-reffile", "out.ref"];
    let output = scene.ok("LaunchNDPPP", &words);
    assert!(output.stderr.contains("4 ok, 0 skipped, 0 not done"), "{output}");
    for k in 0..4 {
        let set = scene.set(AVERAGED, k, ".dppp");
        assert_eq!(values::<i32>(&set, "SPECTRAL_WINDOW", "NUM_CHAN"), [3]);
        let width = values::<f64>(&set, "SPECTRAL_WINDOW", "TOTAL_BANDWIDTH")[0];
        assert!((width - 146_484.375).abs() < 1.0, "{width}");
        let told =
            std::fs::read_to_string(scene.set(AVERAGED, k, ".dppp.provenance.json")).unwrap();
        let told: Value = serde_json::from_str(&told).unwrap();
        assert!(told["version"].as_str().unwrap().contains("6."), "{told}");
        assert!(told["files"][0]["text"].as_str().unwrap().contains("avg.freqstep = 2"));
    }
    let rows = scene.rows("out.ref");
    assert_eq!(rows.len(), 4);
    assert!(rows[3].path.ends_with("SB003_uv.MS.dppp") && rows[3].node == "node012");
    scene.expect_tidy();
    let log = scene.log("logs", "L80897_SAP000_SB000_uv.MS.dppp.node011");
    assert!(log.contains("\n# done"), "{log}");
    // Again: refused, or taken as it is.
    let again = scene.run("LaunchNDPPP", &["-i", "parsets", "-l", "logs"]).run();
    again.code(1).complains("exists");
    let again = scene.ok("LaunchNDPPP", &[&words[..], &["--resume"]].concat());
    assert!(again.stderr.contains("0 ok, 4 skipped, 0 not done"), "{again}");
    assert_eq!(scene.rows("out.ref").len(), 4);
}

#[test]
fn a_change_in_place_is_tried_first_and_recorded() {
    let scene = need!(dp3().and_then(|dp3| Scene::empty(1, &dp3)));
    need!(scene.fill(1));
    let template = "steps=[f]\nf.type=preflagger\nf.baseline='0&*'\n";
    scene.parsets(template, &["--in-place"]);
    let set = scene.set(RAW, 0, "");
    let before = Table::open(set.join("HISTORY")).unwrap().nrow();
    scene.ok("LaunchNDPPP", &["-i", "parsets", "-l", "logs"]);
    let messages = values::<String>(&set, "HISTORY", "MESSAGE");
    assert_eq!(messages.len() as u64, before + 1);
    assert_eq!(messages.last().unwrap(), "DP3 changed the set in place: f");
    scene.expect_tidy();
    // A key that nobody uses is found before the data is changed.
    scene.parsets(&format!("{template}f.basline=x\n"), &["--in-place", "--overwrite"]);
    let failed = scene.run("LaunchNDPPP", &["-i", "parsets", "-l", "logs"]).run();
    failed.code(1).complains("ended with status");
    assert_eq!(Table::open(set.join("HISTORY")).unwrap().nrow(), before + 1);
}

#[test]
fn the_doctor_lets_the_programs_work_on_the_nodes() {
    let scene = need!(dp3().and_then(|dp3| Scene::empty(2, &dp3)));
    let doctor = |more: &[&str]| {
        scene.work.ledama(["doctor"]).args(more).config(&scene.config).run().no_panic()
    };
    let output = doctor(&[]).code(0).stdout();
    let line = output.lines().find(|line| line.starts_with("program dp3: ok")).unwrap();
    assert!(line.ends_with("(DP3 6.6.0), works on a small set"), "{line}");
    assert!(output.contains("program aoflagger: "), "{output}");
    scene.expect_tidy();
    let quick = doctor(&["--quick"]).code(0).stdout();
    assert!(!quick.contains("works on") && quick.contains("(DP3 6.6.0)"), "{quick}");
    // A program that is there and does not work, and one that is not there.
    let program = scene.work.file("bad", "#!/bin/sh\necho no library >&2\nexit 127\n");
    let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(&program, executable).unwrap();
    let text = std::fs::read_to_string(&scene.config).unwrap();
    let more = format!("aoquality = ['{}']\nown = ['/no/such/program']\n", program.display());
    std::fs::write(&scene.config, text + more.as_str()).unwrap();
    let output = doctor(&[]).code(1).stdout();
    let line = output.lines().find(|line| line.starts_with("program aoquality: FAULT")).unwrap();
    assert!(line.ends_with("ended with status 127: no library"), "{line}");
    assert!(output.contains("program own: FAULT  not found"), "{output}");
}
