//! The few command lines that are ever sent to a node: constant shell scripts
//! with quoted parameters.
//!
//! Nothing of a task is ever part of them. They are handed to `/bin/sh`
//! whatever the login shell is; the scripts are one line each and without
//! `'`, `!` and `\`, which csh and fish treat in ways of their own.

use std::ffi::OsStr;

use ledama_base::quote::{QuoteError, shell_line};

/// Said when the node has no such worker.
pub(super) const ABSENT: &str = "ledama-absent";
/// Said when the worker belongs to another account.
pub(super) const FOREIGN: &str = "ledama-foreign";
/// Said when an upload is not needed.
pub(super) const PRESENT: &str = "ledama-present";
/// Said when an upload may begin.
pub(super) const SEND: &str = "ledama-send";
/// Said when an upload is complete, checked and has its name.
pub(super) const STORED: &str = "ledama-stored";
/// Said before the time of a node.
pub(super) const CLOCK: &str = "ledama-clock";

/// `$1` folder, `$2` identity.
const START: &str = "case $1 in /*) d=$1;; *) d=$HOME/$1;; esac; p=$d/$2/ledama; \
    if test -x \"$p\"; then test -O \"$p\" || { echo ledama-foreign; exit 126; }; \
    exec \"$p\" worker; fi; echo ledama-absent; exit 127";

/// `$1` folder, `$2` identity, `$3` temporary name, `$4` SHA-256.
///
/// The temporary file is made before the look for another's upload: making
/// one renews what an NFS client believes about a folder. Temporary files of
/// uploads that were cut long ago are removed.
const STORE: &str = "umask 077; case $1 in /*) d=$1;; *) d=$HOME/$1;; esac; f=$d/$2; \
    mkdir -p \"$f\" || exit 1; \
    test -O \"$d\" || { echo ledama-foreign; exit 1; }; \
    chmod 700 \"$d\" \"$f\" && cd \"$f\" && : > \"$3\" || exit 1; \
    if test -x ledama; then rm -f \"$3\"; echo ledama-present; exit 0; fi; \
    find . -name \".part-*\" -mtime +1 -exec rm -f {} + 2> /dev/null; \
    echo ledama-send; \
    cat > \"$3\" && echo \"$4  $3\" | sha256sum -c - > /dev/null && chmod 700 \"$3\" && \
    { sync \"$3\" 2> /dev/null || :; } && mv -f \"$3\" ledama && echo ledama-stored && exit 0; \
    rm -f \"$3\"; exit 1";

/// No parameters.
const TIME: &str = "echo \"ledama-clock $(date +%s.%N)\"";

/// Starts the worker, or says [`ABSENT`] or [`FOREIGN`].
pub(super) fn start(folder: &str, identity: &str) -> Result<String, QuoteError> {
    command_line(START, &[folder, identity])
}

/// Stores its input as the worker; says [`PRESENT`], or [`SEND`] and, after
/// the input has ended, [`STORED`]; or [`FOREIGN`].
pub(super) fn store(
    folder: &str,
    identity: &str,
    temporary: &str,
    sha256: &str,
) -> Result<String, QuoteError> {
    command_line(STORE, &[folder, identity, temporary, sha256])
}

/// Says [`CLOCK`] and the seconds since 1970.
pub(super) fn clock() -> Result<String, QuoteError> {
    command_line(TIME, &[])
}

fn command_line(script: &str, parameters: &[&str]) -> Result<String, QuoteError> {
    // `exec` leaves no login shell behind that would keep the streams open.
    let mut words = vec!["exec", "/bin/sh", "-c", script, "ledama"];
    words.extend(parameters);
    let words: Vec<&OsStr> = words.into_iter().map(OsStr::new).collect();
    // Words that are text make a line that is text.
    Ok(shell_line(&words)?.to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use std::io::Write;
    use std::os::unix::fs::PermissionsExt;
    use std::process::{Command, Stdio};

    use super::*;

    /// Runs a line as sshd does, in a home folder of its own.
    fn run(home: &std::path::Path, line: &str, input: &[u8]) -> (String, String) {
        let mut child = Command::new("/bin/sh")
            .args(["-c", line])
            .env("HOME", home)
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // The script may end without reading its input.
        let _ = child.stdin.take().unwrap().write_all(input);
        let output = child.wait_with_output().unwrap();
        (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
    }

    fn sha256(bytes: &[u8]) -> String {
        use sha2::Digest;
        format!("{:x}", sha2::Sha256::digest(bytes))
    }

    #[test]
    fn a_worker_is_stored_once_and_started() {
        for folder in [".cache/ledama", "odd 'name' $HOME `x` \\ *"] {
            let home = tempfile::tempdir().unwrap();
            let home = home.path();
            let program = b"#!/bin/sh\necho started as \"$1\"\n";
            let store = store(folder, "1-ab", ".part-1", &sha256(program)).unwrap();
            let start = start(folder, "1-ab").unwrap();

            assert_eq!(run(home, &start, b"").0.trim(), ABSENT);
            let (said, errors) = run(home, &store, program);
            assert_eq!(said.lines().collect::<Vec<_>>(), [SEND, STORED], "{errors}");
            assert_eq!(run(home, &start, b"").0, "started as worker\n");
            assert_eq!(run(home, &store, program).0.trim(), PRESENT);

            let folder = home.join(folder);
            for path in [folder.clone(), folder.join("1-ab"), folder.join("1-ab/ledama")] {
                assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o700);
            }
            assert_eq!(folder.join("1-ab").read_dir().unwrap().count(), 1, "nothing else is left");
        }
    }

    #[test]
    fn a_damaged_upload_is_not_kept() {
        let home = tempfile::tempdir().unwrap();
        let line = store("w", "1-ab", ".part-1", &sha256(b"whole")).unwrap();
        let (said, errors) = run(home.path(), &line, b"who");
        assert_eq!(said.trim(), SEND);
        assert!(errors.contains("NOT match"), "{errors}");
        assert_eq!(home.path().join("w/1-ab").read_dir().unwrap().count(), 0);
    }

    #[test]
    fn the_clock_is_told() {
        let home = tempfile::tempdir().unwrap();
        let (said, _) = run(home.path(), &clock().unwrap(), b"");
        let seconds: f64 = said.strip_prefix(CLOCK).unwrap().trim().parse().unwrap();
        assert!(seconds > 1.7e9);
    }

    #[test]
    fn scripts_hold_nothing_that_another_shell_reads_otherwise() {
        for script in [START, STORE, TIME] {
            assert!(!script.contains(['\'', '!', '\\', '\n']), "{script}");
        }
        for word in [ABSENT, FOREIGN] {
            assert!(START.contains(word));
        }
        for word in [PRESENT, SEND, STORED, FOREIGN] {
            assert!(STORE.contains(word));
        }
    }
}
