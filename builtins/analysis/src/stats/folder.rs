//! The folder with a file for each set and one for all.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use ledama_base::atomic::{self, Existing};
use ledama_base::operation::{ErrorKind, Keep, OperationError};
use ledama_base::rawtext;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::merge;
use super::table::SetStats;
use super::text::{Format, render};
use crate::visibilities::name;

/// A set whose statistics go into the folder.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Member {
    /// The node that holds it.
    pub node: String,
    /// Its path, in text form.
    pub path: String,
}

/// Takes the statistics of sets as they come, and writes a file for each.
#[derive(Debug)]
pub struct Folder {
    place: PathBuf,
    format: Format,
    accuracy: usize,
    existing: Existing,
    names: HashMap<Member, String>,
    done: Mutex<Vec<Done>>,
}

/// A file that was written.
#[derive(Debug, Clone)]
struct Done {
    freq_mhz: f64,
    name: String,
    path: PathBuf,
}

impl Folder {
    /// Makes the folder; refuses files that are there unless they are to be replaced.
    pub fn new(
        folder: &Path,
        members: &[Member],
        format: Format,
        accuracy: usize,
        overwrite: bool,
    ) -> Result<Self, OperationError> {
        let names = names(members);
        let existing = if overwrite { Existing::Replace } else { Existing::Keep };
        let made = Self {
            place: folder.to_path_buf(),
            format,
            accuracy,
            existing,
            names,
            done: Mutex::default(),
        };
        let all = made.names.values().map(|name| made.file(name));
        let whole = (members.len() > 1).then(|| made.whole());
        let mut there: Vec<PathBuf> = all.chain(whole).filter(|path| path.exists()).collect();
        there.sort();
        if let (Some(first), false) = (there.first(), overwrite) {
            let what = format!(
                "{} exists already ({} of the files to be written)",
                rawtext::path_text(first),
                there.len()
            );
            return Err(OperationError::new(ErrorKind::Exists, what)
                .help("choose another folder, or give `--overwrite`"));
        }
        Ok(made)
    }

    /// The file of a set of this name.
    fn file(&self, name: &str) -> PathBuf {
        self.place.join(rawtext::text_path(&format!("{name}.stats{}", self.format.ending())))
    }

    /// The file of all sets.
    fn whole(&self) -> PathBuf {
        self.place.join(format!("GLOBAL_STATS{}", self.format.ending()))
    }

    /// The files written so far, by frequency, then by name.
    pub fn files(&self) -> Vec<PathBuf> {
        self.sorted().into_iter().map(|done| done.path).collect()
    }

    fn sorted(&self) -> Vec<Done> {
        let mut done = self.done.lock().unwrap_or_else(PoisonError::into_inner).clone();
        done.sort_by(|a, b| a.freq_mhz.total_cmp(&b.freq_mhz).then_with(|| a.name.cmp(&b.name)));
        done
    }

    /// Puts what was written in this run into one file, if there are several.
    pub fn finish(&self) -> Result<Option<PathBuf>, OperationError> {
        let files = self.files();
        if files.len() < 2 {
            return Ok(None);
        }
        let remarks = [
            format!("sets: {} of {}", files.len(), self.names.len()),
            format!("ledama {}", env!("CARGO_PKG_VERSION")),
        ];
        let target = self.whole();
        merge::merge(&files, &target, self.format, &remarks)?;
        Ok(Some(target))
    }
}

impl Keep for Folder {
    fn keep(
        &self,
        node: &str,
        value: &mut Value,
        _: &mut Vec<Value>,
    ) -> Result<(), OperationError> {
        let stats: SetStats = serde_json::from_value(value.take()).map_err(|error| {
            OperationError::new(ErrorKind::Internal, format!("result of `analysis.stats`: {error}"))
        })?;
        let member = Member { node: node.to_string(), path: stats.path.clone() };
        let name = self.names.get(&member).cloned().unwrap_or_else(|| name(&stats.path));
        let path = self.file(&name);
        fs::create_dir_all(&self.place)
            .map_err(|error| OperationError::io(rawtext::path_text(&self.place), &error))?;
        let text = render(&stats, self.format, self.accuracy);
        atomic::write(&path, text.as_bytes(), self.existing)?;
        *value = json!({
            "file": rawtext::path_text(&path), "rows": stats.rows.len(), "warnings": stats.warnings,
        });
        let done = Done { freq_mhz: stats.freq_mhz.unwrap_or(f64::MAX), name, path };
        self.done.lock().unwrap_or_else(PoisonError::into_inner).push(done);
        Ok(())
    }
}

/// Names of files that differ: the names of the sets, where that is not enough
/// with the folder they are in, or with the node as well.
fn names(members: &[Member]) -> HashMap<Member, String> {
    let parent = |member: &Member| {
        let parent = Path::new(&member.path).parent().and_then(Path::file_name);
        parent.map_or_else(String::new, |name| name.to_string_lossy().into_owned())
    };
    let forms: [&dyn Fn(&Member) -> String; 3] = [
        &|member| name(&member.path),
        &|member| format!("{}_{}", parent(member), name(&member.path)),
        &|member| format!("{}_{}_{}", member.node, parent(member), name(&member.path)),
    ];
    let mut found: HashMap<Member, String> = HashMap::new();
    let mut left: Vec<Member> = members.to_vec();
    for form in forms {
        let mut counts: HashMap<String, usize> = HashMap::new();
        for member in &left {
            *counts.entry(form(member)).or_default() += 1;
        }
        let (one, several): (Vec<Member>, Vec<Member>) =
            left.into_iter().partition(|member| counts[&form(member)] == 1);
        found.extend(one.into_iter().map(|member| (member.clone(), form(&member))));
        left = several;
    }
    // Same node, folder and name in different places: a number tells them apart.
    let mut used: HashSet<String> = found.values().cloned().collect();
    for member in left {
        let stem = forms[2](&member);
        let mut name = stem.clone();
        let mut count = 1;
        while used.contains(&name) {
            count += 1;
            name = format!("{stem}_{count}");
        }
        used.insert(name.clone());
        found.insert(member, name);
    }
    found
}
