//! What is known about the programs of the field, so that nothing need be
//! configured where they stand on the path under their own names.

use crate::rules::Meaning;

/// A program.
#[derive(Debug, Clone, Copy)]
pub struct Known {
    /// Its name in the configuration.
    pub key: &'static str,
    /// What it is, in a few words.
    pub about: &'static str,
    /// The program and its first arguments; empty where it has no successor.
    pub command: &'static [&'static str],
    /// Variables it needs.
    pub environment: &'static [(&'static str, &'static str)],
    /// Arguments with which it tells its version.
    pub version: &'static [&'static str],
    /// Belongs to the group's own software.
    pub group: bool,
    /// Runs on the host that launches, not on the nodes.
    pub host: bool,
    /// Cannot be given every path: it pastes them into shell texts or lists.
    pub links: bool,
    /// Patterns of lines and what they mean.
    pub rules: &'static [(&'static str, Meaning)],
    /// Statuses that mean something, and what.
    pub statuses: &'static [(i32, &'static str)],
    /// Generation of its options.
    pub dialect: Option<&'static str>,
}

const PLAIN: Known = Known {
    key: "",
    about: "",
    command: &[],
    environment: &[],
    version: &[],
    group: false,
    host: false,
    links: false,
    rules: &[],
    statuses: &[],
    dialect: None,
};

/// All programs that modules call.
pub static KNOWN: &[Known] = &[
    Known {
        key: "dp3",
        about: "flags, averages and calibrates (once called NDPPP)",
        command: &["DP3"],
        // It refuses to start with a threaded OpenBLAS.
        environment: &[("OPENBLAS_NUM_THREADS", "1")],
        version: &["-v"],
        // It copies sub-tables with `cp` in a shell.
        links: true,
        rules: &[(
            r"(?i)^\s*\*+ *warning: the following parset keywords were not used",
            Meaning::Warning,
        )],
        ..PLAIN
    },
    Known {
        key: "aoflagger",
        about: "finds interference (once called rficonsole)",
        command: &["aoflagger"],
        version: &["--version"],
        rules: &[(r"(?i)failed to open temporary", Meaning::Failure)],
        statuses: &[(10, "it does not understand its options"), (30, "it could not go on")],
        ..PLAIN
    },
    Known {
        key: "aoquality",
        about: "collects and shows quality statistics",
        command: &["aoquality"],
        statuses: &[(134, "it gave up"), (255, "it was told to do nothing")],
        ..PLAIN
    },
    Known {
        key: "taql",
        about: "the query language of tables",
        command: &["taql"],
        // Its status is 0 whatever happens.
        rules: &[(r"^Error in TaQL command", Meaning::Failure)],
        ..PLAIN
    },
    Known {
        key: "wsclean",
        about: "makes images",
        command: &["wsclean"],
        environment: &[("OPENBLAS_NUM_THREADS", "1")],
        version: &["--version"],
        statuses: &[(255, "it could not go on; its reason is in its output")],
        ..PLAIN
    },
    Known {
        key: "calibrate_sa",
        about: "stand-alone BBS, which was given up in favour of DP3",
        ..PLAIN
    },
    Known {
        key: "calibrate",
        about: "distributed BBS, which was given up in favour of DP3",
        host: true,
        ..PLAIN
    },
    Known { key: "makevds", about: "describes a set; ledama does so itself", ..PLAIN },
    Known { key: "combinevds", about: "combines descriptions; ledama does so itself", ..PLAIN },
    Known {
        key: "sagecal",
        about: "calibrates in many directions",
        command: &["sagecal"],
        group: true,
        dialect: Some("current"),
        ..PLAIN
    },
    Known {
        key: "casa",
        about: "the CASA shell, which runs imaging scripts",
        command: &["casa"],
        // Its scripts are Python, in which paths stand as texts.
        links: true,
        ..PLAIN
    },
    Known { key: "awimager", about: "made images; WSClean is its successor", links: true, ..PLAIN },
    Known { key: "mwimager", about: "made images long ago", ..PLAIN },
    Known {
        key: "makebeamtables",
        about: "puts the tables of the LOFAR beam into a set",
        command: &["makebeamtables"],
        ..PLAIN
    },
    Known {
        key: "readcorrxy",
        about: "wrote sets as BVF files for an old SAGECal",
        group: true,
        ..PLAIN
    },
    Known {
        key: "writecorrxy",
        about: "wrote BVF files of an old SAGECal back into sets",
        group: true,
        ..PLAIN
    },
    Known {
        key: "showtablelock",
        about: "tells who uses a table; ledama does so itself",
        command: &["showtablelock"],
        ..PLAIN
    },
];
