//! A module described: for a reader, as JSON, and as a form for the web.

use serde_json::{Value as Json, json};

use super::command::markers;
use super::form::Form;
use super::model::{Changes, Kind, Manifest, OptionDecl};

/// Everything about a module, for a terminal.
pub fn text(manifest: &Manifest) -> String {
    let mut lines = vec![format!("{}: {}", manifest.name, manifest.summary), String::new()];
    if !manifest.description.is_empty() {
        lines.push(manifest.description.clone());
        lines.push(String::new());
    }
    if manifest.form == Form::Module {
        lines.push(format!("group     {}", manifest.group));
    }
    lines.push(format!("access    {}", manifest.access));
    if manifest.form == Form::Module {
        lines.push(format!("changes   {}", changes(manifest)));
    }
    lines.push(format!("file      {}", manifest.file));
    lines.push(String::new());
    lines.push("Options:".to_string());
    for option in manifest.offered() {
        option_lines(option, &mut lines);
    }
    for letter in &manifest.host_letters {
        lines.push(format!("  -{}, --{}", letter.short, letter.name));
    }
    if !manifest.examples.is_empty() {
        lines.push(String::new());
        lines.push("Examples:".to_string());
        lines.extend(manifest.examples.iter().map(|e| format!("  {e}")));
    }
    lines.join("\n")
}

/// What a run may change, in words.
pub fn changes(manifest: &Manifest) -> String {
    let what = match manifest.changes {
        Changes::Nothing => "nothing",
        Changes::Data => "data",
        Changes::Database => "the database",
        Changes::Processes => "running processes",
    };
    format!("{what}{}", manifest.destructive.words())
}

fn option_lines(option: &OptionDecl, lines: &mut Vec<String>) {
    let letter = option.short.map_or_else(|| "    ".to_string(), |c| format!("-{c}, "));
    let value = match option.kind {
        Kind::Flag => String::new(),
        _ => format!(" <{}>", option.shown_metavar()),
    };
    lines.push(format!("  {letter}--{}{value}", option.typed_name()));
    let mut words = vec![option.help.clone()];
    words.extend(markers(option).iter().map(|m| format!("[{m}]")));
    lines.push(format!("          {}", words.join(" ")));
    for choice in &option.choices {
        let meaning =
            if choice.help.is_empty() { String::new() } else { format!(": {}", choice.help) };
        lines.push(format!("          - {}{meaning}", choice.value));
    }
}

/// Everything about a module as data.
pub fn json(manifest: &Manifest) -> Json {
    serde_json::to_value(manifest).unwrap_or_default()
}

/// The form of a module: what a page needs to ask for its options.
pub fn form(manifest: &Manifest) -> Json {
    let fields: Vec<_> = manifest.offered().map(field).collect();
    json!({
        "module": manifest.name,
        "title": manifest.summary,
        "description": manifest.description,
        "group": manifest.group,
        "changes": manifest.changes,
        "destructive": manifest.destructive,
        "fields": fields,
    })
}

fn field(option: &OptionDecl) -> Json {
    json!({
        "name": option.name,
        "letter": option.short,
        "kind": option.kind,
        "of": option.of,
        "required": option.required,
        "default": option.default,
        "choices": option.choices,
        "help": option.help,
        "min": option.min,
        "max": option.max,
        "placeholder": option.shown_metavar(),
        "section": option.section(),
    })
}
