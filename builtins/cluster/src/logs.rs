//! Log files: one per task and attempt, `<name>.<node>.<task>.<attempt>.log`.
//!
//! Output is appended as it comes and never kept in memory. An existing file is
//! never touched: a later run takes the next free attempt number. Each log ends
//! with a line that says how the task ended.

use std::collections::{BTreeMap, HashMap};
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::plan::{Task, TaskIndex};
use crate::protocol::JobId;
use crate::worker::Tail;

/// Log files open at the same time; others are opened again when needed.
const MAX_OPEN: usize = 128;

/// Longest name and node part of a file name, bytes.
const MAX_PART: usize = 100;

/// Bytes at the end of a log that are read for its last lines.
const END: u64 = 16 << 10;

/// The logs of a run that are being written.
#[derive(Debug)]
pub struct Logs {
    folder: PathBuf,
    /// The logs of running jobs.
    open: HashMap<JobId, Log>,
    /// Those with an open file by time of last use.
    recent: BTreeMap<u64, JobId>,
    clock: u64,
}

#[derive(Debug)]
struct Log {
    path: PathBuf,
    file: Option<File>,
    used: u64,
    at_line_start: bool,
}

impl Logs {
    /// Makes the folder if need be.
    pub fn new(folder: &Path) -> Result<Self, Error> {
        std::fs::create_dir_all(folder)
            .map_err(|source| Error::Io { what: folder.display().to_string(), source })?;
        Ok(Self {
            folder: folder.to_path_buf(),
            open: HashMap::new(),
            recent: BTreeMap::new(),
            clock: 0,
        })
    }

    /// Creates the log of a job, with the first free attempt number from
    /// `attempt` on, and returns its path.
    pub fn start(
        &mut self,
        job: JobId,
        task: &Task,
        index: TaskIndex,
        attempt: u32,
    ) -> io::Result<PathBuf> {
        let name = safe_name(log_name(task), MAX_PART);
        let node = safe_name(&task.node, MAX_PART);
        for number in attempt.max(1).. {
            let path = self.folder.join(format!("{name}.{node}.{index}.{number}.log"));
            match OpenOptions::new().append(true).create_new(true).open(&path) {
                Ok(file) => {
                    let log =
                        Log { path: path.clone(), file: Some(file), used: 0, at_line_start: true };
                    self.open.insert(job, log);
                    self.touch(job);
                    return Ok(path);
                }
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
                Err(e) => return Err(e),
            }
        }
        Err(io::ErrorKind::AlreadyExists.into())
    }

    /// Appends output. A job without a log is no error.
    pub fn append(&mut self, job: JobId, data: &[u8]) -> io::Result<()> {
        let Some(&last) = data.last() else { return Ok(()) };
        let Some(log) = self.open.get_mut(&job) else { return Ok(()) };
        if log.file.is_none() {
            log.file = Some(OpenOptions::new().append(true).open(&log.path)?);
        }
        if let Some(file) = &mut log.file {
            file.write_all(data)?;
        }
        log.at_line_start = last == b'\n';
        self.touch(job);
        Ok(())
    }

    /// Appends the line that says how the job ended, and closes the log.
    pub fn finish(&mut self, job: JobId, status: &str) -> io::Result<()> {
        let Some(log) = self.open.get(&job) else { return Ok(()) };
        let start = if log.at_line_start { "" } else { "\n" };
        let line = format!("{start}# {}\n", one_line(status));
        let result = self.append(job, line.as_bytes());
        if let Some(log) = self.open.remove(&job) {
            self.recent.remove(&log.used);
        }
        result
    }

    /// The last lines of the log of a job that has not ended; empty where
    /// there is none, or it cannot be read.
    pub fn tail(&self, job: JobId) -> String {
        let end = || {
            let mut file = File::open(&self.open.get(&job)?.path).ok()?;
            let length = file.metadata().ok()?.len();
            file.seek(SeekFrom::Start(length.saturating_sub(END))).ok()?;
            let mut bytes = Vec::new();
            file.take(END).read_to_end(&mut bytes).ok()?;
            let mut tail = Tail::of_log();
            tail.push(&bytes);
            Some(tail.text())
        };
        end().unwrap_or_default()
    }

    /// Marks a log as used now and closes the one used longest ago if too many are open.
    fn touch(&mut self, job: JobId) {
        self.clock += 1;
        if let Some(log) = self.open.get_mut(&job) {
            self.recent.remove(&log.used);
            log.used = self.clock;
            self.recent.insert(self.clock, job);
        }
        if self.recent.len() > MAX_OPEN
            && let Some((_, oldest)) = self.recent.pop_first()
            && let Some(log) = self.open.get_mut(&oldest)
        {
            log.file = None;
        }
    }
}

/// What the log of a task is named after.
fn log_name(task: &Task) -> &str {
    match &task.log {
        Some(name) => name,
        None => task.label.trim_end_matches('/').rsplit('/').next().unwrap_or_default(),
    }
}

/// Any text as a file name of at most `longest` bytes: slashes and control
/// characters become `_`, and so does a dot or dash at the start; what is cut off is
/// replaced by a hash, so that different texts stay different.
pub fn safe_name(text: &str, longest: usize) -> String {
    let mut name: String =
        text.chars().map(|c| if c == '/' || c.is_control() { '_' } else { c }).collect();
    if name.is_empty() {
        return "task".to_string();
    }
    if name.starts_with(['.', '-']) {
        name.replace_range(..1, "_");
    }
    if name.len() > longest {
        let hash = blake3::hash(text.as_bytes()).to_hex();
        let mut end = longest.saturating_sub(9);
        while !name.is_char_boundary(end) {
            end -= 1;
        }
        name.truncate(end);
        name.push('~');
        name.push_str(&hash[..8]);
    }
    name
}

fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;
    use crate::plan::CommandSpec;

    fn task(label: &str) -> Task {
        Task::command("node011", label, CommandSpec::default())
    }

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_log_is_output_and_a_status_line() {
        let folder = tempfile::tempdir().unwrap();
        let mut logs = Logs::new(&folder.path().join("logs")).unwrap();
        let path = logs.start(7, &task("/data/L1_SB000_uv.MS"), 3, 1).unwrap();
        assert_eq!(path.file_name().unwrap(), "L1_SB000_uv.MS.node011.3.1.log");
        logs.append(7, b"first\nsecond").unwrap();
        logs.append(7, b"").unwrap();
        logs.finish(7, "failed, exit status 3, 0.010 s: no\nspace").unwrap();
        logs.append(7, b"too late").unwrap();
        assert_eq!(
            std::fs::read_to_string(path).unwrap(),
            "first\nsecond\n# failed, exit status 3, 0.010 s: no space\n"
        );
    }

    #[test]
    fn the_last_lines_can_be_read_while_it_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let mut logs = Logs::new(folder.path()).unwrap();
        assert_eq!(logs.tail(1), "");
        logs.start(1, &task("x"), 0, 1).unwrap();
        logs.append(1, b"first\nsecond\n").unwrap();
        assert_eq!(logs.tail(1), "first\nsecond\n");
        for number in 0..5000 {
            logs.append(1, format!("line {number}\n").as_bytes()).unwrap();
        }
        let tail = logs.tail(1);
        assert!(tail.starts_with("line ") && tail.ends_with("\nline 4999\n"), "{tail}");
        assert!(tail.len() < 10_000);
        logs.finish(1, "done").unwrap();
        assert_eq!(logs.tail(1), "");
    }

    #[test]
    fn an_existing_log_is_never_touched() {
        let folder = tempfile::tempdir().unwrap();
        for run in 0..3 {
            let mut logs = Logs::new(folder.path()).unwrap();
            logs.start(1, &task("x"), 0, 1).unwrap();
            logs.append(1, format!("run {run}\n").as_bytes()).unwrap();
        }
        assert_eq!(
            names(folder.path()),
            ["x.node011.0.1.log", "x.node011.0.2.log", "x.node011.0.3.log"]
        );
        for run in 0..3 {
            let path = folder.path().join(format!("x.node011.0.{}.log", run + 1));
            assert_eq!(std::fs::read_to_string(path).unwrap(), format!("run {run}\n"));
        }
    }

    #[test]
    fn more_logs_than_open_files_are_possible() {
        let folder = tempfile::tempdir().unwrap();
        let mut logs = Logs::new(folder.path()).unwrap();
        let count = MAX_OPEN as u64 + 40;
        for job in 0..count {
            logs.start(job, &task("x"), usize::try_from(job).unwrap(), 1).unwrap();
        }
        assert_eq!(logs.open.values().filter(|log| log.file.is_some()).count(), MAX_OPEN);
        for _ in 0..2 {
            for job in 0..count {
                logs.append(job, b"line\n").unwrap();
            }
        }
        assert_eq!(logs.open.values().filter(|log| log.file.is_some()).count(), MAX_OPEN);
        for job in 0..count {
            logs.finish(job, "done").unwrap();
        }
        assert!(logs.recent.is_empty());
        for name in names(folder.path()) {
            let text = std::fs::read_to_string(folder.path().join(name)).unwrap();
            assert_eq!(text, "line\nline\n# done\n");
        }
    }

    #[test]
    fn the_name_comes_from_the_plan() {
        let mut odd = task("/data1/L1.MS/");
        assert_eq!(log_name(&odd), "L1.MS");
        odd.log = Some("own/name".into());
        let folder = tempfile::tempdir().unwrap();
        let path = Logs::new(folder.path()).unwrap().start(1, &odd, 0, 4).unwrap();
        assert_eq!(path.file_name().unwrap(), "own_name.node011.0.4.log");
    }

    proptest::proptest! {
        #[test]
        fn any_text_makes_a_file_name(text: String, longest in 20..120usize) {
            let name = safe_name(&text, longest);
            proptest::prop_assert!(!name.is_empty() && name.len() <= longest);
            proptest::prop_assert!(!name.contains(['/', '\0', '\n']));
            proptest::prop_assert!(!name.starts_with('.'));
        }
    }

    #[test]
    fn odd_names_are_made_safe() {
        assert_eq!(safe_name("a b.MS", 100), "a b.MS");
        assert_eq!(safe_name("../x", 100), "_._x");
        assert_eq!(safe_name("-rf", 100), "_rf");
        assert_eq!(safe_name("", 100), "task");
        assert_eq!(safe_name("a\nb\0", 100), "a_b_");
        let long = safe_name(&"é".repeat(100), 30);
        assert_eq!(long.len(), 29, "{long}");
        assert_ne!(long, safe_name(&format!("{}x", "é".repeat(100)), 30));
    }
}
