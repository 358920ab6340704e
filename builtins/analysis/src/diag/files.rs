//! Rows of files on the nodes that hold them, several at a time, in the order of the files.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::sync::{Condvar, Mutex, PoisonError};

use ledama_base::operation::{ErrorKind, OperationContext, OperationError, Progress};

use super::direct::read;
use super::input::{Input, Source};
use super::operation::{ReadInput, ReadOutput, ReadRows};
use super::row::Row;

/// Files that are read at the same time.
const AT_ONCE: usize = 4;

/// Hands over the rows of files, in the order of the files; what failed, what was odd.
pub(super) fn each(
    input: &Input,
    sources: &[Source],
    ctx: &dyn OperationContext,
    take: &mut dyn FnMut(Row) -> Result<(), OperationError>,
) -> Result<(Vec<String>, Vec<String>), OperationError> {
    let (mut failed, mut warnings) = (Vec::new(), Vec::new());
    let mut first = None;
    let next = AtomicUsize::new(0);
    let mut waiting = std::collections::BTreeMap::new();
    let mut turn = 0;
    let (send, receive) = mpsc::sync_channel(1);
    let ahead = Ahead::default();
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE.min(sources.len()) {
            let (send, next, ahead) = (send.clone(), &next, &ahead);
            scope.spawn(move || {
                while let Some((at, source)) = {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    sources.get(at).map(|source| (at, source))
                } {
                    ahead.wait_for(at);
                    if send.send((at, read_one(input, source, ctx))).is_err() {
                        return;
                    }
                }
            });
        }
        drop(send);
        // Whatever ends this, nobody waits any longer.
        let receive = receive;
        let _all = OnDrop(|| ahead.reach(usize::MAX));
        for (at, answer) in &receive {
            ctx.check()?;
            waiting.insert(at, answer);
            while let Some(answer) = waiting.remove(&turn) {
                let source = &sources[turn];
                turn += 1;
                ahead.reach(turn);
                ctx.progress(Progress { done: turn as u64, total: sources.len() as u64 });
                match answer {
                    Ok((rows, odd)) => {
                        warnings
                            .extend(odd.into_iter().map(|text| format!("{}: {text}", source.path)));
                        for mut row in rows {
                            row.facts.set = i64::try_from(turn).unwrap_or(i64::MAX);
                            take(row)?;
                        }
                    }
                    Err(error) => {
                        failed.push(format!("{}: {error}", source.node));
                        first.get_or_insert(error);
                    }
                }
            }
        }
        Ok::<_, OperationError>(())
    })?;
    match first {
        Some(error) if failed.len() == sources.len() => Err(error),
        _ => Ok((failed, warnings)),
    }
}

/// Keeps readers from getting far ahead of a slow file, whose followers would all wait in
/// memory.
#[derive(Default)]
struct Ahead {
    turn: Mutex<usize>,
    moved: Condvar,
}

impl Ahead {
    /// Waits until a file is among the next ones.
    fn wait_for(&self, at: usize) {
        let mut turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        while at >= turn.saturating_add(2 * AT_ONCE) {
            turn = self.moved.wait(turn).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn reach(&self, turn: usize) {
        *self.turn.lock().unwrap_or_else(PoisonError::into_inner) = turn;
        self.moved.notify_all();
    }
}

struct OnDrop<F: Fn()>(F);

impl<F: Fn()> Drop for OnDrop<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

fn read_one(
    input: &Input,
    source: &Source,
    ctx: &dyn OperationContext,
) -> Result<(Vec<Row>, Vec<String>), OperationError> {
    ctx.check()?;
    if source.node == ctx.node() || source.node.is_empty() {
        return read(&source.path, input.of, &input.kinds);
    }
    let asked = ReadInput { path: source.path.clone(), of: input.of, kinds: input.kinds.clone() };
    let internal =
        |error: serde_json::Error| OperationError::new(ErrorKind::Internal, error.to_string());
    let asked = serde_json::to_value(asked).map_err(internal)?;
    let answer =
        ctx.call(&source.node, <ReadRows as ledama_base::operation::Operation>::NAME, asked)?;
    let answer: ReadOutput = serde_json::from_value(answer).map_err(internal)?;
    answer.unpack()
}
