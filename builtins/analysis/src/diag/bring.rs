//! Bringing all rows, wherever they are.

use ledama_base::operation::{OperationContext, OperationError};
use serde::{Deserialize, Serialize};

use super::input::{Chosen, Input};
use super::row::Row;
use super::{database, files, wrong};

/// What was brought besides rows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Brought {
    /// How many rows.
    pub rows: u64,
    /// Files that could not be read, with the reason.
    pub failed: Vec<String>,
    /// What was odd.
    pub warnings: Vec<String>,
}

impl Input {
    /// Hands all rows over.
    pub fn each(
        &self,
        ctx: &dyn OperationContext,
        take: &mut dyn FnMut(Row) -> Result<(), OperationError>,
    ) -> Result<Brought, OperationError> {
        let mut brought = Brought::default();
        let mut counted = |row: Row| {
            brought.rows += 1;
            take(row)
        };
        match (&self.chosen, &self.database) {
            (Chosen::Files(sources), _) => {
                let (failed, warnings) = files::each(self, sources, ctx, &mut counted)?;
                brought.failed = failed;
                brought.warnings = warnings;
            }
            (_, Some(url)) => database::each(self, url, ctx, &mut counted)?,
            (_, None) => return Err(wrong("no database is given", "")),
        }
        Ok(brought)
    }
}
