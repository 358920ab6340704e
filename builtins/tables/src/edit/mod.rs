//! Edits of tables: all or nothing, whatever happens meanwhile.
//!
//! No data file is changed in place. What is new is written beside the old
//! files, under numbers that no storage manager has had; then one rename of
//! `table.dat` switches from the old state to the new one, and the old files
//! are removed. A reader, also casacore's, sees either state; a crash leaves
//! at most files that no `table.dat` mentions, which the next edit removes.

mod arrays;
mod cells;
mod commit;
mod editor;
mod feed;
mod files;
mod incremental;
mod kept;
mod lock;
mod new_column;
mod object;
mod patch;
mod pending;
mod standard;
mod table_dat;
mod tiled;

pub use editor::{Editor, Fill};
pub use new_column::{CellShape, Content, NewColumn, TiledKind, Tiling};

/// What an edit has changed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Changes {
    /// Columns that were removed.
    pub removed: Vec<String>,
    /// Columns that were added.
    pub added: Vec<String>,
    /// Columns of which values were changed.
    pub changed: Vec<String>,
    /// Columns that were written anew, unchanged, because they share a file
    /// with a changed one.
    pub rewritten: Vec<String>,
    /// Cells that got another value one by one.
    pub cells: u64,
    /// Rows that were appended.
    pub rows: u64,
    /// Keywords that were set, as `NAME` or `COLUMN.NAME`.
    pub keywords: Vec<String>,
    /// Bytes that the table's own files took on disk before and after.
    pub bytes: (u64, u64),
}

impl Changes {
    /// Whether nothing was changed.
    pub fn is_empty(&self) -> bool {
        Self { bytes: (0, 0), ..self.clone() } == Self::default()
    }
}
