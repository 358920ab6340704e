//! Stores: the catalogue every installation knows, and look-up by any name.
//!
//! A store has an id (`ARCHIVE_PROC`), which options and this program use, and
//! some have a token (`TARGET_E_EOR`) that stands in the RefFiles and tables of
//! many years and is still written there. Both are understood everywhere, and
//! so is every configured alias. The catalogue holds no host, port or
//! account: without a configured host a remote store is known, so that old
//! files can be read, but nothing can be sent there.

use ledama_base::suggest;
use serde::Serialize;

use crate::error::ConfigError;
use crate::model::{Capability, Config, Store, StoreKind};

/// The known stores: id, token in files, kind, limit of streams, capabilities.
type Known = (&'static str, &'static str, StoreKind, Option<usize>, &'static [Capability]);

const ALL: &[Capability] = &[
    Capability::Push,
    Capability::Pull,
    Capability::List,
    Capability::Size,
    Capability::Mkdir,
    Capability::Delete,
];
const FETCH: &[Capability] = &[Capability::Pull, Capability::List, Capability::Size];
// An FDT server makes the folders it needs and publishes a list with sizes.
const TIER: &[Capability] =
    &[Capability::Push, Capability::Pull, Capability::List, Capability::Size];
const SEND: &[Capability] = &[Capability::Push, Capability::Size, Capability::Mkdir];

/// In the order of option choices.
const CATALOGUE: &[Known] = &[
    ("CLUSTER", "EoR", StoreKind::Cluster, None, ALL),
    ("CLUSTER_BACKUP", "EoRBackup", StoreKind::ClusterBackup, None, ALL),
    ("GRID_A", "SARA", StoreKind::Srm, None, FETCH),
    // Its front end answers more than five downloads at once with errors.
    ("GRID_B", "Juelich", StoreKind::Https, Some(5), FETCH),
    ("PARTNER", "SOUTHAMPTON", StoreKind::Ssh, None, SEND),
    ("ARCHIVE_SCRATCH", "TARGET_SCRATCH", StoreKind::Fdt, None, &[]),
    ("ARCHIVE_OLD", "TARGET_E_OPS", StoreKind::Fdt, None, TIER),
    ("ARCHIVE_PROC", "TARGET_E_EOR", StoreKind::Fdt, None, TIER),
    ("ARCHIVE_RAW", "TARGET_F_EOR", StoreKind::Fdt, None, TIER),
];

/// The stores every installation knows.
pub fn catalogue() -> Vec<Store> {
    CATALOGUE
        .iter()
        .map(|&(id, token, kind, max_streams, capabilities)| Store {
            id: id.to_string(),
            aliases: vec![token.to_string()],
            kind,
            host: None,
            port: None,
            lists: None,
            path_root: None,
            max_streams,
            runnable_from: Vec::new(),
            credentials: None,
            capabilities: capabilities.to_vec(),
        })
        .collect()
}

impl Store {
    /// The name written into RefFiles and tables.
    pub fn token(&self) -> &str {
        let known = CATALOGUE.iter().find(|known| known.0 == self.id);
        known.map_or(self.id.as_str(), |known| known.1)
    }

    /// Whether `name` is its id or one of its aliases.
    pub fn answers_to(&self, name: &str) -> bool {
        self.id == name || self.aliases.iter().any(|alias| alias == name)
    }

    /// Whether its data lies outside the nodes, so that the store itself
    /// stands in the place of a node.
    pub fn is_remote(&self) -> bool {
        !matches!(self.kind, StoreKind::Cluster | StoreKind::ClusterBackup)
    }

    /// Whether it can be used, not only named.
    pub fn is_configured(&self) -> bool {
        !self.is_remote() || self.host.is_some()
    }

    /// Whether something can be done there.
    pub fn can(&self, capability: Capability) -> bool {
        self.capabilities.contains(&capability)
    }

    /// Whether it can be used from the machines of a host group.
    pub fn is_runnable_from(&self, prefix: &str) -> bool {
        self.runnable_from.is_empty() || self.runnable_from.iter().any(|name| name == prefix)
    }
}

/// A store with what follows from its record, for scripts and JSON.
#[derive(Debug, Clone, Serialize)]
pub struct StoreFacts<'a> {
    /// The record.
    #[serde(flatten)]
    pub store: &'a Store,
    /// See [`Store::token`].
    pub token: &'a str,
    /// See [`Store::is_remote`].
    pub remote: bool,
    /// See [`Store::is_configured`].
    pub configured: bool,
}

impl Store {
    /// The record with what follows from it.
    pub fn facts(&self) -> StoreFacts<'_> {
        StoreFacts {
            store: self,
            token: self.token(),
            remote: self.is_remote(),
            configured: self.is_configured(),
        }
    }
}

impl Config {
    /// The store of that id or alias, if there is one.
    pub fn find_store(&self, name: &str) -> Option<&Store> {
        self.stores.iter().find(|store| store.answers_to(name))
    }

    /// The store of that id or alias.
    ///
    /// # Errors
    /// [`ConfigError::UnknownStore`] with the nearest names.
    pub fn store(&self, name: &str) -> Result<&Store, ConfigError> {
        self.find_store(name).ok_or_else(|| {
            let names = self.stores.iter().flat_map(|store| {
                std::iter::once(store.id.as_str()).chain(store.aliases.iter().map(String::as_str))
            });
            ConfigError::UnknownStore {
                name: name.to_string(),
                nearest: suggest::nearest(name, names),
            }
        })
    }

    /// The store of that id or alias, if it can be used.
    ///
    /// # Errors
    /// [`ConfigError::UnknownStore`] and [`ConfigError::StoreNotConfigured`].
    pub fn usable_store(&self, name: &str) -> Result<&Store, ConfigError> {
        let store = self.store(name)?;
        if store.is_configured() {
            Ok(store)
        } else {
            Err(ConfigError::StoreNotConfigured { name: name.to_string(), id: store.id.clone() })
        }
    }

    /// The remote store that stands in the place of a node under this name.
    pub fn remote_store(&self, node: &str) -> Option<&Store> {
        self.find_store(node).filter(|store| store.is_remote())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    fn config() -> Config {
        Config { stores: catalogue(), ..Config::default() }
    }

    #[test]
    fn every_known_name_finds_its_store() {
        let config = config();
        for &(id, token, kind, ..) in CATALOGUE {
            for name in [id, token] {
                let store = config.store(name).unwrap();
                assert_eq!((store.id.as_str(), store.token(), store.kind), (id, token, kind));
            }
        }
        assert_eq!(CATALOGUE.len(), 9);
    }

    #[test]
    fn a_remote_store_without_host_is_known_but_not_usable() {
        let mut config = config();
        assert!(config.usable_store("EoR").is_ok());
        let refused = config.usable_store("TARGET_E_EOR").unwrap_err();
        assert_eq!(refused.to_string(), "store `TARGET_E_EOR` is not configured");
        config.stores[7].host = Some("archive.example.org".into());
        assert_eq!(config.usable_store("TARGET_E_EOR").unwrap().id, "ARCHIVE_PROC");
    }

    #[test]
    fn an_unknown_store_is_answered_with_near_names() {
        let error = config().store("ARCHIVE_PRC").unwrap_err();
        let ConfigError::UnknownStore { nearest, .. } = error else { panic!("{error}") };
        assert_eq!(nearest.first().map(String::as_str), Some("ARCHIVE_PROC"));
    }

    #[test]
    fn cluster_stores_are_no_nodes() {
        let config = config();
        assert!(config.remote_store("EoR").is_none());
        assert!(config.remote_store("EoRBackup").is_none());
        assert_eq!(config.remote_store("SARA").unwrap().id, "GRID_A");
    }
}
