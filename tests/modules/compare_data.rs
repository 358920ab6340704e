//! CompareData: missing, multiple, other sizes; the exit code says whether.

use crate::support::{Work, golden};

fn row(sub_band: u32, size: &str, node: &str) -> String {
    format!(
        "/data1/users/grp/L2013_80897/L80897_SAP000_SB{sub_band:03}_uv.MS 115.0 {size} {node} 0\n"
    )
}

#[test]
fn the_same_in_other_places_is_the_same() {
    let work = Work::new();
    work.file("a.ref", [row(0, "5", "node011"), row(1, "7", "node012")].concat());
    work.file("b.ref", [row(1, "7", "node014"), row(0, "5", "node013")].concat());
    work.ledama(["run", "CompareData", "--reffiles", "a.ref,b.ref"]).ok().says("b.ref");
}

#[test]
fn every_difference_is_told() {
    let work = Work::new();
    work.file("a.ref", (0..5).map(|k| row(k, "9", "node011")).collect::<String>());
    let other = [
        row(0, "9", "node013"),
        row(1, "1", "node013"),
        row(2, "9", "node013"),
        row(2, "9", "node014"),
        row(3, "?", "node013"),
        row(7, "9", "node013"),
    ]
    .concat();
    work.file("b.ref", other);
    let output = work.ledama(["run", "CompareData", "-i", "a.ref,b.ref"]).run().code(1);
    let text = golden::mask(&output.stdout(), &[(work.path().to_str().unwrap(), "[WORK]")]);
    // The columns are as wide as the folder's name.
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    golden::check("CompareData/differences.txt", &(text.replace(" [WORK]", "\n[WORK]") + "\n"));
    let json = work.ledama(["run", "CompareData", "-i", "a.ref,b.ref", "--json"]).run().code(1);
    assert!(json.json().is_object() || json.json().is_array());
}

#[test]
fn only_the_chosen_sub_bands_count() {
    let work = Work::new();
    work.file("a.ref", [row(0, "5", "node011"), row(1, "7", "node012")].concat());
    work.file("b.ref", row(0, "5", "node013"));
    work.ledama(["run", "CompareData", "-i", "a.ref,b.ref"]).run().code(1);
    work.ledama(["run", "CompareData", "-i", "a.ref,b.ref", "-b", "0"]).ok();
    // One file alone against a list.
    work.ledama(["run", "CompareData", "-i", "b.ref", "-b", "0"]).ok();
    work.ledama(["run", "CompareData", "-i", "b.ref", "-b", "0-1"]).run().code(1);
    work.ledama(["run", "CompareData", "-i", "b.ref"]).run().code(2);
}

#[test]
fn what_is_lacking_can_be_copied_again() {
    let work = Work::new();
    work.file("a.ref", [row(0, "5", "node011"), row(1, "7", "node012")].concat());
    work.file("b.ref", row(0, "5", "node013"));
    work.ledama(["run", "CompareData", "-i", "a.ref,b.ref", "--write-missing", "again.ref"])
        .run()
        .code(1);
    let text = work.read("again.ref");
    assert!(text.contains("SB001") && !text.contains("SB000"), "{text}");
}
