//! A row in HISTORY about what another program has done to a set: programs
//! that change a set in place seldom tell so themselves.

use std::time::Duration;

use ledama_base::operation::{ErrorKind, OperationError};
use ledama_base::quote::show;
use ledama_base::rawtext;
use ledama_tables::edit::Editor;
use ledama_tables::{Table, Value};

use super::history::{self, Entry};
use super::{WAIT_S, failed};

/// Appends a row to HISTORY of the set at `path` (text form): what was done in
/// one sentence, and names with values. False where the set has no such table.
///
/// # Errors
/// When the set cannot be read, or another program does not let go of it.
pub fn record(
    path: &str,
    message: &str,
    parameters: &[(String, String)],
) -> Result<bool, OperationError> {
    let table = Table::open(rawtext::text_path(path)).map_err(failed)?;
    let Some(Value::Table(reference)) = table.keywords().get(history::TABLE) else {
        return Ok(false);
    };
    let folder = table.referred(reference).map_err(failed)?;
    if !folder.starts_with(table.path()) {
        let message = format!("{}: its HISTORY belongs to another set", show(path));
        return Err(OperationError::new(ErrorKind::Refused, message));
    }
    let mut editor = Editor::open(folder, Duration::from_secs(WAIT_S)).map_err(failed)?;
    let entry = Entry { message: message.to_string(), parameters: parameters.to_vec() };
    history::append(&mut editor, &entry).map_err(failed)?;
    editor.commit().map_err(failed)?;
    Ok(true)
}
