//! Man pages of the program and of every module.

use clap::Command;

use super::Page;
use crate::manifest::{Manifest, Purpose, command};

/// The pages of all commands and modules.
pub(super) fn pages(
    root: &Command,
    manifests: &[Manifest],
    host: &dyn Fn(Command) -> Command,
) -> Vec<Page> {
    let mut root = root.clone();
    root.build();
    let name = root.get_name().to_string();
    let mut pages = vec![page(&name, root.clone())];
    for sub in root.get_subcommands().filter(|s| !s.is_hide_set() && s.get_name() != "help") {
        pages.push(page(&format!("{name}-{}", sub.get_name()), sub.clone()));
    }
    pages.extend(manifests.iter().map(|m| man_page(m, host)));
    pages
}

/// The man page of a module.
pub fn man_page(manifest: &Manifest, host: &dyn Fn(Command) -> Command) -> Page {
    let name = format!("ledama-run-{}", manifest.name);
    page(&name, command(manifest, Purpose::Show, host))
}

fn page(name: &str, command: Command) -> Page {
    let man = clap_mangen::Man::new(command.name(name.to_string()).display_name(name.to_string()));
    let mut text = Vec::new();
    // Writing to memory cannot fail.
    let _ = man.render(&mut text);
    Page::man(format!("man/{name}.1"), &String::from_utf8_lossy(&text))
}
