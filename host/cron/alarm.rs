//! Tells somebody that a job has failed: by mail, by a program, or by both.

use std::fs::File;
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use ledama_config::model::Config;

use super::record::Record;

/// Neither mail nor hook may hold up anything longer.
const LIMIT: Duration = Duration::from_mins(1);

/// Where Debian and most others have it.
const SENDMAIL: &str = "/usr/sbin/sendmail";

/// Whom to tell.
#[derive(Debug, Clone, Copy)]
pub struct Alarm<'a> {
    /// Addresses.
    pub mail: &'a [String],
    /// Program with arguments.
    pub hook: &'a [String],
    /// How mail leaves this host.
    pub sendmail: &'a [String],
}

impl<'a> Alarm<'a> {
    /// That of a job.
    pub fn new(config: &'a Config, mail: &'a [String], hook: &'a [String]) -> Self {
        let sendmail = config.command_of("sendmail").unwrap_or_default();
        Self { mail, hook, sendmail }
    }

    /// Tells everybody; answers what went wrong with that. What the programs
    /// print goes to the log.
    pub fn raise(&self, record: &Record, tail: &str, log: &File) -> Vec<String> {
        let mut faults = Vec::new();
        if !self.mail.is_empty() {
            let own = [SENDMAIL.to_string()];
            let program = if self.sendmail.is_empty() { &own[..] } else { self.sendmail };
            let mut words = program.to_vec();
            // A line with a single dot does not end the message; addresses are in its head.
            words.extend(["-oi", "-t"].map(String::from));
            let message = message(record, self.mail, tail);
            if let Err(why) = start(&words, &[], &message, log) {
                faults.push(format!("no mail was sent: {why}"));
            }
        }
        if !self.hook.is_empty()
            && let Err(why) = start(self.hook, &facts(record), tail, log)
        {
            faults.push(format!("the hook failed: {why}"));
        }
        faults
    }
}

/// What a hook finds in its environment.
fn facts(record: &Record) -> Vec<(&'static str, String)> {
    vec![
        ("LEDAMA_CRON_JOB", record.job.clone()),
        ("LEDAMA_CRON_HOST", record.host.clone()),
        ("LEDAMA_CRON_ACCOUNT", record.account.clone()),
        ("LEDAMA_CRON_MODULE", record.module.clone()),
        ("LEDAMA_CRON_STATUS", record.status.word().to_string()),
        ("LEDAMA_CRON_EXIT_CODE", record.exit_code.map_or(String::new(), |c| c.to_string())),
        ("LEDAMA_CRON_START", record.start.clone()),
        ("LEDAMA_CRON_END", record.end.clone().unwrap_or_default()),
        ("LEDAMA_CRON_SECONDS", record.seconds.map_or(String::new(), |s| format!("{s:.1}"))),
        ("LEDAMA_CRON_FAILURES", record.failures.to_string()),
        ("LEDAMA_CRON_MESSAGE", record.message.clone()),
        ("LEDAMA_CRON_LOG", record.log.clone()),
    ]
}

/// The message with its head.
fn message(record: &Record, to: &[String], tail: &str) -> String {
    let clean = |text: &str| -> String {
        text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
    };
    let Record { job, host, module, account, start, log, failures, .. } = record;
    let again = if *failures > 1 { format!(", {failures} times in a row") } else { String::new() };
    let mut lines = vec![
        format!("To: {}", to.join(", ")),
        format!(
            "Subject: {}",
            ascii(&format!("ledama job {job} on {host}: {}", record.status.word()))
        ),
        "Auto-Submitted: auto-generated".into(),
        "MIME-Version: 1.0".into(),
        "Content-Type: text/plain; charset=utf-8".into(),
        "Content-Transfer-Encoding: 8bit".into(),
        String::new(),
        format!("{}{again}", clean(&record.message)),
        String::new(),
        format!("job       {job}"),
        format!("module    {module}"),
        format!("host      {host}"),
        format!("account   {account}"),
        format!("start     {start}"),
    ];
    if let (Some(end), Some(seconds)) = (&record.end, record.seconds) {
        lines.push(format!("end       {end} ({seconds:.1} s)"));
    }
    lines.extend(record.last_done.as_ref().map(|done| format!("last done {done}")));
    lines.push(format!("log       {}\n\nEnd of the log:\n\n{tail}", clean(log)));
    lines.join("\n")
}

/// A head of a message holds nothing else.
fn ascii(text: &str) -> String {
    text.chars().map(|c| if (' '..='~').contains(&c) { c } else { '?' }).collect()
}

/// Starts a program with a text on its standard input and waits for its end.
fn start(
    words: &[String],
    variables: &[(&'static str, String)],
    text: &str,
    log: &File,
) -> Result<(), String> {
    let Some((program, arguments)) = words.split_first() else { return Ok(()) };
    let failed = |e: std::io::Error| {
        ledama_base::operation::OperationError::io(format!("`{program}`"), &e).message
    };
    let output = || log.try_clone().map_or_else(|_| Stdio::null(), Stdio::from);
    let mut child = Command::new(program)
        .args(arguments)
        .envs(variables.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::piped())
        .stdout(output())
        .stderr(output())
        .process_group(0)
        .spawn()
        .map_err(failed)?;
    let stdin = child.stdin.take();
    let text = text.to_string();
    // A program that reads nothing must not hold us up.
    let writer = std::thread::spawn(move || stdin.map(|mut pipe| pipe.write_all(text.as_bytes())));
    let ended = wait(&mut child).map_err(failed)?;
    // It has ended or was killed, so its end of the pipe is closed.
    let _ = writer.join();
    match ended {
        Some(status) if status.success() => Ok(()),
        Some(status) => Err(format!("`{program}` ended with {status}")),
        None => Err(format!("`{program}` was stopped after {} s", LIMIT.as_secs())),
    }
}

fn wait(child: &mut Child) -> std::io::Result<Option<std::process::ExitStatus>> {
    let end = Instant::now() + LIMIT;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if Instant::now() >= end {
            super::run::kill_group(child.id());
            child.wait()?;
            return Ok(None);
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}
