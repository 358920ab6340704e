//! What a set on the disk consists of, and whether it is still what it was.
//!
//! Links inside the set are members and never followed; every name is looked
//! up in a folder that is held open.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ledama_base::operation::{ErrorKind, OperationContext, OperationError};
use ledama_base::rawtext;
use rustix::fs::{
    AtFlags, CWD, Dir, FileType, Mode, OFlags, Stat, fstat, openat, readlinkat, statat,
};
use rustix::io::Errno;

use super::fault;
use super::header::Time;
use super::layout::stays_inside;

/// Folders inside folders, at most: far beyond any data, and each costs a descriptor.
const DEEPEST: usize = 200;

const FOLDER: OFlags =
    OFlags::DIRECTORY.union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC).union(OFlags::RDONLY);

/// What a member is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    Folder,
    File,
    /// A symbolic link and what it says.
    Link(Vec<u8>),
    /// A further name of the file with that index.
    HardLink(usize),
}

/// A member of a set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    /// The folder that holds it; that of the set itself is the set.
    parent: usize,
    /// Path below the set; empty for the set itself.
    pub(super) path: Vec<u8>,
    pub(super) kind: Kind,
    /// Permission bits, all twelve.
    pub(super) mode: u32,
    pub(super) uid: u32,
    pub(super) gid: u32,
    /// Bytes of a file; 0 for everything else.
    pub(super) size: u64,
    /// Bytes on the disk.
    pub(super) allocated: u64,
    pub(super) mtime: Time,
    facts: Facts,
}

impl Entry {
    /// The last part of its path.
    fn name(&self) -> &[u8] {
        let at = self.path.iter().rposition(|&byte| byte == b'/').map_or(0, |at| at + 1);
        &self.path[at..]
    }

    /// Whether these facts are those of the same file that nobody has touched.
    fn untouched(&self, facts: &Facts) -> bool {
        let kind = match self.kind {
            Kind::Folder => FileType::Directory,
            Kind::Link(_) => FileType::Symlink,
            Kind::File | Kind::HardLink(_) => FileType::RegularFile,
        };
        // The length of a folder says nothing, and blocks change by themselves.
        let same_size = self.kind != Kind::File || self.size == facts.size;
        facts.kind == kind && same_size && self.facts.same(facts)
    }
}

/// What the system says about a file, in types that are the same everywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Facts {
    kind: FileType,
    mode: u32,
    uid: u32,
    gid: u32,
    size: u64,
    allocated: u64,
    mtime: Time,
    ctime: Time,
    device: u64,
    inode: u64,
}

impl Facts {
    fn same(&self, other: &Self) -> bool {
        (self.mode, self.uid, self.gid) == (other.mode, other.uid, other.gid)
            && (self.mtime, self.ctime) == (other.mtime, other.ctime)
            && (self.device, self.inode) == (other.device, other.inode)
    }
}

// The fields of `Stat` have other types on other machines; what they hold fits.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::unnecessary_cast,
    clippy::cast_lossless
)]
impl From<&Stat> for Facts {
    fn from(stat: &Stat) -> Self {
        Self {
            kind: FileType::from_raw_mode(stat.st_mode),
            mode: stat.st_mode as u32 & 0o7777,
            uid: stat.st_uid as u32,
            gid: stat.st_gid as u32,
            size: stat.st_size as u64,
            allocated: (stat.st_blocks as u64).saturating_mul(512),
            mtime: Time { seconds: stat.st_mtime as i64, nanos: stat.st_mtime_nsec as u32 },
            ctime: Time { seconds: stat.st_ctime as i64, nanos: stat.st_ctime_nsec as u32 },
            device: stat.st_dev as u64,
            inode: stat.st_ino as u64,
        }
    }
}

/// A set as it was found.
pub(super) struct Tree {
    /// The set itself first, folders before what they hold.
    pub(super) entries: Vec<Entry>,
    /// Path of the set in text form.
    pub(super) text: String,
    root: OwnedFd,
}

impl Tree {
    /// Lists the set at `path` so that every later change can be noticed.
    pub(super) fn list_settled(
        path: &Path,
        ctx: &dyn OperationContext,
    ) -> Result<Self, OperationError> {
        let began = SystemTime::now();
        let tree = Self::list(path, ctx)?;
        let Some(wait) = tree.unsettled(began) else { return Ok(tree) };
        std::thread::sleep(wait);
        // Whoever still writes to it now is noticed when it is packed.
        Self::list(path, ctx)
    }

    /// Lists the set at `path`. If that is a link, what it leads to.
    pub(super) fn list(path: &Path, ctx: &dyn OperationContext) -> Result<Self, OperationError> {
        let text = rawtext::path_text(path);
        let root = openat(CWD, path, FOLDER.difference(OFlags::NOFOLLOW), Mode::empty())
            .map_err(|e| fault::at(&text, e))?;
        let stat = fstat(&root).map_err(|e| fault::at(&text, e))?;
        let inner = openat(&root, c".", FOLDER, Mode::empty()).map_err(|e| fault::at(&text, e))?;
        let mut lister = Lister { text, entries: Vec::new(), linked: HashMap::new(), ctx };
        lister.add(0, Vec::new(), Kind::Folder, &stat);
        lister.descend(inner)?;
        Ok(Self { entries: lister.entries, text: lister.text, root })
    }

    /// Text form of the path of a member.
    pub(super) fn member(&self, index: usize) -> String {
        member_text(&self.text, self.entries.get(index).map_or(b"", |entry| &entry.path))
    }

    /// Bytes of all files, each counted once.
    pub(super) fn bytes(&self) -> u64 {
        self.entries.iter().map(|entry| entry.size).sum()
    }

    /// Names of files that are in it.
    pub(super) fn files(&self) -> u64 {
        let files =
            self.entries.iter().filter(|e| matches!(e.kind, Kind::File | Kind::HardLink(_)));
        files.count() as u64
    }

    /// Blocks on the disk, bytes.
    pub(super) fn disk_bytes(&self) -> u64 {
        let counted = self.entries.iter().filter(|e| !matches!(e.kind, Kind::HardLink(_)));
        counted.map(|entry| entry.allocated).sum()
    }

    /// Whether there are symbolic links that lead out of the set.
    pub(super) fn has_links_out(&self) -> bool {
        self.entries.iter().any(|entry| {
            let Kind::Link(target) = &entry.kind else { return false };
            let parts: Vec<&[u8]> = entry.path.split(|&byte| byte == b'/').collect();
            !stays_inside(&parts[..parts.len() - 1], target)
        })
    }

    /// Looks at every member again, and fails if anything is not as it was.
    pub(super) fn expect_unchanged(
        &self,
        path: &Path,
        ctx: &dyn OperationContext,
    ) -> Result<(), OperationError> {
        match self.first_change(path, ctx)? {
            None => Ok(()),
            Some(member) => Err(fault::changed(&member)),
        }
    }

    /// Path of the first member that is not what it was. Nothing is listed
    /// anew: a name more or less is a touch of its folder.
    fn first_change(
        &self,
        path: &Path,
        ctx: &dyn OperationContext,
    ) -> Result<Option<String>, OperationError> {
        let mut opener = self.opener();
        for (index, entry) in self.entries.iter().enumerate() {
            if index % 256 == 0 {
                ctx.check()?;
            }
            let stat = if index == 0 {
                rustix::fs::stat(path)
            } else {
                opener
                    .folder(entry.parent)
                    .and_then(|folder| statat(folder, entry.name(), AtFlags::SYMLINK_NOFOLLOW))
            };
            if !stat.is_ok_and(|stat| entry.untouched(&Facts::from(&stat))) {
                return Ok(Some(self.member(index)));
            }
        }
        Ok(None)
    }

    /// Whether a change since it `began` to be listed could go unnoticed, because
    /// the clock of the file system may still have shown the time of the last one;
    /// how long to wait then.
    fn unsettled(&self, began: SystemTime) -> Option<Duration> {
        let newest = self.entries.iter().map(|entry| entry.facts.ctime).max()?;
        let whole = self.entries.iter().all(|entry| entry.facts.ctime.nanos == 0);
        // Steps of the clock: a tick of the kernel, or a second on old file systems.
        let step = if whole { Duration::from_secs(2) } else { Duration::from_millis(20) };
        let since_1970 = Duration::new(u64::try_from(newest.seconds).ok()?, newest.nanos);
        let age = began.duration_since(UNIX_EPOCH + since_1970);
        let old = age.is_ok_and(|age| age > step);
        (!old).then_some(step)
    }

    /// What opens files of the set.
    pub(super) fn opener(&self) -> Opener<'_> {
        Opener { tree: self, open: Vec::new() }
    }
}

/// Text form of a path below a set.
pub(super) fn member_text(set: &str, relative: &[u8]) -> String {
    if relative.is_empty() {
        return set.to_string();
    }
    let relative = rawtext::encode(OsStr::from_bytes(relative));
    format!("{}/{relative}", set.trim_end_matches('/'))
}

struct Lister<'a> {
    text: String,
    entries: Vec<Entry>,
    /// Files with several names, by device and inode.
    linked: HashMap<(u64, u64), usize>,
    ctx: &'a dyn OperationContext,
}

/// A folder that is being listed.
struct Level {
    index: usize,
    folder: OwnedFd,
    /// Names still to come, the next one last.
    names: Vec<Vec<u8>>,
}

impl Lister<'_> {
    fn add(&mut self, parent: usize, path: Vec<u8>, kind: Kind, stat: &Stat) -> usize {
        let facts = Facts::from(stat);
        let size = if kind == Kind::File { facts.size } else { 0 };
        let Facts { mode, uid, gid, allocated, mtime, .. } = facts;
        self.entries.push(Entry {
            parent,
            path,
            kind,
            mode,
            uid,
            gid,
            size,
            allocated,
            mtime,
            facts,
        });
        self.entries.len() - 1
    }

    fn descend(&mut self, root: OwnedFd) -> Result<(), OperationError> {
        let mut levels = vec![self.open(0, root)?];
        while let Some(level) = levels.last_mut() {
            let Some(name) = level.names.pop() else {
                levels.pop();
                continue;
            };
            let parent = level.index;
            let mut path = self.entries[parent].path.clone();
            if !path.is_empty() {
                path.push(b'/');
            }
            path.extend_from_slice(&name);
            if let Some((index, folder)) = self.member(parent, path, &name, &level.folder)? {
                if levels.len() >= DEEPEST {
                    let message = format!("the folders in `{}` are nested too deeply", self.text);
                    return Err(OperationError::new(ErrorKind::Input, message));
                }
                levels.push(self.open(index, folder)?);
            }
        }
        Ok(())
    }

    /// Adds what has that name. Answers a folder, to be listed next.
    fn member(
        &mut self,
        parent: usize,
        path: Vec<u8>,
        name: &[u8],
        folder: &OwnedFd,
    ) -> Result<Option<(usize, OwnedFd)>, OperationError> {
        let text = || member_text(&self.text, &path);
        let failed = |error| match error {
            // A name that was there a moment ago.
            Errno::NOENT => fault::changed(&text()),
            error => fault::at(text(), error),
        };
        let stat = statat(folder, name, AtFlags::SYMLINK_NOFOLLOW).map_err(failed)?;
        let kind = match FileType::from_raw_mode(stat.st_mode) {
            FileType::RegularFile => self.file(&stat),
            FileType::Symlink => {
                Kind::Link(readlinkat(folder, name, Vec::new()).map_err(failed)?.into_bytes())
            }
            FileType::Directory => {
                let inner = openat(folder, name, FOLDER, Mode::empty()).map_err(failed)?;
                return Ok(Some((self.add(parent, path, Kind::Folder, &stat), inner)));
            }
            kind => {
                let what = special(kind);
                return Err(OperationError::new(
                    ErrorKind::Input,
                    format!("`{}` is {what}", text()),
                )
                .help("only files, folders and links can be packed; move it elsewhere first"));
            }
        };
        self.add(parent, path, kind, &stat);
        Ok(None)
    }

    /// Another name of a known file, or a file of its own.
    fn file(&mut self, stat: &Stat) -> Kind {
        if stat.st_nlink < 2 {
            return Kind::File;
        }
        let next = self.entries.len();
        let Facts { device, inode, .. } = Facts::from(stat);
        let first = *self.linked.entry((device, inode)).or_insert(next);
        if first == next { Kind::File } else { Kind::HardLink(first) }
    }

    fn open(&self, index: usize, folder: OwnedFd) -> Result<Level, OperationError> {
        self.ctx.check()?;
        let failed = |e: Errno| fault::at(member_text(&self.text, &self.entries[index].path), e);
        let mut names = Vec::new();
        for entry in Dir::read_from(&folder).map_err(failed)? {
            let name = entry.map_err(failed)?.file_name().to_bytes().to_vec();
            if name != b"." && name != b".." {
                names.push(name);
            }
        }
        names.sort_unstable_by(|a, b| b.cmp(a));
        Ok(Level { index, folder, names })
    }
}

fn special(kind: FileType) -> &'static str {
    match kind {
        FileType::Fifo => "a named pipe",
        FileType::Socket => "a socket",
        FileType::CharacterDevice | FileType::BlockDevice => "a device",
        _ => "of an unknown kind",
    }
}

/// Opens files of a set one after the other; keeps the folders open that lead
/// to the last one, so files in order cost one call each.
pub(super) struct Opener<'a> {
    tree: &'a Tree,
    open: Vec<(usize, OwnedFd)>,
}

impl Opener<'_> {
    /// Opens a file for reading, unless it is a link by now.
    pub(super) fn open(&mut self, index: usize) -> io::Result<File> {
        let tree = self.tree;
        let entry = &tree.entries[index];
        let folder = self.folder(entry.parent)?;
        // Something else of that name must not make this wait.
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        Ok(openat(folder, entry.name(), flags, Mode::empty())?.into())
    }

    fn folder(&mut self, index: usize) -> Result<BorrowedFd<'_>, Errno> {
        let mut missing = Vec::new();
        let mut at = index;
        while at != 0 && !self.open.iter().any(|(open, _)| *open == at) {
            missing.push(at);
            at = self.tree.entries[at].parent;
        }
        // What is open below the nearest known folder leads elsewhere.
        while self.open.last().is_some_and(|(open, _)| *open != at) {
            self.open.pop();
        }
        for index in missing.into_iter().rev() {
            let above = self.open.last().map_or(self.tree.root.as_fd(), |(_, fd)| fd.as_fd());
            let inner = openat(above, self.tree.entries[index].name(), FOLDER, Mode::empty())?;
            self.open.push((index, inner));
        }
        Ok(self.open.last().map_or(self.tree.root.as_fd(), |(_, fd)| fd.as_fd()))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::fs;
    use std::io::Read as _;

    use super::*;
    use crate::testing::Alone;

    fn tree() -> tempfile::TempDir {
        let place = tempfile::tempdir().unwrap();
        let root = place.path();
        fs::create_dir_all(root.join("b/empty")).unwrap();
        fs::create_dir_all(root.join("b/z/y")).unwrap();
        fs::write(root.join("b/x"), "123").unwrap();
        fs::write(root.join("b/z/y/deep"), "deep").unwrap();
        fs::hard_link(root.join("b/x"), root.join("c")).unwrap();
        std::os::unix::fs::symlink("../nowhere", root.join("a")).unwrap();
        fs::write(root.join(OsStr::from_bytes(b"\xff\n")), "").unwrap();
        place
    }

    fn list(place: &tempfile::TempDir) -> Tree {
        Tree::list(place.path(), &Alone::default()).unwrap()
    }

    #[test]
    fn folders_come_before_their_members_and_names_in_order() {
        let place = tree();
        let tree = list(&place);
        let paths: Vec<&[u8]> = tree.entries.iter().map(|e| &*e.path).collect();
        let expected: [&[u8]; 10] =
            [b"", b"a", b"b", b"b/empty", b"b/x", b"b/z", b"b/z/y", b"b/z/y/deep", b"c", b"\xff\n"];
        assert_eq!(paths, expected);
        assert_eq!(tree.entries[1].kind, Kind::Link(b"../nowhere".to_vec()));
        assert_eq!(tree.entries[8].kind, Kind::HardLink(4));
        assert_eq!((tree.bytes(), tree.files()), (7, 4));
    }

    #[test]
    fn files_are_opened_in_any_order() {
        let place = tree();
        let tree = list(&place);
        let mut opener = tree.opener();
        for (index, content) in [(7, "deep"), (4, "123"), (9, ""), (7, "deep"), (8, "123")] {
            let mut text = String::new();
            opener.open(index).unwrap().read_to_string(&mut text).unwrap();
            assert_eq!(text, content);
        }
        assert!(opener.open(1).is_err(), "a link is not followed");
    }

    #[test]
    fn every_touch_is_noticed() {
        type Touch = fn(&Path);
        let touches: [(&str, Touch); 7] = [
            ("grown", |p| fs::write(p.join("b/x"), "1234").unwrap()),
            ("same size", |p| fs::write(p.join("b/x"), "321").unwrap()),
            ("new", |p| fs::write(p.join("b/new"), "").unwrap()),
            ("gone", |p| fs::remove_file(p.join("c")).unwrap()),
            ("renamed", |p| fs::rename(p.join("c"), p.join("d")).unwrap()),
            ("linked", |p| fs::hard_link(p.join("b/z/y/deep"), p.join("more")).unwrap()),
            ("other link", |p| {
                fs::remove_file(p.join("a")).unwrap();
                std::os::unix::fs::symlink("../elsewhere", p.join("a")).unwrap();
            }),
        ];
        for (what, touch) in touches {
            let place = tree();
            let before = list(&place);
            before.expect_unchanged(place.path(), &Alone::default()).unwrap();
            // Clocks of file systems advance with the tick of the kernel only.
            std::thread::sleep(std::time::Duration::from_millis(20));
            touch(place.path());
            let error = before.expect_unchanged(place.path(), &Alone::default()).unwrap_err();
            assert_eq!(error.kind, ErrorKind::Changed, "{what}");
        }
    }

    #[test]
    fn pipes_are_named() {
        let place = tree();
        rustix::fs::mkfifoat(CWD, place.path().join("b/pipe"), Mode::RUSR).unwrap();
        let error = Tree::list(place.path(), &Alone::default()).err().unwrap();
        assert_eq!(error.kind, ErrorKind::Input);
        assert!(error.message.ends_with("b/pipe` is a named pipe"), "{}", error.message);
    }
}
