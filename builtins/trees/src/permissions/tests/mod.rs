#![allow(clippy::unwrap_used, clippy::expect_used)]

mod judged;
mod tree;

use super::{ModeChange, Rule};

fn change(text: &str) -> ModeChange {
    text.parse().unwrap()
}

#[test]
fn clauses_do_what_they_say() {
    for (text, before, folder, after) in [
        ("u+x", 0o644, false, 0o744),
        ("g=u", 0o741, false, 0o771),
        ("o=g,g=", 0o640, false, 0o604),
        ("a+rX", 0o600, false, 0o644),
        ("a+rX", 0o700, false, 0o755),
        ("a+rX", 0o600, true, 0o755),
        ("u=rwX,g=rwX,o=rX", 0o755, false, 0o775),
        ("ug+s,+t", 0o755, true, 0o7755),
        ("u-s", 0o4755, true, 0o755),
        ("u=rwx", 0o6755, true, 0o6755),
        ("u=rwx", 0o6755, false, 0o2755),
        ("g+rw-x+X", 0o711, false, 0o771),
        ("o+t,u+t,g+t", 0o755, true, 0o1755),
        ("775", 0o2700, true, 0o2775),
        ("775", 0o2700, false, 0o775),
        ("2775", 0o700, true, 0o2775),
        ("0640", 0o777, false, 0o640),
    ] {
        assert_eq!(change(text).apply(before, folder, 0), after, "{text} of {before:o}");
    }
}

#[test]
fn without_a_class_the_umask_counts() {
    assert_eq!(change("+w").apply(0o444, false, 0o022), 0o644);
    assert_eq!(change("a+w").apply(0o444, false, 0o022), 0o666);
    assert_eq!(change("=rw").apply(0o777, false, 0o077), 0o600);
}

#[test]
fn what_is_wrong_is_told() {
    for (text, reason) in [
        ("", "it is empty"),
        ("778", "8 is no octal digit"),
        ("77", "an octal mode has three or four digits, not 2"),
        ("00775", "not 5"),
        ("u+q", "`q` is none of the permissions"),
        ("z+r", "`z` is none of the classes"),
        ("u", "`u` says nothing to do"),
        ("u+r,", "a clause is empty"),
        ("g=ur", "the class `u` after an operator stands alone"),
        ("u+r;rm -rf /", "`;` is none of the permissions"),
        ("-R", "`R` is none"),
        ("u+r\n", "`\\n` is none"),
        ("\u{3b1}", "is none of the classes"),
    ] {
        let error = text.parse::<ModeChange>().unwrap_err().to_string();
        assert!(error.contains(reason), "{text}: {error}");
    }
}

#[test]
fn an_octal_mode_for_all_makes_no_data_file_executable() {
    let wanted = |mode, folders, files, before, folder| {
        Rule::new(mode, folders, files, 0o022).unwrap().wanted(before, folder)
    };
    assert_eq!(wanted(Some("775"), None, None, 0o600, false), 0o664);
    assert_eq!(wanted(Some("775"), None, None, 0o700, false), 0o775);
    assert_eq!(wanted(Some("775"), None, None, 0o2700, true), 0o2775);
    // Set-id bits of an octal mode are for folders.
    assert_eq!(wanted(Some("2775"), None, None, 0o700, false), 0o775);
    // What is said of files is meant.
    assert_eq!(wanted(Some("775"), None, Some("775"), 0o600, false), 0o775);
    assert_eq!(wanted(Some("a+x"), None, None, 0o600, false), 0o711);
    // Each kind by its own mode, else by the one for all, else not at all.
    assert_eq!(wanted(Some("750"), Some("2770"), None, 0o600, true), 0o2770);
    assert_eq!(wanted(Some("750"), Some("2770"), None, 0o600, false), 0o640);
    assert_eq!(wanted(None, Some("2770"), None, 0o600, false), 0o600);
}
