//! The TCP connection to an sshd, up to its first words.

use std::io;
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::super::failure::{Failure, Trail};
use super::super::last_words::one_line;
use super::super::probe::Step;
use super::super::watch::{SLICE, Watch};

/// How long the resolver may take beyond the connection's own limit: its
/// usual patience is 5 s with each of several servers.
const RESOLVER: Duration = Duration::from_secs(30);

/// The addresses of a host.
pub(super) fn resolve(
    address: &str,
    port: u16,
    watch: &Watch,
    trail: &mut Trail,
) -> Result<Vec<SocketAddr>, Failure> {
    watch.begin(Step::Address, format!("looking up the address `{address}`"), Some(RESOLVER));
    let unknown = |why: String| {
        Failure::unreachable(Step::Address, format!("the address `{address}` is unknown{why}"))
            .help("see `address` in its `[[hosts]]` table of the configuration")
    };
    let found: Vec<SocketAddr> =
        (address, port).to_socket_addrs().map_err(|e| unknown(format!(" ({e})")))?.collect();
    let Some(first) = found.first() else {
        return Err(unknown(String::new()));
    };
    trail.passed(Step::Address, first.ip().to_string());
    Ok(found)
}

/// Connects to the first address that answers, and waits until it has said
/// that it is an SSH server. What it said stays unread.
pub(super) fn connect(
    addresses: &[SocketAddr],
    limit: Duration,
    watch: &Watch,
    trail: &mut Trail,
) -> Result<TcpStream, Failure> {
    let count = u32::try_from(addresses.len()).unwrap_or(u32::MAX).max(1);
    // One that never answers must not use up the time of the others.
    let each = (limit / count).max(limit.min(Duration::from_secs(2)));
    let patience = each * count + SLICE;
    watch.begin(Step::Port, "waiting for a connection", Some(patience));
    let mut failure = None;
    for address in addresses {
        watch.check()?;
        match TcpStream::connect_timeout(address, each) {
            Ok(stream) => {
                watch.begin(Step::Port, "waiting for the SSH server", None);
                prepare(&stream).map_err(|e| Failure::unreachable(Step::Port, e.to_string()))?;
                greet(&stream, *address, limit, watch)?;
                trail.passed(Step::Port, address.to_string());
                return Ok(stream);
            }
            Err(e) => failure = Some(refused(*address, &e, each)),
        }
    }
    Err(failure.unwrap_or_else(|| Failure::unreachable(Step::Port, "no address")))
}

fn refused(address: SocketAddr, error: &io::Error, limit: Duration) -> Failure {
    let what = match error.kind() {
        io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => {
            format!("{address} did not answer within {} s", limit.as_secs_f32())
        }
        io::ErrorKind::ConnectionRefused => format!("{address} refuses connections"),
        io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => {
            format!("there is no route to {address}")
        }
        _ => format!("{address}: {error}"),
    };
    Failure::unreachable(Step::Port, what)
}

fn prepare(stream: &TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    stream.set_nonblocking(true)
}

/// Looks at the first bytes without taking them.
///
/// An sshd that has too many unfinished logins (`MaxStartups`) takes a
/// connection and closes it at once, or after a line that says so.
fn greet(
    stream: &TcpStream,
    address: SocketAddr,
    limit: Duration,
    watch: &Watch,
) -> Result<(), Failure> {
    let deadline = Instant::now() + limit;
    let fail = |what: String| Failure::unreachable(Step::Port, what);
    let mut head = [0; 255];
    let mut seen = 0;
    loop {
        watch.check()?;
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(fail(format!(
                "{address} takes connections but no SSH server answers within {} s",
                limit.as_secs_f32()
            )));
        }
        if !wait_readable(stream, left.min(SLICE)) {
            continue;
        }
        match stream.peek(&mut head) {
            Ok(0) => return Err(dropped(address, "")),
            Ok(count) if head[..count].starts_with(b"SSH-") => return Ok(()),
            Ok(count) if b"SSH-".starts_with(&head[..count]) => {}
            Ok(count) => {
                let said = one_line(&head[..count]);
                if said.contains("MaxStartups") {
                    return Err(dropped(address, &said));
                }
                if said.contains("Not allowed at this time") {
                    return Err(fail(format!("{address} turns this host away: {said}"))
                        .help("its sshd punishes earlier failed logins; wait some minutes"));
                }
                // Servers may say something before their version.
                if head[..count].windows(5).any(|w| w == b"\nSSH-") {
                    return Ok(());
                }
                if count == seen || count == head.len() {
                    return Err(fail(format!("{address} is no SSH server: it says `{said}`"))
                        .help("see `port` in `[ssh]` or in its `[[hosts]]` table"));
                }
                seen = count;
            }
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => continue,
            Err(e) if e.kind() == io::ErrorKind::ConnectionReset => {
                return Err(dropped(address, ""));
            }
            Err(e) => return Err(fail(format!("{address}: {e}"))),
        }
        // Readable, but not enough yet: readiness does not tell when more comes.
        watch.sleep(Duration::from_millis(20))?;
    }
}

fn dropped(address: SocketAddr, said: &str) -> Failure {
    let said = if said.is_empty() { String::new() } else { format!(" (`{said}`)") };
    Failure::unreachable(Step::Port, format!("{address} closed the connection at once{said}"))
        .help("its sshd may allow too few logins at once (`MaxStartups`), or not this host")
        .crowded()
}

fn wait_readable(stream: &TcpStream, limit: Duration) -> bool {
    let mut fds = [PollFd::from_borrowed_fd(stream.as_fd(), PollFlags::IN)];
    matches!(poll(&mut fds, Some(&timespec(limit))), Ok(count) if count > 0)
}

/// For `poll`.
pub(in super::super) fn timespec(length: Duration) -> Timespec {
    Timespec {
        tv_sec: i64::try_from(length.as_secs()).unwrap_or(i64::MAX),
        tv_nsec: i64::from(length.subsec_nanos()),
    }
}
