//! What cannot be seen from one value alone: names that clash, ranges,
//! templates, and references from one table to another.

use std::collections::BTreeMap;

use ledama_base::corrections::Corrections;
use ledama_base::host_group::HostGroup;
use ledama_base::ranges::{IntRange, parse_int_range};
use ledama_base::suggest;

use crate::jobs;
use crate::model::{Config, Hosts, Store};
use crate::origin::{Fault, Origin, Origins};

/// Reports everything that is wrong with values which are well formed.
pub(crate) fn check(config: &Config, origins: &Origins, faults: &mut Vec<Fault>) {
    let mut check = Check { config, origins, faults };
    check.access();
    check.hosts();
    check.stores();
    check.data();
    check.templates();
    check.ports();
    check.programs();
    check.versions();
    check.corrections();
    check.jobs();
}

/// Machines of a group; more is a mistyped range.
const MAX_MACHINES: u32 = 100_000;

/// First and last of a range such as `1-80`, or what is wrong with it.
pub(crate) fn range(text: &str) -> Result<(u32, u32), String> {
    match parse_int_range(text) {
        Ok(IntRange { start, end, step: 1 }) => Ok((start, end)),
        Ok(_) => Err("a range with a step cannot be used here".to_string()),
        Err(fault) => Err(fault.to_string()),
    }
}

/// The group of a table whose range is right.
pub(crate) fn group(hosts: &Hosts) -> Option<HostGroup> {
    let (first, last) = range(&hosts.range).ok()?;
    let (prefix, padding, bare) = (hosts.prefix.clone(), hosts.padding, hosts.bare);
    Some(HostGroup { prefix, padding, first, last, bare })
}

struct Check<'a> {
    config: &'a Config,
    origins: &'a Origins,
    faults: &'a mut Vec<Fault>,
}

impl Check<'_> {
    fn fault(&mut self, origin: Origin, message: String, help: Option<String>) {
        self.faults.push(Fault { origin, message, help });
    }

    fn access(&mut self) {
        for name in &self.config.access.web {
            if self.config.access.full.contains(name) {
                let message = format!("account `{name}` is in `access.web` and in `access.full`");
                let help = Some("leave it in one of the lists".to_string());
                self.fault(self.origins.of("access", "full"), message, help);
            }
        }
    }

    fn hosts(&mut self) {
        let mut prefixes: BTreeMap<&str, usize> = BTreeMap::new();
        let mut bare = None;
        for (index, hosts) in self.config.hosts.iter().enumerate() {
            let at = |key| self.origins.of_element("hosts", index, key);
            if let Some(problem) = prefix_problem(&hosts.prefix) {
                let message = format!("the prefix `{}` {problem}", hosts.prefix);
                self.fault(at("prefix"), message, None);
            } else if let Some(first) = prefixes.insert(&hosts.prefix, index) {
                let first = self.origins.of_element("hosts", first, "prefix");
                let message = format!("two host groups have the prefix `{}`", hosts.prefix);
                self.fault(at("prefix"), message, Some(format!("the other one: {first}")));
            }
            let problem = match range(&hosts.range) {
                Ok((first, last)) if last - first >= MAX_MACHINES => {
                    Some(format!("these are more than {MAX_MACHINES} machines"))
                }
                checked => checked.err(),
            };
            if let Some(problem) = problem {
                let message =
                    format!("the range `{}` of `{}`: {problem}", hosts.range, hosts.prefix);
                let help = "write the first and the last index, such as `1-80`";
                self.fault(at("range"), message, Some(help.to_string()));
            }
            if hosts.bare {
                if let Some(first) = bare {
                    let first = self.origins.of_element("hosts", first, "bare");
                    let message = "two host groups have `bare = true`".to_string();
                    self.fault(at("bare"), message, Some(format!("the other one: {first}")));
                }
                bare = Some(index);
            }
            if let Some(address) = &hosts.address {
                self.template(at("address"), "hosts.address", address, &["name", "index"]);
            }
            self.store_name(at("store"), &hosts.store);
        }
    }

    fn stores(&mut self) {
        let groups: Vec<_> = self.config.hosts.iter().filter_map(group).collect();
        let mut names: BTreeMap<&str, (usize, &str)> = BTreeMap::new();
        for (index, store) in self.config.stores.iter().enumerate() {
            for (key, name) in all_names(store) {
                let at = self.origins.of_element("stores", index, key);
                if let Some(problem) = token_problem(name) {
                    self.fault(at.clone(), format!("the store name `{name}` {problem}"), None);
                }
                if groups.iter().any(|group| group.index(name).is_some()) {
                    let message = format!("the store name `{name}` is also the name of a machine");
                    self.fault(at.clone(), message, None);
                }
                if let Some((other, other_key)) = names.insert(name, (index, key)) {
                    let other_store = &self.config.stores[other].id;
                    let message = if other == index {
                        format!("store `{}` has the name `{name}` twice", store.id)
                    } else {
                        format!(
                            "the name `{name}` of store `{}` belongs to `{other_store}`",
                            store.id
                        )
                    };
                    let help = match self.origins.of_element("stores", other, other_key) {
                        Origin::Default => None,
                        place => Some(format!("the other one: {place}")),
                    };
                    self.fault(at, message, help);
                }
            }
            for prefix in &store.runnable_from {
                let known = || self.config.hosts.iter().map(|hosts| hosts.prefix.as_str());
                if !self.config.hosts.is_empty() && !known().any(|name| name == prefix) {
                    let message =
                        format!("`runnable_from`: no host group has the prefix `{prefix}`");
                    let help = suggest::did_you_mean(prefix, known());
                    self.fault(
                        self.origins.of_element("stores", index, "runnable_from"),
                        message,
                        help,
                    );
                }
            }
        }
    }

    fn data(&mut self) {
        for root in &self.config.data.roots {
            let steps = root.split('/').filter(|step| !step.is_empty()).collect::<Vec<_>>();
            let problem = if steps.is_empty() {
                "would allow to delete everything"
            } else if steps.iter().any(|step| matches!(*step, "." | "..")) {
                "must not contain `.` or `..`"
            } else {
                continue;
            };
            self.fault(
                self.origins.of("data", "roots"),
                format!("the data root `{root}` {problem}"),
                None,
            );
        }
        let group = &self.config.data.group;
        if group.is_empty() || group.contains('/') || matches!(group.as_str(), "." | "..") {
            let message = format!("`data.group` must be the name of one folder, not `{group}`");
            self.fault(self.origins.of("data", "group"), message, None);
        }
    }

    fn templates(&mut self) {
        if let Some(nfs) = &self.config.paths.nfs {
            let at = self.origins.of("paths", "nfs");
            self.template(at.clone(), "paths.nfs", nfs, &["node", "path"]);
            if !nfs.starts_with('/') || !nfs.ends_with("{path}") {
                let message = format!(
                    "`paths.nfs` must begin with `/` and end with `{{path}}`, not be `{nfs}`"
                );
                self.fault(at, message, Some("such as `/net/{node}{path}`".to_string()));
            }
        }
    }

    fn ports(&mut self) {
        let Some(ports) = &self.config.transfer.ports else { return };
        let problem = match range(ports) {
            Ok((first, last)) if first >= 1 && last <= 65_535 => return,
            Ok(_) => "ports are numbers from 1 to 65535".to_string(),
            Err(problem) => problem,
        };
        let help = Some("write the first and the last port, such as `20000-25000`".to_string());
        let message = format!("`transfer.ports` is `{ports}`: {problem}");
        self.fault(self.origins.of("transfer", "ports"), message, help);
    }

    fn corrections(&mut self) {
        let Some(file) = &self.config.paths.corrections else { return };
        if let Err(error) = Corrections::load(file) {
            self.fault(self.origins.of("paths", "corrections"), error.to_string(), error.help());
        }
    }

    fn programs(&mut self) {
        for (name, program) in &self.config.programs {
            let words = program.command.as_ref();
            if words.is_some_and(|words| words.first().is_none_or(String::is_empty)) {
                let message = format!("`programs.{name}` names no program");
                self.fault(self.origins.of("programs", name), message, None);
            }
        }
    }

    fn versions(&mut self) {
        let mut numbers = BTreeMap::new();
        for (index, version) in self.config.versions.iter().enumerate() {
            let at = |key| self.origins.of_element("versions", index, key);
            if let Some(first) = numbers.insert(version.number, index) {
                let first = self.origins.of_element("versions", first, "number");
                let message = format!("version {} stands twice", version.number);
                self.fault(at("number"), message, Some(format!("the other one: {first}")));
            }
            for (key, value) in [
                ("integration_time_s", version.integration_time_s),
                ("resolution_khz", version.resolution_khz),
            ] {
                if value <= 0.0 {
                    let message = format!("`{key}` of version {} must be positive", version.number);
                    self.fault(at(key), message, None);
                }
            }
            if let Some(store) = &version.archived_in {
                self.store_name(at("archived_in"), store);
            }
        }
    }

    fn jobs(&mut self) {
        for (index, key, fault) in jobs::faults(self.config) {
            // The built-in ones are for a cluster that need not be this one.
            let origin = self.origins.of_element("jobs", index, key);
            if origin != Origin::Default {
                self.fault(origin, fault.message, fault.help);
            }
        }
    }

    fn store_name(&mut self, at: Origin, name: &str) {
        if let Err(error) = self.config.store(name) {
            self.fault(at, error.to_string(), error.help());
        }
    }

    /// Braces in pairs around known names.
    fn template(&mut self, at: Origin, key: &str, text: &str, names: &[&str]) {
        let known =
            names.iter().map(|name| format!("`{{{name}}}`")).collect::<Vec<_>>().join(" and ");
        let mut rest = text;
        while let Some(start) = rest.find(['{', '}']) {
            let inside = rest[start..].strip_prefix('{').and_then(|tail| tail.split_once('}'));
            match inside {
                Some((name, tail)) if names.contains(&name) => rest = tail,
                _ => {
                    let message = format!("`{key}` is `{text}`: only {known} can be filled in");
                    return self.fault(at, message, None);
                }
            }
        }
    }
}

/// Each name of a store with the key that gives it.
fn all_names(store: &Store) -> impl Iterator<Item = (&'static str, &str)> {
    let aliases = store.aliases.iter().map(|alias| ("aliases", alias.as_str()));
    std::iter::once(("id", store.id.as_str())).chain(aliases)
}

/// Names stand in node lists and RefFiles, so they must not contain what
/// separates things there.
fn token_problem(name: &str) -> Option<&'static str> {
    let special = |c: char| c.is_whitespace() || c.is_control() || "/,[]%#".contains(c);
    if name.is_empty() {
        Some("is empty")
    } else if name.contains(special) {
        Some("contains a blank or one of the characters / , [ ] % #")
    } else {
        None
    }
}

fn prefix_problem(prefix: &str) -> Option<&'static str> {
    if let Some(problem) = token_problem(prefix) {
        Some(problem)
    } else if prefix.ends_with(|c: char| c.is_ascii_digit()) {
        Some("ends with a digit, which would belong to the index")
    } else if prefix.starts_with('-') || prefix.starts_with('.') {
        Some("begins with `-` or `.`")
    } else {
        None
    }
}
