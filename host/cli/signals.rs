//! Ctrl-C and friends: the first asks the run to stop, the third ends the program.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use ledama_cluster::executor::CancelToken;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

/// From now on signals set the token.
pub(super) fn install(cancel: &CancelToken) -> std::io::Result<()> {
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP])?;
    let cancel = cancel.clone();
    let count = Arc::new(AtomicUsize::new(0));
    std::thread::Builder::new().name("signals".into()).spawn(move || {
        for _ in signals.forever() {
            cancel.cancel();
            if count.fetch_add(1, Ordering::SeqCst) >= 2 {
                // The user insists; workers stop by themselves when their input closes.
                std::process::exit(i32::from(crate::run::outcome::INTERRUPTED));
            }
        }
    })?;
    Ok(())
}
