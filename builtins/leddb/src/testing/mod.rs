//! Databases for tests: files in temporary folders, and one PostgreSQL server for
//! the whole test process.
//!
//! The server is Debian's, with a data folder of its own and no port, only a socket
//! in that folder. It refuses to run as root, so tests that run as root start it as
//! `postgres` or `nobody`. Without the programs the tests of that back end are
//! skipped with a reason, or fail if `LEDAMA_NO_SKIP` is set.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::missing_panics_doc)]

mod disk;
pub mod sample;
pub mod scale;

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, OnceLock};
use std::time::{Duration, Instant};

pub use disk::Disk;

use crate::store::{Database, Location, Options};

/// A running server, stopped when the process ends or it is dropped.
#[derive(Debug)]
pub struct Server {
    folder: tempfile::TempDir,
    child: Mutex<Option<Child>>,
    programs: PathBuf,
    account: Option<&'static str>,
}

/// Folder with `initdb` and `postgres`.
fn programs() -> Option<PathBuf> {
    if let Some(folder) = std::env::var_os("LEDAMA_POSTGRES") {
        return Some(folder.into());
    }
    let mut found: Vec<(u32, PathBuf)> = std::fs::read_dir("/usr/lib/postgresql")
        .ok()?
        .flatten()
        .filter_map(|entry| {
            let version = entry.file_name().to_str()?.parse().ok()?;
            let folder = entry.path().join("bin");
            (version >= 15 && folder.join("initdb").exists()).then_some((version, folder))
        })
        .collect();
    found.sort();
    found.pop().map(|(_, folder)| folder)
}

/// The account that a server runs as, if tests run as root.
fn account() -> Option<&'static str> {
    if !rustix::process::geteuid().is_root() {
        return None;
    }
    let known = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    ["postgres", "nobody"]
        .into_iter()
        .find(|name| known.lines().any(|line| line.starts_with(&format!("{name}:"))))
}

/// A command run as that account.
fn command(account: Option<&str>, program: &Path) -> Command {
    if let Some(account) = account {
        let mut command = Command::new("setpriv");
        command.args(["--reuid", account, "--regid"]);
        command.arg(group_of(account)).arg("--clear-groups");
        // A server whose tests are killed ends with them.
        command.args(["--pdeathsig", "INT"]).arg(program);
        command
    } else {
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "INT"]).arg(program);
        command
    }
}

fn group_of(account: &str) -> String {
    let known = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    known
        .lines()
        .find(|line| line.starts_with(&format!("{account}:")))
        .and_then(|line| line.split(':').nth(3))
        .unwrap_or("65534")
        .to_string()
}

impl Server {
    /// Makes a data folder and starts a server in it; why not, if it cannot.
    pub fn start() -> Result<Self, String> {
        let programs = programs().ok_or("PostgreSQL 15 or newer is not installed")?;
        let account = account();
        if rustix::process::geteuid().is_root() && account.is_none() {
            return Err("there is no account `postgres` or `nobody` to run it as".to_string());
        }
        sweep();
        let folder = tempfile::Builder::new()
            .prefix(&format!("{PREFIX}{}-", std::process::id()))
            .tempdir_in(std::env::temp_dir())
            .map_err(|error| error.to_string())?;
        if let Some(account) = account {
            let done = Command::new("chown").arg(account).arg(folder.path()).status();
            if !done.is_ok_and(|status| status.success()) {
                return Err(format!("the folder cannot be given to `{account}`"));
            }
        }
        let data = folder.path().join("data");
        let made = command(account, &programs.join("initdb"))
            .current_dir("/")
            .args([
                "--no-sync",
                "--auth=trust",
                "--username=leddb",
                "--encoding=UTF8",
                "--locale=C.UTF-8",
                "-D",
            ])
            .arg(&data)
            .output()
            .map_err(|error| format!("initdb: {error}"))?;
        if !made.status.success() {
            return Err(format!("initdb: {}", String::from_utf8_lossy(&made.stderr)));
        }
        let server = Self { folder, child: Mutex::new(None), programs, account };
        server.run()?;
        Ok(server)
    }

    /// Starts the server; also after [`Server::kill`].
    pub fn run(&self) -> Result<(), String> {
        let log = std::fs::File::create(self.folder.path().join("log"))
            .map_err(|error| error.to_string())?;
        let settings = [
            "listen_addresses=".to_string(),
            format!("unix_socket_directories={}", self.folder.path().display()),
            "fsync=off".to_string(),
            "full_page_writes=off".to_string(),
            "max_connections=60".to_string(),
            "shared_buffers=64MB".to_string(),
            "max_wal_size=2GB".to_string(),
            "autovacuum=off".to_string(),
            "jit=off".to_string(),
        ];
        let mut command = command(self.account, &self.programs.join("postgres"));
        command.current_dir("/").arg("-D").arg(self.folder.path().join("data"));
        for setting in settings {
            command.arg(format!("--{setting}"));
        }
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        let child = keeper(command).map_err(|error| format!("postgres: {error}"))?;
        *self.child.lock().unwrap() = Some(child);
        let began = Instant::now();
        let options = Options { busy_timeout: Duration::from_secs(2), ..Options::default() };
        // The server says itself when it is ready; only a dead one never does.
        while Database::exists(&self.location("postgres"), &options).is_err() {
            let ended = self
                .child
                .lock()
                .unwrap()
                .as_mut()
                .is_some_and(|child| child.try_wait().is_ok_and(|end| end.is_some()));
            if ended || began.elapsed() > Duration::from_mins(1) {
                let log =
                    std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
                return Err(format!("the server does not start: {log}"));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    /// Kills the server and all its processes at once, as a crash would.
    pub fn kill(&self) {
        if let Some(mut child) = self.child.lock().unwrap().take() {
            let pid = i32::try_from(child.id()).ok().and_then(rustix::process::Pid::from_raw);
            if let Some(pid) = pid {
                // An immediate shutdown: nothing is written, recovery must do it all.
                let _ = rustix::process::kill_process(pid, rustix::process::Signal::QUIT);
            }
            let _ = child.wait();
        }
    }

    /// The place of a database of this server.
    pub fn location(&self, database: &str) -> Location {
        Location::parse(&self.url(database)).expect("a URL of ours can be read")
    }

    /// Its URL.
    pub fn url(&self, database: &str) -> String {
        let socket = self.folder.path().display().to_string().replace('/', "%2F");
        format!("postgres://leddb@{socket}:5432/{database}")
    }

    /// Folder of its socket and data.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
        if self.account.is_some() {
            let _ = std::fs::remove_dir_all(self.folder.path());
        }
    }
}

/// Starts a program from a thread that lives as long as the process: its end is what
/// the program is told of, and that of a test's thread comes too early.
fn keeper(mut command: Command) -> std::io::Result<Child> {
    let (tell, told) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let sent = tell.send(command.spawn());
        while sent.is_ok() {
            std::thread::park();
        }
    });
    told.recv().map_err(std::io::Error::other)?
}

/// Removes what processes left behind that are no more.
fn sweep() {
    for entry in std::fs::read_dir(std::env::temp_dir()).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let pid = name
            .to_str()
            .and_then(|name| name.strip_prefix(PREFIX))
            .and_then(|rest| rest.split('-').next())
            .and_then(|pid| pid.parse::<u32>().ok());
        if pid.is_some_and(|pid| !Path::new(&format!("/proc/{pid}")).exists()) {
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

/// What the names of data folders begin with; the process follows.
const PREFIX: &str = "leddb-pg-";

/// The server that all tests of this process share; why not, if there is none.
pub fn server() -> Result<&'static Server, String> {
    static SERVER: OnceLock<Result<Server, String>> = OnceLock::new();
    let server = SERVER.get_or_init(Server::start);
    match server {
        Ok(server) => Ok(server),
        Err(reason) => {
            assert!(
                std::env::var_os("LEDAMA_NO_SKIP").is_none(),
                "tests on PostgreSQL are not to be skipped: {reason}"
            );
            Err(reason.clone())
        }
    }
}

/// A new database for one test; its folder, if it has one, goes with it.
#[derive(Debug)]
pub struct Fresh {
    /// The database, made and open.
    pub database: Database,
    _folder: Option<tempfile::TempDir>,
}

impl std::ops::Deref for Fresh {
    type Target = Database;

    fn deref(&self) -> &Database {
        &self.database
    }
}

impl Drop for Fresh {
    fn drop(&mut self) {
        self.database.close();
    }
}

/// A name that no other test of this process has.
pub fn unique(prefix: &str) -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    format!("{prefix}_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}

/// Whether a copy of a ready database does as well as one made for these options.
fn plain(options: &Options) -> bool {
    options.partition_width == Options::default().partition_width
}

/// A ready file, copied for each test: making all tables takes its time.
fn ready_file() -> &'static Path {
    static FILE: OnceLock<(tempfile::TempDir, PathBuf)> = OnceLock::new();
    let (_, path) = FILE.get_or_init(|| {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("ready.sqlite");
        Database::create(&Location::Sqlite(path.clone()), &Options::default())
            .expect("a new database in a file")
            .close();
        (folder, path)
    });
    path
}

/// A new database in a file.
pub fn sqlite(options: &Options) -> Fresh {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("leddb.sqlite");
    if plain(options) {
        std::fs::copy(ready_file(), &path).expect("a copy of the ready file");
    }
    Fresh {
        database: Database::create(&Location::Sqlite(path), options)
            .expect("a new database in a file"),
        _folder: Some(folder),
    }
}

/// Whose turn it is to copy the ready database.
static ONE: Mutex<()> = Mutex::new(());

/// Name of a ready database on the server, copied for each test.
fn ready_on(server: &Server) -> &'static str {
    static READY: OnceLock<String> = OnceLock::new();
    READY.get_or_init(|| {
        let name = unique("ready");
        let options = Options { roles: false, ..Options::default() };
        Database::create(&server.location(&name), &options)
            .expect("a new database on the server")
            .close();
        name
    })
}

/// A new database on the shared server, if there is one. It has no roles of its own.
pub fn postgres(options: &Options) -> Option<Fresh> {
    let server = match server() {
        Ok(server) => server,
        Err(reason) => {
            eprintln!("skipped: no PostgreSQL: {reason}");
            return None;
        }
    };
    let name = unique("test");
    let options = Options { roles: false, ..options.clone() };
    if plain(&options) {
        let text = format!("CREATE DATABASE {name} TEMPLATE {} STRATEGY wal_log", ready_on(server));
        // Copies of one database are made one after the other.
        let _turn = ONE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let maintenance = Database::connect(&server.location("postgres"), &options)
            .expect("the server's own database");
        maintenance.alone(&text).expect("a copy of the ready database");
        maintenance.close();
    }
    Some(Fresh {
        database: Database::create(&server.location(&name), &options)
            .expect("a new database on the server"),
        _folder: None,
    })
}

/// A database as the original program made it, on the shared server if there is one:
/// its place.
pub fn original() -> Option<Location> {
    let place = server().ok()?.location(&unique("original"));
    let Location::Postgres(server) = &place else { return None };
    let options = Options::default();
    let maintenance = Database::connect(&self::server().ok()?.location("postgres"), &options)
        .expect("the server's own database");
    let name = server.get_database().expect("it has a name");
    maintenance.alone(&format!("CREATE DATABASE {name} TEMPLATE template0")).expect("a database");
    maintenance.close();
    let database = Database::connect(&place, &options).expect("the new database");
    database.alone(include_str!("original.sql")).expect("the tables of the original");
    database.close();
    Some(place)
}

/// Does the same with a new database of each back end.
pub fn on_both(work: impl Fn(&Database)) {
    on_both_with(&Options::default(), work);
}

/// The same with options.
pub fn on_both_with(options: &Options, work: impl Fn(&Database)) {
    work(&sqlite(options));
    if let Some(fresh) = postgres(options) {
        work(&fresh);
    }
}
