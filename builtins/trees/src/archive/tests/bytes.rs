//! Archives with bytes that are missing, changed or too much: never a panic,
//! never anything outside, and the archive stays.

use ledama_base::operation::ErrorKind;

use super::*;

/// A small archive with every kind of member, and its bytes.
fn sample(compression: Compression) -> (Disk, PathBuf, Vec<u8>) {
    let disk = Disk::in_memory();
    let set = disk.set();
    symlink("table.dat", set.join("link")).unwrap();
    fs::hard_link(set.join("table.f0"), set.join("z")).unwrap();
    fs::write(set.join("n".repeat(120)), "long").unwrap();
    sparse(&set.join("holes"), 400_000);
    fs::write(set.join("table.f1"), noise(b"f1", 3000)).unwrap();
    let input = PackInput { compression, delete: true, ..pack_input(&disk) };
    let archive = ledama_base::rawtext::text_path(&pack(input).unwrap().archive);
    let content = fs::read(&archive).unwrap();
    (disk, archive, content)
}

/// Tries to unpack; nothing but the set may appear, and the archive goes only
/// if it was whole.
fn try_unpack(disk: &Disk, archive: &Path, content: &[u8]) -> Result<Seen, OperationError> {
    fs::write(archive, content).unwrap();
    let path = path_text(archive);
    let done = unpack(UnpackInput { path, delete: true, ..unpack_input(disk) });
    let around: Vec<_> = fs::read_dir(disk.outside(".")).unwrap().collect();
    assert_eq!(around.len(), 1);
    match done {
        Ok(_) => {
            assert_eq!(names(disk), ["L80897_SB000.MS"]);
            let made = seen(&disk.set());
            fs::remove_dir_all(disk.set()).unwrap();
            Ok(made)
        }
        Err(error) => {
            assert_eq!(names(disk), [archive.file_name().unwrap().to_str().unwrap()]);
            assert_eq!(fs::read(archive).unwrap(), content, "the archive is kept");
            Err(error)
        }
    }
}

#[test]
fn truncated_archives_are_kept_and_nothing_is_unpacked() {
    for compression in [Compression::None, Compression::Gz, Compression::Zst] {
        let (disk, archive, content) = sample(compression);
        let whole = try_unpack(&disk, &archive, &content).unwrap();
        let end = match compression {
            // After the two blocks of zeros nothing is lost.
            Compression::None => {
                content.iter().rposition(|&byte| byte != 0).unwrap().next_multiple_of(512) + 1024
            }
            _ => content.len(),
        };
        let step = if compression == Compression::None { 512 } else { content.len() / 30 };
        for length in
            (0..content.len()).step_by(step).chain([1, 511, 513, end - 1, content.len() - 1])
        {
            match try_unpack(&disk, &archive, &content[..length]) {
                Ok(made) => {
                    assert!(length >= end, "{compression:?} of {length} bytes");
                    assert_same(&whole, &made);
                }
                Err(error) => {
                    assert!(length < end, "{compression:?} of {length} bytes: {error}");
                    assert_eq!(error.kind, ErrorKind::Corrupt, "{error}");
                }
            }
        }
        for more in [&b"x"[..], &[0; 511], &[1; 512], &content] {
            let error = try_unpack(&disk, &archive, &[&content, more].concat());
            let zeros = more.iter().all(|&byte| byte == 0) && compression == Compression::None;
            assert_eq!(error.is_ok(), zeros, "{} bytes more", more.len());
        }
    }
}

#[test]
fn changed_bytes_are_told_or_do_no_harm() {
    for compression in [Compression::None, Compression::Gz, Compression::Zst] {
        let (disk, archive, content) = sample(compression);
        let whole = try_unpack(&disk, &archive, &content).unwrap();
        let seeds = noise(b"flips", 600);
        let mut told = 0;
        for pair in seeds.chunks_exact(3) {
            let at = (((usize::from(pair[0]) << 8) | usize::from(pair[1])) * content.len()) >> 16;
            let mut changed = content.clone();
            changed[at] ^= pair[2] | 1;
            match try_unpack(&disk, &archive, &changed) {
                Err(_) => told += 1,
                // In the content of a file of a plain archive nothing tells.
                Ok(made) => assert!(
                    compression == Compression::None || made.keys().eq(whole.keys()),
                    "byte {at}"
                ),
            }
        }
        assert!(told > 30, "{compression:?}: {told}");
    }
}

#[test]
fn headers_with_changed_bytes_and_a_right_sum_do_no_harm() {
    let (disk, archive, content) = sample(Compression::None);
    let headers: Vec<usize> = (0..content.len())
        .step_by(512)
        .filter(|&at| &content[at + 257..at + 262] == b"ustar")
        .collect();
    let seeds = noise(b"headers", 1600);
    for four in seeds.chunks_exact(4) {
        let mut changed = content.clone();
        let start = headers[usize::from(four[0]) % headers.len()];
        let field = ((usize::from(four[1]) << 8) | usize::from(four[2])) % 500;
        changed[start + field] ^= four[3] | 1;
        let block: &mut [u8] = &mut changed[start..start + 512];
        block[148..156].fill(b' ');
        let sum: u32 = block.iter().map(|&byte| u32::from(byte)).sum();
        block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        let _ = try_unpack(&disk, &archive, &changed);
    }
}
