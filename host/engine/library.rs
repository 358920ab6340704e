//! Finds modules and recipes by name or path, and the files of `lib/` that
//! belong to them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ledama_base::suggest::did_you_mean;

use super::{embedded, trust};
use crate::diagnostic::{Diagnostic, Place};
use crate::manifest::Form;

/// Environment variable with folders of modules, separated by `:`.
pub const VARIABLE: &str = "LEDAMA_MODULES";

/// Environment variable with folders of recipes, separated by `:`.
pub const RECIPES_VARIABLE: &str = "LEDAMA_RECIPES";

/// The folders searched for modules (or recipes), in order, and the copy in
/// the binary.
#[derive(Debug, Clone, Default)]
pub struct Library {
    form: Form,
    folders: Vec<PathBuf>,
    embedded: bool,
    /// What is wrong with folders that are left out.
    pub warnings: Vec<Diagnostic>,
}

/// Where a script lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Spot {
    /// A file.
    File(PathBuf),
    /// In the binary, by its name there.
    Embedded(String),
}

/// A script with its text.
#[derive(Debug, Clone)]
pub struct ScriptFile {
    /// The module's name: the file's without `.rhai`.
    pub name: String,
    /// What the file is called in messages.
    pub label: String,
    /// Where it lies.
    pub spot: Spot,
    /// Its text.
    pub text: Arc<str>,
}

impl Library {
    /// Looks in `first` (of the command line), `$LEDAMA_MODULES`, `configured`,
    /// `./modules`, the folder installed beside the program, and last in the
    /// program itself.
    pub fn new(first: &[PathBuf], configured: &[PathBuf]) -> Self {
        let own = first.iter().cloned().chain(of_variable(VARIABLE)).collect();
        Self::along(Form::Module, own, configured, Path::new("modules"))
    }

    /// Looks for recipes in `$LEDAMA_RECIPES`, `configured`,
    /// `./scripts/frequent`, the folder installed beside the program, and last
    /// in the program itself.
    pub fn of_recipes(configured: &[PathBuf]) -> Self {
        let own = of_variable(RECIPES_VARIABLE);
        Self::along(Form::Recipe, own, configured, Path::new("scripts/frequent"))
    }

    fn along(form: Form, own: Vec<PathBuf>, configured: &[PathBuf], here: &Path) -> Self {
        let mut library = Self { form, embedded: true, ..Self::default() };
        for folder in own.iter().chain(configured) {
            library.add(folder);
        }
        if here.is_dir() {
            match trust::check_owner(here) {
                Ok(()) => library.add(here),
                Err(warning) => library.warnings.push(warning),
            }
        }
        if let Some(installed) = installed(form) {
            library.add(&installed);
        }
        library
    }

    /// Looks in these folders and, if wanted, in the program itself.
    pub fn of(folders: &[PathBuf], embedded: bool) -> Self {
        let mut library = Self { embedded, ..Self::default() };
        for folder in folders {
            library.add(folder);
        }
        library
    }

    fn add(&mut self, folder: &Path) {
        if !folder.as_os_str().is_empty() && !self.folders.iter().any(|f| f == folder) {
            self.folders.push(folder.to_path_buf());
        }
    }

    /// The folders, in order.
    pub fn folders(&self) -> &[PathBuf] {
        &self.folders
    }

    /// The script meant by a path (with `/` or `.rhai`) or a name.
    pub fn find(&self, wanted: &str) -> Result<ScriptFile, Diagnostic> {
        if wanted.contains('/') || Path::new(wanted).extension().is_some_and(|e| e == "rhai") {
            return load(&ledama_base::rawtext::text_path(wanted));
        }
        if let Some(spot) = self.spot(wanted) {
            return open(&spot);
        }
        let names: Vec<String> = self.modules().into_keys().collect();
        let (noun, list) = match self.form {
            Form::Module => ("module", "`ledama list` shows all modules"),
            Form::Recipe => ("recipe", "`ledama recipe list` shows all recipes"),
        };
        let mut fault = Diagnostic::error(format!("there is no {noun} `{wanted}`"));
        if Path::new(&format!("{wanted}.rhai")).is_file() {
            fault = fault.help(format!("for the file in this folder write `./{wanted}.rhai`"));
        }
        Err(fault.maybe_help(did_you_mean(wanted, &names)).help(list))
    }

    /// Everything that can be found by name, the first of each name only.
    pub fn modules(&self) -> BTreeMap<String, Spot> {
        let mut found: BTreeMap<String, Spot> = BTreeMap::new();
        let mut taken: Vec<String> = Vec::new();
        let mut add = |name: String, spot: Spot| {
            let lower = name.to_lowercase();
            if !taken.contains(&lower) {
                taken.push(lower);
                found.insert(name, spot);
            }
        };
        for folder in &self.folders {
            for (name, path) in scripts(folder) {
                add(name, Spot::File(path));
            }
        }
        if self.embedded {
            for (name, spot) in self.embedded() {
                add(name.to_string(), spot);
            }
        }
        found
    }

    /// The file of `lib/`, such as `lib/options`, that a script means: beside
    /// the script, then along the folders, then in the program.
    pub fn shared(&self, script: &Spot, name: &str) -> Result<Option<ScriptFile>, Diagnostic> {
        let file = format!("{}.rhai", name.trim_end_matches(".rhai"));
        // The copy in the program belongs together.
        if matches!(script, Spot::Embedded(_)) && embedded::text(&file).is_some() {
            return open(&Spot::Embedded(file)).map(Some);
        }
        let beside = match script {
            Spot::File(path) => path.parent().map(Path::to_path_buf),
            Spot::Embedded(_) => None,
        };
        for folder in beside.iter().chain(&self.folders) {
            let path = folder.join(&file);
            if path.is_file() {
                return load(&path).map(Some);
            }
        }
        if self.embedded && embedded::text(&file).is_some() {
            return open(&Spot::Embedded(file)).map(Some);
        }
        Ok(None)
    }

    /// Names of the files that [`shared`](Self::shared) finds, for suggestions.
    pub fn shared_names(&self, script: &Spot) -> Vec<String> {
        let beside = match script {
            Spot::File(path) => path.parent().map(Path::to_path_buf),
            Spot::Embedded(_) => None,
        };
        let mut names: Vec<String> = beside
            .iter()
            .chain(&self.folders)
            .flat_map(|folder| scripts(&folder.join("lib")))
            .map(|(name, _)| format!("lib/{name}"))
            .collect();
        names.extend(embedded::libraries());
        names.sort();
        names.dedup();
        names
    }

    fn spot(&self, wanted: &str) -> Option<Spot> {
        let lower = wanted.to_lowercase();
        for folder in &self.folders {
            let mut near: Vec<_> =
                scripts(folder).into_iter().filter(|(n, _)| n.to_lowercase() == lower).collect();
            // The exact spelling wins where a folder has several.
            near.sort_by_key(|(name, _)| (name != wanted, name.clone()));
            if let Some((_, path)) = near.into_iter().next() {
                return Some(Spot::File(path));
            }
        }
        let mut embedded = self.embedded().filter(|_| self.embedded);
        embedded.find(|(name, _)| name.to_lowercase() == lower).map(|(_, spot)| spot)
    }

    /// What the program carries, by name.
    fn embedded(&self) -> Box<dyn Iterator<Item = (&'static str, Spot)>> {
        let spot = |folder, name| Spot::Embedded(format!("{folder}{name}.rhai"));
        match self.form {
            Form::Module => Box::new(embedded::modules().map(move |n| (n, spot("", n)))),
            Form::Recipe => {
                Box::new(embedded::recipes().map(move |n| (n, spot(embedded::RECIPES, n))))
            }
        }
    }
}

/// Reads the script at a spot.
pub fn open(spot: &Spot) -> Result<ScriptFile, Diagnostic> {
    match spot {
        Spot::File(path) => load(path),
        Spot::Embedded(name) => {
            let text = embedded::text(name)
                .ok_or_else(|| Diagnostic::error(format!("there is no built-in file `{name}`")))?;
            Ok(ScriptFile {
                name: stem(Path::new(name)),
                label: embedded::label(name),
                spot: spot.clone(),
                text: text.into(),
            })
        }
    }
}

fn load(path: &Path) -> Result<ScriptFile, Diagnostic> {
    let label = path.display().to_string();
    if path.is_dir() {
        return Err(Diagnostic::error(format!("{label} is a folder, not a script")));
    }
    trust::check_file(path)?;
    let bytes = std::fs::read(path).map_err(|e| {
        let error = ledama_base::operation::OperationError::io(&label, &e);
        Diagnostic::error(error.message)
    })?;
    let text = String::from_utf8(bytes).map_err(|e| {
        let line = e.as_bytes()[..e.utf8_error().valid_up_to()].iter().filter(|b| **b == b'\n');
        Diagnostic::error("this line is no UTF-8 text").at(Place::new(&label, line.count() + 1, 0))
    })?;
    let spot = Spot::File(path.to_path_buf());
    Ok(ScriptFile { name: stem(path), label, spot, text: text.into() })
}

fn stem(path: &Path) -> String {
    path.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default()
}

/// The scripts of a folder, by name, without sub-folders and hidden files.
fn scripts(folder: &Path) -> Vec<(String, PathBuf)> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut found: Vec<_> = entries
        .flatten()
        .filter_map(|entry| {
            let file = entry.file_name().into_string().ok()?;
            let name =
                file.strip_suffix(".rhai").filter(|n| !n.is_empty() && !n.starts_with('.'))?;
            Some((name.to_string(), entry.path()))
        })
        .collect();
    found.sort();
    found
}

/// The folders an environment variable names.
fn of_variable(name: &str) -> Vec<PathBuf> {
    let split = |v| std::env::split_paths(&v).collect();
    std::env::var_os(name).map(split).unwrap_or_default()
}

/// The folder installed beside the program: `bin/../share/ledama/modules`, or
/// `recipes` there.
fn installed(form: Form) -> Option<PathBuf> {
    let program = std::env::current_exe().ok()?;
    let share = program.parent()?.parent()?.join("share/ledama");
    let folder = share.join(match form {
        Form::Module => "modules",
        Form::Recipe => "recipes",
    });
    folder.is_dir().then_some(folder)
}
