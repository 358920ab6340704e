//! Which sets of a RefFile make a group: those of one GDS file, or of one
//! picture.

use std::collections::{BTreeMap, BTreeSet};

use ledama_base::ranges::{RangeError, format_ints, parse_ints};
use ledama_base::suggest;
use ledama_reffile::RefFile;
use serde::{Deserialize, Serialize};

/// A set as far as grouping looks at it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// Its node.
    pub node: String,
    /// Its path, in text form.
    pub path: String,
    /// The last part of the path.
    pub name: String,
    /// Its observation, such as `L80897`.
    pub lds: Option<String>,
    /// Its beam.
    pub beam: Option<u16>,
    /// Its sub-band.
    pub sub_band: Option<u16>,
}

/// The sets of a RefFile, each once.
pub fn members(file: &RefFile) -> Vec<Member> {
    let file = file.dedup();
    let member = |entry: &ledama_reffile::Entry| {
        let facts = file.facts(entry);
        Member {
            node: entry.node.to_string(),
            path: entry.path.to_string(),
            name: facts.name.to_string(),
            lds: facts.lds(),
            beam: entry.beam.or(facts.beam),
            sub_band: facts.sub_band,
        }
    };
    file.entries().iter().map(member).collect()
}

/// By what sets are put together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum By {
    /// All of them in one group.
    All,
    /// A group for each of these lists of sub-bands.
    Lists(Vec<Vec<u32>>),
    /// Group k has the k-th set of each node, so that all nodes work at once.
    Turn,
    /// A group for each node.
    Node,
    /// A group for each beam.
    Beam,
    /// A group for each observation.
    Lds,
}

/// Why there are no groups.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GroupError {
    /// A word that names no way of grouping.
    #[error("sets cannot be grouped by `{0}`")]
    Word(String),
    /// A list of sub-bands that cannot be read.
    #[error(transparent)]
    Range(#[from] RangeError),
    /// Lists are given for another way of grouping, or none for this one.
    #[error("{0}")]
    Lists(&'static str),
    /// A list that no set is in.
    #[error("no set has one of the sub-bands {0}")]
    Empty(String),
    /// There is nothing to group.
    #[error("there are no sets to group")]
    Nothing,
    /// Sets that do not say what is needed.
    #[error("{count} sets do not tell their {what}, the first is {first}")]
    Unknown {
        /// What is needed.
        what: &'static str,
        /// How many do not tell it.
        count: usize,
        /// The path of one.
        first: String,
    },
}

/// The words for ways of grouping; the last three are those of older command lines.
const WORDS: [&str; 9] = [
    "all",
    "list",
    "turn",
    "node",
    "beam",
    "lds",
    "NO_KEYWORD",
    "1_SB_PER_NODE_IN_EACH_GDS",
    "GDS_PER_BEAM",
];

impl GroupError {
    /// What to do, when there is something.
    pub fn help(&self) -> Option<String> {
        match self {
            Self::Word(word) => suggest::did_you_mean(word, WORDS)
                .or_else(|| Some(format!("the words are {}", WORDS.join(", ")))),
            Self::Range(error) => error.help(),
            Self::Lists(_) => Some("lists look like `0-3,6-10/4,5`: one group for each".into()),
            Self::Empty(_) => Some("take this list out, or use another RefFile".into()),
            Self::Nothing | Self::Unknown { .. } => None,
        }
    }
}

impl By {
    /// The way of grouping with this name; `lists` are lists of sub-bands
    /// with `/` between them.
    ///
    /// # Errors
    /// [`GroupError`]: an unknown word, or lists where they make no sense.
    pub fn parse(word: &str, lists: &str) -> Result<Self, GroupError> {
        let by = match word {
            "all" => Self::All,
            "NO_KEYWORD" if lists.is_empty() => Self::All,
            "list" | "NO_KEYWORD" => {
                if lists.is_empty() {
                    return Err(GroupError::Lists("there are no lists of sub-bands"));
                }
                let lists = lists.split('/').map(parse_ints).collect::<Result<_, _>>()?;
                return Ok(Self::Lists(lists));
            }
            "turn" | "1_SB_PER_NODE_IN_EACH_GDS" => Self::Turn,
            "node" => Self::Node,
            "beam" | "GDS_PER_BEAM" => Self::Beam,
            "lds" => Self::Lds,
            other => return Err(GroupError::Word(other.to_string())),
        };
        if lists.is_empty() {
            Ok(by)
        } else {
            Err(GroupError::Lists("lists of sub-bands are given, but groups are made otherwise"))
        }
    }
}

/// Sets that belong together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// What they share: `beam 0`, `node011`, `sub-bands 0-3`, `turn 1`; `all`.
    pub what: String,
    /// Their places in the list of members, by beam and sub-band.
    pub members: Vec<usize>,
}

/// Groups and what is odd about them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Groups {
    /// In the order of the lists, of first appearance of a node, or of the numbers.
    pub groups: Vec<Group>,
    /// Texts for the user.
    pub warnings: Vec<String>,
}

/// Puts sets into groups; each is sorted by beam and sub-band, sets that do
/// not tell them come last.
///
/// # Errors
/// [`GroupError`]: no sets at all, a list that no set is in, a set that does
/// not tell what groups are made by.
pub fn group(members: &[Member], by: &By) -> Result<Groups, GroupError> {
    if members.is_empty() {
        return Err(GroupError::Nothing);
    }
    let mut found = match by {
        By::All => one(members),
        By::Lists(lists) => by_lists(members, lists)?,
        By::Turn => by_turn(members),
        By::Node => by_word(members, "node", |member| Some(member.node.clone()))?,
        By::Beam => {
            known(members, "beam", |member| member.beam.is_some())?;
            let beams = keyed(members, |member| member.beam);
            plain(beams.into_iter().map(|(beam, sets)| (format!("beam {beam}"), sets)))
        }
        By::Lds => by_word(members, "observation", |member| member.lds.clone())?,
    };
    let order = |k: &usize| {
        let Member { beam, sub_band, .. } = &members[*k];
        (beam.map_or(u32::MAX, u32::from), sub_band.map_or(u32::MAX, u32::from), *k)
    };
    for group in &mut found.groups {
        group.members.sort_by_key(order);
    }
    Ok(found)
}

fn plain(groups: impl Iterator<Item = (String, Vec<usize>)>) -> Groups {
    let groups = groups.map(|(what, members)| Group { what, members }).collect();
    Groups { groups, warnings: Vec::new() }
}

fn one(members: &[Member]) -> Groups {
    plain([("all".to_string(), (0..members.len()).collect())].into_iter())
}

/// Places by a key; members without it are left out.
fn keyed<K: Ord>(
    members: &[Member],
    key: impl Fn(&Member) -> Option<K>,
) -> BTreeMap<K, Vec<usize>> {
    let mut found: BTreeMap<K, Vec<usize>> = BTreeMap::new();
    for (k, member) in members.iter().enumerate() {
        if let Some(key) = key(member) {
            found.entry(key).or_default().push(k);
        }
    }
    found
}

fn by_word(
    members: &[Member],
    what: &'static str,
    key: impl Fn(&Member) -> Option<String>,
) -> Result<Groups, GroupError> {
    known(members, what, |member| key(member).is_some())?;
    Ok(plain(keyed(members, key).into_iter()))
}

fn known(
    members: &[Member],
    what: &'static str,
    tells: impl Fn(&Member) -> bool,
) -> Result<(), GroupError> {
    let mut unknown = members.iter().filter(|member| !tells(member));
    let Some(first) = unknown.next() else { return Ok(()) };
    Err(GroupError::Unknown { what, count: 1 + unknown.count(), first: first.path.clone() })
}

fn by_turn(members: &[Member]) -> Groups {
    let mut turns: Vec<Vec<usize>> = Vec::new();
    let mut count: BTreeMap<&str, usize> = BTreeMap::new();
    for (k, member) in members.iter().enumerate() {
        let turn = count.entry(&member.node).or_default();
        if *turn == turns.len() {
            turns.push(Vec::new());
        }
        turns[*turn].push(k);
        *turn += 1;
    }
    plain(turns.into_iter().enumerate().map(|(turn, sets)| (format!("turn {turn}"), sets)))
}

fn by_lists(members: &[Member], lists: &[Vec<u32>]) -> Result<Groups, GroupError> {
    let there: BTreeSet<u32> =
        members.iter().filter_map(|member| member.sub_band).map(u32::from).collect();
    let mut found = Groups::default();
    let mut seen: BTreeSet<u32> = BTreeSet::new();
    for list in lists {
        let wanted: BTreeSet<u32> = list.iter().copied().collect();
        let text = |set: &BTreeSet<u32>| format_ints(&set.iter().copied().collect::<Vec<_>>());
        let is_in = |member: &Member| {
            member.sub_band.is_some_and(|sub_band| wanted.contains(&u32::from(sub_band)))
        };
        let places: Vec<usize> = (0..members.len()).filter(|k| is_in(&members[*k])).collect();
        if places.is_empty() {
            return Err(GroupError::Empty(text(&wanted)));
        }
        let absent: BTreeSet<u32> = wanted.difference(&there).copied().collect();
        if !absent.is_empty() {
            found.warnings.push(format!("no set has the sub-bands {}", text(&absent)));
        }
        let again: BTreeSet<u32> = wanted.intersection(&seen).copied().collect();
        if !again.is_empty() {
            found.warnings.push(format!("sub-bands {} are in several groups", text(&again)));
        }
        let what = format!("sub-bands {}", text(&wanted));
        seen.extend(&wanted);
        found.groups.push(Group { what, members: places });
    }
    Ok(found)
}

/// Names of the files of groups: `BASE.ext` for the only one, `BASE_000.ext`,
/// `BASE_001.ext` for several. The older form has no line before the number,
/// and names the file of a group of one set after this set.
///
/// `sets` has the names of the sets of each group.
pub fn file_names<S: AsRef<str>>(
    sets: &[Vec<S>],
    base: &str,
    extension: &str,
    older: bool,
) -> Vec<String> {
    let name = |(k, names): (usize, &Vec<S>)| match names.as_slice() {
        [only] if older => format!("{}.{extension}", only.as_ref()),
        _ if sets.len() == 1 => format!("{base}.{extension}"),
        _ if older => format!("{base}{k:03}.{extension}"),
        _ => format!("{base}_{k:03}.{extension}"),
    };
    sets.iter().enumerate().map(name).collect()
}
