//! Tests of the guard: texts first, then real folders with links and mounts.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::os::unix::fs::symlink;
use std::process::Command;

use proptest::prelude::*;

use super::*;

fn guard(roots: &[&str]) -> Guard {
    Guard::new(roots).unwrap().with_home(None)
}

#[test]
fn texts_are_judged() {
    let guard = guard(&["/data1/users/grp", "/data2/users/grp/", "/data1/users/grp/L11111/own"]);
    let outside = || {
        Reason::Outside("/data1/users/grp, /data2/users/grp, /data1/users/grp/L11111/own".into())
    };
    let good = [
        "/data1/users/grp/L80897/L80897_SB001.MS",
        "/data2/users/grp/pipeline/L2013_80897_001/L80897_SB001.MS.dppp",
        "/data1/users/grp/L80897",
        "/data1/users/grp/me/L80897_001/a b;'\"$\n",
        "/data1/users/grp/L11111/own/L80897/x",
        "/data1/users/grp/L80897/...",
    ];
    for path in good {
        assert_eq!(guard.check_text(path), Ok(()), "{path}");
    }
    let bad = [
        ("", Reason::Relative),
        ("L80897/x", Reason::Relative),
        ("./data1/users/grp/L80897", Reason::Relative),
        ("/", Reason::NotPlain("an empty component")),
        ("//data1/users/grp/L80897", Reason::NotPlain("an empty component")),
        ("/data1/users/grp/L80897/", Reason::NotPlain("an empty component")),
        ("/data1/users/grp//L80897", Reason::NotPlain("an empty component")),
        ("/data1/users/grp/./L80897", Reason::NotPlain("a `.`")),
        ("/data1/users/grp/L80897/..", Reason::NotPlain("a `..`")),
        ("/data1/users/grp/L80897/../../x", Reason::NotPlain("a `..`")),
        ("/data1/users/grp/L80897\0", Reason::NotPlain("a NUL byte")),
        ("/data1", Reason::Root),
        ("/data1/users", Reason::Root),
        ("/data1/users/grp", Reason::Root),
        // A root is below this dataset.
        ("/data1/users/grp/L11111", Reason::Root),
        ("/data1/users/grp/L11111/own", Reason::Root),
        ("/data1/users/group/L80897", outside()),
        ("/data3/users/grp/L80897", outside()),
        ("/etc/passwd", outside()),
        ("/data1/users/grp/pipeline", Reason::NoDataset),
        ("/data1/users/grp/L80897_SB001.MS", Reason::NoDataset),
        ("/data1/users/grp/L1234/x", Reason::NoDataset),
        ("/data1/users/grp/LOFAR/x", Reason::NoDataset),
        // The dataset above the inner root does not count.
        ("/data1/users/grp/L11111/own/x", Reason::NoDataset),
    ];
    for (path, reason) in bad {
        assert_eq!(guard.check_text(path).unwrap_err().reason, reason, "{path}");
    }
    assert!(Guard::new(&["/"]).is_err() && Guard::new(&["data1"]).is_err());
    assert!(Guard::new(&["/data1/../x"]).is_err() && Guard::new(&[""]).is_err());
    assert!(Guard::new::<&str>(&[]).unwrap().check_text("/data1/L80897").is_err());
}

/// `root/L80897/x` and what else the tests need.
fn disk() -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("data1/users/grp");
    fs::create_dir_all(root.join("L80897/x")).unwrap();
    fs::create_dir_all(folder.path().join("other/L80897/x")).unwrap();
    let text = path_text(&root);
    (folder, text)
}

fn reason(guard: &Guard, path: &str) -> Reason {
    guard.check(path).unwrap_err().reason
}

#[test]
fn real_folders_are_judged() {
    let (_folder, root) = disk();
    let guard = guard(&[&root]);
    let path = format!("{root}/L80897/x");
    let approved = guard.check(&path).unwrap();
    assert_eq!(approved.real, fs::canonicalize(&path).unwrap());
    assert_eq!(reason(&guard, &format!("{root}/L80897/y")), Reason::Missing);
    assert_eq!(reason(&guard, &format!("{root}/L80898/y")), Reason::Missing);
    let missing = guard.check(&format!("{root}/L80897/y")).unwrap_err();
    assert_eq!(OperationError::from(missing).kind, ErrorKind::NotFound);
    let refused = guard.check(&root).unwrap_err();
    assert_eq!(OperationError::from(refused).kind, ErrorKind::Refused);
}

#[test]
fn links_among_the_parents_are_resolved() {
    let (folder, root) = disk();
    let guard = guard(&[&root]);
    // Out of the root.
    symlink(folder.path().join("other/L80897"), format!("{root}/L90001")).unwrap();
    assert!(matches!(
        reason(&guard, &format!("{root}/L90001/x")),
        Reason::Elsewhere { reason, .. } if matches!(*reason, Reason::Outside(_))
    ));
    // Back to the root, so that no dataset is left above.
    symlink(".", format!("{root}/L90002")).unwrap();
    fs::create_dir(format!("{root}/pipeline")).unwrap();
    assert!(matches!(
        reason(&guard, &format!("{root}/L90002/pipeline")),
        Reason::Elsewhere { reason, .. } if *reason == Reason::NoDataset
    ));
    // Above the root.
    symlink("../..", format!("{root}/L90003")).unwrap();
    assert!(matches!(
        reason(&guard, &format!("{root}/L90003/users")),
        Reason::Elsewhere { reason, .. } if *reason == Reason::Root
    ));
    // The last component may be any link: only the link is removed.
    let approved = guard.check(&format!("{root}/L90001")).unwrap();
    assert!(approved.real.ends_with("grp/L90001"));
    // A disk that is itself reached through a link is fine.
    symlink(folder.path().join("data1"), folder.path().join("data2")).unwrap();
    let linked = path_text(&folder.path().join("data2/users/grp"));
    let guard = super::tests::guard(&[&linked]);
    assert!(guard.check(&format!("{linked}/L80897/x")).is_ok());
}

#[test]
fn the_home_folder_is_safe() {
    let (_folder, root) = disk();
    let home = PathBuf::from(format!("{root}/L80897/x/home"));
    fs::create_dir(&home).unwrap();
    let guard = guard(&[&root]).with_home(Some(home));
    for path in ["L80897", "L80897/x", "L80897/x/home"] {
        assert_eq!(reason(&guard, &format!("{root}/{path}")), Reason::Home);
    }
    fs::create_dir(format!("{root}/L80897/x/home/data")).unwrap();
    assert!(guard.check(&format!("{root}/L80897/x/home/data")).is_ok());
}

/// Runs itself again in a mount namespace of its own, where anybody may mount.
#[test]
fn mount_points_are_safe() {
    const ROOT: &str = "LEDAMA_TEST_GUARD_ROOT";
    if let Ok(root) = std::env::var(ROOT) {
        return mounted_folders_are_refused(&root);
    }
    let (_folder, root) = disk();
    fs::create_dir(format!("{root}/L80897/x/disk")).unwrap();
    let possible = Command::new("unshare").args(["-rm", "true"]).status();
    if !possible.is_ok_and(|status| status.success()) {
        eprintln!("skipped: no mount namespaces here");
        return;
    }
    let output = Command::new("unshare")
        .arg("-rm")
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "guard::tests::mount_points_are_safe"])
        .env(ROOT, &root)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("1 passed"), "{output:?}");
}

fn mounted_folders_are_refused(root: &str) {
    let disk = format!("{root}/L80897/x/disk");
    let mounted = Command::new("mount").args(["-t", "tmpfs", "none", &disk]).status().unwrap();
    assert!(mounted.success());
    fs::create_dir(format!("{disk}/data")).unwrap();
    let guard = guard(&[root]);
    for path in ["L80897", "L80897/x", "L80897/x/disk"] {
        assert!(matches!(reason(&guard, &format!("{root}/{path}")), Reason::Mount(_)), "{path}");
    }
    assert!(guard.check(&format!("{disk}/data")).is_ok());
}

proptest! {
    #[test]
    fn nothing_outside_is_ever_approved(
        parts in proptest::collection::vec(
            prop_oneof![
                Just("data1"), Just("users"), Just("grp"), Just(""), Just("."), Just(".."),
                Just("L80897"), Just("L2013_80897_001"), Just("pipeline"), Just("x\n;"), Just("L1"),
            ], 0..8),
        absolute: bool,
        inside: bool,
    ) {
        let guard = guard(&["/data1/users/grp"]);
        let front = match (absolute, inside) {
            (_, true) => "/data1/users/grp/",
            (true, false) => "/",
            (false, false) => "",
        };
        let path = format!("{front}{}", parts.join("/"));
        if guard.check_text(&path).is_ok() {
            let rest = path.strip_prefix("/data1/users/grp/").expect("inside");
            prop_assert!(rest.split('/').all(|c| !["", ".", ".."].contains(&c)));
            prop_assert!(rest.split('/').any(|c| c == "L80897" || c == "L2013_80897_001"));
        } else {
            // And nothing that is all right is refused.
            let rest = path.strip_prefix("/data1/users/grp/").unwrap_or("..");
            let plain = rest.split('/').all(|c| !["", ".", ".."].contains(&c));
            prop_assert!(!plain || !rest.split('/').any(|c| c.starts_with("L80897") || c.starts_with("L2013")));
        }
    }

    #[test]
    fn no_text_is_approved_by_chance(path: String) {
        prop_assert!(guard(&["/data1/users/grp"]).check_text(&path).is_err());
    }
}
