//! What runs by itself: the built-in jobs, and what can be wrong with a job
//! without knowing its module.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;

use crate::hosts::Inventory;
use crate::model::{Config, Job};
use crate::schedule::{self, Calendar};

/// The jobs of a configuration that lists none: `scripts/cron/jobs.toml`.
pub(crate) fn built_in() -> Vec<Job> {
    #[derive(Deserialize)]
    struct File {
        jobs: Vec<Job>,
    }
    // A test reads it, so it can be read.
    let file: Result<File, _> = toml::from_str(include_str!("../../../scripts/cron/jobs.toml"));
    file.map_or_else(|_| Vec::new(), |file| file.jobs)
}

/// Something wrong with one key of a job.
pub(crate) struct Wrong {
    pub(crate) message: String,
    pub(crate) help: Option<String>,
}

impl Wrong {
    fn new(message: String, help: Option<String>) -> Self {
        Self { message, help }
    }
}

/// Everything that is wrong, with the number of the job and the key.
pub(crate) fn faults(config: &Config) -> Vec<(usize, &'static str, Wrong)> {
    let mut faults = Vec::new();
    let mut names = BTreeMap::new();
    let inventory = Inventory::new(Arc::new(config.clone()));
    for (index, job) in config.jobs.iter().enumerate() {
        let mut add = |key, message, help| faults.push((index, key, Wrong::new(message, help)));
        let Job { name, .. } = job;
        if !is_name(name) {
            let help = "use letters, digits, `.`, `_` and `-`, beginning with a letter or digit";
            add("name", format!("`{name}` is no name for a job"), Some(help.into()));
        } else if names.insert(name, index).is_some() {
            add("name", format!("two jobs are called `{name}`"), None);
        }
        if let Err(error) = Calendar::parse(&job.calendar) {
            add("calendar", format!("calendar of job `{name}`: {error}"), error.help());
        }
        if let Some(zone) = &job.zone
            && let Err(error) = schedule::zone(Some(zone))
        {
            add("zone", error.to_string(), error.help());
        }
        if let Some(hosts) = &job.hosts
            && let Err(error) = inventory.parse(hosts)
        {
            add("hosts", format!("hosts of job `{name}`: {error}"), error.help());
        }
        for address in &job.mail {
            let odd = |c: char| c.is_whitespace() || c.is_control() || ",;<>\"".contains(c);
            if address.starts_with('-') || address.is_empty() || address.contains(odd) {
                add("mail", format!("`{address}` is no address for mail"), None);
            }
        }
        if job.hook.first().is_some_and(String::is_empty) {
            add("hook", format!("the hook of job `{name}` names no program"), None);
        }
        if job.account.as_deref().is_some_and(|account| !is_account(account)) {
            let account = job.account.as_deref().unwrap_or_default();
            add("account", format!("`{account}` is no name of an account"), None);
        }
    }
    faults.extend(orders(&config.jobs));
    faults
}

/// What is wrong with the jobs that others wait for: names of none, and circles.
fn orders(jobs: &[Job]) -> Vec<(usize, &'static str, Wrong)> {
    let named = |name: &str| jobs.iter().position(|job| job.name == name);
    let mut faults = Vec::new();
    for (index, job) in jobs.iter().enumerate() {
        for name in job.after.iter().filter(|name| named(name).is_none()) {
            let help = "give the names of other jobs of the table";
            let message =
                format!("job `{}` waits for `{name}`, and there is no such job", job.name);
            faults.push((index, "after", Wrong::new(message, Some(help.into()))));
        }
        let mut before: Vec<usize> = job.after.iter().filter_map(|name| named(name)).collect();
        let mut next = 0;
        while let Some(at) = before.get(next).copied() {
            next += 1;
            for more in jobs[at].after.iter().filter_map(|name| named(name)) {
                if !before.contains(&more) {
                    before.push(more);
                }
            }
        }
        if before.contains(&index) {
            let message = format!("job `{}` waits for itself", job.name);
            faults.push((index, "after", Wrong::new(message, None)));
        }
    }
    faults
}

/// Names of files and of units contain it, and it stands in crontabs.
fn is_name(name: &str) -> bool {
    name.len() <= 64
        && name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c))
}

/// A field of `/etc/cron.d` and a value of `User=`.
fn is_account(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with('-')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || "._-@$".contains(c))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;
    use crate::load::{Sources, load};
    use crate::model::JobValue::{Flag, Int, List, Text};

    #[test]
    fn the_built_in_jobs_are_in_order() {
        let jobs = built_in();
        let names: Vec<_> = jobs.iter().map(|job| job.name.as_str()).collect();
        let night = [
            "CleanEmptyLDSPaths",
            "CreateLEDDBPartitions",
            "UpdateLEDDB",
            "RemoveFromLEDDB",
            "UpdateLEDDBNodes",
            "UpdateLEDDBNodeMovies",
            "UpdateLEDDBMeta",
            "BackupLEDDB",
        ];
        assert_eq!(names, night);
        assert!(jobs.iter().all(|job| job.enabled && Calendar::parse(&job.calendar).is_ok()));
        let calendar = Calendar::parse(&jobs[0].calendar).unwrap();
        assert_eq!(calendar.words(), "at 20:00 on day 1 of the month");
        assert_eq!((jobs[0].hosts.as_deref(), jobs[0].keep_logs), (Some("node001"), 12));
        assert_eq!(load(&Sources::default()).unwrap().config.jobs, jobs);
    }

    fn read(text: &str) -> Result<Config, String> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("ledama.toml");
        std::fs::write(&file, text).unwrap();
        let sources = Sources { named: vec![(file, "a test".into())], ..Sources::default() };
        load(&sources).map(|l| (*l.config).clone()).map_err(|e| e.to_string())
    }

    const HOSTS: &str = "[[hosts]]\nprefix = 'node'\nrange = '1-80'\nbare = true\n";

    #[test]
    fn listed_jobs_replace_the_built_in_ones() {
        assert_eq!(read("jobs = []").unwrap().jobs, []);
        let text = "[[jobs]]\nname = 'a'\ncalendar = '@daily'\nmodule = 'M'\n\
                    [jobs.options]\nx = 1\ny = [true, 'z']\nlog-file = 'l'\n";
        let jobs = read(text).unwrap().jobs;
        assert_eq!(jobs.len(), 1);
        assert_eq!(jobs[0].options["y"], List(vec![Flag(true), Text("z".into())]));
        assert_eq!(jobs[0].options["x"], Int(1));
        assert!(jobs[0].enabled && !jobs[0].yes && jobs[0].keep_logs == 12);
        assert_eq!((jobs[0].retries, jobs[0].retry_pause, jobs[0].after.len()), (0, 300, 0));
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        let job = |more: &str| {
            let text =
                format!("{HOSTS}[[jobs]]\nname = 'a'\ncalendar = '@daily'\nmodule = 'M'\n{more}\n");
            read(&text).expect_err(more)
        };
        for (line, message) in [
            ("zone = 'Mars'", "no time zone"),
            ("hosts = 'node099'", "node099"),
            ("mail = ['a b@c']", "no address"),
            ("mail = ['-oops']", "no address"),
            ("hook = ['']", "no program"),
            ("account = 'a b'", "no name of an account"),
            ("options = { x = { y = 1 } }", "no option takes"),
            ("options = 3", "must be a table"),
            ("time_out = 0", "from 1"),
            ("after = ['b']", "no such job"),
            ("after = ['a']", "waits for itself"),
            ("retries = -1", "from 0"),
            ("oops = 1", "unknown key `oops`"),
        ] {
            let error = job(line);
            assert!(error.contains(message) && error.contains("ledama.toml:9"), "{line}: {error}");
        }
        let error =
            read("[[jobs]]\nname = 'a/b'\ncalendar = '61 * * * *'\nmodule = 'M'").unwrap_err();
        assert!(error.contains("no name for a job") && error.contains("`61`"), "{error}");
        let circle = |name: &str, after: &str| {
            format!(
                "[[jobs]]\nname = '{name}'\ncalendar = '@daily'\nmodule = 'M'\nafter = ['{after}']\n"
            )
        };
        let two = [circle("a", "b"), circle("b", "a")].concat();
        assert!(read(&two).unwrap_err().contains("job `a` waits for itself"));
        let twice = "[[jobs]]\nname = 'a'\ncalendar = '@daily'\nmodule = 'M'\n";
        assert!(read(&twice.repeat(2)).unwrap_err().contains("two jobs are called `a`"));
        assert!(read("[[jobs]]\nname = 'a'").unwrap_err().contains("has no `module`"));
    }
}
