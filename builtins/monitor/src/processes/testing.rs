//! Made-up processes.

use super::table::{Process, Stat};

/// An ordinary process of account 1000.
pub(super) fn process(name: &str, arguments: &[&str]) -> Process {
    Process {
        pid: 4711,
        inner_pid: 4711,
        uid: 1000,
        name: name.as_bytes().to_vec(),
        arguments: arguments.iter().map(|word| word.as_bytes().to_vec()).collect(),
        stat: Stat {
            state: b'S',
            parent: 700,
            group: 4711,
            session: 700,
            terminal: 0,
            kernel: false,
            cpu_ticks: 0,
            threads: 1,
            start_ticks: 1000,
            resident_pages: 10,
        },
    }
}
