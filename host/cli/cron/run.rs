//! `ledama cron run`.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use ledama_base::suggest::did_you_mean;
use ledama_config::Inventory;
use ledama_config::model::Job;

use super::resolve::Resolved;
use crate::cli::desk::Desk;
use crate::cli::{Outcome, Shared};
use crate::cron::alarm::Alarm;
use crate::cron::record::Status;
use crate::cron::run::{Ended, Refused, Task};
use crate::cron::{Place, logs};
use crate::diagnostic::{Diagnostic, Failure};
use crate::run::outcome;

pub(super) fn run(shared: &Shared, name: &str, here: bool) -> Outcome {
    let desk = Desk::open(shared)?;
    let jobs = Resolved::all(&desk);
    let Some(job) = jobs.iter().find(|job| job.job.name == name) else {
        let names: Vec<&str> = jobs.iter().map(|job| job.job.name.as_str()).collect();
        return Err(Diagnostic::error(format!("there is no job `{name}`"))
            .maybe_help(did_you_mean(name, &names))
            .help("`ledama cron list` shows the jobs")
            .into());
    };
    let host = local_name(&desk);
    if !here {
        belongs_here(job, &desk, &host)?;
    }
    let mut task = Task {
        place: Place::new(&desk.place.loaded.config, job.job, &host),
        module: job.job.module.clone(),
        account: desk.place.account.name.clone(),
        arguments: Vec::new(),
        folder: desk.place.account.home.clone().unwrap_or_else(|| PathBuf::from("/")),
        keep_logs: job.job.keep_logs,
        time_out: job.job.time_out.map(Duration::from_secs),
        after: job.job.after.clone(),
        retries: job.job.retries,
        retry_pause: Duration::from_secs(job.job.retry_pause),
    };
    let (ended, failure) = match job.arguments(&desk) {
        Ok(arguments) => {
            task.arguments = before(shared);
            task.arguments.extend(arguments);
            (task.run(), None)
        }
        Err(faults) => {
            let failure = Failure::from(faults).with_sources(desk.catalogue.sources.clone());
            (task.not_started(&failure.to_string()), Some(failure))
        }
    };
    match ended {
        Ok(ended) => Ok(tell(&desk, job.job, &task.place, ended, failure.as_ref())),
        Err(busy @ Refused::Busy { .. }) => {
            desk.talk.line(&format!("job {name}: {busy}"));
            Ok(outcome::OK)
        }
        Err(Refused::Io(why)) => {
            let refusal = Diagnostic::error(format!("job `{name}` was not started: {why}"));
            Err(failure.unwrap_or_else(|| refusal.into()))
        }
    }
}

/// The name of this host in the configuration.
pub(super) fn local_name(desk: &Desk) -> String {
    Inventory::new(Arc::clone(&desk.place.loaded.config)).local_name().to_string()
}

fn belongs_here(job: &Resolved<'_>, desk: &Desk, host: &str) -> Result<(), Failure> {
    let name = &job.job.name;
    let account = &desk.place.account.name;
    let why = if !job.is_for_host(host) {
        let hosts = job.hosts.join(", ");
        format!("job `{name}` belongs to {hosts}, and this is {host}")
    } else if !job.is_for_account(account) {
        let owner = job.job.account.as_deref().unwrap_or_default();
        format!("job `{name}` belongs to the account `{owner}`, and this is `{account}`")
    } else if !job.job.enabled {
        format!("job `{name}` is disabled")
    } else {
        return Ok(());
    };
    Err(Diagnostic::error(why).help("`--here` runs it all the same").into())
}

/// The words before `run`: the same configuration and modules.
fn before(shared: &Shared) -> Vec<std::ffi::OsString> {
    let mut words = vec!["--color=never".into()];
    if let Some(file) = &shared.config {
        words.extend(["--config".into(), absolute(file).into()]);
    }
    if let Some(folders) = &shared.modules {
        words.extend(["--modules".into(), absolute_list(folders)]);
    }
    words
}

pub(super) fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf())
}

/// Folders with `:` between them.
pub(super) fn absolute_list(folders: &std::ffi::OsStr) -> std::ffi::OsString {
    let whole = std::env::split_paths(folders).map(|folder| absolute(&folder));
    std::env::join_paths(whole).unwrap_or_else(|_| folders.to_os_string())
}

/// Raises the alarm if need be, says what came of it, and gives the exit code.
fn tell(desk: &Desk, job: &Job, place: &Place, mut ended: Ended, failure: Option<&Failure>) -> u8 {
    let watched = std::io::stderr().is_terminal();
    let said =
        format!("job {} {}; its log is {}", job.name, ended.record.message, ended.record.log);
    if ended.record.status == Status::Done {
        // Cron mails whatever is said.
        if watched {
            desk.talk.line(&said);
        }
        return outcome::OK;
    }
    // Whoever has stopped it knows.
    if ended.record.status != Status::Interrupted || !watched {
        let alarm = Alarm::new(&desk.place.loaded.config, &job.mail, &job.hook);
        ended.raise(place, &alarm);
    }
    match failure {
        Some(failure) => failure.show(&desk.talk),
        None => desk.talk.line(&said),
    }
    if job.mail.is_empty() || !ended.record.alarm_faults.is_empty() {
        desk.talk.line(logs::tail(&place.log()).trim_end());
    }
    for fault in &ended.record.alarm_faults {
        desk.talk.warn(fault);
    }
    match (ended.record.status, ended.record.exit_code) {
        (Status::Interrupted, _) => outcome::INTERRUPTED,
        (Status::NotStarted, _) => outcome::NOTHING_DONE,
        (Status::Failed, Some(code)) => u8::try_from(code).unwrap_or(outcome::FAILED),
        _ => outcome::FAILED,
    }
}
