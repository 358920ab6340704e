//! `setfacl` judges each change on entries with any lists.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use ledama_base::operation::Operation;
use ledama_base::rawtext::path_text;
use proptest::prelude::*;

use super::tools;
use crate::acl::{Action, SetAcl, SetAclInput};
use crate::testing::{Alone, Disk, mode, set_mode};

const USER: u32 = 1001;

/// Entries of a list besides the base ones, as `setfacl -m` takes them.
fn entries() -> impl Strategy<Value = String> {
    let named = prop_oneof![
        (prop_oneof![Just("u:7"), Just("u:1001"), Just("g:7"), Just("g:8")], may()),
        (prop_oneof![Just("u:"), Just("g:"), Just("o:")], may()),
    ];
    let named = named.prop_map(|(who, may)| format!("{who}:{may}"));
    let mask = prop::option::of(may().prop_map(|may| format!("m::{may}")));
    (prop::collection::vec(named, 0..5), mask)
        .prop_map(|(named, mask)| named.into_iter().chain(mask).collect::<Vec<_>>().join(","))
}

fn may() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["---", "r--", "rw-", "r-x", "rwx", "-w-", "--x"])
}

fn prepare(path: &Path, bits: u32, access: &str, default: &str, folder: bool) {
    if folder {
        fs::create_dir(path).unwrap();
    } else {
        fs::write(path, "x").unwrap();
    }
    set_mode(path, bits);
    if !access.is_empty() {
        tools::set(&["-m", access], path);
    }
    if folder && !default.is_empty() {
        tools::set(&["-d", "-m", default], path);
    }
}

fn judge(path: &Path, action: Action, folder: bool) {
    match action {
        Action::Grant => {
            // Where nobody can execute, it must not matter that the mask alone forbids it.
            let masked = !folder && mode(path) & 0o111 == 0;
            tools::set(&["-m", &format!("u:{USER}:{}", if masked { "rw" } else { "rwX" })], path);
            if folder {
                tools::set(&["-d", "-m", &format!("u:{USER}:rwX")], path);
            }
            if masked {
                tools::set(&["-m", "m::rw"], path);
            }
        }
        Action::Exclusive => {
            // It has no X for a whole new list, so that is decided here.
            let x = if folder || mode(path) & 0o111 != 0 { 'x' } else { '-' };
            let list = format!("u::rw{x},u:{USER}:rw{x},g::r-{x},m::rw{x},o::r-{x}");
            tools::set(&["--set", &list], path);
            if folder {
                tools::set(&["-d", "--set", "u::rwx,u:1001:rwx,g::r-x,m::rwx,o::r-x"], path);
            }
        }
        Action::Revoke => unreachable!("judged by what is left to others"),
    }
}

/// What each class can do in fact, by the class, without those of the user.
fn rights(path: &Path) -> BTreeMap<String, String> {
    let text = tools::get_one(path);
    let mask = |prefix: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(&format!("{prefix}mask::")));
        line.unwrap_or("rwx").to_string()
    };
    let mut rights = BTreeMap::new();
    for line in text.lines().filter(|line| !line.is_empty() && !line.contains("mask::")) {
        let (who, may) = line.rsplit_once(':').unwrap();
        let (prefix, class) = match who.strip_prefix("default:") {
            Some(class) => ("default:", class),
            None => ("", who),
        };
        let limited = class != "user:" && class != "other:";
        let mask = if limited { mask(prefix) } else { "rwx".to_string() };
        let may =
            may.chars().zip(mask.chars()).map(|(a, b)| if b == '-' { b } else { a }).collect();
        if class != format!("user:{USER}") {
            rights.insert(who.to_string(), may);
        }
    }
    rights
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn each_change_is_that_of_the_judge(
        bits in 0_u32..0o10000,
        access in entries(),
        default in entries(),
        folder: bool,
        action in prop::sample::select(vec![Action::Grant, Action::Exclusive]),
    ) {
        if !tools::are_here() {
            return Ok(());
        }
        let disk = Disk::new();
        let ours = disk.observation().join("ours");
        let theirs = disk.observation().join("theirs");
        for path in [&ours, &theirs] {
            prepare(path, bits, &access, &default, folder);
        }
        let before = tools::get_one(&ours);
        judge(&theirs, action, folder);
        let input =
            SetAclInput { path: path_text(&ours), roots: disk.roots(), uid: USER, action };
        let output = SetAcl.run(input.clone(), &Alone::default()).unwrap();
        let after = tools::get_one(&ours);
        prop_assert_eq!(&after, &tools::get_one(&theirs), "{:?} of\n{}", action, before);
        prop_assert_eq!(mode(&ours), mode(&theirs));
        prop_assert_eq!(output.changed == 1, after != before);
        let again = SetAcl.run(input, &Alone::default()).unwrap();
        prop_assert_eq!((again.changed, again.unchanged), (0, 1));
    }

    #[test]
    fn what_is_taken_from_one_is_given_to_nobody(
        bits in 0_u32..0o10000,
        access in entries(),
        default in entries(),
        folder: bool,
    ) {
        if !tools::are_here() {
            return Ok(());
        }
        let disk = Disk::new();
        let path = disk.observation().join("ours");
        prepare(&path, bits, &access, &default, folder);
        let (before, all) = (rights(&path), tools::get_one(&path));
        let action = Action::Revoke;
        let input =
            SetAclInput { path: path_text(&path), roots: disk.roots(), uid: USER, action };
        SetAcl.run(input, &Alone::default()).unwrap();
        let after = tools::get_one(&path);
        prop_assert!(!after.contains(&format!("user:{USER}:")), "{}", after);
        prop_assert_eq!(rights(&path), before, "\n{} to\n{}", all, after);
        prop_assert_eq!(mode(&path) & 0o7000, bits & 0o7000);
        if !all.contains(&format!("user:{USER}:")) {
            prop_assert_eq!(after, all);
        }
    }
}
