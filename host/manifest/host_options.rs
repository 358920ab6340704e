//! The long names that belong to the host in every module, read from the
//! declaration of the host's options itself.

use std::sync::LazyLock;

use clap::Args;

use crate::cli::run_flags::RunFlags;

/// Options of `ledama` itself, which may also stand after the module's name.
const GLOBAL: [&str; 6] = ["config", "modules", "color", "verbose", "help", "version"];

static NAMES: LazyLock<Vec<String>> = LazyLock::new(|| {
    let command = RunFlags::augment_args(clap::Command::new("run"));
    let names = command.get_arguments().filter_map(|a| a.get_long().map(str::to_string));
    names.chain(GLOBAL.map(str::to_string)).collect()
});

/// Long names that no module may use.
pub fn names() -> &'static [String] {
    &NAMES
}
