//! The statistics of many sets in one file.
//!
//! Files are read one by one, so that memory does not grow with their number.

use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use ledama_base::atomic::{AtomicFile, Existing};
use ledama_base::operation::OperationError;
use ledama_base::rawtext;
use serde_json::Value;

use super::text::{Format, centred, head, widen};

/// Writes what the files hold, in their order, with one header.
pub(super) fn merge(
    files: &[PathBuf],
    target: &Path,
    format: Format,
    remarks: &[String],
) -> Result<(), OperationError> {
    let mut file = AtomicFile::create(target, Existing::Replace)?;
    let mut out = BufWriter::new(&mut file);
    let written = match format {
        Format::Text => text(files, remarks, &mut out),
        Format::Csv => csv(files, remarks, &mut out),
        Format::Json => objects(files, remarks, &mut out),
    };
    let flushed = written.and_then(|()| out.flush());
    flushed.map_err(|error| OperationError::io(rawtext::path_text(target), &error))?;
    drop(out);
    Ok(file.commit()?)
}

/// Lines of a file but its remarks; the first is the header.
fn lines(content: &str) -> impl Iterator<Item = &str> {
    content.lines().filter(|line| !line.starts_with("# "))
}

fn text(files: &[PathBuf], remarks: &[String], out: &mut impl Write) -> io::Result<()> {
    let mut widths = Vec::new();
    for file in files {
        for line in lines(&fs::read_to_string(file)?) {
            widen(&mut widths, line.split_whitespace());
        }
    }
    out.write_all(head(remarks).as_bytes())?;
    for (at, file) in files.iter().enumerate() {
        for line in lines(&fs::read_to_string(file)?).skip(usize::from(at > 0)) {
            out.write_all(centred(line.split_whitespace(), &widths).as_bytes())?;
        }
    }
    Ok(())
}

fn csv(files: &[PathBuf], remarks: &[String], out: &mut impl Write) -> io::Result<()> {
    out.write_all(head(remarks).as_bytes())?;
    for (at, file) in files.iter().enumerate() {
        for line in lines(&fs::read_to_string(file)?).skip(usize::from(at > 0)) {
            writeln!(out, "{line}")?;
        }
    }
    Ok(())
}

fn objects(files: &[PathBuf], remarks: &[String], out: &mut impl Write) -> io::Result<()> {
    write!(out, "{{\"remarks\":{},\"sets\":[", Value::from(remarks.to_vec()))?;
    for (at, file) in files.iter().enumerate() {
        let set: Value = serde_json::from_slice(&fs::read(file)?)?;
        write!(out, "{}{set}", if at == 0 { "\n" } else { ",\n" })?;
    }
    writeln!(out, "\n]}}")
}
