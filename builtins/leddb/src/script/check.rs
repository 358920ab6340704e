//! The database compared with itself, with disks, and with movies, as scripts ask for it.

use ledama_base::script::{At, ScriptResult, to_dynamic};
use rhai::plugin::*;
use rhai::{Array, Dynamic, Map};

use super::database::Leddb;
use super::edit::{given, rows};
use crate::check::{self, Wanted};
use crate::movies::{self, Found};

#[export_module]
pub mod methods {
    /// Compares two products of each observation, sub-band by sub-band. The map has
    /// `observations` (all if empty), the sides `a` and `b` (maps of beam, version, store,
    /// raw, tar, bvf), `expected` sub-bands (those that are known if empty) and
    /// `tolerance`; the answer is maps with `lds` and `pairs`. Error `input`.
    #[rhai_fn(global, return_raw, pure)]
    pub fn check_products(
        ctx: NativeCallContext<'_>,
        database: &mut Leddb,
        wanted: Map,
    ) -> ScriptResult<Array> {
        let wanted: Wanted = super::given(&ctx, "products", wanted)?;
        let found = database.read(|tx| check::check_products(tx, &wanted)).at(&ctx)?;
        Ok(super::rows(&found))
    }

    /// Compares the paths that a machine has below some folders with the database: a map
    /// with paths that are `unknown` to it, and those it knows that are `absent`.
    #[rhai_fn(global, return_raw, pure)]
    pub fn compare_files(
        ctx: NativeCallContext<'_>,
        database: &mut Leddb,
        host: &str,
        roots: Array,
        paths: Array,
    ) -> ScriptResult<Dynamic> {
        let roots: Vec<String> = super::given(&ctx, "roots", roots)?;
        let paths: Vec<String> = super::given(&ctx, "paths", paths)?;
        let found = database.read(|tx| check::compare_files(tx, host, &roots, &paths)).at(&ctx)?;
        Ok(to_dynamic(&found))
    }

    /// Paths of the movies that the database knows of a machine.
    #[rhai_fn(global, return_raw, pure)]
    pub fn movies_of(
        ctx: NativeCallContext<'_>,
        database: &mut Leddb,
        host: &str,
    ) -> ScriptResult<Array> {
        let found = database.read(|tx| movies::movies_of(tx, host)).at(&ctx)?;
        Ok(found.into_iter().map(Dynamic::from).collect())
    }

    /// What movies that `leddb.scan_movies` found are to the database: maps with `path`,
    /// `change` (added, updated, kept) and `problem`. Error `input`.
    #[rhai_fn(global, return_raw, pure)]
    pub fn judge_movies(
        ctx: NativeCallContext<'_>,
        database: &mut Leddb,
        host: &str,
        found: Array,
    ) -> ScriptResult<Array> {
        let found: Vec<Found> = super::given(&ctx, "movies", found)?;
        let judged = database.read(|tx| movies::judge(tx, host, &found)).at(&ctx)?;
        Ok(super::rows(&judged))
    }
}
