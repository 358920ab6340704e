//! Private keys in files: which public key belongs to them, and whether they
//! can be used without a passphrase.

use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Default keys in `~/.ssh`, in the order in which they are tried.
pub(super) const DEFAULTS: [&str; 3] = ["id_ed25519", "id_ecdsa", "id_rsa"];

/// What can be told about a key file without its passphrase.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct KeyFile {
    pub(super) path: PathBuf,
    /// Its public key as it goes over the wire, if it is known.
    pub(super) public: Option<Vec<u8>>,
    /// Whether the file itself can be used.
    pub(super) usable: Usable,
}

/// Whether a key file can be used as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Usable {
    /// It can.
    Yes,
    /// It needs a passphrase.
    Locked,
    /// It holds the public key only; the private one is with an agent.
    PublicOnly,
}

impl KeyFile {
    /// Reads a key file. The error says what is wrong with it.
    pub(super) fn read(path: &Path) -> Result<Self, String> {
        let content = std::fs::read(path).map_err(|e| e.to_string())?;
        let text = String::from_utf8_lossy(&content);
        let beside = || {
            let mut public = path.as_os_str().to_os_string();
            public.push(".pub");
            std::fs::read_to_string(public).ok().and_then(|text| public_line(&text))
        };
        let (public, usable) = if let Some(public) = public_line(&text) {
            (Some(public), Usable::PublicOnly)
        } else if text.contains("-----BEGIN OPENSSH PRIVATE KEY-----") {
            let (public, locked) = openssh(&text).ok_or("it is damaged")?;
            (Some(public), if locked { Usable::Locked } else { Usable::Yes })
        } else if text.contains("-----BEGIN ENCRYPTED PRIVATE KEY-----")
            || text.contains("Proc-Type: 4,ENCRYPTED")
        {
            (beside(), Usable::Locked)
        } else if text.contains("PRIVATE KEY-----") {
            (beside(), Usable::Yes)
        } else {
            return Err("it is no private key".to_string());
        };
        Ok(Self { path: path.to_path_buf(), public, usable })
    }
}

/// A line such as `ssh-ed25519 AAAA… comment`.
fn public_line(text: &str) -> Option<Vec<u8>> {
    let mut words = text.split_ascii_whitespace();
    let kind = words.next()?;
    let key = STANDARD.decode(words.next()?).ok()?;
    (super::known_hosts::key_type(&key).as_deref() == Some(kind)).then_some(key)
}

/// Public key and whether there is a passphrase, from OpenSSH's own format
/// (PROTOCOL.key in its sources): cipher, KDF, KDF options, count, public key.
fn openssh(text: &str) -> Option<(Vec<u8>, bool)> {
    let body: String = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.contains('-'))
        .collect();
    let bytes = STANDARD.decode(body).ok()?;
    let mut rest = bytes.strip_prefix(b"openssh-key-v1\0")?;
    let cipher = string(&mut rest)?;
    let _kdf = string(&mut rest)?;
    let _options = string(&mut rest)?;
    rest = rest.get(4..)?;
    let public = string(&mut rest)?;
    Some((public.to_vec(), cipher != b"none"))
}

fn string<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = u32::from_be_bytes(rest.get(..4)?.try_into().ok()?) as usize;
    let found = rest.get(4..)?.get(..length)?;
    *rest = &rest[4 + length..];
    Some(found)
}

/// `~/…` in the home folder; other paths as they are.
pub(super) fn expand_home(path: &Path, home: Option<&Path>) -> PathBuf {
    match (path.strip_prefix("~"), home) {
        (Ok(rest), Some(home)) => home.join(rest),
        _ => path.to_path_buf(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use std::process::Command;

    use super::*;

    /// A key made by `ssh-keygen`, none where that is not installed.
    fn generate(folder: &Path, name: &str, arguments: &[&str]) -> Option<PathBuf> {
        let path = folder.join(name);
        let status =
            Command::new("ssh-keygen").arg("-q").args(arguments).arg("-f").arg(&path).status();
        let Ok(status) = status else {
            eprintln!("skipped: no ssh-keygen");
            return None;
        };
        assert!(status.success());
        Some(path)
    }

    #[test]
    fn keys_of_all_kinds_are_understood() {
        let folder = tempfile::tempdir().unwrap();
        let cases: [(&str, &[&str], Usable); 6] = [
            ("ed", &["-t", "ed25519", "-N", ""], Usable::Yes),
            ("ec", &["-t", "ecdsa", "-N", ""], Usable::Yes),
            ("rsa", &["-t", "rsa", "-b", "2048", "-N", ""], Usable::Yes),
            ("locked", &["-t", "ed25519", "-N", "secret"], Usable::Locked),
            ("pem", &["-t", "rsa", "-b", "2048", "-m", "PEM", "-N", ""], Usable::Yes),
            (
                "pem-locked",
                &["-t", "rsa", "-b", "2048", "-m", "PEM", "-N", "secret"],
                Usable::Locked,
            ),
        ];
        for (name, arguments, usable) in cases {
            let Some(path) = generate(folder.path(), name, arguments) else { return };
            let key = KeyFile::read(&path).unwrap();
            assert_eq!(key.usable, usable, "{name}");
            let public = path.with_extension("pub");
            let public = KeyFile::read(&public).unwrap();
            assert_eq!(public.usable, Usable::PublicOnly);
            assert_eq!(key.public, public.public, "{name}");
            assert!(key.public.is_some());
        }
    }

    #[test]
    fn what_is_no_key_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        assert!(KeyFile::read(&path).unwrap_err().contains("No such file"));
        for (content, error) in [
            ("hello", "no private key"),
            (
                "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----",
                "damaged",
            ),
        ] {
            std::fs::write(&path, content).unwrap();
            assert!(KeyFile::read(&path).unwrap_err().contains(error));
        }
    }

    #[test]
    fn the_home_folder_is_filled_in() {
        let home = Some(Path::new("/home/a"));
        assert_eq!(expand_home(Path::new("~/.ssh/k"), home), Path::new("/home/a/.ssh/k"));
        assert_eq!(expand_home(Path::new("/k"), home), Path::new("/k"));
        assert_eq!(expand_home(Path::new("~/k"), None), Path::new("~/k"));
    }
}
