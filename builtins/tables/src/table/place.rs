//! Where the tables are that others name.

use std::path::Path;
use std::sync::Arc;

use crate::error::Result;
use crate::storage::Folder;

/// The folder that a stored table name means: `./` marks a name relative to
/// the parent of this table, `././` one relative to this table itself.
///
/// A name such as `a/b.tab/.` that ends this table's path means the folder
/// around `a`.
///
/// Source: `casacore/casa/OS/Path.cc` (`addDirectory`, `stripDirectory`).
pub(super) fn resolve(folder: &dyn Folder, name: &str) -> Result<Arc<dyn Folder>> {
    if let Some(inside) = name.strip_prefix("././") {
        folder.folder(inside)
    } else if let Some(levels) = ancestor(folder.path(), name) {
        folder.folder(&vec![".."; levels].join("/"))
    } else if let Some(beside) = name.strip_prefix("./") {
        folder.folder(&format!("../{beside}"))
    } else {
        folder.folder(name)
    }
}

/// How many folders up the table is, where the name says so.
fn ancestor(path: &Path, name: &str) -> Option<usize> {
    let tail = Path::new(name.strip_suffix("/.")?);
    (tail.is_relative() && path.ends_with(tail)).then(|| tail.components().count())
}
