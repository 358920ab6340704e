//! From an archive to a set: what must not be replaced, lost or believed.

use ledama_base::operation::ErrorKind;

use super::*;

fn packed() -> (Disk, Seen) {
    let disk = Disk::in_memory();
    make_difficult(&disk.set());
    let before = seen(&disk.set());
    pack(PackInput { delete: true, ..pack_input(&disk) }).unwrap();
    (disk, before)
}

#[test]
fn a_set_comes_out_as_it_went_in() {
    for compression in [Compression::None, Compression::Gz, Compression::Zst] {
        let disk = Disk::new();
        make_difficult(&disk.set());
        let before = seen(&disk.set());
        let input = PackInput { compression, delete: true, ..pack_input(&disk) };
        let archive = pack(input).unwrap().archive;
        for delete in [false, true] {
            let folder = disk.root.join(format!("L80897_00{}", u8::from(delete)));
            let output = Some(path_text(&folder));
            let input =
                UnpackInput { path: archive.clone(), output, delete, ..unpack_input(&disk) };
            let output = unpack(input).unwrap();
            assert_eq!((output.state, output.deleted), (State::Done, delete));
            let set = folder.join("L80897_SB000.MS");
            assert_eq!(output.set, path_text(&set));
            assert_same(&before, &seen(&set));
            assert!(stored(&set.join("holes")) < 1_000_000);
            assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
        }
        assert_eq!(names(&disk), [""; 0]);
    }
}

#[test]
fn what_is_there_is_not_replaced() {
    let (disk, before) = packed();
    for delete in [false, true] {
        fs::create_dir(disk.set()).unwrap();
        let error = unpack(UnpackInput { delete, ..unpack_input(&disk) }).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Exists);
        fs::remove_dir(disk.set()).unwrap();
        symlink("/nowhere", disk.set()).unwrap();
        let error = unpack(UnpackInput { delete, ..unpack_input(&disk) }).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Exists);
        fs::remove_file(disk.set()).unwrap();
    }
    unpack(unpack_input(&disk)).unwrap();
    // The same set is there: it was done.
    let again = unpack(unpack_input(&disk)).unwrap();
    assert_eq!(again.state, State::Already);
    fs::write(disk.set().join("more"), "x").unwrap();
    let error = unpack(UnpackInput { delete: true, ..unpack_input(&disk) }).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Exists);
    assert!(archive(&disk).exists());
    fs::remove_file(disk.set().join("more")).unwrap();
    let facts = &before[Path::new("")];
    set_time(&disk.set(), facts.2.0, facts.2.1);
    assert!(unpack(UnpackInput { delete: true, ..unpack_input(&disk) }).unwrap().deleted);
    assert_same(&before, &seen(&disk.set()));
}

#[test]
fn set_user_bits_are_left_out() {
    use crate::testing::mode;
    let disk = Disk::new();
    let set = disk.set();
    for (name, mode) in [("table.dat", 0o6755), ("table.f0", 0o4711), ("ANTENNA", 0o7775)] {
        set_mode(&set.join(name), mode);
    }
    let input = PackInput { delete: true, ..pack_input(&disk) };
    pack(input).unwrap();
    let listed = gnu_tar(&disk.observation(), &["-tvf", "L80897_SB000.MS.tar"]);
    assert!(listed.contains("-rwsr-sr-x"), "the archive keeps them: {listed}");
    unpack(unpack_input(&disk)).unwrap();
    let modes = ["table.dat", "table.f0", "ANTENNA"].map(|name| mode(&set.join(name)));
    assert_eq!(modes, [0o755, 0o711, 0o3775]);
}

#[test]
fn an_interruption_leaves_nothing_and_the_repeat_works() {
    let (disk, before) = packed();
    for looks in 0.. {
        let ctx = Alone::interrupted_after(looks * 23);
        match Unpack.run(unpack_input(&disk), &ctx) {
            Err(error) => {
                assert_eq!(error.kind, ErrorKind::Cancelled);
                let left = names(&disk);
                // Interrupted when it only remained to tell the size.
                let made = ["L80897_SB000.MS", "L80897_SB000.MS.tar"];
                assert!(left == ["L80897_SB000.MS.tar"] || left == made, "{left:?}");
                if left == made {
                    assert_same(&before, &seen(&disk.set()));
                    fs::remove_dir_all(disk.set()).unwrap();
                }
            }
            Ok(_) => break,
        }
    }
    assert_same(&before, &seen(&disk.set()));
    let other = disk.observation().join(".L80897_SB000.MS.ledama-unpack-dead");
    fs::remove_dir_all(disk.set()).unwrap();
    fs::create_dir(&other).unwrap();
    unpack(unpack_input(&disk)).unwrap();
    assert!(!other.exists());
}

#[test]
fn names_of_archives_tell_what_they_hold() {
    let (disk, _) = packed();
    let renamed = |name: &str| {
        let path = disk.observation().join(name);
        fs::rename(archive(&disk), &path).unwrap();
        let done = unpack(UnpackInput { path: path_text(&path), ..unpack_input(&disk) });
        fs::rename(&path, archive(&disk)).unwrap();
        done
    };
    let error = renamed("L80897_SB001.MS.tar").unwrap_err();
    assert_eq!(error.kind, ErrorKind::Refused, "{error}");
    let error = renamed("L80897_SB000.MS.bvf").unwrap_err();
    assert!(error.message.contains("is a BVF file"), "{error}");
    assert_eq!(renamed("L80897_SB000.MS").unwrap_err().kind, ErrorKind::Input);
    // The form is recognised by the content.
    assert_eq!(renamed("L80897_SB000.MS.tar.gz").unwrap().state, State::Done);
    // With the hash that a long-term archive adds.
    let hashed = renamed("L80897_SB000.MS_1a2b3c.tar").unwrap();
    assert_eq!((hashed.set, hashed.state), (path_text(&disk.set()), State::Already));
}

#[test]
fn what_is_no_archive_is_refused() {
    let disk = Disk::new();
    let input = || unpack_input(&disk);
    assert_eq!(unpack(input()).unwrap_err().kind, ErrorKind::NotFound);
    fs::create_dir(archive(&disk)).unwrap();
    assert_eq!(unpack(input()).unwrap_err().kind, ErrorKind::Input);
    fs::remove_dir(archive(&disk)).unwrap();
    for content in [Vec::new(), vec![0; 10_240], vec![7; 10_240], b"\x1f\x8b".to_vec()] {
        fs::write(archive(&disk), content).unwrap();
        let error = unpack(UnpackInput { delete: true, ..input() }).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Corrupt, "{error}");
        assert!(archive(&disk).exists());
    }
    fs::remove_file(archive(&disk)).unwrap();
    fs::remove_file(disk.set().join("table.dat")).unwrap();
    gnu_tar(&disk.observation(), &["-cf", "L80897_SB000.MS.tar", "L80897_SB000.MS"]);
    fs::remove_dir_all(disk.set()).unwrap();
    let error = unpack(input()).unwrap_err();
    assert!(error.message.ends_with("no table.dat in it"), "{error}");
    assert_eq!(names(&disk), ["L80897_SB000.MS.tar"]);
}

#[test]
fn of_a_link_the_archive_is_unpacked_and_the_link_deleted() {
    let (disk, before) = packed();
    let real = disk.outside("elsewhere.tar");
    fs::rename(archive(&disk), &real).unwrap();
    symlink(&real, archive(&disk)).unwrap();
    let output = unpack(UnpackInput { delete: true, ..unpack_input(&disk) }).unwrap();
    assert!(output.deleted && real.exists() && output.notes.len() == 1);
    assert_eq!(names(&disk), ["L80897_SB000.MS"]);
    assert_same(&before, &seen(&disk.set()));
}

#[test]
fn what_stands_in_the_way_is_told_beforehand() {
    let (disk, _) = packed();
    let look = |input: LookInput| {
        let input = LookInput { paths: vec![path_text(&archive(&disk))], ..input };
        LookUnpack.run(input, &Alone::default()).unwrap()
    };
    let output = look(LookInput::default());
    assert_eq!(output.faults, [""; 0]);
    assert_eq!(output.sets[0].target, path_text(&disk.set()));
    assert!((5_000_000..8_000_000).contains(&output.sets[0].bytes), "{output:?}");
    let full = LookInput { margin_bytes: u64::MAX / 2, ..LookInput::default() };
    assert_eq!(look(full.clone()).faults.len(), 1);
    let error = unpack(UnpackInput { margin_bytes: full.margin_bytes, ..unpack_input(&disk) });
    assert_eq!(error.unwrap_err().kind, ErrorKind::NoSpace);
    unpack(unpack_input(&disk)).unwrap();
    assert!(look(LookInput::default()).sets[0].exists);
    fs::remove_file(archive(&disk)).unwrap();
    let gone = look(LookInput { delete: true, roots: disk.roots(), ..LookInput::default() });
    assert!(gone.sets[0].gone && gone.faults.is_empty());
    assert_eq!(look(LookInput::default()).faults.len(), 1);
}
