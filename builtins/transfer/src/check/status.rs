//! The RefFiles in the status folder of copies: `OUT_x.ref` lists the copies,
//! `IN_x.ref` their sources, in the same order.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use ledama_base::operation::{ErrorKind, OperationError};
use ledama_base::rawtext::path_text;
use ledama_config::Inventory;
use ledama_reffile::{Entry, RefFile};

use super::{explain, shown};

/// What a status folder lists.
pub(super) struct Lists {
    pub(super) targets: RefFile,
    pub(super) sources: Vec<Option<Entry>>,
    pub(super) notes: Vec<String>,
}

/// Reads all lists of a status folder; those of several copies are put together.
pub(super) fn lists(folder: &Path, inventory: &Arc<Inventory>) -> Result<Lists, OperationError> {
    let failed = |e: std::io::Error| OperationError::io(shown(folder), &e);
    let mut outs: Vec<PathBuf> = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let name = path.file_name().map(ledama_base::rawtext::encode).unwrap_or_default();
        let is_list = path.extension().is_some_and(|e| e == "ref");
        if is_list && !name.starts_with("IN") && !name.starts_with('.') {
            outs.push(path);
        }
    }
    outs.sort();
    let Some(first) = outs.first() else {
        return Err(OperationError::new(
            ErrorKind::Input,
            format!("{}: no status folder of a copy, it has no RefFile", shown(folder)),
        )
        .help("name a RefFile, or the folder of CopyData's `--statuspath`"));
    };
    let mut notes = Vec::new();
    let mut targets = open(first, inventory, &mut notes)?;
    let mut sources = sources_of(first, &targets, inventory, &mut notes)?;
    for out in &outs[1..] {
        let more = open(out, inventory, &mut notes)?;
        sources.extend(sources_of(out, &more, inventory, &mut notes)?);
        targets = targets.append(&more);
    }
    if outs.len() > 1 {
        notes.push(format!(
            "{}: the lists of {} copies are put together",
            shown(folder),
            outs.len()
        ));
    }
    Ok(Lists { targets, sources, notes })
}

fn open(
    path: &Path,
    inventory: &Arc<Inventory>,
    notes: &mut Vec<String>,
) -> Result<RefFile, OperationError> {
    let file = RefFile::open(path, inventory).map_err(|e| explain(&e))?;
    notes.extend(file.warnings().iter().map(|w| format!("{}: {w}", shown(path))));
    Ok(file)
}

/// The sources that belong to an `OUT_x.ref`, row by row.
fn sources_of(
    out: &Path,
    targets: &RefFile,
    inventory: &Arc<Inventory>,
    notes: &mut Vec<String>,
) -> Result<Vec<Option<Entry>>, OperationError> {
    let nothing = vec![None; targets.len()];
    let name = out.file_name().map(ledama_base::rawtext::encode).unwrap_or_default();
    let Some(base) = name.strip_prefix("OUT_") else { return Ok(nothing) };
    let path = out.with_file_name(ledama_base::rawtext::decode(&format!("IN_{base}")));
    if !path.exists() {
        return Ok(nothing);
    }
    let file = RefFile::open(&path, inventory).map_err(|e| explain(&e))?;
    if file.len() != targets.len() {
        notes.push(format!(
            "{} and {} have different numbers of rows; the sources are not told",
            path_text(&path),
            path_text(out)
        ));
        return Ok(nothing);
    }
    Ok(file.entries().iter().cloned().map(Some).collect())
}
