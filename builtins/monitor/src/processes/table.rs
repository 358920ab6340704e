//! One reading of `/proc`: what is known about each process.
//!
//! Formats: proc(5). A process may end at any moment between two reads; it is
//! left out then, which is also what a reading a moment later would show.

use std::fs;
use std::os::unix::ffi::OsStrExt;

/// Flag of a kernel thread in the field `flags` of `stat` (`PF_KTHREAD`).
const KERNEL_THREAD: u64 = 0x0020_0000;

/// What one reading says about a process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Process {
    /// Its number.
    pub pid: i32,
    /// Its number in the innermost process namespace it lives in.
    pub inner_pid: i32,
    /// The account that started it (real user id).
    pub uid: u32,
    /// The short name the kernel keeps, at most 15 bytes; a program can change it.
    pub name: Vec<u8>,
    /// Its arguments; none for kernel threads and dead processes.
    pub arguments: Vec<Vec<u8>>,
    /// What `stat` says.
    pub stat: Stat,
}

/// The fields of `/proc/PID/stat` that are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stat {
    /// `R` running, `S` sleeping, `D` in the kernel, `T` stopped, `Z` dead, …
    pub state: u8,
    /// Number of its parent; 0 if that is outside of the namespace.
    pub parent: i32,
    /// Its process group.
    pub group: i32,
    /// Its session.
    pub session: i32,
    /// Its controlling terminal; 0 if it has none.
    pub terminal: i32,
    /// Whether it is a thread of the kernel.
    pub kernel: bool,
    /// Processor time used, user and system, in clock ticks.
    pub cpu_ticks: u64,
    /// Threads.
    pub threads: u64,
    /// When it started, in clock ticks since the system did.
    pub start_ticks: u64,
    /// Resident memory, in pages.
    pub resident_pages: u64,
}

impl Stat {
    /// Of a process; nothing if there is none.
    pub fn of(pid: i32) -> Option<Self> {
        Some(Self::parse(&read(pid, "stat")?)?.1)
    }

    /// The short name and the fields of a line.
    pub fn parse(line: &[u8]) -> Option<(&[u8], Self)> {
        // The name, in brackets, may itself hold blanks and brackets.
        let begin = line.iter().position(|&byte| byte == b'(')? + 1;
        let end = line.iter().rposition(|&byte| byte == b')')?;
        let name = line.get(begin..end)?;
        let rest = std::str::from_utf8(line.get(end + 1..)?).ok()?;
        let fields: Vec<&str> = rest.split_ascii_whitespace().collect();
        let number = |at: usize| -> Option<u64> { fields.get(at)?.parse().ok() };
        let small = |at: usize| -> Option<i32> { fields.get(at)?.parse().ok() };
        let stat = Self {
            state: *fields.first()?.as_bytes().first()?,
            parent: small(1)?,
            group: small(2)?,
            session: small(3)?,
            terminal: small(4)?,
            kernel: number(6)? & KERNEL_THREAD != 0,
            cpu_ticks: number(11)?.saturating_add(number(12)?),
            threads: number(17)?,
            start_ticks: number(19)?,
            resident_pages: number(21)?,
        };
        Some((name, stat))
    }

    /// Whether it has ended, and only its parent has not yet heard of it.
    pub fn is_dead(&self) -> bool {
        matches!(self.state, b'Z' | b'X' | b'x')
    }
}

impl Process {
    /// Reads all about one process; nothing if it is gone.
    pub fn read(pid: i32) -> Option<Self> {
        let line = read(pid, "stat")?;
        let (name, stat) = Stat::parse(&line)?;
        let (uid, inner_pid) = parse_status(&read(pid, "status")?)?;
        let arguments = split_arguments(&read(pid, "cmdline").unwrap_or_default());
        Some(Self { pid, inner_pid, uid, name: name.to_vec(), arguments, stat })
    }

    /// The arguments with blanks between them, as `ps` shows them; the short
    /// name in brackets where there are none.
    pub fn command_line(&self) -> Vec<u8> {
        if self.arguments.is_empty() {
            return [b"[".as_slice(), &self.name, b"]"].concat();
        }
        self.arguments.join(&b' ')
    }
}

/// All processes that can be seen, by number.
pub fn processes() -> Vec<Process> {
    let mut all: Vec<Process> = numbers().filter_map(Process::read).collect();
    all.sort_unstable_by_key(|process| process.pid);
    all
}

/// The value of a variable in the environment a process was started with;
/// nothing as well where the account may not look.
pub fn started_with(pid: i32, variable: &str) -> Option<Vec<u8>> {
    let environment = read(pid, "environ")?;
    environment.split(|&byte| byte == 0).find_map(|entry| {
        Some(entry.strip_prefix(variable.as_bytes())?.strip_prefix(b"=")?.to_vec())
    })
}

/// Memory of the node, bytes; 0 where it is not told.
pub fn memory_bytes() -> u64 {
    let text = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let total = text.lines().find_map(|line| line.strip_prefix("MemTotal:"));
    let kib = total.and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok());
    kib.unwrap_or(0).saturating_mul(1024)
}

fn numbers() -> impl Iterator<Item = i32> {
    fs::read_dir("/proc").into_iter().flatten().flatten().filter_map(|entry| {
        let name = entry.file_name();
        name.as_bytes().first().filter(|byte| byte.is_ascii_digit())?;
        name.to_str()?.parse().ok()
    })
}

fn read(pid: i32, file: &str) -> Option<Vec<u8>> {
    fs::read(format!("/proc/{pid}/{file}")).ok()
}

/// The real user id and the innermost process number.
fn parse_status(text: &[u8]) -> Option<(u32, i32)> {
    let field = |name: &[u8]| -> Option<&str> {
        let line = text.split(|&byte| byte == b'\n').find_map(|line| line.strip_prefix(name))?;
        std::str::from_utf8(line).ok()
    };
    let uid = field(b"Uid:")?.split_whitespace().next()?.parse().ok()?;
    // Kernels before 4.1 tell one number only.
    let pid = field(b"NSpid:").or_else(|| field(b"Pid:"))?;
    Some((uid, pid.split_whitespace().next_back()?.parse().ok()?))
}

fn split_arguments(raw: &[u8]) -> Vec<Vec<u8>> {
    if raw.is_empty() {
        return Vec::new();
    }
    let raw = raw.strip_suffix(b"\0").unwrap_or(raw);
    raw.split(|&byte| byte == 0).map(<[u8]>::to_vec).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;

    #[test]
    fn a_name_with_brackets_does_not_confuse() {
        let line = b"12 (a) b (c) S 7 8 9 34816 -1 4194560 1 2 3 4 50 6 7 8 20 0 3 0 4711 99 77 2";
        let (name, stat) = Stat::parse(line).unwrap();
        assert_eq!(name, b"a) b (c");
        let wanted = Stat {
            state: b'S',
            parent: 7,
            group: 8,
            session: 9,
            terminal: 34816,
            kernel: false,
            cpu_ticks: 56,
            threads: 3,
            start_ticks: 4711,
            resident_pages: 77,
        };
        assert_eq!(stat, wanted);
        assert_eq!(Stat::parse(b"12 (a"), None);
        assert_eq!(Stat::parse(b"12 (a) S 1 2"), None);
    }

    #[test]
    fn arguments_are_bytes_and_may_be_empty() {
        let words = |raw: &[u8]| split_arguments(raw);
        assert!(words(b"").is_empty());
        assert_eq!(words(b"a\0b c\0"), [b"a".to_vec(), b"b c".to_vec()]);
        assert_eq!(words(b"a\0\0"), [b"a".to_vec(), b"".to_vec()]);
        // A program that wrote over its own arguments.
        assert_eq!(words(b"worker: \xff"), [b"worker: \xff".to_vec()]);
    }

    #[test]
    fn a_process_is_read_as_it_is() {
        let own = Process::read(std::process::id().cast_signed()).unwrap();
        assert_eq!(own.uid, rustix::process::getuid().as_raw());
        let arguments: Vec<Vec<u8>> =
            std::env::args_os().map(|word| word.as_bytes().to_vec()).collect();
        assert_eq!(own.arguments, arguments);
        assert_eq!(own.stat.parent, rustix::process::getppid().unwrap().as_raw_nonzero().get());
        assert!(own.stat.resident_pages > 0 && !own.stat.is_dead());
        assert_eq!(Process::read(i32::MAX), None);
        assert!(processes().iter().any(|process| process.pid == own.pid));
        assert!(memory_bytes() > 0);
    }

    #[test]
    fn the_innermost_number_counts() {
        let text = b"Name:\tx\nPid:\t70\nUid:\t5\t0\t0\t0\nNSpid:\t70\t3\n";
        assert_eq!(parse_status(text), Some((5, 3)));
        assert_eq!(parse_status(b"Pid:\t70\nUid:\t5\t0\n"), Some((5, 70)));
        assert_eq!(parse_status(b"Pid:\t70\n"), None);
    }
}
