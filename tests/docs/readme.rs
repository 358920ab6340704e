//! The README's configuration is accepted and its main job works as written,
//! on trees with junk, odd names and broken links.

use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use crate::support::nodes::Settings;
use crate::support::observation;
use crate::support::rows::rows;
use crate::support::run::repository;
use crate::support::shared::{cluster_tree, shared, unpack};
use crate::support::skip::need;
use crate::support::tree::assert_same;
use crate::support::{Cluster, Work};

fn readme() -> String {
    std::fs::read_to_string(repository().join("README.md")).unwrap()
}

/// The fenced blocks of a language.
pub(crate) fn blocks(text: &str, language: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut current: Option<String> = None;
    for line in text.lines() {
        match &mut current {
            Some(block) if line == "```" => {
                found.push(std::mem::take(block));
                current = None;
            }
            Some(block) => {
                block.push_str(line);
                block.push('\n');
            }
            None if line == format!("```{language}") => current = Some(String::new()),
            None => {}
        }
    }
    found
}

/// A chapter by its title.
pub(crate) fn section(title: &str) -> String {
    let text = readme();
    let found = text.split("\n## ").find(|section| section.starts_with(title));
    found.unwrap_or_else(|| panic!("no chapter `{title}`")).to_string()
}

#[test]
fn its_configuration_is_accepted() {
    let work = Work::new();
    for block in blocks(&readme(), "toml") {
        let file = work.file("ledama.toml", block);
        work.ledama(["config", "check"]).config(&file).ok();
    }
}

#[test]
fn its_two_commands_are_there() {
    let commands = blocks(&readme(), "sh").remove(0);
    let programs: Vec<&str> =
        commands.lines().map(|l| l.split_whitespace().next().unwrap()).collect();
    assert_eq!(programs, ["./demo", "./test"]);
    for program in programs {
        let mode = repository().join(program).metadata().unwrap().permissions().mode();
        assert!(mode & 0o111 != 0, "{program} cannot be run");
    }
}

#[test]
fn its_files_are_where_it_says() {
    let text = readme();
    let linked = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    for link in linked.filter(|link| !link.contains("://")) {
        assert!(repository().join(link).exists(), "{link} is not there");
    }
}

#[test]
fn it_names_every_room_of_the_native_side() {
    let text = readme();
    for folder in std::fs::read_dir(repository().join("builtins")).unwrap() {
        let name = folder.unwrap().file_name().into_string().unwrap();
        let named = text
            .lines()
            .any(|line| line.starts_with("  ") && line.split_whitespace().any(|word| word == name));
        assert!(named, "the README does not tell what builtins/{name} is for");
    }
}

#[test]
fn its_main_job_works() {
    need!(shared());
    let disks = Work::new();
    let tree = disks.join("tree");
    need!(cluster_tree(&tree, &["--nodes", "4", "--sbs", "8"]));
    let cluster = need!(Cluster::of(8).disks(&tree).start());
    let work = Work::new();
    let config = cluster.config(&work);
    let commands = blocks(&readme(), "sh")
        .into_iter()
        .find(|block| block.contains("CreateRefFileFromPath"))
        .expect("the main job is in the README");
    let mut ran = 0;
    for line in commands.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        assert_eq!(words[0], "ledama", "{line}");
        let output = work.ledama(&words[1..]).arg("--no-progress").config(&config).run().no_panic();
        assert_eq!(output.code, 0, "{output}");
        ran += 1;
        if words.contains(&"--statuspath") && !words.contains(&"--query") {
            every_copy_is_the_same(&cluster, &work);
        }
    }
    assert_eq!(ran, 6);
    cluster.expect_nothing_left();
    // The last one deletes the copies.
    let (_, copies) = pairs(&work);
    for (node, path) in copies {
        assert!(
            cluster.seen(&node, &path).symlink_metadata().is_err(),
            "{node}:{path} is still there"
        );
    }
}

#[test]
fn its_tutorial_works_with_a_stub_of_dp3() {
    let pack = need!(shared());
    let cluster = need!(Cluster::of(8).start());
    let work = Work::new();
    let stub = "#!/bin/sh\nfor word; do case $word in msin=*) from=${word#*=} ;; msout=*) to=${word#*=} ;; esac; done\ncp -a \"$from\" \"$to\"\n";
    let program = cluster.home().join("bin/DP3");
    std::fs::create_dir_all(program.parent().unwrap()).unwrap();
    std::fs::write(&program, stub).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    let set_up = "PATH=$HOME/bin:$PATH\n";
    std::fs::write(cluster.home().join("lofar.sh"), set_up).unwrap();
    let inside = cluster.exec("node011", &["sh", "-c", "echo ~"]);
    let home = String::from_utf8(inside.stdout).unwrap();
    let more = format!(
        "\n[paths]\ninit_file = \"{}/lofar.sh\"\n\n[data]\nfree_margin_mib = 0\n",
        home.trim()
    );
    let config = cluster.config_with(&work, &Settings { more, ..Settings::default() });
    let folder = cluster.make("node017", "/data1/users/lofareor/L2013_80897");
    let original = unpack(&pack, "tNDPPP-generic", work.path());
    for sub_band in 0..8 {
        let set = folder.join(observation::name(80897, 0, sub_band));
        let copied = Command::new("cp").arg("-a").arg(&original).arg(set).status();
        assert!(copied.unwrap().success());
    }
    let chapter = section("From arrival to archive");
    let mut ran = 0;
    for line in blocks(&chapter, "sh").iter().flat_map(|block| block.lines()) {
        let words: Vec<&str> = line.split_whitespace().collect();
        assert_eq!(words[0], "ledama", "{line}");
        work.ledama(&words[1..]).config(&config).run().no_panic().code(0);
        ran += 1;
    }
    assert_eq!(ran, 21);
    cluster.expect_nothing_left();
    assert_eq!(rows(&work.read("archived.ref")).len(), 8);
    for row in rows(&work.read("archived.ref")) {
        assert!(cluster.seen(&row.node, &row.path).exists(), "{row:?}");
    }
    for row in rows(&work.read("averaged.ref")) {
        assert!(cluster.seen(&row.node, &row.path).exists(), "{row:?}");
    }
    for name in ["raw.ref", "packed.ref", "delivered.ref"] {
        for row in rows(&work.read(name)) {
            assert!(!cluster.seen(&row.node, &row.path).exists(), "{row:?} is still there");
        }
    }
}

type Places = Vec<(String, String)>;

/// Sources and copies, in the order of the RefFiles.
fn pairs(work: &Work) -> (Places, Places) {
    let read = |name: &str| -> Places {
        rows(&work.read(name)).into_iter().map(|row| (row.node, row.path)).collect()
    };
    (read("in.ref"), read("out.ref"))
}

fn every_copy_is_the_same(cluster: &Cluster, work: &Work) {
    let (sources, copies) = pairs(work);
    assert_eq!(sources.len(), copies.len());
    assert!(sources.len() > 20, "{} rows only", sources.len());
    for (source, copy) in sources.iter().zip(&copies) {
        assert_same(&cluster.seen(&source.0, &source.1), &cluster.seen(&copy.0, &copy.1));
    }
}
