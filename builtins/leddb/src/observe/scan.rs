//! The operation `leddb.scan`: which products a node has below its roots, and
//! whether each root could be listed completely.
//!
//! Only a complete list tells that something is gone: a disk that is not mounted
//! or cannot be read takes nothing out of the database.

use std::fs;
use std::path::{Path, PathBuf};

use ledama_base::operation::{Effect, ErrorKind, Operation, OperationContext, OperationError};
use ledama_base::path::is_packed_name;
use ledama_base::rawtext;
use ledama_ms::discover::{Kind, Wanted};
use ledama_ms::newest;
use ledama_ms::scan::{ScanInput as Below, ScanOutput as Sets, scan_until};
use serde::{Deserialize, Serialize};

use super::read::{Stamps, stamps};

/// Searches the roots of a node.
#[derive(Debug, Clone, Copy, Default)]
pub struct Scan;

/// What to search.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScanInput {
    /// Folders in text form, absolute; of each only what begins with `L` is searched.
    pub roots: Vec<String>,
    /// Also look when diagnostics were made.
    #[serde(default)]
    pub diagnostics: bool,
    /// Only what changed after this time (UTC, ISO 8601).
    #[serde(default)]
    pub newer_than: Option<String>,
    /// Threads to use; if absent, as many as keep processors and disks busy.
    #[serde(default)]
    pub threads: Option<usize>,
}

/// A root after the search.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Root {
    /// As asked.
    pub path: String,
    /// Whether it could be listed.
    pub complete: bool,
    /// Whether it is there at all.
    pub there: bool,
    /// Folders in it of which not all could be seen.
    #[serde(default)]
    pub incomplete: Vec<String>,
}

/// A product on a disk.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Path in text form.
    pub path: String,
    /// Its size, MiB.
    pub size_mb: Option<i64>,
    /// Newest modification time inside it.
    pub modified: Option<i64>,
    /// Newest modification times of its diagnostics, if asked for.
    #[serde(default)]
    pub stamps: Stamps,
    /// Why it is no whole product.
    pub problem: Option<String>,
}

/// What a node has.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ScanOutput {
    /// The roots, in the order asked for.
    pub roots: Vec<Root>,
    /// Sorted by path.
    pub entries: Vec<Entry>,
    /// What could not be read.
    pub warnings: Vec<String>,
}

impl Operation for Scan {
    const NAME: &'static str = "leddb.scan";
    const VERB: &'static str = "search below";
    const EFFECT: Effect = Effect::Reads;
    type Input = ScanInput;
    type Output = ScanOutput;

    fn run(
        &self,
        input: ScanInput,
        ctx: &dyn OperationContext,
    ) -> Result<ScanOutput, OperationError> {
        let mut output = ScanOutput::default();
        for root in &input.roots {
            let (root, mut entries) = search(root, &input, &mut output.warnings, ctx)?;
            output.roots.push(root);
            output.entries.append(&mut entries);
        }
        output.entries.sort_by(|a, b| a.path.cmp(&b.path));
        output.entries.dedup_by(|a, b| a.path == b.path);
        Ok(output)
    }
}

fn search(
    text: &str,
    input: &ScanInput,
    warnings: &mut Vec<String>,
    ctx: &dyn OperationContext,
) -> Result<(Root, Vec<Entry>), OperationError> {
    let path = rawtext::text_path(text);
    if !path.is_absolute() {
        return Err(OperationError::new(ErrorKind::Input, format!("`{text}` is no absolute path")));
    }
    let mut root =
        Root { path: text.to_string(), complete: true, there: true, incomplete: Vec::new() };
    let folders = match observations(&path, warnings, &mut root.incomplete) {
        Ok(folders) => folders,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            // Most nodes have not all of the standard roots.
            return Ok((Root { complete: false, there: false, ..root }, Vec::new()));
        }
        Err(error) => {
            warnings.push(OperationError::io(text, &error).message);
            return Ok((Root { complete: false, ..root }, Vec::new()));
        }
    };
    let mut entries = Vec::new();
    // Each by itself, so that a fault in one does not hide what is gone from others.
    for folder in &folders {
        let below = Below {
            paths: vec![rawtext::path_text(folder)],
            pack: Wanted::Both,
            sizes: true,
            newer_than: input.newer_than.clone(),
            threads: input.threads,
            ..Below::default()
        };
        let Sets { entries: mut sets, warnings: mut faults } =
            scan_until(&below, &|| ctx.cancelled())?;
        if !faults.is_empty() {
            root.incomplete.push(rawtext::path_text(folder));
        }
        entries.append(&mut sets);
        warnings.append(&mut faults);
    }
    let mut found = Vec::with_capacity(entries.len());
    for set in entries {
        ctx.check()?;
        let path = rawtext::text_path(&set.path);
        let mut problem = set.error;
        let modified = newest::newest(&path).unwrap_or_else(|error| {
            problem.get_or_insert_with(|| OperationError::io(&set.path, &error).message);
            None
        });
        let looked = input.diagnostics && set.kind == Kind::Ms && problem.is_none();
        let stamps = if looked {
            let there = stamps(&path);
            // What cannot be told is told when it is read.
            let told = |stamp: Result<Option<i64>, String>| stamp.unwrap_or(modified);
            Stamps { gain: told(there.gain), quality: told(there.quality) }
        } else {
            Stamps::default()
        };
        found.push(Entry {
            path: set.path,
            size_mb: set.size_mb.and_then(|size| i64::try_from(size).ok()),
            modified,
            stamps,
            problem,
        });
    }
    Ok((root, found))
}

/// What in a root begins with `L` and can hold products.
fn observations(
    root: &Path,
    warnings: &mut Vec<String>,
    incomplete: &mut Vec<String>,
) -> std::io::Result<Vec<PathBuf>> {
    let mut folders = Vec::new();
    for entry in fs::read_dir(root)? {
        let entry = entry?;
        let name = rawtext::encode(&entry.file_name());
        if !name.starts_with('L') {
            continue;
        }
        match fs::metadata(entry.path()) {
            Ok(meta) if meta.is_dir() || (meta.is_file() && is_packed_name(&name)) => {
                folders.push(entry.path());
            }
            Ok(_) => {}
            Err(error) => {
                incomplete.push(rawtext::path_text(&entry.path()));
                warnings
                    .push(OperationError::io(rawtext::path_text(&entry.path()), &error).message);
            }
        }
    }
    folders.sort();
    Ok(folders)
}
