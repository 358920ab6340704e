//! What is at the target already.

use super::*;
use crate::receive::{CopyState, Verify};
use ledama_base::operation::ErrorKind;

/// A field with a set on both sides; the target may then be changed.
fn both() -> Field {
    let field = Field::new();
    make_set(&field.source());
    field.copy(&field.input()).unwrap();
    field.cluster.next_run();
    field
}

/// Everything that could betray that the target was touched.
fn fingerprint(root: &Path) -> Vec<(OsString, i64, i64, u64)> {
    let mut prints = Vec::new();
    for name in portrait(root).into_keys() {
        let facts = fs::symlink_metadata(root.join(&name)).unwrap();
        prints.push((name, facts.ctime(), facts.ctime_nsec(), facts.ino()));
    }
    prints
}

#[test]
fn a_target_that_is_there_is_an_error_that_tells_what_to_do() {
    let field = both();
    let print = fingerprint(&field.target());
    let error = field.copy(&field.input()).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Exists);
    assert!(error.help.unwrap().contains("--resume"));
    assert_eq!(fingerprint(&field.target()), print);
    assert_eq!(field.beside(), ["set.MS"]);
}

#[test]
fn a_complete_target_is_accepted_and_not_touched() {
    let field = both();
    // Users may have changed modes meanwhile; that does not make it another set.
    fs::set_permissions(field.target().join("table.f1"), fs::Permissions::from_mode(0o640))
        .unwrap();
    let print = fingerprint(&field.target());
    for node in ["a", "b"] {
        for (resume, replace) in [(true, false), (false, true), (true, true)] {
            for verify in [Verify::Stream, Verify::Reread] {
                let input = CopyInput {
                    resume,
                    replace,
                    verify,
                    source_node: node.into(),
                    ..field.input()
                };
                let output = field.copy(&input).unwrap();
                assert_eq!(output.state, CopyState::AlreadyComplete);
                assert_eq!((output.files, output.sent_bytes), (43, 0));
                assert_eq!(output.digest.is_some(), verify == Verify::Reread);
                assert_eq!(fingerprint(&field.target()), print);
                assert_eq!(field.beside(), ["set.MS"]);
            }
        }
    }
}

#[test]
fn an_incomplete_target_is_replaced_only_if_asked() {
    type Change = fn(&Path);
    let changes: [(&str, Change); 6] = [
        ("1 missing", |p| fs::remove_file(p.join("SUB/f03")).unwrap()),
        ("1 different", |p| fs::write(p.join("table.f0"), noise(2 << 20, 1)).unwrap()),
        ("1 different", |p| {
            let content = noise(3 << 20, 8);
            fs::write(p.join("table.f0"), content).unwrap();
        }),
        ("1 additional", |p| fs::write(p.join("QUALITY/new"), "x").unwrap()),
        ("3 missing", |p| {
            fs::remove_dir_all(p.join("QUALITY")).unwrap();
            fs::remove_dir(p.join("SUB/empty")).unwrap();
        }),
        ("the set itself", |p| {
            fs::remove_dir_all(p).unwrap();
            fs::write(p, "a file").unwrap();
        }),
    ];
    for (what, change) in changes {
        let field = both();
        change(&field.target());
        let before = portrait(&field.target());
        let mut input = field.input();
        input.resume = true;
        let error = field.copy(&input).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Exists, "{what}");
        assert!(error.message.contains(what), "{what}: {}", error.message);
        assert!(error.help.unwrap().contains("--replace"));
        assert_eq!(portrait(&field.target()), before);
        assert_eq!(field.beside(), ["set.MS"]);
        input.replace = true;
        let output = field.copy(&input).unwrap();
        assert_eq!(output.state, CopyState::Copied);
        assert_eq!(portrait(&field.target()), portrait(&field.source()));
        assert_eq!(field.beside(), ["set.MS"]);
    }
}

#[test]
fn content_that_differs_behind_equal_facts_is_found_by_reading_it() {
    for (node, name) in [("a", "table.f0"), ("a", "SUB/f09"), ("b", "table.f0")] {
        let field = both();
        let path = field.target().join(name);
        let facts = fs::metadata(&path).unwrap();
        fs::write(&path, noise(usize::try_from(facts.len()).unwrap(), 77)).unwrap();
        dress(&path, facts.permissions().mode() & 0o7777, facts.mtime());
        let mut input = CopyInput { resume: true, source_node: node.into(), ..field.input() };
        assert_eq!(field.copy(&input).unwrap().state, CopyState::AlreadyComplete);
        input.verify = Verify::Reread;
        let error = field.copy(&input).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Exists);
        assert!(error.message.contains("content"), "{}", error.message);
        input.replace = true;
        assert_eq!(field.copy(&input).unwrap().state, CopyState::Copied);
        assert_eq!(portrait(&field.target()), portrait(&field.source()));
        assert_eq!(field.beside(), ["set.MS"]);
    }
}

#[test]
fn a_failed_replacement_leaves_the_old_one_where_it_was() {
    let field = both();
    fs::remove_file(field.target().join("table.f0")).unwrap();
    let before = portrait(&field.target());
    resume::cut(&field, 1 << 20);
    let input = CopyInput { replace: true, ..field.input() };
    assert_eq!(field.copy(&input).unwrap_err().kind, ErrorKind::Connection);
    assert_eq!(portrait(&field.target()), before);
    resume::mend(&field);
    field.copy(&input).unwrap();
    assert_eq!(portrait(&field.target()), portrait(&field.source()));
    assert_eq!(field.beside(), ["set.MS"]);
}

#[test]
fn links_in_the_place_of_the_target_are_replaced_not_followed() {
    for to in ["/nowhere at all", "elsewhere"] {
        let field = Field::new();
        make_set(&field.source());
        let elsewhere = field.place.path().join("to/elsewhere");
        fs::create_dir(&elsewhere).unwrap();
        fs::write(elsewhere.join("kept"), "x").unwrap();
        std::os::unix::fs::symlink(to, field.target()).unwrap();
        let mut input = CopyInput { resume: true, ..field.input() };
        assert_eq!(field.copy(&input).unwrap_err().kind, ErrorKind::Exists);
        input.replace = true;
        field.copy(&input).unwrap();
        assert_eq!(portrait(&field.target()), portrait(&field.source()));
        assert_eq!(fs::read_dir(&elsewhere).unwrap().count(), 1);
        assert_eq!(field.beside(), ["elsewhere", "set.MS"]);
    }
}

#[test]
fn a_set_is_not_copied_onto_into_or_around_itself() {
    let field = Field::new();
    make_set(&field.source());
    let before = portrait(&field.source());
    let alias = field.place.path().join("alias");
    std::os::unix::fs::symlink("from", &alias).unwrap();
    let from = field.place.path().join("from");
    for target in [
        field.source(),
        alias.join("set.MS"),
        field.source().join("inside"),
        alias.join("set.MS/SUB/deep/inside"),
        from.clone(),
        alias.clone(),
    ] {
        let mut input = field.input();
        (input.source_node, input.resume, input.replace) = ("b".into(), true, true);
        input.target = path_text(&target);
        let error = field.copy(&input).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Input, "{target:?}: {error:?}");
        assert_eq!(portrait(&field.source()), before);
    }
}

#[test]
fn a_plan_that_knew_another_source_is_not_carried_out() {
    let field = Field::new();
    make_set(&field.source());
    let mut input = field.input();
    input.expected.files = Some(43);
    input.expected.bytes = Some(7);
    let error = field.copy(&input).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Changed);
    assert!(error.message.contains("7 bytes were planned"), "{}", error.message);
    assert!(field.beside().is_empty());
    input.expected.bytes = None;
    field.copy(&input).unwrap();
}
