//! The README's configuration is accepted and its main job works as written,
//! on trees with junk, odd names and broken links.

use crate::support::rows::rows;
use crate::support::run::repository;
use crate::support::shared::{cluster_tree, shared};
use crate::support::skip::need;
use crate::support::tree::assert_same;
use crate::support::{Cluster, Work};

fn readme() -> String {
    std::fs::read_to_string(repository().join("README.md")).unwrap()
}

/// The fenced blocks of a language.
fn blocks(text: &str, language: &str) -> Vec<String> {
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
    use std::os::unix::fs::PermissionsExt as _;
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
