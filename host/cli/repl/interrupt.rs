//! Ctrl-C ends what runs and not the session; other signals end both.

use std::io::IsTerminal;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use ledama_cluster::executor::CancelToken;
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::run::outcome;

/// So many Ctrl-C during one input end the program all the same.
const PATIENCE: usize = 3;

/// What signals have asked for.
#[derive(Debug, Clone)]
pub(super) struct Interrupts {
    cancel: CancelToken,
    /// Ctrl-C pressed during the input that runs.
    pressed: Arc<AtomicUsize>,
    running: Arc<AtomicBool>,
    over: Arc<AtomicBool>,
}

impl Interrupts {
    /// Listens from now on. Between inputs, Ctrl-C means nothing where a line
    /// editor reads it as a key, and the end where lines come from elsewhere.
    pub(super) fn listen(cancel: CancelToken, interactive: bool) -> std::io::Result<Self> {
        let this =
            Self { cancel, pressed: Arc::default(), running: Arc::default(), over: Arc::default() };
        let stdin = std::io::stdin();
        let terminal = stdin.is_terminal().then(|| tcgetattr(&stdin).ok()).flatten();
        let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP])?;
        let heard = this.clone();
        std::thread::Builder::new().name("signals".into()).spawn(move || {
            for signal in signals.forever() {
                heard.hear(signal, interactive, terminal.as_ref());
            }
        })?;
        Ok(this)
    }

    fn hear(&self, signal: i32, interactive: bool, terminal: Option<&Termios>) {
        let insists = self.pressed.fetch_add(1, Ordering::SeqCst) + 1 >= PATIENCE;
        if self.running.load(Ordering::SeqCst) && !insists {
            self.over.fetch_or(signal != SIGINT, Ordering::SeqCst);
            self.cancel.cancel();
        } else if insists || signal != SIGINT || !interactive {
            // The line editor may have left the terminal in a mode of its own.
            if let Some(terminal) = terminal {
                let _ = tcsetattr(std::io::stdin(), OptionalActions::Now, terminal);
            }
            std::process::exit(i32::from(outcome::INTERRUPTED));
        } else {
            self.pressed.store(0, Ordering::SeqCst);
        }
    }

    /// Does something that Ctrl-C can end; tells whether it did.
    pub(super) fn during<T>(&self, work: impl FnOnce() -> T) -> (T, bool) {
        self.pressed.store(0, Ordering::SeqCst);
        self.running.store(true, Ordering::SeqCst);
        let result = work();
        self.running.store(false, Ordering::SeqCst);
        // The next input begins anew.
        (result, self.cancel.flag().swap(false, Ordering::SeqCst))
    }

    /// Whether the session shall end.
    pub(super) fn over(&self) -> bool {
        self.over.load(Ordering::SeqCst)
    }
}
