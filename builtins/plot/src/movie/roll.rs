//! Frames made by many threads, taken in order, with few of them in memory.

use ledama_base::operation::{ErrorKind, OperationContext, OperationError, Progress};
use rayon::prelude::*;

/// Makes frames 0 to `count` - 1 with so many threads and gives them to `take` in
/// order. While a few frames are taken the next few are made; at most twice
/// `window` of them are there at a time. The result does not depend on the number
/// of threads.
///
/// # Errors
/// The first failure, or that the run was interrupted.
pub fn roll<T: Send>(
    count: usize,
    threads: usize,
    window: usize,
    ctx: &dyn OperationContext,
    make: impl Fn(usize) -> Result<T, OperationError> + Sync,
    mut take: impl FnMut(usize, T) -> Result<(), OperationError> + Send,
) -> Result<(), OperationError> {
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads.max(1))
        .thread_name(|at| format!("frames {at}"))
        .build()
        .map_err(|error| OperationError::new(ErrorKind::Internal, error.to_string()))?;
    let window = window.max(1);
    pool.install(|| {
        let mut ready: Vec<T> = Vec::new();
        let mut first = 0;
        let total = u64::try_from(count).unwrap_or(0);
        loop {
            ctx.check()?;
            let start = first + ready.len();
            let end = (start + window).min(count);
            let (made, taken) = rayon::join(
                || (start..end).into_par_iter().map(&make).collect::<Result<Vec<T>, _>>(),
                || {
                    for (at, frame) in (first..).zip(std::mem::take(&mut ready)) {
                        ctx.check()?;
                        take(at, frame)?;
                        ctx.progress(Progress { done: at as u64 + 1, total });
                    }
                    Ok::<(), OperationError>(())
                },
            );
            // A taker that fails says more than frames that could not be made.
            taken?;
            ready = made?;
            first = start;
            if ready.is_empty() {
                return Ok(());
            }
        }
    })
}
