//! What an archive makes of a set, member by member: every name inside the
//! one folder that it is allowed to hold, no name twice, no way through links.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use ledama_base::operation::OperationError;
use ledama_base::quote::show;
use ledama_base::rawtext;

use super::fault;
use super::format::without_hash;
use super::read::{Kind, Member};

/// What stands at a path below the set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Node {
    /// A folder with a member of its own, or only on the way to others.
    Folder {
        told: bool,
    },
    File,
    Link,
    /// A further name of a file.
    HardLink,
}

/// A member that was accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Accepted {
    /// Path below the set; empty for the set itself.
    pub(super) path: Vec<u8>,
    /// Folders above it that have no member of their own so far, the highest first.
    pub(super) missing: Vec<Vec<u8>>,
    /// Of a further name: path of the file, below the set.
    pub(super) same_as: Option<Vec<u8>>,
    /// Whether a folder was needed by others before it came.
    pub(super) made: bool,
}

/// The members so far.
pub(super) struct Layout<'a> {
    /// The archive in text form.
    archive: &'a str,
    /// Name of the archive without its extension.
    wanted: &'a [u8],
    /// Whether links may lead out of the set.
    links_out: bool,
    top: Option<Vec<u8>>,
    nodes: HashMap<Vec<u8>, Node>,
    /// Names of files so far, those of the same file each counted.
    pub(super) files: u64,
    /// Bytes of all files.
    pub(super) bytes: u64,
}

impl<'a> Layout<'a> {
    /// Of an archive whose name, without extension, is `wanted`.
    pub(super) fn new(archive: &'a str, wanted: &'a [u8], links_out: bool) -> Self {
        let nodes = HashMap::new();
        Self { archive, wanted, links_out, top: None, nodes, files: 0, bytes: 0 }
    }

    /// Name of the set; nothing before the first member.
    pub(super) fn top(&self) -> Option<&[u8]> {
        self.top.as_deref()
    }

    /// How many things there are, the set itself and implied folders included.
    pub(super) fn count(&self) -> usize {
        self.nodes.len()
    }

    fn hostile(&self, name: &[u8], what: &str) -> OperationError {
        let name = rawtext::encode(OsStr::from_bytes(name));
        fault::hostile(self.archive, format!("its member `{}` {what}", show(&name)))
    }

    /// Takes the next member; nothing for one that means nothing (`./`).
    pub(super) fn accept(&mut self, member: &Member) -> Result<Option<Accepted>, OperationError> {
        let name = &member.name;
        let parts = self.parts(name, name)?;
        let Some((top, below)) = parts.split_first() else {
            return if member.kind == Kind::Folder {
                Ok(None)
            } else {
                Err(self.hostile(name, "is no folder"))
            };
        };
        self.check_top(name, top)?;
        if below.is_empty() && member.kind != Kind::Folder {
            return Err(self.hostile(name, "is the set itself, but no folder"));
        }
        let missing = self.folders_above(name, below)?;
        let path = below.join(&b'/');
        let (node, same_as) = match &member.kind {
            Kind::Folder => (Node::Folder { told: true }, None),
            Kind::File => (Node::File, None),
            Kind::Link(target) => {
                if !self.links_out && !stays_inside(&below[..below.len() - 1], target) {
                    return Err(self
                        .hostile(name, "is a link that leads out of the set")
                        .help("nothing was unpacked; `--outside-links` keeps such links"));
                }
                (Node::Link, None)
            }
            Kind::HardLink(target) => (Node::HardLink, Some(self.file_of(name, target)?)),
        };
        let made = match (self.nodes.get(&path), node) {
            (None, _) => false,
            (Some(Node::Folder { told: false }), Node::Folder { .. }) => true,
            _ => return Err(self.hostile(name, "occurs twice")),
        };
        for folder in &missing {
            self.nodes.insert(folder.clone(), Node::Folder { told: false });
        }
        if !matches!(node, Node::Folder { .. } | Node::Link) {
            self.files += 1;
            self.bytes = self.bytes.saturating_add(member.size);
        }
        self.nodes.insert(path.clone(), node);
        Ok(Some(Accepted { path, missing, same_as, made }))
    }

    /// The parts of a name, without those that mean nothing.
    fn parts<'n>(&self, of: &[u8], name: &'n [u8]) -> Result<Vec<&'n [u8]>, OperationError> {
        if name.starts_with(b"/") {
            return Err(self.hostile(of, "has an absolute path"));
        }
        let parts: Vec<&[u8]> =
            name.split(|&byte| byte == b'/').filter(|p| !matches!(*p, b"" | b".")).collect();
        if parts.contains(&b"..".as_slice()) {
            return Err(self.hostile(of, "has a path with `..`"));
        }
        Ok(parts)
    }

    fn check_top(&mut self, name: &[u8], top: &[u8]) -> Result<(), OperationError> {
        match &self.top {
            Some(known) if known == top => Ok(()),
            Some(known) => {
                let known = rawtext::encode(OsStr::from_bytes(known));
                let what = format!("is not inside `{}`, as the others are", show(&known));
                Err(self.hostile(name, &what))
            }
            None if top == self.wanted || without_hash(self.wanted) == Some(top) => {
                self.top = Some(top.to_vec());
                Ok(())
            }
            None => {
                let wanted = rawtext::encode(OsStr::from_bytes(self.wanted));
                let what =
                    format!("is not inside `{}`, after which the file is named", show(&wanted));
                Err(self.hostile(name, &what))
            }
        }
    }

    /// The folders above a member that are not there so far. What is there must be folders.
    fn folders_above(&self, name: &[u8], below: &[&[u8]]) -> Result<Vec<Vec<u8>>, OperationError> {
        let mut missing = Vec::new();
        for depth in 0..below.len() {
            let folder = below[..depth].join(&b'/');
            match self.nodes.get(&folder) {
                Some(Node::Folder { .. }) => {}
                Some(Node::Link) => return Err(self.hostile(name, "leads through a link")),
                Some(_) => return Err(self.hostile(name, "leads through a file")),
                None => missing.push(folder),
            }
        }
        Ok(missing)
    }

    /// The file that a further name belongs to, which must have come before it.
    fn file_of(&self, name: &[u8], target: &[u8]) -> Result<Vec<u8>, OperationError> {
        let parts = self.parts(name, target)?;
        let below = match parts.split_first() {
            Some((top, below)) if Some(*top) == self.top.as_deref() => below.join(&b'/'),
            _ => return Err(self.hostile(name, "is a further name of something outside the set")),
        };
        match self.nodes.get(&below) {
            Some(Node::File | Node::HardLink) => Ok(below),
            _ => Err(self.hostile(name, "is a further name of a file that did not come before it")),
        }
    }
}

/// Whether a link in a folder of the set leads to a place in the set. The
/// folder is a real one, so steps up at the beginning are what they seem; a
/// step up after the name of what may itself be a link could end anywhere.
pub(super) fn stays_inside(folder: &[&[u8]], target: &[u8]) -> bool {
    let mut parts = target.split(|&byte| byte == b'/').filter(|p| !matches!(*p, b"" | b"."));
    let up = parts.by_ref().take_while(|part| *part == b"..").count();
    !target.starts_with(b"/") && up <= folder.len() && parts.all(|part| part != b"..")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::archive::header::Time;

    fn member(name: &str, kind: Kind) -> Member {
        Member {
            name: name.into(),
            kind,
            mode: 0o644,
            uid: 0,
            gid: 0,
            mtime: Time::default(),
            size: 0,
            pieces: None,
        }
    }

    fn last(members: &[(&str, Kind)]) -> Result<Option<Accepted>, String> {
        let mut layout = Layout::new("/d/x.MS.tar", b"x.MS", false);
        let mut last = Ok(None);
        for (name, kind) in members {
            last = layout.accept(&member(name, kind.clone())).map_err(|e| e.message);
        }
        last
    }

    #[test]
    fn hostile_members_are_refused() {
        use Kind::{File, Folder};
        let link = |to: &str| Kind::Link(to.into());
        let hard = |to: &str| Kind::HardLink(to.into());
        let cases: &[(&[(&str, Kind)], &str)] = &[
            (&[("/x.MS/a", File)], "has an absolute path"),
            (&[("x.MS/../../a", File)], "has a path with `..`"),
            (&[("../x.MS/a", File)], "has a path with `..`"),
            (&[("a", File)], "is not inside `x.MS`, after which"),
            (&[("x.MS", Folder), ("y.MS/a", File)], "is not inside `x.MS`, as the others"),
            (&[("x.MS", File)], "is the set itself, but no folder"),
            (&[("x.MS", link("/etc"))], "is the set itself, but no folder"),
            (&[("./", File)], "is no folder"),
            (&[("x.MS/a", link("b")), ("x.MS/a/c", File)], "leads through a link"),
            (&[("x.MS/a", File), ("x.MS/a/c", File)], "leads through a file"),
            (&[("x.MS/a", File), ("x.MS/a", File)], "occurs twice"),
            (&[("x.MS/a", File), ("./x.MS//a", link("b"))], "occurs twice"),
            (&[("x.MS/a", Folder), ("x.MS/a/", Folder)], "occurs twice"),
            (&[("x.MS/a/b", File), ("x.MS/a", link("c"))], "occurs twice"),
            (&[("x.MS/a", link("/etc/passwd"))], "leads out of the set"),
            (&[("x.MS/a", link(".."))], "leads out of the set"),
            (&[("x.MS/b/a", link("../c/../../d"))], "leads out of the set"),
            (&[("x.MS/a", link("b/../c"))], "leads out of the set"),
            (&[("x.MS/a", hard("/etc/passwd"))], "has an absolute path"),
            (&[("x.MS/a", hard("../b"))], "has a path with `..`"),
            (&[("x.MS/a", hard("y.MS/b"))], "something outside the set"),
            (&[("x.MS/a", hard("x.MS/b"))], "did not come before it"),
            (&[("x.MS/b", link("c")), ("x.MS/a", hard("x.MS/b"))], "did not come before it"),
            (&[("x.MS/b", Folder), ("x.MS/a", hard("x.MS/b"))], "did not come before it"),
        ];
        for (members, what) in cases {
            let error = last(members).unwrap_err();
            assert!(error.contains(what), "{members:?}: {error}");
        }
    }

    #[test]
    fn what_is_inside_is_taken() {
        use Kind::{File, Folder};
        assert_eq!(last(&[("./", Folder)]).unwrap(), None);
        let deep = last(&[("./x.MS//a/./b/c", File)]).unwrap().unwrap();
        assert_eq!(deep.path, b"a/b/c");
        assert_eq!(deep.missing, [b"".to_vec(), b"a".to_vec(), b"a/b".to_vec()]);
        let late = last(&[("x.MS/a/b", File), ("x.MS/a", Folder)]).unwrap().unwrap();
        assert!(late.made && late.missing.is_empty());
        for inside in ["../c/d", "..", "./e", "e/f/", "../../", ".//../a"] {
            let link = last(&[("x.MS/a/b/c", Kind::Link(inside.into()))]).unwrap().unwrap();
            assert_eq!(link.same_as, None, "{inside}");
        }
        let same = last(&[("x.MS/b", File), ("x.MS/a", Kind::HardLink("x.MS/b".into()))]);
        assert_eq!(same.unwrap().unwrap().same_as, Some(b"b".to_vec()));
        let mut hashed = Layout::new("/d/x.MS_1aF.tar", b"x.MS_1aF", true);
        let out = member("x.MS/a", Kind::Link("/etc".into()));
        assert!(hashed.accept(&out).unwrap().is_some());
        assert_eq!((hashed.top(), hashed.count()), (Some(b"x.MS".as_slice()), 2));
    }
}
