//! Whole copies between nodes of this process: what arrives, what happens
//! when something goes wrong, and what a hostile other side can do.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod faults;
mod hostile;
mod resume;
mod targets;
mod touched;
mod trees;
mod ways;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ledama_base::operation::OperationError;
use ledama_base::rawtext::path_text;
use serde_json::json;

use crate::operations::{CopyInput, CopyOutput, Network};
use crate::testing::FakeCluster;
use ledama_config::model::{Channel, Encryption};

/// Two nodes and a folder for each.
struct Field {
    cluster: Arc<FakeCluster>,
    place: tempfile::TempDir,
}

impl Field {
    fn new() -> Self {
        let place = tempfile::tempdir().unwrap();
        fs::create_dir(place.path().join("from")).unwrap();
        fs::create_dir(place.path().join("to")).unwrap();
        Self { cluster: FakeCluster::new(&["a", "b"]), place }
    }

    fn source(&self) -> PathBuf {
        self.place.path().join("from/set.MS")
    }

    fn target(&self) -> PathBuf {
        self.place.path().join("to/set.MS")
    }

    /// A copy from node a to node b.
    fn input(&self) -> CopyInput {
        let network = Network {
            encryption: Encryption::Tls,
            channel: Channel::Direct,
            connect_timeout: 20,
            addresses: vec!["127.0.0.1".into()],
            source_addresses: vec!["127.0.0.1".into()],
            ..Network::default()
        };
        let input = CopyInput::new("a", &path_text(&self.source()), &path_text(&self.target()));
        CopyInput { network, fsync: false, ..input }
    }

    fn copy(&self, input: &CopyInput) -> Result<CopyOutput, OperationError> {
        let value = self.cluster.run("b", "transfer.copy", serde_json::to_value(input).unwrap())?;
        Ok(serde_json::from_value(value).unwrap())
    }

    /// What lies beside the target.
    fn beside(&self) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(self.place.path().join("to"))
            .unwrap()
            .map(|e| e.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    /// The one unfinished copy beside the target.
    fn part(&self) -> PathBuf {
        let name = self.beside().into_iter().find(|n| n.contains("-part-")).unwrap();
        self.place.path().join("to").join(name.trim_end_matches(".state"))
    }

    fn clean(&self) {
        let targets = [path_text(&self.target())];
        self.cluster.run("b", "transfer.clean", json!({ "targets": targets })).unwrap();
    }
}

/// All that a copy must keep of one member.
#[derive(Debug, PartialEq, Eq)]
struct Member {
    kind: char,
    mode: u32,
    mtime: (i64, i64),
    content: Vec<u8>,
    /// First name of the same file.
    first: OsString,
}

/// A tree as it can be compared.
fn portrait(root: &Path) -> BTreeMap<OsString, Member> {
    let mut members = BTreeMap::new();
    let mut first = BTreeMap::new();
    let mut waiting = vec![PathBuf::new()];
    while let Some(relative) = waiting.pop() {
        let path =
            if relative.as_os_str().is_empty() { root.to_path_buf() } else { root.join(&relative) };
        let facts = fs::symlink_metadata(&path).unwrap();
        let (kind, content) = if facts.is_dir() {
            let inner = fs::read_dir(&path).unwrap();
            waiting.extend(inner.map(|e| relative.join(e.unwrap().file_name())));
            ('d', Vec::new())
        } else if facts.is_symlink() {
            ('l', fs::read_link(&path).unwrap().into_os_string().into_vec())
        } else {
            ('f', blake3::hash(&fs::read(&path).unwrap()).as_bytes().to_vec())
        };
        let name = relative.clone().into_os_string();
        // Names are visited in no fixed order, so take the smallest.
        let known = first.entry(facts.ino()).or_insert_with(|| name.clone());
        if name < *known {
            known.clone_from(&name);
        }
        let member = Member {
            kind,
            mode: if kind == 'l' { 0 } else { facts.permissions().mode() & 0o7777 },
            mtime: (facts.mtime(), facts.mtime_nsec()),
            content,
            first: facts.ino().to_string().into(),
        };
        members.insert(name, member);
    }
    for member in members.values_mut() {
        let inode = member.first.to_str().unwrap().parse().unwrap();
        member.first.clone_from(&first[&inode]);
    }
    members
}

/// Bytes that look like nothing in particular.
fn noise(len: usize, seed: u64) -> Vec<u8> {
    let mut bytes = vec![0; len];
    blake3::Hasher::new().update(&seed.to_le_bytes()).finalize_xof().fill(&mut bytes);
    bytes
}

/// Sets a mode and an odd time.
fn dress(path: &Path, mode: u32, seconds: i64) {
    use crate::entry::Time;
    use crate::facts::timestamps;
    use rustix::fs::{AtFlags, CWD, utimensat};
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    let time = Time { seconds, nanos: 123_456_789 };
    utimensat(CWD, path, &timestamps(time), AtFlags::SYMLINK_NOFOLLOW).unwrap();
}

/// A set with small and large files in folders, about 5 MiB.
fn make_set(root: &Path) {
    fs::create_dir_all(root.join("SUB/empty")).unwrap();
    fs::create_dir_all(root.join("QUALITY")).unwrap();
    for n in 0..40u16 {
        let path = root.join(format!("SUB/f{n:02}"));
        fs::write(&path, noise(usize::from(n) * 97, n.into())).unwrap();
        dress(&path, 0o640 + u32::from(n % 4), 1_300_000_000 + i64::from(n));
    }
    fs::write(root.join("table.f0"), noise(3 << 20, 1)).unwrap();
    fs::write(root.join("table.f1"), noise((1 << 20) + 77, 2)).unwrap();
    fs::write(root.join("QUALITY/table.f2"), noise(700_001, 3)).unwrap();
    dress(&root.join("table.f0"), 0o600, -5);
    dress(&root.join("SUB"), 0o2750, 1_400_000_000);
    dress(&root.join("SUB/empty"), 0o500, 1_400_000_001);
    dress(root, 0o755, 1_400_000_002);
}
