//! The copy of the modules and recipes inside the binary.

include!(concat!(env!("OUT_DIR"), "/embedded.rs"));

/// What files of the embedded copy are called in messages.
const PREFIX: &str = "<built-in>/";

/// The text of an embedded file such as `lib/options.rhai`.
pub(super) fn text(name: &str) -> Option<&'static str> {
    FILES.iter().find(|(n, _)| *n == name).map(|(_, text)| *text)
}

/// Names of the embedded modules, without `.rhai`.
pub(super) fn modules() -> impl Iterator<Item = &'static str> {
    FILES.iter().filter_map(|(name, _)| name.strip_suffix(".rhai")).filter(|n| !n.contains('/'))
}

/// Where recipes lie among the embedded files.
pub(super) const RECIPES: &str = "recipes/";

/// Names of the embedded recipes, without folder and `.rhai`.
pub(super) fn recipes() -> impl Iterator<Item = &'static str> {
    FILES
        .iter()
        .filter_map(|(name, _)| name.strip_prefix(RECIPES)?.strip_suffix(".rhai"))
        .filter(|n| !n.contains('/'))
}

/// What an embedded file is called in messages.
pub(super) fn label(name: &str) -> String {
    format!("{PREFIX}{name}")
}

/// Names of the embedded files of `lib/`, such as `lib/options`.
pub(super) fn libraries() -> impl Iterator<Item = String> {
    FILES
        .iter()
        .filter_map(|(name, _)| name.strip_suffix(".rhai"))
        .filter(|n| n.starts_with("lib/"))
        .map(str::to_string)
}
