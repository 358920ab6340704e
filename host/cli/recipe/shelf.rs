//! Finding recipes and reading what they declare.

use std::path::PathBuf;

use ledama_config::access::Level;

use crate::diagnostic::{Diagnostic, Failure, Sources};
use crate::engine::{self, Library, ScriptFile};
use crate::manifest::{self, Form, Groups, Manifest, Reading};

/// The recipes that can be found here.
#[derive(Debug)]
pub struct Shelf {
    /// Where they are.
    pub library: Library,
    sources: Sources,
}

impl Shelf {
    /// Looks where the environment and the configuration say. Texts are added
    /// to `sources`, for errors.
    pub fn new(configured: &[PathBuf], sources: Sources) -> Self {
        Self { library: Library::of_recipes(configured), sources }
    }

    /// The recipe meant by a path or a name, with what it declares.
    pub fn find(&self, wanted: &str) -> Result<(ScriptFile, Manifest), Failure> {
        let script = self.library.find(wanted)?;
        let reading = self.read(&script);
        match reading.manifest {
            Some(manifest) => Ok((script, manifest)),
            None if reading.declared => {
                Err(Failure::from(reading.faults).with_sources(self.sources.clone()))
            }
            None => Err(no_recipe(&script).into()),
        }
    }

    /// What a file declares as a recipe.
    pub fn read(&self, script: &ScriptFile) -> Reading {
        self.sources.add(&script.label, script.text.clone());
        let groups = Groups::default();
        manifest::read_as(Form::Recipe, &script.name, &script.label, &script.text, &groups)
    }

    /// All recipes an account may see, sorted by name, and the faults of those
    /// that cannot be read.
    pub fn all(&self, level: Level) -> (Vec<Manifest>, Vec<Diagnostic>) {
        let (mut recipes, mut faults) = (Vec::new(), Vec::new());
        for spot in self.library.modules().values() {
            match engine::open(spot) {
                Ok(script) => {
                    let reading = self.read(&script);
                    if !reading.declared {
                        continue;
                    }
                    faults.extend(reading.faults);
                    recipes.extend(reading.manifest.filter(|m| m.visible_to(level)));
                }
                Err(fault) => faults.push(fault),
            }
        }
        (recipes, faults)
    }
}

fn no_recipe(script: &ScriptFile) -> Diagnostic {
    let fault = Diagnostic::error(format!("{} declares no RECIPE", script.label));
    let module = manifest::read(&script.name, &script.label, &script.text, &Groups::default());
    if module.declared {
        return fault.help(format!("it is a module: `ledama run {}`", script.label));
    }
    fault.help("a recipe begins with `const RECIPE = #{ version: 1, summary: \"…\", … };`")
}
