//! Columns that are removed.

use ledama_base::operation::ErrorKind;
use serde_json::{Value as Json, json};

use super::{changed, contents, differences, roots, run};
use crate::edits::clean::{Clean, is_protected};
use crate::testing::SmallSet;

fn input(set: &SmallSet, columns: &[&str]) -> Json {
    json!({ "roots": roots(set), "columns": columns })
}

#[test]
fn columns_go_and_the_others_keep_their_values() {
    let set = SmallSet::new();
    let before = contents(&set.path(""));
    let told = run(Clean, &set, input(&set, &["PROCESSED", "STATE", "STATE"])).unwrap();
    assert_eq!(
        (&told["changed"], &told["absent"]),
        (&json!(false), &json!(["PROCESSED", "STATE"]))
    );
    assert_eq!(differences(&before, &set), [""; 0]);

    let mut forced = input(&set, &["DATA", "STATE_ID", "FLAG_CATEGORY", "OTHER"]);
    forced["force_protected"] = json!(true);
    let told = run(Clean, &set, forced).unwrap();
    assert_eq!(told["removed"], json!(["DATA", "FLAG_CATEGORY", "STATE_ID"]));
    assert_eq!(told["absent"], json!(["OTHER"]));
    assert_eq!(changed(&before, &set), [".DATA", ".FLAG_CATEGORY", ".STATE_ID"]);
    // The manager that has no column left is gone with its files.
    assert!(!set.path("table.f0_TSM0").exists() && !set.path("table.f0").exists());
    assert!(told["freed_bytes"].as_u64().is_some());
}

#[test]
fn what_a_set_needs_is_refused_unless_forced() {
    let set = SmallSet::new();
    let before = contents(&set.path(""));
    for column in ["DATA", "TIME_CENTROID", "WEIGHT_SPECTRUM", "ARRAY_ID", "FLAG"] {
        assert!(is_protected(column));
        let error = run(Clean, &set, input(&set, &["OTHER", column])).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Refused, "{column}");
        assert!(error.message.contains(column), "{}", error.message);
    }
    for column in ["MODEL_DATA", "CORRECTED_DATA", "IMAGING_WEIGHT", "LOFAR_FULL_RES_FLAG"] {
        assert!(!is_protected(column), "{column}");
    }
    assert_eq!(run(Clean, &set, input(&set, &[])).unwrap_err().kind, ErrorKind::Input);
    let mut outside = input(&set, &["MODEL_DATA"]);
    outside["roots"] = json!(["/somewhere/else"]);
    assert_eq!(run(Clean, &set, outside).unwrap_err().kind, ErrorKind::Refused);
    assert_eq!(differences(&before, &set), [""; 0]);
}

#[test]
fn a_link_that_leads_out_of_the_roots_is_refused() {
    let (set, other) = (SmallSet::new(), SmallSet::new());
    let link = set.root().join("L12345/L12345_SB001_uv.MS");
    std::os::unix::fs::symlink(other.path(""), &link).unwrap();
    let mut forced = input(&set, &["DATA"]);
    forced["force_protected"] = json!(true);
    let path = link.to_str().unwrap();
    let error = super::run_at(Clean, path, forced.clone()).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Refused);
    assert!(other.table("").has_column("DATA"));
    // One that leads to a set inside is that set.
    std::fs::remove_file(&link).unwrap();
    std::os::unix::fs::symlink(set.path(""), &link).unwrap();
    super::run_at(Clean, path, forced).unwrap();
    assert!(!set.table("").has_column("DATA"));
}
