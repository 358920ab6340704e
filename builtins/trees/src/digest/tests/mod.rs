//! Sets with every kind of member, judged by the programs of the system; files
//! of digests that are written, cut off, read and compared.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod files;
mod sets;

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use ledama_base::operation::{ErrorKind, Keep, Operation, OperationError};
use ledama_base::rawtext;
use serde_json::Value;

use super::*;
use crate::testing::{Alone, set_mode};

/// A folder with one set in it.
struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        let place = Self(tempfile::tempdir().unwrap());
        fs::create_dir(place.set()).unwrap();
        place
    }

    /// With names in an order that is not that of any walk: `a.x` comes before
    /// what is in `a`, which comes before `ab`.
    fn filled() -> Self {
        let place = Self::new();
        for (name, content) in [
            (&b"ab"[..], &b"1"[..]),
            (b"a/z", b"22"),
            (b"a/empty", b""),
            (b"a.x", b"333"),
            (b"Z", b"4"),
            (b"back\\slash", b"5"),
            (b"new\nline\r", b"6"),
            (b"latin\xe9", b"7"),
            (b" blank ", b"8"),
            ("\u{ef80}\u{3b1}".as_bytes(), b"9"),
        ] {
            place.write(name, content);
        }
        fs::create_dir(place.set().join("nothing in it")).unwrap();
        place
    }

    fn set(&self) -> PathBuf {
        self.0.path().join("L1_SB000.MS")
    }

    fn output(&self) -> PathBuf {
        self.0.path().join("out.md5")
    }

    fn write(&self, name: &[u8], content: &[u8]) {
        let path = self.set().join(OsStr::from_bytes(name));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
}

fn input(path: &Path) -> DigestInput {
    let path = rawtext::path_text(path);
    DigestInput { path, algorithm: Algorithm::Md5, threads: None, throttle_mib_s: None }
}

type Answer = Result<(DigestOutput, Vec<Value>), OperationError>;

fn run(input: DigestInput) -> Answer {
    let ctx = Alone::default();
    Ok((Digest.run(input, &ctx)?, ctx.items()))
}

/// The lines in the bytes that programs print.
fn lines(items: &[Value]) -> Vec<u8> {
    items
        .iter()
        .flat_map(|item| rawtext::decode(item.as_str().unwrap()).into_encoded_bytes())
        .collect()
}

/// What a shell prints in a folder, in the bytes it prints.
fn shell(folder: &Path, script: &str) -> Vec<u8> {
    let done = Command::new("bash").args(["-c", script]).current_dir(folder).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    done.stdout
}
