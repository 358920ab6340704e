//! The whole way of a database, on eight nodes: made, filled from their disks, asked,
//! used for a copy, kept up by the jobs of a night, saved, taken away and restored;
//! once with nothing said about it, and once with the address of a server.

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use ledama_leddb::migrate::row_counts;
use ledama_leddb::store::Statement;
use ledama_leddb::{Database, Location, Options};
use serde_json::Value;

use crate::support::nodes::Settings;
use crate::support::rows::rows;
use crate::support::run::repository;
use crate::support::shared::{cluster_tree, shared};
use crate::support::skip::{need, say};
use crate::support::{Cluster, Output, Work};

const NODES: &str = "node011-018";
/// Where the copies go: a folder that updates search.
const COPIES: &str = "/data2/users/lofareor/backup/pipeline/L2012_44833_001";

/// A cluster with a tree on its disks, and what its maker says of it.
struct Scene {
    cluster: Cluster,
    disks: PathBuf,
    manifest: Value,
}

/// A database of that scene.
struct Story<'a> {
    scene: &'a Scene,
    work: Work,
    config: PathBuf,
    place: Location,
}

impl<'a> Story<'a> {
    /// Without a URL nothing is configured of the database.
    fn new(scene: &'a Scene, url: Option<&str>) -> Self {
        let work = Work::new();
        std::fs::create_dir(work.join("movies")).unwrap();
        // The built-in jobs, but on this host and in these folders.
        let jobs = std::fs::read_to_string(repository().join("scripts/cron/jobs.toml")).unwrap();
        let folder = |name: &str| work.join(name).display().to_string();
        let jobs = jobs
            .replace("hosts = \"node001\"\n", "")
            .replace("/data3/users/lofareor/leddbbackup", &folder("saved"))
            .replace("numprocessors = 16", &format!("mpath = \"{}\"", folder("movies")))
            .replace("runcron = true", "runcron = true, settle = 0")
            .replace("retries = 1", "retries = 0");
        let database = url.map_or(String::new(), |url| format!("[database]\nurl = \"{url}\"\n"));
        let more = format!("\n{database}\n{jobs}");
        let config = scene.cluster.config_with(&work, &Settings { more, ..Settings::default() });
        let place = url.map_or_else(
            || Location::Sqlite(work.join("home/.local/state/ledama/leddb.sqlite")),
            |url| Location::parse(url).unwrap(),
        );
        Self { scene, work, config, place }
    }

    fn ledama(&self, words: &[&str]) -> Output {
        self.work.ledama(words).config(&self.config).run().no_panic().code(0)
    }

    fn run(&self, module: &str, more: &[&str]) -> Output {
        self.ledama(&[&["run", module, "--no-progress"][..], more].concat())
    }

    fn job(&self, name: &str) {
        self.ledama(&["cron", "run", name, "--here"]);
    }

    fn read<T>(&self, ask: impl FnOnce(&mut ledama_leddb::store::Transaction) -> T) -> T {
        let database = Database::open(&self.place, &Options::default()).unwrap();
        let answer = database.read(|tx| Ok(ask(tx))).unwrap();
        database.close();
        answer
    }

    /// Rows of every table; what runs note about themselves is left out.
    fn counts(&self) -> Vec<(&'static str, i64)> {
        let mut counts = self.read(|tx| row_counts(tx).unwrap());
        counts.retain(|(table, _)| {
            !table.starts_with("update_run") && !["setting", "schema_version"].contains(table)
        });
        counts
    }

    /// Files by node and path, with their sizes.
    fn files(&self) -> BTreeMap<String, i64> {
        let text = "SELECT \"store_host\" || ' ' || \"parent_path\" || '/' || \"name\", \"product_size\" \
                    FROM \"measurementset_product\"";
        let rows = self.read(|tx| tx.rows(Statement::constant(text, Vec::new())).unwrap());
        rows.iter().map(|row| (row.get(0).unwrap(), row.get(1).unwrap())).collect()
    }

    /// Rows of a Get module, as JSON.
    fn rows(&self, module: &str, columns: &str, more: &[&str]) -> Vec<Value> {
        let told = self.run(module, &[&["--columns", columns, "--json"][..], more].concat());
        told.json()["result"]["rows"].as_array().unwrap().clone()
    }

    /// The database and the disks hold the same.
    #[track_caller]
    fn agrees_with_the_disks(&self) {
        let on_disks = on_disks(&self.scene.disks);
        assert_eq!(self.files(), on_disks);
        assert_eq!(self.run("GetMSPs", &["--count"]).stdout().trim(), on_disks.len().to_string());
        let sum: i64 = self
            .rows("GetLDSs", "name,size[MB]", &[])
            .iter()
            .map(|row| row[1].as_i64().unwrap())
            .sum();
        assert_eq!(sum, on_disks.values().sum::<i64>());
    }

    fn made_and_filled(&self) {
        self.ledama(&["db", "init"]);
        self.run("UpdateLEDDB", &["--nodes", NODES, "--diagnostic", "--settle", "0"]);
        self.agrees_with_the_disks();
        // By observation, as the maker of the tree says.
        let mut expected: BTreeMap<String, (i64, i64)> = BTreeMap::new();
        for entry in self.scene.manifest["entries"].as_array().unwrap() {
            let sum = expected.entry(entry["lds"].as_str().unwrap().into()).or_default();
            *sum = (sum.0 + 1, sum.1 + entry["du_mb"].as_i64().unwrap());
        }
        let found: BTreeMap<String, (i64, i64)> = self
            .rows("GetLDSs", "name,#MSPs,size[MB]", &[])
            .iter()
            .map(|row| {
                let number = |at: usize| row[at].as_i64().unwrap();
                (row[0].as_str().unwrap().into(), (number(1), number(2)))
            })
            .collect();
        assert_eq!(found, expected);
        let names: Vec<&str> = expected.keys().map(String::as_str).collect();
        let listed = self.run("GetLDSs", &[]).stdout();
        assert_eq!(listed.trim().split(',').collect::<BTreeSet<_>>(), names.into_iter().collect());
    }

    /// Ids of the averaged product, and its RefFile.
    fn asked(&self) -> usize {
        let which = ["--ldss", "L44833", "--versions", "1", "--stores", "EoR"];
        let products = self.run("GetLDSBPs", &which).stdout();
        let products = products.trim();
        let more = ["--ldsbpids", products, "--output", "in.ref"];
        self.run("CreateRefFileFromLEDDB", &more);
        let mut found: Vec<String> = rows(&self.work.read("in.ref"))
            .into_iter()
            .map(|row| {
                let frequency: f64 = row.frequency.parse().unwrap();
                format!("{} {} {frequency:.3} {} {}", row.node, row.path, row.size, row.beam)
            })
            .collect();
        found.sort();
        let mut expected = Vec::new();
        for entry in self.scene.manifest["entries"].as_array().unwrap() {
            let is = |key: &str, value: Value| entry[key] == value;
            if is("lds", "L44833".into()) && is("version", 1.into()) && is("store", "EoR".into()) {
                let text = |key: &str| entry[key].to_string().replace('"', "");
                let keys = ["node", "path", "freq_mhz", "du_mb", "beam"];
                expected.push(keys.map(text).join(" "));
            }
        }
        expected.sort();
        assert_eq!(found, expected);
        found.len()
    }

    fn copied(&self) {
        let to = ["--copypath", COPIES, "--nodes", NODES, "--output", "copies.ref"];
        self.run("CopyData", &[&["--reffile", "in.ref"][..], &to].concat());
    }

    /// The jobs in their order of a night.
    fn kept_up(&self, copies: usize) {
        let before = self.files().len();
        for job in [
            "CreateLEDDBPartitions",
            "UpdateLEDDB",
            "RemoveFromLEDDB",
            "UpdateLEDDBNodes",
            "UpdateLEDDBNodeMovies",
            "UpdateLEDDBMeta",
            "BackupLEDDB",
        ] {
            self.job(job);
        }
        assert_eq!(self.files().len(), before + copies);
        self.agrees_with_the_disks();
        // The copies are the same sets again, with the same diagnostics.
        let twice = "SELECT count(*) FROM (SELECT 1 FROM \"measurementset_product\" \
                     WHERE \"parent_path\" LIKE '/data2/%/backup/%' GROUP BY \"measurementset_id\") AS s";
        let sets = self.read(|tx| {
            tx.row(Statement::constant(twice, Vec::new())).unwrap().get::<i64>(0).unwrap()
        });
        assert_eq!(sets, i64::try_from(copies).unwrap());
        let listed = self.ledama(&["cron", "list", "--json"]).json();
        let done = listed.as_array().unwrap().iter().filter(|job| job["last"]["status"] == "done");
        assert_eq!(done.count(), 7, "{listed:#}");
    }

    fn taken_away_and_restored(&self) {
        let before = self.counts();
        let reffile = self.reffile();
        let name = match &self.place {
            Location::Sqlite(_) => "leddb",
            Location::Postgres(server) => server.get_database().unwrap(),
        };
        self.run("DeleteLEDDB", &["--yes-delete", name, "--backupdir", "saved"]);
        self.run("RestoreLEDDB", &["--backupdir", "saved"]);
        assert_eq!(self.counts(), before);
        assert_eq!(self.reffile(), reffile);
        self.ledama(&["db", "check"]);
        self.agrees_with_the_disks();
        // Nothing is new to it.
        self.run("UpdateLEDDB", &["--nodes", NODES, "--diagnostic", "--settle", "0"]);
        assert_eq!(self.counts(), before);
    }

    /// The rows of a RefFile of everything.
    fn reffile(&self) -> Vec<crate::support::rows::Row> {
        self.run("GetMSPs", &["--output", "all.ref", "--overwrite"]);
        rows(&self.work.read("all.ref"))
    }
}

/// Products on the disks of all nodes, with sizes in MB, by our own walk.
fn on_disks(disks: &Path) -> BTreeMap<String, i64> {
    fn look(node: &Path, folder: &Path, found: &mut BTreeMap<String, i64>) {
        for child in std::fs::read_dir(folder).unwrap() {
            let path = child.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_lowercase();
            let ends = [".ms", ".dppp", ".tar", ".bvf"].iter().any(|end| name.ends_with(end));
            if name.contains("_sb") && ends {
                let inside = path.strip_prefix(node).unwrap().display();
                let node = node.file_name().unwrap().to_str().unwrap();
                let size = (blocks(&path) * 512).div_ceil(1 << 20);
                found.insert(format!("{node} /{inside}"), i64::try_from(size).unwrap());
            } else if path.is_dir() {
                look(node, &path, found);
            }
        }
    }
    let mut found = BTreeMap::new();
    for node in std::fs::read_dir(disks).unwrap() {
        let node = node.unwrap().path();
        if node.file_name().unwrap().to_str().unwrap().starts_with("node") {
            for disk in ["data1", "data2", "data3"] {
                look(&node, &node.join(disk), &mut found);
            }
        }
    }
    found
}

/// Blocks of 512 bytes of a file or folder.
fn blocks(path: &Path) -> u64 {
    let facts = path.symlink_metadata().unwrap();
    let mut sum = facts.blocks();
    if facts.is_dir() {
        sum += std::fs::read_dir(path)
            .unwrap()
            .map(|child| blocks(&child.unwrap().path()))
            .sum::<u64>();
    }
    sum
}

#[test]
fn a_database_lives_through_a_night_on_eight_nodes() {
    need!(shared());
    let base = Work::new();
    let disks = base.join("tree");
    let manifest = need!(cluster_tree(&disks, &["--nodes", "8", "--sbs", "3", "--no-junk"]));
    let cluster = need!(Cluster::of(8).disks(&disks).start());
    let scene = Scene { cluster, disks, manifest };
    let server = ledama_leddb::testing::server();
    if let Err(reason) = &server {
        say(&format!("no PostgreSQL: {reason}"));
    }
    let url = server.ok().map(|server| server.url("a_whole_night"));
    for url in std::iter::once(None).chain(url.as_deref().map(Some)) {
        let story = Story::new(&scene, url);
        story.made_and_filled();
        let copies = story.asked();
        assert_eq!(copies, 6);
        story.copied();
        story.kept_up(copies);
        story.taken_away_and_restored();
        for node in scene.cluster.names() {
            let _ = std::fs::remove_dir_all(scene.cluster.seen(node, COPIES));
        }
    }
}
