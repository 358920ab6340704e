//! From files and environment to one checked configuration.
//!
//! The layers, in rising order: what is built in, the file of the system, the
//! file of the account, the file `$LEDAMA_CONFIG` names, the file the command
//! line names, and the environment variables `LEDAMA_<TABLE>_<KEY>`. A value
//! of a higher layer replaces that of a lower one key by key; a list of
//! tables is replaced as a whole, except that the stores of the catalogue are
//! completed key by key and the standard versions stay unless their number is
//! listed. All faults of all layers are reported together.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Deserialize;

use crate::access::Account;
use crate::error::ConfigError;
use crate::layer::{self, Layer};
use crate::merge;
use crate::model::Config;
use crate::origin::{Fault, Origin, Origins};
use crate::validate;

/// The file for all accounts of a machine.
pub const SYSTEM_FILE: &str = "/etc/ledama/ledama.toml";

/// Where a configuration is looked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sources {
    /// Files that may be missing, lowest layer first.
    pub usual: Vec<PathBuf>,
    /// Files that must be there, lowest layer first, each with who named it.
    pub named: Vec<(PathBuf, String)>,
    /// The environment; only names that begin with `LEDAMA_` matter.
    pub environment: Vec<(String, String)>,
    /// What `~` stands for.
    pub home: Option<PathBuf>,
}

impl Sources {
    /// What this process sees; `option` is the file of the command line.
    pub fn of_process(option: Option<&Path>) -> Self {
        let home = Account::current().home;
        let value = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        let mut usual = vec![PathBuf::from(SYSTEM_FILE)];
        usual.extend(user_file(value("XDG_CONFIG_HOME"), home.as_deref()));
        let mut named = Vec::new();
        if let Some(path) = value("LEDAMA_CONFIG") {
            named.push((PathBuf::from(path), "named by $LEDAMA_CONFIG".to_string()));
        }
        if let Some(path) = option {
            named.push((path.to_path_buf(), "named by --config".to_string()));
        }
        let mut environment: Vec<_> = std::env::vars_os()
            .filter_map(|(name, value)| {
                let name = name.into_string().ok().filter(|name| name.starts_with("LEDAMA_"))?;
                Some((name, value.into_string().ok()?))
            })
            .collect();
        // So that faults are told in the same order each time.
        environment.sort();
        Self { usual, named, environment, home }
    }

    /// The file of the account, for `config init`.
    pub fn user_file(&self) -> Option<&Path> {
        self.usual.iter().rev().map(PathBuf::as_path).find(|path| *path != Path::new(SYSTEM_FILE))
    }
}

/// `$XDG_CONFIG_HOME/ledama/ledama.toml`; that standard says that a relative
/// folder is to be ignored.
fn user_file(config_home: Option<OsString>, home: Option<&Path>) -> Option<PathBuf> {
    let folder = config_home
        .map(PathBuf::from)
        .filter(|folder| folder.is_absolute())
        .or_else(|| Some(home?.join(".config")))?;
    Some(folder.join("ledama/ledama.toml"))
}

/// A configuration and what is known about it.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The values.
    pub config: Arc<Config>,
    /// Where they come from.
    pub origins: Origins,
    /// The files that were read, lowest layer first.
    pub files: Vec<PathBuf>,
    /// What is odd but no fault.
    pub warnings: Vec<String>,
}

/// Reads, merges and checks everything.
///
/// # Errors
/// [`ConfigError::Faults`] with every fault found.
pub fn load(sources: &Sources) -> Result<Loaded, ConfigError> {
    let home = sources.home.as_deref().and_then(Path::to_str);
    let mut faults = Vec::new();
    let mut warnings = Vec::new();
    let mut files = Vec::new();
    let mut layers = Vec::new();

    let usual = sources.usual.iter().map(|path| (path, None));
    let named = sources.named.iter().map(|(path, by)| (path, Some(by.as_str())));
    for (path, named_by) in usual.chain(named) {
        match read(path, named_by) {
            Ok(None) => {}
            Ok(Some(text)) => {
                layers.push(layer::from_toml(&Arc::from(absolute(path)), &text, home, &mut faults));
                files.push(path.clone());
            }
            Err(fault) => faults.push(fault),
        }
    }
    layers.push(layer::from_environment(&sources.environment, home, &mut faults, &mut warnings));

    let (config, origins) = build(layers, &mut faults);
    if let Some(config) = &config {
        validate::check(config, &origins, &mut faults);
    }
    match config {
        Some(config) if faults.is_empty() => {
            Ok(Loaded { config: Arc::new(config), origins, files, warnings })
        }
        _ => Err(ConfigError::Faults(faults)),
    }
}

/// The configuration without any file and variable.
pub fn built_in() -> Config {
    let (stores, versions) = (crate::stores::catalogue(), crate::versions::standard());
    Config { stores, versions, jobs: crate::jobs::built_in(), ..Config::default() }
}

fn build(layers: Vec<Layer>, faults: &mut Vec<Fault>) -> (Option<Config>, Origins) {
    let (merged, origins) = merge::merge(layers, faults);
    match Config::deserialize(merged) {
        Ok(config) => (Some(config), origins),
        // Every value has been checked; only keys that must be there can be
        // missing, and `merge` has reported those.
        Err(error) => {
            if faults.is_empty() {
                faults.push(Fault::new(Origin::Default, error.message().to_string()));
            }
            (None, origins)
        }
    }
}

/// The text of a file; `None` for a usual file that is not there.
fn read(path: &Path, named_by: Option<&str>) -> Result<Option<String>, Fault> {
    let place = Origin::File { path: Arc::from(path), line: 0 };
    let text = match std::fs::read(path) {
        Ok(bytes) => String::from_utf8(bytes),
        Err(error) if named_by.is_none() && is_absent(&error) => return Ok(None),
        Err(error) => {
            let what = ledama_base::operation::OperationError::io("cannot be read", &error);
            let by = named_by.map(|by| format!(", {by},")).unwrap_or_default();
            return Err(Fault::new(place, format!("the configuration file{by} {}", what.message)));
        }
    };
    text.map(Some).map_err(|_| Fault::new(place, "the configuration file is not UTF-8 text"))
}

fn is_absent(error: &std::io::Error) -> bool {
    matches!(error.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory)
}

/// So that relative paths inside the file do not change with the folder of a
/// later command.
fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf())
}

#[cfg(test)]
mod tests;
