//! From a fresh connection to a channel that both sides trust.
//!
//! First TLS, where it is asked for; then each side proves that it knows the
//! token, without sending it; then the side that connected says `begin` on
//! the one connection it has chosen (it may have made several at once).

use std::io::{self, Read};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use ledama_base::operation::OperationError;
use ledama_config::model::Encryption;
use serde::{Deserialize, Serialize};

use super::identity::{Certificate, Identity, Token, random};
use super::{Link, Plain, Way, WriteParts, socket, tls};
use crate::control::Control;

/// The first bytes of either side.
const MAGIC: &[u8; 8] = b"ledama-1";

/// Says that this connection is the chosen one.
const BEGIN: u8 = b'!';

/// What one side must know of the other to make a channel with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Credentials {
    /// The secret of this channel.
    pub token: Token,
    /// The certificate of the other side; none for a channel without encryption.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate: Option<Certificate>,
}

/// One end of a data channel.
#[derive(Clone)]
pub(crate) struct End {
    /// The key of this side; none for a channel without encryption.
    pub(crate) identity: Option<Arc<Identity>>,
    /// What it expects of the other side.
    pub(crate) peer: Credentials,
    /// How long each wait may take.
    pub(crate) wait: Duration,
}

/// A connection whose other side has proved itself.
pub(crate) struct Ready {
    reader: Box<dyn Read + Send>,
    writer: Box<dyn WriteParts>,
    socket: TcpStream,
    way: Way,
}

/// Makes the key for a channel of this kind.
pub(crate) fn identity(encryption: Encryption) -> Result<Option<Arc<Identity>>, OperationError> {
    match encryption {
        Encryption::Tls => Identity::generate().map(|key| Some(Arc::new(key))),
        Encryption::None => Ok(None),
    }
}

impl End {
    /// Connects to `address` and proves both sides.
    pub(crate) fn connect(&self, address: &str) -> io::Result<Ready> {
        let socket = socket::dial(address, self.wait)?;
        socket::limit(&socket, self.wait)?;
        match self.secrets()? {
            None => self.prove(Box::new(socket.try_clone()?), plain(&socket)?, socket, true),
            Some((identity, peer)) => {
                let config = identity.client(peer).map_err(refused)?;
                let der = peer.der().map_err(refused)?;
                let (reader, writer) = tls::connect(socket.try_clone()?, config, &der)?;
                self.prove(Box::new(reader), Box::new(writer), socket, true)
            }
        }
    }

    /// Lets the other side of a fresh connection prove itself.
    pub(crate) fn accept(&self, socket: TcpStream) -> io::Result<Ready> {
        socket::limit(&socket, self.wait)?;
        match self.secrets()? {
            None => self.prove(Box::new(socket.try_clone()?), plain(&socket)?, socket, false),
            Some((identity, peer)) => {
                let config = identity.server(peer).map_err(refused)?;
                let der = peer.der().map_err(refused)?;
                let (reader, writer) = tls::accept(socket.try_clone()?, config, &der)?;
                self.prove(Box::new(reader), Box::new(writer), socket, false)
            }
        }
    }

    fn secrets(&self) -> io::Result<Option<(&Identity, &Certificate)>> {
        match (self.identity.as_deref(), &self.peer.certificate) {
            (None, None) => Ok(None),
            (Some(identity), Some(peer)) => Ok(Some((identity, peer))),
            // Never fall back to plain text because one side forgot its key.
            _ => Err(refused("only one side asks for encryption")),
        }
    }

    fn prove(
        &self,
        mut reader: Box<dyn Read + Send>,
        mut writer: Box<dyn WriteParts>,
        socket: TcpStream,
        connected: bool,
    ) -> io::Result<Ready> {
        let own = random().map_err(refused)?;
        writer.write_parts(&[MAGIC, &own])?;
        let mut magic = [0; MAGIC.len()];
        let mut theirs = [0; 32];
        reader.read_exact(&mut magic)?;
        if &magic != MAGIC {
            return Err(refused("the other side is no ledama, or another version"));
        }
        reader.read_exact(&mut theirs)?;
        writer.write_parts(&[self.proof(connected, own, theirs).as_bytes()])?;
        let mut proof = [0; 32];
        reader.read_exact(&mut proof)?;
        // Comparing hashes of this type takes the same time wherever they differ.
        if self.proof(!connected, theirs, own) != blake3::Hash::from_bytes(proof) {
            return Err(refused("the other side does not know the token of this copy"));
        }
        let way = if self.identity.is_some() { Way::Tls } else { Way::Plain };
        Ok(Ready { reader, writer, socket, way })
    }

    /// What proves that a side knows the token: bound to its role and to both
    /// random numbers, so it cannot be replayed or reflected.
    fn proof(&self, connected: bool, own: [u8; 32], theirs: [u8; 32]) -> blake3::Hash {
        let mut hasher = blake3::Hasher::new_keyed(&self.peer.token.key());
        hasher.update(if connected { b"connected" } else { b"listened " });
        hasher.update(&own);
        hasher.update(&theirs);
        hasher.finalize()
    }
}

impl Ready {
    /// Chooses this connection: the other side uses it, too.
    pub(crate) fn choose(&mut self) -> io::Result<()> {
        self.writer.write_parts(&[&[BEGIN]])
    }

    /// Waits until the other side chooses this connection.
    pub(crate) fn chosen(&mut self) -> io::Result<()> {
        let mut byte = [0];
        self.reader.read_exact(&mut byte)?;
        if byte == [BEGIN] { Ok(()) } else { Err(refused("the other side speaks differently")) }
    }

    /// The connection as a channel of frames that `control` can close.
    pub(crate) fn link(self, control: &Control<'_>) -> io::Result<Link> {
        let Self { reader, writer, socket, way } = self;
        socket::prepare(&socket)?;
        control.on_stop(move || {
            // Wakes every thread that reads from or writes to it.
            let _ = socket.shutdown(Shutdown::Both);
        });
        Ok(Link::stream(reader, writer, way))
    }
}

fn plain(socket: &TcpStream) -> io::Result<Box<dyn WriteParts>> {
    Ok(Box::new(Plain(socket.try_clone()?)))
}

fn refused(why: impl std::fmt::Display) -> io::Error {
    io::Error::new(io::ErrorKind::PermissionDenied, why.to_string())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::buffer::Pool;
    use crate::link::identity::Token;
    use crate::link::socket::{Listener, Ports, join};
    use crate::testing::FakeContext;
    use crate::wire::{Frame, Tag};

    const WAIT: Duration = Duration::from_secs(20);

    fn end(identity: Option<Arc<Identity>>, peer: Credentials) -> End {
        End { identity, peer, wait: WAIT }
    }

    /// Two ends that know each other.
    fn sides(encryption: Encryption) -> (End, End) {
        let token = Token::random().unwrap();
        let (a, b) = (identity(encryption).unwrap(), identity(encryption).unwrap());
        let peer = |of: &Option<Arc<Identity>>| Credentials {
            token: token.clone(),
            certificate: of.as_ref().map(|key| key.certificate()),
        };
        let (peer_a, peer_b) = (peer(&b), peer(&a));
        (end(a, peer_a), end(b, peer_b))
    }

    /// Shakes hands over a real socket; both results.
    fn meet(connects: &End, listens: &End) -> (io::Result<Ready>, io::Result<Ready>) {
        let listener = Listener::open(Ports::ANY).unwrap();
        let address = join("127.0.0.1", listener.port());
        std::thread::scope(|scope| {
            let there = scope.spawn(move || connects.connect(&address));
            let socket = listener.accept(WAIT).unwrap().unwrap();
            let here = listens.accept(socket);
            (there.join().unwrap(), here)
        })
    }

    #[test]
    fn both_kinds_of_channel_carry_frames_both_ways() {
        for encryption in [Encryption::Tls, Encryption::None] {
            let (a, b) = sides(encryption);
            let (there, here) = meet(&a, &b);
            let ctx = FakeContext::new("a");
            let control = Control::new(&ctx);
            let pool = Pool::new();
            let (mut there, mut here) = (there.unwrap(), here.unwrap());
            there.choose().unwrap();
            here.chosen().unwrap();
            let mut there = there.link(&control).unwrap();
            let mut here = here.link(&control).unwrap();
            let expected = if encryption == Encryption::Tls { Way::Tls } else { Way::Plain };
            assert_eq!((there.way, here.way), (expected, expected));
            std::thread::scope(|scope| {
                for link in [&mut there, &mut here] {
                    let (pool, control) = (&pool, &control);
                    let Link { outlet, inlet, .. } = link;
                    scope.spawn(move || {
                        for fill in 0..40 {
                            let mut data = pool.take(crate::hash::PIECE);
                            data.fill(fill);
                            outlet.send(Frame { tag: Tag::Piece, head: vec![fill], data }).unwrap();
                        }
                    });
                    scope.spawn(move || {
                        for fill in 0..40 {
                            let frame = inlet.expect(pool, control).unwrap();
                            assert_eq!(frame.head, vec![fill]);
                            assert!(frame.data.iter().all(|&b| b == fill));
                        }
                    });
                }
            });
        }
    }

    #[test]
    fn a_wrong_certificate_is_refused_on_both_sides() {
        let (a, b) = sides(Encryption::Tls);
        let stranger = end(identity(Encryption::Tls).unwrap(), a.peer.clone());
        let (there, here) = meet(&stranger, &b);
        assert!(there.is_err() && here.is_err());
        let stranger = end(identity(Encryption::Tls).unwrap(), b.peer.clone());
        let (there, here) = meet(&a, &stranger);
        assert!(there.is_err() && here.is_err());
    }

    #[test]
    fn a_wrong_token_is_refused() {
        for encryption in [Encryption::Tls, Encryption::None] {
            let (mut a, b) = sides(encryption);
            a.peer.token = Token::random().unwrap();
            let (there, here) = meet(&a, &b);
            assert!(there.is_err() && here.is_err());
        }
    }

    #[test]
    fn nobody_is_talked_into_plain_text() {
        let (a, b) = sides(Encryption::Tls);
        let peer = Credentials { token: a.peer.token.clone(), certificate: None };
        let plain = end(None, peer);
        let (there, here) = meet(&plain, &b);
        assert!(there.is_err() && here.is_err());
        let half = end(None, a.peer.clone());
        let (there, here) = meet(&half, &b);
        assert!(there.is_err() && here.is_err());
    }

    #[test]
    fn a_reflected_proof_proves_nothing() {
        let (end, _) = sides(Encryption::None);
        assert_ne!(end.proof(true, [1; 32], [1; 32]), end.proof(false, [1; 32], [1; 32]));
    }
}
