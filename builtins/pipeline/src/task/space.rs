//! Whether what a task makes will fit.

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use ledama_base::operation::{ErrorKind, OperationContext, OperationError};
use ledama_base::quote::show;
use ledama_base::rawtext::{path_text, text_path};
use ledama_base::{units, usage};

use super::{Kind, Task, place};

/// Bytes of a file or tree on the disk; 0 for what is not there.
pub(super) fn disk_bytes(path: &Path, ctx: &dyn OperationContext) -> Result<u64, OperationError> {
    let options = usage::Options { follow_root: true, ..usage::Options::default() };
    usage::measure_one(path.to_path_buf(), options, &|| ctx.cancelled())
        .map(|usage| usage.disk_bytes)
        .map_err(|_| OperationError::new(ErrorKind::Cancelled, "interrupted"))
}

/// Refuses a task whose products, changes and scratch files would not leave
/// the margin free. Sizes are estimates from the first input.
pub(super) fn check(task: &Task, ctx: &dyn OperationContext) -> Result<(), OperationError> {
    let asks = task.growth > 0.0
        || task.scratch_share > 0.0
        || task.products.iter().any(|p| p.bytes > 0 || p.share.is_some());
    if !asks {
        return Ok(());
    }
    let input = match task.inputs.iter().find(|input| input.kind == Kind::Set) {
        Some(input) => disk_bytes(&text_path(&input.path), ctx)?,
        None => 0,
    };
    let mut needs: Vec<(PathBuf, u64)> = Vec::new();
    for product in &task.products {
        let path = text_path(&product.path);
        needs.push((path, product.bytes.max(part(input, product.share.unwrap_or(0.0)))));
    }
    for edited in task.inputs.iter().filter(|input| input.edited) {
        needs.push((text_path(&edited.path), part(input, task.growth)));
    }
    needs.push((place::scratch_root(task), part(input, task.scratch_share)));
    let mut disks: BTreeMap<u64, (PathBuf, u64)> = BTreeMap::new();
    for (path, bytes) in needs.into_iter().filter(|(_, bytes)| *bytes > 0) {
        let Some(there) = path.ancestors().find(|path| path.exists()) else { continue };
        let Ok(meta) = there.metadata() else { continue };
        disks.entry(meta.dev()).or_insert_with(|| (there.to_path_buf(), 0)).1 += bytes;
    }
    for (path, need) in disks.into_values() {
        let what = path_text(&path);
        let room =
            rustix::fs::statvfs(&path).map_err(|e| OperationError::io(show(&what), &e.into()))?;
        let free = room.f_bavail.saturating_mul(room.f_frsize);
        if free < need.saturating_add(task.margin) {
            let message = format!(
                "the disk of {} has {} free; the task needs about {} and {} must stay free",
                show(&what),
                units::human_bytes(free),
                units::human_bytes(need),
                units::human_bytes(task.margin)
            );
            return Err(OperationError::new(ErrorKind::NoSpace, message).help(
                "make room, or choose another disk; `data.free_margin_mib` is what stays free",
            ));
        }
    }
    Ok(())
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)] // an estimate
fn part(bytes: u64, share: f64) -> u64 {
    (bytes as f64 * share.max(0.0)) as u64
}
