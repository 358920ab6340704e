//! `ledama cron crontab` and `ledama cron systemd`: the tables of those who
//! keep the time.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ledama_base::atomic::{self, Existing};
use ledama_base::clock;
use ledama_base::operation::OperationError;
use ledama_config::{Inventory, schedule};

use super::Whose;
use super::resolve::Resolved;
use super::run::{absolute, absolute_list, local_name};
use crate::cli::desk::Desk;
use crate::cli::place;
use crate::cli::{Outcome, Shared};
use crate::cron::{Launch, Unwritable, crontab, systemd};
use crate::diagnostic::{Diagnostic, Failure};
use crate::report::results;
use crate::run::outcome;

/// What both tables are made of.
struct Table<'a> {
    desk: &'a Desk,
    launch: Launch,
    host: String,
    /// None: jobs of all accounts.
    account: Option<String>,
}

impl<'a> Table<'a> {
    fn new(
        desk: &'a Desk,
        shared: &Shared,
        whose: &Whose,
        all_accounts: bool,
    ) -> Result<Self, Failure> {
        let host = match &whose.host {
            None => local_name(desk),
            Some(name) => {
                let inventory = Inventory::new(Arc::clone(&desk.place.loaded.config));
                let names = inventory.parse(name).map_err(|e| place::failure(&e))?.names;
                let [host] = &names[..] else {
                    let fault = format!(
                        "`{name}` is {} hosts, and each has a table of its own",
                        names.len()
                    );
                    return Err(Diagnostic::error(fault).into());
                };
                host.clone()
            }
        };
        let own = || desk.place.account.name.clone();
        let account = (!all_accounts).then(|| whose.account.clone().unwrap_or_else(own));
        Ok(Self { desk, launch: launch(shared, whose)?, host, account })
    }

    /// The jobs for this table; what is wrong with one ends it.
    fn jobs(&self) -> Result<Vec<Resolved<'a>>, Failure> {
        let mut jobs = Resolved::all(self.desk);
        jobs.retain(|job| {
            let owned = self.account.as_ref().is_none_or(|account| job.is_for_account(account));
            job.job.enabled && job.is_for_host(&self.host) && owned
        });
        let faults: Vec<Diagnostic> =
            jobs.iter().filter_map(|job| job.arguments(self.desk).err()).flatten().collect();
        if !faults.is_empty() {
            return Err(Failure::from(faults).with_sources(self.desk.catalogue.sources.clone()));
        }
        if jobs.is_empty() {
            let whose = self.account.as_ref().map_or(String::new(), |a| format!(" for `{a}`"));
            self.desk.talk.warn(&format!("no job runs on {}{whose}", self.host));
        }
        Ok(jobs)
    }

    fn heading(&self) -> Vec<String> {
        let whose = self.account.as_ref().map_or(String::new(), |a| format!(", account {a}"));
        vec![
            format!("Jobs of ledama on {}{whose}; written by `ledama cron crontab`.", self.host),
            "Change [[jobs]] of the configuration and write this anew, not here.".to_string(),
        ]
    }
}

/// How this program is started there.
fn launch(shared: &Shared, whose: &Whose) -> Result<Launch, Failure> {
    let program = match &whose.program {
        Some(program) if program.is_absolute() => program.clone(),
        Some(program) => {
            let fault = format!("`{}` is no absolute path", program.display());
            return Err(Diagnostic::error(fault).into());
        }
        None => std::env::current_exe().map_err(|e| {
            Diagnostic::error(format!("the path of this program is unknown: {e}"))
                .help("name it with `--program`")
        })?,
    };
    let mut words: Vec<OsString> = vec![program.into()];
    if let Some(file) = &shared.config {
        words.extend(["--config".into(), absolute(file).into()]);
    }
    if let Some(folders) = &shared.modules {
        words.extend(["--modules".into(), absolute_list(folders)]);
    }
    // What an account has set for itself, cron and systemd do not know.
    let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    let mut variables = Vec::new();
    if let Some(file) = variable("LEDAMA_CONFIG") {
        variables.push(("LEDAMA_CONFIG".into(), absolute(&PathBuf::from(file)).into()));
    }
    if let Some(folders) = variable("LEDAMA_MODULES") {
        variables.push(("LEDAMA_MODULES".into(), absolute_list(&folders)));
    }
    Ok(Launch { program: words, variables })
}

pub(super) fn crontab(shared: &Shared, whose: &Whose, system: bool) -> Outcome {
    let desk = Desk::open(shared)?;
    let table = Table::new(&desk, shared, whose, system)?;
    let jobs = table.jobs()?;
    let mut entries = Vec::new();
    for job in &jobs {
        same_zone(job)?;
        entries.push(crontab::Entry {
            job: &job.job.name,
            comment: format!("{}: {}", job.job.name, job.calendar.words()),
            calendar: &job.calendar,
            account: system.then(|| job.job.account.as_deref().unwrap_or(&desk.place.account.name)),
        });
    }
    let text = crontab::table(&table.heading(), &table.launch, &entries).map_err(|e| cannot(&e))?;
    results::write(&text);
    Ok(outcome::OK)
}

/// Cron has one zone for all its lines.
fn same_zone(job: &Resolved<'_>) -> Result<(), Failure> {
    let Some(zone) = &job.job.zone else { return Ok(()) };
    let own = clock::local_zone();
    // Two names of one zone, or zones that are the same from now on.
    let same = schedule::zone(Some(zone)).is_ok_and(|named| {
        let now = clock::now();
        named == own
            || job
                .calendar
                .upcoming(now, &named)
                .take(400)
                .eq(job.calendar.upcoming(now, &own).take(400))
    });
    if same {
        return Ok(());
    }
    let fault = format!(
        "job `{}` means the clock of {zone}, and cron here goes by another one",
        job.job.name
    );
    Err(Diagnostic::error(fault).help("use `ledama cron systemd`, or leave out `zone`").into())
}

pub(super) fn systemd(
    shared: &Shared,
    whose: &Whose,
    user: bool,
    folder: Option<&Path>,
) -> Outcome {
    let desk = Desk::open(shared)?;
    // The manager of an account runs its own jobs only, that of the system all.
    let table = Table::new(&desk, shared, whose, !user && whose.account.is_none())?;
    let jobs = table.jobs()?;
    let mut units = Vec::new();
    for job in &jobs {
        let account = job.job.account.as_deref().unwrap_or(&desk.place.account.name);
        let entry = systemd::Entry {
            job: &job.job.name,
            description: format!("ledama job {}, {}", job.job.name, job.words()),
            calendar: &job.calendar,
            zone: job.job.zone.as_deref(),
            account: (!user).then_some(account),
            after: &job.job.after,
        };
        units.extend(systemd::units(&table.launch, &entry).map_err(|e| cannot(&e))?);
    }
    let Some(folder) = folder else {
        for (name, text) in units {
            results::write(&format!("# ==> {name}\n{text}\n"));
        }
        return Ok(outcome::OK);
    };
    // All of them are looked at before any is written.
    for (name, _) in &units {
        is_ours(&folder.join(name))?;
    }
    for (name, text) in units {
        let file = folder.join(name);
        atomic::write(&file, text.as_bytes(), Existing::Replace)
            .map_err(|e| Diagnostic::error(e.to_string()).maybe_help(e.help()))?;
        desk.talk.line(&format!("written: {}", file.display()));
    }
    Ok(outcome::OK)
}

/// Refuses a unit that somebody else has written.
fn is_ours(file: &Path) -> Result<(), Failure> {
    match std::fs::read_to_string(file) {
        Ok(text) if text.starts_with(systemd::MARK) => Ok(()),
        Ok(_) => {
            let fault = format!("{} exists and was not written by ledama", file.display());
            Err(Diagnostic::error(fault).help("move it away, or give the job another name").into())
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => {
            Err(Diagnostic::error(OperationError::io(file.display(), &error).message).into())
        }
    }
}

fn cannot(error: &Unwritable) -> Failure {
    Diagnostic::error(error.to_string()).maybe_help(error.help()).into()
}
