//! The functions of the files that scripts can import.

use std::fmt::Write as _;

use super::Page;
use crate::engine::functions::doc_text;
use crate::engine::{ScriptFile, inspector};

/// One page for all of them; none when no file has a public function.
pub(super) fn page(libraries: &[ScriptFile]) -> Option<Page> {
    let engine = inspector();
    let mut text = String::from("# Shared scripts\n");
    let mut any = false;
    for library in libraries {
        // A file with faults is told about by `ledama check`.
        let Ok(tree) = engine.compile(&*library.text) else { continue };
        let mut functions: Vec<_> = tree
            .iter_functions()
            .filter(|f| f.access == rhai::FnAccess::Public && !f.name.starts_with("anon$"))
            .collect();
        functions.sort_by(|a, b| (a.name, a.params.len()).cmp(&(b.name, b.params.len())));
        if functions.is_empty() {
            continue;
        }
        any = true;
        let name = &library.name;
        // Writing to a text cannot fail.
        let _ = write!(text, "\n## `import \"lib/{name}\" as {name};`\n");
        let about: Vec<_> = library.text.lines().take_while(|l| l.starts_with("//!")).collect();
        let _ = write!(text, "\n{}\n", doc_text(&about));
        for function in functions {
            let call = format!("{name}::{}({})", function.name, function.params.join(", "));
            let _ = write!(text, "\n### `{call}`\n\n{}\n", doc_text(&function.comments));
        }
    }
    any.then(|| Page::markdown("builtins/lib.md", &text))
}
