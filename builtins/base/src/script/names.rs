//! `names::…`: what paths tell, and folders filled from them.

// What `#[export_module]` asks for and writes.
#![allow(unreachable_pub, clippy::unwrap_used, clippy::wildcard_imports)]

use rhai::plugin::*;
use rhai::{Array, Dynamic, Engine, ImmutableString, Map};

use super::{At, ScriptResult, bad_input, to_dynamic};
use crate::path::{self, DataPath, NameKind, Packed};
use crate::placeholder::Template;

#[export_module]
mod api {
    /// What a path tells, as a map with path, name, parent, kind, lds, id, year, version (0 if none), beam, sb, raw, packed (`tar`, `tar.gz`, `tar.zst`, `bvf`), dataset and warnings; what is not known is `()`.
    pub fn parse(path: &str) -> Map {
        facts(&DataPath::parse(path))
    }

    /// The last component of a path.
    pub fn last(path: &str) -> ImmutableString {
        DataPath::parse(path).name.into()
    }

    /// The folder that holds a path; empty for a bare name.
    pub fn parent(path: &str) -> ImmutableString {
        DataPath::parse(path).parent.into()
    }

    /// The path of a name in a folder.
    pub fn below(folder: &str, name: &str) -> ImmutableString {
        path::join(folder.trim_end_matches('/'), name).into_owned().into()
    }

    /// The elements of an array as one text with a separator between them.
    #[rhai_fn(name = "join")]
    pub fn join_all(parts: Array, separator: &str) -> ImmutableString {
        let texts: Vec<String> = parts.iter().map(ToString::to_string).collect();
        texts.join(separator).into()
    }

    /// The folder that a template such as `/data1/users/me/{lds}` or `LXXXX_XXXXX` means for a source path; fails with kind `input` for a wrong template and `unknown-year` and the like for what the path does not tell.
    #[rhai_fn(return_raw)]
    pub fn fill(
        ctx: NativeCallContext<'_>,
        template: &str,
        source: &str,
    ) -> ScriptResult<ImmutableString> {
        fill_with(ctx, template, source, Map::new())
    }

    /// The same with `year` (where the path tells none) and `roots` (data roots, below which averaged data goes to `pipeline` in older templates) given in a map.
    #[rhai_fn(name = "fill", return_raw)]
    pub fn fill_with(
        ctx: NativeCallContext<'_>,
        template: &str,
        source: &str,
        options: Map,
    ) -> ScriptResult<ImmutableString> {
        let (year, roots) = fill_options(&ctx, &options)?;
        let template = Template::parse(template).at(&ctx)?;
        Ok(template.fill(&DataPath::parse(source), year, &roots).at(&ctx)?.into())
    }

    /// Whether a template needs the year, which some paths do not tell; fails with kind `input` for a wrong template.
    #[rhai_fn(return_raw)]
    pub fn needs_year(ctx: NativeCallContext<'_>, template: &str) -> ScriptResult<bool> {
        Ok(Template::parse(template).at(&ctx)?.needs(crate::placeholder::Fact::Year))
    }

    /// The nearest of several names to a mistyped one, at most three.
    pub fn nearest(word: &str, known: Array) -> Array {
        let known = known.iter().map(ToString::to_string);
        crate::suggest::nearest(word, known).into_iter().map(Dynamic::from).collect()
    }
}

/// The map of [`api::parse`].
fn facts(path: &DataPath<'_>) -> Map {
    let text = |text: &str| Dynamic::from(ImmutableString::from(text));
    [
        ("path", text(path.path)),
        ("name", text(path.name)),
        ("parent", text(path.parent)),
        ("kind", text(kind(path))),
        ("lds", to_dynamic(&path.lds())),
        ("id", to_dynamic(&path.id)),
        ("year", to_dynamic(&path.year)),
        ("version", to_dynamic(&path.version())),
        ("beam", to_dynamic(&path.beam)),
        ("sb", to_dynamic(&path.sub_band)),
        ("raw", path.raw.into()),
        ("packed", to_dynamic(&path.packed.map(Packed::extension))),
        ("dataset", to_dynamic(&path.dataset)),
        ("warnings", to_dynamic(&path.warnings())),
    ]
    .into_iter()
    .map(|(key, value)| (key.into(), value))
    .collect()
}

fn kind(path: &DataPath<'_>) -> &'static str {
    match path.kind() {
        NameKind::MeasurementSet => "measurement-set",
        NameKind::Packed => "packed",
        NameKind::Loose => "loose",
        NameKind::LoosePacked => "loose-packed",
        NameKind::Other if path.is_dataset() => "dataset",
        NameKind::Other => "other",
    }
}

fn fill_options(
    ctx: &NativeCallContext<'_>,
    options: &Map,
) -> ScriptResult<(Option<u16>, Vec<String>)> {
    let (mut year, mut roots) = (None, Vec::new());
    for (key, value) in options {
        match key.as_str() {
            "year" if value.is_unit() => {}
            "year" => match value.as_int().ok().and_then(|y| u16::try_from(y).ok()) {
                Some(given) => year = Some(given),
                None => return bad_input(ctx, format!("`year` is not a year: {value}")),
            },
            "roots" => match value.clone().into_typed_array::<ImmutableString>() {
                Ok(given) => roots = given.iter().map(ToString::to_string).collect(),
                Err(_) => return bad_input(ctx, "`roots` must be an array of texts"),
            },
            _ => return bad_input(ctx, format!("unknown key `{key}`; known are year, roots")),
        }
    }
    Ok((year, roots))
}

/// Adds the functions.
pub(super) fn register(engine: &mut Engine) {
    engine.register_static_module("names", rhai::exported_module!(api).into());
}
