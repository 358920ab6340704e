//! A file of digests, read.

use std::fmt::Write as _;
use std::ops::Range;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use ledama_base::operation::{ErrorKind, OperationError};
use ledama_base::quote::show;
use ledama_base::rawtext;

use super::algorithm::{Algorithm, Sum};
use super::line::{self, Line};

/// How the file begins.
const TITLE: &str = "# ledama digests ";

/// Version of the form.
const VERSION: u32 = 1;

const ALGORITHM: &str = "# algorithm: ";
const SET: &str = "# set: ";
const TREE: &str = "# tree: ";
const COMPLETE: &str = "# complete: ";

/// A file of digests.
///
/// It is UTF-8 text of lines that end in a line feed; those that begin with
/// `#` tell about the others:
///
/// ```text
/// # ledama digests 1
/// # algorithm: md5
/// # created: 2013-04-02T10:11:12Z
/// # set: node011:/data1/users/lofareor/L2013_80897/L80897_SAP000_SB000_uv.MS
/// 9e107d9d372bb6826bd81d3542a419d6  node011:ANTENNA/table.dat
/// 0cc175b9c0f1b6a831c399e269772661 @node011:link
/// d41d8cd98f00b204e9800998ecf8427e  node011:table.f0
/// # tree: 64d1bb25f0d34cfd2c6b8b8a2d6a7a52 files=2 links=1 bytes=43
/// # complete: 1 sets
/// ```
///
/// The first line has the version of the form, 1. A set begins with `# set:`,
/// its node and path, and ends with `# tree:`; one without that end was cut off
/// and does not count. Between them stands a line for each file, sorted by the
/// bytes of the path inside the set: its digest, two blanks, the node, a colon,
/// the path. A set that is one file has one line, with the name of the file. A
/// link inside a set is not followed; its line has a blank and `@` in the place
/// of the two blanks and the digest of the path it points to. Folders have no
/// lines. A line whose path holds a backslash, line feed or carriage return
/// begins with a backslash and has `\\`, `\n`, `\r` in their place; the path
/// after `# set:` has the same without the mark. Bytes of a path that are no
/// UTF-8 are the characters U+EF80 to U+EFFF (see [`ledama_base::rawtext`]).
///
/// The digest of the tree is that of the lines of the set without node and
/// colon, each with its line feed, in the bytes of the names themselves: what
/// `md5sum` prints for the same files in the same order. It does not depend on
/// the place of the set. The last line is there when all sets that were asked
/// for are; otherwise each of those that lack is told by `# missing:`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Digests {
    text: String,
    algorithm: Algorithm,
    complete: bool,
    sets: Vec<SetDigests>,
}

/// What the file tells of one set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetDigests {
    /// Its node.
    pub node: String,
    /// Its path in text form.
    pub path: String,
    /// Digest of the tree.
    pub digest: String,
    /// All of it in the text of the file, with its first and last line.
    pub(super) place: Range<usize>,
    /// Its lines in the text of the file.
    lines: Range<usize>,
}

/// Why a file of digests cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {reason}")]
pub struct DocumentError {
    /// From 1.
    pub line: usize,
    /// What is wrong, without a final dot.
    pub reason: String,
}

/// A file or link of a set, for comparing.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Member {
    /// Bytes of its path inside the set.
    pub(super) path: Vec<u8>,
    /// Kind and digest.
    pub(super) content: (line::Kind, String),
}

impl Digests {
    /// Reads a file.
    pub fn open(path: &Path) -> Result<Self, OperationError> {
        let shown = rawtext::path_text(path);
        let shown = show(&shown);
        let text = std::fs::read(path).map_err(|error| OperationError::io(&shown, &error))?;
        let bad = |reason: String| {
            OperationError::new(ErrorKind::Input, format!("{shown}: {reason}"))
                .help("give a file that MD5SumData has written")
        };
        let text = String::from_utf8(text).map_err(|_| bad("this is no text".to_string()))?;
        Self::parse(text).map_err(|error| bad(error.to_string()))
    }

    /// Reads the text of a file. Everything is verified by the digests of the trees.
    pub fn parse(text: String) -> Result<Self, DocumentError> {
        let mut reader = Reader { algorithm: None, complete: false, sets: Vec::new(), open: None };
        let mut at = 0;
        let mut number = 0;
        while let Some(length) = text[at..].find('\n') {
            number += 1;
            let line = &text[at..at + length];
            let place = at..at + length + 1;
            reader
                .line(number, line, place)
                .map_err(|reason| DocumentError { line: number, reason })?;
            at += length + 1;
        }
        let none = |reason: &str| DocumentError { line: number + 1, reason: reason.to_string() };
        let Reader { algorithm, complete, sets, open } = reader;
        let algorithm = algorithm.ok_or_else(|| none("this is no file of digests"))?;
        if complete && (open.is_some() || at < text.len()) {
            return Err(none("there is more after the end"));
        }
        Ok(Self { text, algorithm, complete, sets })
    }

    /// How contents are told apart.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Whether it has all sets that it was to have.
    pub fn is_complete(&self) -> bool {
        self.complete
    }

    /// The sets in the order of the file.
    pub fn sets(&self) -> &[SetDigests] {
        &self.sets
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// The files and links of a set, by the bytes of their paths.
    pub(super) fn members(&self, set: &SetDigests) -> impl Iterator<Item = Member> + '_ {
        let (digits, node) = (self.algorithm.digits(), set.node.clone());
        self.text[set.lines.clone()].lines().filter_map(move |text| {
            let mut line = line::split(text, digits)?;
            line.name = line.name.strip_prefix(&*node)?.strip_prefix(':')?;
            member(&line)
        })
    }
}

/// The member that a line without node is about.
pub(super) fn member(line: &Line<'_>) -> Option<Member> {
    let name = if line.escaped { line::unescape(line.name)? } else { line.name.to_string() };
    let path = rawtext::decode(&name).as_bytes().to_vec();
    Some(Member { path, content: (line.kind, line.hash.to_string()) })
}

/// A file that is being read.
struct Reader {
    algorithm: Option<Algorithm>,
    complete: bool,
    sets: Vec<SetDigests>,
    open: Option<Open>,
}

/// A set whose end has not come.
struct Open {
    set: SetDigests,
    tree: Sum,
    last: Option<Vec<u8>>,
}

impl Reader {
    fn line(&mut self, number: usize, line: &str, place: Range<usize>) -> Result<(), String> {
        if self.complete {
            return Err("there is more after the end".to_string());
        }
        let Some(algorithm) = self.algorithm else { return self.head(number, line) };
        if let Some(name) = line.strip_prefix(SET) {
            if self.open.is_some() {
                return Err("the set before has no end".to_string());
            }
            let (node, path) = name.split_once(':').ok_or("a set has no node")?;
            let path = line::unescape(path).ok_or("the path has a wrong escape")?;
            if self.sets.iter().any(|set| set.node == node && set.path == path) {
                return Err(format!("{node}:{} stands twice", show(&path)));
            }
            let set = SetDigests {
                node: node.to_string(),
                path,
                digest: String::new(),
                lines: place.end..place.end,
                place,
            };
            self.open = Some(Open { set, tree: Sum::new(algorithm), last: None });
        } else if let Some(rest) = line.strip_prefix(TREE) {
            let Open { mut set, tree, .. } = self.open.take().ok_or("here ends no set")?;
            set.digest = rest.split(' ').next().unwrap_or_default().to_string();
            if tree.finish() != set.digest {
                return Err("the lines of this set are not as they were written".to_string());
            }
            set.place.end = place.end;
            self.sets.push(set);
        } else if line.starts_with(COMPLETE) && self.open.is_none() {
            self.complete = true;
        } else if !line.starts_with('#') && !line.is_empty() {
            let open = self.open.as_mut().ok_or("here is no set")?;
            open.line(line, algorithm)?;
            open.set.lines.end = place.end;
        }
        Ok(())
    }

    fn head(&mut self, number: usize, line: &str) -> Result<(), String> {
        if number == 1 {
            let version = line.strip_prefix(TITLE).ok_or("this is no file of digests")?;
            return match version.parse() {
                Ok(VERSION) => Ok(()),
                _ => Err(format!("version `{}` of the form is not known here", show(version))),
            };
        }
        let name = line.strip_prefix(ALGORITHM).ok_or("the algorithm is not told")?;
        self.algorithm = Some(name.parse().map_err(|error: OperationError| error.message)?);
        Ok(())
    }
}

impl Open {
    fn line(&mut self, text: &str, algorithm: Algorithm) -> Result<(), String> {
        let mut line = line::split(text, algorithm.digits()).ok_or("this is no digest")?;
        let name = line.name.strip_prefix(&*self.set.node).and_then(|name| name.strip_prefix(':'));
        line.name = name.ok_or("another node than that of the set")?;
        let member = member(&line).ok_or("the path has a wrong escape")?;
        if self.last.as_ref().is_some_and(|last| *last >= member.path) {
            return Err("the lines are not sorted".to_string());
        }
        let mut bytes = Vec::with_capacity(text.len());
        line::push(&mut bytes, line.hash, line.kind, &member.path);
        self.tree.update(&bytes);
        self.last = Some(member.path);
        Ok(())
    }
}

/// What stands before the first set.
pub(super) fn head(algorithm: Algorithm, created: &str) -> String {
    format!("{TITLE}{VERSION}\n{ALGORITHM}{}\n# created: {created}\n", algorithm.name())
}

/// The line after the last set: all are there.
pub(super) fn complete(sets: usize) -> String {
    format!("{COMPLETE}{sets} sets\n")
}

/// A line that tells of a set that is not there.
pub(super) fn missing(node: &str, path: &str) -> String {
    format!("# missing: {node}:{}\n", escaped(path))
}

/// All of one set: `lines` are the items that `trees.digest` has sent.
pub(super) fn set<'a>(
    node: &str,
    output: &super::DigestOutput,
    lines: impl Iterator<Item = &'a str>,
) -> String {
    let mut text = format!("{SET}{node}:{}\n", escaped(&output.path));
    for line in lines.flat_map(|item| item.split_inclusive('\n')) {
        let mark = usize::from(line.starts_with('\\'));
        // Before the name: mark, digest, the two characters that tell the kind.
        let (before, name) =
            line.split_at_checked(mark + output.algorithm.digits() + 2).unwrap_or((line, ""));
        // Writing to a text cannot fail.
        let _ = write!(text, "{before}{node}:{name}");
    }
    let super::DigestOutput { digest, files, links, bytes, .. } = output;
    let _ = writeln!(text, "{TREE}{digest} files={files} links={links} bytes={bytes}");
    text
}

fn escaped(path: &str) -> String {
    let mut text = Vec::new();
    line::escape(&mut text, path.as_bytes());
    // What was a text is one, whatever was put before some of its characters.
    String::from_utf8_lossy(&text).into_owned()
}
