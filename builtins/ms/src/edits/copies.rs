//! A column kept under another name before a program overwrites it.

use ledama_base::operation::{ErrorKind, OperationContext, OperationError};
use ledama_base::quote::show;
use ledama_tables::edit::NewColumn;

use super::history::Entry;
use super::session::Session;
use super::{WAIT_S, failed};

/// Copies the column `from` of the set at `path` (text form) into the new
/// column `to`; false where there is such a column already, which is left as
/// it is.
///
/// # Errors
/// When the set has no column `from`, or cannot be edited.
pub fn copy_column(
    path: &str,
    from: &str,
    to: &str,
    ctx: &dyn OperationContext,
) -> Result<bool, OperationError> {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if to.is_empty() || !to.chars().all(plain) {
        let message = format!("`{}` is no name for a column", to.escape_debug());
        return Err(OperationError::new(ErrorKind::Input, message));
    }
    let mut session = Session::open(path, WAIT_S, ctx)?;
    let table = session.editor.table().clone();
    if table.has_column(to) {
        return Ok(false);
    }
    if !table.has_column(from) {
        let message = format!("{} has no column {from}", show(path));
        return Err(OperationError::new(ErrorKind::NotFound, message));
    }
    let data_type = table.column(from).map_err(failed)?.data_type();
    let column = NewColumn::like(to, from, data_type).copied_from(from);
    session.editor.add_column(column).map_err(failed)?;
    let entry = Entry::new(format!("copied {from} into {to}"), "pipeline.run")
        .with("from", from)
        .with("to", to);
    session.commit(None, &entry)?;
    Ok(true)
}
