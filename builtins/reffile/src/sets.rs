//! RefFiles as sets of rows. Two rows are the same set on the same node if
//! node and path agree; of two such rows the first one stays.

use std::collections::HashSet;

use crate::entry::Entry;
use crate::file::RefFile;

impl RefFile {
    /// All rows of both, one file behind the other, repeated ones too.
    #[must_use]
    pub fn append(&self, other: &Self) -> Self {
        let entries = self.entries.iter().chain(&other.entries).cloned().collect();
        let mut file = self.with_entries(entries);
        for remark in &other.header {
            if !file.header.contains(remark) {
                file.header.push(remark.clone());
            }
        }
        file
    }

    /// The rows without those that repeat one before.
    #[must_use]
    pub fn dedup(&self) -> Self {
        let mut seen = HashSet::with_capacity(self.len());
        self.filtered(|entry| seen.insert(entry.key()))
    }

    /// The rows of both, each once.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        self.append(other).dedup()
    }

    /// The rows that are not in the other file.
    #[must_use]
    pub fn minus(&self, other: &Self) -> Self {
        let there = other.keys();
        self.filtered(|entry| !there.contains(&entry.key()))
    }

    /// The rows that are in the other file too.
    #[must_use]
    pub fn intersect(&self, other: &Self) -> Self {
        let there = other.keys();
        self.filtered(|entry| there.contains(&entry.key()))
    }

    fn keys(&self) -> HashSet<(&str, &str)> {
        self.entries.iter().map(Entry::key).collect()
    }

    fn filtered<'a>(&'a self, mut keep: impl FnMut(&'a Entry) -> bool) -> Self {
        self.with_entries(self.entries.iter().filter(|entry| keep(entry)).cloned().collect())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use proptest::prelude::*;

    use super::*;
    use crate::entry::NewEntry;
    use crate::read::tests::inventory;

    fn file(names: &[(u32, &str)]) -> RefFile {
        let rows = names.iter().map(|(node, path)| NewEntry {
            path: format!("/{path}"),
            node: format!("node{node:03}"),
            ..NewEntry::default()
        });
        RefFile::from_rows(rows, &inventory()).unwrap()
    }

    fn names(file: &RefFile) -> Vec<String> {
        file.entries().iter().map(|e| format!("{}{}", &e.node[6..], e.path)).collect()
    }

    #[test]
    fn node_and_path_decide() {
        let a = file(&[(1, "x"), (2, "x"), (1, "y"), (1, "x")]).with_header("a");
        let b = file(&[(1, "y"), (3, "z"), (2, "y")]).with_header("b");
        assert_eq!(names(&a.dedup()), ["1/x", "2/x", "1/y"]);
        assert_eq!(names(&a.union(&b)), ["1/x", "2/x", "1/y", "3/z", "2/y"]);
        assert_eq!(names(&a.minus(&b)), ["1/x", "2/x", "1/x"]);
        assert_eq!(names(&a.intersect(&b)), ["1/y"]);
        assert_eq!(a.append(&b).len(), 7);
        assert_eq!(a.append(&b).header(), ["a", "b"]);
    }

    fn some_rows() -> impl Strategy<Value = Vec<(u32, String)>> {
        proptest::collection::vec((1..4_u32, "[ab]{1,2}"), 0..12)
    }

    proptest! {
        #[test]
        fn the_laws_of_sets_hold(a in some_rows(), b in some_rows()) {
            let of = |rows: &[(u32, String)]| {
                file(&rows.iter().map(|(n, p)| (*n, p.as_str())).collect::<Vec<_>>()).dedup()
            };
            let (a, b) = (of(&a), of(&b));
            prop_assert!(a.minus(&b).union(&a.intersect(&b)).same_rows(&a));
            prop_assert!(a.union(&b).same_rows(&b.union(&a)));
            prop_assert!(a.intersect(&b).same_rows(&b.intersect(&a)));
            prop_assert!(a.minus(&b).intersect(&b).is_empty());
            prop_assert_eq!(a.union(&b).len(), a.len() + b.minus(&a).len());
        }
    }
}
