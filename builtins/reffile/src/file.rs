//! A RefFile in memory: rows that never change, and what can be said of all
//! of them. Whatever selects or changes rows makes a new RefFile.

use std::collections::{BTreeMap, HashSet};
use std::hash::{BuildHasher, RandomState};
use std::path::Path;
use std::sync::Arc;

use ledama_base::clock;
use ledama_base::nodeset::{NodeSet, natural_order};
use ledama_base::path::DataPath;
use ledama_config::Inventory;
use ledama_config::model::{Store, StoreKind};

use crate::entry::{Entry, NewEntry, Unknown};
use crate::error::{LineFault, RefFileError};

/// Longest path that is believed to be one.
const MAX_PATH: usize = 16 * 1024;

/// A list of measurement sets and where they are.
#[derive(Debug, Clone)]
pub struct RefFile {
    pub(crate) entries: Vec<Entry>,
    pub(crate) inventory: Arc<Inventory>,
    pub(crate) created: Option<String>,
    pub(crate) header: Vec<String>,
    pub(crate) query: Option<String>,
    pub(crate) warnings: Vec<String>,
}

impl RefFile {
    /// The rows of a script or scan, checked. Names of machines get their
    /// usual spelling and stores their id.
    ///
    /// # Errors
    /// [`RefFileError::Rows`] with all rows that are no entries.
    pub fn from_rows(
        rows: impl IntoIterator<Item = NewEntry>,
        inventory: &Arc<Inventory>,
    ) -> Result<Self, RefFileError> {
        let mut nodes = Nodes::new(inventory);
        let mut faults = Vec::new();
        let mut entries = Vec::new();
        for (index, row) in rows.into_iter().enumerate() {
            match entry(row, &mut nodes) {
                Ok(entry) => entries.push(entry),
                Err(reason) => {
                    let line = u32::try_from(index + 1).unwrap_or(u32::MAX);
                    faults.push(LineFault { line, reason });
                }
            }
        }
        if !faults.is_empty() {
            return Err(RefFileError::Rows(faults));
        }
        let mut file = Self::of(entries, inventory);
        file.warn_of_duplicates("row");
        Ok(file)
    }

    /// Rows that are right already.
    pub(crate) fn of(entries: Vec<Entry>, inventory: &Arc<Inventory>) -> Self {
        Self {
            entries,
            inventory: Arc::clone(inventory),
            created: None,
            header: Vec::new(),
            query: None,
            warnings: Vec::new(),
        }
    }

    /// Other rows of the same file: remarks stay, the query that made the
    /// file does not describe them any more.
    pub(crate) fn with_entries(&self, entries: Vec<Entry>) -> Self {
        Self { header: self.header.clone(), ..Self::of(entries, &self.inventory) }
    }

    /// The rows in order.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// How many rows it has.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether it has no rows.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// When it was written, as the file says; older files mean local time.
    pub fn created(&self) -> Option<&str> {
        self.created.as_deref()
    }

    /// When it was written, if the file says so in a form that is known.
    pub fn created_at(&self) -> Option<jiff::Timestamp> {
        clock::parse(self.created.as_deref()?, &clock::local_zone()).ok()
    }

    /// Remarks in its header, one a line.
    pub fn header(&self) -> &[String] {
        &self.header
    }

    /// The database query that made it, on one line.
    pub fn query(&self) -> Option<&str> {
        self.query.as_deref()
    }

    /// What is odd about it but no error, one sentence each.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// The machines and stores that its nodes are names of.
    pub fn inventory(&self) -> &Arc<Inventory> {
        &self.inventory
    }

    /// The same rows with other remarks in the header.
    #[must_use]
    pub fn with_header(&self, text: &str) -> Self {
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        Self { header: lines.map(str::to_string).collect(), ..self.clone() }
    }

    /// The same rows as the result of a database query.
    #[must_use]
    pub fn with_query(&self, query: &str) -> Self {
        let words: Vec<_> = query.split_whitespace().collect();
        Self { query: (!words.is_empty()).then(|| words.join(" ")), ..self.clone() }
    }

    /// What the path of a row tells, with the corrections of the configuration.
    pub fn facts<'a>(&self, entry: &'a Entry) -> DataPath<'a> {
        entry.facts_with(self.inventory.corrections())
    }

    /// The store that a row lies in; none for an unknown node.
    pub fn store_of(&self, entry: &Entry) -> Option<&Store> {
        self.inventory.store_of(&entry.node, &entry.path)
    }

    /// The beam of a row: from its column, else from its path.
    pub fn beam_of(&self, entry: &Entry) -> Option<u16> {
        entry.beam.or_else(|| self.facts(entry).beam)
    }

    /// The nodes and stores of its rows, sorted.
    pub fn nodes(&self) -> NodeSet {
        let mut names: Vec<&str> = Vec::new();
        // Rows of one node usually follow each other.
        let mut seen: HashSet<&str> = HashSet::new();
        let mut last = "";
        for entry in &self.entries {
            if *entry.node != *last {
                last = &entry.node;
                if seen.insert(last) {
                    names.push(last);
                }
            }
        }
        names.sort_by(|a, b| natural_order(a, b));
        names.into_iter().collect()
    }

    /// The sum of all sizes, MiB; none if one is unknown.
    pub fn total_mb(&self) -> Option<u64> {
        let mut sizes = self.entries.iter().map(|entry| entry.size_mb);
        sizes.try_fold(0_u64, |sum, size| Some(sum.saturating_add(size?)))
    }

    /// Lowest and highest known frequency, MHz.
    pub fn frequency_range_mhz(&self) -> Option<(f64, f64)> {
        let known = self.entries.iter().filter_map(|entry| entry.freq_mhz);
        known.fold(None, |range, f| match range {
            None => Some((f, f)),
            Some((low, high)) => Some((f.min(low), f.max(high))),
        })
    }

    /// Whether two files have the same rows, in whatever order.
    pub fn same_rows(&self, other: &Self) -> bool {
        let same = |pair: (&Entry, &Entry)| pair.0.says_the_same(pair.1);
        if self.len() != other.len() {
            return false;
        }
        if self.entries.iter().zip(&other.entries).all(same) {
            return true;
        }
        let sorted = |file: &'_ Self| {
            let mut order: Vec<usize> = (0..file.len()).collect();
            order.sort_by(|&a, &b| {
                let (a, b) = (&file.entries[a], &file.entries[b]);
                (a.key(), a.size_mb, a.beam).cmp(&(b.key(), b.size_mb, b.beam))
            });
            order
        };
        let pairs = sorted(self).into_iter().zip(sorted(other));
        pairs.map(|(a, b)| (&self.entries[a], &other.entries[b])).all(same)
    }

    /// Adds a warning if a set is listed more than once on one node.
    pub(crate) fn warn_of_duplicates(&mut self, what: &str) {
        if !self.may_repeat() {
            return;
        }
        let mut seen = HashSet::with_capacity(self.entries.len());
        let mut again =
            self.entries.iter().enumerate().filter(|(_, entry)| !seen.insert(entry.key()));
        let Some((index, first)) = again.next() else { return };
        let count = 1 + again.count();
        let place = match first.line {
            0 => format!("{what} {}", index + 1),
            line => format!("line {line}"),
        };
        let warning = format!(
            "{count} {what}s repeat a set that is listed before on the same node; the first is {place}: {} on {}",
            first.path, first.node
        );
        self.warnings.push(warning);
    }

    /// Whether two rows have the same hash. Sorted hashes are much quicker
    /// than a table of rows, and hardly any file repeats one.
    fn may_repeat(&self) -> bool {
        let state = RandomState::new();
        let mut hashes: Vec<u64> =
            self.entries.iter().map(|entry| state.hash_one(entry.key())).collect();
        hashes.sort_unstable();
        hashes.windows(2).any(|pair| pair[0] == pair[1])
    }

    /// Opens the file of that name; see [`crate::read`].
    ///
    /// # Errors
    /// [`RefFileError::Read`], and [`RefFileError::Malformed`] with all lines
    /// that are no entries.
    pub fn open(path: &Path, inventory: &Arc<Inventory>) -> Result<Self, RefFileError> {
        crate::read::open(path, inventory, true)
    }

    /// Opens a file and leaves out what cannot be read, with a warning.
    ///
    /// # Errors
    /// [`RefFileError::Read`].
    pub fn open_lenient(path: &Path, inventory: &Arc<Inventory>) -> Result<Self, RefFileError> {
        crate::read::open(path, inventory, false)
    }
}

fn entry(row: NewEntry, nodes: &mut Nodes<'_>) -> Result<Entry, String> {
    let node = nodes.get(&row.node)?;
    let path = checked_path(&row.path, node.rule)?;
    if let Some(freq) = row.freq_mhz.filter(|f| !f.is_finite() || *f < 0.0) {
        return Err(format!("{freq} MHz is no frequency"));
    }
    let beam = row.beam.or_else(|| nodes.beam(path));
    Ok(Entry {
        path: path.into(),
        node: Arc::clone(&node.name),
        freq_mhz: row.freq_mhz,
        freq_word: Unknown::default(),
        size_mb: row.size_mb,
        beam,
        line: 0,
    })
}

/// What paths of a node must look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PathRule {
    /// Below the root of a machine.
    Absolute,
    /// Below the root that the server of an archive has chosen.
    Relative,
    /// As the store has it.
    Any,
}

/// A name in the column of nodes.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(crate) name: Arc<str>,
    pub(crate) rule: PathRule,
}

/// The nodes met so far, each looked up once.
pub(crate) struct Nodes<'a> {
    inventory: &'a Inventory,
    known: BTreeMap<String, Node>,
}

impl<'a> Nodes<'a> {
    pub(crate) fn new(inventory: &'a Inventory) -> Self {
        Self { inventory, known: BTreeMap::new() }
    }

    /// The node of a word; an error for what cannot be a name.
    pub(crate) fn get(&mut self, word: &str) -> Result<Node, String> {
        if let Some(node) = self.known.get(word) {
            return Ok(node.clone());
        }
        if word.is_empty() || word.contains(|c: char| c.is_whitespace() || c.is_control()) {
            return Err(format!("`{}` is no name of a node", word.escape_debug()));
        }
        let rule = match self.inventory.config().remote_store(word).map(|store| store.kind) {
            None => PathRule::Absolute,
            Some(StoreKind::Fdt) => PathRule::Relative,
            Some(_) => PathRule::Any,
        };
        let node = Node { name: self.inventory.canonical(word).into(), rule };
        self.known.insert(word.to_string(), node.clone());
        Ok(node)
    }

    pub(crate) fn beam(&self, path: &str) -> Option<u16> {
        DataPath::parse_with(path, self.inventory.corrections()).beam
    }
}

/// The path without slashes at its end, if it can be one on such a node.
pub(crate) fn checked_path(path: &str, rule: PathRule) -> Result<&str, String> {
    let trimmed = match path.trim_end_matches('/') {
        "" if !path.is_empty() => "/",
        trimmed => trimmed,
    };
    if trimmed.is_empty() {
        return Err("the path is empty".to_string());
    }
    if trimmed.len() > MAX_PATH {
        return Err(format!("the path has {} bytes", trimmed.len()));
    }
    if trimmed.contains('\0') {
        return Err("the path contains a zero byte".to_string());
    }
    match (rule, trimmed.starts_with('/')) {
        (PathRule::Absolute, false) => {
            Err(format!("the path `{trimmed}` on a machine must begin with `/`"))
        }
        (PathRule::Relative, true) => {
            Err(format!("the path `{trimmed}` in an archive must not begin with `/`"))
        }
        _ => Ok(trimmed),
    }
}
