#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};

use ledama_base::operation::{ErrorKind, Operation, OperationContext, OperationError, Progress};
use ledama_base::rawtext::path_text;
use proptest::prelude::*;
use serde_json::Value;

use super::operation::{List, ListInput, ListOutput};
use super::{Entry, Names, Root, Source, file_list, root_list};

/// A task that is cancelled after so many looks.
struct Context(AtomicU32);

impl OperationContext for Context {
    fn node(&self) -> &'static str {
        "here"
    }
    fn run_id(&self) -> &'static str {
        "test"
    }
    fn cancelled(&self) -> bool {
        self.0.fetch_sub(1, Ordering::SeqCst) == 0
    }
    fn progress(&self, _: Progress) {}
    fn item(&self, _: Value) {}
    fn log(&self, _: &str) {}
    fn call(&self, _: &str, operation: &str, _: Value) -> Result<Value, OperationError> {
        Err(OperationError::new(ErrorKind::Internal, operation))
    }
}

fn names() -> Names {
    Names { root: "root.txt".into(), files: "filelist.txt".into() }
}

fn list(source: Source, folder: Option<&str>) -> Result<ListOutput, OperationError> {
    let folder = folder.map(ToString::to_string);
    List.run(ListInput { source, names: names(), folder }, &Context(AtomicU32::new(u32::MAX)))
}

fn entry(path: &str, size_mb: u64) -> Entry {
    Entry { path: path.into(), size_mb }
}

#[test]
fn the_root_list_is_read() {
    let text =
        b"./L80897\r\n./L80897_001\nnoise\n./lost+found\n./.hidden\nAvailable space: 120.5T\n";
    let root = root_list(text, "root.txt").unwrap();
    let free_bytes = Some(120 * (1 << 40) + (1 << 39));
    assert_eq!(root, Root { folders: vec!["L80897".into(), "L80897_001".into()], free_bytes });
    assert_eq!(root_list(b"", "root.txt").unwrap(), Root::default());
}

#[test]
fn free_space_comes_in_many_units() {
    for (text, bytes) in [
        ("0", 0),
        ("512", 512),
        ("1.5K", 1536),
        ("2 MB", 2 << 20),
        ("3g", 3 << 30),
        ("1TiB", 1 << 40),
        ("1PB", 1 << 50),
    ] {
        let line = format!("Available space: {text}");
        assert_eq!(root_list(line.as_bytes(), "r").unwrap().free_bytes, Some(bytes), "{text}");
    }
    for text in ["", "much", "1.2.3T", "-5G", "12X", "9999999P"] {
        let line = format!("\nAvailable space: {text}");
        let error = root_list(line.as_bytes(), "r").unwrap_err().to_string();
        assert!(error.starts_with("line 2 of the list r: "), "{text}: {error}");
    }
}

#[test]
fn a_file_list_is_read_without_itself() {
    let text = b"102400 L80897_SAP000_SB000_uv.MS\n0\t  ./sub/with  blank.MS\n\n10 filelist.txt\r\n7 x\xffy\n";
    assert_eq!(
        file_list(text, "L80897", "filelist.txt").unwrap(),
        [
            entry("L80897/L80897_SAP000_SB000_uv.MS", 102_400),
            entry("L80897/sub/with  blank.MS", 0),
            entry(
                &format!(
                    "L80897/{}",
                    ledama_base::rawtext::encode(std::os::unix::ffi::OsStrExt::from_bytes(
                        b"x\xffy"
                    ))
                ),
                7
            ),
        ]
    );
    assert_eq!(file_list(b"", "L80897", "filelist.txt").unwrap(), []);
}

#[test]
fn a_bad_line_refuses_the_whole_list() {
    for bad in [
        "102400",
        "x L80897_SAP000_SB000_uv.MS",
        "-1 a.MS",
        "1.5 a.MS",
        "12 /etc/passwd",
        "12 ../L1/a.MS",
        "12 a/../../b",
        "12 a//b",
        "12 a/./b",
        "12 .",
    ] {
        let text = format!("1 first.MS\n{bad}\n");
        let error = file_list(text.as_bytes(), "L80897", "filelist.txt").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Input);
        let text = error.to_string();
        assert!(text.starts_with("line 2 of the list L80897/filelist.txt: "), "{bad}: {text}");
    }
}

proptest! {
    #[test]
    fn no_list_makes_a_path_outside_its_folder(text in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = root_list(&text, "r");
        if let Ok(entries) = file_list(&text, "L1", "f") {
            for entry in entries {
                prop_assert!(entry.path.starts_with("L1/"));
                prop_assert!(entry.path.split('/').all(|part| !matches!(part, "" | "." | "..")));
            }
        }
    }
}

#[test]
fn a_folder_of_copies_serves_lists() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("L1")).unwrap();
    fs::write(folder.path().join("root.txt"), "./L1\n").unwrap();
    fs::write(folder.path().join("L1/filelist.txt"), "5 a.MS\n").unwrap();
    let source = Source::Folder { path: path_text(folder.path()) };
    assert_eq!(list(source.clone(), None).unwrap().folders, ["L1"]);
    let found = list(source.clone(), Some("L1")).unwrap();
    assert_eq!(found.entries, [entry("L1/a.MS", 5)]);
    assert!(found.made.unwrap().ends_with('Z') && found.age_s.is_some());
    let missing = list(source.clone(), Some("L2")).unwrap_err();
    assert_eq!(missing.kind, ErrorKind::NotFound);
    assert!(missing.message.contains("L2/filelist.txt"), "{missing}");
    for hostile in ["..", "a/b", "", "-rf", ".", "L1 x", "a\nb"] {
        assert_eq!(list(source.clone(), Some(hostile)).unwrap_err().kind, ErrorKind::Input);
    }
}

/// A stand-in for the FDT client: a script with this body, called as FDT is.
fn stub(folder: &Path, body: &str) -> Source {
    let file = folder.join("fdt");
    fs::write(&file, format!("#!/bin/sh\n{body}\n")).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
    Source::Fdt { program: vec![path_text(&file)], host: "archive.example.org".into(), port: 20001 }
}

// FDT servers cannot be had here.
#[test]
fn a_stub_of_fdt_is_called_as_fdt_is() {
    let folder = tempfile::tempdir().unwrap();
    let words = folder.path().join("words");
    let body = format!(
        r#"printf '%s\n' "$@" > '{}'
while [ "$1" != -d ]; do shift; done
echo '5 a.MS' > "$2/filelist.txt""#,
        words.display()
    );
    let found = list(stub(folder.path(), &body), Some("L1")).unwrap();
    assert_eq!(found.entries, [entry("L1/a.MS", 5)]);
    let words = fs::read_to_string(words).unwrap();
    let words: Vec<&str> = words.lines().collect();
    assert_eq!(
        words[..9],
        ["-p", "20001", "-noupdates", "-silent", "-c", "archive.example.org", "-pull", "-r", "-d"]
    );
    assert_eq!(words[10..], ["L1/filelist.txt"]);
    assert!(!Path::new(words[9]).exists(), "the temporary folder is gone");
}

#[test]
fn a_stub_of_fdt_that_fails_is_told_with_its_last_words() {
    let folder = tempfile::tempdir().unwrap();
    let source = stub(folder.path(), "echo starting; echo connection refused >&2; exit 1");
    let error = list(source, None).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Status);
    assert!(error.message.contains("root.txt"), "{error}");
    assert!(error.message.contains("connection refused"), "{error}");
    // It says that all is well, and brings nothing.
    let error = list(stub(folder.path(), "exit 0"), None).unwrap_err();
    assert_eq!(error.kind, ErrorKind::NotFound);
    let absent = Source::Fdt { program: vec!["/nowhere/fdt".into()], host: "h".into(), port: 1 };
    assert_eq!(list(absent, None).unwrap_err().kind, ErrorKind::NotFound);
}

#[test]
fn a_stub_of_fdt_that_hangs_ends_with_the_task() {
    let folder = tempfile::tempdir().unwrap();
    let source = stub(folder.path(), "sleep 1000");
    let input = ListInput { source, names: names(), folder: None };
    let error = List.run(input, &Context(AtomicU32::new(2))).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Cancelled);
}
