#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs;

use super::*;
use crate::testing::Alone;

fn run(input: SizesInput) -> Vec<SetSize> {
    Sizes.run(input, &Alone::default()).unwrap().paths
}

#[test]
fn what_is_there_and_what_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let set = folder.path().join("a b\n.MS");
    fs::create_dir(&set).unwrap();
    fs::write(set.join("x"), [0; 1000]).unwrap();
    let there = rawtext::path_text(&set);
    let gone = rawtext::path_text(&folder.path().join("gone/x.MS"));
    let sizes = run(SizesInput { paths: vec![there.clone(), gone.clone()], ..Default::default() });
    assert_eq!((sizes[0].path.as_str(), sizes[0].exists), (there.as_str(), true));
    assert_eq!((sizes[0].apparent_bytes, sizes[0].files), (1000, 1));
    assert_eq!((sizes[1].exists, sizes[1].size_bytes, &sizes[1].error), (false, 0, &None));
}

#[test]
fn half_made_copies_are_measured_apart() {
    let folder = tempfile::tempdir().unwrap();
    let part = folder.path().join(".x.MS.ledama-part-run1");
    fs::create_dir(&part).unwrap();
    fs::write(part.join("f"), [0; 700]).unwrap();
    fs::write(folder.path().join(".y.MS.ledama-part-run1"), [0; 5]).unwrap();
    let paths = vec![rawtext::path_text(&folder.path().join("x.MS"))];
    let without = run(SizesInput { paths: paths.clone(), ..Default::default() });
    let with = run(SizesInput { paths, parts: true, ..Default::default() });
    assert_eq!((without[0].part_bytes, with[0].part_bytes, with[0].exists), (0, 700, false));
}

#[test]
fn two_looks_find_no_growth_in_what_rests() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("x.tar"), [0; 10]).unwrap();
    let paths = vec![rawtext::path_text(&folder.path().join("x.tar"))];
    let sizes = run(SizesInput { paths, again_after_s: Some(0), ..Default::default() });
    assert_eq!(sizes[0].growth_bytes, 0);
    assert!(sizes[0].elapsed_s > 0.0);
}

#[test]
fn a_link_to_a_set_has_the_size_of_the_set() {
    let folder = tempfile::tempdir().unwrap();
    let set = folder.path().join("x.MS");
    fs::create_dir(&set).unwrap();
    fs::write(set.join("f"), [0; 700]).unwrap();
    std::os::unix::fs::symlink(&set, folder.path().join("y.MS")).unwrap();
    let paths = vec![rawtext::path_text(&folder.path().join("y.MS"))];
    let sizes = run(SizesInput { paths, ..Default::default() });
    assert_eq!(sizes[0].apparent_bytes, 700);
}
