//! Threads inside one operation.

use ledama_base::operation::{ErrorKind, OperationError};

/// Runs `work` on that many threads, on all processors if `None`.
pub(crate) fn with<T: Send>(
    threads: Option<usize>,
    work: impl FnOnce() -> Result<T, OperationError> + Send,
) -> Result<T, OperationError> {
    let Some(threads) = threads.filter(|&n| n > 0) else { return work() };
    rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()
        .map_err(|e| OperationError::new(ErrorKind::Internal, format!("no threads: {e}")))?
        .install(work)
}
