//! What the tests of in-place edits share: three real sets on two nodes, and
//! the faults that every edit must survive.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use ledama_tables::compare::{Compare, Difference};
use ledama_tables::{Element, Table};

use crate::support::observation;
use crate::support::rows::rows;
use crate::support::shared::{shared, unpack};
use crate::support::skip::Skip;
use crate::support::{Cluster, Output, Work};

pub(crate) const PARENT: &str = "/data1/users/lofareor/L2013_80897";

/// Sets 0 and 1 on node011, set 2 on node012, all listed in `x.ref`.
pub(crate) struct Scene {
    pub(crate) cluster: Cluster,
    pub(crate) work: Work,
    config: PathBuf,
}

impl Scene {
    /// With sets of which nothing is read: for plans.
    pub(crate) fn empty() -> Result<Self, Skip> {
        let cluster = Cluster::of(2).start()?;
        let work = Work::new();
        let config = cluster.config(&work);
        let scene = Self { cluster, work, config };
        scene.list(&[0, 1, 2]);
        Ok(scene)
    }

    /// With three copies of a set of the data pack.
    pub(crate) fn of(archive: &str) -> Result<Self, Skip> {
        let pack = shared()?;
        let scene = Self::empty()?;
        let original = unpack(&pack, archive, scene.work.path());
        std::fs::rename(original, scene.original()).unwrap();
        for k in 0..3 {
            let set = scene.set(k);
            std::fs::create_dir_all(set.parent().unwrap()).unwrap();
            let copied = Command::new("cp").arg("-a").arg(scene.original()).arg(set).status();
            assert!(copied.unwrap().success());
        }
        Ok(scene)
    }

    /// The set as it was.
    pub(crate) fn original(&self) -> PathBuf {
        self.work.join("original.MS")
    }

    /// A set, seen from here.
    pub(crate) fn set(&self, k: u32) -> PathBuf {
        self.cluster.seen(node(k), PARENT).join(observation::name(80897, 0, k))
    }

    pub(crate) fn table(&self, k: u32) -> Table {
        Table::open(self.set(k)).unwrap()
    }

    /// Writes `x.ref` with these sets, of unknown size.
    pub(crate) fn list(&self, sets: &[u32]) {
        let lines: String = sets.iter().map(|k| line(*k)).collect();
        self.work.file("x.ref", lines);
    }

    pub(crate) fn run(&self, module: &str, more: &[&str]) -> Output {
        self.work
            .ledama(["run", module, "--reffile", "x.ref", "--no-progress"])
            .args(more)
            .config(&self.config)
            .run()
            .no_panic()
    }

    /// What differs between a set and the original, without the rows that tell
    /// of edits.
    pub(crate) fn differences(&self, k: u32) -> Vec<Difference> {
        let original = Table::open(self.original()).unwrap();
        let compare = Compare { recursive: true, keywords: true };
        let mut found = compare.run(&original, &self.table(k)).unwrap();
        found.retain(|difference| difference.table != "HISTORY");
        found
    }

    pub(crate) fn expect_untouched(&self, k: u32) {
        assert_eq!(self.differences(k), []);
        let history = |set: &Path| Table::open(set.join("HISTORY")).unwrap().nrow();
        assert_eq!(history(&self.set(k)), history(&self.original()), "HISTORY of set {k}");
    }

    /// The last row of HISTORY tells this.
    pub(crate) fn expect_recorded(&self, k: u32, message: &str, parameter: &str) {
        let history = Table::open(self.set(k).join("HISTORY")).unwrap();
        let before = Table::open(self.original().join("HISTORY")).unwrap().nrow();
        assert_eq!(history.nrow(), before + 1, "one row for each edit");
        let last = before..before + 1;
        let texts = |name: &str| values::<String>(&history, name, last.clone());
        assert_eq!(texts("APPLICATION"), ["ledama"]);
        assert_eq!(texts("PRIORITY"), ["INFO"]);
        assert!(texts("ORIGIN")[0].starts_with("ledama "), "{:?}", texts("ORIGIN"));
        assert!(texts("MESSAGE")[0].contains(message), "{:?}", texts("MESSAGE"));
        let parameters = texts("APP_PARAMS");
        assert!(parameters.iter().any(|text| text == parameter), "{parameters:?}");
        let mjd_s = values::<f64>(&history, "TIME", last)[0];
        // After the year 2020, before 2100.
        assert!((5.0e9..7.6e9).contains(&mjd_s), "{mjd_s}");
    }
}

/// The values of some rows of a column.
pub(crate) fn values<T: Element>(
    table: &Table,
    column: &str,
    rows: std::ops::Range<u64>,
) -> Vec<T> {
    table.column(column).unwrap().values(rows).unwrap()
}

/// All values of a column.
pub(crate) fn all<T: Element>(table: &Table, column: &str) -> Vec<T> {
    values(table, column, 0..table.nrow())
}

fn node(k: u32) -> &'static str {
    if k < 2 { "node011" } else { "node012" }
}

fn line(k: u32) -> String {
    format!("{PARENT}/{} 134.375 ? {} 0\n", observation::name(80897, 0, k), node(k))
}

/// A set that another program writes, as long as this lives.
pub(crate) struct Locked(Child);

impl Locked {
    /// Takes the lock that casacore takes for writing: the first byte of the
    /// lock file.
    pub(crate) fn new(set: &Path) -> Self {
        let script = "import fcntl, sys\nfile = open(sys.argv[1], 'r+b')\n\
                      fcntl.lockf(file, fcntl.LOCK_EX, 1, 0)\nprint('locked', flush=True)\n\
                      sys.stdin.read()";
        let mut holder = Command::new("python3")
            .args(["-c", script])
            .arg(set.join("table.lock"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut answer = String::new();
        let out = holder.stdout.take().unwrap();
        std::io::BufRead::read_line(&mut std::io::BufReader::new(out), &mut answer).unwrap();
        assert_eq!(answer, "locked\n");
        Self(holder)
    }
}

impl Locked {
    /// The process that holds the lock.
    pub(crate) fn process(&self) -> u32 {
        self.0.id()
    }
}

impl Drop for Locked {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        let _ = self.0.wait();
    }
}

/// A set that another program writes is not touched, the others are done, and
/// the same command does the rest later.
pub(crate) fn a_locked_set_is_left_alone(scene: &Scene, module: &str, more: &[&str]) {
    let locked = Locked::new(&scene.set(1));
    let output = scene.run(module, more).code(1);
    assert!(output.stderr.contains("locked"), "{output}");
    assert!(output.stderr.contains(&observation::name(80897, 0, 1)), "{output}");
    scene.expect_untouched(1);
    for k in [0, 2] {
        assert_ne!(scene.differences(k), [], "set {k} is done");
    }
    drop(locked);
    scene.run(module, more).code(0);
    for k in 0..3 {
        assert_ne!(scene.differences(k), [], "set {k} is done");
        assert_history_rows(scene, k, 1);
    }
}

/// Doing it again changes nothing and is no fault.
pub(crate) fn a_second_run_finds_nothing_to_do(scene: &Scene, module: &str, more: &[&str]) {
    scene.run(module, more).code(0);
    let before: Vec<_> = (0..3).map(|k| crate::support::tree::walk(&scene.set(k))).collect();
    scene.run(module, more).code(0);
    for (k, before) in (0..3).zip(before) {
        let after = crate::support::tree::walk(&scene.set(k));
        let content = |tree: &std::collections::BTreeMap<PathBuf, crate::support::tree::Entry>| {
            let files = tree.iter().filter(|(name, _)| !name.ends_with("table.lock"));
            files.map(|(name, entry)| (name.clone(), entry.content.clone())).collect::<Vec<_>>()
        };
        assert_eq!(content(&after), content(&before), "set {k}");
    }
}

/// What is no measurement set is told and loses nothing of the others.
pub(crate) fn what_is_no_set_is_told(scene: &Scene, module: &str, more: &[&str]) {
    let folder = scene.set(1);
    std::fs::remove_dir_all(&folder).unwrap();
    std::fs::create_dir(&folder).unwrap();
    let output = scene.run(module, more).code(1);
    assert!(output.stderr.contains("no measurement set"), "{output}");
    std::fs::remove_dir(&folder).unwrap();
    scene.run(module, more).code(1);
    // A table of its own, but of no set.
    let table = scene.original().join("ANTENNA");
    assert!(Command::new("cp").arg("-a").arg(table).arg(&folder).status().unwrap().success());
    let output = scene.run(module, more).code(1);
    assert!(output.stderr.contains("no measurement set"), "{output}");
    for k in [0, 2] {
        assert_ne!(scene.differences(k), [], "set {k} is done");
        assert_history_rows(scene, k, 1);
    }
}

/// A set that is listed twice is edited once.
pub(crate) fn a_set_listed_twice_is_edited_once(scene: &Scene, module: &str, more: &[&str]) {
    scene.list(&[0, 2, 0, 0]);
    scene.run(module, more).code(0);
    assert_history_rows(scene, 0, 1);
    assert_ne!(scene.differences(0), []);
    scene.expect_untouched(1);
}

/// Files that cannot be edited are refused before anything is asked from a node.
pub(crate) fn wrong_rows_are_refused(scene: &Scene, module: &str, more: &[&str]) {
    let name = observation::name(80897, 0, 0);
    let all = |rows: String| {
        scene.work.file("x.ref", format!("{}{rows}", line(0)));
        scene.run(module, more).code(2)
    };
    all(format!("{PARENT}/{name}.tar ? 1 node011 0\n")).complains("packed");
    all(format!("{PARENT}/{name} ? 1 TARGET_E 0\n"));
    all(format!("{PARENT}/{name} ? 1 node099 0\n")).complains("node099");
    scene.work.file("x.ref", "# Number of MSPs: 0\n");
    scene.run(module, more).code(0).says("nothing to do");
}

/// How many rows were added to HISTORY.
fn assert_history_rows(scene: &Scene, k: u32, added: u64) {
    let rows = |set: &Path| Table::open(set.join("HISTORY")).unwrap().nrow();
    assert_eq!(rows(&scene.set(k)), rows(&scene.original()) + added, "HISTORY of set {k}");
}

/// Sizes that a RefFile tells, by number of the set.
pub(crate) fn sizes(scene: &Scene, name: &str) -> Vec<(u32, String)> {
    let number =
        |path: &str| (0..3).find(|k| path.ends_with(&observation::name(80897, 0, *k))).unwrap();
    rows(&scene.work.read(name)).into_iter().map(|row| (number(&row.path), row.size)).collect()
}

/// MiB on disk, rounded up, as `du -sm` tells them.
pub(crate) fn du(set: &Path) -> String {
    let output = Command::new("du").arg("-sm").arg(set).output().unwrap();
    String::from_utf8(output.stdout).unwrap().split('\t').next().unwrap().to_string()
}
