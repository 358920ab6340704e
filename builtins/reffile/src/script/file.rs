//! The handle `RefFile`.

// What `#[export_module]` asks for and writes.
#![allow(unreachable_pub, clippy::unwrap_used, clippy::wildcard_imports)]

use std::collections::HashMap;
use std::sync::Arc;

use ledama_base::clock;
use ledama_base::script::{At, ScriptResult, bad_input, to_dynamic, to_int};
use ledama_config::script::{from_array, to_array};
use rhai::plugin::*;
use rhai::{Array, Dynamic, INT, ImmutableString, Map};

use super::{Entry, RefFile, options, size, sizes};

#[export_module]
pub(super) mod methods {
    /// How many rows it has.
    #[rhai_fn(get = "len", pure)]
    pub fn len(file: &mut RefFile) -> INT {
        to_int(file.len())
    }

    /// Whether it has no rows.
    #[rhai_fn(pure)]
    pub fn is_empty(file: &mut RefFile) -> bool {
        file.is_empty()
    }

    /// The rows as an array.
    #[rhai_fn(get = "rows", pure)]
    pub fn rows(file: &mut RefFile) -> Array {
        crate::Row::all(file).map(Dynamic::from).collect()
    }

    /// A row by its index, from 0; fails with kind `input`.
    #[rhai_fn(index_get, return_raw, pure)]
    pub fn row(ctx: NativeCallContext<'_>, file: &mut RefFile, index: INT) -> ScriptResult<Entry> {
        let found = usize::try_from(index).ok().and_then(|index| crate::Row::of(file, index));
        found.map_or_else(
            || bad_input(&ctx, format!("there is no row {index}, only {}", file.len())),
            Ok,
        )
    }

    /// The sum of all sizes, MiB, or `()` if one is unknown.
    #[rhai_fn(get = "total_mb", pure)]
    pub fn total_mb(file: &mut RefFile) -> Dynamic {
        to_dynamic(&file.total_mb())
    }

    /// The nodes and stores of the rows, sorted.
    #[rhai_fn(get = "nodes", pure)]
    pub fn nodes(file: &mut RefFile) -> Array {
        to_array(file.nodes().names())
    }

    /// The text that would be written now.
    #[rhai_fn(get = "text", pure)]
    pub fn text(file: &mut RefFile) -> ImmutableString {
        file.text(clock::now()).into()
    }

    /// The text that would be written now, with the number of rows and their SHA-256, which every reader verifies.
    #[rhai_fn(get = "sealed_text", pure)]
    pub fn sealed_text(file: &mut RefFile) -> ImmutableString {
        file.sealed_text(clock::now()).into()
    }

    /// When it was written, as the file says, or `()`.
    #[rhai_fn(get = "created", pure)]
    pub fn created(file: &mut RefFile) -> Dynamic {
        to_dynamic(&file.created())
    }

    /// What is odd about it but no error, one text each.
    #[rhai_fn(get = "notes", pure)]
    pub fn notes(file: &mut RefFile) -> Array {
        to_array(file.warnings())
    }

    /// The remarks in its header, one text each.
    #[rhai_fn(get = "header", pure)]
    pub fn header(file: &mut RefFile) -> Array {
        to_array(file.header())
    }

    /// The database query that made it, or `()`.
    #[rhai_fn(get = "query", pure)]
    pub fn query(file: &mut RefFile) -> Dynamic {
        to_dynamic(&file.query())
    }

    /// The rows that pass all filters `subbands`, `nodes`, `beams`, `versions`, `store`, `exclude` and `include` of a map, as `file`, and how many each filter dropped, as `removed`; fails with kind `input` or `unknown-store`.
    #[rhai_fn(return_raw, pure)]
    pub fn select(
        ctx: NativeCallContext<'_>,
        file: &mut RefFile,
        filters: Map,
    ) -> ScriptResult<Map> {
        let selected = file.select(&options(&ctx, filters)?).at(&ctx)?;
        let removed = to_dynamic(&selected.removed);
        let file = Dynamic::from(Arc::new(selected.file));
        Ok([("file".into(), file), ("removed".into(), removed)].into())
    }

    /// All rows of both files, repeated ones too.
    #[rhai_fn(pure)]
    pub fn append(file: &mut RefFile, other: RefFile) -> RefFile {
        Arc::new(crate::RefFile::append(file, &other))
    }

    /// The rows of both files, each node and path once.
    #[rhai_fn(pure)]
    pub fn union(file: &mut RefFile, other: RefFile) -> RefFile {
        Arc::new(crate::RefFile::union(file, &other))
    }

    /// The rows whose node and path are not in the other file.
    #[rhai_fn(pure)]
    pub fn minus(file: &mut RefFile, other: RefFile) -> RefFile {
        Arc::new(crate::RefFile::minus(file, &other))
    }

    /// The rows whose node and path are in the other file too.
    #[rhai_fn(pure)]
    pub fn intersect(file: &mut RefFile, other: RefFile) -> RefFile {
        Arc::new(crate::RefFile::intersect(file, &other))
    }

    /// The rows without those that repeat the node and path of one before.
    #[rhai_fn(pure)]
    pub fn dedup(file: &mut RefFile) -> RefFile {
        Arc::new(crate::RefFile::dedup(file))
    }

    /// Whether both files have the same rows, in whatever order.
    #[rhai_fn(pure)]
    pub fn same_rows(file: &mut RefFile, other: RefFile) -> bool {
        crate::RefFile::same_rows(file, &other)
    }

    /// The rows sorted by a comma list of node, path, name, lds, beam, sb, version, freq, size, store, line (`-` before one for the other way round); fails with kind `input`.
    #[rhai_fn(return_raw, pure)]
    pub fn sort(
        ctx: NativeCallContext<'_>,
        file: &mut RefFile,
        keys: &str,
    ) -> ScriptResult<RefFile> {
        crate::RefFile::sort(file, keys).map(Arc::new).at(&ctx)
    }

    /// The rows with new nodes, in blocks of neighbours whose sizes differ by at most one; fails with kind `input`.
    #[rhai_fn(return_raw, pure)]
    pub fn spread(
        ctx: NativeCallContext<'_>,
        file: &mut RefFile,
        nodes: Array,
    ) -> ScriptResult<RefFile> {
        crate::RefFile::spread(file, &from_array(&ctx, &nodes)?).map(Arc::new).at(&ctx)
    }

    /// The rows with new nodes, so that all get nearly the same amount and none more than its free space (MiB or `()`, one for each node); fails with kind `input`.
    #[rhai_fn(return_raw, pure)]
    pub fn balance(
        ctx: NativeCallContext<'_>,
        file: &mut RefFile,
        nodes: Array,
        free_mb: Array,
    ) -> ScriptResult<RefFile> {
        let (nodes, free) = (from_array(&ctx, &nodes)?, sizes(&ctx, &free_mb)?);
        crate::RefFile::balance(file, &nodes, &free).map(Arc::new).at(&ctx)
    }

    /// The rows with these sizes, MiB or `()`, one for each; fails with kind `input`.
    #[rhai_fn(return_raw, pure)]
    pub fn with_sizes(
        ctx: NativeCallContext<'_>,
        file: &mut RefFile,
        sizes_mb: Array,
    ) -> ScriptResult<RefFile> {
        crate::RefFile::with_sizes(file, &sizes(&ctx, &sizes_mb)?).map(Arc::new).at(&ctx)
    }

    /// The rows with the sizes, MiB or `()`, that a map has under `node:path` or the path; fails with kind `input`.
    #[rhai_fn(name = "with_sizes", return_raw, pure)]
    pub fn with_known_sizes(
        ctx: NativeCallContext<'_>,
        file: &mut RefFile,
        sizes_mb: Map,
    ) -> ScriptResult<RefFile> {
        let known = sizes_mb.iter().map(|(key, value)| Ok((key.to_string(), size(&ctx, value)?)));
        let known: HashMap<_, _> = known.collect::<ScriptResult<_>>()?;
        Ok(Arc::new(crate::RefFile::with_known_sizes(file, &known)))
    }

    /// The same rows with these lines as remarks in the header.
    #[rhai_fn(pure)]
    pub fn with_header(file: &mut RefFile, text: &str) -> RefFile {
        Arc::new(crate::RefFile::with_header(file, text))
    }

    /// The same rows as the result of a database query.
    #[rhai_fn(pure)]
    pub fn with_query(file: &mut RefFile, query: &str) -> RefFile {
        Arc::new(crate::RefFile::with_query(file, query))
    }

    /// What it is, in a few words.
    #[rhai_fn(pure)]
    pub fn to_string(file: &mut RefFile) -> ImmutableString {
        format!("RefFile of {} rows", file.len()).into()
    }

    /// What it is, in a few words.
    #[rhai_fn(pure)]
    pub fn to_debug(file: &mut RefFile) -> ImmutableString {
        to_string(file)
    }
}
