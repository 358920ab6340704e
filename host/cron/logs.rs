//! The log of a job: one file for each run, older ones under numbers.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// Lines at the end of a log that an alarm shows.
const LINES: usize = 100;

/// Bytes looked at for them.
const BYTES: u64 = 64 << 10;

/// Longer lines are cut: mail has a limit of 998 characters.
const WIDTH: usize = 900;

/// Begins a new log: the one that is there becomes `FILE.1`, that one
/// `FILE.2`, and so on up to `keep`.
pub fn begin(file: &Path, keep: usize) -> io::Result<File> {
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    if keep > 0 && exists(file)? {
        // Up to the first gap: what is behind it is in nobody's way.
        let mut last = 1;
        while last < keep && exists(&numbered(file, last))? {
            last += 1;
        }
        for number in (1..last).rev() {
            fs::rename(numbered(file, number), numbered(file, number + 1))?;
        }
        fs::rename(file, numbered(file, 1))?;
    }
    // Logs are the only thing here that is thrown away, and only when asked to keep none.
    let log = File::options().create(true).append(true).open(file)?;
    if keep == 0 {
        log.set_len(0)?;
    }
    Ok(log)
}

fn exists(file: &Path) -> io::Result<bool> {
    match file.symlink_metadata() {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

fn numbered(file: &Path, number: usize) -> PathBuf {
    let mut name = file.as_os_str().to_os_string();
    name.push(format!(".{number}"));
    name.into()
}

/// Adds a line of our own.
pub fn line(log: &mut File, text: &str) -> io::Result<()> {
    log.write_all(
        format!("# {} {text}\n", ledama_base::clock::utc_text(ledama_base::clock::now()))
            .as_bytes(),
    )
}

/// The last lines of a log; what is no text is replaced, and what could steer
/// a terminal is left out.
pub fn tail(file: &Path) -> String {
    let read = || -> io::Result<Vec<u8>> {
        let mut file = File::open(file)?;
        let length = file.seek(SeekFrom::End(0))?;
        file.seek(SeekFrom::Start(length.saturating_sub(BYTES)))?;
        let mut bytes = Vec::new();
        file.take(BYTES).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    let Ok(bytes) = read() else { return String::new() };
    let text = String::from_utf8_lossy(&bytes);
    let lines: Vec<&str> = text.lines().collect();
    let last = &lines[lines.len().saturating_sub(LINES)..];
    let clean = |line: &&str| -> String {
        let kept = line.chars().filter(|c| !c.is_control() || *c == '\t').take(WIDTH);
        kept.chain(['\n']).collect()
    };
    last.iter().map(clean).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn logs_move_on() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("sub/J.log");
        for k in 0..5 {
            let mut log = begin(&file, 3).unwrap();
            log.write_all(format!("run {k}\n").as_bytes()).unwrap();
        }
        let read = |name: &str| fs::read_to_string(folder.path().join("sub").join(name)).unwrap();
        let found = ["J.log", "J.log.1", "J.log.2", "J.log.3"].map(read);
        assert_eq!(found, ["run 4\n", "run 3\n", "run 2\n", "run 1\n"]);
        assert_eq!(fs::read_dir(folder.path().join("sub")).unwrap().count(), 4);
        // A gap ends the row.
        fs::remove_file(folder.path().join("sub/J.log.1")).unwrap();
        begin(&file, 3).unwrap();
        assert_eq!(["J.log", "J.log.1", "J.log.2"].map(read), ["", "run 4\n", "run 2\n"]);
        begin(&file, 0).unwrap();
        assert_eq!(read("J.log.1"), "run 4\n");
    }

    #[test]
    fn the_end_of_a_log_is_plain_text() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("l");
        assert_eq!(tail(&file), "");
        let mut content = b"x\n".repeat(50_000);
        content.extend_from_slice(b"\x1b[31mred\x1b[0m \xff\ttab\n.\nlast");
        fs::write(&file, content).unwrap();
        let text = tail(&file);
        assert_eq!(text.lines().count(), LINES);
        assert!(text.ends_with("[31mred[0m \u{fffd}\ttab\n.\nlast\n"), "{text}");
        fs::write(&file, "y".repeat(2000)).unwrap();
        assert_eq!(tail(&file).len(), WIDTH + 1);
    }
}
