//! A job of the configuration against the hosts and modules there are.

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;

use ledama_base::suggest::did_you_mean;
use ledama_config::model::{Job, JobValue};
use ledama_config::schedule::{self, Calendar};
use ledama_config::{Inventory, Origin};

use crate::cli::desk::Desk;
use crate::cli::facts::with_facts;
use crate::diagnostic::{Diagnostic, Place as Location};
use crate::manifest::{
    self, Kind, ListOf, Manifest, Origin as ValueOrigin, RawOptions, RawValue, rerun,
};

/// A job that is understood.
pub(super) struct Resolved<'a> {
    /// As configured.
    pub(super) job: &'a Job,
    /// When.
    pub(super) calendar: Calendar,
    /// Names of its hosts; none: wherever it is installed.
    pub(super) hosts: Vec<String>,
    /// Its place in the configuration.
    index: usize,
}

impl<'a> Resolved<'a> {
    /// All jobs, in the order of the configuration.
    pub(super) fn all(desk: &'a Desk) -> Vec<Self> {
        let config = &desk.place.loaded.config;
        let inventory = Inventory::new(Arc::clone(config));
        let resolve = |(index, job): (usize, &'a Job)| {
            let hosts = job.hosts.as_ref().map_or_else(Vec::new, |text| {
                // Built-in jobs name hosts that need not be here.
                inventory.parse(text).map_or_else(|_| vec![text.clone()], |list| list.names)
            });
            // Loading the configuration has refused any other.
            let calendar = Calendar::parse(&job.calendar).ok()?;
            Some(Self { job, calendar, hosts, index })
        };
        config.jobs.iter().enumerate().filter_map(resolve).collect()
    }

    /// Whether it runs on a host.
    pub(super) fn is_for_host(&self, host: &str) -> bool {
        self.hosts.is_empty() || self.hosts.iter().any(|name| name == host)
    }

    /// Whether it belongs to an account.
    pub(super) fn is_for_account(&self, account: &str) -> bool {
        self.job.account.as_deref().is_none_or(|name| name == account)
    }

    /// When, in words, with its zone.
    pub(super) fn words(&self) -> String {
        let zone = self.job.zone.as_ref().map_or(String::new(), |zone| format!(" ({zone})"));
        format!("{}{zone}", self.calendar.words())
    }

    /// The next time; none for a disabled job.
    pub(super) fn next(&self) -> Option<jiff::Timestamp> {
        let zone = schedule::zone(self.job.zone.as_deref()).ok()?;
        let next = || self.calendar.next_after(ledama_base::clock::now(), &zone);
        if self.job.enabled { next() } else { None }
    }

    /// The arguments of `ledama` that run it, or all that is wrong with it.
    pub(super) fn arguments(&self, desk: &Desk) -> Result<Vec<OsString>, Vec<Diagnostic>> {
        let manifest = self.manifest(desk)?;
        let raw = self.options(desk, &manifest)?;
        let options = with_facts(&desk.place, &desk.talk, |facts| {
            let home = facts.home.clone().unwrap_or_else(|| PathBuf::from("/"));
            let facts = manifest::Facts {
                folder: home,
                placeholders: facts.placeholders.clone(),
                home: facts.home.clone(),
                nodes: facts.nodes,
            };
            manifest::resolve(&manifest, &raw, &facts)
        })
        .map_err(|faults| {
            faults.into_iter().map(|fault| self.about(desk, fault)).collect::<Vec<_>>()
        })?;
        if manifest.destructive.applies(&options) && !self.job.yes {
            let fault = Diagnostic::error(format!(
                "job `{}`: `{}` asks before it does what cannot be undone, and nobody answers",
                self.job.name, manifest.name
            ));
            let fault = fault.help("look at it with `--query`, then add `yes = true` to the job");
            return Err(vec![fault.at(self.location(desk, "module"))]);
        }
        let mut words: Vec<OsString> = vec!["run".into(), manifest.name.clone().into()];
        words.extend(rerun::arguments(&options));
        words.push("--no-progress".into());
        if self.job.yes {
            words.push("--yes".into());
        }
        Ok(words)
    }

    /// The module as the account of the job sees it. Files need not be there
    /// before the job runs.
    fn manifest(&self, desk: &Desk) -> Result<Manifest, Vec<Diagnostic>> {
        let at = |fault: Diagnostic| vec![fault.at(self.location(desk, "module"))];
        let found = desk.catalogue.module(&self.job.module).map_err(|failure| {
            let mut faults = failure.diagnostics;
            if let [fault] = &mut faults[..]
                && fault.place.is_none()
            {
                fault.message = format!("job `{}`: {}", self.job.name, fault.message);
                fault.place = self.location(desk, "module").map(Box::new);
            }
            faults
        })?;
        let place = &desk.place;
        let account = self.job.account.as_deref().unwrap_or(&place.account.name);
        let level = place.loaded.config.level(account);
        if !found.visible_to(level) {
            return Err(at(Diagnostic::error(format!(
                "job `{}`: `{}` is for accounts of level `{}`, and `{account}` has level `{level}`",
                self.job.name,
                found.name,
                found.access.word(),
            ))));
        }
        let mut manifest = found.at_level(level);
        for option in &mut manifest.options {
            option.kind = match option.kind {
                Kind::RefFile => Kind::Path,
                Kind::List(ListOf::RefFile) => Kind::List(ListOf::Path),
                kind => kind,
            };
        }
        Ok(manifest)
    }

    fn options(&self, desk: &Desk, manifest: &Manifest) -> Result<RawOptions, Vec<Diagnostic>> {
        let mut raw = RawOptions::default();
        let mut faults = Vec::new();
        for (name, value) in &self.job.options {
            if let Some(option) = manifest.option(name) {
                raw.set(&option.name, raw_value(value), ValueOrigin::CommandLine, None);
                continue;
            }
            let names: Vec<&str> = manifest.offered().map(|o| o.name.as_str()).collect();
            let fault = Diagnostic::error(format!(
                "job `{}`: `{}` has no option `{name}`",
                self.job.name, manifest.name
            ));
            let fault = fault.maybe_help(did_you_mean(name, &names));
            faults.push(fault.at(self.location(desk, "options")));
        }
        if faults.is_empty() { Ok(raw) } else { Err(faults) }
    }

    fn about(&self, desk: &Desk, mut fault: Diagnostic) -> Diagnostic {
        fault.message = format!("job `{}`: {}", self.job.name, fault.message);
        fault.at(self.location(desk, "options"))
    }

    /// Where a key of the job stands; none for a built-in one.
    fn location(&self, desk: &Desk, key: &str) -> Option<Location> {
        match desk.place.loaded.origins.of_element("jobs", self.index, key) {
            Origin::File { path, line } if line > 0 => {
                Some(Location::new(path.display().to_string(), line, 0))
            }
            _ => None,
        }
    }
}

fn raw_value(value: &JobValue) -> RawValue {
    match value {
        JobValue::Flag(value) => RawValue::Flag(*value),
        JobValue::Int(value) => RawValue::Int(*value),
        JobValue::Float(value) => RawValue::Float(*value),
        JobValue::Text(value) => RawValue::Text(value.clone()),
        JobValue::List(values) => RawValue::List(values.iter().map(raw_value).collect()),
    }
}

/// Everything that is wrong with the modules and options of all jobs.
pub(in crate::cli) fn faults(desk: &Desk) -> Vec<Diagnostic> {
    Resolved::all(desk).iter().filter_map(|job| job.arguments(desk).err()).flatten().collect()
}
