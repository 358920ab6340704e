//! Reads the constant `MODULE` or `RECIPE` of a script into a [`Manifest`], or
//! tells every fault in it.

use ledama_base::suggest::did_you_mean;
use ledama_cluster::run::Level;
use rhai::Position;

use super::check;
use super::destructive::{self, Destructive};
use super::form::Form;
use super::groups::Groups;
use super::literal::Literal;
use super::model::{Changes, HostLetter, Manifest, OptionDecl, ResultKind};
use super::option::{self, Declared, LEVEL_WORDS, read_option};
use super::reader::{Faults, Table};
use super::syntax::{self, Constants};
use super::typed;
use super::value::RawValue;
use crate::diagnostic::{Diagnostic, any_error};

/// Name of the constant of modules.
pub const CONSTANT: &str = "MODULE";

/// Version of the manifest's form.
const VERSION: i64 = 1;

/// What was found in a file.
#[derive(Debug, Clone)]
pub struct Reading {
    /// The manifest; `None` if there is none, or if it has errors.
    pub manifest: Option<Manifest>,
    /// Whether the file declares the constant at all; without `MODULE` it is an ad-hoc script.
    pub declared: bool,
    /// Every fault; warnings do not hinder.
    pub faults: Vec<Diagnostic>,
}

/// Reads the manifest of a module. Only the part of the text up to the end of
/// `MODULE` is parsed. `name` is the module's name, `file` the file's.
pub fn read(name: &str, file: &str, text: &str, groups: &Groups) -> Reading {
    read_as(Form::Module, name, file, text, groups)
}

/// The same for a module or a recipe.
pub fn read_as(form: Form, name: &str, file: &str, text: &str, groups: &Groups) -> Reading {
    let constant = form.constant();
    let constants = match syntax::constants_up_to(file, text, constant) {
        Ok(constants) => constants,
        Err(faults) => return Reading { manifest: None, declared: true, faults },
    };
    let mut faults = Faults::new(file);
    if !constants.has(constant) {
        if let Some(position) = constants.variable() {
            faults.add(
                Diagnostic::error(format!("{constant} is a variable"))
                    .help(format!("write `const {constant} = #{{ … }};`")),
                position,
            );
        }
        let declared = !faults.list.is_empty();
        return Reading { manifest: None, declared, faults: faults.list };
    }
    let source = Source { form, name, file, text };
    let manifest = from_constants(&source, &constants, groups, &mut faults);
    let manifest = manifest.filter(|_| !any_error(&faults.list));
    faults.list.sort_by(|a, b| a.place.cmp(&b.place));
    Reading { manifest, declared: true, faults: faults.list }
}

/// What is read.
struct Source<'a> {
    form: Form,
    name: &'a str,
    file: &'a str,
    text: &'a str,
}

fn from_constants(
    source: &Source<'_>,
    constants: &Constants,
    groups: &Groups,
    faults: &mut Faults,
) -> Option<Manifest> {
    let constant = source.form.constant();
    let literal = constants.get(constant, faults)?;
    let mut table = Table::open(literal, constant, faults)?;
    version(&mut table, faults);
    let mut manifest = common(source, &mut table, faults);
    if source.form == Form::Module {
        of_module(&mut manifest, &mut table, groups, faults);
    }
    let mut letters = own_options(&mut manifest, &mut table, faults);
    if source.form == Form::Module {
        let included = include(&mut manifest, &mut table, groups, &mut letters, faults);
        adjust_defaults(&mut manifest, included, &mut table, faults);
    }
    adjust_levels(&mut manifest, &mut table, faults);
    check::manifest(&manifest, &letters, &table, faults);
    table.finish(faults);
    Some(manifest)
}

/// What modules and recipes tell alike.
fn common(source: &Source<'_>, table: &mut Table<'_>, faults: &mut Faults) -> Manifest {
    let summary = table.needed_text("summary", faults).unwrap_or_default();
    check_summary(&summary, table, faults);
    let description =
        table.text("description", faults).unwrap_or_else(|| header(source.text, &summary));
    Manifest {
        form: source.form,
        name: source.name.to_string(),
        file: source.file.to_string(),
        group: String::new(),
        access: table.word("access", &LEVEL_WORDS, faults).unwrap_or(Level::User),
        summary,
        description,
        changes: Changes::Nothing,
        destructive: Destructive::Never,
        result: ResultKind::Report,
        trailing: None,
        includes: Vec::new(),
        options: Vec::new(),
        host_letters: Vec::new(),
        examples: table.texts("examples", faults).into_iter().map(|(t, _)| t).collect(),
        search: table.texts("search", faults).into_iter().map(|(t, _)| t).collect(),
    }
}

/// What only modules tell: where they are listed and what they do.
fn of_module(manifest: &mut Manifest, table: &mut Table<'_>, groups: &Groups, faults: &mut Faults) {
    manifest.group = table.needed_text("group", faults).unwrap_or_default();
    if !manifest.group.is_empty() {
        check_group(&manifest.group, table, groups, faults);
    }
    let changes = table.word(
        "changes",
        &[
            ("nothing", Changes::Nothing),
            ("data", Changes::Data),
            ("database", Changes::Database),
            ("processes", Changes::Processes),
        ],
        faults,
    );
    let result =
        table.word("result", &[("report", ResultKind::Report), ("data", ResultKind::Data)], faults);
    manifest.changes = changes.unwrap_or(Changes::Nothing);
    manifest.destructive = destructive::read(table, faults);
    manifest.result = result.unwrap_or(ResultKind::Report);
    manifest.trailing = table.text("trailing", faults);
}

fn version(table: &mut Table<'_>, faults: &mut Faults) {
    match table.number("version", faults) {
        None => faults.error(
            format!("{} lacks `version: {VERSION}`, the version of this form", table.what()),
            table.place_of("version"),
        ),
        #[allow(clippy::cast_precision_loss, clippy::float_cmp)] // small whole numbers
        Some(version) if version != VERSION as f64 => faults.error(
            format!("this ledama reads manifests of version {VERSION}, not {version}"),
            table.place_of("version"),
        ),
        Some(_) => {}
    }
}

fn check_group(group: &str, table: &Table<'_>, groups: &Groups, faults: &mut Faults) {
    if groups.listing.iter().any(|g| g == group) {
        return;
    }
    let fault = Diagnostic::error(format!("unknown group `{group}`"))
        .maybe_help(did_you_mean(group, &groups.listing))
        .note(format!("known: {}", groups.listing.join(", ")))
        .help(format!("new groups are declared in {}", groups.file));
    faults.add(fault, table.place_of("group"));
}

fn check_summary(summary: &str, table: &Table<'_>, faults: &mut Faults) {
    let place = table.place_of("summary");
    if summary.contains('\n') {
        faults.error("the summary must be one line", place);
    }
    if summary.ends_with('.') {
        faults.add(Diagnostic::warning("the summary ends with a dot"), place);
    }
}

/// The comment at the top of the file, without a first paragraph that only
/// repeats the summary.
fn header(text: &str, summary: &str) -> String {
    let lines: Vec<_> = text
        .lines()
        .take_while(|line| line.starts_with("//!"))
        .map(|line| line.trim_start_matches("//!").trim_end())
        .map(|line| line.strip_prefix(' ').unwrap_or(line))
        .collect();
    let header = lines.join("\n").trim().to_string();
    let (first, rest) = header.split_once("\n\n").unwrap_or((&header, ""));
    let same = first.trim_end_matches('.').replace('\n', " ") == summary.trim_end_matches('.');
    if same { rest.trim().to_string() } else { header }
}

/// A letter given to a host option, and where.
pub(super) type Letters = Vec<(HostLetter, Position)>;

fn own_options(manifest: &mut Manifest, table: &mut Table<'_>, faults: &mut Faults) -> Letters {
    let mut letters = Vec::new();
    for literal in table.array("options", faults) {
        match read_option(literal, faults) {
            Some(Declared::Option(option)) => manifest.options.push(*option),
            Some(Declared::HostLetter(letter)) => letters.push((letter, literal.position)),
            None => {}
        }
    }
    letters
}

/// Adds the options of the included groups; returns where they begin.
fn include(
    manifest: &mut Manifest,
    table: &mut Table<'_>,
    groups: &Groups,
    letters: &mut Letters,
    faults: &mut Faults,
) -> usize {
    let own = manifest.options.len();
    for (name, position) in table.texts("include", faults) {
        let Some(options) = groups.options(&name) else {
            let known: Vec<_> = groups.names().collect();
            faults.add(
                Diagnostic::error(format!("unknown option group `{name}`"))
                    .maybe_help(did_you_mean(&name, &known))
                    .note(format!("known: {}", known.join(", "))),
                position,
            );
            continue;
        };
        if manifest.includes(&name) {
            faults.error(format!("the option group `{name}` is included twice"), position);
            continue;
        }
        manifest.includes.push(name);
        for declared in options {
            match declared {
                Declared::Option(option) => {
                    manifest.options.push(OptionDecl { position, ..(**option).clone() });
                }
                Declared::HostLetter(letter) => letters.push((letter.clone(), position)),
            }
        }
    }
    adjust_letters(manifest, own, table, letters, faults);
    manifest.host_letters = letters.iter().map(|(letter, _)| letter.clone()).collect();
    own
}

/// `letters: #{ initfile: "f" }` gives included options other letters; an
/// empty text takes the letter away.
fn adjust_letters(
    manifest: &mut Manifest,
    own: usize,
    table: &mut Table<'_>,
    letters: &mut Letters,
    faults: &mut Faults,
) {
    for entry in table.map("letters", faults) {
        let Some(RawValue::Text(text)) = RawValue::from_literal(&entry.value) else {
            faults.error("a letter is a text such as \"f\"", entry.value.position);
            continue;
        };
        let short = if text.is_empty() {
            None
        } else if text.len() == 1 && text != "h" && text.chars().all(|c| c.is_ascii_alphanumeric())
        {
            text.chars().next()
        } else {
            faults.error(
                format!("`{text}` is no letter for an option: one letter or digit but `h`"),
                entry.value.position,
            );
            continue;
        };
        if let Some(at) = letters.iter().position(|(l, _)| l.name == entry.key) {
            match short {
                Some(short) => letters[at].0.short = short,
                None => drop(letters.remove(at)),
            }
        } else if let Some(option) = find_included(manifest, own, &entry.key) {
            option.short = short;
        } else {
            not_included(manifest, own, &entry.key, entry.position, faults);
        }
    }
}

/// `defaults: #{ numnodes: 80 }` gives included options other defaults.
fn adjust_defaults(
    manifest: &mut Manifest,
    own: usize,
    table: &mut Table<'_>,
    faults: &mut Faults,
) {
    for entry in table.map("defaults", faults) {
        let Some(option) = find_included(manifest, own, &entry.key) else {
            not_included(manifest, own, &entry.key, entry.position, faults);
            continue;
        };
        match default_for(option, &entry.value) {
            Ok(default) => {
                option.default = Some(default);
                option.required = false;
            }
            Err(why) => faults.error(
                format!("the default of option `{}`: {why}", entry.key),
                entry.value.position,
            ),
        }
    }
}

fn default_for(option: &OptionDecl, literal: &Literal) -> Result<RawValue, String> {
    let value = RawValue::from_literal(literal)
        .filter(|v| !v.is_empty())
        .ok_or_else(|| format!("{} cannot be a default", literal.value.kind()))?;
    typed::fits_kind(option.kind, &value)?;
    typed::check_default(option, &value)?;
    Ok(value)
}

/// `levels: #{ full: #{ numnodes: #{ default_value: 64 } } }` of the module.
fn adjust_levels(manifest: &mut Manifest, table: &mut Table<'_>, faults: &mut Faults) {
    for entry in table.map("levels", faults) {
        let Some(level) = option::level(&entry.key) else {
            faults.error(option::unknown_level(&entry.key), entry.position);
            continue;
        };
        let super::literal::Plain::Map(options) = &entry.value.value else {
            faults.error(
                format!("level `{}` must be a map from option names to what differs", entry.key),
                entry.value.position,
            );
            continue;
        };
        for adjusted in options {
            let names: Vec<String> = manifest.options.iter().map(|o| o.name.clone()).collect();
            let found = manifest.options.iter_mut().find(|o| o.key() == adjusted.key);
            let Some(declared) = found else {
                faults.add(
                    Diagnostic::error(format!("there is no option `{}`", adjusted.key))
                        .maybe_help(did_you_mean(&adjusted.key, &names)),
                    adjusted.position,
                );
                continue;
            };
            let what = format!("level `{}` of option `{}`", entry.key, declared.name);
            if let Some(read) =
                option::read_adjustment(&adjusted.value, &what, declared.kind, faults)
            {
                declared.levels.push((level, read));
                declared.levels.sort_by_key(|(level, _)| *level);
                check_adjusted(declared, adjusted.position, faults);
            }
        }
    }
}

fn check_adjusted(declared: &OptionDecl, position: Position, faults: &mut Faults) {
    for (level, seen) in option::with_levels(declared) {
        if let (Some(level), Some(default)) = (level, &seen.default)
            && let Err(why) = typed::check_default(&seen, default)
        {
            faults.error(
                format!("the default of option `{}` at level `{level}`: {why}", declared.name),
                position,
            );
        }
    }
}

fn find_included<'a>(
    manifest: &'a mut Manifest,
    own: usize,
    key: &str,
) -> Option<&'a mut OptionDecl> {
    manifest.options[own..].iter_mut().find(|o| o.key() == key || o.name == key)
}

fn not_included(
    manifest: &Manifest,
    own: usize,
    key: &str,
    position: Position,
    faults: &mut Faults,
) {
    let names: Vec<_> = manifest.options[own..].iter().map(|o| o.name.as_str()).collect();
    let fault = Diagnostic::error(format!("`{key}` is not among the included options"));
    let fault = if manifest.options[..own].iter().any(|o| o.key() == key) {
        fault.help(format!("`{key}` is an option of this module: change its declaration"))
    } else {
        fault.maybe_help(did_you_mean(key, &names))
    };
    faults.add(fault, position);
}
