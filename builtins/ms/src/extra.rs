//! The operation `ms.list_extra`: what would keep folders from being empty.
//!
//! Before sets are deleted together with the folders that hold them, the plan
//! shows what else is in there. Nothing is ever deleted because it happens to
//! be there: it has to be named.

use std::collections::HashSet;
use std::ffi::OsString;
use std::fs::{self, FileType};
use std::io;

use ledama_base::operation::{Effect, Operation, OperationContext, OperationError};
use ledama_base::quote::show;
use ledama_base::{rawtext, usage};
use serde::{Deserialize, Serialize};

/// Looks into folders of its node.
#[derive(Debug, Clone, Copy, Default)]
pub struct ListExtra;

/// Which folders.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListExtraInput {
    /// Each with what is not extra.
    pub folders: Vec<FolderInput>,
    /// Measure the extra entries.
    #[serde(default)]
    pub sizes: bool,
}

/// One folder.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FolderInput {
    /// Path in text form.
    pub path: String,
    /// Names of entries that are going to be deleted anyway.
    #[serde(default)]
    pub leaving: Vec<String>,
}

/// What is in the folders.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ListExtraOutput {
    /// In the order asked.
    pub folders: Vec<FolderExtra>,
}

/// What else is in one folder.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct FolderExtra {
    /// Path in text form, as asked.
    pub path: String,
    /// Whether there is such a folder.
    pub exists: bool,
    /// All other entries, hidden ones too, sorted by name.
    pub extra: Vec<ExtraEntry>,
    /// Why it could not be read.
    pub error: Option<String>,
}

/// An entry of a folder.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ExtraEntry {
    /// Its name in text form.
    pub name: String,
    /// What it is.
    pub kind: EntryKind,
    /// Blocks on disk with all that is in it, bytes; unknown if not measured.
    pub size_bytes: Option<u64>,
    /// Files in it, or 1; unknown if not measured.
    pub files: Option<u64>,
}

/// What an entry of a folder is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EntryKind {
    /// A folder.
    Folder,
    /// A regular file.
    File,
    /// A symbolic link.
    Link,
    /// A pipe, socket or device.
    Other,
}

impl EntryKind {
    /// From what the system says.
    pub fn of(kind: FileType) -> Self {
        match kind {
            kind if kind.is_dir() => Self::Folder,
            kind if kind.is_file() => Self::File,
            kind if kind.is_symlink() => Self::Link,
            _ => Self::Other,
        }
    }
}

impl Operation for ListExtra {
    const NAME: &'static str = "ms.list_extra";
    const VERB: &'static str = "list";
    const EFFECT: Effect = Effect::Reads;
    type Input = ListExtraInput;
    type Output = ListExtraOutput;

    fn run(
        &self,
        input: ListExtraInput,
        ctx: &dyn OperationContext,
    ) -> Result<ListExtraOutput, OperationError> {
        let folders = input
            .folders
            .iter()
            .map(|folder| look(folder, input.sizes, ctx))
            .collect::<Result<_, _>>()?;
        Ok(ListExtraOutput { folders })
    }
}

fn look(
    folder: &FolderInput,
    sizes: bool,
    ctx: &dyn OperationContext,
) -> Result<FolderExtra, OperationError> {
    ctx.check()?;
    let mut seen = FolderExtra { path: folder.path.clone(), ..FolderExtra::default() };
    match entries(folder, sizes, ctx) {
        Ok(extra) => (seen.exists, seen.extra) = (true, extra),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => {
            seen.exists = error.kind() != io::ErrorKind::NotADirectory;
            seen.error = Some(OperationError::io(show(&folder.path), &error).message);
        }
    }
    Ok(seen)
}

fn entries(
    folder: &FolderInput,
    sizes: bool,
    ctx: &dyn OperationContext,
) -> io::Result<Vec<ExtraEntry>> {
    let leaving: HashSet<OsString> = folder.leaving.iter().map(|n| rawtext::decode(n)).collect();
    let mut extra = Vec::new();
    for entry in fs::read_dir(rawtext::text_path(&folder.path))? {
        let entry = entry?;
        let name = entry.file_name();
        if leaving.contains(&name) {
            continue;
        }
        let used = sizes
            .then(|| {
                let options = usage::Options::default();
                usage::measure_one(entry.path(), options, &|| ctx.cancelled()).ok()
            })
            .flatten();
        extra.push(ExtraEntry {
            name: rawtext::encode(&name),
            kind: EntryKind::of(entry.file_type()?),
            size_bytes: used.as_ref().map(|used| used.disk_bytes),
            files: used.map(|used| used.files),
        });
    }
    extra.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(extra)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;
    use crate::testing::Alone;

    fn run(path: &std::path::Path, leaving: &[&str]) -> FolderExtra {
        let folder = FolderInput {
            path: rawtext::path_text(path),
            leaving: leaving.iter().map(ToString::to_string).collect(),
        };
        let input = ListExtraInput { folders: vec![folder], sizes: true };
        ListExtra.run(input, &Alone::default()).unwrap().folders.remove(0)
    }

    #[test]
    fn all_but_what_leaves_is_extra() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir_all(at("x.MS/ANTENNA")).unwrap();
        fs::create_dir(at("plots")).unwrap();
        fs::write(at("plots/a.png"), [1; 5000]).unwrap();
        fs::write(at(".hidden\n"), "x").unwrap();
        std::os::unix::fs::symlink("nowhere", at("link")).unwrap();
        let seen = run(folder.path(), &["x.MS", "gone.MS"]);
        assert!(seen.exists && seen.error.is_none());
        let what: Vec<_> = seen.extra.iter().map(|e| (e.name.as_str(), e.kind, e.files)).collect();
        assert_eq!(
            what,
            [
                (".hidden\n", EntryKind::File, Some(1)),
                ("link", EntryKind::Link, Some(0)),
                ("plots", EntryKind::Folder, Some(1)),
            ]
        );
        assert!(seen.extra[2].size_bytes.unwrap() >= 5000);
    }

    #[test]
    fn what_is_no_folder_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let gone = run(&folder.path().join("gone"), &[]);
        assert_eq!((gone.exists, gone.error), (false, None));
        fs::write(folder.path().join("file"), "x").unwrap();
        let file = run(&folder.path().join("file"), &[]);
        assert!(!file.exists && file.error.unwrap().contains("Not a directory"));
    }
}
