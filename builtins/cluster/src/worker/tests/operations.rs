//! Native operations: answers, items, progress, calls, faults.

use ledama_base::operation::{ErrorKind, OperationError};
use serde_json::{Value, json};

use super::host::{Host, operation, short_grace};
use crate::protocol::{FromWorker, JobResult, ToWorker};
use crate::worker::Options;

fn start() -> Host {
    Host::start("test-operations", Options::default())
}

fn kind(result: &JobResult) -> ErrorKind {
    result.error.as_ref().expect("a failure").kind
}

#[test]
fn an_operation_answers() {
    let mut host = start();
    let result = host.perform(operation("test.echo", json!({"path": "/a\n\u{ef80}"})));
    assert_eq!(result.value, json!({"path": "/a\n\u{ef80}"}));
    assert_eq!((result.error, result.exit_status), (None, None));
    assert_eq!(host.end(), 0);
}

#[test]
fn an_unknown_operation_is_told() {
    let mut host = start();
    let result = host.perform(operation("test.nothing", Value::Null));
    assert_eq!(kind(&result), ErrorKind::Input);
    assert_eq!(host.end(), 0);
}

#[test]
fn a_panic_fails_only_its_own_job() {
    let mut host = start();
    let result = host.perform(operation("test.panic", json!(7)));
    assert_eq!(kind(&result), ErrorKind::Internal);
    let message = result.error.unwrap().message;
    assert_eq!(message, "operation `test.panic` failed by a fault of ledama: at the disco: 7");
    assert_eq!(host.perform(operation("test.echo", json!(1))).value, 1);
    assert_eq!(host.end(), 0);
}

#[test]
fn items_come_in_order_and_progress_is_thinned() {
    let mut host = start();
    let job = host.start_job(operation("test.items", json!(5000)), false);
    let (said, result) = host.listen(job);
    let items: Vec<u64> = said
        .iter()
        .filter_map(|message| match message {
            FromWorker::Item { id, value } if *id == job => value.as_u64(),
            _ => None,
        })
        .collect();
    assert_eq!(items, (0..5000).collect::<Vec<_>>());
    let progress = said.len() - items.len();
    assert!((1..500).contains(&progress), "{progress} messages about progress");
    assert_eq!(result.value, "node011 test-operations");
    assert_eq!(host.end(), 0);
}

#[test]
fn a_call_is_relayed_and_answered() {
    let mut host = start();
    let job = host.start_job(operation("test.ask", json!("who")), false);
    let FromWorker::Call { id, call, node, operation: name, input } = host.hear() else {
        panic!("no call")
    };
    assert_eq!(
        (id, node.as_str(), name.as_str(), &input),
        (job, "node012", "test.echo", &json!("who"))
    );
    // An answer to nobody does no harm.
    host.say(&ToWorker::Reply { call: call + 1, result: Ok(Value::Null) });
    host.say(&ToWorker::Reply { call, result: Ok(json!("me")) });
    assert_eq!(host.listen(job).1.value, json!(["me"]));

    let job = host.start_job(operation("test.ask", Value::Null), false);
    let FromWorker::Call { call, .. } = host.hear() else { panic!("no call") };
    let refused = OperationError::new(ErrorKind::NoSpace, "full").help("delete something");
    host.say(&ToWorker::Reply { call, result: Err(refused.clone()) });
    assert_eq!(host.listen(job).1.error, Some(refused));
    assert_eq!(host.end(), 0);
}

#[test]
fn a_cancelled_call_waits_for_its_answer_but_not_for_ever() {
    let mut host = Host::start("test-call", short_grace());
    let job = host.start_job(operation("test.ask", Value::Null), false);
    let FromWorker::Call { .. } = host.hear() else { panic!("no call") };
    host.say(&ToWorker::Cancel { id: job });
    assert_eq!(kind(&host.listen(job).1), ErrorKind::Cancelled);
    assert_eq!(host.end(), 0);
}

#[test]
fn a_cancelled_operation_hears_of_it() {
    let mut host = start();
    let job = host.start_job(operation("test.wait", Value::Null), true);
    assert_eq!(host.hear_output("\n"), "waiting\n");
    host.say(&ToWorker::Cancel { id: job });
    let (_, result) = host.listen(job);
    assert_eq!(result.error.unwrap().message, "cleaned up");
    assert_eq!(result.tail, "waiting\n");
    assert_eq!(host.end(), 0);
}

#[test]
fn a_flood_of_operations_is_answered_one_by_one() {
    let mut host = start();
    let count = 10_000;
    let jobs: Vec<_> =
        (0..count).map(|n| host.start_job(operation("test.echo", json!(n)), false)).collect();
    let mut answers = vec![0; count];
    for _ in 0..count {
        let FromWorker::Done { id, result } = host.hear() else { panic!("no answer") };
        assert_eq!(result.value, id - jobs[0]);
        answers[usize::try_from(id - jobs[0]).unwrap()] += 1;
    }
    assert!(answers.iter().all(|&n| n == 1));
    assert_eq!(host.end(), 0);
}

#[test]
fn many_waiting_operations_run_at_the_same_time() {
    let mut host = start();
    let jobs: Vec<_> =
        (0..100).map(|_| host.start_job(operation("test.wait", Value::Null), true)).collect();
    // All of them speak before any of them ends.
    for _ in &jobs {
        assert!(matches!(host.hear(), FromWorker::Output { .. }));
    }
    for &id in &jobs {
        host.say(&ToWorker::Cancel { id });
    }
    for _ in &jobs {
        assert!(matches!(host.hear(), FromWorker::Done { .. }));
    }
    assert_eq!(host.end(), 0);
}

#[test]
fn jobs_sent_ahead_wait_for_their_turn() {
    let mut host = Host::start("test-operations", short_grace());
    let wait = || operation("test.wait", Value::Null);
    let echo = || operation("test.echo", json!(1));
    let (first, second) = (host.queue_job(wait(), 2), host.queue_job(wait(), 2));
    let third = host.queue_job(echo(), 2);
    let fourth = host.queue_job(echo(), 2);
    // What is not sent ahead needs no place.
    assert_eq!(host.perform(echo()).value, 1);
    host.say(&ToWorker::Cancel { id: third });
    assert_eq!(kind(&host.listen(third).1), ErrorKind::Cancelled);
    host.say(&ToWorker::Cancel { id: second });
    assert_eq!(kind(&host.listen(second).1), ErrorKind::Cancelled);
    assert_eq!(host.listen(fourth).1.value, 1);
    host.say(&ToWorker::Cancel { id: first });
    assert_eq!(kind(&host.listen(first).1), ErrorKind::Cancelled);
    let last = host.queue_job(echo(), 1);
    assert_eq!(host.listen(last).1.value, 1);
    assert_eq!(host.end(), 0);
}

#[test]
fn jobs_that_wait_do_not_outlive_their_host() {
    let mut host = Host::start("test-operations", short_grace());
    let first = host.queue_job(operation("test.wait", Value::Null), 1);
    let second = host.queue_job(operation("test.echo", Value::Null), 1);
    host.close_input();
    assert_eq!(kind(&host.listen(first).1), ErrorKind::Cancelled);
    assert_eq!(host.exit_code(), 0);
    assert!(host.is_silent(), "job {second} was never started");
}
