//! Disks that are full, or may not be written: the set is as it was.
//!
//! Without the rights to mount a small disk, the system is told to refuse
//! files beyond some length: for a writer that is the same as a full disk. The
//! limit counts for a whole process, so each case is a process of its own that
//! runs one test of this program.

use std::path::Path;
use std::process::Command;

use serde_json::json;

use super::{contents, roots, run_at};
use crate::edits::clean::Clean;
use crate::edits::imaging::AddImagingColumns;
use crate::edits::mount::SetMount;
use crate::edits::unflag::Unflag;
use crate::testing::SmallSet;

const ME: &str = "edits::tests::faults::editor_with_a_limit";
const EDITS: [&str; 4] = ["mount", "unflag", "clean", "imaging"];

/// Not a test: what the processes of the test below run.
#[test]
fn editor_with_a_limit() {
    let (Ok(set), Ok(edit), Ok(roots)) = (
        std::env::var("EDIT_TEST_SET"),
        std::env::var("EDIT_TEST_KIND"),
        std::env::var("EDIT_TEST_ROOT"),
    ) else {
        return;
    };
    let roots = json!([roots]);
    let all = json!({ "roots": roots, "columns": ["DATA", "STATE_ID"], "force_protected": true });
    let told = match edit.as_str() {
        "mount" => run_at(SetMount, &set, json!({ "value": "m".repeat(5000) })),
        "unflag" => run_at(Unflag, &set, json!({ "roots": roots })),
        "clean" => run_at(Clean, &set, all),
        _ => run_at(AddImagingColumns, &set, json!({ "init_from_data": true })),
    };
    match told {
        Ok(told) => assert_eq!(told["changed"], json!(true), "{told}"),
        Err(error) => panic!("refused: {}", error.message),
    }
}

/// Edits in a process whose files may have so many blocks of 512 bytes.
fn edit(set: &SmallSet, kind: &str, blocks: u32) -> Result<(), String> {
    let script =
        format!("ulimit -f {blocks} && trap '' XFSZ && exec \"$0\" --exact {ME} --nocapture");
    let done = Command::new("sh")
        .args(["-c", &script])
        .arg(std::env::current_exe().unwrap())
        .env("EDIT_TEST_SET", set.path(""))
        .env("EDIT_TEST_KIND", kind)
        .env("EDIT_TEST_ROOT", roots(set)[0].as_str().unwrap())
        // Reports of a panic are of no use, and may be longer than a file.
        .env("RUST_BACKTRACE", "0")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&done.stderr).into_owned();
    if done.status.success() { Ok(()) } else { Err(text) }
}

#[test]
fn an_edit_without_room_leaves_the_set_as_it_was() {
    for kind in EDITS {
        let set = SmallSet::new();
        let before = contents(&set.path(""));
        let files = names(&set.path(""));
        let error = edit(&set, kind, 1).unwrap_err();
        assert!(
            error.contains("refused: ") && error.contains("L12345_SB000_uv.MS"),
            "{kind}: {error}"
        );
        assert_eq!(contents(&set.path("")), before, "{kind}");
        assert_eq!(names(&set.path("")), files, "{kind}: files are left");
        edit(&set, kind, 1 << 20).unwrap();
        assert_ne!(contents(&set.path("")), before, "{kind}");
    }
}

/// All files of a set.
fn names(set: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![set.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            found.push(path.strip_prefix(set).unwrap().to_str().unwrap().to_string());
            if path.is_dir() {
                folders.push(path);
            }
        }
    }
    found.sort();
    found
}
