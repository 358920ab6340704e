//! What every sub-command needs first: the configuration, the account and its level.

use std::path::PathBuf;
use std::sync::Arc;

use ledama_base::rawtext::path_text;
use ledama_config::access::{Account, Level};
use ledama_config::{Config, ConfigError, Loaded, Origin, Sources};

use super::Shared;
use crate::diagnostic::{Diagnostic, Failure, Place as Location};
use crate::manifest::Placeholders;
use crate::report::talk::Talk;

/// The configuration and who uses it.
#[derive(Debug)]
pub(super) struct Place {
    /// Values and where they come from.
    pub(super) loaded: Loaded,
    /// The account of this process.
    pub(super) account: Account,
    /// Its access level.
    pub(super) level: Level,
}

impl Place {
    /// Loads the configuration of this process and tells its warnings.
    pub(super) fn find(shared: &Shared, talk: &Talk) -> Result<Self, Failure> {
        let loaded = ledama_config::load(&Sources::of_process(shared.config.as_deref()))
            .map_err(|e| failure(&e))?;
        for warning in &loaded.warnings {
            talk.warn(warning);
        }
        let account = Account::current();
        let level = loaded.config.level(&account.name);
        Ok(Self { loaded, account, level })
    }

    /// What `{user}` and its like stand for in defaults of options.
    pub(super) fn placeholders(&self) -> Placeholders {
        let config = &self.loaded.config;
        let text = |path: Option<&PathBuf>| path.map(|p| path_text(p));
        vec![
            ("user", Some(self.account.name.clone())),
            ("group", Some(config.data.group.clone())),
            ("home", text(self.account.home.as_ref())),
            ("init_file", text(config.paths.init_file.as_ref())),
        ]
    }

    /// The values.
    pub(super) fn config(&self) -> Arc<Config> {
        Arc::clone(&self.loaded.config)
    }
}

/// A configuration error as the host tells it; each fault with its place.
pub(super) fn failure(error: &ConfigError) -> Failure {
    match error {
        ConfigError::Faults(faults) => faults
            .iter()
            .map(|fault| {
                let diagnostic =
                    Diagnostic::error(fault.message.clone()).maybe_help(fault.help.clone());
                match &fault.origin {
                    Origin::File { path, line } if *line > 0 => {
                        diagnostic.at(Location::new(path.display().to_string(), *line, 0))
                    }
                    Origin::Default => diagnostic,
                    origin => diagnostic.note(format!("in {origin}")),
                }
            })
            .collect::<Vec<_>>()
            .into(),
        other => Diagnostic::error(other.to_string()).maybe_help(other.help()).into(),
    }
}
