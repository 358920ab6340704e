//! Processes that are ourselves: this worker and the run that sent it here,
//! what they came from, and what they have started.

use std::collections::{HashMap, HashSet};

use super::identity::Identity;
use super::table::{Process, Stat};

/// The own processes of a node.
#[derive(Debug)]
pub(super) struct Family {
    /// This process, and the launching one if it runs here.
    roots: Vec<i32>,
    /// Where they came from: sshd, a shell, a terminal.
    ancestors: HashSet<i32>,
}

impl Family {
    /// Of this process and of the launching one.
    pub(super) fn new(launcher: Option<&Identity>) -> Self {
        let mut roots = vec![std::process::id().cast_signed()];
        roots.extend(launcher.and_then(Identity::seen_here));
        let parent = |pid| Stat::of(pid).map(|stat| stat.parent);
        let ancestors = roots.iter().flat_map(|&root| ancestors(root, parent)).collect();
        Self { roots, ancestors }
    }

    /// Which of these belong to it.
    pub(super) fn among(&self, all: &[Process]) -> HashSet<i32> {
        let parents: HashMap<i32, i32> =
            all.iter().map(|process| (process.pid, process.stat.parent)).collect();
        let belongs = |pid| self.belongs(pid, |pid| parents.get(&pid).copied());
        all.iter().map(|process| process.pid).filter(|&pid| belongs(pid)).collect()
    }

    /// Whether a process belongs to it.
    pub(super) fn contains(&self, pid: i32) -> bool {
        self.belongs(pid, |pid| Stat::of(pid).map(|stat| stat.parent))
    }

    fn belongs(&self, pid: i32, parent: impl Fn(i32) -> Option<i32>) -> bool {
        self.roots.contains(&pid)
            || self.ancestors.contains(&pid)
            || ancestors(pid, parent).iter().any(|above| self.roots.contains(above))
    }
}

/// Parent, parent's parent and so on.
fn ancestors(pid: i32, parent: impl Fn(i32) -> Option<i32>) -> Vec<i32> {
    let mut found: Vec<i32> = Vec::new();
    let mut next = parent(pid);
    while let Some(pid) = next.filter(|pid| *pid > 0 && !found.contains(pid)) {
        found.push(pid);
        next = parent(pid);
    }
    found
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;

    #[test]
    fn up_and_down_but_not_sideways() {
        // 1 ─ 2 (sshd) ─ 3 (worker) ─ 4, and 2 ─ 5, and 1 ─ 6 ─ 7 (launcher) ─ 8.
        let parents =
            HashMap::from([(1, 0), (2, 1), (3, 2), (4, 3), (5, 2), (6, 1), (7, 6), (8, 7)]);
        let parent = |pid: i32| parents.get(&pid).copied();
        let roots = vec![3, 7];
        let above = roots.iter().flat_map(|&root| ancestors(root, parent)).collect();
        let family = Family { roots, ancestors: above };
        let own: Vec<i32> = (1..=8).filter(|&pid| family.belongs(pid, parent)).collect();
        assert_eq!(own, [1, 2, 3, 4, 6, 7, 8]);
    }

    #[test]
    fn a_circle_ends() {
        // Between two reads parents can change as if there were one.
        assert_eq!(ancestors(1, |pid| Some(3 - pid)), [2, 1]);
    }

    #[test]
    fn this_process_and_its_parents_belong() {
        let family = Family::new(None);
        let own = std::process::id().cast_signed();
        assert!(family.contains(own));
        assert!(family.contains(Stat::of(own).unwrap().parent));
        assert!(family.contains(1));
    }
}
