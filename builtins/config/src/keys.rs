//! The keys of the configuration: their names, what values they take, and an
//! example of each.
//!
//! One table serves the reader (types and nearest names), the environment
//! variables, `config show` and the template of `config init`. What a key
//! *means* stands once, in the doc comments of `model`; a test compares this
//! table with the model, so that no key is forgotten.

/// What values a key takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Any text.
    Text,
    /// One of some words.
    Choice(&'static [&'static str]),
    /// A whole number within limits.
    Int(i64, i64),
    /// A number.
    Float,
    /// `true` or `false`.
    Flag,
    /// A file or folder of this host: `~` is the home folder, and a relative
    /// path begins at the folder of the configuration file.
    Path,
    /// Several of those.
    Paths,
    /// An absolute path on the nodes.
    NodePath,
    /// Several of those.
    NodePaths,
    /// Several texts.
    Texts,
    /// Several of some words.
    Choices(&'static [&'static str]),
    /// A program with fixed arguments; a text alone is a program without.
    Program,
    /// A table of texts: environment variables.
    Variables,
    /// An external program: such a program, or a table that tells more.
    ProgramTable,
    /// Options of a module: an inner table of plain values.
    Options,
}

/// One key of a table.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Key {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    /// A value as TOML text, shown in the template where there is no default.
    pub(crate) example: &'static str,
    /// Whether an element of a list must have it.
    pub(crate) required: bool,
}

impl Key {
    const fn required(self) -> Self {
        Self { required: true, ..self }
    }
}

/// How often a table occurs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// `[name]`.
    Single,
    /// `[[name]]`, any number of times; the key tells the elements apart.
    List { identity: &'static str },
    /// `[name]` with keys of the user's choice.
    Free(Kind),
}

/// One table of the file.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Table {
    pub(crate) name: &'static str,
    /// The struct in `model` that documents it.
    pub(crate) model: &'static str,
    pub(crate) shape: Shape,
    pub(crate) keys: &'static [Key],
}

impl Table {
    pub(crate) fn key(&self, name: &str) -> Option<&'static Key> {
        self.keys.iter().find(|key| key.name == name)
    }
}

/// The table of that name.
pub(crate) fn table(name: &str) -> Option<&'static Table> {
    TABLES.iter().find(|table| table.name == name)
}

const TRANSPORTS: &[&str] = &["ssh2", "openssh", "local"];
const ANY: Kind = Kind::Int(0, i64::MAX);
const POSITIVE: Kind = Kind::Int(1, i64::MAX);
const PORT: Kind = Kind::Int(1, 65_535);

const fn key(name: &'static str, kind: Kind, example: &'static str) -> Key {
    Key { name, kind, example, required: false }
}

/// Keys of a table that describes a program.
pub(crate) static PROGRAM: &[Key] = &[
    key("command", Kind::Program, r#"["/opt/dp3/bin/DP3"]"#),
    key("environment", Kind::Variables, r#"{ OPENBLAS_NUM_THREADS = "1" }"#),
    key("init_file", Kind::Path, r#""~/dp3init.sh""#),
    key("setup", Kind::Text, r#""module load dp3""#),
    key("max_per_node", POSITIVE, "4"),
    key("version", Kind::Texts, r#"["-v"]"#),
    key("dialect", Kind::Text, r#""current""#),
];

/// All tables, in the order of the template.
pub(crate) static TABLES: &[Table] = &[
    Table {
        name: "access",
        model: "Access",
        shape: Shape::Single,
        keys: &[
            key("web", Kind::Texts, r#"["www-data"]"#),
            key("full", Kind::Texts, r#"["lofareor"]"#),
        ],
    },
    Table {
        name: "paths",
        model: "Paths",
        shape: Shape::Single,
        keys: &[
            key("modules", Kind::Paths, r#"["~/modules"]"#),
            key("recipes", Kind::Paths, r#"["~/recipes"]"#),
            key("init_file", Kind::Path, r#""~/init.sh""#),
            key("state", Kind::Path, r#""~/.local/state/ledama""#),
            key("corrections", Kind::Path, r#""corrections.toml""#),
            key("nfs", Kind::Text, r#""/net/{node}{path}""#),
        ],
    },
    Table {
        name: "ssh",
        model: "Ssh",
        shape: Shape::Single,
        keys: &[
            key("transport", Kind::Choice(TRANSPORTS), ""),
            key("user", Kind::Text, r#""lofareor""#),
            key("port", PORT, ""),
            key("identity", Kind::Path, r#""~/.ssh/id_ed25519""#),
            key("known_hosts", Kind::Paths, r#"["~/.ssh/known_hosts"]"#),
            key("config", Kind::Path, r#""~/.ssh/config""#),
            key("connect_timeout", POSITIVE, ""),
            key("keepalive", POSITIVE, ""),
            key("connects", POSITIVE, ""),
            key("worker_folder", Kind::Text, r#"".cache/ledama""#),
        ],
    },
    Table {
        name: "hosts",
        model: "Hosts",
        shape: Shape::List { identity: "prefix" },
        keys: &[
            key("prefix", Kind::Text, r#""node""#).required(),
            key("padding", Kind::Int(1, 9), "3"),
            key("range", Kind::Text, r#""1-80""#).required(),
            key("bare", Kind::Flag, "false"),
            key("address", Kind::Text, r#""{name}.cluster.example.org""#),
            key("port", PORT, "22"),
            key("user", Kind::Text, r#""lofareor""#),
            key("transport", Kind::Choice(TRANSPORTS), r#""ssh2""#),
            key("store", Kind::Text, r#""CLUSTER""#),
        ],
    },
    Table {
        name: "stores",
        model: "Store",
        shape: Shape::List { identity: "id" },
        keys: &[
            key("id", Kind::Text, r#""ARCHIVE_PROC""#).required(),
            key("aliases", Kind::Texts, r#"["archive"]"#),
            key(
                "kind",
                Kind::Choice(&["cluster", "cluster_backup", "fdt", "srm", "https", "ssh"]),
                r#""fdt""#,
            )
            .required(),
            key("host", Kind::Text, r#""archive.example.org""#),
            key("port", PORT, "9000"),
            key("lists", Kind::Path, r#""~/archive-lists""#),
            key("path_root", Kind::Text, r#""/archive""#),
            key("max_streams", POSITIVE, "4"),
            key("runnable_from", Kind::Texts, r#"["node"]"#),
            key("credentials", Kind::Text, r#""archive""#),
            key(
                "capabilities",
                Kind::Choices(&["push", "pull", "list", "size", "mkdir", "delete"]),
                r#"["push", "pull", "list"]"#,
            ),
        ],
    },
    Table {
        name: "data",
        model: "Data",
        shape: Shape::Single,
        keys: &[
            key("roots", Kind::NodePaths, ""),
            key("group", Kind::Text, ""),
            key("free_margin_mib", ANY, ""),
        ],
    },
    Table {
        name: "limits",
        model: "Limits",
        shape: Shape::Single,
        keys: &[
            key("total", POSITIVE, "64"),
            key("time_out", POSITIVE, "86400"),
            key("retries", Kind::Int(0, 1_000), ""),
            key("script_operations", POSITIVE, "1000000000"),
        ],
    },
    Table {
        name: "transfer",
        model: "Transfer",
        shape: Shape::Single,
        keys: &[
            key("encryption", Kind::Choice(&["tls", "none"]), ""),
            key("channel", Kind::Choice(&["auto", "direct", "ssh"]), ""),
            key("ports", Kind::Text, r#""20000-25000""#),
            key("connect_timeout", POSITIVE, ""),
            key("fsync", Kind::Flag, ""),
        ],
    },
    Table {
        name: "archive",
        model: "Archive",
        shape: Shape::Single,
        keys: &[key("root_list", Kind::Text, ""), key("file_list", Kind::Text, "")],
    },
    Table {
        name: "pipeline",
        model: "Pipeline",
        shape: Shape::Single,
        keys: &[
            key("init_file", Kind::Path, r#""~/lofarinit.sh""#),
            key("init_file_group", Kind::Path, r#""~/groupinit.sh""#),
            key("init_strict", Kind::Flag, ""),
            key("scratch", Kind::NodePath, r#""/data1/scratch""#),
        ],
    },
    Table {
        name: "programs",
        model: "programs",
        shape: Shape::Free(Kind::ProgramTable),
        keys: &[key(
            "dp3",
            Kind::ProgramTable,
            r#"{ command = ["/opt/dp3/bin/DP3"], max_per_node = 4 }"#,
        )],
    },
    Table {
        name: "database",
        model: "Database",
        shape: Shape::Single,
        keys: &[
            key("url", Kind::Text, r#""postgres://db.example.org/leddb""#),
            key("fields", Kind::Texts, r#"["NCP=NCP", "3C196=3C ?196"]"#),
            key("max_diag_parents", Kind::Int(1, 1_000_000), ""),
            key("max_diag_rows", Kind::Int(1, 1_000_000_000_000), ""),
        ],
    },
    Table {
        name: "versions",
        model: "Version",
        shape: Shape::List { identity: "number" },
        keys: &[
            key("number", Kind::Int(0, 999), "4").required(),
            key("integration_time_s", Kind::Float, "10.0").required(),
            key("channels", Kind::Int(1, 1_000_000), "1").required(),
            key("resolution_khz", Kind::Float, "183.0").required(),
            key("calibrated", Kind::Flag, "true").required(),
            key("quality_kept", Kind::Flag, "false").required(),
            key("archived_in", Kind::Text, r#""ARCHIVE_PROC""#),
        ],
    },
    Table {
        name: "jobs",
        model: "Job",
        shape: Shape::List { identity: "name" },
        keys: &[
            key("name", Kind::Text, r#""CleanEmptyLDSPaths""#).required(),
            key("hosts", Kind::Text, r#""node001""#),
            key("calendar", Kind::Text, r#""0 20 1 * *""#).required(),
            key("zone", Kind::Text, r#""UTC""#),
            key("module", Kind::Text, r#""CleanEmptyLDSPaths""#).required(),
            key("options", Kind::Options, r#"{ older-than = "2d" }"#),
            key("yes", Kind::Flag, "true"),
            key("account", Kind::Text, r#""lofareor""#),
            key("log_folder", Kind::Path, r#""~/logs""#),
            key("keep_logs", Kind::Int(0, 10_000), "12"),
            key("mail", Kind::Texts, r#"["data@example.org"]"#),
            key("hook", Kind::Program, r#"["/opt/bin/alarm"]"#),
            key("time_out", POSITIVE, "21600"),
            key("after", Kind::Texts, "[]"),
            key("retries", Kind::Int(0, 100), "1"),
            key("retry_pause", Kind::Int(0, 86_400), "300"),
            key("enabled", Kind::Flag, "true"),
        ],
    },
];
