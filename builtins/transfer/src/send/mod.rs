//! The sending side of a copy: lists the set, answers requests, and vouches
//! that nothing changed while it was read.

mod queue;
mod read;

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};
use ledama_base::operation::{ErrorKind, OperationError};

use crate::buffer::Pool;
use crate::control::{Control, TICK};
use crate::entry::Totals;
use crate::link::{Inlet, Link, Outlet};
use crate::place::target_path;
use crate::walk::{Walk, compare, walk};
use crate::wire::{End, Frame, ListWriter, Malformed, Request, Start, Tag, VERSION};

use queue::Queue;
use read::Source;

/// How long the last words of a failed sender may take to be heard.
const LAST_WORDS: Duration = Duration::from_secs(3);

/// Frames that wait to be sent.
const FRAMES: usize = 6;

/// Serves one copy over `link` until the receiver says goodbye.
///
/// `path` is the set; without one the receiver names it. Fails with kind
/// `changed` when the set is not the same at the end as at the beginning, and
/// tells the receiver about any failure of its own.
pub(crate) fn serve(
    link: Link,
    path: Option<&Path>,
    control: &Control<'_>,
) -> Result<Totals, OperationError> {
    let Link { mut outlet, mut inlet, .. } = link;
    let pool = Pool::shared();
    let frame = inlet.expect(&pool, control)?;
    let listed = start(&frame, path).and_then(|path| {
        let walk = walk(&path, &|| control.check())?;
        walk.refuse_special(&path)?;
        Ok((path, walk))
    });
    let (path, walk) = match listed {
        Ok(listed) => listed,
        Err(error) => {
            // Nobody reads what the receiver says from now on, but before the
            // list it says nothing that could be lost.
            let _ = outlet.send(Frame::json(Tag::Fail, &error));
            drop(outlet);
            wait_for_end(&mut inlet, &pool, control);
            return Err(error);
        }
    };
    Serving { path: &path, walk: &walk, control, pool }.run(outlet, inlet)?;
    Ok(walk.listing.totals())
}

/// Reads the first words of the receiver.
fn start(frame: &Frame, path: Option<&Path>) -> Result<std::path::PathBuf, OperationError> {
    if frame.tag != Tag::Start {
        return Err(Malformed("the first message").into());
    }
    let start: Start = frame.parse_json()?;
    if start.version != VERSION {
        return Err(Malformed("another version of ledama").into());
    }
    match (path, start.source) {
        (Some(path), _) => Ok(path.to_path_buf()),
        (None, Some(text)) => target_path(&text),
        (None, None) => Err(Malformed("no path").into()),
    }
}

fn wait_for_end(inlet: &mut Inlet, pool: &Arc<Pool>, control: &Control<'_>) {
    let deadline = Instant::now() + LAST_WORDS;
    while Instant::now() < deadline && matches!(inlet.receive(pool, control), Ok(Some(_))) {}
}

/// One copy being served.
struct Serving<'a> {
    path: &'a Path,
    walk: &'a Walk,
    control: &'a Control<'a>,
    pool: Arc<Pool>,
}

impl Serving<'_> {
    fn run(&self, mut outlet: Outlet, inlet: Inlet) -> Result<(), OperationError> {
        let control = self.control;
        let source = Source::new(self.path, self.walk, Arc::clone(&self.pool))?;
        let queue = Queue::new(&self.walk.listing);
        let (frames, outgoing) = crossbeam_channel::bounded(FRAMES);
        let (gone, farewell) = crossbeam_channel::bounded(1);
        std::thread::scope(|scope| {
            let (queue, source) = (&queue, &source);
            let _guard = control.guard();
            control.spawn(scope, move || self.listen(inlet, queue, &gone));
            for _ in 0..threads() {
                let frames = frames.clone();
                control.spawn(scope, move || {
                    if let Err(error) = self.work(queue, source, &frames) {
                        let _ = frames.send(Err(error));
                    }
                });
            }
            drop(frames);
            let result = self
                .list(&mut outlet)
                .and_then(|()| Self::forward(&outgoing, &mut outlet))
                .and_then(|()| self.conclude(queue, source, &farewell, &mut outlet));
            queue.close();
            drop(outgoing);
            if let Err(error) = &result {
                let echo = matches!(error.kind, ErrorKind::Connection | ErrorKind::Cancelled);
                if !echo && outlet.send(Frame::json(Tag::Fail, error)).is_ok() {
                    // Closing at once could overtake these words.
                    let _ = farewell.recv_timeout(LAST_WORDS);
                }
                control.fail(error.clone());
            }
            // The other end of a channel in memory waits for this.
            drop(outlet);
            result
        })
    }

    /// Sends the list.
    fn list(&self, outlet: &mut Outlet) -> Result<(), OperationError> {
        let mut writer = ListWriter::default();
        for entry in &self.walk.listing.entries {
            if let Some(frame) = writer.add(entry) {
                self.control.check()?;
                outlet.send(frame)?;
            }
        }
        outlet.send(writer.take())?;
        outlet.send(Frame::new(Tag::ListEnd, Vec::new()))
    }

    /// Sends what the readers have read.
    fn forward(
        outgoing: &Receiver<Result<Frame, OperationError>>,
        outlet: &mut Outlet,
    ) -> Result<(), OperationError> {
        for frame in outgoing {
            outlet.send(frame?)?;
        }
        Ok(())
    }

    /// Checks that the set is what it was, sends its digest, waits for the goodbye.
    fn conclude(
        &self,
        queue: &Queue<'_>,
        source: &Source<'_>,
        farewell: &Receiver<bool>,
        outlet: &mut Outlet,
    ) -> Result<(), OperationError> {
        self.control.check()?;
        if queue.is_done() {
            let (digest, missing) = source.digest();
            if missing > 0 {
                return Err(Malformed("too few requests").into());
            }
            let after = walk(self.path, &|| self.control.check())?;
            let touched = compare(self.path, self.walk, &after)?;
            let mut folders = source.folders();
            for index in touched {
                source.read_again(index, &mut folders, &|| self.control.check())?;
            }
            outlet.send(End { digest }.frame())?;
        }
        loop {
            match farewell.recv_timeout(TICK) {
                Ok(true) => return Ok(()),
                Ok(false) | Err(RecvTimeoutError::Disconnected) => {
                    self.control.check()?;
                    return Err(Self::left());
                }
                Err(RecvTimeoutError::Timeout) => self.control.check()?,
            }
        }
    }

    /// The work of the thread that hears the receiver. Tells at the end
    /// whether it said goodbye.
    fn listen(&self, mut inlet: Inlet, queue: &Queue<'_>, gone: &Sender<bool>) {
        let heard = self.hear(&mut inlet, queue);
        if !matches!(heard, Ok(true)) {
            // Nothing to do for a receiver that is gone.
            queue.close();
        }
        let _ = gone.send(matches!(heard, Ok(true)));
        match heard {
            Ok(true) => {}
            Ok(false) => self.control.fail(Self::left()),
            // It may have ended because of our own last words; what they were
            // about stays the failure. But a thread that is blocked in sending
            // to somebody who does not read any more would not notice by itself.
            Err(error) => self.control.fail(error),
        }
    }

    fn left() -> OperationError {
        OperationError::new(
            ErrorKind::Connection,
            "the receiver ended before the copy was complete",
        )
    }

    fn hear(&self, inlet: &mut Inlet, queue: &Queue<'_>) -> Result<bool, OperationError> {
        while let Some(frame) = inlet.receive(&self.pool, self.control)? {
            match frame.tag {
                Tag::Requests => {
                    for request in Request::parse(&frame.head)? {
                        queue.push(request, self.control)?;
                    }
                }
                Tag::Bye => {
                    queue.close();
                    return Ok(true);
                }
                _ => return Err(Malformed("a message out of turn").into()),
            }
        }
        Ok(false)
    }

    /// The work of one thread that reads.
    fn work(
        &self,
        queue: &Queue<'_>,
        source: &Source<'_>,
        frames: &Sender<Result<Frame, OperationError>>,
    ) -> Result<(), OperationError> {
        let mut folders = source.folders();
        while let Some(unit) = queue.next(self.control)? {
            let frame = source.frame(unit, &mut folders)?;
            if frames.send(Ok(frame)).is_err() {
                break;
            }
        }
        Ok(())
    }
}

/// How many threads read, or write, in one copy. Copies run side by side, so
/// more would only stand in each other's way.
pub(crate) fn threads() -> usize {
    std::thread::available_parallelism().map_or(2, |n| n.get().clamp(2, 8))
}
