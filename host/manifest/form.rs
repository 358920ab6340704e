//! The two kinds of scripts that declare options: modules and recipes. They
//! share the reader, the checks and the command line; what differs is here.

/// Which kind of script declares itself.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Form {
    /// A module: `const MODULE` and `fn process(opts, run)`.
    #[default]
    Module,
    /// A recipe: `const RECIPE` and `fn steps(opts, recipe)`.
    Recipe,
}

impl Form {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Module, Self::Recipe];

    /// The constant that holds the declaration.
    pub fn constant(self) -> &'static str {
        match self {
            Self::Module => "MODULE",
            Self::Recipe => "RECIPE",
        }
    }

    /// The function that the host calls.
    pub fn entry(self) -> &'static str {
        match self {
            Self::Module => "process",
            Self::Recipe => "steps",
        }
    }

    /// The second parameter of that function.
    pub fn handle(self) -> &'static str {
        match self {
            Self::Module => "run",
            Self::Recipe => "recipe",
        }
    }

    /// What it is called.
    pub fn noun(self) -> &'static str {
        match self {
            Self::Module => "module",
            Self::Recipe => "recipe",
        }
    }

    /// The command that runs it.
    pub fn command(self) -> &'static str {
        match self {
            Self::Module => "ledama run",
            Self::Recipe => "ledama recipe run",
        }
    }
}
