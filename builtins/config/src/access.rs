//! Who runs the program, and how much that account may see.
//!
//! Levels choose which modules are shown and which defaults they have; they
//! are a convenience, not a protection (that is the work of permissions,
//! database roles and sudo rules).

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::model::Config;

/// How much an account may see, lowest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// The web service.
    Web,
    /// Everybody.
    User,
    /// The data managers.
    Full,
}

impl Level {
    /// The word of manifests and reports: `web`, `user` or `full`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Web => "web",
            Self::User => "user",
            Self::Full => "full",
        }
    }
}

impl std::fmt::Display for Level {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.word())
    }
}

/// The account of this process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its name; the number where it has none.
    pub name: String,
    /// Its home folder: `$HOME`, else what the system's data base says.
    pub home: Option<PathBuf>,
}

impl Account {
    /// The account of the effective user id, from wherever the system keeps
    /// its accounts (files, LDAP, …); a container may know no such account,
    /// and then `$USER` and `$LOGNAME` are believed.
    pub fn current() -> Self {
        let uid = nix::unistd::geteuid();
        let known = nix::unistd::User::from_uid(uid).ok().flatten();
        let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let home = std::env::var_os("HOME").filter(|home| !home.is_empty()).map(PathBuf::from);
        match known {
            Some(user) => Self { name: user.name, home: home.or(Some(user.dir)) },
            None => Self {
                name: variable("USER")
                    .or_else(|| variable("LOGNAME"))
                    .unwrap_or_else(|| uid.to_string()),
                home,
            },
        }
    }
}

impl Config {
    /// The access level of an account.
    pub fn level(&self, account: &str) -> Level {
        let is_in = |list: &[String]| list.iter().any(|name| name == account);
        if is_in(&self.access.web) {
            Level::Web
        } else if is_in(&self.access.full) {
            Level::Full
        } else {
            Level::User
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_decide_the_level() {
        let mut config = Config::default();
        config.access.web = vec!["www".into()];
        config.access.full = vec!["keeper".into()];
        assert_eq!(config.level("www"), Level::Web);
        assert_eq!(config.level("keeper"), Level::Full);
        assert_eq!(config.level("astronomer"), Level::User);
        assert!(Level::Web < Level::User && Level::User < Level::Full);
    }

    #[test]
    fn this_process_has_an_account() {
        let account = Account::current();
        assert!(!account.name.is_empty());
        assert!(account.name.bytes().all(|b| b != b'\n'));
    }
}
