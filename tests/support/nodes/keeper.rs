//! Starts processes that must not outlive the test process.
//!
//! The kernel can end a child when the *thread* that started it ends, so a
//! thread that lives as long as the process starts them all: a test's own
//! thread would take shared nodes with it.

use std::process::{Child, Command};
use std::sync::OnceLock;
use std::sync::mpsc::{Sender, channel};

type Order = (Command, Sender<std::io::Result<Child>>);

/// Starts `command` (which must arrange for its death with its parent, as
/// `setpriv --pdeathsig` does) from the keeper's thread.
pub(crate) fn spawn(command: Command) -> std::io::Result<Child> {
    static KEEPER: OnceLock<std::sync::Mutex<Sender<Order>>> = OnceLock::new();
    let keeper = KEEPER.get_or_init(|| {
        let (orders, received) = channel::<Order>();
        std::thread::Builder::new()
            .name("keeper".into())
            .spawn(move || {
                for (mut command, answer) in received {
                    let _ = answer.send(command.spawn());
                }
            })
            .unwrap();
        std::sync::Mutex::new(orders)
    });
    let (answer, result) = channel();
    keeper
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
        .send((command, answer))
        .unwrap();
    result.recv().unwrap()
}
