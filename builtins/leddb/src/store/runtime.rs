//! The small runtime that the drivers need; the program itself is made of threads.
//!
//! One for the whole process, with two threads that mostly sleep. Calls block the
//! thread that makes them, so a service with a runtime of its own calls from
//! threads meant for blocking.

use std::future::Future;
use std::sync::OnceLock;

use tokio::runtime::{Builder, Runtime};

use crate::error::{LeddbError, Result};

static RUNTIME: OnceLock<Runtime> = OnceLock::new();

fn runtime() -> Result<&'static Runtime> {
    if let Some(runtime) = RUNTIME.get() {
        return Ok(runtime);
    }
    let made = Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name("leddb")
        .enable_all()
        .build()
        .map_err(|source| LeddbError::Database {
            message: format!("no threads for the database: {source}"),
        })?;
    // Where two came at once, one of them is dropped unused.
    Ok(RUNTIME.get_or_init(|| made))
}

/// Waits for it.
pub(super) fn wait<F: Future>(future: F) -> Result<F::Output> {
    Ok(runtime()?.block_on(future))
}
