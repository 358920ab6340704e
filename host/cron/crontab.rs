//! Lines of a crontab.
//!
//! Cron reads a line before its shell does: a `%` ends the command and begins
//! its standard input unless a backslash is before it, and a line cannot be
//! continued. The shell is named, so that no line depends on the account's.

use std::ffi::{OsStr, OsString};
use std::fmt::Write as _;
use std::os::unix::ffi::OsStrExt;

use ledama_base::quote;
use ledama_config::schedule::Calendar;

use super::{Launch, Unwritable};

/// One line that is to be written.
#[derive(Debug, Clone)]
pub struct Entry<'a> {
    /// The job.
    pub job: &'a str,
    /// What it does and when, for the reader.
    pub comment: String,
    /// When.
    pub calendar: &'a Calendar,
    /// Whose job it is, in a table of the system.
    pub account: Option<&'a str>,
}

/// A whole table. `heading` becomes comments.
pub fn table(
    heading: &[String],
    launch: &Launch,
    entries: &[Entry<'_>],
) -> Result<String, Unwritable> {
    let mut text = String::new();
    // Writing to a text cannot fail.
    for line in heading {
        let _ = writeln!(text, "# {}", one_line(line));
    }
    text.push_str("SHELL=/bin/sh\n");
    for (name, value) in &launch.variables {
        let _ = writeln!(text, "{name}={}", variable(name, value)?);
    }
    for entry in entries {
        let _ = writeln!(text, "\n# {}", one_line(&entry.comment));
        let account = entry.account.map_or(String::new(), |account| format!("{account} "));
        let command = command(&launch.command(entry.job))?;
        let _ = writeln!(text, "{} {account}{command}", entry.calendar.crontab());
    }
    Ok(text)
}

/// A command for the shell, as cron wants it written.
fn command(words: &[OsString]) -> Result<String, Unwritable> {
    for word in words {
        let text = plain(word)?;
        // Cron takes one away before a `%` or another one, the shell none: no
        // writing suits both everywhere.
        if text.contains('\\') {
            return Err(Unwritable::new(format!(
                "`{}` has a backslash, which cron would take for its own",
                quote::show(text)
            ))
            .with_help("use systemd, or another path"));
        }
    }
    let line = quote::shell_line(words).map_err(|e| Unwritable::new(e.to_string()))?;
    Ok(plain(&line)?.replace('%', "\\%"))
}

/// The value of a variable: cron takes it as it is but for outer quotes, which
/// keep blanks at its ends.
fn variable(name: &str, value: &OsStr) -> Result<String, Unwritable> {
    let text = plain(value)?;
    match (text.contains('"'), text.contains('\'')) {
        (false, _) => Ok(format!("\"{text}\"")),
        (true, false) => Ok(format!("'{text}'")),
        (true, true) => Err(Unwritable::new(format!(
            "the value of {name} has both kinds of quotes, which no crontab can hold"
        ))),
    }
}

/// Text on one line.
fn plain(word: &OsStr) -> Result<&str, Unwritable> {
    let text = std::str::from_utf8(word.as_bytes()).ok();
    text.filter(|text| !text.chars().any(char::is_control)).ok_or_else(|| {
        let shown = ledama_base::rawtext::encode(word);
        Unwritable::new(format!("`{}` cannot stand in a crontab", quote::show(&shown)))
            .with_help("use a path of printable characters")
    })
}

fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use std::io::Write as _;
    use std::process::{Command, Stdio};

    use proptest::prelude::*;

    use super::*;

    fn launch(words: &[&str]) -> Launch {
        Launch {
            program: words.iter().map(OsString::from).collect(),
            variables: vec![("LEDAMA_CONFIG".into(), "/etc/a b.toml".into())],
        }
    }

    fn write(words: &[&str]) -> Result<String, Unwritable> {
        let calendar = Calendar::parse("0 20 1 * *").unwrap();
        let entry =
            Entry { job: "J", comment: "why\nnot".into(), calendar: &calendar, account: None };
        table(&["head".into()], &launch(words), &[entry])
    }

    /// What cron(8) hands to the shell: the source of cron, in few words.
    fn as_cron_reads_it(command: &str) -> String {
        let (mut read, mut escaped) = (String::new(), false);
        for c in command.chars() {
            if escaped {
                if c == '%' || c == '\\' {
                    read.pop();
                }
                read.push(c);
                escaped = false;
                continue;
            }
            if c == '%' {
                break;
            }
            escaped = c == '\\';
            read.push(c);
        }
        read
    }

    #[test]
    fn a_table_is_written() {
        let text = write(&["/opt/a b/ledama", "--config", "/etc/100%.toml"]).unwrap();
        assert_eq!(
            text,
            "# head\nSHELL=/bin/sh\nLEDAMA_CONFIG=\"/etc/a b.toml\"\n\n# why not\n\
             0 20 1 * * '/opt/a b/ledama' --config /etc/100\\%.toml cron run J\n"
        );
        let calendar = Calendar::parse("@daily").unwrap();
        let entry =
            Entry { job: "J", comment: String::new(), calendar: &calendar, account: Some("me") };
        let text = table(&[], &launch(&["/l"]), &[entry]).unwrap();
        assert!(text.ends_with("0 0 * * * me /l cron run J\n"), "{text}");
    }

    #[test]
    fn what_no_crontab_can_hold_is_refused() {
        for word in ["a\\b", "a\nb", "a\tb", "a\u{7f}b"] {
            assert!(write(&[word]).is_err(), "{word:?}");
        }
        assert!(variable("X", "a\"b'c".as_ref()).is_err());
        assert_eq!(variable("X", "a\"b".as_ref()).unwrap(), "'a\"b'");
    }

    /// Through cron's own reading and a real shell, every word arrives as it was.
    #[test]
    fn words_arrive() {
        let words = [
            "/o p t/l", "it's", "100%", "%%", "a\"b", "$HOME", "`id`", "$(id)", "*", "~", "#x",
            "a;b", "a&b", "a|b", "a>b", "!x", "", "-n", "é",
        ];
        assert_eq!(through(&words), words);
    }

    fn through(words: &[&str]) -> Vec<String> {
        let os: Vec<OsString> = words.iter().map(OsString::from).collect();
        let line = as_cron_reads_it(&command(&os).unwrap());
        let mut shell =
            Command::new("/bin/sh").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let script = format!("set -- {line}\nfor w; do printf '%s\\0' \"$w\"; done\n");
        shell.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
        let output = shell.wait_with_output().unwrap().stdout;
        let text = String::from_utf8(output).unwrap();
        text.split_terminator('\0').map(String::from).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn any_words_arrive(words in proptest::collection::vec("[ -\\[\\]-~é]{1,12}", 1..6)) {
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            prop_assert_eq!(through(&words), words);
        }
    }

    /// Cron itself takes the table; its dry run is `-n` in Debian, `-T` elsewhere.
    #[test]
    fn cron_accepts_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("crontab");
        std::fs::write(&file, write(&["/opt/a b/ledama", "--config", "/100%"]).unwrap()).unwrap();
        let tried = ["-n", "-T"].into_iter().find_map(|flag| {
            let output = Command::new("crontab").arg(flag).arg(&file).output().ok()?;
            let unknown = String::from_utf8_lossy(&output.stderr).contains("usage");
            (!unknown).then_some(output)
        });
        if let Some(output) = tried {
            assert!(output.status.success(), "{output:?}");
        } else {
            assert!(std::env::var_os("LEDAMA_NO_SKIP").is_none(), "no crontab here");
            eprintln!("skipped: no crontab here");
        }
    }
}
