//! How much happens at once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use super::support::*;
use crate::executor::{CancelToken, Settings, Silent};
use crate::leases::Leases;
use crate::plan::Plan;
use crate::protocol::JobId;
use crate::transport::record::{Act, Recorder};

/// Imagined workers that answer only once `full` jobs run or none is left to
/// start, and see how many ran at once.
#[derive(Default)]
struct Crowd {
    held: Vec<(String, JobId)>,
    started: usize,
    most: usize,
    most_nodes: usize,
}

fn crowd(full: usize, tasks: usize) -> (Recorder, Arc<Mutex<Crowd>>) {
    let crowd: Arc<Mutex<Crowd>> = Arc::default();
    let seen = Arc::clone(&crowd);
    // Answers for other nodes than the one that speaks go through the recorder.
    let own: Arc<Mutex<Option<Recorder>>> = Arc::default();
    let back = Arc::clone(&own);
    let recorder = Recorder::new(move |node, message| {
        let Some(id) = started(message) else { return Vec::new() };
        let mut crowd = seen.lock().unwrap();
        crowd.held.push((node.to_string(), id));
        crowd.started += 1;
        crowd.most = crowd.most.max(crowd.held.len());
        let nodes: BTreeSet<&String> = crowd.held.iter().map(|(node, _)| node).collect();
        crowd.most_nodes = crowd.most_nodes.max(nodes.len());
        if crowd.held.len() == full || crowd.started == tasks {
            let recorder = back.lock().unwrap();
            for (node, id) in crowd.held.drain(..) {
                recorder.as_ref().unwrap().act(&node, Act::done(id, serde_json::Value::Null));
            }
        }
        Vec::new()
    });
    *own.lock().unwrap() = Some(recorder.clone());
    (recorder, crowd)
}

fn run(plan: &Plan, full: usize, settings: &Settings) -> (usize, usize, Recorder) {
    let (recorder, crowd) = crowd(full, plan.tasks.len());
    let report = execute(&recorded(&recorder), plan, settings);
    assert!(report.ok(), "{report:?}");
    let crowd = crowd.lock().unwrap();
    assert_eq!(crowd.started, plan.tasks.len());
    (crowd.most, crowd.most_nodes, recorder)
}

#[test]
fn no_tasks_need_no_node() {
    let (recorder, events) = (Recorder::obliging(), Events::default());
    let folder = tempfile::tempdir().unwrap();
    let settings = Settings {
        logs: Some(folder.path().join("logs")),
        status: Some(folder.path().join("st")),
        ..settings()
    };
    let plan = Plan::new("nothing");
    let report =
        recorded(&recorder).execute(&plan, &settings, &CancelToken::new(), &events).unwrap();
    assert!(report.ok() && !report.interrupted);
    assert_eq!((report.title.as_str(), report.run_id.as_str()), ("nothing", "r"));
    assert!(recorder.connects().is_empty());
    assert_eq!(files(folder.path()), [] as [String; 0]);
    let told = events.0.lock().unwrap();
    assert_eq!(*told, ["Begin nothing 0", "End"]);
}

#[test]
fn one_task_uses_one_of_many_places() {
    let settings = Settings { nodes: 64, tasks_per_node: 8, ..settings() };
    let (most, _, recorder) = run(&echoes(&["a"]), 1, &settings);
    assert_eq!(most, 1);
    assert_eq!(recorder.connects(), ["a"]);
}

#[test]
fn one_node_runs_as_many_as_it_may_and_no_more() {
    let settings = Settings { tasks_per_node: 3, ..settings() };
    assert_eq!(run(&echoes(&["a"; 10]), 3, &settings).0, 3);
}

#[test]
fn one_node_at_a_time_in_order_of_appearance() {
    let settings = Settings { nodes: 1, tasks_per_node: 2, ..settings() };
    let nodes = ["c", "a", "b", "a", "c", "c", "d"];
    let (_, most_nodes, recorder) = run(&echoes(&nodes), 1, &settings);
    assert_eq!(most_nodes, 1);
    assert_eq!(recorder.connects(), ["c", "a", "b", "d"]);
}

#[test]
fn several_nodes_work_at_the_same_time() {
    // Each node works two full rounds, so that there are always eight to wait for.
    let nodes: Vec<String> = (0..32).map(|k| format!("n{}", k % 8)).collect();
    let nodes: Vec<&str> = nodes.iter().map(String::as_str).collect();
    let settings = Settings { nodes: 4, tasks_per_node: 2, ..settings() };
    let (most, most_nodes, _) = run(&echoes(&nodes), 8, &settings);
    assert_eq!((most, most_nodes), (8, 4));
}

#[test]
fn the_total_limit_counts_over_all_nodes() {
    let settings = Settings { total: Some(5), tasks_per_node: 4, ..settings() };
    let nodes: Vec<&str> = ["a", "b", "c"].repeat(7);
    assert_eq!(run(&echoes(&nodes), 5, &settings).0, 5);
}

#[test]
fn two_names_of_one_machine_share_its_limit() {
    let settings = Settings { tasks_per_node: 2, ..settings() };
    let (most, _, recorder) = run(&echoes(&["a", "localhost", "a", "localhost"]), 2, &settings);
    assert_eq!(most, 2);
    assert_eq!(recorder.connects(), ["a"]);
}

#[test]
fn a_store_has_a_limit_of_its_own() {
    let mut plan = echoes(&["a", "b", "c", "d"]);
    for task in &mut plan.tasks {
        task.store = Some("GRID_B".into());
    }
    let streams = BTreeMap::from([("GRID_B".to_string(), 2)]);
    let settings = Settings { store_streams: streams, ..settings() };
    assert_eq!(run(&plan, 2, &settings).0, 2);
}

/// The test is the other run: it holds all streams, and gives them back one by one.
#[test]
fn streams_used_by_another_run_are_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let others = Leases::new(folder.path()).unwrap();
    let mut held: Vec<_> = (0..2).map(|_| others.try_take("GRID_B", 2).unwrap().unwrap()).collect();
    let mut plan = echoes(&["a", "a", "b", "b", "c"]);
    plan.tasks[0].store = Some("GRID_B".into());
    plan.tasks[2].store = Some("GRID_B".into());
    let settings = Settings {
        nodes: 1,
        store_streams: BTreeMap::from([("GRID_B".to_string(), 2)]),
        leases: Some(folder.path().to_path_buf()),
        ..settings()
    };
    let recorder = Recorder::obliging();
    let cluster = recorded(&recorder);
    std::thread::scope(|scope| {
        let run = scope.spawn(|| execute(&cluster, &plan, &settings));
        assert!(recorder.wait_for(|said| runs(said) == 3));
        assert!(others.try_take("GRID_B", 2).unwrap().is_none());
        held.pop();
        assert!(recorder.wait_for(|said| runs(said) == 5));
        assert!(run.join().unwrap().ok());
    });
    // All but the one still held here were given back.
    assert!(others.try_take("GRID_B", 2).unwrap().is_some());
}

#[test]
fn two_runs_never_use_more_streams_than_there_are() {
    let folder = tempfile::tempdir().unwrap();
    let now: Arc<Mutex<(usize, usize)>> = Arc::default();
    let settings = Settings {
        tasks_per_node: 4,
        store_streams: BTreeMap::from([("GRID_B".to_string(), 2)]),
        leases: Some(folder.path().to_path_buf()),
        ..settings()
    };
    let mut plan = echoes(&["a", "b", "c"].repeat(5));
    for task in &mut plan.tasks {
        task.store = Some("GRID_B".into());
    }
    let run = || {
        let seen = Arc::clone(&now);
        let recorder = Recorder::new(move |_, message| {
            let Some(id) = started(message) else { return Vec::new() };
            let count = {
                let mut now = seen.lock().unwrap();
                now.0 += 1;
                now.1 = now.1.max(now.0);
                now.0
            };
            // Let others begin meanwhile.
            (0..200 * count).for_each(|_| std::thread::yield_now());
            seen.lock().unwrap().0 -= 1;
            vec![Act::done(id, serde_json::Value::Null)]
        });
        recorded(&recorder).execute(&plan, &settings, &CancelToken::new(), &Silent).unwrap()
    };
    std::thread::scope(|scope| {
        let runs = [scope.spawn(run), scope.spawn(run)];
        for run in runs {
            assert!(run.join().unwrap().ok());
        }
    });
    assert!((1..=2).contains(&now.lock().unwrap().1));
}
