//! One-time keys: made for one transfer, known to its two ends, then forgotten.
//!
//! The certificates and the token travel through the SSH connections of the
//! nodes, which vouch for them. Each side then trusts exactly the certificate
//! of the other, so there is no authority and nothing to configure.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ledama_base::operation::{ErrorKind, OperationError};
use rcgen::{CertificateParams, KeyPair, PKCS_ECDSA_P256_SHA256};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::server::WebPkiClientVerifier;
use rustls::{ClientConfig, RootCertStore, ServerConfig, version};
use serde::{Deserialize, Serialize};

/// The name in all certificates. Nobody looks it up.
const NAME: &str = "transfer.ledama";

/// A secret that both ends of one data channel know.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Token(String);

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token(…)")
    }
}

impl Token {
    /// A fresh one.
    pub(crate) fn random() -> Result<Self, OperationError> {
        Ok(Self(STANDARD.encode(random()?)))
    }

    /// The key for proofs. Any text gives one; only the right one fits.
    pub(crate) fn key(&self) -> [u8; 32] {
        *blake3::hash(self.0.as_bytes()).as_bytes()
    }

    /// A name for what the token belongs to that does not give it away.
    pub(crate) fn text(&self) -> &str {
        &self.0
    }
}

/// 32 bytes nobody can guess.
pub(crate) fn random() -> Result<[u8; 32], OperationError> {
    let mut bytes = [0; 32];
    ring::default_provider()
        .secure_random
        .fill(&mut bytes)
        .map_err(|_| internal("the system gives no random numbers"))?;
    Ok(bytes)
}

/// The certificate of one end, as it travels in the input or output of an operation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Certificate(String);

impl Certificate {
    /// The certificate itself.
    pub(crate) fn der(&self) -> Result<CertificateDer<'static>, OperationError> {
        STANDARD.decode(&self.0).map(CertificateDer::from).map_err(|_| {
            OperationError::new(ErrorKind::Input, "the certificate of the other side is unreadable")
        })
    }
}

/// Key and certificate of one end.
pub(crate) struct Identity {
    key: PrivateKeyDer<'static>,
    der: CertificateDer<'static>,
    pub(super) provider: Arc<CryptoProvider>,
}

impl Identity {
    /// A fresh one.
    pub(crate) fn generate() -> Result<Self, OperationError> {
        let failed = |e: rcgen::Error| internal(format!("cannot make a one-time key: {e}"));
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(failed)?;
        let params = CertificateParams::new(vec![NAME.to_string()]).map_err(failed)?;
        let certificate = params.self_signed(&key).map_err(failed)?;
        Ok(Self {
            key: PrivateKeyDer::Pkcs8(key.serialize_der().into()),
            der: certificate.der().clone(),
            provider: Arc::new(provider()),
        })
    }

    /// What the other end must know.
    pub(crate) fn certificate(&self) -> Certificate {
        Certificate(STANDARD.encode(&self.der))
    }

    /// TLS for the end that connects.
    pub(crate) fn client(&self, peer: &Certificate) -> Result<ClientConfig, OperationError> {
        let builder = ClientConfig::builder_with_provider(Arc::clone(&self.provider))
            .with_protocol_versions(&[&version::TLS13])
            .map_err(setup)?
            .with_root_certificates(only(peer)?);
        let mut config = builder
            .with_client_auth_cert(vec![self.der.clone()], self.key.clone_key())
            .map_err(setup)?;
        config.resumption = rustls::client::Resumption::disabled();
        Ok(config)
    }

    /// TLS for the end that listens.
    pub(crate) fn server(&self, peer: &Certificate) -> Result<ServerConfig, OperationError> {
        let verifier = WebPkiClientVerifier::builder_with_provider(
            only(peer)?.into(),
            Arc::clone(&self.provider),
        )
        .build()
        .map_err(|e| internal(format!("cannot set up TLS: {e}")))?;
        let mut config = ServerConfig::builder_with_provider(Arc::clone(&self.provider))
            .with_protocol_versions(&[&version::TLS13])
            .map_err(setup)?
            .with_client_cert_verifier(verifier)
            .with_single_cert(vec![self.der.clone()], self.key.clone_key())
            .map_err(setup)?;
        // A ticket would lie unread at the end of the transfer, and closing a
        // socket with unread bytes resets the connection under the last frames.
        config.send_tls13_tickets = 0;
        Ok(config)
    }
}

/// The name under which the other end is verified.
pub(crate) fn server_name() -> Result<ServerName<'static>, OperationError> {
    ServerName::try_from(NAME).map_err(|e| internal(format!("cannot set up TLS: {e}")))
}

/// A store of trust that holds one certificate.
fn only(peer: &Certificate) -> Result<RootCertStore, OperationError> {
    let mut roots = RootCertStore::empty();
    roots.add(peer.der()?).map_err(|e| {
        OperationError::new(
            ErrorKind::Input,
            format!("the certificate of the other side is of no use: {e}"),
        )
    })?;
    Ok(roots)
}

/// AES first where the processor has it, else ChaCha20.
fn provider() -> CryptoProvider {
    use ring::cipher_suite::{TLS13_AES_128_GCM_SHA256, TLS13_CHACHA20_POLY1305_SHA256};
    let mut provider = ring::default_provider();
    provider.cipher_suites = if has_aes() {
        vec![TLS13_AES_128_GCM_SHA256, TLS13_CHACHA20_POLY1305_SHA256]
    } else {
        vec![TLS13_CHACHA20_POLY1305_SHA256, TLS13_AES_128_GCM_SHA256]
    };
    provider
}

fn has_aes() -> bool {
    #[cfg(target_arch = "x86_64")]
    return std::arch::is_x86_feature_detected!("aes");
    #[cfg(target_arch = "aarch64")]
    return std::arch::is_aarch64_feature_detected!("aes");
    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
    return false;
}

fn setup(error: rustls::Error) -> OperationError {
    internal(format!("cannot set up TLS: {error}"))
}

fn internal(message: impl Into<String>) -> OperationError {
    OperationError::new(ErrorKind::Internal, message)
}
