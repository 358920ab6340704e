//! What can stand as the value of an option or as a plain word.

use clap::{Arg, ValueHint};
use ledama_base::host_group::HostGroup;

use super::answer::{Answer, Candidate, Files};
use super::scene::{self, Scene};
use crate::cli::entries;
use crate::manifest::{Kind, ListOf};

/// Names of machines shown at most; with more, only their common beginning.
const NODES: usize = 200;

/// Values of an argument of the host; `place` names its command.
pub(super) fn of_host(scene: &Scene, place: &[&str], arg: &Arg, current: &str) -> Answer {
    match (place, arg.get_id().as_str()) {
        (["run" | "describe" | "check"], "module" | "files") => scripts(scene, current),
        (["recipe", ..], "recipe") => recipes(scene, current),
        (_, "group") => Answer::of(scene.groups().into_iter().map(Candidate::plain), current),
        (_, "nodes") => nodes(scene, current),
        (_, "modules") => Answer::files(Files::All),
        (["config", "show"], "key") => Answer::of(
            scene::keys().into_iter().map(|(key, doc)| Candidate::new(key, &doc)),
            current,
        ),
        _ => declared(arg, current),
    }
}

/// Values of an option of a module.
pub(super) fn of_kind(scene: &Scene, kind: Kind, arg: &Arg, current: &str) -> Answer {
    match kind {
        Kind::Nodes => nodes(scene, current),
        Kind::List(ListOf::Path | ListOf::RefFile) => list_of_files(current),
        Kind::Path | Kind::RefFile => Answer::files(Files::All),
        _ => declared(arg, current),
    }
}

/// What the argument itself declares: possible values, or files.
pub(super) fn declared(arg: &Arg, current: &str) -> Answer {
    let values = arg.get_possible_values();
    let files = match arg.get_value_hint() {
        ValueHint::AnyPath | ValueHint::FilePath | ValueHint::DirPath => Files::All,
        _ => Files::None,
    };
    let candidates = values.iter().filter(|value| !value.is_hide_set()).map(|value| {
        let help = value.get_help().map(ToString::to_string).unwrap_or_default();
        Candidate::new(value.get_name(), &help)
    });
    Answer { files, ..Answer::of(candidates, current) }
}

/// Modules by name, and script files.
fn scripts(scene: &Scene, current: &str) -> Answer {
    let is_path = current.contains('/') || current.starts_with(['.', '~']);
    if is_path {
        return Answer::files(Files::Scripts);
    }
    let candidates = scene
        .known(current)
        .into_iter()
        .map(|known| Candidate::new(known.name, &known.help))
        .collect();
    Answer { candidates, files: Files::Scripts, goes_on: false }
}

/// Recipes by name, and script files.
fn recipes(scene: &Scene, current: &str) -> Answer {
    if current.contains('/') || current.starts_with(['.', '~']) {
        return Answer::files(Files::Scripts);
    }
    let known = scene.recipes().into_iter();
    let known = known.map(|known| Candidate::new(known.name, &known.help));
    Answer { files: Files::Scripts, ..Answer::of(known, current) }
}

/// Machines and stores for the last part of a node list.
fn nodes(scene: &Scene, current: &str) -> Answer {
    let inventory = scene.inventory();
    let (before, part) = current.rsplit_once('/').map_or(("", current), |(b, p)| (b, p));
    let before = if before.is_empty() { String::new() } else { format!("{before}/") };
    let groups: Vec<&HostGroup> = inventory
        .groups()
        .iter()
        .filter(|g| g.prefix.starts_with(part) || part.starts_with(&g.prefix))
        .collect();
    let mut names: Vec<Candidate> = match &groups[..] {
        [group] if !part.is_empty() => machines(group, part),
        groups => groups.iter().map(|group| prefix(group)).collect(),
    };
    let goes_on = !names.is_empty();
    if inventory.groups().is_empty() {
        names.push(Candidate::new(inventory.local_name(), "this host"));
    }
    let stores = scene.config.stores.iter().filter(|s| s.is_remote() && s.is_configured());
    names.extend(stores.map(|store| Candidate::new(store.id.clone(), "store")));
    let mut answer = Answer::of(names, part);
    for candidate in &mut answer.candidates {
        candidate.value.insert_str(0, &before);
    }
    // Numbers, ranges and lists can follow.
    answer.goes_on = goes_on && answer.candidates.iter().all(|c| c.help != "store");
    answer
}

/// The machines of a group whose names begin like this.
fn machines(group: &HostGroup, begin: &str) -> Vec<Candidate> {
    let all = group.first..=group.last;
    if all.clone().count() > NODES {
        return vec![prefix(group)];
    }
    let names = all.map(|index| group.name(index)).filter(|name| name.starts_with(begin));
    names.map(Candidate::plain).collect()
}

fn prefix(group: &HostGroup) -> Candidate {
    let range = format!("{} to {}", group.name(group.first), group.name(group.last));
    Candidate::new(group.prefix.clone(), &range)
}

/// The last file of a comma list. For the first the shell itself is better.
fn list_of_files(current: &str) -> Answer {
    let Some((before, part)) = current.rsplit_once(',') else {
        return Answer::files(Files::All);
    };
    let paths = entries::beginning_with(part).into_iter();
    let candidates = paths.map(|path| Candidate::plain(format!("{before},{path}"))).collect();
    Answer { candidates, files: Files::None, goes_on: true }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(last: u32) -> HostGroup {
        HostGroup { prefix: "node".into(), padding: 3, first: 1, last, bare: true }
    }

    #[test]
    fn machines_are_offered_one_by_one_where_they_are_few() {
        let names: Vec<_> = machines(&group(80), "node07").into_iter().map(|c| c.value).collect();
        assert_eq!(names.len(), 10);
        assert_eq!((names[0].as_str(), names[9].as_str()), ("node070", "node079"));
        let many = machines(&group(2000), "node07");
        assert_eq!((many.len(), many[0].value.as_str()), (1, "node"));
        assert_eq!(many[0].help, "node001 to node2000");
    }
}
