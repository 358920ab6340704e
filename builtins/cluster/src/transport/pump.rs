//! Moves bytes between queues and the wire of a program, until it is gone.

use std::io;
use std::os::fd::BorrowedFd;
use std::time::{Duration, Instant};

use super::last_words::LastWords;
use super::lines::Lines;
use super::wire::{Exit, Stream, Wire};

/// Bytes asked for at once. Much more would make libssh2 grant the window
/// piece by piece.
const CHUNK: usize = 256 << 10;
/// Bytes moved in one direction before the other one is looked at again.
const TURN: usize = 1 << 20;
/// How long a program that has ended its output may take to end.
const LEAVING: Duration = Duration::from_secs(2);

/// A program that has ended, or can no longer be reached.
#[derive(Debug, Clone)]
pub(super) struct Gone {
    /// How it ended, if that is known.
    pub(super) exit: Option<Exit>,
    /// What happened to the way there, if that was the cause.
    pub(super) cut: Option<String>,
}

/// A program's wire with what waits on both sides of it.
pub(super) struct Pump {
    wire: Box<dyn Wire>,
    outgoing: Vec<u8>,
    sent: usize,
    input: Input,
    /// Lines received.
    pub(super) lines: Lines,
    /// What it said on standard error.
    pub(super) words: LastWords,
    buffer: Box<[u8]>,
    output_ended: bool,
    errors_ended: bool,
    ending: Option<Instant>,
    broken: Option<String>,
}

#[derive(PartialEq)]
enum Input {
    Open,
    Closing,
    Closed,
}

impl Pump {
    pub(super) fn new(wire: Box<dyn Wire>) -> Self {
        Self {
            wire,
            outgoing: Vec::new(),
            sent: 0,
            input: Input::Open,
            lines: Lines::default(),
            words: LastWords::default(),
            buffer: vec![0; CHUNK].into_boxed_slice(),
            output_ended: false,
            errors_ended: false,
            ending: None,
            broken: None,
        }
    }

    /// Queues bytes for the program's input.
    pub(super) fn queue(&mut self, bytes: &[u8]) {
        if self.input == Input::Open {
            self.outgoing.extend_from_slice(bytes);
        }
    }

    /// Queues a message and its line end.
    pub(super) fn queue_json(&mut self, message: &impl serde::Serialize) {
        if self.input == Input::Open {
            let before = self.outgoing.len();
            match serde_json::to_writer(&mut self.outgoing, message) {
                Ok(()) => self.outgoing.push(b'\n'),
                // Our messages have no map keys but strings, the one thing
                // that JSON cannot take.
                Err(_) => self.outgoing.truncate(before),
            }
        }
    }

    /// Bytes queued and not yet taken.
    pub(super) fn queued(&self) -> usize {
        self.outgoing.len() - self.sent
    }

    /// Ends the program's input after what is queued.
    pub(super) fn close_input(&mut self) {
        if self.input == Input::Open {
            self.input = Input::Closing;
        }
    }

    /// Moves what can be moved; sleeps at most `limit` if that is nothing.
    /// Before it fails everything the program has said is received.
    pub(super) fn turn(
        &mut self,
        wake: Option<BorrowedFd<'_>>,
        limit: Duration,
    ) -> Result<(), Gone> {
        let wrote = self.write();
        let read = self.read()?;
        if wrote || read {
            return Ok(());
        }
        let limit = if let Some(since) = self.ending {
            // Nothing more came after the end was seen: it is complete.
            let exit = self.wire.exit();
            if exit.is_some() || since.elapsed() > LEAVING {
                return Err(Gone { exit, cut: self.broken.take() });
            }
            limit.min(Duration::from_millis(20))
        } else {
            if self.output_ended || self.broken.is_some() || self.wire.exit().is_some() {
                self.ending = Some(Instant::now());
                return Ok(());
            }
            limit
        };
        let want_write = self.queued() > 0 || self.input == Input::Closing;
        self.wire.wait(wake, want_write, limit).map_err(|e| self.cut(&e))
    }

    /// Leaves the program, see [`Wire::leave`].
    pub(super) fn leave(&mut self, deadline: Instant) {
        self.wire.leave(deadline);
    }

    /// Why the program is gone, with its last words.
    pub(super) fn reason(&self, gone: &Gone) -> String {
        let what = match gone {
            Gone { exit: Some(Exit::Connection), .. } => "the connection was cut".to_string(),
            Gone { exit: Some(exit), .. } => exit.to_string(),
            Gone { cut: Some(cut), .. } => cut.clone(),
            Gone { .. } => "its output ended".to_string(),
        };
        match self.words.text() {
            words if words.is_empty() => what,
            words => format!("{what}: {words}"),
        }
    }

    fn write(&mut self) -> bool {
        let mut moved = 0;
        while self.queued() > 0 && moved < TURN {
            match self.wire.write(&self.outgoing[self.sent..]) {
                Ok(count) => {
                    self.sent += count;
                    moved += count;
                }
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => break,
                Err(e) => {
                    // The reason is on the other streams, if they still come.
                    self.broken = Some(describe(&e));
                    self.input = Input::Closed;
                    self.sent = self.outgoing.len();
                }
            }
        }
        if self.sent == self.outgoing.len() {
            self.outgoing.clear();
            self.sent = 0;
        } else if self.sent > TURN {
            self.outgoing.drain(..self.sent);
            self.sent = 0;
        }
        if self.input == Input::Closing && self.outgoing.is_empty() {
            match self.wire.close_input() {
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => {}
                _ => self.input = Input::Closed,
            }
        }
        moved > 0
    }

    fn read(&mut self) -> Result<bool, Gone> {
        let mut moved = 0;
        while !self.output_ended && moved < TURN {
            match self.wire.read(Stream::Output, &mut self.buffer) {
                Ok(0) => self.output_ended = true,
                Ok(count) => {
                    self.lines.push(&self.buffer[..count]);
                    moved += count;
                    if self.lines.overlong() {
                        return Err(Gone {
                            exit: None,
                            cut: Some("it sent an endless line".into()),
                        });
                    }
                }
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => break,
                Err(e) => return Err(self.cut(&e)),
            }
        }
        let mut heard = 0;
        while !self.errors_ended && heard < TURN {
            match self.wire.read(Stream::Errors, &mut self.buffer) {
                Ok(0) => self.errors_ended = true,
                Ok(count) => {
                    self.words.push(&self.buffer[..count]);
                    heard += count;
                }
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => break,
                Err(e) => return Err(self.cut(&e)),
            }
        }
        Ok(moved + heard > 0)
    }

    fn cut(&mut self, error: &io::Error) -> Gone {
        Gone { exit: self.wire.exit(), cut: Some(describe(error)) }
    }
}

/// The text of a system error without Rust's number.
fn describe(error: &io::Error) -> String {
    let text = error.to_string();
    match text.find(" (os error ") {
        Some(at) => text[..at].to_string(),
        None => text,
    }
}
