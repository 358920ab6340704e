//! Jobs: found out, listed, run under a lock, told when they fail, and written
//! for cron and systemd.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::process::Signal;
use serde_json::Value;

use crate::support::run::{Run, repository};
use crate::support::skip::{Skip, need, skip};
use crate::support::wait;
use crate::support::{Cluster, Output, Work};

/// A module that does as it is told: says something, waits for a file, fails.
const MODULE: &str = r#"
//! A module for tests.
const MODULE = #{
    version: 1,
    group: "local",
    summary: "Do as told",
    changes: "data",
    destructive: "wipe",
    options: [
        #{ name: "text", short: "t", kind: "text", default_value: "hello", help: "What to say" },
        #{ name: "wait-for", kind: "path", help: "A file to wait for" },
        #{ name: "fail", kind: "flag", help: "Fail" },
        #{ name: "wipe", kind: "flag", help: "Pretend to be dangerous" },
        #{ name: "counts", kind: "ints", help: "Numbers" },
        #{ name: "names", kind: "list", help: "Names" },
    ],
};

fn process(opts, run) {
    run.say(`told: ${opts.text}`);
    run.say(`counts: ${opts.counts}, names: ${opts.names}`);
    while opts.wait_for != () && !run.exists(opts.wait_for) { run.pause(1); }
    if opts.fail { run.fail("told to fail"); }
}
"#;

struct Scene {
    work: Work,
    config: PathBuf,
}

impl Scene {
    /// With this text as the only job, which runs the module of the tests.
    fn new(job: &str) -> Self {
        Self::with(&format!(
            "[[jobs]]\nname = \"J\"\ncalendar = \"0 20 1 * *\"\nmodule = \"Told\"\n{job}\n"
        ))
    }

    fn with(text: &str) -> Self {
        let work = Work::new();
        work.file("modules/Told.rhai", MODULE);
        let folder = work.join("modules").display().to_string();
        // Tables come after plain keys.
        let config =
            work.file("ledama.toml", format!("{text}\n[paths]\nmodules = [\"{folder}\"]\n"));
        Self { work, config }
    }

    fn cron(&self, words: &[&str]) -> Run {
        self.work.ledama(["cron"]).args(words).config(&self.config)
    }

    fn list(&self) -> Value {
        self.cron(&["list", "--json"]).run().no_panic().json()
    }

    fn host(&self) -> String {
        let report = self.work.ledama(["doctor", "--json"]).run().json();
        report["nodes"][0]["node"].as_str().unwrap().to_string()
    }

    fn state(&self) -> PathBuf {
        self.work.join("home/.local/state/ledama/cron").join(self.host())
    }

    fn log(&self, name: &str) -> String {
        fs::read_to_string(self.state().join(name)).unwrap()
    }

    /// A program that writes what it was given into the work folder.
    fn program(&self, name: &str, script: &str) -> PathBuf {
        let file = self
            .work
            .file(name, format!("#!/bin/sh\ncd '{}'\n{script}", self.work.path().display()));
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
        file
    }
}

#[test]
fn the_built_in_job_is_listed() {
    let work = Work::new();
    let listed = work.ledama(["cron", "list"]).ok();
    for text in ["CleanEmptyLDSPaths", "node001", "at 20:00 on day 1 of the month", "-01T20:00:00Z"]
    {
        assert!(listed.stdout().contains(text), "{text}: {listed}");
    }
    let row = work.ledama(["cron", "list", "--json"]).ok().json()[0].take();
    assert_eq!(row["account"], "lofareor");
    assert_eq!(row["faults"], serde_json::json!([]));
    assert_eq!(row["last"], Value::Null);
    let none = work.file("none.toml", "jobs = []\n");
    work.ledama(["cron", "list"]).config(&none).ok().prints("").complains("no jobs");
}

#[test]
fn a_run_is_logged_and_on_record() {
    let scene = Scene::new(
        "options = { text = \"a 'b' $c %d\", counts = \"1-3\", names = [\"x,y\", \"-z\"] }\n\
         keep_logs = 2",
    );
    // Nothing is said, or cron would mail it.
    let output = scene.cron(&["run", "J"]).ok().prints("");
    assert_eq!(output.stderr, "");
    let log = scene.log("J.log");
    for text in [
        "told: a 'b' $c %d",
        "counts: [1, 2, 3], names: [\"x,y\", \"-z\"]",
        "ended with exit code 0",
    ] {
        assert!(log.contains(text), "{text}: {log}");
    }
    let row = scene.list()[0].take();
    let last = &row["last"];
    assert_eq!((&last["status"], &last["exit_code"]), (&"done".into(), &0.into()), "{row:#}");
    assert!(last["seconds"].as_f64().unwrap() >= 0.0 && last["end"].is_string());
    assert_eq!(last["last_done"], last["end"]);
    assert_eq!(row["host"], Value::Null);
    for _ in 0..3 {
        scene.cron(&["run", "J"]).ok();
    }
    let names: Vec<String> = fs::read_dir(scene.state())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.contains(".log"))
        .collect();
    assert_eq!(names.len(), 3, "{names:?}");
    assert!(scene.cron(&["list"]).ok().stdout().contains("done"));
}

#[test]
fn the_same_modules_and_configuration_are_used() {
    let scene = Scene::new("options = { text = \"from here\" }");
    // By options instead of variables, and relative.
    let run = scene.work.ledama(["cron", "run", "J", "--config", "ledama.toml"]);
    run.ok();
    assert!(scene.log("J.log").contains("told: from here"));
    // Relative paths of options begin at home.
    let scene = Scene::new("options = { wait-for = \"here\" }");
    scene.work.file("home/here", "");
    scene.cron(&["run", "J"]).ok();
}

#[test]
fn mistakes_in_jobs_are_found() {
    for (job, text) in [
        ("options = { tekst = \"x\" }", "has no option `tekst`"),
        ("options = { counts = \"x\" }", "`--counts`"),
        ("options = { text = 3 }", "is not a text"),
        ("options = { wipe = true }", "yes = true"),
        ("calendar = \"0 25 * * *\"", "duplicate key"),
        ("zone = \"Europe/Amsterdom\"", "no time zone"),
        ("hosts = \"node999\"", "node999"),
        ("after = [\"K\"]", "there is no such job"),
    ] {
        let scene = Scene::new(job);
        let checked = scene.work.ledama(["config", "check"]).config(&scene.config).run().code(2);
        assert!(checked.stderr.contains(text), "{job}: {checked}");
        assert!(checked.stderr.contains("ledama.toml:"), "{job}: {checked}");
    }
    let scene = Scene::with("[[jobs]]\nname = \"J\"\ncalendar = \"@daily\"\nmodule = \"Tolt\"\n");
    scene.work.ledama(["config", "check"]).config(&scene.config).run().code(2).complains("Told");
    scene.cron(&["list"]).run().code(1).says("faulty").complains("Tolt");
    // And it is told to whom it concerns when its time comes.
    scene.cron(&["run", "J"]).run().code(2).complains("Tolt");
    assert_eq!(scene.list_last()["status"], "not-started");
    // With a yes it is in order.
    let scene = Scene::new("options = { wipe = true }\nyes = true");
    scene.work.ledama(["config", "check"]).config(&scene.config).ok();
    scene.cron(&["run", "J"]).ok();
    scene.cron(&["run", "K"]).run().code(2).complains("no job `K`");
}

impl Scene {
    fn list_last(&self) -> Value {
        self.cron(&["list", "--json"]).run().json()[0]["last"].take()
    }
}

#[test]
fn a_failure_is_told_by_mail_and_hook() {
    let scene = Scene::new("");
    let sendmail = scene.program("sendmail", "echo \"$@\" > mail.args\ncat > mail.text\n");
    let hook = scene.program(
        "hook",
        "env | grep ^LEDAMA_CRON_ | sort > hook.env\necho \"$@\" > hook.args\ncat > hook.text\n",
    );
    let text = fs::read_to_string(&scene.config).unwrap();
    let text = text.replace(
        "module = \"Told\"\n",
        &format!(
            "module = \"Told\"\noptions = {{ fail = true }}\nmail = [\"a@example.org\", \"b@example.org\"]\n\
             hook = [\"{}\", \"one two\"]\n",
            hook.display()
        ),
    );
    fs::write(
        &scene.config,
        format!("{text}\n[programs]\nsendmail = [\"{}\", \"-x\"]\n", sendmail.display()),
    )
    .unwrap();
    let output = scene.cron(&["run", "J"]).run();
    // Nothing was changed, so the module says 2, and so do we.
    assert_eq!(output.code, 2, "{output}");
    assert!(output.stderr.contains("job J ended with exit code 2"), "{output}");
    assert_eq!(scene.work.read("mail.args"), "-x -oi -t\n");
    let mail = scene.work.read("mail.text");
    for text in [
        "To: a@example.org, b@example.org\n",
        "Subject: ledama job J on ",
        ": failed\n",
        "ended with exit code 2\n",
        "told to fail",
    ] {
        assert!(mail.contains(text), "{text}: {mail}");
    }
    assert_eq!(scene.work.read("hook.args"), "one two\n");
    assert!(scene.work.read("hook.text").contains("told to fail"));
    let env = scene.work.read("hook.env");
    for text in [
        "LEDAMA_CRON_JOB=J\n",
        "LEDAMA_CRON_STATUS=failed\n",
        "LEDAMA_CRON_EXIT_CODE=2\n",
        "LEDAMA_CRON_FAILURES=1\n",
    ] {
        assert!(env.contains(text), "{text}: {env}");
    }
    scene.cron(&["run", "J"]).run().code(2);
    assert!(scene.work.read("mail.text").contains("2 times in a row"));
    let last = scene.list_last();
    assert_eq!((&last["failures"], &last["alarm_faults"]), (&2.into(), &serde_json::json!([])));
    // When nobody can be told, that is told.
    fs::remove_file(sendmail).unwrap();
    scene.cron(&["run", "J"]).run().code(2).complains("no mail was sent");
    assert!(scene.cron(&["list"]).run().stdout().contains("nobody could be told"));
}

#[test]
fn two_runs_never_overlap() {
    let scene = Scene::new("options = { wait-for = \"go\" }");
    let mut first = scene.cron(&["run", "J"]).start();
    let row = wait::until("a job that runs", || {
        assert!(!first.ended(), "the first run has ended");
        let row = scene.list()[0].take();
        (row["last"]["status"] == "running" && scene.log("J.log").contains("told")).then_some(row)
    });
    let pid = row["last"]["pid"].as_u64().unwrap();
    let second = scene.cron(&["run", "J"]).run().code(0).prints("");
    assert!(second.stderr.contains("still running since"), "{second}");
    assert!(second.stderr.contains(&format!("process {pid}")), "{second}");
    assert_eq!(scene.list()[0]["skipped"], 1);
    assert!(scene.cron(&["list"]).ok().stdout().contains("1 skipped"));
    scene.work.file("home/go", "");
    first.wait().code(0);
    assert_eq!(scene.list_last()["status"], "done");
    scene.cron(&["run", "J"]).ok();
    assert_eq!(scene.list()[0]["skipped"], 0);
}

#[test]
fn the_lock_lasts_as_long_as_the_run_and_no_longer() {
    let scene = Scene::new("options = { wait-for = \"go\" }");
    let running = scene.cron(&["run", "J"]).start();
    wait::until("a job that runs", || {
        let log = scene.state().join("J.log");
        fs::read_to_string(log).ok().filter(|text| text.contains("told")).map(drop)
    });
    // Whoever looks after it is killed; the run itself goes on, and so does the lock.
    running.signal(Signal::KILL);
    assert_eq!(running.wait().code, 137);
    scene.cron(&["run", "J"]).run().code(0).complains("still running");
    scene.work.file("home/go", "");
    wait::until("the end of the run", || (scene.list_last()["status"] == "lost").then_some(()));
    fs::remove_file(scene.work.join("home/go")).unwrap();
    scene.work.file("home/go", "");
    scene.cron(&["run", "J"]).ok();
}

#[test]
fn signals_are_passed_on() {
    let scene = Scene::new("options = { wait-for = \"never\" }");
    for signal in [Signal::INT, Signal::TERM] {
        let running = scene.cron(&["run", "J"]).start();
        wait::until("a job that runs", || {
            let log = scene.state().join("J.log");
            fs::read_to_string(log).ok().filter(|text| text.contains("told")).map(drop)
        });
        running.signal(signal);
        running.wait().code(130).complains("was interrupted");
        let last = scene.list_last();
        assert_eq!((&last["status"], &last["exit_code"]), (&"interrupted".into(), &130.into()));
    }
}

#[test]
fn a_run_that_takes_too_long_is_stopped() {
    let scene = Scene::new("options = { wait-for = \"never\" }\ntime_out = 1");
    scene.cron(&["run", "J"]).run().code(1).complains("was stopped after 1 s");
    assert_eq!(scene.list_last()["status"], "timed-out");
}

#[test]
fn a_job_waits_for_those_before_it() {
    let job = |name: &str, more: &str| {
        format!("[[jobs]]\nname = \"{name}\"\ncalendar = \"@daily\"\nmodule = \"Told\"\n{more}\n")
    };
    let jobs = [
        job("First", "options = { wait-for = \"go\" }"),
        job("Second", "after = [\"First\"]"),
        job("Third", "after = [\"Second\"]"),
    ];
    let scene = Scene::with(&jobs.concat());
    // It waits for none that does not run.
    scene.cron(&["run", "Second"]).ok();
    let first = scene.cron(&["run", "First"]).start();
    let said = |name: &str, text: &str| {
        let log = scene.state().join(name);
        fs::read_to_string(log).is_ok_and(|log| log.contains(text))
    };
    wait::until("the first job", || said("First.log", "told").then_some(()));
    let second = scene.cron(&["run", "Second"]).start();
    wait::until("a job that waits", || said("Second.log", "waits for job First").then_some(()));
    let third = scene.cron(&["run", "Third"]).start();
    wait::until("another", || said("Third.log", "waits for job Second").then_some(()));
    assert!(!said("Second.log", "told"));
    // One that waits can be stopped.
    third.signal(Signal::TERM);
    third.wait().code(130).complains("was interrupted");
    scene.work.file("home/go", "");
    first.wait().code(0);
    second.wait().code(0);
    assert!(said("Second.log", "told"));
}

#[test]
fn a_job_that_fails_is_tried_again() {
    let scene = Scene::new("options = { fail = true }\nretries = 2\nretry_pause = 0");
    scene.cron(&["run", "J"]).run().code(2).complains("ended with exit code 2, try 3");
    let log = scene.log("J.log");
    assert_eq!(log.matches("told: hello").count(), 3, "{log}");
    assert!(log.contains("try 2 of 3 comes in 0 s"), "{log}");
    assert_eq!(scene.list_last()["failures"], 1);
}

#[test]
fn a_job_runs_where_it_belongs() {
    let hosts = "[[hosts]]\nprefix = \"node\"\nrange = \"1-9\"\nbare = true\n";
    let job = |more: &str| {
        let text = format!(
            "{hosts}[[jobs]]\nname = \"J\"\ncalendar = \"@daily\"\nmodule = \"Told\"\n{more}\n"
        );
        Scene::with(&text)
    };
    for (more, why) in [
        ("hosts = \"1-3\"", "belongs to node001, node002, node003, and this is"),
        ("account = \"nobody-at-all\"", "belongs to the account `nobody-at-all`"),
        ("enabled = false", "is disabled"),
    ] {
        let scene = job(more);
        scene.cron(&["run", "J"]).run().code(2).complains(why);
        assert!(!scene.work.has("home/.local/state/ledama/cron"), "{more}");
        scene.cron(&["run", "J", "--here"]).ok();
    }
    let scene = job("hosts = \"1-3\"");
    let listed = scene.list();
    assert_eq!(listed.as_array().unwrap().len(), 3);
    assert_eq!(listed[2]["host"], "node003");
    scene.cron(&["crontab"]).ok().complains("no job runs on");
    scene.cron(&["crontab", "--host", "2"]).ok().says("cron run J");
    scene.cron(&["crontab", "--host", "1-3"]).run().code(2).complains("is 3 hosts");
    scene.cron(&["crontab", "--host", "node044"]).run().code(2).complains("node044");
}

#[test]
fn cron_and_systemd_take_what_is_written() {
    let scene = Scene::new("options = { text = \"100%\" }");
    let odd = scene.work.file("a $b 100% c/ledama.toml", fs::read(&scene.config).unwrap());
    let table =
        scene.work.ledama(["cron", "crontab", "--config"]).arg(&odd).config(&scene.config).ok();
    let text = table.stdout();
    assert!(text.contains("\nSHELL=/bin/sh\nLEDAMA_CONFIG=\""), "{text}");
    let line = text.lines().find(|line| line.starts_with("0 20 1 * * ")).unwrap();
    assert!(line.contains("a $b 100\\% c/ledama.toml' cron run J"), "{line}");
    // As cron does it: a bare environment, and the line behind the calendar to sh.
    let command = line.strip_prefix("0 20 1 * * ").unwrap().replace("\\%", "%");
    let script = scene.work.file("line.sh", command);
    Run::new(scene.work.path(), [script]).program("/bin/sh").ok();
    assert!(scene.log("J.log").contains("told: 100%"));
    match cron_accepts(&scene.work.file("table", &text)) {
        None => skip!("no crontab"),
        Some(output) => assert!(output.status.success(), "{output:?}"),
    }

    let own = Command::new("id").arg("-un").output().unwrap().stdout;
    let own = String::from_utf8(own).unwrap();
    let system = scene.cron(&["crontab", "--system"]).ok().stdout();
    assert!(system.contains(&format!("0 20 1 * * {} /", own.trim())), "{system}");
    let printed = scene.cron(&["systemd"]).ok().stdout();
    assert!(printed.contains("OnCalendar=*-*-01 20:00:00\n"), "{printed}");
    assert!(printed.contains(&format!("User={}\n", own.trim())), "{printed}");
    let folder = scene.work.join("units");
    fs::create_dir(&folder).unwrap();
    let write =
        |more: &[&str]| scene.cron(&["systemd", "--write", "units"]).args(more).run().no_panic();
    write(&[]).code(0);
    assert_eq!(scene.work.names("units"), ["ledama-J.service", "ledama-J.timer"]);
    let verified = Command::new("systemd-analyze")
        .arg("verify")
        .args(["ledama-J.service", "ledama-J.timer"].map(|name| folder.join(name)))
        .output();
    match verified {
        Err(_) => skip!("no systemd-analyze"),
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(output.status.success() && !said.contains("ledama-J"), "{said}");
        }
    }
    write(&["--user"]).code(0);
    assert!(!scene.work.read("units/ledama-J.service").contains("User="));
    // Somebody else's unit stays.
    scene.work.file("units/ledama-J.timer", "[Timer]\n");
    write(&[]).code(2).complains("was not written by ledama");
    assert_eq!(scene.work.read("units/ledama-J.timer"), "[Timer]\n");
}

fn cron_accepts(table: &Path) -> Option<std::process::Output> {
    ["-n", "-T"].into_iter().find_map(|flag| {
        let output = Command::new("crontab").arg(flag).arg(table).output().ok()?;
        (!String::from_utf8_lossy(&output.stderr).contains("usage")).then_some(output)
    })
}

#[test]
fn cron_has_one_zone_for_all() {
    let scene = Scene::new("zone = \"Europe/Amsterdam\"");
    scene.cron(&["crontab"]).run().code(2).complains("Europe/Amsterdam").complains("systemd");
    scene.cron(&["systemd"]).ok().says("OnCalendar=*-*-01 20:00:00 Europe/Amsterdam\n");
    let row = scene.list()[0].take();
    assert!(row["words"].as_str().unwrap().contains("(Europe/Amsterdam)"), "{row:#}");
    let next = row["next"].as_str().unwrap();
    assert!(next.contains("T18:00") || next.contains("T19:00"), "{next}");
    // Another name of the host's own zone, which is UTC in tests.
    Scene::new("zone = \"Etc/UTC\"").cron(&["crontab"]).ok();
}

/// What is written about jobs is true: the example is accepted, and the file
/// of the built-in jobs says what it is.
#[test]
fn the_manual_of_jobs_is_true() {
    let folder = repository().join("scripts/cron");
    let text = fs::read_to_string(folder.join("README.md")).unwrap();
    let (_, rest) = text.split_once("```toml\n").unwrap();
    let (example, _) = rest.split_once("```").unwrap();
    let hosts = "[[hosts]]\nprefix = \"node\"\nrange = \"1-80\"\n";
    let work = Work::new();
    let config = work.file("ledama.toml", format!("{hosts}{example}"));
    work.ledama(["config", "check"]).config(&config).ok();
    let built_in = fs::read_to_string(folder.join("jobs.toml")).unwrap();
    let config = work.file("ledama.toml", format!("{hosts}{built_in}"));
    let listed = work.ledama(["cron", "list"]).config(&config).ok();
    listed.prints(&work.ledama(["cron", "list"]).ok().stdout());
}

/// The first job of the project, on real nodes.
#[test]
fn the_monthly_job_cleans_the_nodes() {
    let (cluster, work, config) = need!(scene());
    let folder = cluster.make("node011", "/data1/users/lofareor/L80001");
    let output: Output =
        work.ledama(["cron", "run", "CleanEmptyLDSPaths", "--here"]).config(&config).run();
    assert_eq!((output.code, output.stderr.as_str()), (0, ""), "{output}");
    // Fresh as it is, it stays: the job waits a day.
    assert!(folder.exists());
    let listed = work.ledama(["cron", "list", "--json"]).config(&config).ok().json();
    let log = listed[0]["log"].as_str().unwrap();
    // Done on this host, which is not that of the job.
    assert!(log.contains("/node001/"), "{log}");
    let text = fs::read_to_string(log.replace("node001", &this_host(&work))).unwrap();
    assert!(text.contains("changed less than the given time ago"), "{text}");
    assert!(text.contains("--yes"), "{text}");
}

fn this_host(work: &Work) -> String {
    let report = work.ledama(["doctor", "--json"]).run().json();
    report["nodes"][0]["node"].as_str().unwrap().to_string()
}

fn scene() -> Result<(Cluster, Work, PathBuf), Skip> {
    let cluster = Cluster::of(2).start()?;
    let work = Work::new();
    let config = cluster.config(&work);
    Ok((cluster, work, config))
}
