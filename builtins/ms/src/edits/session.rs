//! A set that is held for editing, from the lock to the row in HISTORY.

use std::path::{Path, PathBuf};
use std::time::Duration;

use ledama_base::operation::{ErrorKind, OperationContext, OperationError};
use ledama_base::quote::show;
use ledama_base::{rawtext, units, usage};
use ledama_tables::Value;
use ledama_tables::edit::Editor;

use super::history::{self, Entry};
use super::{Edited, failed};

/// A set that nobody else can write.
pub(super) struct Session<'a> {
    pub(super) editor: Editor,
    wait: Duration,
    ctx: &'a dyn OperationContext,
    edited: Edited,
}

impl<'a> Session<'a> {
    /// Takes the lock of a set; waits no longer than so many seconds.
    pub(super) fn open(
        path: &str,
        wait_s: u64,
        ctx: &'a dyn OperationContext,
    ) -> Result<Self, OperationError> {
        let folder = rawtext::text_path(path);
        check_is_set(path, &folder)?;
        ctx.check()?;
        let wait = Duration::from_secs(wait_s);
        let editor = Editor::open(&folder, wait).map_err(failed)?;
        if editor.table().keywords().get("MS_VERSION").is_none() {
            return Err(no_set(path, "its table has no keyword MS_VERSION"));
        }
        // Behind the lock, where nobody else changes it.
        let size = disk_bytes(&folder, &|| ctx.cancelled())?;
        let edited = Edited { path: path.into(), size_before_bytes: size, ..Edited::default() };
        Ok(Self { editor, wait, ctx, edited })
    }

    /// What the user should know.
    pub(super) fn note(&mut self, text: impl Into<String>) {
        self.edited.notes.push(text.into());
    }

    /// The editor of a sub-table, `None` where the set has none of this name.
    pub(super) fn subtable(&self, name: &str) -> Result<Option<Editor>, OperationError> {
        let table = self.editor.table();
        let Some(Value::Table(reference)) = table.keywords().get(name) else { return Ok(None) };
        let folder = table.referred(reference).map_err(failed)?;
        if !is_inside(&folder, table.path()) {
            return Err(OperationError::new(
                ErrorKind::Refused,
                format!(
                    "{}: its {name} is the table {}, which other sets may share",
                    show(&self.edited.path),
                    show(&rawtext::path_text(&folder))
                ),
            )
            .help("edit a copy of the set that has all its tables"));
        }
        Editor::open(folder, self.wait).map(Some).map_err(failed)
    }

    /// The end of an edit that found nothing to do.
    pub(super) fn unchanged(mut self) -> Edited {
        self.edited.size_bytes = self.edited.size_before_bytes;
        self.edited.size_mb = units::mib(self.edited.size_bytes);
        self.edited
    }

    /// Makes the edit of the main table visible, or that of the sub-table if
    /// one is given, and then records it.
    pub(super) fn commit(
        mut self,
        subtable: Option<Editor>,
        entry: &Entry,
    ) -> Result<Edited, OperationError> {
        // Whatever can fail with the record fails here, before the edit.
        let record = if let Some(mut editor) = self.subtable(history::TABLE)? {
            history::append(&mut editor, entry).map_err(failed)?;
            Some(editor)
        } else {
            self.note("the set has no HISTORY table: the edit is not recorded in it");
            None
        };
        self.ctx.check()?;
        let Self { editor, ctx, mut edited, .. } = self;
        let folder = rawtext::text_path(&edited.path);
        let held = if let Some(subtable) = subtable {
            subtable.commit().map_err(failed)?;
            Some(editor)
        } else {
            editor.commit().map_err(failed)?;
            None
        };
        edited.changed = true;
        match record.map(Editor::commit) {
            Some(Ok(_)) => edited.history = true,
            Some(Err(error)) => {
                edited.notes.push(format!("the edit could not be recorded in HISTORY: {error}"));
            }
            None => {}
        }
        drop(held);
        ctx.log(&format!("{}: {}", edited.path, entry.message));
        // The edit is made, whether or not its size can be told.
        edited.size_bytes = disk_bytes(&folder, &|| false).unwrap_or(edited.size_before_bytes);
        edited.size_mb = units::mib(edited.size_bytes);
        Ok(edited)
    }
}

fn check_is_set(text: &str, folder: &Path) -> Result<(), OperationError> {
    if !folder.is_absolute() {
        let message = format!("{} is no absolute path", show(text));
        return Err(OperationError::new(ErrorKind::Input, message));
    }
    match std::fs::metadata(folder) {
        Err(error) => Err(OperationError::io(show(text), &error)),
        Ok(meta) if !meta.is_dir() => Err(no_set(text, "it is no folder")),
        Ok(_) if !folder.join("table.dat").is_file() => Err(no_set(text, "no table.dat in it")),
        Ok(_) => Ok(()),
    }
}

fn no_set(text: &str, why: &str) -> OperationError {
    OperationError::new(ErrorKind::Input, format!("{} is no measurement set: {why}", show(text)))
}

/// Whether a folder lies below another one, links resolved.
fn is_inside(folder: &Path, set: &Path) -> bool {
    let real = |path: &Path| -> Option<PathBuf> { std::fs::canonicalize(path).ok() };
    match (real(folder), real(set)) {
        (Some(folder), Some(set)) => folder != set && folder.starts_with(set),
        // What is not there fails with a better reason when it is opened.
        _ => true,
    }
}

fn disk_bytes(folder: &Path, stop: &(dyn Fn() -> bool + Sync)) -> Result<u64, OperationError> {
    let options = usage::Options { follow_root: true, ..usage::Options::default() };
    usage::measure_one(folder.to_path_buf(), options, stop)
        .map(|usage| usage.disk_bytes)
        .map_err(|_| OperationError::new(ErrorKind::Cancelled, "interrupted"))
}
