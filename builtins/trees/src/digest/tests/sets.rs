//! Sets with every kind of member, judged by the programs of the system.

use super::*;

/// All files, sorted by the bytes of their names, each told by a program.
fn told_by(program: &str) -> String {
    format!("find . -type f -printf '%P\\0' | LC_ALL=C sort -z | xargs -0 {program}")
}

#[test]
fn the_lines_are_those_of_the_programs_of_the_system() {
    let place = Place::filled();
    for (algorithm, program) in [(Algorithm::Md5, "md5sum"), (Algorithm::Sha256, "sha256sum")] {
        for threads in [1, 3] {
            let wanted = DigestInput { algorithm, threads: Some(threads), ..input(&place.set()) };
            let (output, items) = run(wanted).unwrap();
            let expected = shell(&place.set(), &told_by(program));
            assert_eq!(String::from_utf8_lossy(&lines(&items)), String::from_utf8_lossy(&expected));
            let tree = shell(&place.set(), &format!("{} | {program}", told_by(program)));
            assert_eq!(output.digest.as_bytes(), &tree[..algorithm.digits()]);
            assert_eq!((output.files, output.links, output.bytes), (10, 0, 12));
        }
    }
}

#[test]
fn links_are_members_of_their_own() {
    let place = Place::new();
    place.write(b"a", b"x");
    let before = run(input(&place.set())).unwrap().0;
    symlink("/etc/hostname", place.set().join("b")).unwrap();
    symlink("nowhere", place.set().join("c")).unwrap();
    symlink(".", place.set().join("d")).unwrap();
    let (output, items) = run(input(&place.set())).unwrap();
    assert_eq!((output.files, output.links), (1, 3));
    let lines = String::from_utf8(lines(&items)).unwrap();
    let nowhere = String::from_utf8(shell(place.0.path(), "printf nowhere | md5sum")).unwrap();
    assert_eq!(lines.lines().nth(2).unwrap(), format!("{} @c", &nowhere[..32]));
    assert_ne!(output.digest, before.digest);
}

#[test]
fn a_file_an_empty_folder_and_a_link_to_a_set_are_sets_too() {
    let place = Place::new();
    let empty = run(input(&place.set())).unwrap();
    assert_eq!(empty.1, [] as [Value; 0]);
    assert_eq!(empty.0.digest, "d41d8cd98f00b204e9800998ecf8427e");
    place.write(b"x.tar", b"content");
    let (file, items) = run(input(&place.set().join("x.tar"))).unwrap();
    assert_eq!(lines(&items), shell(&place.set(), "md5sum x.tar"));
    assert_eq!(file.digest.as_bytes(), &shell(&place.set(), "md5sum x.tar | md5sum")[..32]);
    let link = place.0.path().join("link");
    symlink("L1_SB000.MS", &link).unwrap();
    assert_eq!(run(input(&link)).unwrap().0.digest, run(input(&place.set())).unwrap().0.digest);
}

#[test]
fn the_place_and_the_moment_do_not_matter() {
    let place = Place::filled();
    let copy = Place::new();
    fs::remove_dir(copy.set()).unwrap();
    let copied = Command::new("cp").arg("-r").args([place.set(), copy.set()]).status().unwrap();
    assert!(copied.success());
    assert_eq!(
        run(input(&place.set())).unwrap().0.digest,
        run(input(&copy.set())).unwrap().0.digest
    );
}

#[test]
fn large_files_are_read_by_several_threads() {
    let place = Place::new();
    for (k, len) in
        [0usize, 1, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 5_000_000].into_iter().enumerate()
    {
        let mut bytes = vec![0; len];
        blake3::Hasher::new().finalize_xof().fill(&mut bytes);
        place.write(format!("f{k}").as_bytes(), &bytes);
    }
    let alone = DigestInput { algorithm: Algorithm::Blake3, ..input(&place.set()) };
    let expected = run(alone.clone()).unwrap();
    let known = blake3::hash(&fs::read(place.set().join("f5")).unwrap()).to_hex();
    assert!(lines(&expected.1).ends_with(format!("{known}  f5\n").as_bytes()));
    for threads in [2, 5] {
        let several = DigestInput { threads: Some(threads), ..alone.clone() };
        assert_eq!(run(several).unwrap(), expected, "{threads} threads");
    }
}

#[test]
fn what_has_no_digest_is_named() {
    let place = Place::filled();
    let pipe = place.set().join("a/pipe");
    rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, rustix::fs::Mode::RUSR).unwrap();
    let error = run(input(&place.set())).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Input);
    assert!(error.message.ends_with("a/pipe is a named pipe"), "{error}");
    assert_eq!(run(input(&pipe)).unwrap_err().kind, ErrorKind::Input);
    let error = run(input(&place.0.path().join("gone"))).unwrap_err();
    assert_eq!(error.kind, ErrorKind::NotFound);
    let wrong = DigestInput { throttle_mib_s: Some(0.0), ..input(&place.set()) };
    assert_eq!(run(wrong).unwrap_err().kind, ErrorKind::Input);
}

#[test]
fn what_cannot_be_read_is_named() {
    use nix::unistd::{Uid, geteuid, setfsuid};
    let place = Place::filled();
    set_mode(place.0.path(), 0o755);
    set_mode(&place.set().join("a/z"), 0o000);
    let denied = |name: &str| {
        // This thread alone reads as somebody else; root reads everything.
        let me = geteuid();
        if me.is_root() {
            setfsuid(Uid::from_raw(65_534));
        }
        let error = run(input(&place.set())).map(|_| ());
        setfsuid(me);
        let error = error.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Permission);
        assert!(error.message.contains(&format!("L1_SB000.MS{name}: ")), "{error}");
    };
    denied("/a/z");
    set_mode(&place.set().join("a"), 0o000);
    denied("/a");
    set_mode(&place.set(), 0o000);
    denied("");
    set_mode(&place.set(), 0o755);
    set_mode(&place.set().join("a"), 0o755);
}

#[test]
fn an_interruption_ends_it() {
    let place = Place::filled();
    for looks in [0, 1, 4, 8] {
        let ctx = Alone::interrupted_after(looks);
        let error = Digest.run(input(&place.set()), &ctx).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Cancelled, "after {looks}");
    }
}

#[test]
fn the_limit_of_reading_changes_nothing_but_the_time() {
    let place = Place::filled();
    let limited = DigestInput { throttle_mib_s: Some(0.5), ..input(&place.set()) };
    assert_eq!(run(limited).unwrap(), run(input(&place.set())).unwrap());
}
