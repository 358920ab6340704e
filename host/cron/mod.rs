//! Jobs: modules that run by themselves at given times.
//!
//! What runs when is `[[jobs]]` of the configuration. Cron or systemd keep the
//! time; this part writes their tables ([`crontab`], [`systemd`]) and is what
//! they start: one run under a lock ([`run`]), its output in a log ([`logs`]),
//! what came of it on record ([`record`]), and an alarm when it fails
//! ([`alarm`]).

pub mod alarm;
pub mod crontab;
pub mod logs;
pub mod record;
pub mod run;
pub mod systemd;

use std::ffi::OsString;
use std::path::PathBuf;

use ledama_config::model::{Config, Job};

use crate::run::folders;

/// One job on one host.
#[derive(Debug, Clone)]
pub struct Place {
    /// Folder of the records and locks of the host.
    pub records: PathBuf,
    /// Folder of the logs of the job.
    pub logs: PathBuf,
    /// The host, by its configured name.
    pub host: String,
    /// The job.
    pub job: String,
}

impl Place {
    /// Where a job keeps its things on a host.
    pub fn new(config: &Config, job: &Job, host: &str) -> Self {
        let records = folders::state(config).join("cron").join(host);
        let logs = job.log_folder.as_deref().map_or_else(|| records.clone(), folders::expand_home);
        Self { records, logs, host: host.to_string(), job: job.name.clone() }
    }

    /// The log of the run that is going on, or of the last one.
    pub fn log(&self) -> PathBuf {
        self.logs.join(format!("{}.log", self.job))
    }

    fn file(&self, extension: &str) -> PathBuf {
        self.records.join(format!("{}.{extension}", self.job))
    }
}

/// How the table of cron or systemd starts a job.
#[derive(Debug, Clone)]
pub struct Launch {
    /// The program and the words before `cron`.
    pub program: Vec<OsString>,
    /// Variables that say which configuration and modules are meant.
    pub variables: Vec<(String, OsString)>,
}

impl Launch {
    /// The whole command.
    pub fn command(&self, job: &str) -> Vec<OsString> {
        let words = ["cron", "run", job].map(OsString::from);
        self.program.iter().cloned().chain(words).collect()
    }
}

/// Something that a table of cron or systemd cannot hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Unwritable {
    message: String,
    help: Option<String>,
}

impl Unwritable {
    fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), help: None }
    }

    fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// What to do.
    pub fn help(&self) -> Option<String> {
        self.help.clone()
    }
}
