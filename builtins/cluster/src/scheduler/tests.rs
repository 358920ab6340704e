#![allow(clippy::unwrap_used, clippy::expect_used)]

use proptest::prelude::*;

use super::*;
use crate::plan::CommandSpec;

fn task(node: &str, after: &[TaskIndex], store: Option<&str>) -> Task {
    let mut made = Task::command(node, "", CommandSpec::default());
    made.after = after.to_vec();
    made.store = store.map(str::to_string);
    made
}

fn tasks(nodes: &[&str]) -> Vec<Task> {
    nodes.iter().map(|node| task(node, &[], None)).collect()
}

fn limits(nodes: usize, tasks_per_node: usize) -> Limits {
    Limits { nodes, tasks_per_node, ..Limits::default() }
}

/// One machine for each name.
fn scheduler(plan: &[Task], limits: &Limits, done: impl Fn(TaskIndex) -> bool) -> Scheduler {
    let mut names: Vec<&str> = Vec::new();
    let nodes: Vec<usize> = plan
        .iter()
        .map(|task| {
            names.iter().position(|name| *name == task.node).unwrap_or_else(|| {
                names.push(&task.node);
                names.len() - 1
            })
        })
        .collect();
    Scheduler::new(plan, &nodes, limits, done)
}

fn start_all(scheduler: &mut Scheduler) -> Vec<TaskIndex> {
    std::iter::from_fn(|| scheduler.next_task()).collect()
}

#[test]
fn an_empty_plan_is_over() {
    let mut scheduler = scheduler(&[], &limits(64, 4), |_| false);
    assert!(scheduler.is_over());
    assert_eq!(scheduler.next_task(), None);
}

#[test]
fn one_task_needs_one_of_many_places() {
    let mut scheduler = scheduler(&tasks(&["a"]), &limits(64, 1), |_| false);
    assert_eq!(start_all(&mut scheduler), [0]);
    assert_eq!(scheduler.finished(0, true), [0usize; 0]);
    assert!(scheduler.is_over());
}

#[test]
fn one_node_never_runs_more_than_its_limit() {
    let mut scheduler = scheduler(&tasks(&["a"; 5]), &limits(64, 2), |_| false);
    assert_eq!(start_all(&mut scheduler), [0, 1]);
    scheduler.finished(1, true);
    assert_eq!(start_all(&mut scheduler), [2]);
    scheduler.finished(0, false);
    scheduler.finished(2, true);
    assert_eq!(start_all(&mut scheduler), [3, 4]);
}

#[test]
fn two_names_of_a_machine_share_its_limit() {
    let mut scheduler =
        Scheduler::new(&tasks(&["a", "b", "c"]), &[7, 7, 3], &limits(8, 1), |_| false);
    assert_eq!(start_all(&mut scheduler), [0, 2]);
}

#[test]
fn a_node_keeps_its_place_until_it_has_nothing_to_start() {
    let mut scheduler = scheduler(&tasks(&["a", "b", "a", "b"]), &limits(1, 1), |_| false);
    let mut order = Vec::new();
    while let Some(next) = scheduler.next_task() {
        order.push(next);
        assert_eq!(scheduler.next_task(), None);
        scheduler.finished(next, true);
    }
    assert_eq!(order, [0, 2, 1, 3]);
    assert!(scheduler.is_over());
}

#[test]
fn a_new_node_comes_before_a_second_task_of_a_busy_one() {
    let mut scheduler =
        scheduler(&tasks(&["a", "a", "a", "b", "b", "c"]), &limits(2, 2), |_| false);
    assert_eq!(start_all(&mut scheduler), [0, 3, 1, 4]);
    scheduler.finished(3, true);
    assert_eq!(start_all(&mut scheduler), [] as [TaskIndex; 0], "b still works");
    scheduler.finished(4, true);
    assert_eq!(start_all(&mut scheduler), [5]);
}

#[test]
fn the_total_limit_spreads_over_the_nodes() {
    let all = Limits { total: Some(3), ..limits(8, 8) };
    let mut scheduler = scheduler(&tasks(&["a", "a", "a", "b", "c"]), &all, |_| false);
    assert_eq!(start_all(&mut scheduler), [0, 3, 4]);
}

#[test]
fn a_node_whose_store_is_full_lends_its_place() {
    let plan = [task("a", &[], Some("S")), task("b", &[], Some("S")), task("c", &[], None)];
    let all = Limits { stores: BTreeMap::from([("S".to_string(), 1)]), ..limits(2, 1) };
    let mut scheduler = scheduler(&plan, &all, |_| false);
    assert_eq!(start_all(&mut scheduler), [0, 2]);
    scheduler.finished(2, true);
    assert_eq!(scheduler.next_task(), None, "the only stream is in use");
    scheduler.finished(0, true);
    assert_eq!(start_all(&mut scheduler), [1]);
}

#[test]
fn a_closed_store_lets_an_idle_node_give_way() {
    let plan = [task("a", &[], Some("S")), task("b", &[], None)];
    let mut scheduler = scheduler(&plan, &limits(1, 1), |_| false);
    assert_eq!(scheduler.next_task(), Some(0));
    scheduler.put_back(0);
    scheduler.close_store("S");
    assert_eq!(scheduler.next_task(), Some(1));
    scheduler.open_store("S");
    assert_eq!(scheduler.next_task(), None, "one node at a time");
    scheduler.finished(1, true);
    assert_eq!(scheduler.next_task(), Some(0));
}

#[test]
fn successors_wait_and_a_failure_skips_them_all() {
    let plan = [
        task("a", &[], None),
        task("b", &[0], None),
        task("c", &[1], None),
        task("a", &[], None),
        task("b", &[3], None),
        task("b", &[2, 4], None),
    ];
    let mut scheduler = scheduler(&plan, &limits(8, 8), |_| false);
    assert_eq!(start_all(&mut scheduler), [0, 3]);
    assert_eq!(scheduler.finished(0, false), [1, 2, 5]);
    scheduler.finished(3, true);
    assert_eq!(start_all(&mut scheduler), [4]);
    assert_eq!(scheduler.finished(4, true), [0usize; 0]);
    assert!(scheduler.is_over());
}

#[test]
fn what_was_done_before_is_neither_started_nor_waited_for() {
    let plan = [task("a", &[], None), task("a", &[0], None), task("a", &[1], None)];
    let mut scheduler = scheduler(&plan, &limits(1, 1), |index| index < 2);
    assert_eq!(start_all(&mut scheduler), [2]);
}

#[test]
fn stopping_leaves_only_what_runs() {
    let plan = [task("a", &[], None), task("a", &[0], None), task("a", &[], None)];
    let mut scheduler = scheduler(&plan, &limits(1, 1), |_| false);
    assert_eq!(scheduler.next_task(), Some(0));
    assert_eq!(scheduler.stop(), [1, 2]);
    assert!(!scheduler.is_over());
    assert_eq!(scheduler.finished(0, true), [0usize; 0]);
    assert!(scheduler.is_over());
    assert_eq!(scheduler.next_task(), None);
}

/// Work is linear: this takes well under a second even without optimisation,
/// and would take hours if a decision looked at every task.
#[test]
fn a_hundred_thousand_tasks_are_no_burden() {
    let names: Vec<String> = (0..80).map(|n| format!("node{n:03}")).collect();
    let stores = ["S", "T", "U"];
    let plan: Vec<Task> =
        (0..100_000).map(|k| task(&names[k * 7 % 80], &[], stores.get(k % 4).copied())).collect();
    let all = Limits {
        stores: stores.iter().map(|s| ((*s).to_string(), 5)).collect(),
        total: Some(200),
        ..limits(16, 8)
    };
    let mut scheduler = scheduler(&plan, &all, |_| false);
    let mut running = std::collections::VecDeque::new();
    let mut finished = 0;
    loop {
        running.extend(start_all(&mut scheduler));
        let Some(task) = running.pop_front() else { break };
        scheduler.finished(task, true);
        finished += 1;
    }
    assert_eq!(finished, 100_000);
    assert!(scheduler.is_over());
}

/// A plan as a list of (node, store, one earlier task), and the limits.
fn any_plan() -> impl Strategy<Value = (Vec<Task>, Limits)> {
    let row = (0..5usize, proptest::option::of(0..2usize), proptest::option::of(any::<u16>()));
    let limits =
        (1..4usize, 1..4usize, proptest::option::of(1..6usize), proptest::option::of(1..3usize));
    (proptest::collection::vec(row, 0..40), limits).prop_map(|(rows, (nodes, per, total, s))| {
        let plan = rows
            .iter()
            .enumerate()
            .map(|(index, (node, store, before))| {
                let after: Vec<usize> =
                    before.iter().filter(|_| index > 0).map(|b| usize::from(*b) % index).collect();
                let store = store.map(|s| ["S", "T"][s]);
                task(["a", "b", "c", "d", "e"][*node], &after, store)
            })
            .collect();
        let stores = s.iter().map(|limit| ("S".to_string(), *limit)).collect();
        (plan, Limits { nodes, tasks_per_node: per, total, stores })
    })
}

fn within(plan: &[Task], limits: &Limits, running: &[TaskIndex]) -> bool {
    let mut nodes: HashMap<&str, usize> = HashMap::new();
    let mut stores: HashMap<&str, usize> = HashMap::new();
    for &index in running {
        *nodes.entry(&plan[index].node).or_default() += 1;
        if let Some(store) = &plan[index].store {
            *stores.entry(store).or_default() += 1;
        }
    }
    nodes.len() <= limits.nodes
        && nodes.values().all(|&n| n <= limits.tasks_per_node)
        && limits.total.is_none_or(|total| running.len() <= total)
        && stores.iter().all(|(name, n)| limits.stores.get(*name).is_none_or(|l| n <= l))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Random ends, failures, stores that close and tasks put back: no limit is
    /// ever passed, every task runs once or is skipped for a failed predecessor,
    /// the tasks of one node and store start in order, and it always ends.
    #[test]
    fn limits_hold_and_everything_runs_once(
        (plan, limits) in any_plan(),
        choices in proptest::collection::vec((any::<u16>(), 0..8u8), 1..60),
    ) {
        let mut scheduler = scheduler(&plan, &limits, |_| false);
        let mut running: Vec<TaskIndex> = Vec::new();
        let mut state = vec![' '; plan.len()];
        let mut last: HashMap<(String, Option<String>), TaskIndex> = HashMap::new();
        let mut put_back_left = 10;
        let mut step = 0;
        loop {
            while let Some(index) = scheduler.next_task() {
                let (_, dice) = choices[step % choices.len()];
                step += 1;
                prop_assert_eq!(state[index], ' ');
                prop_assert!(plan[index].after.iter().all(|&b| state[b] == 'd'));
                if dice == 0 && put_back_left > 0 {
                    put_back_left -= 1;
                    scheduler.put_back(index);
                    scheduler.close_store("S");
                    continue;
                }
                state[index] = 'r';
                running.push(index);
                prop_assert!(within(&plan, &limits, &running));
                if plan.iter().all(|t| t.after.is_empty()) && put_back_left == 10 {
                    let key = (plan[index].node.clone(), plan[index].store.clone());
                    if let Some(before) = last.insert(key, index) {
                        prop_assert!(before < index);
                    }
                }
            }
            prop_assert_eq!(scheduler.running(), running.len());
            scheduler.open_store("S");
            if running.is_empty() {
                if let Some(index) = scheduler.next_task() {
                    scheduler.put_back(index);
                    continue;
                }
                break;
            }
            let (which, dice) = choices[step % choices.len()];
            step += 1;
            let index = running.swap_remove(usize::from(which) % running.len());
            let success = dice != 1;
            state[index] = if success { 'd' } else { 'f' };
            for skipped in scheduler.finished(index, success) {
                prop_assert_eq!(state[skipped], ' ');
                prop_assert!(plan[skipped].after.iter().any(|&b| matches!(state[b], 'f' | 's')));
                state[skipped] = 's';
            }
        }
        prop_assert!(scheduler.is_over());
        prop_assert!(state.iter().all(|s| matches!(s, 'd' | 'f' | 's')));
    }

    /// The same input gives the same order.
    #[test]
    fn the_order_is_deterministic((plan, limits) in any_plan()) {
        let order = || {
            let mut scheduler = scheduler(&plan, &limits, |_| false);
            let mut running = std::collections::VecDeque::new();
            let mut order = Vec::new();
            loop {
                running.extend(start_all(&mut scheduler));
                let Some(task) = running.pop_front() else { break order };
                order.push(task);
                scheduler.finished(task, true);
            }
        };
        let first = order();
        prop_assert_eq!(first.len(), plan.len());
        prop_assert_eq!(first, order());
    }
}
