//! A copy of the whole file of a database, made while others go on.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use sha2::{Digest as _, Sha256};

use super::folder::{Folder, PARTIAL, WHOLE};
use super::manifest::{Entry, FORMAT, Form, Manifest};
use super::run::database_id;
use super::watch::Watch;
use crate::dialect::literal;
use crate::error::{LeddbError, Result};
use crate::migrate::row_counts;
use crate::partition;
use crate::schema::VERSION;
use crate::store::{Database, Location, Options};
use crate::upkeep;

fn io(path: &Path) -> impl Fn(std::io::Error) -> LeddbError + '_ {
    move |source| LeddbError::Io { path: path.to_path_buf(), source }
}

/// Writes the copy, checks it, packs it.
pub(super) fn write(
    database: &Database,
    folder: &Folder,
    name: &str,
    started: i64,
    watch: Watch<'_>,
) -> Result<Manifest> {
    let mut manifest = Manifest {
        format: FORMAT,
        form: Form::File,
        program: database.options().program.clone(),
        place: database.location().to_string(),
        database_id: database.read(database_id)?,
        schema_version: VERSION,
        partition_width: database.read(partition::width)?,
        snapshot: None,
        started,
        finished: started,
        entries: Vec::new(),
        next_ids: Vec::new(),
    };
    let copy = folder.file(&format!("{PARTIAL}{name}.sqlite"));
    let packed = format!("{PARTIAL}{name}{WHOLE}");
    let file = format!("{name}{WHOLE}");
    let result = copied(database, &copy, watch)
        .and_then(|rows| Ok((rows, pack(&copy, &folder.file(&packed), watch)?)));
    for suffix in ["", "-wal", "-shm"] {
        let mut path = copy.as_os_str().to_os_string();
        path.push(suffix);
        // What is left is swept by the next backup.
        drop(std::fs::remove_file(path));
    }
    let (rows, (bytes, size, sha256)) = match result {
        Ok(done) => done,
        Err(error) => {
            drop(std::fs::remove_file(folder.file(&packed)));
            return Err(error);
        }
    };
    folder.publish(&packed, &file)?;
    manifest.entries.push(Entry {
        table: "*".to_string(),
        range: None,
        file,
        rows,
        bytes,
        size,
        digest: sha256.clone(),
        sha256,
        fingerprint: None,
        detached: false,
        unchanged: false,
    });
    manifest.finished = jiff::Timestamp::now().as_second();
    Ok(manifest)
}

/// Copies one moment of the database; its rows, if the copy is sound.
fn copied(database: &Database, copy: &Path, watch: Watch<'_>) -> Result<u64> {
    let text = copy.to_str().ok_or_else(|| LeddbError::input("the folder has a strange name"))?;
    database.alone(&format!("VACUUM INTO {}", literal(text)))?;
    watch.check()?;
    let options = Options { connections: 1, ..Options::default() };
    let opened = Database::open(&Location::Sqlite(copy.to_path_buf()), &options)?;
    let faults = upkeep::integrity(&opened);
    let counts = opened.read(row_counts);
    opened.close();
    if let Some(first) = faults?.first() {
        return Err(LeddbError::Damaged {
            reason: format!("the copy is not sound: {}: {}", first.subject, first.what),
        });
    }
    Ok(counts?.iter().map(|(_, rows)| u64::try_from(*rows).unwrap_or(0)).sum())
}

/// Packs the copy and reads it back: its bytes, those of the packed file, its SHA-256.
fn pack(copy: &Path, packed: &Path, watch: Watch<'_>) -> Result<(u64, u64, String)> {
    let mut from = File::open(copy).map_err(io(copy))?;
    let told = io(packed);
    let file = File::create_new(packed).map_err(&told)?;
    let mut to = zstd::Encoder::new(file, 3).map_err(&told)?;
    to.include_checksum(true).map_err(&told)?;
    let bytes = std::io::copy(&mut from, &mut to).map_err(&told)?;
    let file = to.finish().map_err(&told)?;
    file.sync_all().map_err(&told)?;
    watch.check()?;
    let read = std::io::copy(&mut unpacked(packed)?, &mut std::io::sink()).map_err(&told)?;
    if read != bytes {
        return Err(LeddbError::Damaged {
            reason: format!("{}: what is read is not what was written", packed.display()),
        });
    }
    let (size, sha256) = sha256(packed)?;
    Ok((bytes, size, sha256))
}

pub(super) fn unpacked(path: &Path) -> Result<zstd::Decoder<'static, std::io::BufReader<File>>> {
    let file = File::open(path).map_err(io(path))?;
    zstd::Decoder::new(file).map_err(io(path))
}

/// Bytes and SHA-256 of a file.
pub(super) fn sha256(path: &Path) -> Result<(u64, String)> {
    let mut file = File::open(path).map_err(io(path))?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 18];
    let mut size = 0;
    loop {
        let count = file.read(&mut buffer).map_err(io(path))?;
        if count == 0 {
            break;
        }
        size += count as u64;
        hash.update(&buffer[..count]);
    }
    Ok((size, crate::rows::hex(&hash.finalize())))
}
