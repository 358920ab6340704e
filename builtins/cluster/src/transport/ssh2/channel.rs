//! One command on a node, as a [`Wire`] over an SSH channel.

use std::cell::RefCell;
use std::io::{self, Read, Write};
use std::os::fd::BorrowedFd;
use std::rc::Rc;
use std::time::{Duration, Instant};

use ::ssh2::{Channel, ErrorCode};

use super::super::failure::Failure;
use super::super::probe::Step;
use super::super::watch::{SLICE, Watch};
use super::super::wire::{Exit, Stream, Wire};
use super::session::Session;

/// `LIBSSH2_ERROR_CHANNEL_FAILURE`.
const CHANNEL_REFUSED: ErrorCode = ErrorCode::Session(-21);
/// How often a refused channel is asked for again.
const TRIES: u32 = 10;
const PAUSE: Duration = Duration::from_millis(100);

/// The session is shared with the opener, which is not used while a channel is open.
pub(super) type Shared = Rc<RefCell<Session>>;

/// A running command.
pub(super) struct ChannelWire {
    session: Shared,
    channel: Channel,
    exit: Option<Exit>,
    want_send: bool,
    /// The end of the output was told.
    ended: bool,
}

impl ChannelWire {
    /// Starts a command. Called with one channel at a time: a node's sshd may
    /// allow no more.
    pub(super) fn open(
        session: &Shared,
        line: &str,
        limit: Duration,
        watch: &Watch,
    ) -> Result<Self, Failure> {
        let mut owner = session.borrow_mut();
        let ssh = owner.ssh.clone();
        let mut tries = 0;
        let mut channel = loop {
            let opened = owner.repeat(limit, Step::Worker, "opening a channel", watch, || {
                ssh.channel_session()
            })?;
            match opened {
                Ok(channel) => break channel,
                // Where one channel is allowed, the one just closed may still count.
                Err(e) if e.code() == CHANNEL_REFUSED && tries < TRIES => tries += 1,
                Err(e) => {
                    return Err(Failure::worker(format!(
                        "the node opens no channel: {}",
                        e.message()
                    ))
                    .help("see `MaxSessions` in the configuration of its sshd"));
                }
            }
            watch.sleep(PAUSE)?;
        };
        owner.drive(limit, Step::Worker, "starting a command", watch, || channel.exec(line))?;
        drop(owner);
        Ok(Self {
            session: Rc::clone(session),
            channel,
            exit: None,
            want_send: false,
            ended: false,
        })
    }
}

impl ChannelWire {
    /// True when something can be done that the socket does not tell of.
    ///
    /// Every call takes all there is from the socket: a look for output may
    /// have brought errors, the end or a wider window, and nothing more may
    /// come that would wake us.
    fn ready(&self, want_write: bool) -> bool {
        if self.session.borrow().outbound() {
            return false;
        }
        let window = self.channel.read_window();
        window.available > 0
            || (self.channel.eof() && !self.ended)
            || (want_write && !self.want_send && self.channel.write_window().remaining > 0)
    }
}

impl Wire for ChannelWire {
    fn read(&mut self, stream: Stream, buffer: &mut [u8]) -> io::Result<usize> {
        let number = match stream {
            Stream::Output => 0,
            // A look at the output has taken in all there is.
            Stream::Errors if self.channel.read_window().available == 0 && !self.channel.eof() => {
                return Err(io::ErrorKind::WouldBlock.into());
            }
            Stream::Errors => 1,
        };
        match self.channel.stream(number).read(buffer) {
            // The end of one stream is known once the channel has no more of
            // any: libssh2 answers 0 in other cases too.
            Ok(0) if !self.channel.eof() => Err(io::ErrorKind::WouldBlock.into()),
            Ok(count) => {
                self.ended |= count == 0 && stream == Stream::Output;
                self.session.borrow_mut().heard();
                Ok(count)
            }
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => Err(e),
            Err(e) => Err(cut(&e)),
        }
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.channel.stream(0).write(bytes) {
            Ok(0) => Err(io::ErrorKind::WouldBlock.into()),
            Err(e) if e.kind() != io::ErrorKind::WouldBlock => Err(cut(&e)),
            result => result,
        }
    }

    fn close_input(&mut self) -> io::Result<()> {
        self.want_send = !self.session.borrow().clear_to_send();
        if self.want_send {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        self.channel.send_eof().map_err(Into::into)
    }

    fn exit(&mut self) -> Option<Exit> {
        if self.exit.is_none() && self.channel.eof() && self.channel.wait_close().is_ok() {
            let signal = self.channel.exit_signal().ok().and_then(|signal| signal.exit_signal);
            self.exit = match signal {
                Some(signal) => Some(Exit::Signal(signal)),
                None => self.channel.exit_status().ok().map(Exit::Status),
            };
        }
        self.exit.clone()
    }

    fn wait(
        &mut self,
        wake: Option<BorrowedFd<'_>>,
        want_write: bool,
        limit: Duration,
    ) -> io::Result<()> {
        if self.ready(want_write) {
            return Ok(());
        }
        // A write that found no room in the window waits for input, one that
        // found none in the socket shows as outbound.
        self.session.borrow_mut().wait(wake, self.want_send, limit)
    }

    fn leave(&mut self, deadline: Instant) {
        loop {
            let mut session = self.session.borrow_mut();
            let closed = session.clear_to_send() && self.channel.close().is_ok();
            if closed || Instant::now() >= deadline {
                return;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if session.wait(None, true, left.min(SLICE)).is_err() {
                return;
            }
        }
    }
}

fn cut(error: &io::Error) -> io::Error {
    let text = error.to_string();
    let known = ["transport read", "draining incoming", "Unable to send", "disconnect"];
    if known.iter().any(|part| text.contains(part)) {
        return io::Error::other("the connection was cut");
    }
    io::Error::other(format!("the connection failed: {text}"))
}
