//! Which machines there are, how each is reached, and what its name means.
//!
//! An [`Inventory`] answers all questions about names of nodes and stores: it
//! reads node lists, finds the address of a machine, knows which machine is
//! this one, and tells the store of a file from its node and path. Without
//! any configured group this host is the only machine.

use std::sync::{Arc, OnceLock};

use ledama_base::corrections::Corrections;
use ledama_base::host_group::HostGroup;
use ledama_base::nodeset::{NodeFault, NodeGrammar, NodeList, NodeSet, StoreName, next_node};

use crate::access::Account;
use crate::error::ConfigError;
use crate::model::{Config, Hosts, Store, StoreKind, Transport};
use crate::validate::group;

/// Store of the machines that no host group describes.
const OWN_STORE: &str = "CLUSTER";

/// A machine and how to reach it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Machine {
    /// Name in node lists and RefFiles.
    pub name: String,
    /// Address to connect to.
    pub address: String,
    /// Port of sshd.
    pub port: u16,
    /// Account there.
    pub user: String,
    /// Which client opens the connection.
    pub transport: Transport,
    /// Id of the store whose disks it holds.
    pub store: String,
}

/// Names of this host and the account of this process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalHost {
    /// What the host calls itself, without its domain.
    pub name: String,
    /// Other names that mean it.
    pub aliases: Vec<String>,
    /// The own account.
    pub user: String,
}

impl LocalHost {
    /// The facts of this process, found out once.
    pub fn of_process() -> &'static Self {
        static FACTS: OnceLock<LocalHost> = OnceLock::new();
        FACTS.get_or_init(|| {
            let uname = rustix::system::uname();
            Self::new(&uname.nodename().to_string_lossy(), &Account::current().name)
        })
    }

    /// A host of that full name.
    pub fn new(host_name: &str, user: &str) -> Self {
        let name = host_name.split('.').next().filter(|name| !name.is_empty());
        let name = name.unwrap_or("localhost").to_string();
        let mut aliases = vec![host_name.to_string(), "localhost".to_string()];
        aliases.retain(|alias| !alias.is_empty() && *alias != name);
        Self { name, aliases, user: user.to_string() }
    }

    fn answers_to(&self, name: &str) -> bool {
        self.name == name || self.aliases.iter().any(|alias| alias == name)
    }
}

/// All machines and stores of a configuration.
#[derive(Debug, Clone)]
pub struct Inventory {
    config: Arc<Config>,
    groups: Vec<HostGroup>,
    stores: Vec<StoreName>,
    extra: Vec<String>,
    local: LocalHost,
    corrections: OnceLock<Corrections>,
}

impl Inventory {
    /// The inventory as this host sees it.
    pub fn new(config: Arc<Config>) -> Self {
        Self::seen_from(config, LocalHost::of_process().clone())
    }

    /// The inventory as another host would see it.
    pub fn seen_from(config: Arc<Config>, mut local: LocalHost) -> Self {
        let mut groups: Vec<_> = config.hosts.iter().filter_map(group).collect();
        if !groups.iter().any(|group| group.bare)
            && let Some(first) = groups.first_mut()
        {
            first.bare = true;
        }
        let stores = config.stores.iter().flat_map(|store| {
            let names = std::iter::once(&store.id).chain(&store.aliases);
            names.map(|token| StoreName {
                token: token.clone(),
                id: store.id.clone(),
                remote: store.is_remote(),
            })
        });
        let stores = stores.collect();
        // The configured spelling of the own name is the one in RefFiles.
        if let Some(configured) = member(&groups, &local.name).map(|(g, i)| groups[g].name(i))
            && configured != local.name
        {
            local.aliases.push(std::mem::replace(&mut local.name, configured));
        }
        let extra = std::iter::once(&local.name).chain(&local.aliases).cloned().collect();
        Self { config, groups, stores, extra, local, corrections: OnceLock::new() }
    }

    /// What it was made from.
    pub fn config(&self) -> &Arc<Config> {
        &self.config
    }

    /// What is corrected in observations whose data does not tell, or wrongly:
    /// the built-in corrections and those of the configured file, read when
    /// first needed.
    pub fn corrections(&self) -> &Corrections {
        let Some(file) = &self.config.paths.corrections else { return Corrections::built_in() };
        self.corrections.get_or_init(|| {
            // Loading the configuration has reported a faulty file.
            let own = Corrections::load(file).unwrap_or_default();
            Corrections::built_in().clone().merged(own)
        })
    }

    /// The host groups, in the order of the configuration.
    pub fn groups(&self) -> &[HostGroup] {
        &self.groups
    }

    /// The name of this host in node lists and RefFiles.
    pub fn local_name(&self) -> &str {
        &self.local.name
    }

    /// Whether a name means this host.
    pub fn is_local(&self, name: &str) -> bool {
        self.canonical(name) == self.local.name
    }

    /// Every machine of the host groups; without any, this host.
    pub fn all(&self) -> NodeSet {
        if self.groups.is_empty() {
            return std::iter::once(self.local.name.as_str()).collect();
        }
        self.groups
            .iter()
            .flat_map(|group| (group.first..=group.last).map(|i| group.name(i)))
            .collect()
    }

    /// The one spelling of the name of a machine or remote store: with the
    /// zeros of its group, the id for an alias. Unknown names stay as they are.
    pub fn canonical(&self, name: &str) -> String {
        if let Some((group, index)) = member(&self.groups, name) {
            return self.groups[group].name(index);
        }
        if let Some(store) = self.config.remote_store(name) {
            return store.id.clone();
        }
        if self.local.answers_to(name) { self.local.name.clone() } else { name.to_string() }
    }

    /// The name of a machine or remote store as files have it: the token of a store.
    pub fn written<'a>(&'a self, name: &'a str) -> &'a str {
        self.config.remote_store(name).map_or(name, Store::token)
    }

    /// How to reach a machine.
    ///
    /// This host is reached without a connection, unless its group names a
    /// transport or another account.
    ///
    /// # Errors
    /// [`ConfigError::UnknownNode`] with the nearest names.
    pub fn machine(&self, name: &str) -> Result<Machine, ConfigError> {
        if let Some((group, index)) = member(&self.groups, name) {
            return Ok(self.member_of(&self.config.hosts[group], &self.groups[group], index));
        }
        if self.local.answers_to(name) {
            let name = self.local.name.clone();
            return Ok(Machine {
                address: name.clone(),
                name,
                port: self.config.ssh.port,
                user: self.local.user.clone(),
                transport: Transport::Local,
                store: OWN_STORE.to_string(),
            });
        }
        Err(self.unknown(name))
    }

    fn member_of(&self, hosts: &Hosts, group: &HostGroup, index: u32) -> Machine {
        let ssh = &self.config.ssh;
        let name = group.name(index);
        let address = hosts.address.as_deref().unwrap_or("{name}");
        let address = address.replace("{name}", &name).replace("{index}", &index.to_string());
        let user = hosts.user.as_ref().or(ssh.user.as_ref()).unwrap_or(&self.local.user).clone();
        let at_home = name == self.local.name && user == self.local.user;
        let own = if at_home { Transport::Local } else { ssh.transport };
        Machine {
            name,
            address,
            port: hosts.port.unwrap_or(ssh.port),
            user,
            transport: hosts.transport.unwrap_or(own),
            store: self.config.find_store(&hosts.store).map_or(&hosts.store, |s| &s.id).clone(),
        }
    }

    fn unknown(&self, name: &str) -> ConfigError {
        if let Some(store) = self.config.find_store(name) {
            let help = if store.is_remote() {
                "it cannot run tasks; name machines"
            } else {
                "these are the cluster's own disks; name machines"
            };
            let message = format!("`{name}` is a store, not a machine");
            return ConfigError::UnknownNode { message, help: Some(help.to_string()) };
        }
        let prefixed = self.groups.iter().find(|group| {
            let rest = name.strip_prefix(group.prefix.as_str()).unwrap_or_default();
            !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_digit())
        });
        let (message, help) = if let Some(group) = prefixed {
            let (first, last) = (group.name(group.first), group.name(group.last));
            (format!("`{name}` is not one of {first} to {last}"), None)
        } else {
            // The grammar knows which prefix was mistyped.
            let machines = NodeGrammar { stores: &[], ..self.grammar() };
            let help = machines.parse(name).err().and_then(|error| error.help());
            let known = || {
                let known = self.all();
                format!(
                    "known machines are {known}; `ledama config check` tells which files were read"
                )
            };
            (format!("unknown node `{name}`"), help.or_else(|| Some(known())))
        };
        ConfigError::UnknownNode { message, help }
    }

    /// What may stand in node lists.
    pub fn grammar(&self) -> NodeGrammar<'_> {
        NodeGrammar { groups: &self.groups, stores: &self.stores, extra: &self.extra }
    }

    /// Reads a node list such as `node011-014,020/ARCHIVE_PROC`. Names that
    /// were given twice are taken once and told in `repeated`.
    ///
    /// # Errors
    /// [`ConfigError::Nodes`] with the wrong item and its column.
    pub fn parse(&self, text: &str) -> Result<NodeList, ConfigError> {
        let list = self.grammar().parse(text).map_err(|error| {
            let help = if error.fault == NodeFault::Unknown && error.nearest.is_empty() {
                // All stores with all their names would be a long list.
                Some(format!(
                    "known machines are {}; `ledama config show` lists the stores",
                    self.all()
                ))
            } else {
                error.help()
            };
            ConfigError::Nodes { message: error.to_string(), help }
        })?;
        // `localhost` and the own name are two spellings of one node.
        let names: NodeSet = list.names.iter().map(|name| self.canonical(name)).collect();
        Ok(NodeList { names: names.names().to_vec(), ..list })
    }

    /// The neighbour of a node, which gets its backups.
    ///
    /// # Errors
    /// [`ConfigError::UnknownNode`] for stores and single hosts.
    pub fn next(&self, name: &str) -> Result<String, ConfigError> {
        next_node(name, &self.groups).map_err(|error| ConfigError::UnknownNode {
            message: error.to_string(),
            help: error.help(),
        })
    }

    /// The store that a file belongs to: that of the machine's group, the
    /// backup area of the same disks if a whole folder below the data root is
    /// called `backup`, or the remote store that stands in place of a node.
    /// None for a node that is unknown.
    pub fn store_of(&self, node: &str, path: &str) -> Option<&Store> {
        if let Some(store) = self.config.remote_store(node) {
            return Some(store);
        }
        let name = match member(&self.groups, node) {
            Some((group, _)) => self.config.hosts[group].store.as_str(),
            None if self.local.answers_to(node) => OWN_STORE,
            None => return None,
        };
        let store = self.config.find_store(name)?;
        let backup = || self.config.stores.iter().find(|s| s.kind == StoreKind::ClusterBackup);
        if store.kind == StoreKind::Cluster && self.is_backup(path) {
            return backup().or(Some(store));
        }
        Some(store)
    }

    fn is_backup(&self, path: &str) -> bool {
        let root = self.config.data.roots.iter().find_map(|root| below(root, path));
        root.is_some_and(|rest| rest.split('/').any(|folder| folder == "backup"))
    }
}

/// The group and index of a machine.
fn member(groups: &[HostGroup], name: &str) -> Option<(usize, u32)> {
    groups.iter().enumerate().find_map(|(at, group)| Some((at, group.index(name)?)))
}

/// The part of a path below a folder; none if it lies elsewhere.
fn below<'a>(folder: &str, path: &'a str) -> Option<&'a str> {
    let rest = path.strip_prefix(folder.trim_end_matches('/'))?;
    rest.strip_prefix('/')
}

#[cfg(test)]
mod tests;
