//! Tells whether two runs of a recipe are the same work.

use std::path::Path;

use ledama_base::rawtext;
use serde_json::{Value, json};

use super::check::Checked;

/// Digits of a digest that names of files have.
const SHORT: usize = 12;

/// A digest of everything that decides what a run does: the recipe, its
/// options, the folder, and every step with its arguments.
pub fn digest(recipe: &str, options: &Value, folder: &Path, checked: &Checked) -> String {
    let steps: Vec<Value> = checked
        .steps
        .iter()
        .map(|step| {
            let words: Vec<String> = step.words(None).iter().map(|w| rawtext::encode(w)).collect();
            json!([step.name, words])
        })
        .collect();
    // The keys of maps keep their order, so equal values give equal texts.
    let all = json!([recipe, options, rawtext::path_text(folder), steps]);
    blake3::hash(all.to_string().as_bytes()).to_hex().to_string()
}

/// The part of a digest that stands in names of files.
pub(super) fn short(digest: &str) -> &str {
    digest.get(..SHORT).unwrap_or(digest)
}
