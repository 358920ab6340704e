//! Threads inside one operation.

use ledama_base::operation::{ErrorKind, OperationError};

/// Threads that wait for disks, at least: each asks for little at a time, and
/// disks and servers of files answer several at once better than one by one.
const READERS: usize = 8;

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

/// The same for work that reads a little of many files: `None` is as many
/// threads as keep processors and disks busy.
pub(crate) fn reading<T: Send>(
    threads: Option<usize>,
    work: impl FnOnce() -> Result<T, OperationError> + Send,
) -> Result<T, OperationError> {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    with(threads.filter(|&n| n > 0).or(Some(processors.max(READERS))), work)
}
