//! Compares data with a file of digests.

use std::collections::{BTreeMap, HashMap};
use std::iter::Peekable;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ledama_base::operation::{ErrorKind, Keep, OperationError};
use ledama_base::quote::show;
use ledama_base::rawtext;
use serde_json::Value;

use super::document::{self, Digests, Member};
use super::line;
use super::output::output_of;

/// How a file or set differs from what the digests tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// It has a digest and is not there.
    Missing,
    /// It is there and has no digest.
    Extra,
    /// It is not what it was.
    Different,
}

impl State {
    /// Its name in tables.
    pub fn word(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Extra => "extra",
            Self::Different => "different",
        }
    }
}

/// One file or set that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// How.
    pub state: State,
    /// The node of the set.
    pub node: String,
    /// The set, in text form.
    pub path: String,
    /// The file inside it, in text form; nothing if it is the whole set.
    pub file: Option<String>,
}

/// Data that is compared with digests, set by set.
#[derive(Debug)]
pub struct Check {
    known: Arc<Digests>,
    /// What is to be read.
    tasks: Vec<(String, String)>,
    /// Which set of the file each of them should be.
    places: HashMap<(String, String), usize>,
    /// Sets that one side does not have.
    sets: Vec<Difference>,
    /// What is known of each task that is done.
    found: Mutex<HashMap<(String, String), Vec<Difference>>>,
}

impl Check {
    /// The sets where the file says they are; only those named, if any are.
    pub fn here(known: Arc<Digests>, only: &[(String, String)]) -> Self {
        let all = || known.sets().iter().map(|set| (set.node.clone(), set.path.clone()));
        let of: HashMap<_, usize> = all().zip(0..).collect();
        let mut check = Self::new(Arc::clone(&known));
        let wanted = if only.is_empty() { all().collect() } else { only.to_vec() };
        for key in wanted {
            match of.get(&key) {
                Some(&index) => check.add(key, index),
                None => check.sets.push(whole(State::Extra, key)),
            }
        }
        check
    }

    /// Sets elsewhere, found in the file by their names; where several there
    /// have the same, by the names of the folders above.
    pub fn elsewhere(
        known: Arc<Digests>,
        rows: &[(String, String)],
    ) -> Result<Self, OperationError> {
        let mut names: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (index, set) in known.sets().iter().enumerate() {
            names.entry(name_of(&set.path)).or_default().push(index);
        }
        let mut check = Self::new(Arc::clone(&known));
        let mut met = vec![false; known.sets().len()];
        for key in rows {
            match names.get(name_of(&key.1)) {
                None => check.sets.push(whole(State::Extra, key.clone())),
                Some(alike) => {
                    let index = nearest(&known, alike, &key.1)?;
                    met[index] = true;
                    check.add(key.clone(), index);
                }
            }
        }
        for (set, _) in known.sets().iter().zip(&met).filter(|(_, met)| !**met) {
            check.sets.push(whole(State::Missing, (set.node.clone(), set.path.clone())));
        }
        Ok(check)
    }

    fn new(known: Arc<Digests>) -> Self {
        Self {
            known,
            tasks: Vec::new(),
            places: HashMap::new(),
            sets: Vec::new(),
            found: Mutex::default(),
        }
    }

    fn add(&mut self, key: (String, String), index: usize) {
        if self.places.insert(key.clone(), index).is_none() {
            self.tasks.push(key);
        }
    }

    /// What is to be read: nodes and paths.
    pub fn tasks(&self) -> impl Iterator<Item = (&str, &str)> {
        self.tasks.iter().map(|(node, path)| (&**node, &**path))
    }

    /// What differs so far, set by set in the order of the tasks; sets that one
    /// side does not have come last.
    pub fn differences(&self) -> Vec<Difference> {
        let found = self.found();
        let mut all = Vec::new();
        for key in &self.tasks {
            all.extend(found.get(key).into_iter().flatten().cloned());
        }
        all.extend(self.sets.iter().cloned());
        all
    }

    fn found(&self) -> MutexGuard<'_, HashMap<(String, String), Vec<Difference>>> {
        // Whole at every moment.
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Keep for Check {
    fn keep(
        &self,
        node: &str,
        value: &mut Value,
        items: &mut Vec<Value>,
    ) -> Result<(), OperationError> {
        let output = output_of(value)?;
        let items = std::mem::take(items);
        let key = (node.to_string(), output.path);
        let Some(index) = self.places.get(&key) else {
            let message = format!("nobody asked for {node}:{}", show(&key.1));
            return Err(OperationError::new(ErrorKind::Internal, message));
        };
        let set = &self.known.sets()[*index];
        let mut differences = Vec::new();
        if set.digest != output.digest {
            let digits = self.known.algorithm().digits();
            let lines = items.iter().filter_map(Value::as_str).flat_map(str::lines);
            let is = lines.filter_map(|line| document::member(&line::split(line, digits)?));
            let differ = |state, member: Member| Difference {
                state,
                node: node.to_string(),
                path: key.1.clone(),
                file: Some(text_of(&member.path)),
            };
            differences = compare(self.known.members(set), is, differ);
        }
        self.found().insert(key, differences);
        Ok(())
    }
}

/// Goes through both sides, which are sorted by path.
fn compare(
    was: impl Iterator<Item = Member>,
    is: impl Iterator<Item = Member>,
    differ: impl Fn(State, Member) -> Difference,
) -> Vec<Difference> {
    let mut differences = Vec::new();
    let (mut was, mut is) = (was.peekable(), is.peekable());
    while let Some((was, is)) = next(&mut was, &mut is) {
        match (was, is) {
            (Some(was), Some(is)) if was.content != is.content => {
                differences.push(differ(State::Different, is));
            }
            (Some(_), Some(_)) | (None, None) => {}
            (Some(was), None) => differences.push(differ(State::Missing, was)),
            (None, Some(is)) => differences.push(differ(State::Extra, is)),
        }
    }
    differences
}

/// The next path, as far as each side has it.
fn next(
    was: &mut Peekable<impl Iterator<Item = Member>>,
    is: &mut Peekable<impl Iterator<Item = Member>>,
) -> Option<(Option<Member>, Option<Member>)> {
    use std::cmp::Ordering;
    let order = match (was.peek(), is.peek()) {
        (None, None) => return None,
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (Some(was), Some(is)) => was.path.cmp(&is.path),
    };
    Some(match order {
        Ordering::Less => (was.next(), None),
        Ordering::Greater => (None, is.next()),
        Ordering::Equal => (was.next(), is.next()),
    })
}

fn whole(state: State, (node, path): (String, String)) -> Difference {
    Difference { state, node, path, file: None }
}

fn name_of(path: &str) -> &str {
    path.trim_end_matches('/').rsplit('/').next().unwrap_or(path)
}

fn text_of(path: &[u8]) -> String {
    use std::os::unix::ffi::OsStrExt;
    rawtext::path_text(Path::new(std::ffi::OsStr::from_bytes(path)))
}

/// The one of several sets of the same name that has most folders in common.
fn nearest(known: &Digests, alike: &[usize], path: &str) -> Result<usize, OperationError> {
    let common = |index: usize| {
        let (one, other) = (parts(&known.sets()[index].path), parts(path));
        one.zip(other).take_while(|(one, other)| one == other).count()
    };
    let best = alike.iter().map(|&index| common(index)).max().unwrap_or(0);
    let mut nearest = alike.iter().copied().filter(|&index| common(index) == best);
    let first = nearest.next().unwrap_or_default();
    // Copies of one set on several nodes are all the same.
    if nearest.all(|index| known.sets()[index].digest == known.sets()[first].digest) {
        return Ok(first);
    }
    let message = format!(
        "several sets named {} have digests, and it is not clear which of them {} should be",
        show(name_of(path)),
        show(path)
    );
    Err(OperationError::new(ErrorKind::Input, message)
        .help("compare with a file that has each of them once"))
}

/// The names in a path, the last first.
fn parts(path: &str) -> impl Iterator<Item = &str> {
    path.trim_end_matches('/').rsplit('/')
}
