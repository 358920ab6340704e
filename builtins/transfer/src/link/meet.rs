//! Two nodes find each other: one connects to all addresses that may lead to
//! the other, the other takes whoever proves itself.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crossbeam_channel::{RecvTimeoutError, unbounded};
use ledama_base::operation::{ErrorKind, OperationError};

use super::Link;
use super::handshake::{End, Ready};
use super::socket::Listener;
use crate::control::{Control, TICK};
use crate::fault;

/// Between starting two attempts, so that the first address usually wins.
const STAGGER: Duration = Duration::from_millis(150);

/// Connections that may be proving themselves at the same time.
const GUESTS: usize = 32;

/// Why there is no channel, address by address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unreached(pub(crate) Vec<String>);

/// Connects to the first address that leads to the right other side.
///
/// Attempts overlap; those that lose end by themselves within the wait of `end`.
pub(crate) fn dial(
    end: &End,
    addresses: &[String],
    control: &Control<'_>,
) -> Result<Result<Link, Unreached>, OperationError> {
    let (attempts, results) = unbounded();
    let mut started = 0;
    let mut waiting = 0;
    let mut next = Instant::now();
    let mut failures = vec![String::new(); addresses.len()];
    loop {
        control.check()?;
        if started < addresses.len() && (Instant::now() >= next || waiting == 0) {
            let (attempts, end, address) =
                (attempts.clone(), end.clone(), addresses[started].clone());
            std::thread::spawn(move || {
                let _ = attempts.send((started, end.connect(&address)));
            });
            started += 1;
            waiting += 1;
            next = Instant::now() + STAGGER;
        }
        if waiting == 0 {
            return Ok(Err(Unreached(failures)));
        }
        let Ok((which, result)) = results.recv_timeout(TICK) else { continue };
        waiting -= 1;
        let linked = result.and_then(|mut ready: Ready| {
            ready.choose()?;
            ready.link(control)
        });
        match linked {
            Ok(link) => return Ok(Ok(link)),
            Err(error) => {
                failures[which] = format!("{} ({})", addresses[which], fault::words(&error));
            }
        }
    }
}

/// Takes the first connection whose other side proves itself and chooses it;
/// none once `give_up` says so. Strangers are turned away without delay to others.
pub(crate) fn welcome(
    end: &End,
    listener: &Listener,
    control: &Control<'_>,
    give_up: &dyn Fn() -> bool,
) -> Result<Option<Link>, OperationError> {
    let (proofs, proved) = unbounded::<Ready>();
    let guests = Arc::new(AtomicUsize::new(0));
    loop {
        control.check()?;
        // Whoever was chosen before the other side gave up still counts.
        let last_look = give_up();
        if guests.load(Ordering::SeqCst) < GUESTS {
            let failed = |error| {
                let why = format!("cannot wait for a connection: {}", fault::words(&error));
                OperationError::new(ErrorKind::Connection, why)
            };
            // While somebody proves himself, that is the news to wait for.
            let busy = guests.load(Ordering::SeqCst) > 0;
            let wait = if busy { Duration::ZERO } else { TICK };
            if let Some(socket) = listener.accept(wait).map_err(failed)? {
                guests.fetch_add(1, Ordering::SeqCst);
                let (proofs, end, guests) = (proofs.clone(), end.clone(), Arc::clone(&guests));
                std::thread::spawn(move || {
                    let proved = end.accept(socket).and_then(|mut ready| {
                        ready.chosen()?;
                        Ok(ready)
                    });
                    // Why a stranger failed is of no interest; the right other
                    // side tells its own story.
                    if let Ok(ready) = proved {
                        let _ = proofs.send(ready);
                    }
                    guests.fetch_sub(1, Ordering::SeqCst);
                });
            }
        }
        let wait = if guests.load(Ordering::SeqCst) > 0 { TICK / 10 } else { Duration::ZERO };
        match proved.recv_timeout(wait) {
            Ok(ready) => {
                if let Ok(link) = ready.link(control) {
                    return Ok(Some(link));
                }
            }
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) if last_look => {
                return Ok(None);
            }
            Err(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::link::handshake::{Credentials, identity};
    use crate::link::identity::Token;
    use crate::link::socket::{Ports, join};
    use crate::testing::FakeContext;
    use ledama_config::model::Encryption;
    use std::io::Write;
    use std::net::TcpStream;

    fn ends() -> (End, End) {
        let token = Token::random().unwrap();
        let keys = [(); 2].map(|()| identity(Encryption::Tls).unwrap().unwrap());
        let end = |own: usize, other: usize| End {
            identity: Some(Arc::clone(&keys[own])),
            peer: Credentials {
                token: token.clone(),
                certificate: Some(keys[other].certificate()),
            },
            wait: Duration::from_secs(20),
        };
        (end(0, 1), end(1, 0))
    }

    #[test]
    fn they_meet_although_some_addresses_lead_nowhere_and_strangers_knock() {
        let (a, b) = ends();
        let ctx = FakeContext::new("a");
        let control = Control::new(&ctx);
        let listener = Listener::open(Ports::ANY).unwrap();
        let closed = Listener::open(Ports::ANY).unwrap().port();
        let good = join("127.0.0.1", listener.port());
        // One says nothing at all, one nonsense.
        let _silent = TcpStream::connect(&good).unwrap();
        TcpStream::connect(&good).unwrap().write_all(b"GET / HTTP/1.0\r\n\r\n").unwrap();
        let addresses = [join("127.0.0.1", closed), "no.such.host.invalid:1".into(), good];
        std::thread::scope(|scope| {
            let there = scope.spawn(|| dial(&a, &addresses, &control).unwrap().is_ok());
            assert!(welcome(&b, &listener, &control, &|| false).unwrap().is_some());
            assert!(there.join().unwrap());
        });
    }

    #[test]
    fn every_address_that_failed_is_named() {
        let (a, _) = ends();
        let ctx = FakeContext::new("a");
        let control = Control::new(&ctx);
        let closed = join("127.0.0.1", Listener::open(Ports::ANY).unwrap().port());
        let addresses = [closed.clone(), closed];
        let unreached = dial(&a, &addresses, &control).unwrap().err().unwrap();
        assert_eq!(unreached.0, [(); 2].map(|()| format!("{} (Connection refused)", addresses[0])));
        assert!(dial(&a, &[], &control).unwrap().is_err());
    }

    #[test]
    fn waiting_ends_when_asked() {
        let (_, b) = ends();
        let ctx = FakeContext::new("a");
        let control = Control::new(&ctx);
        let listener = Listener::open(Ports::ANY).unwrap();
        assert!(welcome(&b, &listener, &control, &|| true).unwrap().is_none());
        control.fail(OperationError::new(ErrorKind::Cancelled, "x"));
        assert!(welcome(&b, &listener, &control, &|| false).is_err());
    }
}
