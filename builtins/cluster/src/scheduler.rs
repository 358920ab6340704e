//! Which task starts next.
//!
//! Pure: no clock, no thread, no file. It counts the limits (nodes at once,
//! tasks per node, all tasks, streams per store), the order of tasks that
//! depend on each other, and what is skipped when one of them fails. A decision
//! costs `O(stores + log nodes)`, so that plans of 100 000 tasks need no thought.
//!
//! A free slot goes to the node with the fewest running tasks, among equals to
//! the task that stands first in the plan; the tasks of one node and store
//! start in plan order. A node keeps its place among the working nodes until
//! it has nothing more to start.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap};

use crate::plan::{Task, TaskIndex};

/// How much may happen at once. Zero means one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Limits {
    /// Nodes that work at the same time.
    pub nodes: usize,
    /// Tasks at the same time on each node.
    pub tasks_per_node: usize,
    /// Tasks at the same time over all nodes; none: no limit.
    pub total: Option<usize>,
    /// Tasks at the same time for each store; a store that is not named has no limit.
    pub stores: BTreeMap<String, usize>,
}

/// Where a task is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Waits for predecessors.
    Blocked,
    /// May start.
    Ready,
    Running,
    /// Ended in any way, or never to be started.
    Over,
}

/// Place in an ordered set of nodes: tasks it runs, its next task, itself.
type Key = (usize, TaskIndex, usize);

#[derive(Debug, Default)]
struct Node {
    running: usize,
    /// Tasks beyond its limit, see [`Scheduler::allow`].
    extra: usize,
    /// Counts as one of the working nodes.
    holds: bool,
    /// Tasks that may start, by store.
    ready: Vec<(usize, BinaryHeap<Reverse<TaskIndex>>)>,
}

impl Node {
    fn has_ready(&self) -> bool {
        self.ready.iter().any(|(_, queue)| !queue.is_empty())
    }

    fn queue(&mut self, store: usize) -> &mut BinaryHeap<Reverse<TaskIndex>> {
        let at = self.ready.iter().position(|(s, _)| *s == store).unwrap_or_else(|| {
            self.ready.push((store, BinaryHeap::new()));
            self.ready.len() - 1
        });
        &mut self.ready[at].1
    }
}

#[derive(Debug, Default)]
struct Store {
    limit: Option<usize>,
    running: usize,
    /// Closed from outside: other runs use all its streams.
    closed: bool,
    /// Nodes among the working ones that could start one of its tasks.
    holding: BTreeSet<Key>,
    /// Other nodes that have tasks for it.
    waiting: BTreeSet<Key>,
}

impl Store {
    fn open(&self) -> bool {
        !self.closed && self.limit.is_none_or(|limit| self.running < limit)
    }
}

/// Decides what starts next; see the module's description.
#[derive(Debug)]
pub struct Scheduler {
    places: usize,
    per_node: usize,
    total: usize,
    stage: Vec<Stage>,
    node_of: Vec<usize>,
    store_of: Vec<usize>,
    blockers: Vec<usize>,
    successors: Vec<Vec<TaskIndex>>,
    nodes: Vec<Node>,
    stores: Vec<Store>,
    store_names: HashMap<String, usize>,
    holders: usize,
    /// Nodes that hold a place and run nothing.
    idle: BTreeSet<usize>,
    running: usize,
    unfinished: usize,
}

impl Scheduler {
    /// A scheduler for these tasks; those for which `done` says so count as
    /// finished well. `nodes` tells which of them share a machine, whatever
    /// name they have for it. Predecessors must stand before their successors.
    pub fn new(
        tasks: &[Task],
        nodes: &[usize],
        limits: &Limits,
        done: impl Fn(TaskIndex) -> bool,
    ) -> Self {
        let mut made = Self {
            places: limits.nodes.max(1),
            per_node: limits.tasks_per_node.max(1),
            total: limits.total.map_or(usize::MAX, |total| total.max(1)),
            stage: vec![Stage::Blocked; tasks.len()],
            node_of: Vec::with_capacity(tasks.len()),
            store_of: Vec::with_capacity(tasks.len()),
            blockers: vec![0; tasks.len()],
            successors: vec![Vec::new(); tasks.len()],
            nodes: Vec::new(),
            stores: vec![Store::default()],
            store_names: HashMap::new(),
            holders: 0,
            idle: BTreeSet::new(),
            running: 0,
            unfinished: 0,
        };
        let mut known: HashMap<usize, usize> = HashMap::new();
        for (index, (task, node)) in tasks.iter().zip(nodes).enumerate() {
            let node = *known.entry(*node).or_insert_with(|| {
                made.nodes.push(Node::default());
                made.nodes.len() - 1
            });
            made.node_of.push(node);
            let store = task.store.as_deref().map_or(0, |name| made.store(name, limits));
            made.store_of.push(store);
            if done(index) {
                made.stage[index] = Stage::Over;
                continue;
            }
            made.unfinished += 1;
            for &before in &task.after {
                if made.stage[before] != Stage::Over {
                    made.blockers[index] += 1;
                    made.successors[before].push(index);
                }
            }
            if made.blockers[index] == 0 {
                made.stage[index] = Stage::Ready;
                made.nodes[node].queue(store).push(Reverse(index));
            }
        }
        (0..made.nodes.len()).for_each(|node| made.list(node));
        made
    }

    fn store(&mut self, name: &str, limits: &Limits) -> usize {
        if let Some(&known) = self.store_names.get(name) {
            return known;
        }
        let limit = limits.stores.get(name).map(|&limit| limit.max(1));
        self.stores.push(Store { limit, ..Store::default() });
        self.store_names.insert(name.to_string(), self.stores.len() - 1);
        self.stores.len() - 1
    }

    /// The next task, which counts as running from now on; none if nothing may
    /// start before something ends.
    pub fn next_task(&mut self) -> Option<TaskIndex> {
        if self.running >= self.total {
            return None;
        }
        let (store, (_, task, node)) = self.best()?;
        self.unlist(node);
        if !self.nodes[node].holds {
            self.nodes[node].holds = true;
            self.holders += 1;
        }
        self.idle.remove(&node);
        self.nodes[node].queue(store).pop();
        self.nodes[node].running += 1;
        self.stores[store].running += 1;
        self.running += 1;
        self.stage[task] = Stage::Running;
        self.list(node);
        Some(task)
    }

    /// The best candidate, after giving the place of an idle node to another if need be.
    fn best(&mut self) -> Option<(usize, Key)> {
        let place_free = self.holders < self.places;
        let open = || self.stores.iter().enumerate().filter(|(_, store)| store.open());
        let holding = open().filter_map(|(id, s)| s.holding.first().map(|key| (*key, id))).min();
        let waiting = open().filter_map(|(id, s)| s.waiting.first().map(|key| (*key, id))).min();
        match (holding, waiting) {
            // A node that has its place and runs nothing comes before a new one.
            (Some((key, id)), _) if key.0 == 0 || !place_free => Some((id, key)),
            (_, Some((key, id))) if place_free => Some((id, key)),
            (Some((key, id)), _) => Some((id, key)),
            (None, Some((key, id))) => {
                // Every idle holder has only tasks for closed stores, else it were a candidate.
                let idle = self.idle.pop_first()?;
                self.unlist(idle);
                self.nodes[idle].holds = false;
                self.holders -= 1;
                self.list(idle);
                Some((id, key))
            }
            (None, None) => None,
        }
    }

    /// A started task has ended. Returns the tasks that can never start because
    /// they come after it and it failed.
    pub fn finished(&mut self, task: TaskIndex, success: bool) -> Vec<TaskIndex> {
        self.leave(task);
        self.stage[task] = Stage::Over;
        self.unfinished -= 1;
        let mut skipped = Vec::new();
        if success {
            for next in std::mem::take(&mut self.successors[task]) {
                self.blockers[next] -= 1;
                if self.blockers[next] == 0 && self.stage[next] == Stage::Blocked {
                    self.make_ready(next);
                }
            }
        } else {
            let mut open = std::mem::take(&mut self.successors[task]);
            while let Some(next) = open.pop() {
                if self.stage[next] == Stage::Blocked {
                    self.stage[next] = Stage::Over;
                    self.unfinished -= 1;
                    skipped.push(next);
                    open.append(&mut self.successors[next]);
                }
            }
            skipped.sort_unstable();
        }
        self.give_up_place(self.node_of[task]);
        skipped
    }

    /// A task that [`next_task`](Self::next_task) gave was not started after all.
    pub fn put_back(&mut self, task: TaskIndex) {
        self.leave(task);
        self.make_ready(task);
    }

    /// Starts nothing for this store until it is opened again.
    pub fn close_store(&mut self, store: &str) {
        self.set_closed(store, true);
    }

    /// Lets the node of a task have `extra` tasks more than its limit.
    pub fn allow(&mut self, task: TaskIndex, extra: usize) {
        let node = self.node_of[task];
        if self.nodes[node].extra != extra {
            self.unlist(node);
            self.nodes[node].extra = extra;
            self.list(node);
        }
    }

    /// The opposite of [`close_store`](Self::close_store).
    pub fn open_store(&mut self, store: &str) {
        self.set_closed(store, false);
    }

    /// Starts nothing more. Returns the tasks that were not started, in plan order.
    pub fn stop(&mut self) -> Vec<TaskIndex> {
        let left: Vec<TaskIndex> = (0..self.stage.len())
            .filter(|&task| matches!(self.stage[task], Stage::Blocked | Stage::Ready))
            .collect();
        for &task in &left {
            self.stage[task] = Stage::Over;
        }
        self.unfinished -= left.len();
        for node in &mut self.nodes {
            node.ready.clear();
        }
        for store in &mut self.stores {
            store.holding.clear();
            store.waiting.clear();
        }
        self.successors.iter_mut().for_each(Vec::clear);
        left
    }

    /// True when every task has ended or will never start.
    pub fn is_over(&self) -> bool {
        self.unfinished == 0
    }

    /// Tasks that run now.
    pub fn running(&self) -> usize {
        self.running
    }

    fn set_closed(&mut self, store: &str, closed: bool) {
        if let Some(&id) = self.store_names.get(store) {
            self.stores[id].closed = closed;
        }
    }

    fn make_ready(&mut self, task: TaskIndex) {
        let (node, store) = (self.node_of[task], self.store_of[task]);
        self.stage[task] = Stage::Ready;
        self.unlist(node);
        self.nodes[node].queue(store).push(Reverse(task));
        self.list(node);
    }

    fn leave(&mut self, task: TaskIndex) {
        let (node, store) = (self.node_of[task], self.store_of[task]);
        debug_assert_eq!(self.stage[task], Stage::Running, "task {task} does not run");
        self.unlist(node);
        self.nodes[node].running -= 1;
        self.stores[store].running -= 1;
        self.running -= 1;
        if self.nodes[node].running == 0 {
            self.idle.insert(node);
        }
        self.list(node);
    }

    fn give_up_place(&mut self, node: usize) {
        let facts = &mut self.nodes[node];
        if facts.holds && facts.running == 0 && !facts.has_ready() {
            facts.holds = false;
            self.holders -= 1;
            self.idle.remove(&node);
        }
    }

    fn list(&mut self, node: usize) {
        self.each_key(node, |set, key| {
            set.insert(key);
        });
    }

    fn unlist(&mut self, node: usize) {
        self.each_key(node, |set, key| {
            set.remove(&key);
        });
    }

    /// The entries a node has in the sets of the stores, as its counters are now.
    fn each_key(&mut self, node: usize, mut change: impl FnMut(&mut BTreeSet<Key>, Key)) {
        let facts = &self.nodes[node];
        if facts.running >= self.per_node + facts.extra {
            return;
        }
        for (store, queue) in &facts.ready {
            if let Some(&Reverse(head)) = queue.peek() {
                let store = &mut self.stores[*store];
                let set = if facts.holds { &mut store.holding } else { &mut store.waiting };
                change(set, (facts.running, head, node));
            }
        }
    }
}

#[cfg(test)]
mod tests;
