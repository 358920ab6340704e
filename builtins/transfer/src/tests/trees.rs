//! What a copy keeps.

use super::*;
use crate::link::Way;
use crate::receive::{CopyState, Verify};
use proptest::prelude::*;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::FileExt;

/// Copies over every way and compares.
fn copies_are_equal(make: impl Fn(&Path)) -> Vec<CopyOutput> {
    let ways = [
        ("a", Encryption::Tls, Way::Tls),
        ("a", Encryption::None, Way::Plain),
        ("b", Encryption::Tls, Way::Local),
    ];
    let outputs = ways.map(|(node, encryption, way)| {
        let field = Field::new();
        make(&field.source());
        let before = portrait(&field.source());
        let mut input = field.input();
        input.source_node = node.into();
        input.network.encryption = encryption;
        let output = field.copy(&input).unwrap();
        assert_eq!(portrait(&field.target()), before);
        assert_eq!(portrait(&field.source()), before);
        assert_eq!(field.beside(), ["set.MS"]);
        assert_eq!(output.state, CopyState::Copied);
        assert!(output.channel == way || output.channel == Way::Reflink, "{output:?}");
        output
    });
    let [first, rest @ ..] = &outputs;
    for other in rest {
        assert_eq!(
            (first.bytes, first.files, &first.digest),
            (other.bytes, other.files, &other.digest)
        );
    }
    outputs.into()
}

#[test]
fn a_set_arrives_as_it_was() {
    let outputs = copies_are_equal(make_set);
    assert_eq!(outputs[0].files, 43);
    let small: u64 = (0..40).map(|n| n * 97).sum();
    assert_eq!(outputs[0].bytes, small + (4 << 20) + 77 + 700_001);
    assert_eq!(outputs[0].sent_bytes, outputs[0].bytes);
    assert_eq!(outputs[0].digest.as_ref().unwrap().len(), 64);
}

#[test]
fn odd_names_links_and_modes_are_kept() {
    copies_are_equal(|root| {
        fs::create_dir(root).unwrap();
        let names: [&[u8]; 9] = [
            b"with blank",
            b"-rf",
            b"new\nline",
            b"\xff\xfe not utf-8",
            b"'quotes\"; $(rm)`",
            b"\xee\xbe\x80 private use",
            b"*",
            &[b'n'; 255],
            b".hidden",
        ];
        for (n, name) in names.iter().enumerate() {
            let path = root.join(std::ffi::OsStr::from_bytes(name));
            fs::write(&path, noise(n, 0)).unwrap();
        }
        let link = |to: &str, name: &str| {
            std::os::unix::fs::symlink(to, root.join(name)).unwrap();
        };
        link("../../nowhere at all", "broken");
        link("/etc/passwd", "absolute");
        link("*", "relative");
        link(".", "loop");
        let deep = root.join("d/".repeat(100));
        fs::create_dir_all(&deep).unwrap();
        fs::write(deep.join("bottom"), "x").unwrap();
        let shut = if rustix::process::geteuid().is_root() { 0 } else { 0o400 };
        dress(&root.join("-rf"), shut, 7);
        dress(&root.join("*"), 0o444, 8);
        dress(&root.join("d"), 0o1777, 9);
    });
}

#[test]
fn hard_links_stay_links() {
    copies_are_equal(|root| {
        fs::create_dir_all(root.join("z/a")).unwrap();
        fs::write(root.join("z/one"), noise(2 << 20, 1)).unwrap();
        fs::hard_link(root.join("z/one"), root.join("z/a/two")).unwrap();
        fs::hard_link(root.join("z/one"), root.join("three")).unwrap();
        fs::write(root.join("small"), "x").unwrap();
        fs::hard_link(root.join("small"), root.join("z/small")).unwrap();
    });
}

#[test]
fn holes_stay_holes() {
    let make = |root: &Path| {
        fs::create_dir(root).unwrap();
        let sparse = |name: &str, size: u64, data: &[(u64, usize)]| {
            let file = fs::File::create(root.join(name)).unwrap();
            file.set_len(size).unwrap();
            for &(at, len) in data {
                file.write_all_at(&noise(len, at), at).unwrap();
            }
        };
        sparse("all", 9 << 20, &[]);
        sparse("end", 5 << 20, &[((5 << 20) - 10, 10)]);
        sparse("middle", (7 << 20) + 5, &[(1 << 20, 1 << 20), ((3 << 20) + 8192, 4096)]);
        sparse("small", 100_000, &[(50_000, 1)]);
        sparse("begin", 2 << 20, &[(0, 1)]);
    };
    copies_are_equal(make);
    let field = Field::new();
    make(&field.source());
    let output = field.copy(&field.input()).unwrap();
    assert!(output.sent_bytes < 2 << 20, "{output:?}");
    for name in ["all", "middle", "end"] {
        let blocks = |root: PathBuf| fs::metadata(root.join(name)).unwrap().blocks();
        assert_eq!(blocks(field.target()), blocks(field.source()), "{name}");
    }
}

#[test]
fn a_single_file_is_a_set_too() {
    for len in [0, 5, 300_000, (3 << 20) + 1] {
        let outputs = copies_are_equal(|path| {
            fs::write(path, noise(len, 4)).unwrap();
            dress(path, 0o440, 1_234);
        });
        assert_eq!((outputs[0].files, outputs[0].bytes), (1, len as u64));
    }
}

#[test]
fn an_empty_folder_is_a_set_too() {
    let outputs = copies_are_equal(|path| fs::create_dir(path).unwrap());
    assert_eq!((outputs[0].files, outputs[0].bytes), (0, 0));
}

#[test]
fn a_link_that_names_the_set_is_followed() {
    let field = Field::new();
    let real = field.place.path().join("from/real");
    make_set(&real);
    std::os::unix::fs::symlink("real", field.source()).unwrap();
    field.copy(&field.input()).unwrap();
    assert_eq!(portrait(&field.target()), portrait(&real));
}

#[test]
fn folders_above_the_target_are_made() {
    let field = Field::new();
    make_set(&field.source());
    let mut input = field.input();
    input.target = path_text(&field.target().join("L1_001/new.MS"));
    input.fsync = true;
    field.copy(&input).unwrap();
    let made = field.target().join("L1_001/new.MS");
    assert_eq!(portrait(&made), portrait(&field.source()));
}

#[test]
fn flushing_and_reading_back_change_nothing() {
    let field = Field::new();
    make_set(&field.source());
    for n in 0..80 {
        fs::write(field.source().join(format!("many{n}")), "x").unwrap();
    }
    for (name, verify) in [("one", Verify::Stream), ("two", Verify::Reread)] {
        let mut input = field.input();
        input.target = path_text(&field.target().with_file_name(name));
        (input.fsync, input.verify) = (true, verify);
        field.copy(&input).unwrap();
        let copy = field.target().with_file_name(name);
        assert_eq!(portrait(&copy), portrait(&field.source()));
    }
}

#[test]
fn the_digest_is_the_documented_one() {
    let field = Field::new();
    fs::create_dir(field.source()).unwrap();
    fs::write(field.source().join("x"), "abc").unwrap();
    dress(&field.source().join("x"), 0o644, 1);
    dress(&field.source(), 0o755, 1);
    let output = field.copy(&field.input()).unwrap();
    let mut records = Vec::new();
    let mut record = |path: &[u8], kind: u8, mode: u32, size: u64, hash: [u8; 32]| {
        records.extend_from_slice(&u32::try_from(path.len()).unwrap().to_le_bytes());
        records.extend_from_slice(path);
        records.push(kind);
        records.extend_from_slice(&mode.to_le_bytes());
        records.extend_from_slice(&size.to_le_bytes());
        records.extend_from_slice(&hash);
    };
    record(b"", b'd', 0o755, 0, [0; 32]);
    record(b"x", b'f', 0o644, 3, *blake3::hash(b"abc").as_bytes());
    assert_eq!(output.digest.unwrap(), blake3::hash(&records).to_hex().to_string());
}

/// A random small tree as a list of steps that make it.
#[derive(Debug, Clone)]
enum Step {
    Folder(u8, u32),
    File(u8, usize, u32),
    Sparse(u8, u64),
    Link(u8, Vec<u8>),
    HardLink(u8),
    Down,
    Up,
}

fn step() -> impl Strategy<Value = Step> {
    let mode = 0o000u32..0o1000;
    prop_oneof![
        (any::<u8>(), mode.clone()).prop_map(|(n, m)| Step::Folder(n, m)),
        (any::<u8>(), prop_oneof![0usize..3000, 200_000usize..1_300_000], mode)
            .prop_map(|(n, l, m)| Step::File(n, l, m)),
        (any::<u8>(), 0u64..3_000_000).prop_map(|(n, l)| Step::Sparse(n, l)),
        (any::<u8>(), proptest::collection::vec(1u8..=255, 1..30))
            .prop_map(|(n, t)| Step::Link(n, t)),
        any::<u8>().prop_map(Step::HardLink),
        Just(Step::Down),
        Just(Step::Up),
    ]
}

fn build(root: &Path, steps: &[Step]) {
    fs::create_dir(root).unwrap();
    let mut at = root.to_path_buf();
    let mut last_folder = None;
    let mut last_file: Option<PathBuf> = None;
    let mut modes = Vec::new();
    let name = |n: u8| OsString::from_vec(vec![b'n', n.max(1) | 0x80, n.max(1)]);
    let fits = |n: u8| n != b'/';
    for (count, step) in (0..).zip(steps) {
        let path = |n: u8| at.join(name(n));
        match step {
            Step::Folder(n, mode) if fits(*n) && fs::create_dir(path(*n)).is_ok() => {
                modes.push((path(*n), *mode, count));
                last_folder = Some(path(*n));
            }
            Step::File(n, len, mode) if fits(*n) && path(*n).symlink_metadata().is_err() => {
                fs::write(path(*n), noise(*len, 0)).unwrap();
                modes.push((path(*n), *mode, count));
                last_file = Some(path(*n));
            }
            Step::Sparse(n, len) if fits(*n) && path(*n).symlink_metadata().is_err() => {
                let file = fs::File::create(path(*n)).unwrap();
                file.set_len(*len).unwrap();
                file.write_all_at(b"data", len / 2).unwrap();
            }
            Step::Link(n, to) if fits(*n) => {
                let to = std::ffi::OsStr::from_bytes(to);
                let _ = std::os::unix::fs::symlink(to, path(*n));
            }
            Step::HardLink(n) if fits(*n) => {
                if let Some(file) = &last_file {
                    let _ = fs::hard_link(file, path(*n));
                }
            }
            Step::Down => at = last_folder.clone().unwrap_or(at),
            Step::Up if at != root => at = at.parent().unwrap().to_path_buf(),
            _ => {}
        }
    }
    // Only root can copy what its owner cannot read.
    let readable = if rustix::process::geteuid().is_root() { 0 } else { 0o700 };
    for (path, mode, count) in modes.into_iter().rev() {
        dress(&path, mode | readable, count);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn any_tree_arrives_as_it_was(steps in proptest::collection::vec(step(), 0..25)) {
        let field = Field::new();
        build(&field.source(), &steps);
        let before = portrait(&field.source());
        field.copy(&field.input()).unwrap();
        prop_assert_eq!(portrait(&field.target()), before);
    }
}
