//! How a product was made, in a file beside it: `NAME.provenance.json`.

use std::path::PathBuf;

use ledama_base::atomic::{self, Existing};
use ledama_base::clock;
use ledama_base::operation::{OperationContext, OperationError};
use ledama_base::rawtext::{path_text, text_path};
use serde::Serialize;

use super::{Task, TextFile};

/// What is told.
#[derive(Debug, Serialize)]
pub(super) struct Provenance<'a> {
    /// Changes when a field changes its meaning.
    format: u32,
    product: &'a str,
    module: &'a str,
    run: &'a str,
    node: &'a str,
    /// UTC.
    finished: String,
    seconds: f64,
    ledama: &'static str,
    program: &'a str,
    version: &'a str,
    /// As it was called.
    argv: &'a [String],
    environment: &'a std::collections::BTreeMap<String, String>,
    init_file: &'a Option<String>,
    inputs: Vec<&'a str>,
    /// Parsets and the like, whole.
    files: &'a [TextFile],
}

/// What the program was, and how it was called.
#[derive(Debug, Clone, Copy)]
pub(super) struct Call<'a> {
    pub(super) argv: &'a [String],
    pub(super) version: &'a str,
    pub(super) seconds: f64,
}

/// Writes the file of a product.
pub(super) fn write(
    product: &str,
    task: &Task,
    call: Call<'_>,
    ctx: &dyn OperationContext,
) -> Result<(), OperationError> {
    let content = Provenance {
        format: 1,
        product,
        module: &task.module,
        run: ctx.run_id(),
        node: ctx.node(),
        finished: clock::now().to_string(),
        seconds: call.seconds,
        ledama: env!("CARGO_PKG_VERSION"),
        program: &task.program.key,
        version: call.version,
        argv: call.argv,
        environment: &task.program.environment,
        init_file: &task.program.init_file,
        inputs: task.inputs.iter().map(|input| input.path.as_str()).collect(),
        files: &task.files,
    };
    let mut text = serde_json::to_vec_pretty(&content).unwrap_or_default();
    text.push(b'\n');
    let path = path(product);
    atomic::write(&path, &text, Existing::Replace).map_err(|error| {
        OperationError::new(error.kind(), format!("{}: {error}", path_text(&path)))
    })
}

/// Where the provenance of a product stands.
pub(super) fn path(product: &str) -> PathBuf {
    text_path(&format!("{}.provenance.json", product.trim_end_matches('/')))
}

/// What HISTORY of a changed set tells.
pub(super) fn parameters(task: &Task, call: Call<'_>, run_id: &str) -> Vec<(String, String)> {
    let mut parameters = vec![
        ("operation".to_string(), "pipeline.run".to_string()),
        ("module".into(), task.module.clone()),
        ("run".into(), run_id.to_string()),
        ("program".into(), task.program.key.clone()),
        ("version".into(), call.version.to_string()),
        ("command".into(), ledama_base::quote::show_command(call.argv)),
    ];
    for file in &task.files {
        let lines = file.text.lines().map(str::trim);
        let lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
        parameters.extend(lines.map(|line| (file.name.clone(), line.to_string())));
    }
    parameters
}
