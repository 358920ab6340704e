#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::os::unix::fs::symlink;

use super::*;

struct Tree(tempfile::TempDir);

impl Tree {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn set(&self, name: &str) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.join("ANTENNA")).unwrap();
        fs::write(path.join("table.dat"), "x").unwrap();
        fs::write(path.join("ANTENNA/table.dat"), "x").unwrap();
        path
    }

    fn file(&self, name: &str) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, "x").unwrap();
        path
    }

    fn search(&self, search: Search) -> Discovery {
        discover(&[self.0.path().to_path_buf()], search, &|| false)
    }

    fn names(&self, search: Search) -> Vec<String> {
        let base = self.0.path();
        self.search(search)
            .found
            .iter()
            .map(|f| rawtext::path_text(f.path.strip_prefix(base).unwrap()))
            .collect()
    }
}

const BOTH: Search =
    Search { wanted: Wanted::Both, loose: false, follow_links: false, unseen: false };

#[test]
fn sets_and_packed_files_are_told_apart() {
    let tree = Tree::new();
    tree.set("L80897/L80897_SAP000_SB000_uv.MS");
    tree.set("pipeline/L80897_001/L80897_SAP000_SB000_uv.MS.dppp");
    tree.file("pipeline/L80897_002/L80897_SAP000_SB000_uv.MS.dppp.tar");
    tree.file("L80897/L80897_SAP000_SB001_uv.MS.bvf");
    tree.file("L80897/L80897_SAP000_SB001_uv.MS.txt");
    tree.file("L80897/README sb.tar.gz");
    assert_eq!(
        tree.names(Search::default()),
        ["L80897/L80897_SAP000_SB000_uv.MS", "pipeline/L80897_001/L80897_SAP000_SB000_uv.MS.dppp"]
    );
    let packed = Search { wanted: Wanted::Packed, ..BOTH };
    assert_eq!(
        tree.names(packed),
        [
            "L80897/L80897_SAP000_SB001_uv.MS.bvf",
            "pipeline/L80897_002/L80897_SAP000_SB000_uv.MS.dppp.tar"
        ]
    );
    assert_eq!(tree.names(BOTH).len(), 4);
}

#[test]
fn the_walk_stops_at_a_set() {
    let tree = Tree::new();
    let outer = tree.set("L80897_SB000.MS");
    fs::create_dir_all(outer.join("inner_SB001.MS")).unwrap();
    fs::write(outer.join("inner_SB001.MS/table.dat"), "x").unwrap();
    assert_eq!(tree.names(BOTH), ["L80897_SB000.MS"]);
}

#[test]
fn a_damaged_set_is_listed_with_its_problem() {
    let tree = Tree::new();
    fs::create_dir_all(tree.path("L80897_SB000.MS")).unwrap();
    fs::create_dir_all(tree.path("L80897_SB001.MS/table.dat")).unwrap();
    let empty = tree.set("L80897_SB002.MS");
    fs::write(empty.join("table.dat"), "").unwrap();
    let problems: Vec<_> =
        tree.search(BOTH).found.into_iter().map(|f| f.problem.unwrap()).collect();
    assert_eq!(
        problems,
        [
            "no table: table.dat is missing",
            "no table: table.dat is no file",
            "no table: table.dat is empty"
        ]
    );
}

#[test]
fn links_count_once_and_loops_end() {
    let tree = Tree::new();
    let set = tree.set("a/L80897_SB000.MS");
    symlink(&set, tree.path("a/L80897_SB001.MS")).unwrap();
    symlink("/nowhere/at/all", tree.path("a/L80897_SB002.MS")).unwrap();
    symlink("..", tree.path("a/loop")).unwrap();
    symlink("self", tree.path("a/self")).unwrap();
    symlink(tree.path("a"), tree.path("0")).unwrap();
    let seen = tree.search(BOTH);
    assert_eq!(tree.names(BOTH), ["a/L80897_SB000.MS", "a/L80897_SB001.MS"]);
    assert_eq!(seen.warnings.len(), 1);
    assert!(seen.warnings[0].ends_with("L80897_SB002.MS: link to nothing"), "{:?}", seen.warnings);
    // Following links ends as well, and shows nothing by a detour.
    let followed = tree.names(Search { follow_links: true, ..BOTH });
    assert_eq!(followed, ["a/L80897_SB000.MS", "a/L80897_SB001.MS"]);
}

#[test]
fn a_link_to_a_folder_of_sets_is_followed_when_asked() {
    let elsewhere = Tree::new();
    elsewhere.set("L80897_SB000.MS");
    let tree = Tree::new();
    symlink(elsewhere.0.path(), tree.path("more")).unwrap();
    assert!(tree.names(BOTH).is_empty());
    assert_eq!(tree.names(Search { follow_links: true, ..BOTH }), ["more/L80897_SB000.MS"]);
}

#[test]
fn unfinished_copies_and_pipes_are_left_out() {
    let tree = Tree::new();
    tree.set(".L80897_SB000.MS.ledama-part-x_SB000.MS");
    tree.set("L80897_SB001.MS.part");
    tree.file(".L80897_SB002.MS.tar.Xa81b2");
    rustix::fs::mkfifoat(
        rustix::fs::CWD,
        tree.path("pipe_SB413.tar"),
        rustix::fs::Mode::from_raw_mode(0o600),
    )
    .unwrap();
    assert!(tree.names(BOTH).is_empty());
}

#[test]
fn odd_names_are_found() {
    let tree = Tree::new();
    let names = [
        "-L44833_SAP000_SB224_uv.MS",
        "L44833_SAP000_SB220 uv copy.MS",
        "l_sb210_uv.ms",
        "L_SB229_new\nline.MS",
    ];
    for name in names {
        tree.set(name);
    }
    let mut wanted: Vec<_> = names.iter().map(ToString::to_string).collect();
    wanted.sort();
    assert_eq!(tree.names(Search::default()), wanted);
}

#[test]
fn loose_takes_tables_without_a_sub_band() {
    let tree = Tree::new();
    tree.set("calibrator_3C196.MS");
    fs::create_dir_all(tree.path("notes.ms")).unwrap();
    assert!(tree.names(BOTH).is_empty());
    assert_eq!(tree.names(Search { loose: true, ..BOTH }), ["calibrator_3C196.MS"]);
}

#[test]
fn the_same_folder_twice_or_inside_another_gives_no_duplicates() {
    let tree = Tree::new();
    let set = tree.set("a/L80897_SB000.MS");
    let folders = [tree.path("a"), tree.path("a/"), tree.path(""), set.clone()];
    let seen = discover(&folders, BOTH, &|| false);
    assert_eq!(seen.found.len(), 1);
    let itself = discover(&[set], BOTH, &|| false);
    assert_eq!(itself.found.len(), 1);
}

#[test]
fn a_folder_named_twice_is_found_although_a_link_or_a_set_is_in_between() {
    let elsewhere = Tree::new();
    elsewhere.set("L80897_SB000.MS");
    let tree = Tree::new();
    symlink(elsewhere.0.path(), tree.path("linked")).unwrap();
    let outer = tree.set("L80897_SB001.MS");
    fs::create_dir_all(outer.join("SB002.MS")).unwrap();
    fs::write(outer.join("SB002.MS/table.dat"), "x").unwrap();
    let folders = [tree.path(""), tree.path("linked"), outer.join("SB002.MS")];
    let found = discover(&folders, BOTH, &|| false).found;
    let found: Vec<_> = found
        .iter()
        .map(|f| f.path.strip_prefix(tree.0.path()).unwrap().to_str().unwrap())
        .collect();
    assert_eq!(found, ["L80897_SB001.MS", "L80897_SB001.MS/SB002.MS", "linked/L80897_SB000.MS"]);
}

#[test]
fn an_unusual_name_needs_a_table_and_is_searched_otherwise() {
    let tree = Tree::new();
    tree.set("all of SB000.ms/L80897_SB000.MS");
    tree.file("more SB001.ms/L80897_SB001.MS.tar");
    tree.file("SB002.tar");
    fs::write(tree.file("L80897_SB003.MS.tar"), "").unwrap();
    assert_eq!(
        tree.names(BOTH),
        [
            "L80897_SB003.MS.tar",
            "all of SB000.ms/L80897_SB000.MS",
            "more SB001.ms/L80897_SB001.MS.tar"
        ]
    );
    assert_eq!(tree.search(BOTH).found[0].problem.as_deref(), Some("the file is empty"));
}

#[test]
fn what_is_not_there_is_told() {
    let tree = Tree::new();
    let seen = discover(&[tree.path("none")], BOTH, &|| false);
    assert!(seen.found.is_empty());
    assert!(seen.warnings[0].contains("none: "), "{:?}", seen.warnings);
}

#[test]
fn an_interruption_ends_the_search() {
    let tree = Tree::new();
    tree.set("L80897_SB000.MS");
    let seen = discover(&[tree.0.path().to_path_buf()], BOTH, &|| true);
    assert!(seen.cancelled && seen.found.is_empty());
}
