//! The movies below a folder of this machine.

use std::ffi::OsStr;
use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use ledama_base::operation::{ErrorKind, OperationError};
use ledama_base::rawtext::{path_text, text_path};
use ledama_base::units;
use serde::{Deserialize, Serialize};

use super::info::{MovieInfo, read_json};
use super::older::read_older;
use crate::lists::Fault;

/// A movie and what its folder says of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Found {
    /// The movie, in text form.
    pub path: String,
    /// Its size, MiB.
    pub size_mb: i64,
    /// When it or its description last changed, seconds since 1970 UTC.
    pub modified: i64,
    /// What it shows.
    pub info: MovieInfo,
}

/// What is below the root.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Scanned {
    /// When the search began, seconds since 1970 UTC.
    pub looked: i64,
    /// Movies, by path.
    pub movies: Vec<Found>,
    /// Folders that cannot be taken, with the reason.
    pub faults: Vec<String>,
    /// What else the user should know.
    pub notes: Vec<String>,
    /// Which of the known movies are no more.
    pub gone: Vec<String>,
}

/// Looks for movies in the folders two levels below `root`, and whether those that
/// are known are still there.
///
/// # Errors
/// The root cannot be listed: nothing can be said of any movie then.
pub fn scan(root: &str, known: &[String]) -> Result<Scanned, OperationError> {
    let place = text_path(root);
    if !place.is_absolute() {
        let message = format!("`{root}` is no absolute path");
        return Err(OperationError::new(ErrorKind::Input, message));
    }
    let looked = ledama_base::clock::now().as_second();
    let mut scanned = Scanned { looked, ..Scanned::default() };
    let mut whole = true;
    for upper in folders(&place).map_err(|error| OperationError::io(root, &error))? {
        match folders(&upper) {
            Ok(lower) => {
                for folder in lower {
                    look(&folder, &mut scanned);
                }
            }
            Err(error) => {
                whole = false;
                scanned.faults.push(format!("{}: {error}", path_text(&upper)));
            }
        }
    }
    if whole {
        let below = |path: &&String| text_path(path).starts_with(&place);
        let gone = |path: &&String| match text_path(path).symlink_metadata() {
            Err(error) => error.kind() == std::io::ErrorKind::NotFound,
            Ok(_) => false,
        };
        scanned.gone = known.iter().filter(below).filter(gone).cloned().collect();
    }
    Ok(scanned)
}

/// Folders in a folder, by name.
fn folders(of: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(of)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            found.push(entry.path());
        }
    }
    found.sort();
    Ok(found)
}

fn look(folder: &Path, scanned: &mut Scanned) {
    match movie(folder, &mut scanned.notes) {
        Ok(Some(found)) => scanned.movies.push(found),
        Ok(None) => {}
        Err(problem) => scanned.faults.push(format!("{}: {problem}", path_text(folder))),
    }
}

fn movie(folder: &Path, notes: &mut Vec<String>) -> Result<Option<Found>, String> {
    let mut films = films(folder).map_err(|error| error.to_string())?;
    let description = ["INFO.json", "INFO"]
        .map(|name| folder.join(name))
        .into_iter()
        .find(|path| path.symlink_metadata().is_ok());
    let (description, film) = match (description, films.pop()) {
        (None, None) => return Ok(None),
        (Some(_), None) => return Err("there is no movie beside its description".to_string()),
        (None, Some(_)) => return Err("the movie has no INFO".to_string()),
        (Some(description), Some(film)) => (description, film),
    };
    if !films.is_empty() {
        let count = films.len() + 1;
        notes.push(format!("{}: the newest of {count} movies is taken", path_text(&film.0)));
    }
    let text = fs::read_to_string(&description).map_err(|error| format!("INFO: {error}"))?;
    let told = fs::metadata(&description).map_err(|error| format!("INFO: {error}"))?;
    let json = description.extension() == Some(OsStr::new("json"));
    let info = if json { read_json(&text) } else { read_older(&text) }.map_err(shown)?;
    let size = units::mib(film.1.len());
    Ok(Some(Found {
        path: path_text(&film.0),
        size_mb: i64::try_from(size).unwrap_or(i64::MAX),
        modified: film.1.mtime().max(told.mtime()),
        info,
    }))
}

/// Movies in a folder, the newest last.
fn films(folder: &Path) -> std::io::Result<Vec<(PathBuf, Metadata)>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let ending = path.extension().and_then(OsStr::to_str);
        if matches!(ending, Some("mp4" | "gif" | "apng")) {
            let metadata = fs::metadata(&path)?;
            if metadata.is_file() {
                found.push((path, metadata));
            }
        }
    }
    found.sort_by(|(a, one), (b, other)| (one.mtime(), a).cmp(&(other.mtime(), b)));
    Ok(found)
}

fn shown(faults: Vec<Fault>) -> String {
    let words = faults.into_iter().map(|fault| match fault.line {
        0 => format!("INFO: {}", fault.problem),
        line => format!("INFO, line {line}: {}", fault.problem),
    });
    words.collect::<Vec<_>>().join("; ")
}
