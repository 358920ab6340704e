//! One libssh2 session, never blocking, owned by one thread.
//!
//! What libssh2 needs from its user in this mode:
//! - a call that would block is repeated with the same arguments;
//! - a packet that was sent in part is finished by repeating the call that
//!   began it, and only by that; small packets of some calls (keep-alive, end
//!   of input, close) are made on the stack and cannot be finished at all, so
//!   those are made only while the socket takes data;
//! - `flush` is never called: it throws received data away.

use std::net::{Shutdown, TcpStream};
use std::os::fd::{AsFd, BorrowedFd};
use std::time::{Duration, Instant};

use ::ssh2::{BlockDirections, DisconnectCode, Error, ErrorCode, MethodType};
use rustix::event::{PollFd, PollFlags, poll};

use super::super::failure::{Failure, Trail};
use super::super::probe::Step;
use super::super::watch::{SLICE, Watch};
use super::tcp::timespec;

/// `LIBSSH2_ERROR_EAGAIN`.
const AGAIN: i32 = -37;

/// AES in Galois counter mode first, where the processor has instructions for
/// it; libssh2's own order begins with ChaCha20, after which sshd changes
/// keys every gigabyte.
const WITH_AES: &str = "aes128-gcm@openssh.com,aes256-gcm@openssh.com,\
    chacha20-poly1305@openssh.com,aes128-ctr,aes192-ctr,aes256-ctr";

/// A session and its socket.
pub(super) struct Session {
    /// The library's handle.
    pub(super) ssh: ::ssh2::Session,
    socket: TcpStream,
    silence: Silence,
}

/// Notices a node that no longer answers.
struct Silence {
    period: Option<Duration>,
    /// Time spent waiting since the last sign of life: time in which nobody
    /// listened does not count.
    waited: Duration,
    /// When to ask for the next one.
    next: Instant,
    readable: bool,
}

impl Session {
    /// Agrees on keys with the server at the other end of the socket.
    pub(super) fn open(
        socket: TcpStream,
        host_key_types: &[String],
        keep_alive: Option<Duration>,
        limit: Duration,
        watch: &Watch,
    ) -> Result<Self, Failure> {
        watch.begin(Step::Port, "agreeing on keys with the SSH server", None);
        let broken = |e: Error| Failure::unreachable(Step::Port, e.message().to_string());
        let mut ssh = ::ssh2::Session::new().map_err(broken)?;
        ssh.set_blocking(false);
        ssh.set_tcp_stream(socket.try_clone().map_err(|e| {
            Failure::unreachable(Step::Port, format!("cannot use the connection: {e}"))
        })?);
        prefer_known_types(&ssh, host_key_types);
        if aes_in_hardware() {
            for direction in [MethodType::CryptCs, MethodType::CryptSc] {
                // A library built without them keeps its own order.
                let _ = ssh.method_pref(direction, WITH_AES);
            }
        }
        let silence = Silence {
            period: keep_alive,
            waited: Duration::ZERO,
            next: Instant::now() + keep_alive.unwrap_or_default(),
            readable: false,
        };
        let mut session = Self { ssh, socket, silence };
        let mut handle = session.ssh.clone();
        session.drive(limit, Step::Port, "agreeing on keys", watch, move || handle.handshake())?;
        if let Some(period) = keep_alive {
            let seconds = u32::try_from(period.as_secs()).unwrap_or(u32::MAX).max(1);
            session.ssh.set_keepalive(true, seconds);
        }
        Ok(session)
    }

    /// Repeats a call until it does not block any more.
    pub(super) fn drive<T>(
        &mut self,
        limit: Duration,
        step: Step,
        doing: &str,
        watch: &Watch,
        call: impl FnMut() -> Result<T, Error>,
    ) -> Result<T, Failure> {
        self.repeat(limit, step, doing, watch, call)?
            .map_err(|e| Failure::unreachable(step, format!("{doing} failed: {}", e.message())))
    }

    /// As [`drive`](Self::drive), leaving the call's own failure to the caller.
    pub(super) fn repeat<T>(
        &mut self,
        limit: Duration,
        step: Step,
        doing: &str,
        watch: &Watch,
        mut call: impl FnMut() -> Result<T, Error>,
    ) -> Result<Result<T, Error>, Failure> {
        let deadline = Instant::now() + limit;
        loop {
            match call() {
                Err(e) if would_block(&e) => {}
                Err(e) if connection_lost(&e) || self.closed() => {
                    return Err(Failure::unreachable(
                        step,
                        format!("the connection was closed while {doing}"),
                    ));
                }
                result => {
                    self.heard();
                    return Ok(result);
                }
            }
            watch.check()?;
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(Failure::unreachable(
                    step,
                    format!("no answer within {} s while {doing}", limit.as_secs_f32()),
                ));
            }
            self.poll(None, false, left.min(SLICE));
        }
    }

    /// True when the other side has closed the connection. The library's own
    /// error may be another one: it calls a login refused that was cut.
    fn closed(&self) -> bool {
        match self.socket.peek(&mut [0]) {
            Ok(count) => count == 0,
            Err(e) => e.kind() != std::io::ErrorKind::WouldBlock,
        }
    }

    /// True while a packet is sent in part.
    pub(super) fn outbound(&self) -> bool {
        matches!(self.ssh.block_directions(), BlockDirections::Outbound | BlockDirections::Both)
    }

    /// True when a small packet would be sent at once.
    pub(super) fn clear_to_send(&self) -> bool {
        let mut fds = [PollFd::from_borrowed_fd(self.socket.as_fd(), PollFlags::OUT)];
        !self.outbound()
            && matches!(poll(&mut fds, Some(&timespec(Duration::ZERO))), Ok(count) if count > 0)
            && fds[0].revents() == PollFlags::OUT
    }

    /// Something was received.
    pub(super) fn heard(&mut self) {
        self.silence.waited = Duration::ZERO;
    }

    /// Sleeps until there may be something to do. Called after a look at all
    /// channels has found nothing.
    pub(super) fn wait(
        &mut self,
        wake: Option<BorrowedFd<'_>>,
        want_send: bool,
        limit: Duration,
    ) -> std::io::Result<()> {
        let outbound = self.outbound();
        if self.silence.readable && !outbound {
            // What was there has been taken, if only an answer to a keep-alive.
            self.heard();
        }
        let mut limit = limit;
        if let Some(period) = self.silence.period {
            let left = (3 * period).saturating_sub(self.silence.waited);
            if left.is_zero() {
                let silent = self.silence.waited.as_secs();
                return Err(std::io::Error::new(
                    std::io::ErrorKind::TimedOut,
                    format!("the node has been silent for {silent} s"),
                ));
            }
            let now = Instant::now();
            if now >= self.silence.next && self.clear_to_send() {
                // A failure shows as silence.
                let _ = self.ssh.keepalive_send();
                self.silence.next = now + period;
            }
            limit = limit.min(left);
            limit = limit.min(self.silence.next.saturating_duration_since(now).max(SLICE));
        }
        // While a packet is stuck, data that cannot be taken before it is out
        // must not keep us awake.
        let stuck = self.silence.readable && outbound;
        let limit = if stuck { limit.min(SLICE) } else { limit };
        let begun = Instant::now();
        self.silence.readable = self.poll_events(wake, want_send || outbound, !stuck, limit);
        self.silence.waited += begun.elapsed();
        Ok(())
    }

    fn poll(&self, wake: Option<BorrowedFd<'_>>, want_send: bool, limit: Duration) -> bool {
        self.poll_events(wake, want_send || self.outbound(), true, limit)
    }

    fn poll_events(
        &self,
        wake: Option<BorrowedFd<'_>>,
        send: bool,
        receive: bool,
        limit: Duration,
    ) -> bool {
        let mut events = PollFlags::empty();
        events.set(PollFlags::IN, receive);
        events.set(PollFlags::OUT, send);
        let socket = PollFd::from_borrowed_fd(self.socket.as_fd(), events);
        let timeout = timespec(limit);
        match wake {
            None => {
                let mut fds = [socket];
                let _ = poll(&mut fds, Some(&timeout));
                fds[0].revents().intersects(PollFlags::IN)
            }
            Some(wake) => {
                let mut fds = [socket, PollFd::from_borrowed_fd(wake, PollFlags::IN)];
                let _ = poll(&mut fds, Some(&timeout));
                fds[0].revents().intersects(PollFlags::IN)
            }
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if self.clear_to_send() {
            let _ = self.ssh.disconnect(Some(DisconnectCode::ByApplication), "done", None);
        }
        // Lets the library free what it holds: it would wait for the network.
        let _ = self.socket.shutdown(Shutdown::Both);
    }
}

/// The server shows one of its host keys, and libssh2 chooses which kind: ask
/// for those first that can be checked.
fn prefer_known_types(ssh: &::ssh2::Session, known: &[String]) {
    let Ok(supported) = ssh.supported_algs(MethodType::HostKey) else { return };
    let known: Vec<&str> = known.iter().flat_map(|kind| algorithms(kind)).copied().collect();
    // Certificates cannot be checked here.
    let mut wanted: Vec<&str> =
        supported.into_iter().filter(|name| !name.contains("-cert-")).collect();
    wanted.sort_by_key(|name| !known.contains(name));
    let _ = ssh.method_pref(MethodType::HostKey, &wanted.join(","));
}

/// The signature algorithms of a key type, from RFC 8332 for RSA.
fn algorithms(kind: &str) -> &'static [&'static str] {
    match kind {
        "ssh-ed25519" => &["ssh-ed25519"],
        "ecdsa-sha2-nistp256" => &["ecdsa-sha2-nistp256"],
        "ecdsa-sha2-nistp384" => &["ecdsa-sha2-nistp384"],
        "ecdsa-sha2-nistp521" => &["ecdsa-sha2-nistp521"],
        "ssh-rsa" => &["rsa-sha2-512", "rsa-sha2-256", "ssh-rsa"],
        "ssh-dss" => &["ssh-dss"],
        _ => &[],
    }
}

fn aes_in_hardware() -> bool {
    #[cfg(target_arch = "x86_64")]
    return std::arch::is_x86_feature_detected!("aes")
        && std::arch::is_x86_feature_detected!("pclmulqdq");
    #[cfg(target_arch = "aarch64")]
    return std::arch::is_aarch64_feature_detected!("aes");
    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
    return false;
}

fn would_block(error: &Error) -> bool {
    error.code() == ErrorCode::Session(AGAIN)
}

/// The codes of libssh2 for a socket that is of no more use: send, disconnect,
/// receive, bad socket.
fn connection_lost(error: &Error) -> bool {
    matches!(error.code(), ErrorCode::Session(-7 | -13 | -43 | -45))
}

/// Where and as whom: filled in while connecting, for messages.
pub(super) fn negotiated(session: &Session, trail: &mut Trail) {
    let name = |kind| session.ssh.methods(kind).unwrap_or("?").to_string();
    trail.passed(
        Step::HostKey,
        format!(
            "{}, {}, {}",
            name(MethodType::HostKey),
            name(MethodType::Kex),
            name(MethodType::CryptSc)
        ),
    );
}
