//! `ledama new`: the scaffold of a module.

use std::path::PathBuf;

use ledama_base::atomic::{self, Existing};
use ledama_base::operation::OperationError;

use super::desk::Desk;
use super::{Outcome, Shared};
use crate::diagnostic::Diagnostic;
use crate::run::outcome;
use crate::scaffold;

/// Options of `ledama new`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Name of the module, such as ShowPermissions
    name: String,
    /// Group it is listed under
    #[arg(long, short, default_value = "local")]
    group: String,
    /// Folder to write it to
    #[arg(long, default_value = "modules", value_name = "FOLDER")]
    folder: PathBuf,
}

/// Writes it; never over a file that is there, nor with the name of another module.
pub(super) fn run(shared: &Shared, args: &Args) -> Outcome {
    let Desk { talk, catalogue, .. } = Desk::open(shared)?;
    let text = scaffold::module(&args.name, &args.group, &catalogue.shared_groups()?)?;
    let path = args.folder.join(format!("{}.rhai", args.name));
    let known = catalogue.library.modules();
    if !path.exists() && known.keys().any(|name| name.eq_ignore_ascii_case(&args.name)) {
        return Err(Diagnostic::error(format!("there is a module `{}` already", args.name))
            .help("choose another name, or the one would hide the other")
            .into());
    }
    std::fs::create_dir_all(&args.folder)
        .map_err(|e| Diagnostic::error(OperationError::io(args.folder.display(), &e).message))?;
    atomic::write(&path, text.as_bytes(), Existing::Keep)
        .map_err(|e| Diagnostic::error(e.to_string()).maybe_help(e.help()))?;
    talk.line(&format!("written: {}", path.display()));
    talk.line(&format!("try it: ledama check {0} && ledama run {0} --help", path.display()));
    Ok(outcome::OK)
}
