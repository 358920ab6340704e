//! From a set to an archive: what is in it, and what keeps the set.

use ledama_base::operation::ErrorKind;

use super::*;

#[test]
fn the_archive_holds_the_set_as_gnu_tar_reads_it() {
    for (compression, option, reread) in [
        (Compression::None, "-xpf", false),
        (Compression::None, "-xpf", true),
        (Compression::Gz, "-xpzf", false),
        (Compression::Zst, "-xpf", true),
    ] {
        let disk = Disk::new();
        make_difficult(&disk.set());
        let before = seen(&disk.set());
        let output = pack(PackInput { compression, reread, ..pack_input(&disk) }).unwrap();
        assert_same(&before, &seen(&disk.set()));
        let name = format!("L80897_SB000.MS{}", compression.extension());
        assert_eq!(names(&disk), ["L80897_SB000.MS", &name], "nothing else is left");
        assert_eq!(output.archive, path_text(&disk.observation().join(&name)));
        assert_eq!((output.state, output.deleted), (State::Done, false));
        assert_eq!(output.bytes, fs::metadata(disk.observation().join(&name)).unwrap().len());
        assert!(output.bytes < 12_000_000, "holes are not stored: {}", output.bytes);
        let elsewhere = disk.outside("out");
        fs::create_dir(&elsewhere).unwrap();
        let archive = disk.observation().join(&name);
        if compression == Compression::Zst {
            let plain = elsewhere.join("plain.tar");
            let content = fs::read(&archive).unwrap();
            fs::write(&plain, zstd::decode_all(&content[..]).unwrap()).unwrap();
            gnu_tar(&elsewhere, &[option, "plain.tar"]);
            fs::remove_file(plain).unwrap();
        } else {
            gnu_tar(&elsewhere, &[option, archive.to_str().unwrap()]);
        }
        let unpacked = elsewhere.join("L80897_SB000.MS");
        assert_same(&before, &seen(&unpacked));
        assert!(stored(&unpacked.join("holes")) < 1_000_000);
        assert_eq!(stored(&unpacked.join("one hole")), 0);
    }
}

#[test]
fn gnu_tar_finds_no_difference() {
    let disk = Disk::new();
    make_difficult(&disk.set());
    pack(pack_input(&disk)).unwrap();
    gnu_tar(&disk.observation(), &["-df", "L80897_SB000.MS.tar"]);
    let listed = gnu_tar(&disk.observation(), &["-tf", "L80897_SB000.MS.tar"]);
    assert!(listed.lines().all(|line| line.starts_with("L80897_SB000.MS/")), "{listed}");
}

#[test]
fn an_archive_may_begin_with_a_dash() {
    let disk = Disk::new();
    let set = disk.observation().join("-rf L80897_SB001.MS");
    fs::rename(disk.set(), &set).unwrap();
    let before = seen(&set);
    let input = PackInput { path: path_text(&set), delete: true, ..pack_input(&disk) };
    let output = pack(input).unwrap();
    assert!(output.deleted);
    let input = UnpackInput { path: output.archive, ..unpack_input(&disk) };
    unpack(input).unwrap();
    assert_same(&before, &seen(&set));
}

#[test]
fn the_set_goes_only_when_asked_and_only_what_was_packed() {
    let disk = Disk::new();
    make_difficult(&disk.set());
    let before = seen(&disk.set());
    let output = pack(PackInput { delete: true, ..pack_input(&disk) }).unwrap();
    assert!(output.deleted && !disk.set().exists());
    assert_eq!(names(&disk), ["L80897_SB000.MS.tar"]);
    // Once more: it was done.
    let again = pack(PackInput { delete: true, ..pack_input(&disk) }).unwrap();
    assert_eq!((again.state, again.deleted, again.bytes), (State::Already, false, output.bytes));
    let back = unpack(UnpackInput { delete: true, ..unpack_input(&disk) }).unwrap();
    assert!(back.deleted);
    assert_eq!((back.files, back.bytes), (output.files, output.set_bytes));
    assert_eq!(names(&disk), ["L80897_SB000.MS"]);
    assert_same(&before, &seen(&disk.set()));
    let again = unpack(UnpackInput { delete: true, ..unpack_input(&disk) }).unwrap();
    assert_eq!((again.state, again.files), (State::Already, back.files));
}

#[test]
fn a_set_that_may_not_be_deleted_is_not_even_packed() {
    let disk = Disk::new();
    let outside = disk.outside("L80897_SB000.MS");
    fs::rename(disk.set(), &outside).unwrap();
    let input = PackInput { path: path_text(&outside), delete: true, ..pack_input(&disk) };
    assert_eq!(pack(input).unwrap_err().kind, ErrorKind::Refused);
    assert!(!disk.outside("L80897_SB000.MS.tar").exists() && outside.exists());
}

#[test]
fn an_archive_that_is_there_stays_unless_it_is_the_same() {
    let disk = Disk::new();
    fs::write(archive(&disk), "somebody's").unwrap();
    for delete in [false, true] {
        let error = pack(PackInput { delete, ..pack_input(&disk) }).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Exists);
        assert_eq!(fs::read(archive(&disk)).unwrap(), b"somebody's");
        assert!(disk.set().exists());
    }
    pack(PackInput { overwrite: true, ..pack_input(&disk) }).unwrap();
    let inode = fs::metadata(archive(&disk)).unwrap().ino();
    let again = pack(pack_input(&disk)).unwrap();
    assert_eq!(again.state, State::Already);
    assert_eq!(fs::metadata(archive(&disk)).unwrap().ino(), inode, "it was not made again");
    // Same length and time, other content.
    let facts = fs::metadata(disk.set().join("table.f0")).unwrap();
    fs::write(disk.set().join("table.f0"), "y").unwrap();
    set_time(&disk.set().join("table.f0"), facts.mtime(), facts.mtime_nsec());
    let error = pack(PackInput { delete: true, ..pack_input(&disk) }).unwrap_err();
    assert!(error.message.contains("table.f0` differs in content"), "{error}");
    for (what, wrong) in [("folder", true), ("link", false)] {
        fs::remove_file(archive(&disk)).unwrap();
        if wrong {
            fs::create_dir(archive(&disk)).unwrap();
        } else {
            fs::remove_dir(archive(&disk)).ok();
            symlink("/etc/passwd", archive(&disk)).unwrap();
        }
        let error = pack(PackInput { overwrite: true, ..pack_input(&disk) }).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Exists, "{what}");
        if wrong {
            fs::remove_dir(archive(&disk)).unwrap();
            fs::write(archive(&disk), "").unwrap();
        }
    }
    assert!(disk.set().exists());
}

#[test]
fn archives_of_gnu_tar_count_as_packed_when_they_hold_the_set() {
    let disk = Disk::new();
    make_difficult(&disk.set());
    for format in ["gnu", "pax"] {
        let option = format!("--format={format}");
        gnu_tar(&disk.observation(), &[&option, "-Scf", "L80897_SB000.MS.tar", "L80897_SB000.MS"]);
        let output = pack(pack_input(&disk)).unwrap();
        assert_eq!(output.state, State::Already, "{format}");
    }
    set_mode(&disk.set().join("large"), 0o600);
    let error = pack(pack_input(&disk)).unwrap_err();
    assert!(error.message.contains("large` differs in mode"), "{error}");
}

#[test]
fn another_folder_is_made_and_holds_the_archive() {
    let disk = Disk::new();
    let folder = disk.root.join("packed/L80897");
    let output = Some(path_text(&folder));
    let input = PackInput { output: output.clone(), delete: true, ..pack_input(&disk) };
    let packed = pack(input).unwrap();
    assert_eq!(packed.archive, path_text(&folder.join("L80897_SB000.MS.tar")));
    assert_eq!(names(&disk), [""; 0]);
    // In the set itself there is no place for it.
    let disk = Disk::new();
    let inside = Some(path_text(&disk.set().join("a/b")));
    let before = seen(&disk.set());
    let error = pack(PackInput { output: inside, ..pack_input(&disk) }).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Input);
    assert_same(&before, &seen(&disk.set()));
}

#[test]
fn of_a_link_the_set_is_packed_and_the_link_deleted() {
    let disk = Disk::new();
    let link = disk.observation().join("L80897_SB001.MS");
    symlink(disk.set(), &link).unwrap();
    let before = seen(&disk.set());
    let input = PackInput { path: path_text(&link), delete: true, ..pack_input(&disk) };
    let output = pack(input).unwrap();
    assert_eq!(output.notes, ["links to sets were deleted, what they lead to was not"]);
    assert!(fs::symlink_metadata(&link).is_err());
    assert_same(&before, &seen(&disk.set()));
    unpack(UnpackInput { path: output.archive, ..unpack_input(&disk) }).unwrap();
    assert_same(&before, &seen(&link));
}

#[test]
fn what_is_no_set_is_refused() {
    let disk = Disk::new();
    let packed = |path: &Path| {
        let input = PackInput { path: path_text(path), ..pack_input(&disk) };
        pack(input).unwrap_err().kind
    };
    assert_eq!(packed(&disk.set().join("table.dat")), ErrorKind::Input);
    assert_eq!(packed(&disk.observation()), ErrorKind::Input);
    assert_eq!(packed(&disk.observation().join("gone.MS")), ErrorKind::NotFound);
    assert_eq!(packed(Path::new("L80897_SB000.MS")), ErrorKind::Input);
    assert_eq!(packed(Path::new("/")), ErrorKind::Input);
    rustix::fs::mkfifoat(CWD, disk.set().join("pipe"), rustix::fs::Mode::RUSR).unwrap();
    assert_eq!(packed(&disk.set()), ErrorKind::Input);
    assert_eq!(names(&disk), ["L80897_SB000.MS"]);
}

/// Changes something in the set when it is asked for the so-manieth time
/// whether it was interrupted.
struct Meddler<'a> {
    alone: Alone,
    at: usize,
    asked: std::sync::atomic::AtomicUsize,
    deed: &'a (dyn Fn() + Sync),
}

#[allow(clippy::unnecessary_literal_bound)]
impl OperationContext for Meddler<'_> {
    fn node(&self) -> &str {
        "node011"
    }
    fn run_id(&self) -> &str {
        "test"
    }
    fn cancelled(&self) -> bool {
        if self.asked.fetch_add(1, std::sync::atomic::Ordering::SeqCst) == self.at {
            (self.deed)();
        }
        self.alone.cancelled()
    }
    fn progress(&self, progress: ledama_base::operation::Progress) {
        assert!(progress.done <= progress.total, "{progress:?}");
    }
    fn item(&self, _: serde_json::Value) {}
    fn log(&self, _: &str) {}
    fn call(
        &self,
        _: &str,
        _: &str,
        value: serde_json::Value,
    ) -> Result<serde_json::Value, OperationError> {
        Ok(value)
    }
}

#[test]
fn a_set_that_changes_meanwhile_is_kept_and_no_archive_is_left() {
    // However far it has come; the last looks are those before the deletion.
    let mut caught = 0;
    for at in 0.. {
        let disk = Disk::in_memory();
        fs::write(disk.set().join("table.f1"), noise(b"x", 3_000_000)).unwrap();
        // Else it would be listed a second time.
        std::thread::sleep(std::time::Duration::from_millis(50));
        let deed = || fs::write(disk.set().join("table.f0"), "z").unwrap();
        let alone = Alone::default();
        let meddler = Meddler { alone, at, asked: 0.into(), deed: &deed };
        let done = Pack.run(PackInput { delete: true, ..pack_input(&disk) }, &meddler);
        let asked = meddler.asked.into_inner();
        match done {
            Err(error) => {
                assert_eq!(error.kind, ErrorKind::Changed, "{at}: {error}");
                assert_eq!(fs::read(disk.set().join("table.f0")).unwrap(), b"z");
                caught += 1;
            }
            // Before the set was listed, or when it was being deleted.
            Ok(output) => {
                assert!(output.deleted && (at <= 1 || asked <= at + 1), "{at} of {asked}");
            }
        }
        if asked <= at {
            break;
        }
    }
    assert!(caught > 10, "{caught}");
}

#[test]
fn an_interruption_leaves_nothing_and_the_repeat_works() {
    for looks in 0.. {
        let disk = Disk::in_memory();
        make_difficult(&disk.set());
        let before = seen(&disk.set());
        let ctx = Alone::interrupted_after(looks * 23);
        match Pack.run(PackInput { delete: true, ..pack_input(&disk) }, &ctx) {
            Err(error) => {
                assert_eq!(error.kind, ErrorKind::Cancelled);
                assert_same(&before, &seen(&disk.set()));
                let left = names(&disk);
                // Interrupted between the name of the archive and the deletion.
                assert!(left.len() == 1 || left == ["L80897_SB000.MS", "L80897_SB000.MS.tar"]);
            }
            Ok(_) => break,
        }
        if looks % 4 == 0 {
            let output = pack(PackInput { delete: true, ..pack_input(&disk) }).unwrap();
            assert!(output.deleted);
            assert_eq!(names(&disk), ["L80897_SB000.MS.tar"]);
        }
    }
}

#[test]
fn leftovers_of_a_killed_run_go() {
    let disk = Disk::new();
    fs::write(disk.observation().join(".L80897_SB000.MS.tar.ledama-pack-dead"), "half").unwrap();
    pack(pack_input(&disk)).unwrap();
    assert_eq!(names(&disk), ["L80897_SB000.MS", "L80897_SB000.MS.tar"]);
}

#[test]
fn an_archive_can_be_read_by_those_who_could_read_the_set() {
    use crate::testing::mode;
    for (set, wanted) in
        [(0o755, 0o644), (0o700, 0o600), (0o2775, 0o664), (0o777, 0o664), (0o555, 0o644)]
    {
        let disk = Disk::new();
        set_mode(&disk.set(), set);
        pack(pack_input(&disk)).unwrap();
        assert_eq!(mode(&archive(&disk)), wanted, "{set:o}");
    }
}

#[test]
fn what_stands_in_the_way_is_told_beforehand() {
    let disk = Disk::new();
    let look = |input: LookInput| {
        let input = LookInput { paths: vec![path_text(&disk.set())], ..input };
        LookPack.run(input, &Alone::default()).unwrap()
    };
    let output = look(LookInput::default());
    assert_eq!(output.faults, [""; 0]);
    let [set] = &output.sets[..] else { panic!() };
    assert_eq!(set.target, path_text(&archive(&disk)));
    assert!(!set.exists && !set.gone);
    // The estimate is what it becomes.
    let packed = pack(pack_input(&disk)).unwrap();
    assert_eq!(set.bytes, packed.bytes);
    assert!(look(LookInput::default()).sets[0].exists);
    let full = LookInput {
        margin_bytes: u64::MAX / 2,
        overwrite: true,
        roots: disk.roots(),
        ..LookInput::default()
    };
    assert!(look(full).faults[0].contains("are to stay free"));
    let nowhere =
        LookInput { delete: true, roots: vec!["/nowhere".into()], ..LookInput::default() };
    assert!(look(nowhere).faults[0].contains("data root"));
    let file = LookInput {
        output: Some(path_text(&disk.set().join("table.dat"))),
        ..LookInput::default()
    };
    assert_eq!(look(file).faults.len(), 1);
    fs::remove_dir_all(disk.set()).unwrap();
    let gone = look(LookInput { delete: true, roots: disk.roots(), ..LookInput::default() });
    assert!(gone.sets[0].gone && gone.faults.is_empty());
    assert_eq!(look(LookInput::default()).faults.len(), 1);
}

#[test]
fn a_full_disk_is_told_before_anything_is_written() {
    let disk = Disk::new();
    let input = PackInput { margin_bytes: u64::MAX / 2, delete: true, ..pack_input(&disk) };
    assert_eq!(pack(input).unwrap_err().kind, ErrorKind::NoSpace);
    assert_eq!(names(&disk), ["L80897_SB000.MS"]);
}

/// Not a test: what the child process of the test below runs.
#[test]
fn packs_as_somebody_else() {
    let Some(set) = std::env::var_os("PACK_TEST_SET") else { return };
    let path = path_text(Path::new(&set));
    let roots = vec![std::env::var("PACK_TEST_ROOT").unwrap()];
    let input = PackInput { path, roots, delete: true, ..PackInput::default() };
    let error = pack(input).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Permission, "{error}");
    println!("refused: {error}");
}

#[test]
fn what_cannot_be_read_keeps_the_whole_set() {
    use std::os::unix::process::CommandExt;
    // The superuser reads everything, so somebody else has to try.
    const NOBODY: u32 = 65_534;
    for shut in ["ANTENNA", "table.f0"] {
        let disk = Disk::in_memory();
        let mut command = Command::new(std::env::current_exe().unwrap());
        if rustix::process::geteuid().is_root() {
            for path in [disk.outside("."), disk.root.clone(), disk.observation(), disk.set()] {
                std::os::unix::fs::chown(path, Some(NOBODY), Some(NOBODY)).unwrap();
            }
            for path in ["ANTENNA", "ANTENNA/table.dat", "table.dat", "table.f0"] {
                std::os::unix::fs::chown(disk.set().join(path), Some(NOBODY), Some(NOBODY))
                    .unwrap();
            }
            command.uid(NOBODY).gid(NOBODY);
        }
        set_mode(&disk.set().join(shut), 0o000);
        let done = command
            .args(["--exact", "archive::tests::packing::packs_as_somebody_else", "--nocapture"])
            .env("PACK_TEST_SET", disk.set())
            .env("PACK_TEST_ROOT", &disk.root)
            .output();
        let done = match done {
            // The program of the tests lies where only the superuser goes.
            Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => return,
            other => other.unwrap(),
        };
        let told = String::from_utf8_lossy(&done.stdout).into_owned();
        assert!(done.status.success() && told.contains("refused"), "{told}");
        assert!(told.contains(shut), "{told}");
        assert_eq!(names(&disk), ["L80897_SB000.MS"]);
        assert_eq!(fs::read_dir(disk.set()).unwrap().count(), 3);
    }
}
