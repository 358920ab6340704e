//! What a module declares about itself, as checked data.

use ledama_cluster::run::Level;
use rhai::Position;
use serde::Serialize;

use super::destructive::Destructive;
use super::form::Form;
use super::value::RawValue;

/// What a module declares about itself: the constant `MODULE` of its file; or
/// a recipe with `RECIPE`, which has no group and changes nothing by itself.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Manifest {
    /// Whether it is a module or a recipe.
    #[serde(skip)]
    pub form: Form,
    /// Its name: that of the file without `.rhai`.
    pub name: String,
    /// The file as the user knows it.
    pub file: String,
    /// Group it is listed under, such as `data management`.
    pub group: String,
    /// Lowest access level that sees it.
    pub access: Level,
    /// What it does, one line without a final dot.
    pub summary: String,
    /// Longer description, in Markdown; from the manifest or from the
    /// comment at the top of the file. May be empty.
    pub description: String,
    /// What running it may change.
    pub changes: Changes,
    /// When it asks before it acts (or needs `--yes`).
    pub destructive: Destructive,
    /// What it prints.
    pub result: ResultKind,
    /// The option that also takes the words after `--`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trailing: Option<String>,
    /// Shared option groups it includes.
    pub includes: Vec<String>,
    /// Its own options, then those of the included groups.
    pub options: Vec<OptionDecl>,
    /// Letters it gives to long-only options of the host, such as `q` to `query`.
    pub host_letters: Vec<HostLetter>,
    /// Command lines that show its use.
    pub examples: Vec<String>,
    /// Words to find it by.
    pub search: Vec<String>,
}

/// A letter for one of the host's own options.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HostLetter {
    /// Long name of the host's option.
    pub name: String,
    /// The letter.
    pub short: char,
}

/// What running a module may change; decides about `--query`, confirmation
/// and the audit log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Changes {
    /// It only looks (and may write files named by its options).
    Nothing,
    /// Measurement sets and other data.
    Data,
    /// The database.
    Database,
    /// Running processes.
    Processes,
}

/// What a module prints on standard output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ResultKind {
    /// Words for a reader, or nothing.
    Report,
    /// Data for a program: everything else goes to standard error.
    Data,
}

/// One option of a module.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OptionDecl {
    /// Long name, as typed after `--`.
    pub name: String,
    /// Letter, as typed after `-`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub short: Option<char>,
    /// What it holds.
    pub kind: Kind,
    /// What the elements are, of a list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub of: Option<ListOf>,
    /// Whether it must be given.
    pub required: bool,
    /// Its value when not given; placeholders not yet filled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default: Option<RawValue>,
    /// The possible values of a choice.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<Choice>,
    /// What it means, without a final dot.
    pub help: String,
    /// Least number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min: Option<f64>,
    /// Greatest number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<f64>,
    /// What its value is called in the help.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metavar: Option<String>,
    /// Heading it stands under in the help, such as `advanced`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// Lowest access level that can give it; below it has its default.
    pub access: Level,
    /// What is different from a level on, lowest first.
    #[serde(skip)]
    pub levels: Vec<(Level, Adjustment)>,
    /// The shared group it comes from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub included_from: Option<String>,
    /// Whether the present level cannot give it (see [`Manifest::at_level`]).
    #[serde(skip)]
    pub out_of_reach: bool,
    /// Where it is declared (in the file of its group if included).
    #[serde(skip)]
    pub position: Position,
}

impl OptionDecl {
    /// What the options it stands with are about, in words: its category, else
    /// the shared group it comes from. None for the module's own.
    pub fn section(&self) -> Option<String> {
        let name = self.category.as_deref().or(self.included_from.as_deref())?;
        Some(name.replace('_', " "))
    }
}

/// A possible value of a choice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Choice {
    /// The value.
    pub value: String,
    /// What it means; may be empty.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub help: String,
}

/// What an option holds, and what a script receives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Any text.
    Text,
    /// A whole number.
    Int,
    /// A number.
    Float,
    /// On or off.
    Flag,
    /// One of the choices.
    Choice,
    /// A file or folder of the launching host; scripts get the absolute path.
    Path,
    /// An existing RefFile; scripts get the absolute path.
    RefFile,
    /// A node list; scripts get an array of names.
    Nodes,
    /// A list of whole numbers; scripts get an array.
    Ints,
    /// A comma list; scripts get an array.
    List(ListOf),
    /// An instant; scripts get UTC, ISO 8601.
    Time,
}

impl Serialize for Kind {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// What the elements of a list are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ListOf {
    /// Texts between commas.
    Text,
    /// Whole texts, commas and all: one each time the option is given.
    Line,
    /// Files or folders; scripts get absolute paths.
    Path,
    /// Existing RefFiles; scripts get absolute paths.
    #[serde(rename = "reffile")]
    RefFile,
}

/// What is different from an access level on.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Adjustment {
    /// Another default; the inner `None` means none at all.
    pub default: Option<Option<RawValue>>,
    /// Whether it must be given.
    pub required: Option<bool>,
    /// Another help text.
    pub help: Option<String>,
    /// Other choices.
    pub choices: Option<Vec<Choice>>,
    /// Another least number.
    pub min: Option<f64>,
    /// Another greatest number.
    pub max: Option<f64>,
}

/// All access levels, lowest first.
pub const LEVELS: [Level; 3] = [Level::Web, Level::User, Level::Full];

impl Kind {
    /// The name of the kind, as in manifests.
    pub fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Int => "int",
            Self::Float => "float",
            Self::Flag => "flag",
            Self::Choice => "choice",
            Self::Path => "path",
            Self::RefFile => "reffile",
            Self::Nodes => "nodes",
            Self::Ints => "ints",
            Self::List(_) => "list",
            Self::Time => "time",
        }
    }

    /// Whether numbers can limit it.
    pub fn is_numeric(self) -> bool {
        matches!(self, Self::Int | Self::Float | Self::Ints)
    }

    /// What its value is called in the help.
    pub fn metavar(self) -> &'static str {
        match self {
            Self::Text | Self::List(ListOf::Line) => "TEXT",
            Self::Int => "NUMBER",
            Self::Float => "VALUE",
            Self::Flag => "",
            Self::Choice => "CHOICE",
            Self::Path => "PATH",
            Self::RefFile => "REFFILE",
            Self::Nodes => "NODES",
            Self::Ints => "NUMBERS",
            Self::List(ListOf::Text) => "LIST",
            Self::List(ListOf::Path) => "PATHS",
            Self::List(ListOf::RefFile) => "REFFILES",
            Self::Time => "TIME",
        }
    }
}

impl OptionDecl {
    /// The name of its value in scripts: `opts.that`.
    pub fn key(&self) -> String {
        key_of(&self.name)
    }

    /// Whether it is a text of several numbers, of which the first may be negative:
    /// `MIN,MAX`, `FIRST,LAST`, `NUMBERS`.
    pub fn is_of_numbers(&self) -> bool {
        let told = self.metavar.as_deref().unwrap_or_default();
        self.kind == Kind::Text
            && ["MIN", "FIRST", "NUMBERS"].iter().any(|word| told.starts_with(word))
    }

    /// What its value is called in the help.
    pub fn shown_metavar(&self) -> &str {
        self.metavar.as_deref().unwrap_or(self.kind.metavar())
    }

    /// Whether it is a flag that is on by default.
    pub fn on_by_default(&self) -> bool {
        self.kind == Kind::Flag && self.default == Some(RawValue::Flag(true))
    }

    /// The long name that changes its value: `no-name` for a flag that is on by default.
    pub fn typed_name(&self) -> String {
        if self.on_by_default() { format!("no-{}", self.name) } else { self.name.clone() }
    }

    /// The option as each level with differences sees it, lowest first.
    pub fn differences(&self) -> Vec<(Level, Self)> {
        let seen = self.levels.iter().scan(self.clone(), |seen, (level, adjustment)| {
            seen.adjust(adjustment);
            Some((*level, seen.clone()))
        });
        seen.collect()
    }

    fn adjust(&mut self, adjustment: &Adjustment) {
        if let Some(default) = &adjustment.default {
            self.default.clone_from(default);
            if self.default.is_some() {
                self.required = false;
            }
        }
        if let Some(required) = adjustment.required {
            self.required = required;
            if required {
                self.default = None;
            }
        }
        if let Some(help) = &adjustment.help {
            self.help.clone_from(help);
        }
        if let Some(choices) = &adjustment.choices {
            self.choices.clone_from(choices);
        }
        self.min = adjustment.min.or(self.min);
        self.max = adjustment.max.or(self.max);
    }
}

/// The name of an option in scripts: dashes become underscores.
pub fn key_of(name: &str) -> String {
    name.replace('-', "_")
}

impl Manifest {
    /// The command that runs it, such as `ledama run CopyData`.
    pub fn command(&self) -> String {
        format!("{} {}", self.form.command(), self.name)
    }

    /// Whether an account of that level sees it.
    pub fn visible_to(&self, level: Level) -> bool {
        level >= self.access
    }

    /// The module as an account of that level sees it: defaults and limits of
    /// the level, and options above it out of reach.
    #[must_use]
    pub fn at_level(&self, level: Level) -> Self {
        let mut seen = self.clone();
        for option in &mut seen.options {
            let adjustments: Vec<_> =
                option.levels.iter().filter(|(l, _)| *l <= level).cloned().collect();
            for (_, adjustment) in &adjustments {
                option.adjust(adjustment);
            }
            option.out_of_reach = option.access > level;
            if option.out_of_reach {
                option.required = false;
            }
        }
        seen
    }

    /// The module with the placeholders of its defaults filled, as help shows it.
    #[must_use]
    pub fn filled(&self, placeholders: &super::typed::Placeholders) -> Self {
        let mut filled = self.clone();
        for option in &mut filled.options {
            option.default =
                option.default.as_ref().and_then(|d| super::options::fill(d, placeholders));
        }
        filled
    }

    /// The options an account can give.
    pub fn offered(&self) -> impl Iterator<Item = &OptionDecl> {
        self.options.iter().filter(|o| !o.out_of_reach)
    }

    /// The option of that name; dashes and underscores count alike.
    pub fn option(&self, name: &str) -> Option<&OptionDecl> {
        let key = key_of(name);
        self.options.iter().find(|o| o.key() == key)
    }

    /// Whether it includes a shared option group.
    pub fn includes(&self, group: &str) -> bool {
        self.includes.iter().any(|i| i == group)
    }
}
