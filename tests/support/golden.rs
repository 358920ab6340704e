//! Expected texts as plain files under `tests/golden/`.
//!
//! `LEDAMA_UPDATE_GOLDEN=1 cargo test` writes them anew; review the diff.

use std::path::PathBuf;

/// Compares a text with `tests/golden/NAME`.
#[track_caller]
pub(crate) fn check(name: &str, text: &str) {
    let file = super::run::repository().join("tests/golden").join(name);
    if std::env::var_os("LEDAMA_UPDATE_GOLDEN").is_some() {
        std::fs::create_dir_all(file.parent().unwrap_or(&PathBuf::from("."))).unwrap();
        std::fs::write(&file, text).unwrap();
        return;
    }
    let wanted = std::fs::read_to_string(&file).unwrap_or_else(|e| {
        panic!(
            "tests/golden/{name}: {e} (make it: LEDAMA_UPDATE_GOLDEN=1 cargo test); got:\n{text}"
        )
    });
    assert!(wanted == text, "tests/golden/{name} differs\n{}", difference(&wanted, text));
}

/// The lines around the first difference.
fn difference(wanted: &str, got: &str) -> String {
    let (wanted, got): (Vec<&str>, Vec<&str>) = (wanted.lines().collect(), got.lines().collect());
    let first = wanted.iter().zip(&got).take_while(|(a, b)| a == b).count();
    let part = |lines: &[&str]| {
        lines
            .iter()
            .skip(first.saturating_sub(2))
            .take(12)
            .map(|l| format!("  {l}\n"))
            .collect::<String>()
    };
    format!("from line {}\nwanted:\n{}got:\n{}", first + 1, part(&wanted), part(&got))
}

/// The text without the lines that begin and end a run with the time.
pub(crate) fn without_times(text: &str) -> String {
    let timed = |line: &&str| line.starts_with("# 20") && line.contains("Z ");
    text.lines().filter(|line| !timed(line)).map(|line| format!("{line}\n")).collect()
}

/// Replaces what differs from run to run: each pair is (text, name).
pub(crate) fn mask(text: &str, names: &[(&str, &str)]) -> String {
    names.iter().fold(text.to_string(), |text, (what, name)| text.replace(what, name))
}
