//! What a task may replace when it is told to: only what such a task makes. A
//! wrong name in a parset must not cost an observation folder.

use std::path::{Path, PathBuf};

use ledama_base::operation::{ErrorKind, OperationError};
use ledama_base::quote::show;
use ledama_base::rawtext::{path_text, text_path};

use super::{Kind, Product, Task, place, provenance};

/// Refuses products that are there, unless they may be replaced.
pub(super) fn check(task: &Task) -> Result<(), OperationError> {
    for product in &task.products {
        for there in there(product)? {
            if !task.overwrite {
                let what =
                    if task.resume { "is there and does not pass its checks" } else { "exists" };
                let message = format!("product {} {what}", show(&product.path));
                return Err(OperationError::new(ErrorKind::Exists, message).help(
                    "`--overwrite` replaces it, `--resume` takes products that pass their checks",
                ));
            }
            if !is_such(product, &there) {
                let message = format!(
                    "{} is {}: it is not replaced",
                    show(&path_text(&there)),
                    other(product.kind)
                );
                return Err(OperationError::new(ErrorKind::Refused, message)
                    .help("choose another name for the product"));
            }
        }
    }
    Ok(())
}

/// What has the name of a product. Where that cannot be found out nothing may be replaced.
fn there(product: &Product) -> Result<Vec<PathBuf>, OperationError> {
    let path = text_path(product.path.trim_end_matches('/'));
    let found = if product.kind == Kind::Prefix {
        place::of_prefix(&path)
    } else {
        match path.symlink_metadata() {
            Ok(_) => Ok(vec![path]),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(vec![]),
            Err(error) => Err(error),
        }
    };
    found.map_err(|error| OperationError::io(show(&product.path), &error))
}

/// Whether what is there could be an earlier product of the same kind.
fn is_such(product: &Product, there: &Path) -> bool {
    let Ok(meta) = there.symlink_metadata() else { return true };
    let table = || meta.is_dir() && there.join("table.dat").is_file();
    match product.kind {
        Kind::Set => table(),
        Kind::File => !meta.is_dir(),
        Kind::Prefix => !meta.is_dir() || table(),
        Kind::Folder => table() || (meta.is_dir() && provenance::path(&product.path).is_file()),
    }
}

fn other(kind: Kind) -> &'static str {
    match kind {
        Kind::Set => "no measurement set",
        Kind::File => "a folder",
        Kind::Prefix => "a folder that is no image",
        Kind::Folder => "no image and no product of ours",
    }
}
