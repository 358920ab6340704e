//! Whatever the roots, the links and the path: what must be safe is safe.
//!
//! Trees, data roots, homes and paths are made at random and each path is
//! judged on real folders; what the guard lets through is then looked at by
//! other means than its own.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::os::unix::fs::symlink;
use std::process::Command;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

use super::*;

/// Few names, so that paths, roots and links meet.
fn name() -> impl Strategy<Value = &'static str> {
    prop_oneof![
        3 => Just("L80897"),
        2 => Just("L2013_80897_001"),
        2 => Just("data"),
        1 => Just("pipeline"),
        1 => Just("x y"),
        1 => Just("home"),
    ]
}

/// A path below the folder of the test, and how it is written.
#[derive(Debug, Clone)]
enum Written {
    /// As it is.
    Plain(Vec<&'static str>),
    /// One of the folders that were made, or one above it by so many steps.
    Made(Index, usize),
    /// Below a root.
    Below(Index, Vec<&'static str>),
    /// With something at a place that no approved path has.
    Odd(Vec<&'static str>, Index, &'static str),
    /// Without the slash it should begin with.
    Relative(Vec<&'static str>),
    /// One of the roots, or one above it by so many steps.
    Root(Index, usize),
    /// The home folder, or above it.
    Home(usize),
    /// Far outside.
    Far(&'static str),
}

fn written() -> impl Strategy<Value = Written> {
    let names = || vec(name(), 0..6);
    prop_oneof![
        1 => names().prop_map(Written::Plain),
        6 => (any::<Index>(), 0_usize..4).prop_map(|(made, up)| Written::Made(made, up)),
        3 => (any::<Index>(), names()).prop_map(|(root, names)| Written::Below(root, names)),
        3 => (names(), any::<Index>(), prop_oneof![Just(".."), Just("."), Just(""), Just("\0")])
            .prop_map(|(names, at, odd)| Written::Odd(names, at, odd)),
        1 => names().prop_map(Written::Relative),
        2 => (any::<Index>(), 0_usize..8).prop_map(|(root, up)| Written::Root(root, up)),
        1 => (0_usize..8).prop_map(Written::Home),
        1 => prop_oneof![
            Just("/"), Just("//"), Just(""), Just("."), Just(".."), Just("~"), Just("/etc"),
            Just("/proc"), Just("/tmp"), Just("/L80897"), Just("/etc/L80897/passwd"),
        ].prop_map(Written::Far),
    ]
}

/// A folder with links in it.
#[derive(Debug, Clone)]
struct World {
    /// From the top.
    folders: Vec<Vec<&'static str>>,
    /// Below roots.
    inside: Vec<(Index, Vec<&'static str>)>,
    /// A link with that name in one folder that leads to another one.
    links: Vec<(Index, &'static str, Index, bool)>,
    roots: Vec<Vec<&'static str>>,
    home: Vec<&'static str>,
}

fn world() -> impl Strategy<Value = World> {
    let path = || vec(name(), 1..5);
    let inside = (any::<Index>(), path());
    let link = (any::<Index>(), name(), any::<Index>(), any::<bool>());
    (vec(path(), 0..4), vec(inside, 1..8), vec(link, 0..5), vec(vec(name(), 1..4), 1..3), path())
        .prop_map(|(folders, inside, links, roots, home)| World {
            folders,
            inside,
            links,
            roots,
            home,
        })
}

impl World {
    fn root(&self, top: &Path, at: Index) -> PathBuf {
        join(top, &self.roots[at.index(self.roots.len())])
    }

    /// All folders that are made for paths to lead to.
    fn made(&self, top: &Path) -> Vec<PathBuf> {
        let inside = self.inside.iter().map(|(root, names)| join(&self.root(top, *root), names));
        self.folders.iter().map(|names| join(top, names)).chain(inside).collect()
    }

    /// Makes it; what cannot be made is left out.
    fn make(&self, top: &Path) {
        let made = self.made(top);
        let others = self.roots.iter().chain([&self.home]).map(|names| join(top, names));
        for folder in made.iter().cloned().chain(others) {
            let _ = fs::create_dir_all(folder);
        }
        for (place, name, target, relative) in &self.links {
            let place = &made[place.index(made.len())];
            let target = made[target.index(made.len())].clone();
            let target = if *relative {
                let up = place.strip_prefix(top).map_or(0, |inner| inner.components().count());
                let inner = target.strip_prefix(top).unwrap().to_path_buf();
                Path::new(&"../".repeat(up)).join(inner)
            } else {
                target
            };
            let _ = symlink(target, place.join(format!("{name}.l")));
            let _ = symlink("/", place.join("slash"));
            // In the place of a folder that is not there.
            let _ = symlink(place.join(format!("{name}.l")), place.join(name));
        }
    }

    fn text(&self, top: &Path, written: &Written) -> String {
        let plain = |names: &[&str]| path_text(&join(top, names));
        match written {
            Written::Plain(names) => plain(names),
            Written::Odd(names, at, odd) => {
                let mut all: Vec<&str> = names.clone();
                all.insert(at.index(all.len() + 1), odd);
                format!("{}/{}", path_text(top), all.join("/"))
            }
            Written::Relative(names) => names.join("/"),
            Written::Made(made, up) => {
                let all = self.made(top);
                above(&all[made.index(all.len())], *up)
            }
            Written::Below(root, names) => path_text(&join(&self.root(top, *root), names)),
            Written::Root(root, up) => above(&self.root(top, *root), *up),
            Written::Home(up) => above(&join(top, &self.home), *up),
            Written::Far(text) => (*text).to_string(),
        }
    }
}

fn join(top: &Path, names: &[&str]) -> PathBuf {
    names.iter().fold(top.to_path_buf(), |path, name| path.join(name))
}

fn above(path: &Path, up: usize) -> String {
    path_text(path.ancestors().nth(up).unwrap_or(Path::new("/")))
}

/// Where the entry itself is, links among the folders above it resolved.
fn place_of(path: &Path) -> PathBuf {
    path.parent().unwrap().canonicalize().unwrap().join(path.file_name().unwrap())
}

/// What must hold for a path that may be deleted, found out without the guard.
fn must_hold(
    approved: &Approved,
    text: &str,
    roots: &[PathBuf],
    home: &Path,
    mounted: Option<&Mounted>,
) -> Result<(), TestCaseError> {
    prop_assert!(text.starts_with('/') && text != "/");
    let parts: Vec<&str> = text[1..].split('/').collect();
    prop_assert!(parts.iter().all(|part| !["", ".", ".."].contains(part)), "{text:?}");
    prop_assert!(!text.contains('\0'));
    let path = text_path(text);
    prop_assert_eq!(&approved.path, &path);
    let place = place_of(&path);
    prop_assert_eq!(&approved.real, &place);

    // Nothing that is to stay is there or below, by any of its names.
    let mut safe: Vec<PathBuf> = vec!["/".into(), home.into()];
    safe.extend(roots.iter().cloned());
    safe.extend(mounted.map(|mounted| mounted.0.clone()));
    let real: Vec<PathBuf> = safe.iter().filter_map(|p| p.canonicalize().ok()).collect();
    for stays in safe.iter().chain(&real) {
        prop_assert!(!stays.starts_with(&place), "{stays:?} is in {place:?}");
        prop_assert!(!stays.starts_with(&path), "{stays:?} is in {path:?}");
    }
    // A mount point is where the device of a folder and of the one above differ.
    let device = |path: &Path| fs::symlink_metadata(path).unwrap().dev();
    prop_assert_eq!(device(&place), device(place.parent().unwrap()));

    // It is in a root, and there in an observation folder, by its text and really.
    let in_dataset = |place: &Path, roots: &[PathBuf]| {
        roots.iter().filter_map(|root| place.strip_prefix(root).ok()).any(|rest| {
            rest.components().any(|c| c.as_os_str().to_str().is_some_and(is_dataset_name))
        })
    };
    prop_assert!(in_dataset(&path, roots), "{path:?} in {roots:?}");
    let real_roots: Vec<PathBuf> = roots.iter().filter_map(|r| r.canonicalize().ok()).collect();
    prop_assert!(in_dataset(&place, &real_roots), "{place:?} in {real_roots:?}");
    Ok(())
}

/// A file system that is mounted on one of the folders, where that is possible.
struct Mounted(PathBuf);

impl Mounted {
    fn new(made: &[PathBuf], at: Index) -> Option<Self> {
        std::env::var_os(MOUNTS)?;
        let place = made[at.index(made.len())].canonicalize().ok()?;
        let mount = Command::new("mount").args(["-t", "tmpfs", "none"]).arg(&place).status();
        assert!(mount.unwrap().success());
        fs::create_dir_all(place.join("L80897/data")).unwrap();
        Some(Self(place))
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0).status();
    }
}

/// Set where this process has a mount namespace of its own.
const MOUNTS: &str = "LEDAMA_TEST_GUARD_MOUNTS";

/// The property again, with a file system mounted somewhere.
#[test]
fn mount_points_are_never_approved() {
    let possible = Command::new("unshare").args(["-rm", "true"]).status();
    if !possible.is_ok_and(|status| status.success()) {
        eprintln!("skipped: no mount namespaces here");
        return;
    }
    let output = Command::new("unshare")
        .arg("-rm")
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "guard::hostile_tests::nothing_that_must_stay_is_ever_approved"])
        .env(MOUNTS, "1")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("1 passed"), "{output:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(120))]

    #[test]
    fn nothing_that_must_stay_is_ever_approved(
        world in world(),
        paths in vec(written(), 1..12),
        missing in vec(name(), 1..4),
        mount in any::<Index>(),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let top = folder.path().canonicalize().unwrap();
        world.make(&top);
        let mounted = Mounted::new(&world.made(&top), mount);
        let mut roots: Vec<PathBuf> = world.roots.iter().map(|names| join(&top, names)).collect();
        // One that this host does not have.
        roots.push(join(&top.join("elsewhere"), &missing));
        let home = join(&top, &world.home);
        let texts: Vec<String> = roots.iter().map(|root| path_text(root)).collect();
        let guard = Guard::new(&texts).unwrap().with_home(Some(home.clone()));
        for written in &paths {
            let text = world.text(&top, written);
            // Also with what the links of the world are called.
            for text in [text.clone(), format!("{text}.l"), format!("{text}/slash"), format!("{text}/slash/tmp")] {
                if let Ok(approved) = guard.check(&text) {
                    must_hold(&approved, &text, &roots, &home, mounted.as_ref())?;
                    prop_assert!(guard.check_text(&text).is_ok());
                }
            }
        }
        let mounts = mounted.as_ref().map(|mounted| &mounted.0);
        for stays in roots.iter().chain([&home]).chain(mounts) {
            for above in stays.ancestors() {
                prop_assert!(guard.check(&path_text(above)).is_err(), "{above:?}");
                if let Ok(real) = above.canonicalize() {
                    prop_assert!(guard.check(&path_text(&real)).is_err(), "{real:?}");
                }
            }
        }
    }
}

/// The property is not true for want of anything that is approved.
#[test]
fn much_is_approved_all_the_same() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut approved = 0;
    for _ in 0..200 {
        let make = |runner: &mut _| {
            let tree = (world(), vec(written(), 8..9)).new_tree(runner).unwrap();
            proptest::strategy::ValueTree::current(&tree)
        };
        let (world, paths) = make(&mut runner);
        let folder = tempfile::tempdir().unwrap();
        let top = folder.path().canonicalize().unwrap();
        world.make(&top);
        let roots: Vec<String> =
            world.roots.iter().map(|names| path_text(&join(&top, names))).collect();
        let guard = Guard::new(&roots).unwrap().with_home(Some(join(&top, &world.home)));
        approved += paths.iter().filter(|w| guard.check(&world.text(&top, w)).is_ok()).count();
    }
    assert!(approved > 40, "only {approved} of 1600 paths were approved");
}
