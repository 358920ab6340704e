//! Whether an archive holds exactly a set that is on the disk.

use std::collections::HashMap;

use ledama_base::operation::OperationError;
use ledama_base::quote::show;

use super::layout::Layout;
use super::pour::{Hash, Telling, hash_file, member_name};
use super::read::{Kind, Member, Reader};
use super::sink::AT_ONCE;
use super::tree::{self, Tree};

/// How the content of files is compared.
#[derive(Debug, Clone, Copy)]
pub(super) enum Content<'a> {
    /// Only their lengths.
    Lengths,
    /// By the hashes that they had when they were packed, one for each entry of the set.
    Hashes(&'a [Option<Hash>]),
    /// Both are read.
    Read,
}

/// What counts as the same.
#[derive(Debug, Clone, Copy)]
pub(super) struct Likeness<'a> {
    pub(super) content: Content<'a>,
    /// Also modes, times and owners.
    pub(super) facts: bool,
}

/// Compares member by member. Answers what differs first, as the end of a
/// sentence; fails if the archive is damaged or something cannot be read.
/// Reads the archive to its very end.
pub(super) fn difference(
    reader: &mut Reader,
    mut layout: Layout<'_>,
    tree: &Tree,
    likeness: Likeness<'_>,
    telling: &Telling<'_>,
) -> Result<Option<String>, OperationError> {
    let places: HashMap<&[u8], usize> =
        tree.entries.iter().enumerate().map(|(index, entry)| (&*entry.path, index)).collect();
    let mut comparing =
        Comparing { tree, likeness, telling, opener: tree.opener(), buffer: vec![0; AT_ONCE] };
    while let Some(member) = reader.next()? {
        telling.at(reader.position())?;
        let Some(accepted) = layout.accept(&member)? else { continue };
        let Some(&index) = places.get(&*accepted.path) else {
            return Ok(Some(format!("it holds `{}`, and the set does not", name(&member.name))));
        };
        let same_as = accepted.same_as.as_ref().and_then(|path| places.get(&**path).copied());
        if let Some(what) = comparing.member(reader, &member, index, same_as)? {
            return Ok(Some(format!("its `{}` differs {what}", name(&member.name))));
        }
    }
    let (held, there) = (layout.count(), tree.entries.len());
    // Nothing twice and nothing unknown, so equal numbers mean the same members.
    Ok((held != there).then(|| format!("it holds {held} members, the set has {there}")))
}

/// The same for an archive that this program has just made of the set: its
/// members come in the order of the entries, and nothing else may be there.
pub(super) fn difference_in_order(
    reader: &mut Reader,
    set: &[u8],
    tree: &Tree,
    content: Content<'_>,
    telling: &Telling<'_>,
) -> Result<Option<String>, OperationError> {
    let likeness = Likeness { content, facts: true };
    let mut comparing =
        Comparing { tree, likeness, telling, opener: tree.opener(), buffer: vec![0; AT_ONCE] };
    for (index, entry) in tree.entries.iter().enumerate() {
        telling.at(reader.position())?;
        let Some(member) = reader.next()? else {
            return Ok(Some(format!("it ends before `{}`", show(&tree.member(index)))));
        };
        if member.name != member_name(set, entry) {
            return Ok(Some(format!("`{}` is not where it should be", show(&tree.member(index)))));
        }
        let same_as = match (&member.kind, &entry.kind) {
            (Kind::HardLink(target), tree::Kind::HardLink(first)) => {
                (*target == member_name(set, &tree.entries[*first])).then_some(*first)
            }
            _ => None,
        };
        if let Some(what) = comparing.member(reader, &member, index, same_as)? {
            return Ok(Some(format!("its `{}` differs {what}", name(&member.name))));
        }
    }
    let more = reader.next()?;
    Ok(more.map(|member| format!("it goes on with `{}`", name(&member.name))))
}

fn name(raw: &[u8]) -> String {
    use std::os::unix::ffi::OsStrExt;
    let text = ledama_base::rawtext::encode(std::ffi::OsStr::from_bytes(raw));
    show(&text).into_owned()
}

struct Comparing<'a> {
    tree: &'a Tree,
    likeness: Likeness<'a>,
    telling: &'a Telling<'a>,
    opener: tree::Opener<'a>,
    buffer: Vec<u8>,
}

impl Comparing<'_> {
    /// The entry with the content of a file that has several names.
    fn first_name(&self, index: usize) -> usize {
        match self.tree.entries[index].kind {
            tree::Kind::HardLink(first) => first,
            _ => index,
        }
    }

    fn member(
        &mut self,
        reader: &mut Reader,
        member: &Member,
        index: usize,
        same_as: Option<usize>,
    ) -> Result<Option<&'static str>, OperationError> {
        let tree = self.tree;
        let entry = &tree.entries[index];
        let first = self.first_name(index);
        match (&member.kind, &entry.kind) {
            (Kind::Folder, tree::Kind::Folder) => {}
            (Kind::Link(told), tree::Kind::Link(there)) if told == there => {}
            (Kind::Link(_), tree::Kind::Link(_)) => return Ok(Some("in where it leads to")),
            // Which of its names comes first is nobody's business.
            (Kind::HardLink(_), tree::Kind::File | tree::Kind::HardLink(_)) => {
                if same_as.map(|other| self.first_name(other)) != Some(first) {
                    return Ok(Some("in which file it is a name of"));
                }
            }
            (Kind::File, tree::Kind::File | tree::Kind::HardLink(_)) => {
                if member.size != tree.entries[first].size {
                    return Ok(Some("in length"));
                }
            }
            _ => return Ok(Some("in kind")),
        }
        let link = matches!(member.kind, Kind::Link(_));
        if self.likeness.facts {
            if !link && member.mode != entry.mode {
                return Ok(Some("in mode"));
            }
            // A program that keeps whole seconds has kept what it could.
            let coarse = member.mtime.nanos == 0 && member.mtime.seconds == entry.mtime.seconds;
            if member.mtime != entry.mtime && !coarse {
                return Ok(Some("in time"));
            }
            if (member.uid, member.gid) != (entry.uid.into(), entry.gid.into()) {
                return Ok(Some("in owner"));
            }
        }
        if member.kind != Kind::File {
            return Ok(None);
        }
        let there = match self.likeness.content {
            Content::Lengths => return Ok(None),
            Content::Hashes(hashes) => hashes.get(first).copied().flatten(),
            Content::Read => {
                let file =
                    self.opener.open(first).map_err(|e| super::fault::at(tree.member(first), e))?;
                Some(hash_file(tree, first, &file, self.telling, reader.position())?)
            }
        };
        let told = reader.hash(member, &mut self.buffer, &|at| self.telling.at(at))?;
        Ok((Some(told) != there).then_some("in content"))
    }
}
