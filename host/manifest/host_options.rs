//! The long names that belong to the host in every module and recipe, read
//! from the declarations of the host's options themselves.

use std::sync::LazyLock;

use super::form::Form;
use crate::cli::{recipe, run};

static OF_MODULES: LazyLock<Vec<String>> = LazyLock::new(|| long_names(run::host_options));

static OF_RECIPES: LazyLock<Vec<String>> = LazyLock::new(|| {
    let mut names: Vec<String> = recipe::Verb::ALL
        .into_iter()
        .flat_map(|verb| long_names(|command| recipe::host_options(verb, command)))
        .collect();
    names.sort();
    names.dedup();
    names
});

fn long_names(host: impl FnOnce(clap::Command) -> clap::Command) -> Vec<String> {
    let command = host(clap::Command::new("run"));
    let names = command.get_arguments().filter_map(|a| a.get_long().map(str::to_string));
    names.chain(["help", "version"].map(str::to_string)).collect()
}

/// Long names that no module or no recipe may use.
pub fn names(form: Form) -> &'static [String] {
    match form {
        Form::Module => &OF_MODULES,
        Form::Recipe => &OF_RECIPES,
    }
}
