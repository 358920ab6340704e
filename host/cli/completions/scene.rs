//! What completion knows about this place, in silence: a broken configuration
//! or module must not stand in the way of typing.

use std::path::PathBuf;
use std::sync::Arc;

use ledama_config::access::{Account, Level};
use ledama_config::{Config, Inventory, Sources};

use super::super::modules::Catalogue;
use super::super::recipe::shelf::Shelf;
use crate::engine::{self, Library, Spot};
use crate::manifest::Manifest;
use crate::run::folders;

/// So many modules are read one by one; for more it is quicker to read all.
const FEW: usize = 8;

/// The configuration and the modules, as far as they can be read.
pub(super) struct Scene {
    pub(super) config: Arc<Config>,
    pub(super) catalogue: Catalogue,
    pub(super) level: Level,
}

/// Something that can be run by name.
pub(super) struct Known {
    pub(super) name: String,
    /// What it does; what is the matter with it if it cannot be read.
    pub(super) help: String,
}

impl Scene {
    /// Looks where the options of the line say.
    pub(super) fn find(config: Option<&str>, modules: Option<&str>) -> Self {
        let expanded = |text: &str| folders::expand_home(&PathBuf::from(text));
        let file = config.map(expanded);
        let config = ledama_config::load(&Sources::of_process(file.as_deref()))
            .map_or_else(|_| Arc::new(ledama_config::built_in()), |loaded| loaded.config);
        let folders: Vec<PathBuf> =
            modules.map(|list| list.split(':').map(expanded).collect()).unwrap_or_default();
        let catalogue = Catalogue {
            library: Library::new(&folders, &config.paths.modules),
            sources: crate::diagnostic::Sources::new(),
        };
        let level = config.level(&Account::current().name);
        Self { config, catalogue, level }
    }

    /// The module or script that a word means, if it declares something.
    pub(super) fn module(&self, wanted: &str) -> Option<Manifest> {
        let wanted = folders::expand_home(&PathBuf::from(wanted)).to_string_lossy().into_owned();
        self.catalogue.module(&wanted).ok().filter(|module| module.visible_to(self.level))
    }

    /// The recipe that a word means.
    pub(super) fn recipe(&self, wanted: &str) -> Option<Manifest> {
        let wanted = folders::expand_home(&PathBuf::from(wanted)).to_string_lossy().into_owned();
        let found = self.shelf().find(&wanted).ok();
        found.map(|(_, recipe)| recipe).filter(|recipe| recipe.visible_to(self.level))
    }

    /// All recipes.
    pub(super) fn recipes(&self) -> Vec<Known> {
        let recipes = self.shelf().all(self.level).0.into_iter();
        recipes.map(|recipe| Known { name: recipe.name, help: recipe.summary }).collect()
    }

    fn shelf(&self) -> Shelf {
        Shelf::new(&self.config.paths.recipes, self.catalogue.sources.clone())
    }

    /// Everything that can be run by name here and begins like this, whatever the case.
    pub(super) fn known(&self, begin: &str) -> Vec<Known> {
        let begin = begin.to_lowercase();
        let mut found = self.catalogue.library.modules();
        found.retain(|name, _| name.to_lowercase().starts_with(&begin));
        let modules: Vec<Manifest> = if found.len() > FEW {
            self.catalogue.all(Level::Full).0
        } else {
            found.values().filter_map(|spot| self.read(spot)).collect()
        };
        found
            .into_keys()
            .filter_map(|name| match modules.iter().find(|m| m.name == name) {
                Some(module) if !module.visible_to(self.level) => None,
                Some(module) => Some(Known { help: module.summary.clone(), name }),
                None => Some(Known { help: "no module, or one with faults".to_string(), name }),
            })
            .collect()
    }

    fn read(&self, spot: &Spot) -> Option<Manifest> {
        let script = engine::open(spot).ok()?;
        self.catalogue.read(&script).manifest
    }

    /// The groups modules are listed under.
    pub(super) fn groups(&self) -> Vec<String> {
        let (modules, _) = self.catalogue.all(self.level);
        let mut groups: Vec<String> = modules.into_iter().map(|m| m.group).collect();
        groups.sort();
        groups.dedup();
        groups
    }

    /// The machines and stores.
    pub(super) fn inventory(&self) -> Inventory {
        Inventory::new(Arc::clone(&self.config))
    }
}

/// Keys of the configuration, with their meanings.
pub(super) fn keys() -> Vec<(String, String)> {
    let loaded = ledama_config::load(&Sources::of_process(None));
    let rows = loaded.map(|loaded| ledama_config::show::rows(&loaded)).unwrap_or_default();
    rows.into_iter().map(|row| (row.key, row.doc.to_string())).collect()
}
