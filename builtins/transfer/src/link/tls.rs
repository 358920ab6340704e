//! TLS over a socket, with reading and writing in different threads.
//!
//! The unbuffered interface of rustls is used because it costs half as much
//! per byte as the buffered one. Encryption and decryption share the state of
//! the connection behind one lock, held only for computing; the socket itself
//! is used without it.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustls::client::UnbufferedClientConnection;
use rustls::pki_types::CertificateDer;
use rustls::server::UnbufferedServerConnection;
use rustls::unbuffered::{ConnectionState, UnbufferedStatus};
use rustls::{ClientConfig, ServerConfig};

use super::WriteParts;
use super::identity::server_name;
use crate::hash::PIECE;

/// Decrypted bytes encrypted, and cipher bytes read, in one go: a whole piece
/// of a file. Smaller steps cost more by waking the other side more often.
const STEP: usize = PIECE;

/// Room for what encryption adds to [`STEP`] bytes and for messages of the protocol.
const OVERHEAD: usize = 16 << 10;

/// Greatest length of the messages of a handshake.
const MAX_HANDSHAKE: usize = 64 << 10;

enum Connection {
    Client(UnbufferedClientConnection),
    Server(UnbufferedServerConnection),
}

/// What a step of the connection asks for.
enum Asks {
    /// Bytes from the other side.
    Input,
    /// Nothing: application data may be sent.
    Nothing,
    /// Another step.
    Step,
    /// Nothing more will ever come.
    Closed,
}

struct State {
    connection: Connection,
    /// Encrypted bytes that must go out before anything else.
    pending: Vec<u8>,
    peer_closed: bool,
}

/// Runs one step of either kind of connection.
macro_rules! process {
    ($connection:expr, $incoming:expr, |$status:ident| $body:expr) => {
        match $connection {
            Connection::Client(connection) => {
                let $status = connection.process_tls_records($incoming);
                $body
            }
            Connection::Server(connection) => {
                let $status = connection.process_tls_records($incoming);
                $body
            }
        }
    };
}

impl State {
    /// Takes records from the front of `incoming` and puts what they contain
    /// into `plain`. Answers how many bytes were used, and what is asked for.
    fn advance(
        &mut self,
        incoming: &mut [u8],
        plain: &mut Decrypted<'_>,
    ) -> io::Result<(usize, Asks)> {
        let Self { connection, pending, peer_closed } = self;
        process!(connection, incoming, |status| digest(status, pending, peer_closed, plain))
    }

    /// Encrypts `bytes` behind what is pending and adds both to `out`.
    fn encrypt(&mut self, bytes: &[u8], out: &mut Outgoing) -> io::Result<()> {
        loop {
            let Self { connection, pending, peer_closed } = self;
            let mut rest = Decrypted::default();
            let done = process!(connection, &mut [], |status| match status.state {
                Ok(ConnectionState::WriteTraffic(mut traffic)) => {
                    let room = out.room(pending.len());
                    room[..pending.len()].copy_from_slice(pending);
                    out.len += pending.len();
                    pending.clear();
                    let room = out.room(bytes.len() + OVERHEAD);
                    out.len += traffic.encrypt(bytes, room).map_err(failed)?;
                    true
                }
                state => {
                    let status = UnbufferedStatus { discard: 0, state };
                    let (_, asks) = digest(status, pending, peer_closed, &mut rest)?;
                    if matches!(asks, Asks::Input | Asks::Closed) {
                        return Err(io::Error::new(io::ErrorKind::BrokenPipe, "TLS has ended"));
                    }
                    false
                }
            });
            if done {
                return Ok(());
            }
        }
    }

    fn peer_is(&self, expected: &CertificateDer<'_>) -> bool {
        let certificates = match &self.connection {
            Connection::Client(connection) => connection.peer_certificates(),
            Connection::Server(connection) => connection.peer_certificates(),
        };
        certificates.is_some_and(|chain| chain.first() == Some(expected) && chain.len() == 1)
    }
}

/// Handles a state of the connection; see [`State::advance`].
fn digest<Side>(
    status: UnbufferedStatus<'_, '_, Side>,
    pending: &mut Vec<u8>,
    peer_closed: &mut bool,
    plain: &mut Decrypted<'_>,
) -> io::Result<(usize, Asks)> {
    let mut used = status.discard;
    let asks = match status.state.map_err(failed)? {
        ConnectionState::ReadTraffic(mut traffic) => {
            while let Some(record) = traffic.next_record() {
                let record = record.map_err(failed)?;
                used += record.discard;
                plain.put(record.payload);
            }
            Asks::Step
        }
        ConnectionState::EncodeTlsData(mut data) => {
            let at = pending.len();
            pending.resize(at + OVERHEAD, 0);
            let len = data.encode(&mut pending[at..]).map_err(failed)?;
            pending.truncate(at + len);
            Asks::Step
        }
        ConnectionState::TransmitTlsData(data) => {
            data.done();
            Asks::Step
        }
        ConnectionState::BlockedHandshake => Asks::Input,
        ConnectionState::WriteTraffic(_) => Asks::Nothing,
        ConnectionState::PeerClosed => {
            *peer_closed = true;
            Asks::Step
        }
        ConnectionState::Closed => Asks::Closed,
        _ => return Err(io::Error::new(io::ErrorKind::InvalidData, "unexpected TLS message")),
    };
    Ok((used, asks))
}

fn failed(error: impl std::fmt::Display) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("TLS: {error}"))
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Cipher bytes that have arrived.
#[derive(Default)]
struct Incoming {
    bytes: Vec<u8>,
    from: usize,
    to: usize,
}

impl Incoming {
    fn waiting(&mut self) -> &mut [u8] {
        &mut self.bytes[self.from..self.to]
    }

    fn discard(&mut self, len: usize) {
        self.from += len;
        if self.from == self.to {
            (self.from, self.to) = (0, 0);
        }
    }

    /// Reads more from the socket; 0 at the end of the stream.
    fn fill(&mut self, socket: &mut TcpStream, room: usize) -> io::Result<usize> {
        self.bytes.copy_within(self.from..self.to, 0);
        (self.from, self.to) = (0, self.to - self.from);
        if self.bytes.len() < room {
            self.bytes.resize(room, 0);
        }
        if self.to == self.bytes.len() {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "a TLS message too long"));
        }
        loop {
            match socket.read(&mut self.bytes[self.to..]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Ok(len) => {
                    self.to += len;
                    return Ok(len);
                }
                Err(error) => return Err(error),
            }
        }
    }
}

/// Where decrypted bytes go: to the reader as far as there is room.
#[derive(Default)]
struct Decrypted<'a> {
    target: &'a mut [u8],
    filled: usize,
    rest: Vec<u8>,
}

impl Decrypted<'_> {
    fn put(&mut self, bytes: &[u8]) {
        let room = self.target.len() - self.filled;
        let (now, later) = bytes.split_at(room.min(bytes.len()));
        self.target[self.filled..self.filled + now.len()].copy_from_slice(now);
        self.filled += now.len();
        self.rest.extend_from_slice(later);
    }
}

/// Cipher bytes that are to be sent. Their memory is cleared once, not for
/// every use.
#[derive(Default)]
struct Outgoing {
    bytes: Vec<u8>,
    len: usize,
}

impl Outgoing {
    /// Room for `len` more bytes.
    fn room(&mut self, len: usize) -> &mut [u8] {
        if self.bytes.len() < self.len + len {
            self.bytes.resize(self.len + len, 0);
        }
        &mut self.bytes[self.len..]
    }
}

/// Decrypts.
pub(crate) struct TlsReader {
    state: Arc<Mutex<State>>,
    socket: TcpStream,
    incoming: Incoming,
    /// Decrypted bytes for which the last reader had no room.
    rest: Vec<u8>,
    at: usize,
}

/// Encrypts.
pub(crate) struct TlsWriter {
    state: Arc<Mutex<State>>,
    socket: TcpStream,
    out: Outgoing,
}

/// Shakes hands as the end that connected.
pub(crate) fn connect(
    socket: TcpStream,
    config: ClientConfig,
    peer: &CertificateDer<'_>,
) -> io::Result<(TlsReader, TlsWriter)> {
    let name = server_name().map_err(failed)?;
    let connection = UnbufferedClientConnection::new(Arc::new(config), name).map_err(failed)?;
    shake_hands(socket, Connection::Client(connection), peer)
}

/// Shakes hands as the end that listened.
pub(crate) fn accept(
    socket: TcpStream,
    config: ServerConfig,
    peer: &CertificateDer<'_>,
) -> io::Result<(TlsReader, TlsWriter)> {
    let connection = UnbufferedServerConnection::new(Arc::new(config)).map_err(failed)?;
    shake_hands(socket, Connection::Server(connection), peer)
}

fn shake_hands(
    mut socket: TcpStream,
    connection: Connection,
    peer: &CertificateDer<'_>,
) -> io::Result<(TlsReader, TlsWriter)> {
    let mut state = State { connection, pending: Vec::new(), peer_closed: false };
    let mut incoming = Incoming::default();
    let mut plain = Decrypted::default();
    loop {
        let step = state.advance(incoming.waiting(), &mut plain);
        if !state.pending.is_empty() {
            // Also on failure: the alert tells the other side why.
            let sent = socket.write_all(&state.pending);
            state.pending.clear();
            if step.is_ok() {
                sent?;
            }
        }
        let (used, asks) = step?;
        incoming.discard(used);
        match asks {
            Asks::Step => {}
            Asks::Nothing => break,
            Asks::Input => {
                if incoming.fill(&mut socket, MAX_HANDSHAKE)? == 0 {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
            }
            Asks::Closed => return Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }
    if !state.peer_is(peer) {
        return Err(failed("the other side has another certificate"));
    }
    let state = Arc::new(Mutex::new(state));
    let reader = TlsReader {
        state: Arc::clone(&state),
        socket: socket.try_clone()?,
        incoming,
        rest: plain.rest,
        at: 0,
    };
    Ok((reader, TlsWriter { state, socket, out: Outgoing::default() }))
}

impl Read for TlsReader {
    fn read(&mut self, target: &mut [u8]) -> io::Result<usize> {
        if target.is_empty() {
            return Ok(0);
        }
        if self.at < self.rest.len() {
            let ready = &self.rest[self.at..];
            let len = ready.len().min(target.len());
            target[..len].copy_from_slice(&ready[..len]);
            self.at += len;
            return Ok(len);
        }
        self.rest.clear();
        self.at = 0;
        let mut plain = Decrypted { target, filled: 0, rest: std::mem::take(&mut self.rest) };
        let end = loop {
            match self.decrypt(&mut plain) {
                Ok(_) if plain.filled > 0 => break Ok(plain.filled),
                Ok(true) => break Ok(0),
                Ok(false) => match self.incoming.fill(&mut self.socket, STEP + OVERHEAD) {
                    Ok(0) => break Ok(0),
                    Ok(_) => {}
                    Err(error) => break Err(error),
                },
                Err(error) => break Err(error),
            }
        };
        self.rest = plain.rest;
        end
    }
}

impl TlsReader {
    /// Decrypts all records that have arrived. Answers whether the other side
    /// has closed the connection.
    fn decrypt(&mut self, plain: &mut Decrypted<'_>) -> io::Result<bool> {
        let mut state = lock(&self.state);
        while self.incoming.from < self.incoming.to {
            let (used, asks) = state.advance(self.incoming.waiting(), plain)?;
            self.incoming.discard(used);
            match asks {
                Asks::Step => {}
                Asks::Closed => return Ok(true),
                Asks::Input | Asks::Nothing => break,
            }
        }
        Ok(state.peer_closed)
    }
}

impl WriteParts for TlsWriter {
    fn write_parts(&mut self, parts: &[&[u8]]) -> io::Result<()> {
        // Small parts are gathered, so that they do not cost a record each.
        let mut gathered = Vec::new();
        for part in parts.iter().flat_map(|part| part.chunks(STEP)) {
            if gathered.len() + part.len() <= OVERHEAD {
                gathered.extend_from_slice(part);
                continue;
            }
            if !gathered.is_empty() {
                lock(&self.state).encrypt(&gathered, &mut self.out)?;
                gathered.clear();
            }
            lock(&self.state).encrypt(part, &mut self.out)?;
            self.send()?;
        }
        if !gathered.is_empty() {
            lock(&self.state).encrypt(&gathered, &mut self.out)?;
        }
        self.send()
    }
}

impl TlsWriter {
    fn send(&mut self) -> io::Result<()> {
        let len = std::mem::take(&mut self.out.len);
        self.socket.write_all(&self.out.bytes[..len])
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::link::identity::Identity;
    use rustls::crypto::ring;
    use rustls::{SupportedCipherSuite, Tls13CipherSuite};
    use std::net::TcpListener;

    /// AES whose keys serve for a few records only, as after many gigabytes.
    fn short_lived() -> rustls::crypto::CryptoProvider {
        let suite = ring::cipher_suite::TLS13_AES_128_GCM_SHA256.tls13().unwrap();
        let mut common = rustls::CipherSuiteCommon { ..suite.common };
        common.confidentiality_limit = 40;
        let suite: &'static Tls13CipherSuite = Box::leak(Box::new(Tls13CipherSuite {
            common,
            hkdf_provider: suite.hkdf_provider,
            aead_alg: suite.aead_alg,
            quic: None,
        }));
        let mut provider = ring::default_provider();
        provider.cipher_suites = vec![SupportedCipherSuite::Tls13(suite)];
        provider
    }

    #[test]
    fn keys_are_renewed_under_way_and_both_directions_go_on() {
        let provider = Arc::new(short_lived());
        let keys = [(); 2].map(|()| {
            let mut key = Identity::generate().unwrap();
            key.provider = Arc::clone(&provider);
            key
        });
        let ders = [0, 1].map(|i| keys[i].certificate().der().unwrap());
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let client = keys[0].client(&keys[1].certificate()).unwrap();
        let server = keys[1].server(&keys[0].certificate()).unwrap();
        std::thread::scope(|scope| {
            let there = scope.spawn(|| {
                let socket = TcpStream::connect(address).unwrap();
                connect(socket, client, &ders[1]).unwrap()
            });
            let here = accept(listener.accept().unwrap().0, server, &ders[0]).unwrap();
            let there = there.join().unwrap();
            for (mut writer, mut reader) in [(there.1, here.0), (here.1, there.0)] {
                scope.spawn(move || {
                    for step in 0..200u8 {
                        writer.write_parts(&[&[step; 9], &vec![step; 70_000]]).unwrap();
                    }
                });
                scope.spawn(move || {
                    for step in 0..200u8 {
                        let mut content = vec![0; 70_009];
                        reader.read_exact(&mut content).unwrap();
                        assert!(content.iter().all(|&b| b == step));
                    }
                });
            }
        });
    }
}
