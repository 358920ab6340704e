//! Which files and folders of this host the steps make and use.

use std::path::{Path, PathBuf};

use super::draft::Said;
use crate::manifest::{Facts, Kind, ListOf, Manifest, Options, RawValue, Value, absolute};

/// A file or folder that a step uses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Input {
    /// Its absolute path.
    pub path: PathBuf,
    /// The step that makes it, if one does.
    pub maker: Option<usize>,
}

/// What each step makes, as absolute paths.
pub(super) fn created(steps: &[Said], facts: &Facts<'_>) -> Vec<Vec<PathBuf>> {
    let paths = |said: &Said| said.creates.iter().map(|text| absolute(text, facts)).collect();
    steps.iter().map(paths).collect()
}

/// What a step uses: RefFiles among its options, what it says it needs, and
/// every path among its options that a step makes.
pub(super) fn inputs(
    said: &Said,
    own: usize,
    module: Option<(&Manifest, &Options)>,
    created: &[Vec<PathBuf>],
    facts: &Facts<'_>,
) -> Vec<Input> {
    let mut inputs: Vec<Input> = Vec::new();
    let mut add = |path: PathBuf, must: bool| {
        if created[own].iter().any(|made| path.starts_with(made)) {
            return;
        }
        let maker = maker(&path, created);
        if maker.is_none() && !must {
            return;
        }
        if !inputs.iter().any(|known| known.path == path) {
            inputs.push(Input { path, maker });
        }
    };
    match module {
        Some((manifest, options)) => {
            for setting in options.settings.iter().filter(|s| s.given.is_some()) {
                let declared = manifest.option(&setting.name).map(|o| o.kind);
                let must = matches!(declared, Some(Kind::RefFile | Kind::List(ListOf::RefFile)));
                if !must && !matches!(declared, Some(Kind::Path | Kind::List(ListOf::Path))) {
                    continue;
                }
                for text in texts(setting.value.as_ref()) {
                    add(ledama_base::rawtext::text_path(text), must);
                }
            }
        }
        // Nobody knows what its options are: any text may be a file.
        None => {
            for (_, value) in &said.options {
                raw_texts(value, &mut |text| add(absolute(text, facts), false));
            }
        }
    }
    for text in &said.needs {
        add(absolute(text, facts), true);
    }
    inputs
}

fn texts(value: Option<&Value>) -> Vec<&String> {
    match value {
        Some(Value::Text(text)) => vec![text],
        Some(Value::List(texts)) => texts.iter().collect(),
        _ => Vec::new(),
    }
}

fn raw_texts(value: &RawValue, add: &mut impl FnMut(&str)) {
    match value {
        RawValue::Text(text) => add(text),
        RawValue::List(values) => values.iter().for_each(|value| raw_texts(value, add)),
        _ => {}
    }
}

/// The step that makes a path, or the folder nearest above it.
fn maker(path: &Path, created: &[Vec<PathBuf>]) -> Option<usize> {
    let made =
        created.iter().enumerate().flat_map(|(step, paths)| paths.iter().map(move |p| (step, p)));
    made.filter(|(_, made)| path.starts_with(made))
        .max_by_key(|(_, made)| made.as_os_str().len())
        .map(|(step, _)| step)
}
