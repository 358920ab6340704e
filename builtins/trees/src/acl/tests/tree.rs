//! Changes of whole trees.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use ledama_base::operation::{ErrorKind, Operation, OperationError};
use ledama_base::rawtext::path_text;

use super::tools;
use crate::acl::{
    Action, FindAccount, FindAccountInput, FindAccountOutput, SetAcl, SetAclInput, SetAclOutput,
    Survey, SurveyInput, SurveyOutput,
};
use crate::testing::{Alone, Disk, mode, set_mode};

pub(super) fn set(
    disk: &Disk,
    path: &Path,
    action: Action,
) -> Result<SetAclOutput, OperationError> {
    let input = SetAclInput { path: path_text(path), roots: disk.roots(), uid: 1001, action };
    SetAcl.run(input, &Alone::default())
}

pub(super) fn survey(disk: &Disk, action: Action) -> SurveyOutput {
    let input = SurveyInput {
        path: path_text(&disk.set()),
        roots: disk.roots(),
        uid: 1001,
        groups: vec![1001],
        action,
        names: true,
    };
    Survey.run(input, &Alone::default()).unwrap()
}

#[test]
fn new_files_inherit_and_links_are_left_alone() {
    if !tools::are_here() {
        return;
    }
    let disk = Disk::new();
    let outside = disk.outside("precious");
    fs::create_dir(&outside).unwrap();
    set_mode(&outside, 0o700);
    symlink(&outside, disk.set().join("link")).unwrap();
    let output = set(&disk, &disk.set(), Action::Grant).unwrap();
    assert_eq!(output, SetAclOutput { changed: 5, unchanged: 0, links: 1 });
    assert_eq!(tools::get_one(&outside), "user::rwx\ngroup::---\nother::---\n\n");
    let file = disk.set().join("ANTENNA/new");
    fs::write(&file, "x").unwrap();
    assert!(tools::get_one(&file).contains("user:1001:rwx"), "{}", tools::get_one(&file));
    assert_eq!(mode(&file) & 0o111, 0, "nobody can execute it in fact");
    // The observation folder is not theirs.
    assert_eq!(tools::get_one(&disk.observation()), "user::rwx\ngroup::r-x\nother::r-x\n\n");
    let output = set(&disk, &disk.set(), Action::Grant).unwrap();
    assert_eq!(output.changed, 0, "{output:?}");
    // Nobody gains the right to execute it by losing another one.
    set(&disk, &disk.set(), Action::Revoke).unwrap();
    assert_eq!(mode(&file), 0o644);
    assert_eq!(tools::get_one(&file), "user::rw-\ngroup::r--\nother::r--\n\n");
}

#[test]
fn a_survey_tells_and_changes_nothing() {
    if !tools::are_here() {
        return;
    }
    let disk = Disk::new();
    set_mode(&disk.root, 0o700);
    let before = tools::get(&disk.root);
    let found = survey(&disk, Action::Grant);
    assert_eq!(tools::get(&disk.root), before);
    assert_eq!((found.changing, found.unchanged), (5, 0));
    assert_eq!(found.names, ["ANTENNA", "table.dat", "table.f0"]);
    assert!(
        found
            .before
            .contains(r#""mode":"0644","paths":["ANTENNA/table.dat","table.dat","table.f0"]"#)
    );
    assert!(found.obstacle.is_some(), "the root is closed to others");
    set(&disk, &disk.set(), Action::Grant).unwrap();
    let found = survey(&disk, Action::Grant);
    assert_eq!((found.changing, found.unchanged), (0, 5));
    assert_eq!(found.before, "[]");
}

#[test]
fn what_is_not_data_is_refused() {
    let disk = Disk::new();
    for path in [Path::new("/"), &disk.root, &disk.root.join("../L80897"), Path::new("L80897")] {
        let error = set(&disk, path, Action::Grant).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Refused, "{}", path.display());
    }
}

#[test]
fn an_account_is_known_or_not_whatever_it_is_called() {
    let find = |user: &str| {
        FindAccount.run(FindAccountInput { user: user.to_string() }, &Alone::default()).unwrap()
    };
    let root = find("root");
    assert!(root.known && root.uid == 0 && root.groups.contains(&0), "{root:?}");
    for nobody in ["no such user", "root;id", "root\0", "0", "", "$(id)"] {
        assert_eq!(find(nobody), FindAccountOutput::default(), "{nobody:?}");
    }
}
