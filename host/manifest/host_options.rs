//! The long names that belong to the host in every module, read from the
//! declaration of the host's options itself.

use std::sync::LazyLock;

use crate::cli::run::host_options;

static NAMES: LazyLock<Vec<String>> = LazyLock::new(|| {
    let command = host_options(clap::Command::new("run"));
    let names = command.get_arguments().filter_map(|a| a.get_long().map(str::to_string));
    names.chain(["help", "version"].map(str::to_string)).collect()
});

/// Long names that no module may use.
pub fn names() -> &'static [String] {
    &NAMES
}
