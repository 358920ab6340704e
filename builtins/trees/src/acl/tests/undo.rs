//! Undoing a change restores exactly what was.

use std::fs;
use std::os::unix::fs::symlink;

use ledama_base::operation::{ErrorKind, Operation, OperationError};
use ledama_base::rawtext::path_text;

use super::tools;
use super::tree::{set, survey};
use crate::acl::{Action, RestoreAcl, RestoreAclInput, RestoreAclOutput, UndoFile, UndoTarget};
use crate::testing::{Alone, Disk, set_mode};

fn restore(disk: &Disk, action: Action, before: &str) -> Result<RestoreAclOutput, OperationError> {
    let path = path_text(&disk.set());
    let before = before.to_string();
    let input = RestoreAclInput { path, roots: disk.roots(), uid: 1001, action, before };
    RestoreAcl.run(input, &Alone::default())
}

/// A set with lists, modes and names of all sorts.
fn varied() -> Disk {
    let disk = Disk::new();
    let set = disk.set();
    tools::set(&["-m", "u:7:rwx,g:8:---,m::r-x"], &set.join("table.dat"));
    tools::set(&["-m", "u:1001:r--"], &set.join("table.f0"));
    tools::set(&["-m", "u:1001:---,d:u:7:rwx,d:m::---"], &set.join("ANTENNA"));
    for (name, bits) in [("'\"\n\t $x", 0o640), ("-rf", 0o4711), ("\u{3b1}", 0)] {
        fs::write(set.join(name), "x").unwrap();
        set_mode(&set.join(name), bits);
    }
    fs::create_dir(set.join("FIELD")).unwrap();
    set_mode(&set.join("FIELD"), 0o2570);
    fs::create_dir(set.join("FIELD/deep")).unwrap();
    set_mode(&set.join("FIELD/deep"), 0o1700);
    symlink("nowhere", set.join("link")).unwrap();
    disk
}

#[test]
fn every_change_can_be_undone_exactly() {
    if !tools::are_here() {
        return;
    }
    for action in [Action::Grant, Action::Exclusive, Action::Revoke] {
        let disk = varied();
        let before = tools::get(&disk.root);
        let found = survey(&disk, action);
        let output = set(&disk, &disk.set(), action).unwrap();
        assert_eq!((output.changed, output.unchanged), (found.changing, found.unchanged));
        assert_ne!(tools::get(&disk.root), before);
        let output = restore(&disk, action, &found.before).unwrap();
        assert_eq!((output.changed, output.unchanged), (found.changing, 0), "{action:?}");
        assert_eq!(tools::get(&disk.root), before, "{action:?}");
        // And again: nothing to do.
        let output = restore(&disk, action, &found.before).unwrap();
        assert_eq!((output.changed, output.unchanged), (0, found.changing));
    }
}

#[test]
fn what_somebody_has_changed_since_is_left_so() {
    if !tools::are_here() {
        return;
    }
    let disk = Disk::new();
    let before = survey(&disk, Action::Grant).before;
    set(&disk, &disk.set(), Action::Grant).unwrap();
    tools::set(&["-m", "u:7:r"], &disk.set().join("table.dat"));
    fs::remove_file(disk.set().join("table.f0")).unwrap();
    let theirs = tools::get_one(&disk.set().join("table.dat"));
    let error = restore(&disk, Action::Grant, &before).unwrap_err();
    assert!(
        error.message.contains("table.dat: was changed by somebody since"),
        "{}",
        error.message
    );
    assert!(
        error.message.contains("3 restored, 0 were so already, 1 are gone"),
        "{}",
        error.message
    );
    assert_eq!(tools::get_one(&disk.set().join("table.dat")), theirs);
}

#[test]
fn a_record_that_leads_elsewhere_is_refused() {
    let disk = Disk::new();
    fs::write(disk.observation().join("other"), "x").unwrap();
    symlink("..", disk.set().join("up")).unwrap();
    for path in ["../other", "/etc/passwd", "./table.dat", "a//b", "up/other", "up", "ANTENNA/.."] {
        let before = format!(r#"[{{"mode":"0777","paths":["{path}"]}}]"#);
        let done = restore(&disk, Action::Grant, &before);
        assert!(
            done.is_err() || done == Ok(RestoreAclOutput { gone: 1, ..Default::default() }),
            "{path}: {done:?}"
        );
    }
    for wrong in [
        "",
        "{}",
        r#"[{"mode":"0999","paths":[]}]"#,
        r#"[{"mode":"0644","access":"x","paths":[""]}]"#,
    ] {
        assert_eq!(
            restore(&disk, Action::Grant, wrong).unwrap_err().kind,
            ErrorKind::Input,
            "{wrong}"
        );
    }
}

#[test]
fn the_file_is_read_as_it_was_written() {
    let target = |path: &str| UndoTarget {
        node: "node011".into(),
        path: path.into(),
        uid: 1001,
        before: r#"[{"mode":"0644","paths":["a b","\n"]}]"#.into(),
    };
    let file = UndoFile {
        user: "alice".into(),
        action: Action::Exclusive,
        run: "r".into(),
        targets: vec![target("/data1/x"), target("/data1/y\n'")],
    };
    let text = file.text().unwrap();
    assert_eq!(text.lines().count(), 3);
    assert_eq!(UndoFile::parse(&text).unwrap(), file);
    for (wrong, line) in [("", 1), ("x", 1), ("{}", 1), (&format!("{text}x"), 4)] {
        assert_eq!(UndoFile::parse(wrong).unwrap_err().line, line);
    }
    let newer = text.replace("\"version\":1", "\"version\":2");
    assert!(UndoFile::parse(&newer).unwrap_err().reason.contains("version 2"));
}
