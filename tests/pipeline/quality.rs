//! LaunchAOQuality.

use ledama_tables::Table;

use super::scene::{RAW, Scene, installed, shown, values};
use crate::support::skip::need;

#[test]
fn the_plan_puts_the_set_last() {
    let scene = need!(Scene::empty(1, "DP3"));
    scene.list(1);
    let words = ["-i", "raw.ref", "-l", "logs", "--query"];
    let ask = |more: &[&str]| {
        shown(&scene.ok("LaunchAOQuality", &[&words[..], more].concat()), &[]).remove(0)
    };
    let set = format!("{RAW}/L80897_SAP000_SB000_uv.MS");
    let line = ask(&["-c", "collect", "--column", "CORRECTED_DATA"]);
    assert!(
        line.starts_with(&format!("node011  aoquality collect -d CORRECTED_DATA {set}")),
        "{line}"
    );
    let line = ask(&["-c", "query_g RFIPercentage"]);
    assert!(line.starts_with(&format!("node011  aoquality query_g RFIPercentage {set}")), "{line}");
    for (wrong, message) in
        [("colect", "did you mean collect"), ("query_t", "kind of one statistic")]
    {
        let words = [&words[..], &["-c", wrong]].concat();
        scene.run("LaunchAOQuality", &words).run().code(2).complains(message);
    }
}

#[test]
fn statistics_are_collected_asked_for_and_removed() {
    need!(installed("aoquality"));
    let scene = need!(Scene::empty(2, "DP3"));
    need!(scene.fill(3));
    let run = |more: &[&str]| {
        scene.ok("LaunchAOQuality", &[&["-i", "raw.ref", "-l", "logs"][..], more].concat())
    };
    run(&["-c", "collect", "--update-reffile"]);
    let set = scene.set(RAW, 2, "");
    assert!(Table::open(set.join("QUALITY_TIME_STATISTIC")).unwrap().nrow() > 0);
    let messages = values::<String>(&set, "HISTORY", "MESSAGE");
    assert_eq!(messages.last().unwrap(), "aoquality collected quality statistics");
    assert!(run(&["-c", "collect", "--resume"]).stderr.contains("0 ok, 3 skipped"));
    run(&["-c", "query_g RFIPercentage", "--output", "rfi.csv"]);
    let table = scene.work.read("rfi.csv");
    assert!(table.lines().filter(|line| line.contains("SB00")).count() >= 3, "{table}");
    run(&["-c", "remove"]);
    assert!(!set.join("QUALITY_TIME_STATISTIC").exists());
    // Without tables a query aborts, which is a failure and not an empty answer.
    let words = ["-i", "raw.ref", "-l", "logs", "-c", "query_g RFIPercentage"];
    let failed = scene.run("LaunchAOQuality", &words).run().code(1);
    for k in 0..3 {
        assert!(failed.stderr.contains(&format!("SB00{k}")), "{failed}");
    }
}
