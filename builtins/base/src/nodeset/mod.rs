//! Sets of nodes: algebra, folding and the lists users type.
//!
//! A set keeps the order in which its nodes were first named, because the
//! order decides which node gets which part of the data.

mod fold;
mod next;
mod parse;
#[cfg(test)]
mod parse_tests;

use std::collections::HashSet;
use std::fmt;

use crate::ranges::blocks;

pub use fold::{fold, fold_plain, natural_order};
pub use next::{NextNodeError, next_node};
pub use parse::{NodeError, NodeFault, NodeGrammar, NodeList, StoreName};

/// Different nodes, in the order they were added.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NodeSet {
    names: Vec<String>,
}

impl NodeSet {
    /// The empty set.
    pub fn new() -> Self {
        Self::default()
    }

    /// The names in order.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// How many nodes it has.
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// Whether `name` is one of them.
    pub fn contains(&self, name: &str) -> bool {
        self.names.iter().any(|n| n == name)
    }

    /// These nodes, then those of `other` that are new.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        self.names.iter().chain(&other.names).cloned().collect()
    }

    /// These nodes without those of `other`.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        let out = other.lookup();
        self.filtered(|n| !out.contains(n))
    }

    /// These nodes that are also in `other`.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        let both = other.lookup();
        self.filtered(|n| both.contains(n))
    }

    /// The nodes that are in one of the two only.
    #[must_use]
    pub fn symmetric_difference(&self, other: &Self) -> Self {
        let mut only = self.difference(other);
        only.names.extend(other.difference(self).names);
        only
    }

    /// The same nodes by prefix and index, `n2` before `n10`.
    #[must_use]
    pub fn sorted(&self) -> Self {
        let mut names = self.names.clone();
        names.sort_by(|a, b| natural_order(a, b));
        Self { names }
    }

    /// `parts` blocks of neighbours whose sizes differ by one at most, the
    /// larger ones first; some are empty if there are fewer nodes than parts.
    pub fn split(&self, parts: usize) -> Vec<Self> {
        blocks(self.len(), parts).map(|block| Self { names: self.names[block].to_vec() }).collect()
    }

    fn lookup(&self) -> HashSet<&str> {
        self.names.iter().map(String::as_str).collect()
    }

    fn filtered(&self, keep: impl Fn(&str) -> bool) -> Self {
        Self { names: self.names.iter().filter(|n| keep(n)).cloned().collect() }
    }
}

impl<S: Into<String>> FromIterator<S> for NodeSet {
    fn from_iter<I: IntoIterator<Item = S>>(iter: I) -> Self {
        let mut names: Vec<String> = iter.into_iter().map(Into::into).collect();
        let mut seen = HashSet::new();
        let first: Vec<bool> = names.iter().map(|n| seen.insert(n.as_str())).collect();
        let mut first = first.into_iter();
        names.retain(|_| first.next().unwrap_or(false));
        Self { names }
    }
}

/// The folded form, such as `node[011-014,020]`.
impl fmt::Display for NodeSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&fold(&self.names))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;
    use proptest::prelude::*;

    fn set(names: &[&str]) -> NodeSet {
        names.iter().copied().collect()
    }

    #[test]
    fn algebra_keeps_the_order() {
        let a = set(&["n3", "n1", "n2", "n1"]);
        let b = set(&["n2", "n4"]);
        assert_eq!(a.names(), ["n3", "n1", "n2"]);
        assert_eq!(a.union(&b).names(), ["n3", "n1", "n2", "n4"]);
        assert_eq!(a.difference(&b).names(), ["n3", "n1"]);
        assert_eq!(a.intersection(&b).names(), ["n2"]);
        assert_eq!(a.symmetric_difference(&b).names(), ["n3", "n1", "n4"]);
        assert_eq!(set(&["n10", "n2", "a"]).sorted().names(), ["a", "n2", "n10"]);
        assert!(a.contains("n1") && !a.contains("n4"));
    }

    #[test]
    fn blocks_differ_by_one_at_most() {
        let nodes: NodeSet = (0..11).map(|i| format!("n{i}")).collect();
        let sizes: Vec<usize> = nodes.split(3).iter().map(NodeSet::len).collect();
        assert_eq!(sizes, [4, 4, 3]);
        let sizes: Vec<usize> = set(&["a", "b"]).split(3).iter().map(NodeSet::len).collect();
        assert_eq!(sizes, [1, 1, 0]);
        assert!(set(&["a"]).split(0).is_empty());
    }

    fn some_nodes() -> impl Strategy<Value = NodeSet> {
        proptest::collection::vec("(node|lse)[0-3]{1,2}", 0..12)
            .prop_map(|names| names.into_iter().collect())
    }

    proptest! {
        #[test]
        fn the_laws_of_sets_hold(a in some_nodes(), b in some_nodes()) {
            let both = a.union(&b);
            let xor = a.symmetric_difference(&b);
            prop_assert_eq!(both.difference(&a.intersection(&b)).sorted(), xor.sorted());
            prop_assert_eq!(a.difference(&b).union(&a.intersection(&b)).sorted(), a.sorted());
            prop_assert_eq!(a.union(&b).sorted(), b.union(&a).sorted());
            let parts = a.split(3);
            let again = parts.iter().fold(NodeSet::new(), |sum, part| sum.union(part));
            prop_assert_eq!(again, a);
        }
    }
}
