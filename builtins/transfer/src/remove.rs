//! Removes a tree: links themselves, never what they point to.

use std::os::fd::{AsFd, OwnedFd};

use rustix::fs::{AtFlags, Dir, FileType, unlinkat};
use rustix::io::Errno;

use crate::facts::Facts;
use crate::folders::open_private;

/// Removes `name` in `folder` with all it holds; nothing there is fine, too.
pub(crate) fn remove_tree(folder: impl AsFd, name: &[u8]) -> Result<(), Errno> {
    match unlinkat(&folder, name, AtFlags::empty()) {
        Ok(()) | Err(Errno::NOENT) => return Ok(()),
        // Linux says the first, POSIX and some network file systems the second.
        Err(Errno::ISDIR | Errno::PERM) => {}
        Err(error) => return Err(error),
    }
    let root = open_private(&folder, name)?;
    let mut levels = vec![Level { inner: empty(&root)?, folder: root, name: name.to_vec() }];
    while let Some(level) = levels.last_mut() {
        if let Some(name) = level.inner.pop() {
            let folder = open_private(&level.folder, &name)?;
            levels.push(Level { inner: empty(&folder)?, folder, name });
            continue;
        }
        let Some(Level { name, .. }) = levels.pop() else { break };
        match levels.last() {
            Some(above) => unlinkat(&above.folder, &*name, AtFlags::REMOVEDIR)?,
            None => unlinkat(&folder, &*name, AtFlags::REMOVEDIR)?,
        }
    }
    Ok(())
}

/// A folder whose files are gone.
struct Level {
    folder: OwnedFd,
    name: Vec<u8>,
    /// Folders in it that are still to be removed.
    inner: Vec<Vec<u8>>,
}

/// Removes all members but folders; answers the names of those.
fn empty(folder: &OwnedFd) -> Result<Vec<Vec<u8>>, Errno> {
    let mut inner = Vec::new();
    for entry in Dir::read_from(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        if name == c"." || name == c".." {
            continue;
        }
        let kind = match entry.file_type() {
            FileType::Unknown => Facts::named(folder, name)?.kind,
            kind => kind,
        };
        if kind == FileType::Directory {
            inner.push(name.to_bytes().to_vec());
        } else {
            unlinkat(folder, name, AtFlags::empty())?;
        }
    }
    Ok(inner)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn all_is_removed_and_nothing_else() {
        let place = tempfile::tempdir().unwrap();
        let root = place.path();
        std::fs::create_dir_all(root.join("t/a/b")).unwrap();
        std::fs::create_dir_all(root.join("t/c")).unwrap();
        std::fs::create_dir(root.join("kept")).unwrap();
        std::fs::write(root.join("kept/file"), "x").unwrap();
        std::fs::write(root.join("t/a/b/file"), "x").unwrap();
        std::os::unix::fs::symlink("../../kept", root.join("t/a/link")).unwrap();
        let shut = std::fs::Permissions::from_mode(0o000);
        std::fs::set_permissions(root.join("t/a/b"), shut).unwrap();
        let folder = std::fs::File::open(root).unwrap();
        remove_tree(&folder, b"t").unwrap();
        assert!(!root.join("t").exists() && root.join("kept/file").exists());
        remove_tree(&folder, b"t").unwrap();
        std::os::unix::fs::symlink("kept", root.join("link")).unwrap();
        remove_tree(&folder, b"link").unwrap();
        assert!(root.join("kept/file").exists());
    }
}
