//! Over all modules of the project: faces made from the manifests.

use crate::support::Work;
use crate::support::run::{Run, repository};

/// Names of the modules in the project.
pub(crate) fn names() -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(repository().join("modules"))
        .unwrap()
        .filter_map(|entry| entry.unwrap().file_name().into_string().ok())
        .filter_map(|name| name.strip_suffix(".rhai").map(ToString::to_string))
        .collect();
    names.sort();
    names
}

#[test]
fn none_has_a_fault() {
    let work = Work::new();
    let files = names().into_iter().map(|name| repository().join(format!("modules/{name}.rhai")));
    let run = files.fold(work.ledama(["check"]), Run::arg);
    run.ok();
}

#[test]
fn every_one_is_listed_and_described() {
    let work = Work::new();
    let listed = work.ledama(["list"]).ok().stdout();
    for name in names() {
        assert!(listed.contains(&name), "{name} is not in:\n{listed}");
        let described = work.ledama(["describe", &name]).ok();
        assert!(described.stdout().contains("ledama run"), "no example; {described}");
        // The name is matched whatever its case.
        work.ledama(["describe", &name.to_lowercase()]).ok().prints(&described.stdout());
    }
}

#[test]
fn the_ones_in_the_program_are_those_of_the_folder() {
    // In a folder without modules the embedded ones answer.
    let work = Work::new();
    let embedded = work.ledama(["list"]).ok().stdout();
    let folder = repository().join("modules");
    let given = work.ledama(["--modules"]).arg(&folder).arg("list").ok().stdout();
    assert_eq!(embedded, given);
}
