//! Writes the manual, or compares it with what is there.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use ledama_base::operation::OperationError;

use crate::diagnostic::{Diagnostic, Place};

/// Stands in every page, so that pages of modules that are gone can be told
/// from files written by people.
const MARK: &str = "made by `ledama docs --write`";

/// Folders of the manual that hold generated pages only.
const FOLDERS: [&str; 4] = ["modules", "builtins", "definitions", "man"];

/// One page of the manual.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// Its place below the folder of the manual.
    pub path: PathBuf,
    /// Its text.
    pub text: String,
}

impl Page {
    /// A page in Markdown.
    pub(super) fn markdown(path: impl Into<PathBuf>, text: &str) -> Self {
        let text = format!("<!-- {MARK} -->\n\n{}\n", text.trim_end());
        Self { path: path.into(), text }
    }

    /// A page of definitions.
    pub(super) fn script(path: impl Into<PathBuf>, text: &str) -> Self {
        Self { path: path.into(), text: format!("// {MARK}\n\n{}\n", text.trim_end()) }
    }

    /// A man page.
    pub(super) fn man(path: impl Into<PathBuf>, text: &str) -> Self {
        Self { path: path.into(), text: format!(".\\\" {MARK}\n{}\n", text.trim_end()) }
    }
}

/// Writes the pages that differ and removes generated pages that are no
/// longer made; returns what was changed.
pub fn write(folder: &Path, pages: &[Page]) -> Result<Vec<PathBuf>, Diagnostic> {
    let mut changed = Vec::new();
    for page in pages {
        let path = folder.join(&page.path);
        if fs::read_to_string(&path).is_ok_and(|text| text == page.text) {
            continue;
        }
        let parent = path.parent().unwrap_or(folder);
        fs::create_dir_all(parent).map_err(|e| failed(parent, &e))?;
        fs::write(&path, &page.text).map_err(|e| failed(&path, &e))?;
        changed.push(page.path.clone());
    }
    for stale in stale(folder, pages) {
        let path = folder.join(&stale);
        fs::remove_file(&path).map_err(|e| failed(&path, &e))?;
        changed.push(stale);
    }
    Ok(changed)
}

/// What differs between the pages and the files; nothing is written.
pub fn check(folder: &Path, pages: &[Page]) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    for page in pages {
        let path = folder.join(&page.path);
        let shown = path.display();
        match fs::read_to_string(&path) {
            Ok(text) if text == page.text => {}
            Ok(text) => {
                let line = first_difference(&text, &page.text);
                findings.push(Diagnostic::error(format!("{shown} is out of date")).at(Place::new(
                    shown.to_string(),
                    line,
                    0,
                )));
            }
            Err(_) => findings.push(Diagnostic::error(format!("{shown} is missing"))),
        }
    }
    for stale in stale(folder, pages) {
        let shown = folder.join(stale).display().to_string();
        findings.push(Diagnostic::error(format!("{shown} describes what no longer exists")));
    }
    if let Some(last) = findings.last_mut() {
        last.help.push("`ledama docs --write` brings the manual up to date".to_string());
    }
    findings
}

fn first_difference(a: &str, b: &str) -> usize {
    a.lines().zip(b.lines()).take_while(|(a, b)| a == b).count() + 1
}

/// Generated files that are no page any more.
fn stale(folder: &Path, pages: &[Page]) -> Vec<PathBuf> {
    let known: BTreeSet<_> = pages.iter().map(|p| p.path.as_path()).collect();
    let mut stale = Vec::new();
    for sub in FOLDERS {
        let Ok(entries) = fs::read_dir(folder.join(sub)) else { continue };
        for entry in entries.flatten() {
            let path = Path::new(sub).join(entry.file_name());
            let ours = || {
                let text = fs::read_to_string(entry.path());
                text.is_ok_and(|t| t.lines().next().is_some_and(|l| l.contains(MARK)))
            };
            if !known.contains(path.as_path()) && ours() {
                stale.push(path);
            }
        }
    }
    stale.sort();
    stale
}

fn failed(path: &Path, error: &std::io::Error) -> Diagnostic {
    Diagnostic::error(OperationError::io(path.display(), error).message)
}
