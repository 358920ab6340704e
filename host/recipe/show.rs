//! The steps for people and as data.

use std::path::{Path, PathBuf};

use ledama_base::rawtext::{encode, path_text};
use serde_json::{Value, json};

use super::check::{Checked, Step, shown};
use super::print;
use crate::manifest::{Manifest, Options, rerun};
use crate::report::table;

/// A table with one line for each step.
pub fn table(checked: &Checked, folder: &Path) -> String {
    let columns = ["", "step", "module", "after", "uses", "makes"].map(String::from);
    let row = |(index, step): (usize, &Step)| {
        let mark = if step.options.is_ok() { "" } else { " (not here)" };
        let inputs = step.inputs.iter().map(|input| &input.path);
        vec![
            (index + 1).to_string(),
            step.name.clone(),
            format!("{}{mark}", step.module),
            list(step.after.iter().map(|s| checked.steps[*s].name.clone())),
            list(inputs.map(|path| near(path, folder))),
            list(step.creates.iter().map(|path| near(path, folder))),
        ]
    };
    let rows: Vec<Vec<String>> = checked.steps.iter().enumerate().map(row).collect();
    table::render(&columns, &rows)
}

fn list(names: impl Iterator<Item = String>) -> String {
    let names: Vec<String> = names.collect();
    if names.is_empty() { "-".to_string() } else { names.join(", ") }
}

/// A path as seen from the folder.
fn near(path: &Path, folder: &Path) -> String {
    match path.strip_prefix(folder) {
        Ok(inner) if !inner.as_os_str().is_empty() => shown(inner),
        _ => shown(path),
    }
}

/// Everything about the steps.
pub fn json(recipe: &Manifest, options: &Options, folder: &Path, checked: &Checked) -> Value {
    let paths =
        |paths: &mut dyn Iterator<Item = &PathBuf>| paths.map(|p| path_text(p)).collect::<Vec<_>>();
    let step = |step: &Step| {
        let command = print::command(step, None);
        json!({
            "name": step.name,
            "module": step.module,
            "available": step.options.is_ok(),
            "asks": step.asks(),
            "arguments": command[3..].iter().map(|w| encode(w)).collect::<Vec<_>>(),
            "command": rerun::quoted(&command),
            "after": step.after.iter().map(|s| &checked.steps[*s].name).collect::<Vec<_>>(),
            "uses": paths(&mut step.inputs.iter().map(|input| &input.path)),
            "makes": paths(&mut step.creates.iter()),
        })
    };
    json!({
        "recipe": recipe.name,
        "summary": recipe.summary,
        "file": recipe.file,
        "folder": path_text(folder),
        "options": options.to_json(),
        "steps": checked.steps.iter().map(step).collect::<Vec<_>>(),
    })
}
