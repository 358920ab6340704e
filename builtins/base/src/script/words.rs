//! `words::…`: command lines typed as one text.

// What `#[export_module]` asks for and writes.
#![allow(unreachable_pub, clippy::unwrap_used, clippy::wildcard_imports)]

use rhai::plugin::*;
use rhai::{Array, Engine, ImmutableString, Map};

use super::{At, ScriptResult, bad_input};
use crate::{quote, words};

#[export_module]
mod api {
    /// Takes a command line apart as a POSIX shell would, without a shell: a map with `words` and with `kept`, what a shell would have replaced and is kept as it is, such as `$HOME` and `*`; fails with kind `input` for what only a shell can do, such as `>`.
    #[rhai_fn(return_raw)]
    pub fn split(ctx: NativeCallContext<'_>, text: &str) -> ScriptResult<Map> {
        let split = words::split(text.trim_matches('\n')).at(&ctx)?;
        let array = |texts: Vec<String>| texts.into_iter().map(Into::into).collect::<Array>();
        Ok([("words", array(split.words)), ("kept", array(split.kept))]
            .map(|(key, value)| (key.into(), value.into()))
            .into_iter()
            .collect())
    }

    /// Replaces keywords, the keys of a map, by its values in each of the words, once and everywhere; fails with kind `input` when a word or value is no text.
    #[rhai_fn(return_raw)]
    pub fn fill(ctx: NativeCallContext<'_>, list: Array, keywords: Map) -> ScriptResult<Array> {
        let mut pairs = Vec::with_capacity(keywords.len());
        for (word, value) in keywords {
            match value.into_string() {
                Ok(value) => pairs.push((word.to_string(), value)),
                Err(kind) => {
                    return bad_input(&ctx, format!("`{word}` must be a text, not {kind}"));
                }
            }
        }
        let fill = |word: rhai::Dynamic| match word.read_lock::<ImmutableString>() {
            Some(word) => Ok(words::fill(&word, &pairs).into()),
            None => bad_input(&ctx, format!("the words must be texts, not {}", word.type_name())),
        };
        list.into_iter().map(fill).collect()
    }

    /// Words as one line that can be read and pasted into a shell; control characters are shown as escapes.
    pub fn line(list: Array) -> ImmutableString {
        let texts: Vec<String> = list.iter().map(ToString::to_string).collect();
        quote::show_command(&texts).into()
    }

    /// A text that is safe to be shown: control characters and bytes that are no text become escapes such as `\\n` and `\\xff`.
    pub fn show(text: &str) -> ImmutableString {
        quote::show(text).into_owned().into()
    }
}

/// Adds the functions.
pub(super) fn register(engine: &mut Engine) {
    engine.register_static_module("words", rhai::exported_module!(api).into());
}
