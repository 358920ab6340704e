//! The two forms of lists, read strictly.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use ledama_base::rawtext;
use serde::{Deserialize, Serialize};

use super::Entry;
use crate::error::ArchiveError;

/// What the root list tells.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Root {
    /// Names of the dataset folders, in the order of the list.
    pub folders: Vec<String>,
    /// Free space, bytes, if the list tells it.
    pub free_bytes: Option<u64>,
}

/// Whether a text can be the name of a dataset folder: letters, digits, `.`,
/// `_` and `-`, and not `.` or `..`.
pub(super) fn is_folder_name(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    !name.is_empty() && name.chars().all(plain) && !name.starts_with('.') && !name.starts_with('-')
}

/// Reads a root list: lines `./FOLDER`, and `Available space: 120.5T`. Other
/// lines mean nothing.
///
/// # Errors
/// [`ArchiveError::Line`] for a free space that is no size.
pub fn root_list(text: &[u8], list: &str) -> Result<Root, ArchiveError> {
    let mut root = Root::default();
    for (number, line) in lines(text) {
        let line = String::from_utf8_lossy(line);
        if let Some(folder) = line.strip_prefix("./") {
            let folder = folder.trim().trim_end_matches('/');
            // Files of the archive's keepers lie beside the datasets.
            if is_folder_name(folder) {
                root.folders.push(folder.to_string());
            }
        } else if let Some((_, space)) = line.split_once("Available space:") {
            let bytes = size(space.trim()).ok_or_else(|| ArchiveError::Line {
                list: list.to_string(),
                line: number,
                problem: format!("`{}` is no size", space.trim()),
            })?;
            root.free_bytes = Some(bytes);
        }
    }
    Ok(root)
}

/// Reads the file list of a dataset folder: lines of a size in MiB, blanks,
/// and a path below the folder, which may have blanks itself. The line of the
/// list itself is left out.
///
/// # Errors
/// [`ArchiveError::Line`] for any other line.
pub fn file_list(text: &[u8], folder: &str, name: &str) -> Result<Vec<Entry>, ArchiveError> {
    let list = format!("{folder}/{name}");
    let mut entries = Vec::new();
    for (number, line) in lines(text) {
        let read = file_line(line).map_err(|problem| ArchiveError::Line {
            list: list.clone(),
            line: number,
            problem: problem.to_string(),
        })?;
        let Some((size_mb, path)) = read else { continue };
        if path == name.as_bytes() {
            continue;
        }
        let path = format!("{folder}/{}", rawtext::encode(OsStr::from_bytes(path)));
        entries.push(Entry { path, size_mb });
    }
    Ok(entries)
}

/// One line of a file list: the size in MiB and the path as bytes; nothing for
/// an empty line.
///
/// # Errors
/// What is wrong with the line.
pub fn file_line(line: &[u8]) -> Result<Option<(u64, &[u8])>, &'static str> {
    let line = line.trim_ascii();
    if line.is_empty() {
        return Ok(None);
    }
    let blank = line.iter().position(|b| matches!(b, b' ' | b'\t'));
    let (size, path) = line.split_at(blank.ok_or("no size and path")?);
    let size_mb = std::str::from_utf8(size)
        .ok()
        .and_then(|size| size.parse().ok())
        .ok_or("the size is no whole number")?;
    let path = path.trim_ascii_start();
    let path = path.strip_prefix(b"./").unwrap_or(path);
    if !is_plain_path(path) {
        return Err("the path leads out of its folder or is not plain");
    }
    Ok(Some((size_mb, path)))
}

/// Whether a path below a folder stays there and has no empty parts.
fn is_plain_path(path: &[u8]) -> bool {
    let hostile = |part: &[u8]| part.is_empty() || part == b"." || part == b"..";
    !path.contains(&0) && !path.split(|b| *b == b'/').any(hostile)
}

/// Lines with their numbers, without the ends of lines of other systems.
pub fn lines(text: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let lines = text.split(|b| *b == b'\n').enumerate();
    lines.map(|(k, line)| (k + 1, line.strip_suffix(b"\r").unwrap_or(line)))
}

/// Bytes of a size such as `120.5T` or `800 GB`; units are powers of 1024, as
/// the `df -h` of the archive's side prints them.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // Checked to be a small positive number.
fn size(text: &str) -> Option<u64> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let unit = unit.trim().trim_end_matches("iB").trim_end_matches(['B', 'b']);
    let power = match unit {
        "" => 0,
        _ => "KMGTP".find(unit.to_ascii_uppercase().as_str()).filter(|_| unit.len() == 1)? + 1,
    };
    let bytes = number.parse::<f64>().ok()? * 1024_f64.powi(i32::try_from(power).ok()?);
    (bytes < 1e18).then_some(bytes as u64)
}
