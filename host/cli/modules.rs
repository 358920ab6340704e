//! Finding modules and reading what they declare.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use ledama_config::access::Level;

use super::Shared;
use crate::diagnostic::{Diagnostic, Failure, Sources};
use crate::engine::{self, Library, ScriptFile, Spot};
use crate::manifest::{self, Groups, Manifest, Reading};
use crate::report::talk::Talk;

/// The modules that can be found here.
pub(super) struct Catalogue {
    /// Where they are.
    pub(super) library: Library,
    /// Texts of the files read so far, for errors.
    pub(super) sources: Sources,
}

impl Catalogue {
    /// Looks where the command line and the configuration say.
    pub(super) fn new(shared: &Shared, configured: &[PathBuf], talk: &Talk) -> Self {
        let first: Vec<PathBuf> =
            shared.modules.as_ref().map(|m| std::env::split_paths(m).collect()).unwrap_or_default();
        let library = Library::new(&first, configured);
        for warning in &library.warnings {
            talk.warn(&warning.to_string());
        }
        Self { library, sources: Sources::new() }
    }

    /// The script meant by a path or a module name.
    pub(super) fn find(&self, wanted: &str) -> Result<ScriptFile, Failure> {
        self.library.find(wanted).map_err(Failure::from)
    }

    /// What a script declares, with all faults.
    pub(super) fn read(&self, script: &ScriptFile) -> Reading {
        self.sources.add(&script.label, script.text.clone());
        match self.groups(script) {
            Ok(groups) => manifest::read(&script.name, &script.label, &script.text, &groups),
            Err(faults) => Reading { manifest: None, declared: true, faults },
        }
    }

    /// A module by path or name; a script that declares nothing is an error here.
    pub(super) fn module(&self, wanted: &str) -> Result<Manifest, Failure> {
        let script = self.find(wanted)?;
        let reading = self.read(&script);
        match reading.manifest {
            Some(manifest) => Ok(manifest),
            None if !reading.declared => Err(Diagnostic::error(format!(
                "{} declares no MODULE: it is a script, not a module",
                script.label
            ))
            .help("`ledama run` runs it all the same")
            .into()),
            None => Err(Failure::from(reading.faults).with_sources(self.sources.clone())),
        }
    }

    /// All modules an account may see, sorted by name, and the faults of those that cannot be read.
    pub(super) fn all(&self, level: Level) -> (Vec<Manifest>, Vec<Diagnostic>) {
        let mut modules = Vec::new();
        let mut faults = Vec::new();
        // The shared options are nearly always the same file: read it once.
        let mut groups: BTreeMap<String, Result<Groups, Vec<Diagnostic>>> = BTreeMap::new();
        for spot in self.library.modules().values() {
            let script = match engine::open(spot) {
                Ok(script) => script,
                Err(fault) => {
                    faults.push(fault);
                    continue;
                }
            };
            self.sources.add(&script.label, script.text.clone());
            let read = groups.entry(folder_of(spot)).or_insert_with(|| self.groups(&script));
            let reading = match read {
                Ok(groups) => manifest::read(&script.name, &script.label, &script.text, groups),
                Err(found) => {
                    faults.append(found);
                    continue;
                }
            };
            faults.extend(reading.faults);
            if let Some(manifest) = reading.manifest.filter(|m| m.visible_to(level)) {
                modules.push(manifest);
            }
        }
        (modules, faults)
    }

    /// The shared options and groups that a new module in `./modules` would see.
    pub(super) fn shared_groups(&self) -> Result<Groups, Failure> {
        let spot = Spot::File(PathBuf::from("modules/new.rhai"));
        match self.library.shared(&spot, "lib/options")? {
            Some(file) => Groups::read(&file.label, &file.text).map_err(Failure::from),
            None => Ok(Groups::default()),
        }
    }

    fn groups(&self, script: &ScriptFile) -> Result<Groups, Vec<Diagnostic>> {
        match self.library.shared(&script.spot, "lib/options").map_err(|d| vec![d])? {
            Some(file) => {
                self.sources.add(&file.label, file.text.clone());
                Groups::read(&file.label, &file.text)
            }
            None => Ok(Groups::default()),
        }
    }
}

/// Scripts of one folder share their `lib/`.
fn folder_of(spot: &Spot) -> String {
    match spot {
        Spot::File(path) => path.parent().unwrap_or(Path::new("")).display().to_string(),
        Spot::Embedded(_) => String::new(),
    }
}
