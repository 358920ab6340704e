//! Names in a folder that begin like what was typed, for completion.

use std::path::{Path, PathBuf};

use crate::run::folders;

/// Entries of a folder offered at most.
const MOST: usize = 500;

/// Paths that begin with `typed`, written in the same way, folders with `/`.
pub(super) fn beginning_with(typed: &str) -> Vec<String> {
    let (folder, begin) = typed.rsplit_once('/').unwrap_or(("", typed));
    let shown = if typed.contains('/') { format!("{folder}/") } else { String::new() };
    let folder = match shown.as_str() {
        "" => PathBuf::from("."),
        "/" => PathBuf::from("/"),
        _ => folders::expand_home(Path::new(folder)),
    };
    let mut paths: Vec<String> = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            let hidden = name.starts_with('.') && !begin.starts_with('.');
            let end = if entry.path().is_dir() { "/" } else { "" };
            (!hidden && name.starts_with(begin)).then(|| format!("{shown}{name}{end}"))
        })
        .take(MOST)
        .collect();
    paths.sort();
    paths
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn paths_keep_what_was_typed() {
        let folder = tempfile::tempdir().unwrap();
        let base = folder.path().display().to_string();
        std::fs::create_dir(folder.path().join("sub")).unwrap();
        for name in ["some.ref", ".hidden", "other"] {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        let found = |typed: &str| beginning_with(&format!("{base}/{typed}"));
        assert_eq!(found("s"), [format!("{base}/some.ref"), format!("{base}/sub/")]);
        assert_eq!(found("."), [format!("{base}/.hidden")]);
        assert_eq!(found("").len(), 3);
        assert_eq!(found("sub/"), [""; 0]);
        assert_eq!(found("missing/"), [""; 0]);
    }
}
