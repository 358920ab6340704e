//! A cluster with an observation on `node011` and a command that copies it to
//! `node012`: what every test here begins with, and how it must end.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::support::nodes::{Settings, Wish};
use crate::support::observation::{self, Shape};
use crate::support::run::Run;
use crate::support::skip::Skip;
use crate::support::tree::{
    Entry, assert_same, assert_same_entries, bytes_below, compare, parts, walk,
};
use crate::support::{Cluster, Work, wait};

pub(super) const SOURCE: &str = "/data1/users/lofareor/L2013_80897";
pub(super) const TARGET: &str = "/data2/users/lofareor/L2013_80897";

/// A tree that takes long enough to do something in the middle of it.
pub(super) const LARGE: Shape = Shape { data_bytes: 150_000_000, small_files: 400 };

/// What a copy begins with.
pub(super) struct Scene {
    pub(super) cluster: Cluster,
    pub(super) work: Work,
    pub(super) config: PathBuf,
    before: BTreeMap<PathBuf, Entry>,
}

impl Scene {
    /// `sets` sets of that shape on `node011`.
    pub(super) fn new(wish: Wish, sets: u32, shape: Shape) -> Result<Self, Skip> {
        Self::with(wish, Settings::default(), |folder| {
            observation::sets(folder, 80897, 0..sets, shape);
        })
    }

    /// Whatever `make` puts into the source folder.
    pub(super) fn with(
        wish: Wish,
        mut settings: Settings,
        make: impl FnOnce(&Path),
    ) -> Result<Self, Skip> {
        let cluster = wish.start()?;
        let work = Work::new();
        if !settings.more.contains("[data]") {
            settings.more.push_str("\n[data]\nfree_margin_mib = 0\n");
        }
        let config = cluster.config_with(&work, &settings);
        make(&cluster.make("node011", SOURCE));
        let scene = Self { before: BTreeMap::new(), cluster, work, config };
        scene.write_reffile();
        let before = walk(&scene.source());
        Ok(Self { before, ..scene })
    }

    fn write_reffile(&self) {
        let mut text = String::new();
        let mut names: Vec<_> = std::fs::read_dir(self.source())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        for name in names {
            text.push_str(&format!("{SOURCE}/{name} ? ? node011 0\n"));
        }
        self.work.file("in.ref", text);
    }

    /// The source folder, seen from here.
    pub(super) fn source(&self) -> PathBuf {
        self.cluster.seen("node011", SOURCE)
    }

    /// The folder of the copies, seen from here.
    pub(super) fn target(&self) -> PathBuf {
        self.cluster.seen("node012", TARGET)
    }

    /// The usual copy, to be run.
    pub(super) fn copy(&self) -> Run {
        self.copy_to(&["--nodes", "node012"])
    }

    /// The same to the nodes of these options.
    pub(super) fn copy_to(&self, nodes: &[&str]) -> Run {
        self.work
            .ledama(["run", "CopyData", "--reffile", "in.ref", "--copypath", TARGET])
            .args(nodes)
            .args(["--output", "out.ref", "--statuspath", "st"])
            .args(["--no-progress", "--report", "report.json"])
            .config(&self.config)
    }

    /// Waits until a copy is being made and that many bytes have arrived.
    pub(super) fn wait_for_bytes(&self, bytes: u64) {
        self.wait_for_bytes_or(bytes, || false);
    }

    /// The same, or until `done`.
    pub(super) fn wait_for_bytes_or(&self, bytes: u64, mut done: impl FnMut() -> bool) {
        wait::until("bytes of a copy", || {
            let target = self.target();
            let arrived: u64 =
                parts(&target).iter().map(|name| bytes_below(&target.join(name))).sum();
            (arrived >= bytes || done()).then_some(())
        });
    }

    /// Takes the source as it is now for what must stay.
    pub(super) fn accept_source(&mut self) {
        self.before = walk(&self.source());
    }

    /// The source is as it was, and every copy that has its name is whole.
    #[track_caller]
    pub(super) fn assert_nothing_is_lost(&self) {
        let changes = compare(&self.before, &walk(&self.source()));
        assert!(changes.is_empty(), "the source has changed:\n{}", changes.join("\n"));
        for name in self.visible() {
            assert_same(&self.source().join(&name), &self.target().join(&name));
        }
    }

    /// Copies that have their name.
    pub(super) fn visible(&self) -> Vec<String> {
        let mut names: Vec<String> = std::fs::read_dir(self.target())
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| entry.file_name().into_string().unwrap())
            .filter(|name| !name.starts_with('.'))
            .collect();
        names.sort();
        names
    }

    /// Runs it again with `--resume` and expects every copy to be there, the
    /// same as its source, and nothing else.
    #[track_caller]
    pub(super) fn resume_and_check(&self) {
        self.copy().arg("--resume").ok();
        self.assert_all_is_there();
    }

    /// Every copy is there and nothing else.
    #[track_caller]
    pub(super) fn assert_all_is_there(&self) {
        self.assert_nothing_is_lost();
        assert_same_entries(&self.source(), &self.target());
        self.cluster.expect_nothing_left();
        self.work.ledama(["run", "CheckData", "--inarg", "st"]).config(&self.config).ok();
    }
}
