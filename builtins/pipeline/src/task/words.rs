//! A task as a person reads it in a plan: the command line with the names that
//! are known before it runs.

use std::fmt::Write as _;

use ledama_base::quote::{show as shown, show_command};

use super::place::{Filler, staged_name};
use super::{Task, place};

/// The command line, the scratch folder and the shell file.
pub(super) fn show(task: &Task) -> String {
    let source = |file: &super::TextFile| {
        if file.source.is_empty() { format!("SCRATCH/{}", file.name) } else { file.source.clone() }
    };
    let name =
        |path: &str| path.trim_end_matches('/').rsplit('/').next().unwrap_or_default().to_string();
    let filler = Filler {
        inputs: task.inputs.iter().map(|input| input.path.clone()).collect(),
        products: task
            .products
            .iter()
            .map(|product| staged_name(&product.path, "RUN") + product.ending.as_str())
            .collect(),
        names: task.products.iter().map(|product| name(&product.path)).collect(),
        files: task.files.iter().map(source).collect(),
        scratch: "SCRATCH".into(),
        threads: if task.threads > 0 { task.threads.to_string() } else { "THREADS".into() },
    };
    let mut line = String::new();
    for (name, value) in &task.program.environment {
        let _ = write!(line, "{name}={} ", show_command(&[value]));
    }
    let arguments = filler.fill(&task.arguments).unwrap_or_default();
    let argv: Vec<String> = task.program.command.iter().cloned().chain(arguments).collect();
    line.push_str(&show_command(&argv));
    if task.scratch.is_some() {
        let root = ledama_base::rawtext::path_text(&place::scratch_root(task));
        let _ = write!(line, "   (in {}/RUN/{})", shown(&root), place::task_name(task));
    }
    if let Some(init) = &task.program.init_file {
        let _ = write!(line, "   (after {})", shown(init));
    }
    let edited: Vec<_> = task.inputs.iter().filter(|input| input.edited).collect();
    if !edited.is_empty() && task.products.is_empty() {
        line.push_str("   (in place)");
    }
    line
}
