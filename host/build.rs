//! Lists the modules and recipes of the source tree, so that the binary carries
//! a copy of them: one copied file is a whole installation.

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let root = env::var("CARGO_MANIFEST_DIR").map_err(io::Error::other)?;
    let mut files = Vec::new();
    for (folder, prefix) in [("modules", ""), ("scripts/frequent", "recipes/")] {
        println!("cargo::rerun-if-changed={folder}");
        gather(&Path::new(&root).join(folder), prefix, &mut files)?;
    }
    files.sort();
    let mut code = String::from("pub(super) static FILES: &[(&str, &str)] = &[\n");
    for (name, path) in files {
        writeln!(code, "    ({name:?}, include_str!({path:?})),").map_err(io::Error::other)?;
    }
    code.push_str("];\n");
    let out = env::var("OUT_DIR").map_err(io::Error::other)?;
    fs::write(Path::new(&out).join("embedded.rs"), code)
}

/// The scripts below `folder`, as names relative to it behind `prefix`.
fn gather(folder: &Path, prefix: &str, files: &mut Vec<(String, String)>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.file_type()?.is_dir() {
            gather(&entry.path(), &format!("{prefix}{name}/"), files)?;
        } else if entry.path().extension().is_some_and(|e| e == "rhai") && !name.starts_with('.') {
            files.push((format!("{prefix}{name}"), entry.path().display().to_string()));
        }
    }
    Ok(())
}
