#![allow(clippy::unwrap_used, clippy::expect_used)]

mod judged;
mod tools;
mod tree;
mod undo;

use super::{Acl, Action, Change, State};

fn acl(text: &str) -> Acl {
    text.parse().unwrap()
}

/// What a change for user 1001 makes of this mode and lists.
fn changed(action: Action, mode: u32, access: &str, default: &str, folder: bool) -> State {
    let list = |text: &str| (!text.is_empty()).then(|| acl(text));
    let before = State { mode, access: list(access), default: list(default) };
    Change { uid: 1001, action }.apply(&before, folder)
}

fn shown(state: &State) -> (u32, String, String) {
    let text = |acl: &Option<Acl>| acl.as_ref().map(ToString::to_string).unwrap_or_default();
    (state.mode, text(&state.access), text(&state.default))
}

#[test]
fn a_data_file_is_not_executable_for_the_user() {
    let after = changed(Action::Grant, 0o644, "", "", false);
    let list = "u::rw-,u:1001:rw-,g::r--,m::rw-,o::r--";
    assert_eq!(shown(&after), (0o664, list.into(), String::new()));
    let after = changed(Action::Grant, 0o755, "", "", false);
    assert_eq!(after.access, Some(acl("u::rwx,u:1001:rwx,g::r-x,m::rwx,o::r-x")));
}

#[test]
fn folders_pass_it_on() {
    let after = changed(Action::Grant, 0o2750, "", "", true);
    let list = "u::rwx,u:1001:rwx,g::r-x,m::rwx,o::---";
    assert_eq!(shown(&after), (0o2770, list.into(), list.into()));
    // What they pass on already stays.
    let before = "u::rwx,g::rwx,g:7:r--,m::r--,o::---";
    let after = changed(Action::Grant, 0o750, "", before, true);
    assert_eq!(after.default, Some(acl("u::rwx,u:1001:rwx,g::rwx,g:7:r--,m::rwx,o::---")));
}

#[test]
fn alone_means_that_others_only_look() {
    let before = "u::r--,u:7:rwx,g::rwx,m::rwx,o::---";
    let after = changed(Action::Exclusive, 0o470, before, before, true);
    let list = "u::rwx,u:1001:rwx,g::r-x,m::rwx,o::r-x";
    assert_eq!(shown(&after), (0o775, list.into(), list.into()));
    let after = changed(Action::Exclusive, 0o600, "", "", false);
    assert_eq!(after.access, Some(acl("u::rw-,u:1001:rw-,g::r--,m::rw-,o::r--")));
}

#[test]
fn what_was_given_can_be_taken_back() {
    let given = changed(Action::Grant, 0o640, "", "", false);
    let back = Change { uid: 1001, action: Action::Revoke }.apply(&given, false);
    assert_eq!(shown(&back), (0o640, String::new(), String::new()));
    // Others keep theirs.
    let before = "u::rw-,u:7:r--,u:1001:rw-,g::---,m::rw-,o::---";
    let after = changed(Action::Revoke, 0o660, before, "", false);
    assert_eq!(shown(&after), (0o640, "u::rw-,u:7:r--,g::---,m::r--,o::---".into(), String::new()));
    // Of somebody who has nothing nothing is taken, the mask included.
    let before = "u::rw-,u:7:rw-,g::r--,m::---,o::---";
    let after = changed(Action::Revoke, 0o600, before, "", false);
    assert_eq!(after.access, Some(acl(before)));
}

#[test]
fn every_change_done_twice_is_done_once() {
    for action in [Action::Grant, Action::Exclusive, Action::Revoke] {
        for (mode, folder) in [(0o600, false), (0o711, false), (0o2750, true)] {
            let list = "u::rwx,u:7:r-x,g::---,g:8:-w-,m::--x,o::r--";
            for access in ["", list] {
                let once = changed(action, mode, access, if folder { list } else { "" }, folder);
                assert_eq!(Change { uid: 1001, action }.apply(&once, folder), once);
            }
        }
    }
}

#[test]
fn texts_that_are_no_lists_are_refused() {
    for text in [
        "",
        "u::rwx",
        "u::rwx,g::r-x,o::rw",
        "u::rwx,g::r-x,o::r-x,u:7:rwx",
        "u::rwx,u::r--,g::---,o::---",
    ] {
        assert!(text.parse::<Acl>().is_err(), "{text}");
    }
}
