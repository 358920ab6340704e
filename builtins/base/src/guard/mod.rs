//! What may be deleted or replaced at all.
//!
//! A RefFile is only a text, and a wrong line in it must not cost more than a
//! refusal. A path is approved when it is absolute and normalised, lies below
//! a data root and there at or below a dataset folder (`L80897`,
//! `L2013_80897_001`), and is no data root, mount point, home folder or above
//! one. The same must hold for the place it really is at, once links among
//! its parents are resolved. The path itself is never resolved: of a link only
//! the link is removed.

#[cfg(test)]
mod hostile_tests;
mod mounts;
#[cfg(test)]
mod tests;

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::operation::{ErrorKind, OperationError};
use crate::path::is_dataset_name;
use crate::quote::show;
use crate::rawtext::{path_text, text_path};

/// Why a path was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// It does not begin at `/`.
    #[error("the path is not absolute")]
    Relative,
    /// An empty component, `.` or `..`, or a NUL byte.
    #[error("the path is not plain: it has {0}")]
    NotPlain(&'static str),
    /// No data root is above it.
    #[error("the path is not inside a data root ({0})")]
    Outside(String),
    /// It is a data root, or one is below it.
    #[error("a data root is there or below")]
    Root,
    /// Neither it nor a folder between it and the data root is a dataset folder.
    #[error(
        "no dataset folder (such as `L80897` or `L2013_80897_001`) is between it and the data root"
    )]
    NoDataset,
    /// A file system is mounted there or below.
    #[error("a file system is mounted there or below ({0})")]
    Mount(String),
    /// The home folder is there or below.
    #[error("the home folder is there or below")]
    Home,
    /// Links lead out of what is allowed.
    #[error("links lead to {real}, and there {reason}")]
    Elsewhere {
        /// Where it really is.
        real: String,
        /// What is wrong with that place.
        reason: Box<Reason>,
    },
    /// There is no such file or folder.
    #[error("no such file or folder")]
    Missing,
    /// It could not be looked at.
    #[error("cannot look at it: {0}")]
    Io(String),
}

/// A refused path.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {reason}")]
pub struct Refusal {
    /// The path as messages show it.
    pub path: String,
    /// Why.
    pub reason: Reason,
}

impl From<Refusal> for OperationError {
    fn from(refusal: Refusal) -> Self {
        let kind = match refusal.reason {
            Reason::Missing => ErrorKind::NotFound,
            Reason::Io(_) => ErrorKind::Io,
            _ => ErrorKind::Refused,
        };
        let failure = Self::new(kind, refusal.to_string());
        match refusal.reason {
            Reason::Outside(_) => failure.help("data roots are `data.roots` of the configuration"),
            _ => failure,
        }
    }
}

/// A path that may be removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approved {
    /// As asked for.
    pub path: PathBuf,
    /// Where it really is: its parent resolved, and its own name.
    pub real: PathBuf,
}

/// The data roots of this installation and the home folder of this account.
#[derive(Debug, Clone)]
pub struct Guard {
    roots: Vec<String>,
    home: Option<PathBuf>,
}

impl Guard {
    /// A guard for these data roots, in text form. Refuses roots that are not
    /// absolute and plain themselves, and `/`.
    pub fn new<S: AsRef<str>>(roots: &[S]) -> Result<Self, Refusal> {
        let mut known = Vec::new();
        for root in roots {
            let root = root.as_ref().trim_end_matches('/');
            plain_components(root).map_err(|reason| Refusal {
                path: format!("data root `{}`", show(root)),
                reason,
            })?;
            known.push(root.to_string());
        }
        Ok(Self { roots: known, home: std::env::home_dir() })
    }

    /// The same guard with another home folder.
    #[must_use]
    pub fn with_home(mut self, home: Option<PathBuf>) -> Self {
        self.home = home;
        self
    }

    /// Checks the text of a path (see `rawtext`), without looking at any file:
    /// what can be done on a host that does not have the file.
    pub fn check_text(&self, path: &str) -> Result<(), Refusal> {
        self.allows(path, &self.roots)
            .map_err(|reason| Refusal { path: show(path).into_owned(), reason })
    }

    /// Checks a path (in text form) on the host that has the file.
    pub fn check(&self, path: &str) -> Result<Approved, Refusal> {
        self.check_text(path)?;
        let raw = text_path(path);
        let real = self
            .check_real(&raw)
            .map_err(|reason| Refusal { path: show(path).into_owned(), reason })?;
        Ok(Approved { path: raw, real })
    }

    fn allows(&self, path: &str, roots: &[String]) -> Result<(), Reason> {
        plain_components(path)?;
        if roots.iter().any(|root| below(root, path).is_some()) {
            return Err(Reason::Root);
        }
        // Of nested roots the innermost counts.
        let inside =
            roots.iter().filter_map(|root| below(path, root)).min_by_key(|rest| rest.len());
        let rest = inside.ok_or_else(|| Reason::Outside(self.roots.join(", ")))?;
        if rest.split('/').any(is_dataset_name) { Ok(()) } else { Err(Reason::NoDataset) }
    }

    fn check_real(&self, path: &Path) -> Result<PathBuf, Reason> {
        let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
            return Err(Reason::Root);
        };
        let real_parent = fs::canonicalize(parent).map_err(io_reason)?;
        let real = real_parent.join(name);
        let data = fs::symlink_metadata(&real).map_err(io_reason)?;
        // A root that is not there cannot have anything in it.
        let real_roots: Vec<String> = self
            .roots
            .iter()
            .filter_map(|root| fs::canonicalize(text_path(root)).ok())
            .map(|root| path_text(&root))
            .collect();
        let real_text = path_text(&real);
        self.allows(&real_text, &real_roots).map_err(|reason| {
            if real == path {
                return reason;
            }
            Reason::Elsewhere { real: show(&real_text).into_owned(), reason: Box::new(reason) }
        })?;
        if let Some(home) = self.home.as_ref()
            && [Some(home.clone()), fs::canonicalize(home).ok()]
                .iter()
                .flatten()
                .any(|home| home.starts_with(&real))
        {
            return Err(Reason::Home);
        }
        match mounts::mount_points() {
            Ok(points) => {
                if let Some(point) = points.iter().find(|point| point.starts_with(&real)) {
                    return Err(Reason::Mount(show(&path_text(point)).into_owned()));
                }
            }
            // Without the list, another device tells at least of a mount right here.
            Err(_) => {
                if fs::metadata(&real_parent).map_err(io_reason)?.dev() != data.dev() {
                    return Err(Reason::Mount(show(&real_text).into_owned()));
                }
            }
        }
        Ok(real)
    }
}

/// What is left of `path` below `root`: empty if they are the same, nothing
/// if it is not there.
fn below<'a>(path: &'a str, root: &str) -> Option<&'a str> {
    let rest = path.strip_prefix(root)?;
    if rest.is_empty() { Some("") } else { rest.strip_prefix('/') }
}

/// Checks that the path is absolute and has only ordinary components.
fn plain_components(path: &str) -> Result<(), Reason> {
    let Some(rest) = path.strip_prefix('/') else { return Err(Reason::Relative) };
    if path.contains('\0') {
        return Err(Reason::NotPlain("a NUL byte"));
    }
    for component in rest.split('/') {
        match component {
            "" => return Err(Reason::NotPlain("an empty component")),
            "." => return Err(Reason::NotPlain("a `.`")),
            ".." => return Err(Reason::NotPlain("a `..`")),
            _ => {}
        }
    }
    Ok(())
}

fn io_reason(error: io::Error) -> Reason {
    match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Reason::Missing,
        _ => Reason::Io(error.to_string()),
    }
}
