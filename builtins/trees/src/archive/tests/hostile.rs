//! Archives that want to write elsewhere, or more than there is.

use ledama_base::operation::ErrorKind;

use super::*;

/// An archive of hand-made headers.
struct Forge(tar::Builder<fs::File>);

impl Forge {
    fn new(disk: &Disk) -> Self {
        let mut forge = Self(tar::Builder::new(fs::File::create(archive(disk)).unwrap()));
        forge.add(b'5', b"L80897_SB000.MS/", b"", b"");
        forge.add(b'0', b"L80897_SB000.MS/table.dat", b"", b"x");
        forge
    }

    fn add(&mut self, kind: u8, name: &[u8], link: &[u8], content: &[u8]) {
        let mut header = tar::Header::new_ustar();
        header.as_old_mut().name[..name.len()].copy_from_slice(name);
        header.as_old_mut().linkname[..link.len()].copy_from_slice(link);
        header.set_entry_type(tar::EntryType::new(kind));
        header.set_size(content.len() as u64);
        header.set_mode(0o755);
        header.set_mtime(1);
        header.set_uid(0);
        header.set_gid(0);
        header.set_cksum();
        self.0.append(&header, content).unwrap();
    }

    fn finish(self) {
        self.0.into_inner().unwrap();
    }
}

/// Everything outside of the set that an archive could spoil.
fn trap() -> Disk {
    let disk = Disk::in_memory();
    fs::remove_dir_all(disk.set()).unwrap();
    fs::write(disk.outside("precious"), "precious").unwrap();
    fs::write(disk.observation().join("L80897_SB001.MS"), "neighbour").unwrap();
    disk
}

#[track_caller]
fn refused(disk: &Disk, kind: ErrorKind, what: &str) {
    for delete in [false, true] {
        let error = unpack(UnpackInput { delete, ..unpack_input(disk) }).unwrap_err();
        assert_eq!(error.kind, kind, "{what}: {error}");
        assert_eq!(names(disk), ["L80897_SB000.MS.tar", "L80897_SB001.MS"], "{what}");
        assert_eq!(fs::read(disk.outside("precious")).unwrap(), b"precious");
        let around: Vec<_> = fs::read_dir(disk.outside(".")).unwrap().collect();
        assert_eq!(around.len(), 2, "{what}");
    }
}

#[test]
fn nothing_is_written_outside_of_the_set() {
    type Member<'a> = (u8, &'a [u8], &'a [u8]);
    let cases: &[(&str, &[Member<'_>])] = &[
        ("parent", &[(b'0', b"L80897_SB000.MS/../../../precious", b"")]),
        ("absolute", &[(b'0', b"/tmp/ledama-was-here", b"")]),
        ("another set", &[(b'0', b"L80897_SB001.MS/x", b"")]),
        ("beside", &[(b'0', b"precious", b"")]),
        (
            "through a link",
            &[
                (b'2', b"L80897_SB000.MS/a", b"../../.."),
                (b'0', b"L80897_SB000.MS/a/precious", b""),
            ],
        ),
        (
            "through an inner link",
            &[
                (b'5', b"L80897_SB000.MS/b/", b""),
                (b'2', b"L80897_SB000.MS/a", b"b"),
                (b'0', b"L80897_SB000.MS/a/x", b""),
            ],
        ),
        ("link out", &[(b'2', b"L80897_SB000.MS/a", b"/etc/passwd")]),
        ("link up", &[(b'2', b"L80897_SB000.MS/a", b"../x")]),
        (
            "link up by a link",
            &[(b'2', b"L80897_SB000.MS/a", b"b/c"), (b'2', b"L80897_SB000.MS/d", b"a/../..")],
        ),
        ("hard link out", &[(b'1', b"L80897_SB000.MS/a", b"/etc/passwd")]),
        ("hard link up", &[(b'1', b"L80897_SB000.MS/a", b"L80897_SB000.MS/../../../precious")]),
        ("hard link to a neighbour", &[(b'1', b"L80897_SB000.MS/a", b"L80897_SB001.MS")]),
        (
            "hard link to a link",
            &[
                (b'2', b"L80897_SB000.MS/a", b"b"),
                (b'1', b"L80897_SB000.MS/c", b"L80897_SB000.MS/a"),
            ],
        ),
        ("twice", &[(b'0', b"L80897_SB000.MS/table.dat", b"")]),
        ("a link in place of a folder", &[(b'2', b"L80897_SB000.MS", b"/etc")]),
        ("device", &[(b'3', b"L80897_SB000.MS/null", b"")]),
        ("block device", &[(b'4', b"L80897_SB000.MS/disk", b"")]),
        ("pipe", &[(b'6', b"L80897_SB000.MS/pipe", b"")]),
        ("multi-volume", &[(b'M', b"L80897_SB000.MS/rest", b"")]),
        ("unknown", &[(b'~', b"L80897_SB000.MS/x", b"")]),
    ];
    for (what, members) in cases {
        let disk = trap();
        let mut forge = Forge::new(&disk);
        for (kind, name, link) in *members {
            forge.add(*kind, name, link, b"");
        }
        forge.finish();
        refused(&disk, ErrorKind::Refused, what);
    }
    assert!(!Path::new("/tmp/ledama-was-here").exists());
}

#[test]
fn links_out_of_the_set_are_kept_when_that_is_asked_for() {
    let disk = Disk::in_memory();
    symlink("/etc/hostname", disk.set().join("out")).unwrap();
    symlink("../../up", disk.set().join("up")).unwrap();
    let before = seen(&disk.set());
    let output = pack(PackInput { delete: true, ..pack_input(&disk) }).unwrap();
    assert!(output.notes[0].contains("--outside-links"), "{:?}", output.notes);
    let error = unpack(UnpackInput { delete: true, ..unpack_input(&disk) }).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Refused);
    assert!(error.help.unwrap().contains("--outside-links"));
    unpack(UnpackInput { outside_links: true, ..unpack_input(&disk) }).unwrap();
    assert_same(&before, &seen(&disk.set()));
}

fn record(key: &str, value: &str) -> String {
    let mut text = Vec::new();
    super::super::pax::put(&mut text, key, value.as_bytes());
    String::from_utf8(text).unwrap()
}

#[test]
fn headers_for_all_members_are_refused() {
    for (record, kind) in [
        (record("comment", "from a tool"), None),
        (record("path", "/etc"), Some(ErrorKind::Refused)),
        (record("size", "1"), Some(ErrorKind::Refused)),
        ("nonsense".into(), Some(ErrorKind::Corrupt)),
    ] {
        let disk = trap();
        let mut forge = Forge::new(&disk);
        forge.add(b'g', b"pax_global_header", b"", record.as_bytes());
        forge.finish();
        match kind {
            Some(kind) => refused(&disk, kind, &record),
            None => assert!(unpack(unpack_input(&disk)).is_ok()),
        }
    }
}

#[test]
fn extended_headers_are_not_believed_blindly() {
    for (record, kind) in [
        (record("path", "/etc/xy"), ErrorKind::Refused),
        (record("path", "../precious"), ErrorKind::Refused),
        (record("linkpath", ""), ErrorKind::Corrupt),
        (record("size", "junk"), ErrorKind::Corrupt),
        (record("size", "18446744073709551615"), ErrorKind::Corrupt),
        (record("size", "9223372036854775000"), ErrorKind::Corrupt),
        (record("mtime", "soon"), ErrorKind::Corrupt),
        (record("GNU.sparse.major", "7"), ErrorKind::Corrupt),
        ("19 path=too short\n".into(), ErrorKind::Corrupt),
        (format!("999999 path=x\n{}", "x".repeat(100)), ErrorKind::Corrupt),
    ] {
        let disk = trap();
        let mut forge = Forge::new(&disk);
        forge.add(b'x', b"x", b"", record.as_bytes());
        if record.contains("linkpath") {
            forge.add(b'2', b"L80897_SB000.MS/a", b"", b"");
        } else {
            forge.add(b'0', b"L80897_SB000.MS/a", b"", b"12345");
        }
        forge.finish();
        refused(&disk, kind, &record);
    }
    // A header that belongs to no member.
    let disk = trap();
    let mut forge = Forge::new(&disk);
    forge.add(b'L', b"././@LongLink", b"", b"L80897_SB000.MS/late\0");
    forge.finish();
    refused(&disk, ErrorKind::Corrupt, "nothing follows");
}

#[test]
fn maps_of_holes_are_not_believed_blindly() {
    let map = |text: &str| {
        let mut content = text.as_bytes().to_vec();
        content.resize(512, 0);
        content.extend_from_slice(&[b'd'; 512]);
        content
    };
    let pax = [
        record("GNU.sparse.major", "1"),
        record("GNU.sparse.minor", "0"),
        record("GNU.sparse.name", "L80897_SB000.MS/sparse"),
    ];
    for (text, size, fine) in [
        ("1\n100\n512\n", "1000", true),
        ("2\n100\n512\n1000\n0\n", "1000", true),
        ("1\n100\n512\n", "600", false),
        ("1\n100\n500\n", "1000", false),
        ("2\n600\n256\n0\n256\n", "1000", false),
        ("1\n18446744073709551615\n512\n", "18446744073709551615", false),
        ("99999999999\n1\n", "1000", false),
        ("1\n100\n5 12\n", "1000", false),
        ("1\n100\n", "1000", false),
        ("1\n100\n512\n", "junk", false),
    ] {
        let disk = trap();
        let mut forge = Forge::new(&disk);
        forge.add(
            b'x',
            b"x",
            b"",
            [pax.concat(), record("GNU.sparse.realsize", size)].concat().as_bytes(),
        );
        forge.add(b'0', b"L80897_SB000.MS/GNUSparseFile.0/sparse", b"", &map(text));
        forge.finish();
        if fine {
            unpack(unpack_input(&disk)).unwrap();
            let content = fs::read(disk.set().join("sparse")).unwrap();
            assert_eq!((content.len(), content[99], content[100]), (1000, 0, b'd'), "{text}");
        } else {
            refused(&disk, ErrorKind::Corrupt, text);
        }
    }
}
