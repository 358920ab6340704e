//! Where things stand while a program runs: staged products beside their
//! final names, and a scratch folder for each task.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::os::unix::fs::{DirBuilderExt, symlink};
use std::path::{Path, PathBuf};

use ledama_base::operation::{ErrorKind, OperationContext, OperationError};
use ledama_base::quote::show;
use ledama_base::rawtext::{path_text, text_path};

use super::{Argument, Fill, Kind, Product, Task};

/// What stands between the name of a product and the id of the run that makes it.
const PART: &str = ".part-";

/// The name under which a run makes a product: `NAME.part-RUN`.
pub fn staged_name(name: &str, run_id: &str) -> String {
    format!("{name}{PART}{run_id}")
}

/// Characters that mean nothing to any program.
fn is_plain(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_alphanumeric() || "._-/+=@%~".contains(c))
}

/// A name for the scratch folder of a task: what it is about, and a number
/// that tells tasks apart which are about things of one name.
pub fn task_name(task: &Task) -> String {
    let about = task.products.first().map(|product| &product.path);
    let about = about.or(task.inputs.first().map(|input| &input.path));
    let name = about
        .map_or("task", |path| path.trim_end_matches('/').rsplit('/').next().unwrap_or("task"));
    let plain: String = name
        .chars()
        .map(|c| if is_plain(&c.to_string()) && c != '/' { c } else { '_' })
        .take(60)
        .collect();
    let mut hasher = DefaultHasher::new();
    task.program.key.hash(&mut hasher);
    for path in task.products.iter().map(|p| &p.path).chain(task.inputs.iter().map(|i| &i.path)) {
        path.hash(&mut hasher);
    }
    format!("{:?}", task.arguments).hash(&mut hasher);
    format!("{}-{:08x}", plain.trim_start_matches('.'), hasher.finish() & 0xFFFF_FFFF)
}

/// A folder that is removed when the task ends.
#[derive(Debug)]
pub(super) struct Scratch {
    pub(super) folder: PathBuf,
    pub(super) keep: bool,
}

impl Scratch {
    /// Makes `ROOT/RUN/TASK.NODE`; what an earlier attempt of the same run has left there is
    /// removed. The node is in the name because nodes may share the root.
    pub(super) fn make(task: &Task, ctx: &dyn OperationContext) -> Result<Self, OperationError> {
        let run = scratch_root(task).join(ctx.run_id());
        let folder = run.join(folder_name(task, ctx));
        let name = format!("scratch folder {}", show(&path_text(&folder)));
        let fail = |error: std::io::Error| OperationError::io(name.as_str(), &error);
        let mut private = fs::DirBuilder::new();
        private.recursive(true).mode(0o700);
        if folder.symlink_metadata().is_ok() {
            fs::remove_dir_all(&folder).map_err(fail)?;
        }
        for _ in 0..100 {
            private.create(&run).map_err(fail)?;
            match fs::DirBuilder::new().mode(0o700).create(&folder) {
                // A task that has just ended took the empty folder of the run away.
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                made => return made.map(|()| Self { folder, keep: false }).map_err(fail),
            }
        }
        Err(fail(std::io::ErrorKind::NotFound.into()))
    }
}

fn folder_name(task: &Task, ctx: &dyn OperationContext) -> String {
    format!("{}.{}", task_name(task), ctx.node().replace('/', "_"))
}

/// The scratch folders of this task that interrupted runs have left.
pub(super) fn old_scratch(task: &Task, ctx: &dyn OperationContext) -> Vec<PathBuf> {
    let runs = fs::read_dir(scratch_root(task)).into_iter().flatten().flatten();
    let others = runs.filter(|run| run.file_name() != ctx.run_id());
    let folders = others.map(|run| run.path().join(folder_name(task, ctx)));
    folders.filter(|folder| folder.is_dir()).collect()
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if self.keep {
            return;
        }
        let _leftover = fs::remove_dir_all(&self.folder);
        // Only when no other task of the run is in it.
        if let Some(run) = self.folder.parent() {
            let _used = fs::remove_dir(run);
        }
    }
}

/// The folder below which scratch folders are made.
pub(super) fn scratch_root(task: &Task) -> PathBuf {
    if let Some(root) = &task.scratch {
        return text_path(root);
    }
    let user = rustix::process::geteuid().as_raw();
    std::env::temp_dir().join(format!("ledama-{user}"))
}

/// A product on its way: removed unless it gets its name.
#[derive(Debug)]
pub(super) struct Staged {
    pub(super) kind: Kind,
    /// Its final place.
    pub(super) path: PathBuf,
    /// Where the program makes it.
    pub(super) place: PathBuf,
    /// The words by which the program is told of that place.
    word: String,
}

impl Staged {
    /// Prepares the place of a product. `links`: the program cannot be given every path.
    pub(super) fn prepare(
        product: &Product,
        (index, links): (usize, bool),
        scratch: &Path,
        run_id: &str,
    ) -> Result<Self, OperationError> {
        let path = text_path(product.path.trim_end_matches('/'));
        let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
            let message = format!("{} is no name for a product", show(&product.path));
            return Err(OperationError::new(ErrorKind::Input, message));
        };
        let name = path_text(Path::new(name));
        let plain: String =
            name.chars().map(|c| if is_plain(&c.to_string()) { c } else { '_' }).collect();
        let staged =
            staged_name(if links { &plain } else { &name }, run_id) + product.ending.as_str();
        let staged = folder.join(text_path(&staged));
        let word = if links && !is_plain(&path_text(&staged)) {
            let link = scratch.join(format!("out{index}"));
            symlink(folder, &link).map_err(|e| OperationError::io(show(&path_text(&link)), &e))?;
            path_text(&link.join(staged.file_name().unwrap_or_default()))
        } else {
            path_text(&staged)
        };
        let staged = Self { kind: product.kind, path, place: staged, word };
        // What an earlier attempt of this run has left.
        staged.remove()?;
        Ok(staged)
    }

    /// Everything that begins with the staged name.
    pub(super) fn files(&self) -> std::io::Result<Vec<PathBuf>> {
        of_prefix(&self.place)
    }

    /// Removes what is staged.
    pub(super) fn remove(&self) -> Result<(), OperationError> {
        let files = match self.kind {
            Kind::Prefix => with_prefix(&self.place),
            _ => Ok(vec![self.place.clone()]),
        };
        let files = files.map_err(|e| OperationError::io(show(&path_text(&self.place)), &e))?;
        files.iter().try_for_each(|file| remove(file))
    }

    /// Gives what is staged its name, or its names; answers them.
    pub(super) fn publish(&self, overwrite: bool) -> Result<Vec<PathBuf>, OperationError> {
        let io =
            |path: &Path, error: &std::io::Error| OperationError::io(show(&path_text(path)), error);
        if self.kind != Kind::Prefix {
            publish(&self.place, &self.path, overwrite)?;
            return Ok(vec![self.path.clone()]);
        }
        let (from, to) = (path_text(&self.place), path_text(&self.path));
        let mut done = Vec::new();
        for file in self.files().map_err(|e| io(&self.place, &e))? {
            let text = path_text(&file);
            let target =
                text_path(&format!("{to}{}", text.strip_prefix(&from).unwrap_or_default()));
            publish(&file, &target, overwrite)?;
            done.push(target);
        }
        done.sort();
        Ok(done)
    }
}

fn publish(from: &Path, to: &Path, overwrite: bool) -> Result<(), OperationError> {
    let fail = |error: std::io::Error| OperationError::io(show(&path_text(to)), &error);
    if to.symlink_metadata().is_err() {
        return fs::rename(from, to).map_err(fail);
    }
    if !overwrite {
        let message = format!("{} has appeared while it was made", show(&path_text(to)));
        return Err(OperationError::new(ErrorKind::Exists, message));
    }
    // The old one keeps its name until the new one can take it.
    let old = text_path(&format!("{}.old", path_text(from)));
    fs::rename(to, &old).map_err(fail)?;
    if let Err(error) = fs::rename(from, to) {
        let _back = fs::rename(&old, to);
        return Err(fail(error));
    }
    remove(&old)
}

/// Removes a file or tree; one that is not there is no failure.
pub(super) fn remove(path: &Path) -> Result<(), OperationError> {
    let removed = match path.symlink_metadata() {
        Err(error) => Err(error),
        Ok(meta) if meta.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
    };
    match removed {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(OperationError::io(show(&path_text(path)), &error))
        }
        _ => Ok(()),
    }
}

/// The products of a prefix: its own name alone, or with more behind a `-` or
/// a dot, so that `P1` has nothing of `P10`. Images of CASA are folders, too.
/// Provenance, what is staged, and measurement sets (`P.MS`) are none.
pub(super) fn of_prefix(path: &Path) -> std::io::Result<Vec<PathBuf>> {
    let front = path_text(path);
    let mut files = with_prefix(path)?;
    files.retain(|file| {
        let text = path_text(file);
        let rest = text.strip_prefix(&front).unwrap_or_default();
        (rest.is_empty() || rest.starts_with(['-', '.']))
            && !rest.starts_with(PART)
            && rest != ".provenance.json"
            && !is_set(file)
    });
    Ok(files)
}

/// Whether this is a measurement set, as its table tells or its subtables show.
fn is_set(path: &Path) -> bool {
    let told = fs::read(path.join("table.info")).unwrap_or_default();
    told.starts_with(b"Type = Measurement Set") || path.join("ANTENNA/table.dat").is_file()
}

/// The files whose name begins with that of `path`; none where there is no folder.
fn with_prefix(path: &Path) -> std::io::Result<Vec<PathBuf>> {
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else { return Ok(vec![]) };
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(vec![]),
        entries => entries?,
    };
    let begins = |file: &PathBuf| {
        let file = file.file_name().unwrap_or_default();
        file.as_encoded_bytes().starts_with(name.as_encoded_bytes())
    };
    let mut files = Vec::new();
    for entry in entries {
        files.push(entry?.path());
    }
    files.retain(begins);
    files.sort();
    Ok(files)
}

/// What other runs have left of a product.
pub(super) fn leftovers(product: &Product, run_id: &str) -> std::io::Result<Vec<PathBuf>> {
    let path = text_path(product.path.trim_end_matches('/'));
    let Some(name) = path.file_name() else { return Ok(vec![]) };
    let plain: String = path_text(Path::new(name))
        .chars()
        .map(|c| if is_plain(&c.to_string()) { c } else { '_' })
        .collect();
    let mut found = Vec::new();
    for name in [path_text(Path::new(name)), plain] {
        let own = staged_name(&name, run_id);
        for file in with_prefix(&path.with_file_name(text_path(&format!("{name}{PART}"))))? {
            let text = path_text(Path::new(file.file_name().unwrap_or_default()));
            if !text.starts_with(&own) && !found.contains(&file) {
                found.push(file);
            }
        }
    }
    Ok(found)
}

/// What the arguments are filled with.
#[derive(Debug)]
pub(super) struct Filler {
    pub(super) inputs: Vec<String>,
    pub(super) products: Vec<String>,
    pub(super) names: Vec<String>,
    pub(super) files: Vec<String>,
    pub(super) scratch: String,
    pub(super) threads: String,
}

impl Filler {
    /// For a task whose products are staged; makes the links that inputs need.
    pub(super) fn new(
        task: &Task,
        scratch: &Path,
        staged: &[Staged],
        threads: usize,
    ) -> Result<Self, OperationError> {
        let mut inputs = Vec::new();
        for (index, input) in task.inputs.iter().enumerate() {
            if !task.program.links || is_plain(&input.path) {
                inputs.push(input.path.clone());
                continue;
            }
            let link = scratch.join(format!("in{index}.MS"));
            symlink(text_path(&input.path), &link)
                .map_err(|e| OperationError::io(show(&path_text(&link)), &e))?;
            inputs.push(path_text(&link));
        }
        let name = |p: &Staged| path_text(Path::new(p.path.file_name().unwrap_or_default()));
        Ok(Self {
            inputs,
            products: staged.iter().map(|product| product.word.clone()).collect(),
            names: staged.iter().map(name).collect(),
            files: task
                .files
                .iter()
                .map(|f| path_text(&scratch.join(text_path(&f.name))))
                .collect(),
            scratch: path_text(scratch),
            threads: threads.to_string(),
        })
    }

    /// The arguments as the program gets them.
    pub(super) fn fill(&self, arguments: &[Argument]) -> Result<Vec<String>, OperationError> {
        arguments.iter().map(|argument| self.one(argument)).collect()
    }

    fn one(&self, argument: &Argument) -> Result<String, OperationError> {
        let (fill, index, before, after) = match argument {
            Argument::Text(text) => return Ok(text.clone()),
            Argument::Filled { fill, index, before, after } => (*fill, *index, before, after),
        };
        let value = match fill {
            Fill::Input => self.inputs.get(index),
            Fill::Product => self.products.get(index),
            Fill::File => self.files.get(index),
            Fill::Name => self.names.get(index),
            Fill::Scratch => Some(&self.scratch),
            Fill::Threads => Some(&self.threads),
        };
        let value = value.ok_or_else(|| {
            let message = format!("an argument asks for {fill:?} {index}, which the task has not");
            OperationError::new(ErrorKind::Input, message)
        })?;
        Ok(format!("{before}{value}{after}"))
    }
}
