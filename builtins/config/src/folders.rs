//! Folders of the account that the configuration speaks of.

use std::path::{Path, PathBuf};

use crate::model::Config;

/// The home folder of the account, `/` if it has none.
pub fn home() -> PathBuf {
    std::env::var_os("HOME")
        .filter(|h| !h.is_empty())
        .map_or_else(|| PathBuf::from("/"), PathBuf::from)
}

/// The state folder: `paths.state`, else `$XDG_STATE_HOME/ledama`, else `~/.local/state/ledama`.
pub fn state(config: &Config) -> PathBuf {
    if let Some(folder) = &config.paths.state {
        return expand_home(folder);
    }
    std::env::var_os("XDG_STATE_HOME")
        .filter(|f| !f.is_empty())
        .map_or_else(|| home().join(".local/state"), PathBuf::from)
        .join("ledama")
}

/// `~/x` as a path below the home folder.
pub fn expand_home(path: &Path) -> PathBuf {
    match path.strip_prefix("~") {
        Ok(rest) => home().join(rest),
        Err(_) => path.to_path_buf(),
    }
}
