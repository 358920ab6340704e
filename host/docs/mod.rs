//! The manual, made from the declarations themselves: one page for each
//! module, the reference of the builtins, definitions for editors, man pages.

mod builtins;
mod definitions;
mod libraries;
mod man;
mod module;
mod store;

#[cfg(test)]
mod tests;

use crate::diagnostic::Diagnostic;
use crate::engine::functions::Functions;
use crate::engine::{Library, ScriptFile, Spot, inspector};
use crate::manifest::{self, Groups, Manifest};

pub use man::man_page;
pub use module::page as module_page;
pub use store::{Page, check, write};

/// What a manual is made from.
#[derive(Debug)]
pub struct Inputs {
    /// The modules it describes, as accounts of every level see them.
    pub manifests: Vec<Manifest>,
    /// Groups in the order of the listing.
    pub groups: Vec<String>,
    /// Everything scripts can call.
    pub functions: Functions,
    /// The files that scripts can import.
    pub libraries: Vec<ScriptFile>,
    /// The whole command line.
    pub command: clap::Command,
}

impl Inputs {
    /// The manual of everything that comes with the program, whatever else
    /// lies about on this host.
    pub fn of_program(command: clap::Command) -> Result<Self, Vec<Diagnostic>> {
        let library = Library::of(&[], true);
        let mut groups = Groups::default();
        let mut manifests = Vec::new();
        let mut faults = Vec::new();
        for spot in library.modules().values() {
            let script = crate::engine::open(spot).map_err(|d| vec![d])?;
            if groups.listing.is_empty()
                && let Some(file) = library.shared(spot, "lib/options").map_err(|d| vec![d])?
            {
                groups = Groups::read(&file.label, &file.text)?;
            }
            let reading = manifest::read(&script.name, &script.label, &script.text, &groups);
            faults.extend(reading.faults);
            manifests.extend(reading.manifest);
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        let functions = Functions::of(&inspector());
        let mut libraries = Vec::new();
        let nowhere = Spot::Embedded(String::new());
        for name in library.shared_names(&nowhere) {
            libraries.extend(library.shared(&nowhere, &name).map_err(|d| vec![d])?);
        }
        Ok(Self { manifests, groups: groups.listing, functions, libraries, command })
    }
}

/// All pages, with their places below the folder of the manual. `host` adds
/// the host's options to the command of a module.
pub fn pages(inputs: &Inputs, host: &dyn Fn(clap::Command) -> clap::Command) -> Vec<Page> {
    let mut pages = vec![module::index(&inputs.manifests, &inputs.groups)];
    for manifest in &inputs.manifests {
        pages.push(module::page(manifest, host));
    }
    pages.extend(builtins::pages(&inputs.functions));
    pages.extend(libraries::page(&inputs.libraries));
    pages.push(definitions::page(&inputs.functions));
    pages.extend(man::pages(&inputs.command, &inputs.manifests, host));
    pages
}
