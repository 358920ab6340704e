//! `digests::…`: files of digests that are read, written, and compared with data.

// What `#[export_module]` asks for and writes.
#![allow(unreachable_pub, clippy::unwrap_used, clippy::wildcard_imports)]

use std::sync::Arc;

use ledama_base::rawtext::text_path;
use ledama_base::script::{At, Keeper, ScriptResult, bad_input, to_int};
use rhai::plugin::*;
use rhai::{Array, Dynamic, Engine, INT, ImmutableString, Map};

use crate::digest::{Check, Difference, Digests, Output, Taken};

/// A file of digests.
pub type DigestFile = Arc<Digests>;

/// A file of digests that is being written.
pub type DigestOutput = Arc<Output>;

/// Data that is compared with a file of digests.
pub type DigestCheck = Arc<Check>;

#[export_module]
mod api {
    /// Reads and verifies a file of digests; fails with kind `input`, `not-found`, `permission` or `io`.
    #[rhai_fn(return_raw)]
    pub fn open(ctx: NativeCallContext<'_>, path: &str) -> ScriptResult<DigestFile> {
        Digests::open(&text_path(path)).map(Arc::new).at(&ctx)
    }

    /// A file of digests to be written, of `md5`, `sha256` or `blake3`; one that is there is an error of kind `exists`. Nothing is written before the first set is done.
    #[rhai_fn(return_raw)]
    pub fn create(
        ctx: NativeCallContext<'_>,
        path: &str,
        algorithm: &str,
    ) -> ScriptResult<DigestOutput> {
        super::create(&ctx, path, algorithm, Taken::Refuse)
    }

    /// The same in place of a file that is there.
    #[rhai_fn(return_raw)]
    pub fn replace(
        ctx: NativeCallContext<'_>,
        path: &str,
        algorithm: &str,
    ) -> ScriptResult<DigestOutput> {
        super::create(&ctx, path, algorithm, Taken::Overwrite)
    }

    /// The same, going on with a file that is there; fails with kind `input` if it holds other digests.
    #[rhai_fn(return_raw)]
    pub fn resume(
        ctx: NativeCallContext<'_>,
        path: &str,
        algorithm: &str,
    ) -> ScriptResult<DigestOutput> {
        super::create(&ctx, path, algorithm, Taken::Resume)
    }
}

#[export_module]
mod methods {
    /// How contents are told apart: `md5`, `sha256` or `blake3`.
    #[rhai_fn(global, get = "algorithm", pure)]
    pub fn algorithm(file: &mut DigestFile) -> ImmutableString {
        file.algorithm().name().into()
    }

    /// Whether it has all sets that it was to have.
    #[rhai_fn(global, get = "complete", pure)]
    pub fn complete(file: &mut DigestFile) -> bool {
        file.is_complete()
    }

    /// How many sets it has.
    #[rhai_fn(global, get = "len", pure)]
    pub fn file_len(file: &mut DigestFile) -> INT {
        to_int(file.sets().len())
    }

    /// A comparison with the data where the file says it is: of all sets, or of those in an array of maps with `node` and `path`; fails with kind `input`.
    #[rhai_fn(global, return_raw, pure)]
    pub fn check_here(
        ctx: NativeCallContext<'_>,
        file: &mut DigestFile,
        only: Array,
    ) -> ScriptResult<DigestCheck> {
        Ok(Arc::new(Check::here(Arc::clone(file), &pairs(&ctx, &only)?)))
    }

    /// A comparison with data elsewhere, an array of maps with `node` and `path`, told apart by the names of the sets; fails with kind `input`.
    #[rhai_fn(global, return_raw, pure)]
    pub fn check_elsewhere(
        ctx: NativeCallContext<'_>,
        file: &mut DigestFile,
        sets: Array,
    ) -> ScriptResult<DigestCheck> {
        Check::elsewhere(Arc::clone(file), &pairs(&ctx, &sets)?).map(Arc::new).at(&ctx)
    }

    /// Whether it has a set.
    #[rhai_fn(global, pure)]
    pub fn has(output: &mut DigestOutput, node: &str, path: &str) -> bool {
        output.has(node, path)
    }

    /// How many sets it has so far.
    #[rhai_fn(global, get = "len", pure)]
    pub fn output_len(output: &mut DigestOutput) -> INT {
        to_int(output.len())
    }

    /// What takes the answers of `trees.digest` over, for `run.execute`.
    #[rhai_fn(global, get = "keeper", pure)]
    pub fn output_keeper(output: &mut DigestOutput) -> Keeper {
        Arc::clone(output) as Keeper
    }

    /// Puts the sets into the order of an array of maps with `node` and `path` and tells whether all are there; fails with kind `input`, `no-space` or `io`.
    #[rhai_fn(global, return_raw, pure)]
    pub fn finish(
        ctx: NativeCallContext<'_>,
        output: &mut DigestOutput,
        order: Array,
    ) -> ScriptResult<()> {
        output.finish(&pairs(&ctx, &order)?).at(&ctx)
    }

    /// What is to be read, an array of maps with `node` and `path`.
    #[rhai_fn(global, get = "tasks", pure)]
    pub fn tasks(check: &mut DigestCheck) -> Array {
        check.tasks().map(pair).collect()
    }

    /// What takes the answers of `trees.digest` over, for `run.execute`.
    #[rhai_fn(global, get = "keeper", pure)]
    pub fn check_keeper(check: &mut DigestCheck) -> Keeper {
        Arc::clone(check) as Keeper
    }

    /// What differs so far, as arrays of `missing`, `extra` or `different`, node, path and file; the file is empty where it is the whole set.
    #[rhai_fn(global, get = "differences", pure)]
    pub fn differences(check: &mut DigestCheck) -> Array {
        check.differences().into_iter().map(row).collect()
    }

    /// What it is, in a few words.
    #[rhai_fn(global, name = "to_string", name = "to_debug", pure)]
    pub fn file_text(file: &mut DigestFile) -> ImmutableString {
        format!("{} digests of {} sets", file.algorithm().name(), file.sets().len()).into()
    }

    /// What it is, in a few words.
    #[rhai_fn(global, name = "to_string", name = "to_debug", pure)]
    pub fn output_text(output: &mut DigestOutput) -> ImmutableString {
        format!("digests of {} sets so far", output.len()).into()
    }

    /// What it is, in a few words.
    #[rhai_fn(global, name = "to_string", name = "to_debug", pure)]
    pub fn check_text(check: &mut DigestCheck) -> ImmutableString {
        format!("check of {} sets", check.tasks().count()).into()
    }
}

fn create(
    ctx: &NativeCallContext<'_>,
    path: &str,
    algorithm: &str,
    taken: Taken,
) -> ScriptResult<DigestOutput> {
    let algorithm = algorithm.parse().at(ctx)?;
    Output::new(&text_path(path), algorithm, taken).map(Arc::new).at(ctx)
}

/// Sets as scripts name them.
fn pairs(ctx: &NativeCallContext<'_>, sets: &Array) -> ScriptResult<Vec<(String, String)>> {
    let text = |map: &Map, key: &str| map.get(key)?.clone().into_string().ok();
    let mut found = Vec::with_capacity(sets.len());
    for set in sets {
        let map = set.read_lock::<Map>();
        let pair = map.as_deref().and_then(|map| Some((text(map, "node")?, text(map, "path")?)));
        match pair {
            Some(pair) => found.push(pair),
            None => return bad_input(ctx, "a set is a map with the texts `node` and `path`"),
        }
    }
    Ok(found)
}

fn pair((node, path): (&str, &str)) -> Dynamic {
    let map: Map = [("node".into(), node.into()), ("path".into(), path.into())].into();
    map.into()
}

fn row(difference: Difference) -> Dynamic {
    let Difference { state, node, path, file } = difference;
    let cells = [state.word().into(), node.into(), path.into(), file.unwrap_or_default().into()];
    Array::from(cells).into()
}

pub(super) fn register(engine: &mut Engine) {
    engine.register_type_with_name::<DigestFile>("DigestFile");
    engine.register_type_with_name::<DigestOutput>("DigestOutput");
    engine.register_type_with_name::<DigestCheck>("DigestCheck");
    engine.register_static_module("digests", rhai::exported_module!(api).into());
    engine.register_global_module(rhai::exported_module!(methods).into());
}
