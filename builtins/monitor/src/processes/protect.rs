//! Processes that are shown but never ended, whoever asks: ending them would
//! lock people out of the node or end what they did not think of.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::table::Process;

/// Why a process is never ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Protection {
    /// Process 1.
    Init,
    /// A thread of the kernel.
    Kernel,
    /// The ssh service and the sessions of those who are logged in.
    Ssh,
    /// The service manager of an account.
    ServiceManager,
    /// The shell somebody is logged in with or types into.
    LoginShell,
}

const SHELLS: [&[u8]; 10] =
    [b"sh", b"bash", b"dash", b"zsh", b"ksh", b"mksh", b"tcsh", b"csh", b"fish", b"busybox"];
const SSH: [&[u8]; 4] = [b"sshd", b"sshd-session", b"sshd-auth", b"dropbear"];

impl Protection {
    /// Of a process, if it has one.
    pub fn of(process: &Process) -> Option<Self> {
        let name = process.name.as_slice();
        let first = process.arguments.first().map(Vec::as_slice).unwrap_or_default();
        if process.pid == 1 {
            Some(Self::Init)
        } else if process.stat.kernel {
            Some(Self::Kernel)
        } else if SSH.contains(&name) {
            Some(Self::Ssh)
        } else if name == b"(sd-pam)"
            || (name == b"systemd" && process.arguments.iter().any(|word| word == b"--user"))
        {
            Some(Self::ServiceManager)
        } else if SHELLS.contains(&name) && (first.starts_with(b"-") || is_typed_into(process)) {
            Some(Self::LoginShell)
        } else {
            None
        }
    }
}

/// Whether a shell leads a terminal and runs no script.
fn is_typed_into(shell: &Process) -> bool {
    shell.stat.terminal != 0
        && shell.stat.session == shell.pid
        && shell.arguments.iter().skip(1).all(|word| word.starts_with(b"-"))
}

impl fmt::Display for Protection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Init => "process 1",
            Self::Kernel => "part of the kernel",
            Self::Ssh => "an ssh session",
            Self::ServiceManager => "a service manager",
            Self::LoginShell => "a login shell",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::processes::testing::process;

    fn of(name: &str, arguments: &[&str], change: impl FnOnce(&mut Process)) -> Option<Protection> {
        let mut process = process(name, arguments);
        change(&mut process);
        Protection::of(&process)
    }

    fn terminal(process: &mut Process) {
        process.stat.terminal = 34816;
        process.stat.session = process.pid;
    }

    #[test]
    fn sessions_and_what_keeps_a_node_alive_are_protected() {
        assert_eq!(of("runit", &["runit"], |p| p.pid = 1), Some(Protection::Init));
        assert_eq!(of("kworker/0:1", &[], |p| p.stat.kernel = true), Some(Protection::Kernel));
        for name in ["sshd", "sshd-session"] {
            assert_eq!(of(name, &["sshd: me@pts/1"], |_| ()), Some(Protection::Ssh));
        }
        let manager = of("systemd", &["/usr/lib/systemd/systemd", "--user"], |_| ());
        assert_eq!(manager, Some(Protection::ServiceManager));
        assert_eq!(of("bash", &["-bash"], |_| ()), Some(Protection::LoginShell));
        assert_eq!(of("zsh", &["zsh", "-l"], terminal), Some(Protection::LoginShell));
        assert_eq!(of("bash", &["bash"], terminal), Some(Protection::LoginShell));
    }

    #[test]
    fn work_is_not_protected() {
        for (name, arguments) in [
            ("bash", &["bash", "script.sh"][..]),
            ("bash", &["bash", "-ec", "sleep 6"]),
            ("sleep", &["sleep", "6"]),
            ("python3", &["-python"]),
            ("sshdx", &["sshdx"]),
        ] {
            assert_eq!(of(name, arguments, terminal), None, "{name}");
        }
        // A shell without a terminal that is fed its script.
        assert_eq!(of("sh", &["sh", "-s"], |_| ()), None);
    }
}
