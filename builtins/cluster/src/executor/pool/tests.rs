#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;
use crate::transport::Peer;

fn lost() -> LinkEvent {
    LinkEvent::Lost { reason: "end".into() }
}

#[test]
fn a_link_waits_for_a_busy_executor_but_not_once_it_is_unwanted() {
    let (sender, inbox) = crossbeam_channel::bounded(2);
    let unwanted = Arc::new(AtomicBool::new(false));
    let sink = sink(7, 3, sender, Arc::clone(&unwanted));
    let (told, heard) = crossbeam_channel::unbounded();
    let link = std::thread::spawn(move || {
        for number in 0..5 {
            sink(lost());
            told.send(number).unwrap();
        }
    });
    // Two fit; the third waits until one is taken, the fourth until nobody wants it.
    assert!(matches!(inbox.recv().unwrap(), Input::Link { node: 7, generation: 3, .. }));
    assert_eq!((0..3).map(|_| heard.recv().unwrap()).collect::<Vec<_>>(), [0, 1, 2]);
    assert_eq!(inbox.len(), 2);
    unwanted.store(true, Ordering::SeqCst);
    link.join().unwrap();
    assert_eq!(inbox.len(), 2);
}

/// Opens links that tell when they are closed. The node `bad` makes it panic,
/// the node `slow` waits for a word.
struct Telling(Sender<String>, Receiver<()>);

struct TellingLink(String, Sender<String>);

impl Connector for Telling {
    fn connect(
        &self,
        target: &Target,
        run_id: &str,
        _sink: Sink,
    ) -> Result<Box<dyn Link>, ConnectError> {
        assert_ne!(target.node, "bad", "by intention");
        let name = format!("{} {run_id}", target.node);
        if target.node == "slow" {
            self.0.send("waits".into()).unwrap();
            self.1.recv().unwrap();
        }
        self.0.send(format!("open {name}")).unwrap();
        Ok(Box::new(TellingLink(name, self.0.clone())))
    }
}

impl Link for TellingLink {
    fn send(&self, _message: ToWorker) {}
    fn close(self: Box<Self>, _grace: Duration) {
        self.1.send(format!("close {}", self.0)).unwrap();
    }
    fn peer(&self) -> &Peer {
        panic!("nobody asks")
    }
}

fn pool(at_once: usize) -> (Pool, Receiver<String>) {
    let (pool, told, _) = slow_pool(at_once);
    (pool, told)
}

fn slow_pool(at_once: usize) -> (Pool, Receiver<String>, Sender<()>) {
    let (sender, told) = crossbeam_channel::unbounded();
    let (word, heard) = crossbeam_channel::unbounded();
    let mut pool = Pool::new(Arc::new(Telling(sender, heard)), at_once);
    pool.begin("r");
    (pool, told, word)
}

fn add(pool: &mut Pool, node: &str) -> NodeId {
    pool.add(Target {
        node: node.into(),
        address: node.into(),
        port: 22,
        user: "me".into(),
        transport: ledama_config::model::Transport::Local,
    })
}

fn hear(pool: &mut Pool) -> Option<News> {
    match pool.inbox.recv().unwrap() {
        Input::Connected { node, generation, result } => {
            pool.connected(node, generation, result, 0)
        }
        Input::Link { .. } => panic!("links say nothing here"),
    }
}

#[test]
fn a_connector_that_panics_is_a_failure_of_its_node() {
    let (mut pool, _told) = pool(1);
    let bad = add(&mut pool, "bad");
    pool.want(bad);
    let news = hear(&mut pool);
    assert!(
        matches!(news, Some(News::Dead { ref error }) if error.kind == ErrorKind::Internal),
        "{news:?}"
    );
}

#[test]
fn only_so_many_connect_at_once() {
    let (mut pool, told) = pool(1);
    let nodes = ["a", "b", "c"].map(|name| add(&mut pool, name));
    for node in nodes {
        pool.want(node);
    }
    assert_eq!((pool.connecting, pool.queue.len()), (1, 2));
    for name in ["a", "b", "c"] {
        assert!(matches!(hear(&mut pool), Some(News::Open)));
        assert_eq!(told.recv().unwrap(), format!("open {name} r"));
    }
    assert_eq!((pool.connecting, pool.queue.len()), (0, 0));
}

#[test]
fn a_link_that_comes_too_late_is_closed() {
    let (mut pool, told) = pool(4);
    let [a, b] = ["a", "b"].map(|name| add(&mut pool, name));
    pool.want(a);
    assert_eq!(told.recv().unwrap(), "open a r");
    // Another run begins before the news is heard.
    pool.begin("s");
    assert!(hear(&mut pool).is_none());
    assert_eq!(told.recv().unwrap(), "close a r");
    // And nobody hears of this one at all.
    pool.want(b);
    assert_eq!(told.recv().unwrap(), "open b s");
    drop(pool);
    assert_eq!(told.recv().unwrap(), "close b s");
}

#[test]
fn a_link_that_opens_after_the_end_is_closed() {
    let (mut pool, told, word) = slow_pool(1);
    let slow = add(&mut pool, "slow");
    pool.want(slow);
    assert_eq!(told.recv().unwrap(), "waits");
    drop(pool);
    word.send(()).unwrap();
    assert_eq!(told.recv().unwrap(), "open slow r");
    assert_eq!(told.recv().unwrap(), "close slow r");
}
