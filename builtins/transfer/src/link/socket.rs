//! Sockets for data: listening on every address, noticing dead peers.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, TcpStream, ToSocketAddrs, UdpSocket};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::net::{
    AddressFamily, Ipv6Addr, SocketAddrV6, SocketFlags, SocketType, bind, listen, socket_with,
    sockopt,
};

/// After that long without an answer the other side is lost, ms.
const DEAD_AFTER_MS: u32 = 60_000;

/// The ports a node may listen on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ports {
    first: u16,
    last: u16,
}

impl Ports {
    /// Any free port.
    pub(crate) const ANY: Self = Self { first: 0, last: 0 };

    /// From `first-last` or a single number.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (first, last) = text.split_once('-').unwrap_or((text, text));
        let (first, last) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
        (first > 0 && first <= last).then_some(Self { first, last })
    }
}

impl std::fmt::Display for Ports {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{}", self.first, self.last)
    }
}

/// A socket that others connect to.
pub(crate) struct Listener {
    socket: TcpListener,
    port: u16,
}

impl Listener {
    /// Listens on all addresses of this machine, on the first free of the ports.
    pub(crate) fn open(ports: Ports) -> io::Result<Self> {
        // Where to begin differs from process to process, so that copies that
        // start together do not all knock at the same busy port.
        let span = u32::from(ports.last - ports.first) + 1;
        let shift = std::process::id() % span;
        let mut last_error = None;
        for step in 0..span {
            let offset = u16::try_from((shift + step) % span).unwrap_or(0);
            match bind_all(ports.first + offset) {
                Ok(socket) => {
                    socket.set_nonblocking(true)?;
                    let port = socket.local_addr()?.port();
                    return Ok(Self { socket, port });
                }
                Err(error) => last_error = Some(error),
            }
        }
        Err(last_error.unwrap_or_else(|| io::ErrorKind::AddrInUse.into()))
    }

    /// The port it listens on.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// The next connection, if one comes within `wait`.
    pub(crate) fn accept(&self, wait: Duration) -> io::Result<Option<TcpStream>> {
        let time = Timespec {
            tv_sec: i64::try_from(wait.as_secs()).unwrap_or(i64::MAX),
            tv_nsec: wait.subsec_nanos().into(),
        };
        match poll(&mut [PollFd::new(&self.socket, PollFlags::IN)], Some(&time)) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        match self.socket.accept() {
            Ok((stream, _)) => {
                stream.set_nonblocking(false)?;
                Ok(Some(stream))
            }
            // A connection that was given up meanwhile is no reason to stop.
            Err(error) if is_passing(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

fn is_passing(error: &io::Error) -> bool {
    use io::ErrorKind as K;
    matches!(error.kind(), K::WouldBlock | K::Interrupted | K::ConnectionAborted)
}

/// Binds both families where the machine has both.
fn bind_all(port: u16) -> io::Result<TcpListener> {
    both_families(port).or_else(|_| TcpListener::bind((Ipv4Addr::UNSPECIFIED, port)))
}

fn both_families(port: u16) -> io::Result<TcpListener> {
    let flags = SocketFlags::CLOEXEC;
    let socket = socket_with(AddressFamily::INET6, SocketType::STREAM, flags, None)?;
    sockopt::set_ipv6_v6only(&socket, false)?;
    // A range of few ports is used again at once by the next copy.
    sockopt::set_socket_reuseaddr(&socket, true)?;
    bind(&socket, &SocketAddrV6::new(Ipv6Addr::UNSPECIFIED, port, 0, 0))?;
    listen(&socket, 64)?;
    Ok(TcpListener::from(socket))
}

/// Settings of a data connection that is about to carry frames.
pub(crate) fn prepare(socket: &TcpStream) -> io::Result<()> {
    socket.set_nodelay(true)?;
    socket.set_read_timeout(None)?;
    socket.set_write_timeout(None)?;
    sockopt::set_socket_keepalive(socket, true)?;
    sockopt::set_tcp_keepidle(socket, Duration::from_secs(20))?;
    sockopt::set_tcp_keepintvl(socket, Duration::from_secs(10))?;
    sockopt::set_tcp_keepcnt(socket, 4)?;
    sockopt::set_tcp_user_timeout(socket, DEAD_AFTER_MS)?;
    Ok(())
}

/// Bounds the waits of a handshake.
pub(crate) fn limit(socket: &TcpStream, wait: Duration) -> io::Result<()> {
    socket.set_nodelay(true)?;
    socket.set_read_timeout(Some(wait))?;
    socket.set_write_timeout(Some(wait))
}

/// Connects to `host:port`, trying all addresses of the host within `wait`.
pub(crate) fn dial(address: &str, wait: Duration) -> io::Result<TcpStream> {
    let deadline = Instant::now() + wait;
    let mut last_error = None;
    for resolved in address.to_socket_addrs()? {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            break;
        }
        match TcpStream::connect_timeout(&resolved, left) {
            Ok(stream) => return Ok(stream),
            Err(error) => last_error = Some(error),
        }
    }
    Err(last_error.unwrap_or_else(|| io::ErrorKind::TimedOut.into()))
}

/// The address of this machine that packets to `host` carry; sends nothing.
pub(crate) fn own_address_towards(host: &str) -> Option<IpAddr> {
    let target = (host, 9).to_socket_addrs().ok()?.next()?;
    let own: SocketAddr = match target {
        SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
        SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
    };
    let socket = UdpSocket::bind(own).ok()?;
    socket.connect(target).ok()?;
    socket.local_addr().ok().map(|address| address.ip()).filter(|ip| !ip.is_unspecified())
}

/// `host` and `port` as one text.
pub(crate) fn join(host: &str, port: u16) -> String {
    if host.contains(':') && !host.starts_with('[') {
        format!("[{host}]:{port}")
    } else {
        format!("{host}:{port}")
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn port_ranges() {
        assert_eq!(Ports::parse("4000-4010"), Some(Ports { first: 4000, last: 4010 }));
        assert_eq!(Ports::parse("4000"), Some(Ports { first: 4000, last: 4000 }));
        for bad in ["", "0-3", "5-4", "a-b", "70000", "1-2-3"] {
            assert_eq!(Ports::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn the_next_free_port_of_the_range_is_taken() {
        let first = Listener::open(Ports::ANY).unwrap();
        let port = first.port();
        let busy = Listener::open(Ports { first: port, last: port });
        assert!(busy.is_err());
        let last = port.saturating_add(20);
        let second = Listener::open(Ports { first: port, last }).unwrap();
        assert!(second.port() > port && second.port() <= last);
    }

    #[test]
    fn a_listener_is_reached_and_does_not_wait_for_ever() {
        let listener = Listener::open(Ports::ANY).unwrap();
        assert!(listener.accept(Duration::from_millis(1)).unwrap().is_none());
        let address = join("127.0.0.1", listener.port());
        let _stream = dial(&address, Duration::from_secs(5)).unwrap();
        assert!(listener.accept(Duration::from_secs(5)).unwrap().is_some());
    }

    #[test]
    fn addresses_are_written_so_that_they_can_be_read() {
        assert_eq!(join("node012", 7), "node012:7");
        assert_eq!(join("::1", 7), "[::1]:7");
        assert_eq!(own_address_towards("127.0.0.1"), Some(Ipv4Addr::LOCALHOST.into()));
        assert_eq!(own_address_towards(""), None);
    }
}
