//! Folders of parsets: each `NAME.parset` with the `NAME.task.json` beside it
//! that tells what it is for.

use std::path::Path;

use ledama_base::operation::{ErrorKind, OperationError};
use ledama_base::quote::show;
use ledama_base::rawtext::{path_text, text_path};
use serde::{Deserialize, Serialize};

use crate::parset::Parset;

/// What a parset is for.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// 1, the form of the file.
    pub format: u32,
    /// What reads the parset, such as `dp3`.
    pub kind: String,
    /// Node of the input.
    pub node: String,
    /// Path in text form.
    pub input: String,
    /// The same of what is made; none: the input is changed in place.
    #[serde(default)]
    pub output: Option<String>,
    /// As in the RefFile of the input, for that of the output.
    #[serde(default)]
    pub freq_mhz: Option<f64>,
    /// The same.
    #[serde(default)]
    pub size_mb: Option<u64>,
    /// The same.
    #[serde(default)]
    pub beam: Option<i64>,
}

/// A parset to run.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Job {
    /// The file of the parset.
    pub source: String,
    /// Its text.
    pub text: String,
    /// Node of the input, if a manifest tells.
    pub node: Option<String>,
    /// Path of the input.
    pub input: String,
    /// Path of what is made; none: the input is changed in place.
    pub output: Option<String>,
    /// See [`Manifest::freq_mhz`].
    pub freq_mhz: Option<f64>,
    /// See [`Manifest::size_mb`].
    pub size_mb: Option<u64>,
    /// See [`Manifest::beam`].
    pub beam: Option<i64>,
}

/// The parsets of a folder that are of this kind, sorted by name without
/// regard to case; `input_key` and `output_key` are those of the parset, which
/// must agree with the manifest.
///
/// # Errors
/// For a folder or file that cannot be read, and, all at once, for parsets
/// that do not agree with their manifest or tell no input.
pub fn jobs(
    folder: &str,
    kind: &str,
    (input_key, output_key): (&str, &str),
) -> Result<Vec<Job>, OperationError> {
    let place = text_path(folder);
    let entries = std::fs::read_dir(&place).map_err(|e| OperationError::io(show(folder), &e))?;
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|e| OperationError::io(show(folder), &e))?;
        let name = path_text(Path::new(&entry.file_name()));
        // Those of imagers were once made into the same folders.
        if name.ends_with(".parset") && !name.ends_with(".imaging.parset") {
            names.push(name);
        }
    }
    names.sort_by_key(|name| (name.to_lowercase(), name.clone()));
    let mut jobs = Vec::new();
    let mut faults = Vec::new();
    for name in names {
        match job(&place, &name, kind, (input_key, output_key)) {
            Ok(job) => jobs.extend(job),
            Err(fault) => faults.push(fault),
        }
    }
    if faults.is_empty() {
        return Ok(jobs);
    }
    let more =
        if faults.len() > 10 { format!("; and {} more", faults.len() - 10) } else { String::new() };
    faults.truncate(10);
    Err(OperationError::new(ErrorKind::Input, format!("{}{more}", faults.join("; ")))
        .help("make the parsets again with the module that has made them"))
}

fn job(
    folder: &Path,
    name: &str,
    kind: &str,
    (input_key, output_key): (&str, &str),
) -> Result<Option<Job>, String> {
    let path = folder.join(text_path(name));
    let source = path_text(&path);
    let read = |path: &Path| {
        std::fs::read_to_string(path).map_err(|e| format!("{}: {e}", path_text(path)))
    };
    let stem = name.strip_suffix(".parset").unwrap_or(name);
    let beside = folder.join(text_path(&format!("{stem}.task.json")));
    let manifest: Option<Manifest> = if beside.exists() {
        let read = serde_json::from_str(&read(&beside)?);
        Some(read.map_err(|e| format!("{}: {e}", path_text(&beside)))?)
    } else {
        None
    };
    if manifest.as_ref().is_some_and(|manifest| manifest.kind != kind) {
        return Ok(None);
    }
    let text = read(&path)?;
    let parset = Parset::parse(&text).map_err(|e| format!("{}: {e}", show(&source)))?;
    let input = parset.get(input_key).filter(|text| !text.is_empty());
    let input = input.ok_or_else(|| format!("{}: no `{input_key}`", show(&source)))?;
    let output = parset.get(output_key);
    let output = output.filter(|path| !matches!(path.as_str(), "" | ".") && *path != input);
    let Some(manifest) = manifest else {
        if output.is_none() {
            return Err(format!(
                "{}: changes its input in place, which needs a .task.json that says so",
                show(&source)
            ));
        }
        return Ok(Some(Job { source, text, input, output, ..Job::default() }));
    };
    if (&manifest.input, &manifest.output) != (&input, &output) {
        return Err(format!(
            "{}: `{input_key}` or `{output_key}` is not what its .task.json tells",
            show(&source)
        ));
    }
    let Manifest { node, freq_mhz, size_mb, beam, .. } = manifest;
    Ok(Some(Job { source, text, node: Some(node), input, output, freq_mhz, size_mb, beam }))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;

    #[test]
    fn parsets_are_read_with_what_stands_beside_them() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
        let read = || jobs(&path_text(folder.path()), "dp3", ("msin", "msout"));
        let task =
            r#"{"format":1,"kind":"dp3","node":"node011","input":"/a/x.MS","output":"/b/x.MS"}"#;
        file("B.parset", "msin=/a/x.MS\nmsout=/b/x.MS\n");
        file("B.task.json", task);
        file("a.parset", "msin=/a/y.MS\nmsout=/b/y.MS\n");
        file("a.imaging.parset", "vis=1\n");
        file("c.parset", "ms=1\n");
        file("c.task.json", &task.replace("dp3", "aw"));
        let found = read().unwrap();
        let names: Vec<_> =
            found.iter().map(|job| (job.input.as_str(), job.node.as_deref())).collect();
        assert_eq!(names, [("/a/y.MS", None), ("/a/x.MS", Some("node011"))]);
        file("B.parset", "msin=/a/x.MS\n msout=/other\n");
        file("d.parset", "msin=/a/y.MS\nmsout=.\n");
        let error = read().unwrap_err().message;
        assert!(error.contains("B.parset") && error.contains("d.parset"), "{error}");
    }
}
