//! The executable that is started as worker: which one, and how it is known.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use sha2::{Digest, Sha256};

/// Version of this program; a worker must have the same.
pub(super) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// An executable. Its digests are computed when first asked for, once.
#[derive(Debug)]
pub(super) struct Program {
    path: PathBuf,
    identity: OnceLock<Result<String, String>>,
    sha256: OnceLock<Result<String, String>>,
}

impl Program {
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path, identity: OnceLock::new(), sha256: OnceLock::new() }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Version and content in one word: the name of its folder on the nodes.
    pub(super) fn identity(&self) -> Result<&str, String> {
        self.once(&self.identity, |path| {
            let mut hasher = blake3::Hasher::new();
            hasher.update_mmap(path)?;
            let hash = hasher.finalize().to_hex();
            Ok(format!("{VERSION}-{}", &hash[..16]))
        })
    }

    /// SHA-256 in hexadecimal, which every node can check.
    pub(super) fn sha256(&self) -> Result<&str, String> {
        self.once(&self.sha256, |path| {
            let mut file = File::open(path)?;
            let mut hasher = Sha256::new();
            let mut buffer = vec![0; 1 << 20];
            loop {
                match file.read(&mut buffer)? {
                    0 => break,
                    count => hasher.update(&buffer[..count]),
                }
            }
            Ok(format!("{:x}", hasher.finalize()))
        })
    }

    fn once<'a>(
        &self,
        cell: &'a OnceLock<Result<String, String>>,
        compute: impl FnOnce(&Path) -> io::Result<String>,
    ) -> Result<&'a str, String> {
        cell.get_or_init(|| {
            compute(&self.path).map_err(|e| format!("cannot read `{}`: {e}", self.path.display()))
        })
        .as_deref()
        .map_err(Clone::clone)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;

    #[test]
    fn the_identity_is_version_and_content() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("program");
        std::fs::write(&path, "abc").unwrap();
        let program = Program::new(path.clone());
        // BLAKE3 and SHA-256 of "abc", as their specifications give them.
        assert_eq!(program.identity().unwrap(), format!("{VERSION}-6437b3ac38465133"));
        assert_eq!(
            program.sha256().unwrap(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        std::fs::write(&path, "abd").unwrap();
        assert!(program.identity().unwrap().ends_with("6437b3ac38465133"), "computed once");
        assert_ne!(Program::new(path).identity().unwrap(), program.identity().unwrap());
    }

    #[test]
    fn a_missing_executable_is_told() {
        let program = Program::new("/nowhere/ledama".into());
        assert!(program.identity().unwrap_err().contains("`/nowhere/ledama`"));
    }
}
