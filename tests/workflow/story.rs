//! The steps, each with the trouble it may meet.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use ledama_tables::Table;

use super::place;
use crate::support::nodes::Settings;
use crate::support::rows::{Row, rows};
use crate::support::run::Run;
use crate::support::shared::{shared, unpack};
use crate::support::skip::Skip;
use crate::support::tree::walk;
use crate::support::{Cluster, Output, Work, casacore, observation, wait};

/// Sub-bands of the observation.
pub(super) const COUNT: u32 = 20;
/// The node where the data are delivered, and the one that archives.
pub(super) const DELIVERY: &str = "node017";
pub(super) const ARCHIVE: &str = "node018";
/// The nodes that process.
const CLUSTER: &str = "node011-016";

const RAW: &str = "/data1/users/lofareor/L2013_80897";
const AVERAGED: &str = "/data2/users/lofareor/pipeline/L2013_80897_001";
const PACKED: &str = "/data3/users/lofareor/pipeline/L2013_80897_001";

/// What is on the disks in the end.
pub(super) struct Ending {
    /// By node and path; see [`content`].
    pub(super) files: BTreeMap<PathBuf, String>,
}

/// A cluster, and whether things go wrong on it.
pub(super) struct Story {
    cluster: Cluster,
    work: Work,
    config: PathBuf,
    original: PathBuf,
    trouble: bool,
}

impl Story {
    pub(super) fn new(trouble: bool) -> Result<Self, Skip> {
        let pack = shared()?;
        let mut probe = Command::new(casacore::python()?);
        if !probe.args(["-c", "import dp3"]).output().is_ok_and(|o| o.status.success()) {
            return Err(Skip("no dp3 for the Python of casacore".into()));
        }
        let cluster = Cluster::of(8).start()?;
        let work = Work::new();
        let lists = work.path().join("lists");
        let more = format!(
            "\n[paths]\nnfs = '{}/{{node}}{{path}}'\n\n[data]\nfree_margin_mib = 0\n\n\
             [[stores]]\nid = \"ARCHIVE_RAW\"\nlists = '{}'\n",
            cluster.folder().display(),
            lists.display()
        );
        let config = cluster.config_with(&work, &Settings { more, ..Settings::default() });
        std::fs::create_dir_all(work.path().join("pack")).unwrap();
        let original = unpack(&pack, "tNDPPP-generic", &work.path().join("pack"));
        Ok(Self { cluster, work, config, original, trouble })
    }

    fn run(&self, module: &str, more: &[&str]) -> Run {
        self.work.ledama(["run", module]).args(more).arg("--no-progress").config(&self.config)
    }

    fn ok(&self, module: &str, more: &[&str]) -> Output {
        self.run(module, more).run().no_panic().code(0)
    }

    /// It fails as a whole or in part, and says so.
    fn fails(&self, module: &str, more: &[&str]) -> Output {
        let output = self.run(module, more).run().no_panic();
        assert!(output.code == 1 || output.code == 2, "{output}");
        output
    }

    fn rows(&self, name: &str) -> Vec<Row> {
        rows(&self.work.read(name))
    }

    /// Sub-bands of the archive arrive where others deliver them, and its
    /// list tells of them.
    fn deliver(&self, sub_bands: std::ops::Range<u32>) {
        let folder = self.cluster.make(DELIVERY, RAW);
        for sub_band in sub_bands {
            let set = folder.join(observation::name(80897, 0, sub_band));
            let copied = Command::new("cp").arg("-a").arg(&self.original).arg(set).status();
            assert!(copied.unwrap().success());
        }
        let mut list = String::new();
        for entry in std::fs::read_dir(&folder).unwrap() {
            let entry = entry.unwrap();
            let size = Command::new("du").arg("-sm").arg(entry.path()).output().unwrap().stdout;
            let size = String::from_utf8(size).unwrap();
            let size = size.split('\t').next().unwrap();
            list.push_str(&format!("{size} {}\n", entry.file_name().to_str().unwrap()));
        }
        self.work.file("lists/L80897/filelist.txt", list);
    }

    pub(super) fn delivered(&self) {
        let listed = [
            "-s",
            "ARCHIVE_RAW",
            "-i",
            "L80897",
            "-o",
            "archive.ref",
            "--expect",
            "20",
            "--overwrite",
        ];
        if self.trouble {
            // Not there yet; then only a part.
            self.fails("CreateRefFileFromTarget", &listed);
            self.deliver(0..COUNT - 2);
            self.fails("CreateRefFileFromTarget", &listed);
        }
        self.deliver(0..COUNT);
        self.ok("CreateRefFileFromTarget", &listed);
        let found = ["-i", "/data1/users/lofareor", "-s", DELIVERY, "-o", "delivered.ref"];
        self.ok("CreateRefFileFromPath", &found);
        self.ok("CompareData", &["--reffiles", "archive.ref,delivered.ref"]);
    }

    pub(super) fn copied_to_the_cluster(&mut self) {
        let copy = [
            "--reffile",
            "delivered.ref",
            "--copypath",
            "/data1/users/lofareor/LXXXX_XXXXX",
            "--nodes",
            CLUSTER,
            "--output",
            "raw.ref",
            "--statuspath",
            "st",
        ];
        if self.trouble {
            // A disk with too little space stops it before anything is done.
            self.cluster
                .exec_ok("node015", &["mount", "-t", "tmpfs", "-o", "size=1m", "full", "/data1"]);
            self.fails("CopyData", &copy).complains("MiB free");
            assert!(!self.cluster.seen("node011", RAW).exists());
            self.cluster.exec_ok("node015", &["umount", "/data1"]);
            // So does a disk that cannot be written to.
            self.cluster.make_read_only("node014", "/data1");
            self.fails("CopyData", &copy).complains("node014");
            assert!(!self.cluster.seen("node011", RAW).exists());
            self.cluster.make_writable("node014", "/data1");
            // A node loses its power while data arrive.
            let mut copying = self.run("CopyData", &copy).start();
            let target = self.cluster.seen("node014", RAW);
            wait::until("data", || (target.exists() || copying.ended()).then_some(()));
            self.cluster.kill("node014");
            copying.wait().no_panic();
            let checked =
                self.fails("CheckData", &["--inarg", "st", "--write-missing", "missing.ref"]);
            assert_eq!(checked.code, 1);
            let missing = self.rows("missing.ref");
            assert!((1..=COUNT as usize).contains(&missing.len()), "{missing:?}");
            self.fails("CopyData", &[&copy[..], &["--resume"]].concat());
            self.cluster.start("node014");
            self.ok("CopyData", &[&copy[..], &["--resume"]].concat());
            // The copy itself is killed while it makes good for what is lost.
            std::fs::remove_dir_all(self.cluster.seen("node012", RAW)).unwrap();
            let mut killed = self.run("CopyData", &[&copy[..], &["--resume"]].concat()).start();
            let target = self.cluster.seen("node012", RAW);
            wait::until("a copy", || (target.exists() || killed.ended()).then_some(()));
            killed.signal(rustix::process::Signal::KILL);
            killed.wait();
            self.cluster.expect_nothing_left();
            self.ok("CopyData", &[&copy[..], &["--resume"]].concat());
        } else {
            self.ok("CopyData", &copy);
        }
        self.ok("CheckData", &["--inarg", "st"]);
        self.ok("CompareData", &["--reffiles", "delivered.ref,raw.ref"]);
        self.ok("MSInfo", &["--inputarg", "raw.ref", "--all"]);
    }

    /// DP3 for each set. It runs on this host, on the disks of the nodes as
    /// NFS would show them: the nodes of the tests see nothing of it.
    fn average(&self) -> Output {
        let script = "import sys; from dp3 import entrypoint; sys.exit(entrypoint())";
        let python = casacore::python().unwrap_or_else(|skip| panic!("{skip:?}"));
        self.work
            .ledama(["run", "ExecuteCommandOnData", "-i", "raw.ref", "--usenfs", "--yes"])
            .args(["--logspath", "logs", "--no-progress", "--"])
            .args(["env", "OPENBLAS_NUM_THREADS=1", python, "-c", script, "msin=--FMS--"])
            .args(["msout=--PMS--/averaged/--MS--.dppp", "msout.overwrite=true"])
            .args(["steps=[average]", "average.freqstep=4"])
            .config(&self.config)
            .run()
            .no_panic()
    }

    pub(super) fn averaged(&self) {
        // A link to the folder of the results, where DP3 finds it beside each set.
        let script = format!(
            "mkdir -p {AVERAGED} && ln -sfn ../../../../data2/users/lofareor/pipeline/L2013_80897_001 \"$PMS/averaged\""
        );
        let make = ["-i", "raw.ref", "--shell", "-c", &script, "--yes"];
        self.ok("ExecuteCommandOnData", &make);
        if self.trouble {
            let results = self.cluster.seen("node012", AVERAGED);
            std::fs::remove_dir(&results).unwrap();
            let output = self.average().code(1);
            assert!(output.stderr.contains("node012"), "{output}");
            std::fs::create_dir(&results).unwrap();
        }
        self.average().code(0);
        let unlink = ["-i", "raw.ref", "-c", "rm -f --PMS--/averaged", "--yes"];
        self.ok("ExecuteCommandOnData", &unlink);
        let found = ["-i", "/data2/users/lofareor", "-s", CLUSTER, "-o", "averaged.ref"];
        self.ok("CreateRefFileFromPath", &found);
        assert_eq!(self.rows("averaged.ref").len(), COUNT as usize);
        self.ok("MSInfo", &["--inputarg", "averaged.ref", "--all"]);
    }

    pub(super) fn archived(&self) {
        let pack = ["-i", "averaged.ref", "-o", PACKED, "--output-reffile", "packed.ref"];
        if self.trouble {
            self.cluster.make_read_only("node011", "/data3");
            self.fails("PackData", &pack);
            self.cluster.make_writable("node011", "/data3");
            self.ok("PackData", &[&pack[..], &["--overwrite", "--yes"]].concat());
        } else {
            self.ok("PackData", &pack);
        }
        assert_eq!(self.rows("packed.ref").len(), COUNT as usize);
        let copy = [
            "--reffile",
            "packed.ref",
            "--copypath",
            "/data1/users/lofareor/LXXXX_XXXXX",
            "--nodes",
            ARCHIVE,
            "--output",
            "archived.ref",
            "--statuspath",
            "st2",
        ];
        self.ok("CopyData", &copy);
        self.ok("MD5SumData", &["-i", "packed.ref", "-o", "packed.md5"]);
        let compare = ["-i", "archived.ref", "--compare", "packed.md5"];
        if self.trouble {
            // A byte turns over in the archive; the file is deleted and copied again.
            let row = self.rows("archived.ref").swap_remove(3);
            let file = self.cluster.seen(ARCHIVE, &row.path);
            let mut bytes = std::fs::read(&file).unwrap();
            let middle = bytes.len() / 2;
            bytes[middle] ^= 1;
            std::fs::write(&file, bytes).unwrap();
            let output = self.fails("MD5SumData", &compare);
            assert_eq!(output.code, 1);
            let name = Path::new(&row.path).file_name().unwrap().to_str().unwrap();
            assert!(output.stdout().contains(name) || output.stderr.contains(name), "{output}");
            let only = ["-i", "archived.ref", "-c", name, "-o", "bad.ref"];
            self.ok("CreateRefFileFromRefFile", &only);
            self.ok("DeleteData", &["-i", "bad.ref", "--yes"]);
            self.ok("CopyData", &[&copy[..], &["--resume"]].concat());
        }
        self.ok("MD5SumData", &compare);
        self.ok("DeleteData", &["-i", "packed.ref", "--parentpath", "--yes"]);
    }

    pub(super) fn raw_data_deleted(&self) {
        let delete = ["-i", "raw.ref", "-d", "--require-copy", "delivered.ref", "--yes"];
        if self.trouble {
            self.fails("DeleteData", &["-i", "raw.ref"]).complains("--yes");
            self.cluster.make_read_only("node016", "/data1");
            let output = self.fails("DeleteData", &delete);
            assert_eq!(output.code, 1);
            self.cluster.make_writable("node016", "/data1");
            let left = self.rows("raw.ref.remaining.ref");
            assert!(!left.is_empty() && left.iter().all(|row| row.node == "node016"), "{left:?}");
            self.ok("DeleteData", &["-i", "raw.ref.remaining.ref", "-d", "--yes"]);
        } else {
            self.ok("DeleteData", &delete);
        }
        self.ok("DeleteData", &["-i", "delivered.ref", "-d", "--yes"]);
    }

    pub(super) fn swept(&self) {
        // What a failed transfer leaves.
        self.cluster.make("node012", "/data1/users/lofareor/L2013_80898/L80898_SAP000_SB001_uv.MS");
        let sweep = ["--older-than", "0s", "--yes"];
        if self.trouble {
            let checked = self.run("CleanEmptyLDSPaths", &["--check", "--older-than", "0s"]).run();
            assert!(checked.no_panic().stdout().contains("L2013_80898"));
            assert!(self.cluster.seen("node012", "/data1/users/lofareor/L2013_80898").exists());
        }
        self.ok("CleanEmptyLDSPaths", &sweep);
        assert!(!self.cluster.seen("node012", "/data1/users/lofareor/L2013_80898").exists());
    }

    /// Every file and folder of all disks.
    pub(super) fn ending(&self) -> Ending {
        self.cluster.expect_nothing_left();
        let mut files = BTreeMap::new();
        for node in self.cluster.names() {
            for disk in ["data1", "data2", "data3"] {
                let root = self.cluster.seen(node, &format!("/{disk}"));
                for path in walk(&root).into_keys() {
                    assert!(!path.to_string_lossy().contains("ledama"), "left: {}", path.display());
                    let Some(content) = content(&root.join(&path)) else { continue };
                    files.insert(place(node, &Path::new(disk).join(path)), content);
                }
            }
        }
        Ending { files }
    }
}

/// What must be the same: that a folder is there, the visibilities of a set,
/// the number of members of a packed one. Other files hold times at which
/// programs wrote them.
fn content(path: &Path) -> Option<String> {
    let name = path.file_name()?.to_str()?;
    if name.starts_with("L2013") {
        return Some("folder".into());
    }
    let ending = path.extension().and_then(|ending| ending.to_str());
    if ending == Some("tar") {
        let listed = Command::new("tar").arg("-tf").arg(path).output().unwrap();
        assert!(listed.status.success(), "{}", path.display());
        return Some(format!("{} members", listed.stdout.split(|b| *b == b'\n').count()));
    }
    if ending == Some("dppp") {
        let table = Table::open(path).unwrap();
        return Some(table.column("DATA").unwrap().digest().unwrap().sha256);
    }
    None
}
