//! Lists what a set consists of.

use std::collections::HashMap;
use std::os::fd::OwnedFd;
use std::path::Path;

use ledama_base::operation::{ErrorKind, OperationError};
use ledama_base::rawtext;
use rustix::fs::{CWD, Dir, FileType, Mode, OFlags, openat, readlinkat};

use crate::entry::{Entry, Kind, Listing, Time, kept_mode};
use crate::facts::{Facts, special_name};
use crate::fault;
use crate::folders::FOLDER;
use crate::wire::MAX_DEPTH;

/// Names shown when something in a set cannot be copied.
const SHOWN: usize = 5;

/// A set as it was found.
#[derive(Debug)]
pub(crate) struct Walk {
    /// Its members.
    pub(crate) listing: Listing,
    /// Facts about each member, to notice later that it changed.
    pub(crate) facts: Vec<Facts>,
    /// Members that are no files, folders or links, as relative paths.
    pub(crate) special: Vec<(Vec<u8>, FileType)>,
}

impl Walk {
    /// An error if there are members that cannot be copied.
    pub(crate) fn refuse_special(&self, path: &Path) -> Result<(), OperationError> {
        let Some((_, kind)) = self.special.first() else { return Ok(()) };
        let root = rawtext::path_text(path);
        let shown: Vec<String> = self
            .special
            .iter()
            .take(SHOWN)
            .map(|(relative, _)| format!("`{}`", member_text(&root, relative)))
            .collect();
        let more = match self.special.len() - shown.len() {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let what = if self.special.len() == 1 {
            format!("is {}", special_name(*kind))
        } else {
            "are pipes, sockets or devices".to_string()
        };
        Err(OperationError::new(ErrorKind::Input, format!("{}{more} {what}", shown.join(", ")))
            .help("only files, folders and links can be copied; move it elsewhere first"))
    }
}

/// The text form of a member of a set.
pub(crate) fn member_text(root: &str, relative: &[u8]) -> String {
    use std::os::unix::ffi::OsStrExt;
    if relative.is_empty() {
        return root.to_string();
    }
    let relative = rawtext::encode(std::ffi::OsStr::from_bytes(relative));
    format!("{}/{relative}", root.trim_end_matches('/'))
}

/// A folder that is being listed.
struct Level {
    index: u32,
    folder: OwnedFd,
    /// Names still to come, the next one last.
    names: Vec<Vec<u8>>,
}

struct Walker<'a> {
    root: String,
    listing: Listing,
    facts: Vec<Facts>,
    special: Vec<(Vec<u8>, FileType)>,
    /// Files with several names, by device and inode.
    linked: HashMap<(u64, u64), u32>,
    check: &'a dyn Fn() -> Result<(), OperationError>,
}

/// Lists the set at `path`. A link at `path` itself is followed, links inside
/// are members. Names in a folder come in the order of their bytes. `check` is
/// asked now and then whether to go on.
pub(crate) fn walk(
    path: &Path,
    check: &dyn Fn() -> Result<(), OperationError>,
) -> Result<Walk, OperationError> {
    let root = rawtext::path_text(path);
    let stat = rustix::fs::stat(path).map_err(|e| fault::at(&root, e))?;
    let facts = Facts::from(&stat);
    let mut walker = Walker {
        root,
        listing: Listing::default(),
        facts: Vec::new(),
        special: Vec::new(),
        linked: HashMap::new(),
        check,
    };
    match facts.kind {
        FileType::Directory => {
            let flags = FOLDER.difference(OFlags::NOFOLLOW);
            let folder =
                openat(CWD, path, flags, Mode::empty()).map_err(|e| fault::at(&walker.root, e))?;
            walker.add(0, b"", Kind::Folder, &facts)?;
            walker.descend(folder)?;
        }
        FileType::RegularFile => {
            walker.add(0, b"", Kind::File, &facts)?;
        }
        kind => walker.special.push((Vec::new(), kind)),
    }
    Ok(Walk { listing: walker.listing, facts: walker.facts, special: walker.special })
}

impl Walker<'_> {
    fn add(
        &mut self,
        parent: u32,
        name: &[u8],
        kind: Kind,
        facts: &Facts,
    ) -> Result<u32, OperationError> {
        let index = self.listing.len();
        if index == u32::MAX {
            return Err(OperationError::new(
                ErrorKind::Input,
                format!("`{}` has too many members", self.root),
            ));
        }
        let is_file = matches!(kind, Kind::File);
        self.listing.entries.push(Entry {
            parent,
            name: name.into(),
            mode: kept_mode(kind == Kind::Folder, facts.mode),
            mtime: facts.mtime,
            size: if is_file { facts.size } else { 0 },
            allocated: if is_file { facts.allocated } else { 0 },
            kind,
        });
        self.facts.push(*facts);
        Ok(index)
    }

    fn descend(&mut self, root: OwnedFd) -> Result<(), OperationError> {
        let mut levels = vec![self.open(0, root)?];
        while let Some(level) = levels.last_mut() {
            let Some(name) = level.names.pop() else {
                levels.pop();
                continue;
            };
            let (index, folder) = (level.index, &level.folder);
            let facts = match Facts::named(folder, &*name) {
                Ok(facts) => facts,
                Err(error) => return Err(self.fault(index, &name, error)),
            };
            match facts.kind {
                FileType::RegularFile => {
                    let kind = self.file(&facts);
                    self.add(index, &name, kind, &facts)?;
                }
                FileType::Symlink => {
                    let target = readlinkat(folder, &*name, Vec::new())
                        .map_err(|e| self.fault(index, &name, e))?;
                    let kind = Kind::Link(target.into_bytes().into());
                    self.add(index, &name, kind, &facts)?;
                }
                FileType::Directory => {
                    let inner = openat(folder, &*name, FOLDER, Mode::empty())
                        .map_err(|e| self.fault(index, &name, e))?;
                    let index = self.add(index, &name, Kind::Folder, &facts)?;
                    if levels.len() >= usize::from(MAX_DEPTH) {
                        return Err(OperationError::new(
                            ErrorKind::Input,
                            format!("folders in `{}` are nested too deeply", self.root),
                        ));
                    }
                    levels.push(self.open(index, inner)?);
                }
                kind => {
                    let path = self.relative(index, &name);
                    self.special.push((path, kind));
                }
            }
        }
        Ok(())
    }

    /// Another name of a known file, or a file of its own.
    fn file(&mut self, facts: &Facts) -> Kind {
        if facts.links < 2 {
            return Kind::File;
        }
        let next = self.listing.len();
        match self.linked.entry((facts.device, facts.inode)) {
            std::collections::hash_map::Entry::Occupied(first) => Kind::HardLink(*first.get()),
            std::collections::hash_map::Entry::Vacant(place) => {
                place.insert(next);
                Kind::File
            }
        }
    }

    fn open(&self, index: u32, folder: OwnedFd) -> Result<Level, OperationError> {
        (self.check)()?;
        let names = names(&folder).map_err(|e| {
            let path = self.listing.path(index);
            fault::at(member_text(&self.root, &path), e)
        })?;
        Ok(Level { index, folder, names })
    }

    fn relative(&self, parent: u32, name: &[u8]) -> Vec<u8> {
        let mut path = self.listing.path(parent);
        if !path.is_empty() {
            path.push(b'/');
        }
        path.extend_from_slice(name);
        path
    }

    fn fault(&self, parent: u32, name: &[u8], error: rustix::io::Errno) -> OperationError {
        let path = member_text(&self.root, &self.relative(parent, name));
        // A name that was there a moment ago.
        if error == rustix::io::Errno::NOENT {
            return changed(&path, "disappeared");
        }
        fault::at(path, error)
    }
}

/// The names in a folder, in falling order of their bytes.
fn names(folder: &OwnedFd) -> Result<Vec<Vec<u8>>, rustix::io::Errno> {
    let mut names = Vec::new();
    for entry in Dir::read_from(folder)? {
        let name = entry?.file_name().to_bytes().to_vec();
        if name != b"." && name != b".." {
            names.push(name);
        }
    }
    names.sort_unstable_by(|a, b| b.cmp(a));
    Ok(names)
}

/// The source is not what it was.
pub(crate) fn changed(path: &str, how: &str) -> OperationError {
    OperationError::new(ErrorKind::Changed, format!("`{path}` {how} while it was copied"))
        .help("wait until nothing writes to it, then run the same command again with --resume")
}

/// Compares a set with what it was; an error names the first member that
/// changed. Answers the files to which something was done that may have left
/// their content alone; only reading them again tells.
pub(crate) fn compare(
    path: &Path,
    before: &Walk,
    after: &Walk,
) -> Result<Vec<u32>, OperationError> {
    let mut touched = Vec::new();
    let root = rawtext::path_text(path);
    let text = |walk: &Walk, index| member_text(&root, &walk.listing.path(index));
    for (index, (was, is)) in
        (0u32..).zip(before.listing.entries.iter().zip(&after.listing.entries))
    {
        if (was.parent, &was.name) != (is.parent, &is.name) {
            return Err(changed(&text(before, was.parent), "got or lost members"));
        }
        let at = usize::try_from(index).unwrap_or(0);
        let (same, alone) = match (before.facts.get(at), after.facts.get(at)) {
            (Some(was), Some(is)) => (was.unwritten(is), was.untouched(is)),
            _ => (false, false),
        };
        if !same || was.kind != is.kind || was.mode != is.mode {
            return Err(changed(&text(before, index), "changed"));
        }
        // Folders are compared name by name, links by their targets, and a
        // further name in the set by the file it is a name of.
        if !alone && was.is_file() {
            touched.push(index);
        }
    }
    if before.listing.len() != after.listing.len() {
        return Err(changed(&root, "got or lost members"));
    }
    if let Some((path, _)) = after.special.first() {
        return Err(changed(&member_text(&root, path), "appeared"));
    }
    Ok(touched)
}

/// The newest time of change in a set.
pub(crate) fn newest(walk: &Walk) -> Option<Time> {
    walk.facts.iter().map(|f| f.mtime).max()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::fs;
    use std::os::unix::ffi::OsStrExt;

    #[allow(clippy::unnecessary_wraps)] // the shape that `walk` asks for
    fn go() -> Result<(), OperationError> {
        Ok(())
    }

    fn tree() -> tempfile::TempDir {
        let place = tempfile::tempdir().unwrap();
        let root = place.path();
        fs::create_dir_all(root.join("b/empty")).unwrap();
        fs::write(root.join("b/x"), "123").unwrap();
        fs::hard_link(root.join("b/x"), root.join("c")).unwrap();
        std::os::unix::fs::symlink("../nowhere", root.join("a")).unwrap();
        fs::write(root.join(std::ffi::OsStr::from_bytes(b"\xff\n")), "").unwrap();
        place
    }

    #[test]
    fn folders_come_before_their_members_and_names_in_order() {
        let place = tree();
        let walk = walk(place.path(), &go).unwrap();
        let paths: Vec<_> = walk.listing.iter().map(|(i, _)| walk.listing.path(i)).collect();
        let expected: [&[u8]; 7] = [b"", b"a", b"b", b"b/empty", b"b/x", b"c", b"\xff\n"];
        assert_eq!(paths, expected);
        assert_eq!(walk.listing.entries[1].kind, Kind::Link((*b"../nowhere").into()));
        assert_eq!(walk.listing.entries[5].kind, Kind::HardLink(4));
        assert_eq!(walk.listing.totals().bytes, 3);
        assert_eq!(walk.listing.totals().files, 3);
    }

    #[test]
    fn a_single_file_and_a_link_to_a_folder_are_sets_too() {
        let place = tree();
        let file = walk(&place.path().join("c"), &go).unwrap();
        assert_eq!((file.listing.len(), file.listing.totals().bytes), (1, 3));
        let link = place.path().join("link");
        std::os::unix::fs::symlink("b", &link).unwrap();
        assert_eq!(walk(&link, &go).unwrap().listing.len(), 3);
        assert_eq!(walk(&place.path().join("a"), &go).unwrap_err().kind, ErrorKind::NotFound);
    }

    #[test]
    fn pipes_are_named() {
        let place = tree();
        let pipe = place.path().join("b/pipe");
        rustix::fs::mkfifoat(CWD, &pipe, Mode::RUSR).unwrap();
        let walk = walk(place.path(), &go).unwrap();
        let error = walk.refuse_special(place.path()).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Input);
        assert!(error.message.contains("b/pipe` is a named pipe"), "{}", error.message);
    }

    #[test]
    fn every_change_is_noticed() {
        type Change = fn(&Path);
        let changes: [(&str, Change); 6] = [
            ("grown", |p| fs::write(p.join("b/x"), "1234").unwrap()),
            ("same size", |p| fs::write(p.join("b/x"), "321").unwrap()),
            ("new", |p| fs::write(p.join("b/new"), "").unwrap()),
            ("gone", |p| fs::remove_file(p.join("c")).unwrap()),
            ("renamed", |p| fs::rename(p.join("c"), p.join("d")).unwrap()),
            ("another", |p| {
                fs::write(p.join("n"), "123").unwrap();
                fs::rename(p.join("n"), p.join("c")).unwrap();
            }),
        ];
        for (what, change) in changes {
            let place = tree();
            let before = walk(place.path(), &go).unwrap();
            let after = walk(place.path(), &go).unwrap();
            assert!(compare(place.path(), &before, &after).unwrap().is_empty());
            // Clocks of file systems advance with the tick of the kernel only.
            std::thread::sleep(std::time::Duration::from_millis(20));
            change(place.path());
            let after = walk(place.path(), &go).unwrap();
            let error = compare(place.path(), &before, &after).unwrap_err();
            assert_eq!(error.kind, ErrorKind::Changed, "{what}");
        }
    }

    #[test]
    fn what_may_have_left_the_content_alone_is_no_change_by_itself() {
        let place = tree();
        let elsewhere = tempfile::tempdir_in(place.path().parent().unwrap()).unwrap();
        let before = walk(place.path(), &go).unwrap();
        std::thread::sleep(std::time::Duration::from_millis(20));
        // As a backup does, or who gives a set to somebody else.
        fs::hard_link(place.path().join("b/x"), elsewhere.path().join("x")).unwrap();
        fs::set_permissions(place.path().join("b"), {
            fs::metadata(place.path().join("b")).unwrap().permissions()
        })
        .unwrap();
        let after = walk(place.path(), &go).unwrap();
        assert_eq!(compare(place.path(), &before, &after).unwrap(), [4]);
    }

    #[test]
    fn a_walk_stops_when_asked() {
        let place = tree();
        let stop = || Err(OperationError::new(ErrorKind::Cancelled, "interrupted"));
        assert_eq!(walk(place.path(), &stop).unwrap_err().kind, ErrorKind::Cancelled);
    }
}
