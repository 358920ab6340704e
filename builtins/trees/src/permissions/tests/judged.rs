//! `chmod` itself judges what a mode means.

use std::fs;
use std::process::Command;

use proptest::prelude::*;

use crate::permissions::ModeChange;
use crate::testing::{mode, set_mode};

/// What the program makes of a mode, under this umask; none if it refuses.
fn judge(text: &str, before: u32, folder: bool, umask: u32) -> Option<u32> {
    let place = tempfile::tempdir().unwrap();
    let entry = place.path().join("entry");
    if folder {
        fs::create_dir(&entry).unwrap();
    } else {
        fs::write(&entry, "").unwrap();
    }
    set_mode(&entry, before);
    let script = "umask \"$1\" && exec chmod -- \"$2\" \"$3\"";
    let done = Command::new("sh")
        .args(["-c", script, "sh", &format!("{umask:04o}"), text])
        .arg(&entry)
        .env("LC_ALL", "C")
        .output()
        .unwrap();
    // It also fails when the umask has kept something from being done.
    let words = String::from_utf8_lossy(&done.stderr);
    (!words.contains("invalid mode")).then(|| mode(&entry))
}

/// Modes of a file that its owner may give to any file.
fn bits() -> impl Strategy<Value = u32> {
    prop_oneof![0_u32..0o1000, 0_u32..0o10000]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn clauses_mean_the_same(
        text in "[ugoa]{0,2}([+=-]([rwxXst]{0,4}|[ugo])){1,3}(,[ugoa]{0,2}([+=-]([rwxXst]{0,3}|[ugo])){1,2}){0,2}",
        before in bits(),
        folder: bool,
        umask in prop_oneof![Just(0_u32), Just(0o022), Just(0o077), 0_u32..0o1000],
    ) {
        let ours = text.parse::<ModeChange>().unwrap().apply(before, folder, umask);
        let theirs = judge(&text, before, folder, umask);
        prop_assert_eq!(Some(ours), theirs, "{} of {:o}", text, before);
    }

    #[test]
    fn octal_modes_mean_the_same(text in "[0-7]{3,4}", before in bits(), folder: bool) {
        let ours = text.parse::<ModeChange>().unwrap().apply(before, folder, 0o022);
        prop_assert_eq!(Some(ours), judge(&text, before, folder, 0o022), "{}", text);
    }

    #[test]
    fn what_is_taken_here_is_a_mode_there(text in "[ugoa+=rwxXst,07 -]{0,6}") {
        if text.parse::<ModeChange>().is_ok() {
            prop_assert!(judge(&text, 0o644, false, 0).is_some(), "{}", text);
        }
    }
}
