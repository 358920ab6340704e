//! The digests that are offered, behind one face.

use std::fmt::Write as _;
use std::str::FromStr;

use ledama_base::operation::{ErrorKind, OperationError};
use ledama_base::suggest;
use serde::{Deserialize, Serialize};
use sha2::Digest as _;

use super::md5::Md5;

/// How contents are told apart.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Algorithm {
    /// 128 bits, as `md5sum` makes. Finds accidents, but not forgeries.
    #[default]
    Md5,
    /// 256 bits, as `sha256sum` makes.
    Sha256,
    /// 256 bits, as `b3sum` makes; the fastest, and one large file can be read by several threads.
    Blake3,
}

impl Algorithm {
    const ALL: [Self; 3] = [Self::Md5, Self::Sha256, Self::Blake3];

    /// Its name in options and files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Md5 => "md5",
            Self::Sha256 => "sha256",
            Self::Blake3 => "blake3",
        }
    }

    /// Hexadecimal digits of a digest.
    pub fn digits(self) -> usize {
        match self {
            Self::Md5 => 32,
            Self::Sha256 | Self::Blake3 => 64,
        }
    }
}

impl FromStr for Algorithm {
    type Err = OperationError;

    fn from_str(name: &str) -> Result<Self, OperationError> {
        Self::ALL.into_iter().find(|algorithm| algorithm.name() == name).ok_or_else(|| {
            let names = Self::ALL.map(Self::name);
            let help = suggest::did_you_mean(name, names)
                .unwrap_or_else(|| format!("the algorithms are {}", names.join(", ")));
            OperationError::new(ErrorKind::Input, format!("`{name}` is no algorithm of digests"))
                .help(help)
        })
    }
}

/// A digest that is being made.
pub(super) enum Sum {
    Md5(Md5),
    Sha256(sha2::Sha256),
    Blake3(Box<blake3::Hasher>),
}

impl Sum {
    pub(super) fn new(algorithm: Algorithm) -> Self {
        match algorithm {
            Algorithm::Md5 => Self::Md5(Md5::new()),
            Algorithm::Sha256 => Self::Sha256(sha2::Sha256::new()),
            Algorithm::Blake3 => Self::Blake3(Box::default()),
        }
    }

    /// The digest of bytes that are at hand.
    pub(super) fn of(algorithm: Algorithm, bytes: &[u8]) -> String {
        let mut sum = Self::new(algorithm);
        sum.update(bytes);
        sum.finish()
    }

    pub(super) fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Md5(sum) => sum.update(bytes),
            Self::Sha256(sum) => sum.update(bytes),
            Self::Blake3(sum) => {
                sum.update(bytes);
            }
        }
    }

    /// In hexadecimal digits.
    pub(super) fn finish(self) -> String {
        match self {
            Self::Md5(sum) => hex(&sum.finish()),
            Self::Sha256(sum) => hex(&sum.finalize()),
            Self::Blake3(sum) => sum.finalize().to_hex().to_string(),
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        // Writing to a text cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// The examples of the descriptions of the three.
    #[test]
    fn known_texts_have_their_known_digests() {
        let known = [
            (Algorithm::Md5, "", "d41d8cd98f00b204e9800998ecf8427e"),
            (Algorithm::Md5, "message digest", "f96b697d7cb7938d525a2f31aaf161d0"),
            (
                Algorithm::Md5,
                "12345678901234567890123456789012345678901234567890123456789012345678901234567890",
                "57edf4a22be3c955ac49da2e2107b67a",
            ),
            (
                Algorithm::Sha256,
                "abc",
                "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
            ),
            (
                Algorithm::Blake3,
                "",
                "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262",
            ),
        ];
        for (algorithm, text, digest) in known {
            assert_eq!(Sum::of(algorithm, text.as_bytes()), digest, "{algorithm:?} of {text}");
            assert_eq!(digest.len(), algorithm.digits());
        }
    }

    #[test]
    fn names_are_read_back() {
        for algorithm in Algorithm::ALL {
            assert_eq!(algorithm.name().parse::<Algorithm>().unwrap(), algorithm);
            assert_eq!(serde_json::to_value(algorithm).unwrap(), algorithm.name());
        }
        let error = "sha255".parse::<Algorithm>().unwrap_err();
        assert_eq!(error.help.as_deref(), Some("did you mean `sha256`?"));
    }
}
