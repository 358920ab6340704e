//! The thread that carries messages to and from one worker, and the handle to it.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, TryRecvError, bounded, unbounded};

use crate::error::ConnectError;
use crate::protocol::{FromWorker, ToWorker};

use super::failure::Failure;
use super::last_words::one_line;
use super::probe::Step;
use super::pump::Pump;
use super::wake::Wake;
use super::watch::Watch;
use super::wire::Exit;
use super::{Link, LinkEvent, Peer, Sink};

/// Sleep of a link that has nothing to do; whatever happens wakes it.
const IDLE: Duration = Duration::from_mins(1);
/// What leaving a worker may take beyond the grace period.
const LEAVING: Duration = Duration::from_millis(700);

/// A worker that has answered.
pub(super) struct Started {
    pub(super) pump: Pump,
    pub(super) peer: Peer,
}

enum Order {
    Send(ToWorker),
    Close { until: Instant },
}

/// The handle; the thread ends when it is dropped.
struct ThreadLink {
    orders: Sender<Order>,
    wake: Arc<Wake>,
    muted: Arc<AtomicBool>,
    finished: Receiver<()>,
    peer: Peer,
}

/// Runs `start` and then the link on a thread of its own; returns when the
/// worker has answered or the connection has failed.
pub(super) fn open(
    node: &str,
    watch: &Arc<Watch>,
    sink: Sink,
    start: impl FnOnce(&Watch) -> Result<Started, Failure> + Send + 'static,
) -> Result<Box<dyn Link>, ConnectError> {
    let fail = |failure: Failure| failure.into_error(node);
    let wake = Arc::new(Wake::new().map_err(|e| {
        fail(Failure::unreachable(Step::Address, format!("cannot make an eventfd: {e}")))
    })?);
    let (orders, received) = unbounded();
    let (answer, answered) = bounded(1);
    let (done, finished) = bounded(1);
    let muted = Arc::new(AtomicBool::new(false));
    let carrier = Carrier {
        orders: received,
        wake: Arc::clone(&wake),
        outlet: Outlet { sink, muted: Arc::clone(&muted), lost: false },
    };
    let seen = Arc::clone(watch);
    std::thread::Builder::new()
        .name(format!("link {node}"))
        .spawn(move || {
            let _done = done; // dropped, and so seen, when the thread ends
            let started = start(&seen);
            seen.release();
            match started {
                Err(failure) => drop(answer.send(Err(failure))),
                Ok(Started { mut pump, peer }) => {
                    if answer.send(Ok(peer)).is_ok() {
                        carrier.carry(pump);
                    } else {
                        pump.leave(Instant::now() + LEAVING);
                    }
                }
            }
        })
        .map_err(|e| fail(Failure::unreachable(Step::Address, format!("no thread: {e}"))))?;
    match wait(&answered, watch) {
        Ok(peer) => Ok(Box::new(ThreadLink { orders, wake, muted, finished, peer })),
        Err(failure) => {
            // It may have got through at the last moment: let it see that
            // nobody gives it orders.
            muted.store(true, Ordering::SeqCst);
            drop(orders);
            wake.ring();
            Err(fail(failure))
        }
    }
}

fn wait(answered: &Receiver<Result<Peer, Failure>>, watch: &Watch) -> Result<Peer, Failure> {
    loop {
        match answered.recv_timeout(super::watch::SLICE) {
            Ok(result) => return result,
            Err(RecvTimeoutError::Timeout) => {
                if let Some(failure) = watch.overdue() {
                    watch.abandon();
                    return Err(failure);
                }
            }
            Err(RecvTimeoutError::Disconnected) => {
                watch.abandon();
                return Err(Failure::unreachable(Step::Address, "the connecting thread failed"));
            }
        }
    }
}

impl Link for ThreadLink {
    fn send(&self, message: ToWorker) {
        if self.orders.send(Order::Send(message)).is_ok() {
            self.wake.ring();
        }
    }

    fn close(self: Box<Self>, grace: Duration) {
        self.muted.store(true, Ordering::SeqCst);
        let until = Instant::now() + grace;
        if self.orders.send(Order::Close { until }).is_ok() {
            self.wake.ring();
            // A thread that is stuck in a call is left behind.
            let _ = self.finished.recv_timeout(grace + 2 * LEAVING);
        }
    }

    fn peer(&self) -> &Peer {
        &self.peer
    }
}

impl Drop for ThreadLink {
    fn drop(&mut self) {
        // Nobody listens any more. The thread sees that its orders have ended
        // once this handle is gone, which is after this ring.
        self.muted.store(true, Ordering::SeqCst);
        let _ = self.orders.send(Order::Close { until: Instant::now() });
        self.wake.ring();
    }
}

struct Carrier {
    orders: Receiver<Order>,
    wake: Arc<Wake>,
    outlet: Outlet,
}

impl Carrier {
    fn carry(mut self, mut pump: Pump) {
        let mut closing = None;
        let reason = loop {
            // Before the queue is looked at, so that no ring is missed.
            self.wake.clear();
            if closing.is_none() {
                closing = self.take_orders(&mut pump);
            }
            let limit = match closing {
                None => IDLE,
                Some(until) => match until.saturating_duration_since(Instant::now()) {
                    left if left.is_zero() => break None,
                    left => left,
                },
            };
            let turned = pump.turn(Some(std::os::fd::AsFd::as_fd(&*self.wake)), limit);
            if let Err(reason) = self.deliver(&mut pump) {
                break Some(reason);
            }
            if let Err(gone) = turned {
                let reason = pump.reason(&gone);
                break Some(match gone.exit {
                    None | Some(Exit::Connection) => reason,
                    Some(_) => format!("the worker ended with {reason}"),
                });
            }
        };
        if let Some(reason) = reason {
            self.outlet.lost(reason);
        }
        pump.leave(closing.unwrap_or_else(Instant::now) + LEAVING);
    }

    /// Queues what is to be said; returns until when to close.
    fn take_orders(&self, pump: &mut Pump) -> Option<Instant> {
        loop {
            match self.orders.try_recv() {
                Ok(Order::Send(message)) => pump.queue_json(&message),
                Ok(Order::Close { until }) => {
                    pump.close_input();
                    return Some(until);
                }
                Err(TryRecvError::Empty) => return None,
                Err(TryRecvError::Disconnected) => {
                    pump.close_input();
                    return Some(Instant::now());
                }
            }
        }
    }

    fn deliver(&mut self, pump: &mut Pump) -> Result<(), String> {
        while let Some(line) = pump.lines.next() {
            match serde_json::from_slice(line) {
                Ok(FromWorker::Ready { .. }) => {}
                Ok(message) => self.outlet.message(message),
                Err(_) => {
                    let line = one_line(line);
                    return Err(format!("the worker sent what is no message: `{line}`"));
                }
            }
        }
        Ok(())
    }
}

/// The way to the sink. Says `Lost` once, whatever happens to the thread.
struct Outlet {
    sink: Sink,
    muted: Arc<AtomicBool>,
    lost: bool,
}

impl Outlet {
    fn message(&self, message: FromWorker) {
        if !self.muted.load(Ordering::SeqCst) {
            (self.sink)(LinkEvent::Message(message));
        }
    }

    fn lost(&mut self, reason: String) {
        if !self.lost && !self.muted.load(Ordering::SeqCst) {
            self.lost = true;
            (self.sink)(LinkEvent::Lost { reason });
        }
    }
}

impl Drop for Outlet {
    fn drop(&mut self) {
        if std::thread::panicking() {
            // It may be the sink that panicked, and may do so again.
            let lost = AssertUnwindSafe(|| self.lost("the link's thread failed".to_string()));
            let _ = std::panic::catch_unwind(lost);
        }
    }
}
