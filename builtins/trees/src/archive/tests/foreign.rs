//! Archives of other programs, in all the forms that are about.

use super::*;

/// Without what a form cannot keep.
fn coarse(seen: &Seen, nanos: bool) -> Seen {
    let mut seen = seen.clone();
    for what in seen.values_mut() {
        if !nanos {
            what.2.1 = 0;
        }
    }
    seen
}

#[track_caller]
fn unpacks(disk: &Disk, wanted: &Seen, what: &str) {
    for delete in [false, true] {
        let output = unpack(UnpackInput { delete, ..unpack_input(disk) })
            .unwrap_or_else(|error| panic!("{what}: {error}"));
        assert_eq!(output.state, State::Done);
        let nanos = wanted.values().any(|what| what.2.1 != 0);
        assert_same(&coarse(wanted, nanos), &coarse(&seen(&disk.set()), nanos));
        fs::remove_dir_all(disk.set()).unwrap();
    }
}

#[test]
fn all_forms_of_gnu_tar_are_unpacked() {
    for (arguments, nanos) in [
        (vec!["--format=gnu"], false),
        (vec!["--format=gnu", "--sparse"], false),
        (vec!["--format=oldgnu"], false),
        (vec!["--format=pax"], true),
        (vec!["--format=pax", "--sparse", "--sparse-version=1.0"], true),
        (vec!["--format=pax", "--sparse", "--sparse-version=0.1"], true),
        (vec!["--format=pax", "--sparse", "--sparse-version=0.0"], true),
        (vec!["--format=gnu", "--gzip"], false),
        (vec!["--format=pax", "--blocking-factor=1"], true),
    ] {
        let disk = Disk::new();
        make_difficult(&disk.set());
        if !nanos {
            // Fractions before 1970 are rounded as each program likes.
            set_time(&disk.set().join("large"), -5, 0);
        }
        let wanted = coarse(&seen(&disk.set()), nanos);
        let mut words = arguments.clone();
        words.extend(["-cf", "L80897_SB000.MS.tar", "L80897_SB000.MS"]);
        gnu_tar(&disk.observation(), &words);
        fs::remove_dir_all(disk.set()).unwrap();
        unpacks(&disk, &wanted, &format!("{arguments:?}"));
    }
}

#[test]
fn simple_forms_are_unpacked() {
    for arguments in [
        &["--format=ustar", "-cf", "L80897_SB000.MS.tar", "L80897_SB000.MS"][..],
        &["--format=v7", "-cf", "L80897_SB000.MS.tar", "./L80897_SB000.MS"],
        &["--numeric-owner", "-cf", "L80897_SB000.MS.tar", "./L80897_SB000.MS/"],
        &["--label=a name", "--format=gnu", "-cf", "L80897_SB000.MS.tar", "L80897_SB000.MS"],
    ] {
        let disk = Disk::new();
        let set = disk.set();
        symlink("table.dat", set.join("link")).unwrap();
        fs::hard_link(set.join("table.f0"), set.join("z")).unwrap();
        fs::write(set.join("table.f1"), noise(b"f1", 100_000)).unwrap();
        let wanted = coarse(&seen(&set), false);
        gnu_tar(&disk.observation(), arguments);
        fs::remove_dir_all(&set).unwrap();
        unpacks(&disk, &wanted, &format!("{arguments:?}"));
    }
}

#[test]
fn folders_need_no_members_of_their_own() {
    let disk = Disk::new();
    let mut builder = tar::Builder::new(fs::File::create(archive(&disk)).unwrap());
    for name in ["L80897_SB000.MS/ANTENNA/table.dat", "L80897_SB000.MS/table.dat"] {
        let mut header = tar::Header::new_ustar();
        header.set_size(3);
        header.set_mode(0o640);
        header.set_mtime(1_300_000_000);
        builder.append_data(&mut header, name, &b"abc"[..]).unwrap();
    }
    builder.into_inner().unwrap();
    fs::remove_dir_all(disk.set()).unwrap();
    let output = unpack(unpack_input(&disk)).unwrap();
    assert_eq!((output.files, output.bytes), (2, 6));
    assert_eq!(fs::read(disk.set().join("ANTENNA/table.dat")).unwrap(), b"abc");
    assert_eq!(crate::testing::mode(&disk.set().join("ANTENNA")), 0o755);
}

#[test]
fn the_tar_crate_reads_what_is_packed() {
    let disk = Disk::new();
    make_difficult(&disk.set());
    for name in ["holes", "one hole"] {
        fs::remove_file(disk.set().join(name)).unwrap();
    }
    let wanted = seen(&disk.set());
    pack(pack_input(&disk)).unwrap();
    let mut held = 0;
    let mut tar = tar::Archive::new(fs::File::open(archive(&disk)).unwrap());
    for entry in tar.entries().unwrap() {
        let mut entry = entry.unwrap();
        let path = entry.path().unwrap().into_owned();
        let relative = path.strip_prefix("L80897_SB000.MS").unwrap();
        let what = &wanted[relative];
        if entry.header().entry_type().is_file() {
            let mut content = Vec::new();
            std::io::Read::read_to_end(&mut entry, &mut content).unwrap();
            assert_eq!(blake3::hash(&content).as_bytes(), &what.4[..], "{}", path.display());
        } else if entry.header().entry_type().is_symlink() {
            let target = entry.link_name_bytes().unwrap();
            assert_eq!(&target[..], &what.4[..]);
        }
        held += 1;
    }
    assert_eq!(held, wanted.len());
}

#[test]
fn several_compressed_parts_are_one_archive() {
    let disk = Disk::new();
    let wanted = seen(&disk.set());
    gnu_tar(&disk.observation(), &["--format=pax", "-cf", "whole", "L80897_SB000.MS"]);
    fs::remove_dir_all(disk.set()).unwrap();
    let whole = fs::read(disk.observation().join("whole")).unwrap();
    fs::remove_file(disk.observation().join("whole")).unwrap();
    let (one, two) = whole.split_at(1000);
    let gz = |bytes: &[u8]| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        std::io::Write::write_all(&mut encoder, bytes).unwrap();
        encoder.finish().unwrap()
    };
    let zst = |bytes: &[u8]| zstd::encode_all(bytes, 1).unwrap();
    for content in [[gz(one), gz(two)].concat(), [zst(one), zst(two)].concat()] {
        fs::write(archive(&disk), content).unwrap();
        unpacks(&disk, &wanted, "two parts");
    }
}

#[test]
fn a_file_of_nine_gib_is_packed_and_unpacked() {
    // All of it a hole but for its ends, so it costs nothing.
    let disk = Disk::new();
    let length = 9 << 30;
    sparse(&disk.set().join("huge"), length);
    let output = pack(PackInput { delete: false, ..pack_input(&disk) }).unwrap();
    assert!(output.bytes < 1_000_000 && output.set_bytes > length);
    let listed = gnu_tar(&disk.observation(), &["-tvf", "L80897_SB000.MS.tar"]);
    assert!(listed.contains(&format!(" {length} ")), "{listed}");
    fs::remove_dir_all(disk.set()).unwrap();
    unpack(unpack_input(&disk)).unwrap();
    let huge = disk.set().join("huge");
    assert_eq!(fs::metadata(&huge).unwrap().len(), length);
    assert!(stored(&huge) < 1_000_000);
    let mut end = [0; 18];
    let file = fs::File::open(huge).unwrap();
    std::os::unix::fs::FileExt::read_exact_at(&file, &mut end, length - 3000).unwrap();
    assert_eq!(&end, b"data between holes");
}
