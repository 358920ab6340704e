//! Units of systemd: for each job a service that runs it once and a timer.
//!
//! In a command `%` begins a specifier and `$` a variable, both are doubled;
//! words are in double quotes with C-like escapes, see systemd.service(5).

use std::ffi::{OsStr, OsString};
use std::fmt::Write as _;
use std::os::unix::ffi::OsStrExt;

use ledama_base::quote;
use ledama_config::schedule::Calendar;

use super::{Launch, Unwritable};

/// First line of all units written here: only such files are ever replaced.
pub const MARK: &str = "# Written by `ledama cron systemd`; changes are lost.";

/// A job as its units need it.
#[derive(Debug, Clone)]
pub struct Entry<'a> {
    /// The job.
    pub job: &'a str,
    /// What it does, on one line.
    pub description: String,
    /// When.
    pub calendar: &'a Calendar,
    /// Time zone of the calendar.
    pub zone: Option<&'a str>,
    /// Whose job it is; none in the units of an account's own manager.
    pub account: Option<&'a str>,
    /// Jobs that it waits for.
    pub after: &'a [String],
}

/// A file and its content.
pub type Unit = (String, String);

/// The service and the timer.
pub fn units(launch: &Launch, entry: &Entry<'_>) -> Result<[Unit; 2], Unwritable> {
    let name = format!("ledama-{}", entry.job);
    let description = specifiers(&one_line(&entry.description));
    let others: Vec<String> =
        entry.after.iter().map(|job| format!(" ledama-{job}.service")).collect();
    let after = others.concat();
    let mut service = format!(
        "{MARK}\n[Unit]\nDescription={description}\nWants=network-online.target\n\
         After=network-online.target{after}\n\n[Service]\nType=oneshot\n"
    );
    // Writing to a text cannot fail.
    if let Some(account) = entry.account {
        let _ = writeln!(service, "User={}", specifiers(account));
    }
    for (name, value) in &launch.variables {
        // No variables are replaced here.
        let mut setting = OsString::from(format!("{name}="));
        setting.push(value);
        let _ = writeln!(service, "Environment={}", word(&setting)?);
    }
    let _ = writeln!(service, "ExecStart={}", command(&launch.command(entry.job))?);
    let mut timer = format!("{MARK}\n[Unit]\nDescription={description}\n\n[Timer]\n");
    for time in entry.calendar.on_calendar(entry.zone) {
        let _ = writeln!(timer, "OnCalendar={time}");
    }
    timer.push_str("AccuracySec=1s\n\n[Install]\nWantedBy=timers.target\n");
    Ok([(format!("{name}.service"), service), (format!("{name}.timer"), timer)])
}

fn command(words: &[OsString]) -> Result<String, Unwritable> {
    let program = words.first().map(|word| word.as_bytes()).unwrap_or_default();
    if program.iter().any(|byte| b"\"'\\".contains(byte)) {
        let shown = ledama_base::rawtext::encode(&words[0]);
        let message = format!(
            "`{}`: systemd takes no quotes and backslashes in the path of a program",
            quote::show(&shown)
        );
        return Err(Unwritable::new(message).with_help("use another path"));
    }
    let mut line = String::new();
    for (k, one) in words.iter().enumerate() {
        if k > 0 {
            line.push(' ');
        }
        let one = word(one)?;
        // The path of the program is no place for variables, so there a `$` is itself.
        line.push_str(&if k == 0 { one } else { one.replace('$', "$$") });
    }
    Ok(line)
}

/// One word: in quotes unless it is plain.
fn word(word: &OsStr) -> Result<String, Unwritable> {
    let text = std::str::from_utf8(word.as_bytes())
        .ok()
        .filter(|text| !text.chars().any(char::is_control))
        .ok_or_else(|| {
            let shown = ledama_base::rawtext::encode(word);
            Unwritable::new(format!("`{}` cannot stand in a unit", quote::show(&shown)))
                .with_help("use a path of printable characters")
        })?;
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-=:,+@%$".contains(c);
    let text = specifiers(text);
    if !text.is_empty() && text.chars().all(plain) {
        return Ok(text);
    }
    Ok(format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")))
}

fn specifiers(text: &str) -> String {
    text.replace('%', "%%")
}

fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use std::process::Command;

    use super::*;

    fn make(program: &str, config: &str, calendar: &str) -> [Unit; 2] {
        let calendar = Calendar::parse(calendar).unwrap();
        let launch = Launch {
            program: [program, "--config", config].map(OsString::from).to_vec(),
            variables: vec![("LEDAMA_CONFIG".into(), config.into())],
        };
        let entry = Entry {
            job: "J",
            description: "ledama job J: 100% of it".into(),
            calendar: &calendar,
            zone: Some("UTC"),
            account: Some("lofareor"),
            after: &["K".to_string(), "L".to_string()],
        };
        units(&launch, &entry).unwrap()
    }

    #[test]
    fn units_are_written() {
        let [(service_name, service), (timer_name, timer)] =
            make("/opt/a $b%/ledama", "/etc/a \"$HOME\\%h", "0 20 1,15 * 5");
        assert_eq!(
            (service_name.as_str(), timer_name.as_str()),
            ("ledama-J.service", "ledama-J.timer")
        );
        assert!(service.contains("Description=ledama job J: 100%% of it\n"), "{service}");
        assert!(service.contains("User=lofareor\n"), "{service}");
        let order = "After=network-online.target ledama-K.service ledama-L.service\n";
        assert!(service.contains(order), "{service}");
        assert!(
            service.contains(
                "ExecStart=\"/opt/a $b%%/ledama\" --config \"/etc/a \\\"$$HOME\\\\%%h\" cron run J\n"
            ),
            "{service}"
        );
        assert!(
            service.contains("Environment=\"LEDAMA_CONFIG=/etc/a \\\"$HOME\\\\%%h\"\n"),
            "{service}"
        );
        assert!(
            timer
                .contains("OnCalendar=*-*-01,15 20:00:00 UTC\nOnCalendar=Fri *-*-* 20:00:00 UTC\n"),
            "{timer}"
        );
        for bad in ["/a\nb", "/a\tb"] {
            assert!(word(bad.as_ref()).is_err());
        }
        for bad in ["/a\"b", "/a'b", "/a\\b"] {
            assert!(command(&[bad.into()]).is_err(), "{bad}");
        }
    }

    /// systemd itself finds nothing to complain about.
    #[test]
    fn systemd_accepts_them() {
        let folder = tempfile::tempdir().unwrap();
        // A program that is there, in a folder with all that needs care.
        let odd = folder.path().join("a $b 100% é;&(x)");
        std::fs::create_dir(&odd).unwrap();
        let program = odd.join("ledama");
        std::fs::copy("/bin/true", &program).unwrap();
        let units =
            make(program.to_str().unwrap(), "/etc/x \"y\" 'z' c\\d%h$A ${A}", "*/7 1-5,9 1 * mon");
        let mut files = Vec::new();
        for (name, text) in units {
            // No such account need be here, and no network either.
            let text: String = text
                .lines()
                .filter(|line| !line.starts_with("User=") && !line.contains("network-online"))
                .flat_map(|line| [line, "\n"])
                .collect();
            std::fs::write(folder.path().join(&name), text).unwrap();
            files.push(folder.path().join(name));
        }
        let Ok(output) = Command::new("systemd-analyze").arg("verify").args(&files).output() else {
            assert!(std::env::var_os("LEDAMA_NO_SKIP").is_none(), "no systemd-analyze here");
            eprintln!("skipped: no systemd-analyze here");
            return;
        };
        let said = String::from_utf8_lossy(&output.stderr);
        // Units of this machine may have faults of their own.
        assert!(output.status.success() && !said.contains("ledama-J"), "{said}");
    }
}
