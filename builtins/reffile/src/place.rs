//! Which row goes to which node: in blocks of neighbours, or balanced by size
//! and free space; and new sizes for rows.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::sync::Arc;

use ledama_base::ranges::blocks;

use crate::entry::Entry;
use crate::error::RefFileError;
use crate::file::{Nodes, RefFile};

/// For each of `count` rows the index of its node: contiguous blocks whose
/// sizes differ by at most one, the first ones being the larger ones. With
/// fewer rows than nodes the last nodes get none.
pub fn contiguous(count: usize, nodes: usize) -> Vec<usize> {
    let mut places = Vec::with_capacity(count);
    for (node, block) in blocks(count, nodes).enumerate() {
        places.extend(block.map(|_| node));
    }
    places
}

/// For each row the index of its node, so that all nodes get nearly the same
/// amount: the largest row first, each to the node that has least so far and
/// room for it. `free` is what fits on a node, none for no limit; both are in
/// the same unit. Unknown sizes count as the mean of the known ones. A row
/// that fits nowhere goes to the node with most room left, and whoever checks
/// the space finds out.
pub fn balanced(sizes: &[Option<u64>], free: &[Option<u64>]) -> Vec<usize> {
    let known: Vec<u64> = sizes.iter().copied().flatten().collect();
    let sum = known.iter().fold(0_u64, |sum, &size| sum.saturating_add(size));
    let mean = sum.checked_div(known.len() as u64).unwrap_or(1).max(1);
    let size_of = |row: usize| sizes[row].unwrap_or(mean);

    let mut order: Vec<usize> = (0..sizes.len()).collect();
    order.sort_by_key(|&row| Reverse(size_of(row)));
    let mut room: Vec<u64> = free.iter().map(|free| free.unwrap_or(u64::MAX)).collect();
    // Least load first, then the order of the nodes.
    let mut nodes: BinaryHeap<Reverse<(u64, usize)>> =
        (0..free.len()).map(|node| Reverse((0, node))).collect();
    let mut places = vec![0; sizes.len()];
    for row in order {
        let size = size_of(row);
        let mut full = Vec::new();
        let chosen = loop {
            match nodes.pop() {
                Some(Reverse((load, node))) if room[node] >= size => break Some((load, node)),
                Some(other) => full.push(other),
                None => break None,
            }
        };
        let chosen = chosen.or_else(|| {
            let roomiest =
                full.iter().max_by_key(|Reverse((_, node))| (room[*node], Reverse(*node)));
            let Reverse((load, node)) = *roomiest?;
            full.retain(|Reverse((_, other))| *other != node);
            Some((load, node))
        });
        nodes.extend(full);
        let Some((load, node)) = chosen else { continue };
        room[node] = room[node].saturating_sub(size);
        nodes.push(Reverse((load.saturating_add(size), node)));
        places[row] = node;
    }
    places
}

impl RefFile {
    /// The rows with new nodes, in contiguous blocks; see [`contiguous`].
    ///
    /// # Errors
    /// [`RefFileError::NoNodes`], and [`RefFileError::Rows`] for names that
    /// cannot be those of nodes.
    pub fn spread<S: AsRef<str>>(&self, nodes: &[S]) -> Result<Self, RefFileError> {
        self.placed(nodes, &contiguous(self.len(), nodes.len()))
    }

    /// The rows with new nodes, balanced by size and free space (MiB, none for
    /// no limit); see [`balanced`].
    ///
    /// # Errors
    /// As [`spread`](Self::spread).
    pub fn balance<S: AsRef<str>>(
        &self,
        nodes: &[S],
        free_mb: &[Option<u64>],
    ) -> Result<Self, RefFileError> {
        let sizes: Vec<_> = self.entries.iter().map(|entry| entry.size_mb).collect();
        let free: Vec<_> = (0..nodes.len()).map(|k| free_mb.get(k).copied().flatten()).collect();
        self.placed(nodes, &balanced(&sizes, &free))
    }

    fn placed<S: AsRef<str>>(&self, nodes: &[S], places: &[usize]) -> Result<Self, RefFileError> {
        if nodes.is_empty() && !self.is_empty() {
            return Err(RefFileError::NoNodes);
        }
        let mut known = Nodes::new(&self.inventory);
        let mut names = Vec::with_capacity(nodes.len());
        for name in nodes {
            let node = known.get(name.as_ref());
            names.push(node.map_err(|reason| {
                RefFileError::Rows(vec![crate::error::LineFault { line: 1, reason }])
            })?);
        }
        let move_to = |(entry, &place): (&Entry, &usize)| Entry {
            node: Arc::clone(&names[place].name),
            line: 0,
            ..entry.clone()
        };
        Ok(self.with_entries(self.entries.iter().zip(places).map(move_to).collect()))
    }

    /// The rows with these sizes, MiB rounded up, one for each.
    ///
    /// # Errors
    /// [`RefFileError::Sizes`] if there are more or fewer.
    pub fn with_sizes(&self, sizes_mb: &[Option<u64>]) -> Result<Self, RefFileError> {
        if sizes_mb.len() != self.len() {
            return Err(RefFileError::Sizes { sizes: sizes_mb.len(), rows: self.len() });
        }
        let mut file = self.clone();
        for (entry, size) in file.entries.iter_mut().zip(sizes_mb) {
            entry.size_mb = *size;
        }
        Ok(file)
    }

    /// The rows with the sizes known for `node:path`, or for a path alone; the
    /// others stay as they are.
    #[must_use]
    pub fn with_known_sizes(&self, sizes_mb: &HashMap<String, Option<u64>>) -> Self {
        let mut file = self.clone();
        for entry in &mut file.entries {
            let key = format!("{}:{}", entry.node, entry.path);
            if let Some(size) = sizes_mb.get(&key).or_else(|| sizes_mb.get(&*entry.path)) {
                entry.size_mb = *size;
            }
        }
        file
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use proptest::prelude::*;

    use super::*;
    use crate::entry::NewEntry;
    use crate::read::tests::inventory;

    fn file(count: u64) -> RefFile {
        let rows = (0..count).map(|k| NewEntry {
            path: format!("/x{k}"),
            node: "node001".into(),
            size_mb: Some(k),
            ..NewEntry::default()
        });
        RefFile::from_rows(rows, &inventory()).unwrap()
    }

    fn loads(places: &[usize], sizes: &[u64], nodes: usize) -> Vec<u64> {
        let mut loads = vec![0; nodes];
        places.iter().zip(sizes).for_each(|(&node, size)| loads[node] += size);
        loads
    }

    #[test]
    fn blocks_of_neighbours() {
        assert_eq!(contiguous(11, 3), [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2]);
        assert_eq!(contiguous(2, 3), [0, 1]);
        assert_eq!(contiguous(0, 3), [0; 0]);
        let spread = file(3).spread(&["node11", "TARGET_E_EOR"]).unwrap();
        let nodes: Vec<_> = spread.entries().iter().map(|entry| &*entry.node).collect();
        assert_eq!(nodes, ["node011", "node011", "ARCHIVE_PROC"]);
        assert!(file(1).spread(&[""; 0]).is_err());
        assert!(file(1).spread(&["a b"]).is_err());
        assert!(file(0).spread(&[""; 0]).is_ok());
    }

    #[test]
    fn full_nodes_are_left_out() {
        let sizes = [Some(10), Some(10), Some(10), Some(10)];
        assert_eq!(balanced(&sizes, &[Some(15), None]), [0, 1, 1, 1]);
        assert_eq!(balanced(&sizes, &[Some(0), Some(35)]), [1, 1, 1, 1]);
        // An unknown size is a mean one.
        assert_eq!(balanced(&[None, Some(10), Some(10)], &[Some(10), None]), [0, 1, 1]);
        assert_eq!(balanced(&[None, None], &[None, None]), [0, 1]);
        let balanced = file(5).balance(&["node001", "node002"], &[]).unwrap();
        assert_eq!(balanced.total_mb(), Some(10));
    }

    #[test]
    fn sizes_are_updated() {
        let file = file(3);
        assert_eq!(file.with_sizes(&[Some(5), None, Some(1)]).unwrap().entries()[1].size_mb, None);
        assert!(file.with_sizes(&[None]).is_err());
        let known = HashMap::from([
            ("node001:/x1".to_string(), Some(7)),
            ("/x2".to_string(), None),
            ("node002:/x0".to_string(), Some(9)),
        ]);
        let sizes: Vec<_> =
            file.with_known_sizes(&known).entries().iter().map(|entry| entry.size_mb).collect();
        assert_eq!(sizes, [Some(0), Some(7), None]);
    }

    proptest! {
        #[test]
        fn blocks_differ_by_one_at_most(count in 0..500_usize, nodes in 1..40_usize) {
            let places = contiguous(count, nodes);
            prop_assert!(places.is_sorted());
            let ones = vec![1; count];
            let loads = loads(&places, &ones, nodes);
            prop_assert_eq!(loads.iter().sum::<u64>(), count as u64);
            prop_assert!(loads.is_sorted_by(|a, b| a >= b));
            prop_assert!(loads[0] - loads[nodes - 1] <= 1);
        }

        #[test]
        fn loads_differ_by_one_row_at_most(
            sizes in proptest::collection::vec(1..1000_u64, 1..80),
            nodes in 1..12_usize,
        ) {
            let known: Vec<_> = sizes.iter().copied().map(Some).collect();
            let loads = loads(&balanced(&known, &vec![None; nodes]), &sizes, nodes);
            let (least, most) = (loads.iter().min().unwrap(), loads.iter().max().unwrap());
            prop_assert!(most - least <= *sizes.iter().max().unwrap());
        }

        #[test]
        fn what_fits_is_not_overfilled(
            sizes in proptest::collection::vec(1..10_u64, 0..40),
            nodes in 1..6_usize,
        ) {
            // With this much room a row always fits somewhere.
            let room = sizes.iter().sum::<u64>().div_ceil(nodes as u64) + 10;
            let known: Vec<_> = sizes.iter().copied().map(Some).collect();
            let places = balanced(&known, &vec![Some(room); nodes]);
            prop_assert!(loads(&places, &sizes, nodes).iter().all(|&load| load <= room));
        }
    }
}
