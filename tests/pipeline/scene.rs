//! Real sets on some nodes, and the programs that work on them.

use std::path::{Path, PathBuf};
use std::process::Command;

use ledama_tables::{Element, Table};

use crate::support::nodes::Settings;
use crate::support::rows::{Row, rows};
use crate::support::run::Run;
use crate::support::shared::{shared, unpack};
use crate::support::skip::Skip;
use crate::support::{Cluster, Output, Work, observation};

pub(super) const RAW: &str = "/data1/users/lofareor/L2013_80897";
pub(super) const AVERAGED: &str = "/data2/users/lofareor/pipeline/L2013_80897_001";

/// Flags, drops the edges and averages: eight channels become three.
pub(super) const TEMPLATE: &str = "\
# edges, flags, averages
msin.startchan = nchan/8
msin.nchan = nchan*6/8
steps = [flag, avg]
flag.type = preflagger
flag.corrtype = auto
avg.type = averager
avg.freqstep = 2
avg.timestep = 2
";

/// A cluster with sets.
pub(super) struct Scene {
    pub(super) cluster: Cluster,
    pub(super) work: Work,
    pub(super) config: PathBuf,
}

/// DP3, where it is named and the nodes, which have a `/root` of their own, see it.
pub(super) fn dp3() -> Result<String, Skip> {
    let lacking = || Skip("no DP3 (name it by LEDAMA_DP3)".into());
    let program = std::env::var("LEDAMA_DP3").map_err(|_| lacking())?;
    let real = std::fs::canonicalize(&program).map_err(|_| lacking())?;
    let text = std::fs::read_to_string(&real).unwrap_or_default();
    let interpreter = text.lines().next().and_then(|line| line.strip_prefix("#!"));
    let seen = |path: &Path| path.canonicalize().is_ok_and(|path| !path.starts_with("/root"));
    if !seen(&real) || !interpreter.is_none_or(|path| seen(Path::new(path))) {
        return Err(Skip(format!("{program} lies in /root, which the nodes do not see")));
    }
    Ok(program)
}

/// A program of the system.
pub(super) fn installed(name: &str) -> Result<(), Skip> {
    let found = std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|folder| folder.join(name).is_file()));
    if found { Ok(()) } else { Err(Skip(format!("no {name} (see scripts/dev/judges)"))) }
}

impl Scene {
    /// Nodes without sets; `program` is what DP3 is called.
    pub(super) fn empty(nodes: u8, program: &str) -> Result<Self, Skip> {
        Ok(Self::with(Cluster::of(nodes).start()?, program))
    }

    pub(super) fn with(cluster: Cluster, program: &str) -> Self {
        let work = Work::new();
        let scratch = work.path().join("scratch");
        let more = format!(
            "\n[paths]\nnfs = '/net/{{node}}{{path}}'\n\n[data]\nfree_margin_mib = 0\n\n[pipeline]\nscratch = '{}'\n\n[programs]\n\
             dp3 = ['{program}']\n",
            scratch.display()
        );
        let config = cluster.config_with(&work, &Settings { more, ..Settings::default() });
        Self { cluster, work, config }
    }

    /// Sets of these sub-bands, dealt out to the nodes in turn, listed in `raw.ref`.
    pub(super) fn fill(&self, sub_bands: u32) -> Result<(), Skip> {
        let pack = shared()?;
        std::fs::create_dir_all(self.work.join("pack")).unwrap();
        let original = unpack(&pack, "tNDPPP-generic", &self.work.join("pack"));
        for sub_band in 0..sub_bands {
            let set = self.set(RAW, sub_band, "");
            std::fs::create_dir_all(set.parent().unwrap()).unwrap();
            let copied = Command::new("cp").arg("-a").arg(&original).arg(set).status();
            assert!(copied.unwrap().success());
        }
        self.list(sub_bands);
        Ok(())
    }

    /// Writes `raw.ref`, also for sets that are not there.
    pub(super) fn list(&self, sub_bands: u32) {
        let line = |k: u32| {
            let name = observation::name(80897, 0, k);
            format!("{RAW}/{name} {} 4 {} 0\n", 115.0 + 0.2 * f64::from(k), self.node(k))
        };
        let lines: String = (0..sub_bands).map(line).collect();
        self.work.file("raw.ref", lines);
    }

    pub(super) fn node(&self, sub_band: u32) -> &str {
        let names = self.cluster.names();
        names[sub_band as usize % names.len()]
    }

    /// A set, seen from here.
    pub(super) fn set(&self, folder: &str, sub_band: u32, end: &str) -> PathBuf {
        let name = observation::name(80897, 0, sub_band) + end;
        self.cluster.seen(self.node(sub_band), folder).join(name)
    }

    pub(super) fn run(&self, module: &str, more: &[&str]) -> Run {
        self.work.ledama(["run", module]).args(more).arg("--no-progress").config(&self.config)
    }

    pub(super) fn ok(&self, module: &str, more: &[&str]) -> Output {
        self.run(module, more).run().no_panic().code(0)
    }

    /// Parsets for all sets of `raw.ref` in `parsets`.
    pub(super) fn parsets(&self, template: &str, more: &[&str]) -> Output {
        self.work.file("template.parset", template);
        let words = ["-i", "raw.ref", "-t", "template.parset", "-o", "parsets"];
        self.ok("CreateNDPPPParsetFiles", &[&words[..], more].concat())
    }

    /// The same, with the usual folder of the outputs.
    pub(super) fn averaging(&self) {
        self.parsets(TEMPLATE, &["-c", "/data2/users/lofareor/pipeline/LXXXX_XXXXX_001"]);
    }

    pub(super) fn rows(&self, name: &str) -> Vec<Row> {
        rows(&self.work.read(name))
    }

    /// No folder of any task is left, and no half product on any node.
    #[track_caller]
    pub(super) fn expect_tidy(&self) {
        let scratch = self.work.join("scratch");
        let left: Vec<_> = std::fs::read_dir(scratch).into_iter().flatten().flatten().collect();
        assert!(left.is_empty(), "{left:?}");
        for name in self.cluster.names() {
            for folder in [AVERAGED, RAW] {
                let entries = std::fs::read_dir(self.cluster.seen(name, folder));
                for entry in entries.into_iter().flatten().flatten() {
                    let file = entry.file_name().into_string().unwrap();
                    let odd = file.contains(".part-") || file.contains("ledama-lock");
                    assert!(!odd, "{file} is left on {name}");
                }
            }
        }
    }

    /// The text of the log of a task that ran last.
    pub(super) fn log(&self, logs: &str, name: &str) -> String {
        let mut runs: Vec<PathBuf> =
            std::fs::read_dir(self.work.join(logs)).unwrap().map(|e| e.unwrap().path()).collect();
        runs.sort();
        let folder = runs.pop().unwrap();
        let file = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .find(|path| path.file_name().unwrap().to_str().unwrap().starts_with(name));
        std::fs::read_to_string(file.unwrap()).unwrap()
    }
}

/// Values of a column.
pub(super) fn values<T: Element>(set: &Path, table: &str, column: &str) -> Vec<T> {
    let table = Table::open(set.join(table)).unwrap();
    let rows = table.nrow();
    table.column(column).unwrap().values::<T>(0..rows).unwrap()
}

/// The tasks of a plan as they are shown by `--query`, without the last line.
pub(super) fn shown(output: &Output, masks: &[(String, &str)]) -> Vec<String> {
    let text =
        masks.iter().fold(output.stdout(), |text, (what, name)| text.replace(what.as_str(), name));
    let mut lines: Vec<String> = text.lines().map(str::to_string).collect();
    lines.pop();
    lines
}
