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
        match self.groups(&script.spot) {
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
        let spots: Vec<Spot> = self.library.modules().into_values().collect();
        let mut faults = Vec::new();
        // The shared options are nearly always the same file: read it once.
        let mut groups: BTreeMap<String, Option<Groups>> = BTreeMap::new();
        for spot in &spots {
            groups.entry(folder_of(spot)).or_insert_with(|| {
                self.groups(spot).map_err(|mut found| faults.append(&mut found)).ok()
            });
        }
        let readings = in_parallel(&spots, |spot| {
            let groups = groups.get(&folder_of(spot))?.as_ref()?;
            Some(engine::open(spot).map(|script| {
                self.sources.add(&script.label, script.text.clone());
                manifest::read(&script.name, &script.label, &script.text, groups)
            }))
        });
        let mut modules = Vec::new();
        for reading in readings.into_iter().flatten() {
            match reading {
                Ok(reading) => {
                    faults.extend(reading.faults);
                    modules.extend(reading.manifest.filter(|m| m.visible_to(level)));
                }
                Err(fault) => faults.push(fault),
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

    fn groups(&self, spot: &Spot) -> Result<Groups, Vec<Diagnostic>> {
        match self.library.shared(spot, "lib/options").map_err(|d| vec![d])? {
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

/// What `read` makes of each element, in their order. The elements are dealt
/// out to the processors: reading a hundred manifests is nothing but computing.
fn in_parallel<T: Sync, R: Send>(elements: &[T], read: impl Fn(&T) -> R + Sync) -> Vec<R> {
    /// Fewer are read before a thread has begun.
    const EACH: usize = 8;
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let share = elements.len().div_ceil(processors).max(EACH);
    let mut shares = elements.chunks(share);
    let own = shares.next().unwrap_or_default();
    std::thread::scope(|scope| {
        let read = &read;
        let others: Vec<_> =
            shares.map(|s| scope.spawn(move || s.iter().map(read).collect::<Vec<R>>())).collect();
        let mut all: Vec<R> = own.iter().map(read).collect();
        for other in others {
            match other.join() {
                Ok(read) => all.extend(read),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        all
    })
}

#[cfg(test)]
mod tests {
    use super::in_parallel;

    #[test]
    fn the_order_stays() {
        for count in [0, 1, 8, 9, 100, 1000] {
            let elements: Vec<usize> = (0..count).collect();
            assert_eq!(in_parallel(&elements, |n| *n), elements);
        }
    }
}
