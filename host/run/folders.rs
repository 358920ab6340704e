//! Where a run keeps what outlives it: journals and the audit log.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use ledama_base::atomic::{self, Existing};
use ledama_base::rawtext::{path_text, text_path};
use ledama_cluster::journal::is_held;

use ledama_config::model::Config;

pub use ledama_config::folders::{expand_home, home, state};

/// Says where a run keeps its journal, for as long as it lives, so that other
/// runs of the account can find it: the user may have put it anywhere.
#[derive(Debug)]
pub struct Known(PathBuf);

/// What a run that was killed has said is forgotten after a day.
const FORGET: Duration = Duration::from_hours(24);

impl Known {
    /// From now on. A run does not fail for want of it.
    pub fn make(config: &Config, run_id: &str, status: &Path) -> Self {
        let place = state(config).join("running");
        let file = place.join(run_id);
        let status = std::path::absolute(status).unwrap_or_else(|_| status.to_path_buf());
        if fs::create_dir_all(&place).is_ok() {
            let _ = atomic::write(&file, path_text(&status).as_bytes(), Existing::Replace);
        }
        Self(file)
    }
}

impl Drop for Known {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// The folders of journals that runs of this account have told of.
pub fn known(config: &Config) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(state(config).join("running")).into_iter().flatten().flatten() {
        let Ok(text) = fs::read_to_string(entry.path()) else { continue };
        let status = text_path(&text);
        let old = || {
            let changed = entry.metadata().and_then(|m| m.modified());
            changed.is_ok_and(|time| time.elapsed().is_ok_and(|age| age > FORGET))
        };
        if !is_held(&status) && old() {
            let _ = fs::remove_file(entry.path());
            continue;
        }
        found.push(status);
    }
    found.sort();
    found
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_run_is_known_while_it_lives() {
        let folder = tempfile::tempdir().unwrap();
        let mut config = Config::default();
        config.paths.state = Some(folder.path().join("state"));
        assert!(known(&config).is_empty());
        let one = Known::make(&config, "r1", Path::new("/somewhere/st"));
        let two = Known::make(&config, "r2", Path::new("relative"));
        assert_eq!(known(&config).len(), 2);
        assert!(known(&config).iter().all(|path| path.is_absolute()));
        drop(two);
        assert_eq!(known(&config), [Path::new("/somewhere/st")]);
        // A killed run leaves its word behind.
        std::mem::forget(one);
        let word = folder.path().join("state/running/r1");
        let long_ago = std::time::SystemTime::now() - 2 * FORGET;
        fs::File::open(&word).unwrap().set_modified(long_ago).unwrap();
        assert!(known(&config).is_empty() && !word.exists());
    }
}
