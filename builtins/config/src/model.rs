//! The typed configuration: one struct per table of `ledama.toml`.
//!
//! Doc comments of the fields are the manual of `ledama config`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// The whole configuration.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[derive(Default)]
pub struct Config {
    /// Who may do what.
    pub access: Access,
    /// Folders and files of this installation.
    pub paths: Paths,
    /// How nodes are reached, unless their host group says otherwise.
    pub ssh: Ssh,
    /// Groups of machines; none means: this host alone.
    pub hosts: Vec<Hosts>,
    /// Places that hold data; a known one only needs its `id` and what differs.
    pub stores: Vec<Store>,
    /// Where the data lies on the nodes.
    pub data: Data,
    /// How many things happen at once, and for how long.
    pub limits: Limits,
    /// How bytes go from node to node.
    pub transfer: Transfer,
    /// What archives call their published lists.
    pub archive: Archive,
    /// Processing of measurement sets by external programs.
    pub pipeline: Pipeline,
    /// External programs by name, where something differs: `dp3 = ["/opt/dp3/bin/DP3"]`, or a table of these keys.
    pub programs: BTreeMap<String, Program>,
    /// The database.
    pub database: Database,
    /// Steps of the processing; a standard one (0 to 3) stays as it is unless its number is listed.
    pub versions: Vec<Version>,
    /// What runs by itself, and when; any job listed replaces all built-in ones, and `jobs = []` is none.
    pub jobs: Vec<Job>,
}

/// Who may do what; all other accounts have level `user`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Access {
    /// Accounts of the web service: fewest modules.
    pub web: Vec<String>,
    /// Accounts with all modules.
    pub full: Vec<String>,
}

/// Folders and files of this installation. `~` is the home folder.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Paths {
    /// Folders searched for modules before `./modules` and the built-in ones.
    pub modules: Vec<PathBuf>,
    /// Folders searched for recipes before `./scripts/frequent` and the built-in ones.
    pub recipes: Vec<PathBuf>,
    /// Shell file sourced before the commands of a task, unless a module says otherwise.
    pub init_file: Option<PathBuf>,
    /// Where runs keep their journals and the audit log; default `~/.local/state/ledama`.
    pub state: Option<PathBuf>,
    /// Data file of per-observation corrections, added to the built-in ones.
    pub corrections: Option<PathBuf>,
    /// How a file of a node is seen on the others; `{node}` and `{path}` are filled.
    pub nfs: Option<String>,
}

/// Which client opens connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Transport {
    /// The built-in client.
    Ssh2,
    /// The system's `ssh`, which reads `~/.ssh/config` (jump hosts, Kerberos).
    Openssh,
    /// No connection: tasks run on this host.
    Local,
}

/// How nodes are reached.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Ssh {
    /// Which client opens connections.
    pub transport: Transport,
    /// Account on the nodes; default: your own.
    pub user: Option<String>,
    /// Port of sshd.
    pub port: u16,
    /// Private key; default: the agent's keys, then `~/.ssh/id_ed25519`, `id_ecdsa`, `id_rsa`.
    pub identity: Option<PathBuf>,
    /// Files with the host keys of the nodes; default `~/.ssh/known_hosts` and `/etc/ssh/ssh_known_hosts`.
    pub known_hosts: Vec<PathBuf>,
    /// Configuration file for the system's client (`openssh` only); default: its own.
    pub config: Option<PathBuf>,
    /// Seconds to wait for a connection.
    pub connect_timeout: u64,
    /// Seconds between keep-alive messages; a node silent for three of them is lost.
    pub keepalive: u64,
    /// Connections opened at the same time.
    pub connects: usize,
    /// Folder on each node that receives the worker; default `.cache/ledama` in the home folder.
    pub worker_folder: Option<String>,
}

impl Default for Ssh {
    fn default() -> Self {
        Self {
            transport: Transport::Ssh2,
            user: None,
            port: 22,
            identity: None,
            known_hosts: Vec::new(),
            config: None,
            connect_timeout: 15,
            keepalive: 30,
            connects: 16,
            worker_folder: None,
        }
    }
}

/// A group of machines with a common prefix.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hosts {
    /// What all names begin with, such as `node`.
    pub prefix: String,
    /// Digits of the index, filled with zeros.
    #[serde(default = "three")]
    pub padding: usize,
    /// Valid indices, first-last, such as `1-80`.
    pub range: String,
    /// Whether bare numbers in node lists mean this group (the first group if none says so).
    #[serde(default)]
    pub bare: bool,
    /// Address to connect to; `{name}` and `{index}` are filled; default `{name}`.
    #[serde(default)]
    pub address: Option<String>,
    /// Port of sshd, if not that of `[ssh]`.
    #[serde(default)]
    pub port: Option<u16>,
    /// Account, if not that of `[ssh]`.
    #[serde(default)]
    pub user: Option<String>,
    /// Client, if not that of `[ssh]`.
    #[serde(default)]
    pub transport: Option<Transport>,
    /// Store whose disks these machines hold.
    #[serde(default = "cluster")]
    pub store: String,
}

fn three() -> usize {
    3
}

fn cluster() -> String {
    "CLUSTER".to_string()
}

/// What kind of place a store is, and so how it is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StoreKind {
    /// Disks of the cluster's nodes.
    Cluster,
    /// The backup area on the same disks.
    ClusterBackup,
    /// An FDT server.
    Fdt,
    /// Grid storage behind SRM.
    Srm,
    /// Downloads over HTTPS or WebDAV.
    Https,
    /// One machine reached by SSH.
    Ssh,
}

/// What can be done in a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Capability {
    /// Files can be sent there.
    Push,
    /// Files can be fetched from there.
    Pull,
    /// Folders can be listed.
    List,
    /// Sizes can be asked for.
    Size,
    /// Folders can be made.
    Mkdir,
    /// Files can be deleted.
    Delete,
}

/// A place that holds data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Store {
    /// Its name in files and options, such as `ARCHIVE_PROC`.
    pub id: String,
    /// Other names it has in older files, such as `TARGET_E_EOR`.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// How it is reached.
    pub kind: StoreKind,
    /// Host name of its server; without one the store is known but not configured.
    #[serde(default)]
    pub host: Option<String>,
    /// Port of its server.
    #[serde(default)]
    pub port: Option<u16>,
    /// Folder with copies of its published lists, read instead of asking the server.
    #[serde(default)]
    pub lists: Option<PathBuf>,
    /// Folder below which relative paths lie.
    #[serde(default)]
    pub path_root: Option<String>,
    /// Transfers at the same time, over all runs.
    #[serde(default)]
    pub max_streams: Option<usize>,
    /// Prefixes of the host groups it can be used from; empty: all.
    #[serde(default)]
    pub runnable_from: Vec<String>,
    /// Name of the credentials, never the credentials themselves.
    #[serde(default)]
    pub credentials: Option<String>,
    /// What can be done there.
    #[serde(default)]
    pub capabilities: Vec<Capability>,
}

/// Where the data lies on the nodes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Data {
    /// Folders below which measurement sets may be deleted and changed, such as `/data1/users/lofareor`.
    pub roots: Vec<String>,
    /// Name of the project's folder on each disk.
    pub group: String,
    /// Minimum free space left on each disk by a copy, MiB.
    pub free_margin_mib: u64,
}

impl Default for Data {
    fn default() -> Self {
        Self {
            roots: (1..=3).map(|k| format!("/data{k}/users/lofareor")).collect(),
            group: "lofareor".to_string(),
            free_margin_mib: 1024,
        }
    }
}

/// How many things happen at once, and for how long.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Tasks at once over all nodes; none: no limit but those of the module.
    pub total: Option<usize>,
    /// Seconds after which a task is stopped; none: never.
    pub time_out: Option<u64>,
    /// How often a task is tried again after its node was lost.
    pub retries: u32,
    /// Operations of a script after which it is stopped; none: 1 000 000 000.
    pub script_operations: Option<u64>,
}

/// Whether data is encrypted on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Encryption {
    /// TLS 1.3 with one-time keys.
    Tls,
    /// None; for a trusted network only.
    None,
}

/// Which way data takes from node to node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Channel {
    /// A direct connection, and an SSH pipe where none can be made.
    Auto,
    /// A direct connection only.
    Direct,
    /// Always a pipe through the system's `ssh` between the nodes.
    Ssh,
}

/// How bytes go from node to node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Transfer {
    /// Whether data is encrypted on its way.
    pub encryption: Encryption,
    /// Which way data takes.
    pub channel: Channel,
    /// Ports a node may listen on for data, first-last; none: any free one.
    pub ports: Option<String>,
    /// Seconds to wait for the direct connection.
    pub connect_timeout: u64,
    /// Whether a copy is flushed to the disk before it gets its name.
    pub fsync: bool,
}

impl Default for Transfer {
    fn default() -> Self {
        Self {
            encryption: Encryption::Tls,
            channel: Channel::Auto,
            ports: None,
            connect_timeout: 10,
            fsync: true,
        }
    }
}

/// What archives call their published lists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Archive {
    /// The list of dataset folders, in the root of the archive.
    pub root_list: String,
    /// The list of files, in each dataset folder.
    pub file_list: String,
}

impl Default for Archive {
    fn default() -> Self {
        Self {
            root_list: "target_eor_root_dir.txt".to_string(),
            file_list: "filelist.txt".to_string(),
        }
    }
}

/// Processing of measurement sets by external programs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Pipeline {
    /// Shell file sourced on the nodes before a program; default: `paths.init_file`.
    pub init_file: Option<PathBuf>,
    /// The same for the programs of the group (`sagecal`, `readcorrxy`, `writecorrxy`); default: `pipeline.init_file`.
    pub init_file_group: Option<PathBuf>,
    /// Whether a shell file that ends with a failure stops the task; many end with a false test and mean no harm.
    pub init_strict: bool,
    /// Folder on the nodes below which each task gets a folder of its own for what it needs only while it runs; default: `/tmp`.
    pub scratch: Option<String>,
}

/// An external program: what differs from what is known about it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Program {
    /// The program and its first arguments.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub command: Option<Vec<String>>,
    /// Variables it gets, added to those it is known to need.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub environment: BTreeMap<String, String>,
    /// Shell file sourced before it, if not that of `[pipeline]`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub init_file: Option<String>,
    /// A line for the shell before it starts, such as `module load dp3`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub setup: Option<String>,
    /// Tasks with it at the same time on one node.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_per_node: Option<usize>,
    /// Arguments with which it tells its version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<Vec<String>>,
    /// Which generation of its options it understands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dialect: Option<String>,
}

/// The database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Database {
    /// `sqlite:FILE` or `postgres://HOST/NAME`; default: an SQLite file in the state folder.
    pub url: Option<String>,
    /// Fields that HoursPerField tells apart, each `LABEL=PATTERN`; the pattern is a regular expression for main fields.
    pub fields: Vec<String>,
    /// Sets or products below which people at a screen may look for diagnostics at once.
    pub max_diag_parents: usize,
    /// Diagnostic rows that one query may give, about.
    pub max_diag_rows: u64,
}

impl Default for Database {
    fn default() -> Self {
        let fields = ["ELAIS=ELAIS", "NCP=NCP", "3C196=3C ?196", "3C295=3C ?295", "MOON=MO|mo|Mo"];
        Self {
            url: None,
            fields: fields.map(String::from).into(),
            max_diag_parents: 50,
            max_diag_rows: 5_000_000,
        }
    }
}

/// One step of the standard processing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Version {
    /// The number in folder names, `_001` and so on; 0 is raw.
    pub number: u16,
    /// Integration time, s.
    pub integration_time_s: f64,
    /// Channels per sub-band.
    pub channels: u32,
    /// Channel width, kHz.
    pub resolution_khz: f64,
    /// Whether the step calibrates.
    pub calibrated: bool,
    /// Whether its quality statistics are kept in the database.
    pub quality_kept: bool,
    /// Store that keeps it, if any.
    #[serde(default)]
    pub archived_in: Option<String>,
}

/// A module that runs at given times.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Job {
    /// Its name in logs and messages: letters, digits, `.`, `_` and `-`.
    pub name: String,
    /// Where it runs, a node list; none: wherever it is installed.
    #[serde(default)]
    pub hosts: Option<String>,
    /// When: minute, hour, day of the month, month and weekday as in crontab, or a word such as `@daily`.
    pub calendar: String,
    /// Time zone of the calendar; none: that of the host, as for cron.
    #[serde(default)]
    pub zone: Option<String>,
    /// The module it runs.
    pub module: String,
    /// Options of the module by their long names: texts, numbers, true or false, and lists of them.
    #[serde(default)]
    pub options: BTreeMap<String, JobValue>,
    /// The yes that a module asks for before it does what cannot be undone.
    #[serde(default)]
    pub yes: bool,
    /// Account it belongs to; none: whoever installs it.
    #[serde(default)]
    pub account: Option<String>,
    /// Folder of its logs; none: `cron/HOST` in the state folder.
    #[serde(default)]
    pub log_folder: Option<PathBuf>,
    /// Logs of earlier runs that are kept.
    #[serde(default = "twelve")]
    pub keep_logs: usize,
    /// Addresses that are told when it fails.
    #[serde(default)]
    pub mail: Vec<String>,
    /// Program with arguments that is started when it fails.
    #[serde(default)]
    pub hook: Vec<String>,
    /// Seconds after which it is stopped; none: never.
    #[serde(default)]
    pub time_out: Option<u64>,
    /// Jobs of the same host that it waits for, if they run when its time comes.
    #[serde(default)]
    pub after: Vec<String>,
    /// How often it is tried again when it fails.
    #[serde(default)]
    pub retries: u32,
    /// Seconds before it is tried again.
    #[serde(default = "five_minutes")]
    pub retry_pause: u64,
    /// Whether it runs at all.
    #[serde(default = "yes")]
    pub enabled: bool,
}

/// The value of an option in a job.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum JobValue {
    /// On or off.
    Flag(bool),
    /// A whole number.
    Int(i64),
    /// A number.
    Float(f64),
    /// A text.
    Text(String),
    /// Several of them.
    List(Vec<JobValue>),
}

fn twelve() -> usize {
    12
}

fn five_minutes() -> u64 {
    300
}

fn yes() -> bool {
    true
}
