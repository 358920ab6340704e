//! The tables of a set inside a `.tar` file, read in place.
//!
//! The headers of the members are read once; a member is then a range of the
//! file. Nothing is unpacked or written.

use std::collections::BTreeMap;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use ledama_tables::storage::{Folder, Source};
use ledama_tables::{Error, Result};

/// A tar of one set, or a folder inside it.
#[derive(Clone)]
pub struct Packed {
    /// The file and the path inside, for messages.
    path: PathBuf,
    /// The path inside.
    inside: PathBuf,
    archive: Arc<Archive>,
}

struct Archive {
    path: PathBuf,
    file: File,
    /// Offset and length of each regular member.
    members: BTreeMap<PathBuf, (u64, u64)>,
}

/// A tar of a set has some hundred members; more than this is another tar.
const MAX_MEMBERS: usize = 100_000;

impl Packed {
    /// Opens a tar and finds the set in it: its only folder with a table.
    pub fn open(path: &Path) -> Result<Self> {
        let damaged = |what: String| Error::Corrupt { path: path.into(), what };
        let io = |error: std::io::Error| damaged(format!("no readable tar file: {error}"));
        let file = File::open(path)
            .map_err(|error| Error::Io { path: path.into(), source: Arc::new(error) })?;
        let length = file.metadata().map_err(io)?.len();
        if length == 0 {
            return Err(damaged("an empty tar file".into()));
        }
        let mut begin = [0; 4];
        let known = file.read_exact_at(&mut begin, 0).is_ok();
        if known && (begin.starts_with(&[0x1f, 0x8b]) || begin == [0x28, 0xb5, 0x2f, 0xfd]) {
            return Err(damaged("is compressed: unpack it to look inside".into()));
        }
        let mut members = BTreeMap::new();
        let reader = file.try_clone().map_err(io)?;
        let mut tar = tar::Archive::new(reader);
        for entry in tar.entries_with_seek().map_err(io)? {
            let entry = entry.map_err(io)?;
            if members.len() >= MAX_MEMBERS {
                return Err(damaged("more files than a set has".into()));
            }
            if entry.header().entry_type().is_file() {
                let (start, size) = (entry.raw_file_position(), entry.size());
                if start.checked_add(size).is_none_or(|end| end > length) {
                    return Err(damaged("is cut off".into()));
                }
                members.insert(clean(&entry.path().map_err(io)?), (start, size));
            }
        }
        let tables = members.keys().filter(|name| name.ends_with("table.dat"));
        // The set is the table that all others are inside of.
        let Some(set) = tables.min_by_key(|name| name.components().count()) else {
            return Err(damaged("holds no table".into()));
        };
        let inside = set.parent().map(Path::to_path_buf).unwrap_or_default();
        let archive = Arc::new(Archive { path: path.into(), file, members });
        Ok(Self { path: archive.path.join(&inside), inside, archive })
    }
}

/// A name without `.` and `..`, which a member of a set has no use for.
fn clean(name: &Path) -> PathBuf {
    name.components().filter(|part| matches!(part, Component::Normal(_))).collect()
}

impl Folder for Packed {
    fn path(&self) -> &Path {
        &self.path
    }

    fn open(&self, name: &str) -> Result<Arc<dyn Source>> {
        let inside = self.inside.join(name);
        let path = self.archive.path.join(&inside);
        match self.archive.members.get(&inside) {
            Some(&(start, len)) => {
                Ok(Arc::new(Member { path, start, len, archive: Arc::clone(&self.archive) }))
            }
            None => Err(Error::NotFound { path, what: "is not in the tar file".into() }),
        }
    }

    fn has(&self, name: &str) -> bool {
        self.archive.members.contains_key(&self.inside.join(name))
    }

    fn folder(&self, relative: &str) -> Result<Arc<dyn Folder>> {
        let mut inside = self.inside.clone();
        for part in Path::new(relative).components() {
            match part {
                Component::Normal(name) => inside.push(name),
                Component::ParentDir => {
                    inside.pop();
                }
                _ => {}
            }
        }
        let path = self.archive.path.join(&inside);
        Ok(Arc::new(Self { path, inside, archive: Arc::clone(&self.archive) }))
    }
}

/// One file inside a tar.
struct Member {
    path: PathBuf,
    start: u64,
    len: u64,
    archive: Arc<Archive>,
}

impl Source for Member {
    fn path(&self) -> &Path {
        &self.path
    }

    fn len(&self) -> u64 {
        self.len
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<()> {
        self.check(offset, buffer.len() as u64)?;
        self.archive.file.read_exact_at(buffer, self.start + offset).map_err(|error| {
            Error::Corrupt { path: self.path.clone(), what: format!("cannot be read: {error}") }
        })
    }
}
