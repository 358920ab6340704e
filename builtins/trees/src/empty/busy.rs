//! Folders that running copies are about to fill.

use std::path::{Path, PathBuf};

use ledama_base::rawtext;

/// Places that running copies write to.
#[derive(Debug, Clone, Default)]
pub(super) struct Busy(Vec<PathBuf>);

impl Busy {
    /// From paths in text form, as asked for and where they really are.
    pub(super) fn new(paths: &[String]) -> Self {
        let mut places = Vec::new();
        for path in paths {
            let path = rawtext::text_path(path);
            places.extend(real(&path));
            places.push(path);
        }
        Self(places)
    }

    /// Whether a copy may write to the folder, into it, or around it.
    pub(super) fn touches(&self, path: &Path, real: &Path) -> bool {
        let near =
            |place: &Path, folder: &Path| place.starts_with(folder) || folder.starts_with(place);
        self.0.iter().any(|place| near(place, path) || near(place, real))
    }
}

/// Where a path is or will be once links among the folders that exist are resolved.
fn real(path: &Path) -> Option<PathBuf> {
    path.ancestors().find_map(|above| {
        let found = std::fs::canonicalize(above).ok()?;
        let rest = path.strip_prefix(above).ok()?;
        Some(if rest.as_os_str().is_empty() { found } else { found.join(rest) })
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_is_near_a_copy_is_busy() {
        let busy = Busy::new(&["/data1/L80897/x.MS".into()]);
        let touches = |path: &str| busy.touches(Path::new(path), Path::new(path));
        assert!(touches("/data1/L80897") && touches("/data1/L80897/x.MS/ANTENNA"));
        assert!(!touches("/data1/L8089") && !touches("/data1/L80898"));
        assert!(!touches("/data1/L80897/y.MS"));
        assert!(!Busy::default().touches(Path::new("/"), Path::new("/")));
    }

    #[test]
    fn links_lead_to_the_same_place() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        std::fs::create_dir(root.join("disk")).unwrap();
        std::os::unix::fs::symlink("disk", root.join("link")).unwrap();
        let busy = Busy::new(&[rawtext::path_text(&root.join("link/L80897/new/x.MS"))]);
        let path = root.join("disk/L80897");
        assert!(busy.touches(&path, &path));
    }
}
