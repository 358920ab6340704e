//! `pipeline::…` in scripts: parsets and the cards of programs.

// What `#[export_module]` asks for and writes.
#![allow(unreachable_pub, clippy::unwrap_used, clippy::wildcard_imports)]

mod imaging;
mod vds;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ledama_base::operation::{ErrorKind, OperationError};
use ledama_base::rawtext::{path_text, text_path};
use ledama_base::script::{At, ScriptResult, to_dynamic};
use ledama_config::script::{Config, to_array};
use rhai::plugin::*;
use rhai::{Array, Dynamic, Engine, ImmutableString};

use crate::{jobs, parset, program};

/// A parset that can be changed; copies of the handle are the same parset.
pub type Parset = Arc<Mutex<parset::Parset>>;

fn lock(parset: &Parset) -> MutexGuard<'_, parset::Parset> {
    // A parset is whole between any two calls.
    parset.lock().unwrap_or_else(PoisonError::into_inner)
}

fn read(name: &str, text: &str) -> Result<Parset, OperationError> {
    let parset = parset::Parset::parse(text)
        .map_err(|error| OperationError::new(ErrorKind::Input, format!("{name}: {error}")))?;
    Ok(Arc::new(Mutex::new(parset)))
}

fn text_of(path: &str) -> Result<String, OperationError> {
    let bytes = std::fs::read(text_path(path)).map_err(|e| OperationError::io(path, &e))?;
    String::from_utf8(bytes)
        .map_err(|_| OperationError::new(ErrorKind::Input, format!("{path} is no text in UTF-8")))
}

fn look_at(path: &str) -> Result<serde_json::Value, OperationError> {
    let place = text_path(path);
    let fail = |error: std::io::Error| OperationError::io(path, &error);
    let mut names = Vec::new();
    let kind = match place.metadata() {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => "none",
        Err(error) => return Err(fail(error)),
        Ok(meta) if !meta.is_dir() => "file",
        Ok(_) if place.join("table.dat").exists() => "table",
        Ok(_) => {
            for entry in std::fs::read_dir(&place).map_err(fail)? {
                let name = entry.map_err(fail)?.file_name();
                names.push(path_text(std::path::Path::new(&name)));
            }
            names.sort();
            "folder"
        }
    };
    Ok(serde_json::json!({ "kind": kind, "names": names }))
}

#[export_module]
mod pipeline {
    /// Reads a parset file; fails with kinds `not-found`, `input` and those of reading.
    #[rhai_fn(return_raw)]
    pub fn parset(ctx: NativeCallContext<'_>, path: &str) -> ScriptResult<Parset> {
        text_of(path).and_then(|text| read(path, &text)).at(&ctx)
    }

    /// Reads the text of a parset; fails with kind `input`.
    #[rhai_fn(return_raw)]
    pub fn parse_parset(ctx: NativeCallContext<'_>, text: &str) -> ScriptResult<Parset> {
        read("the parset", text).at(&ctx)
    }

    /// Reads a text file of this host, such as a template or a sky model; fails with kinds `not-found` and `input`.
    #[rhai_fn(return_raw)]
    pub fn text(ctx: NativeCallContext<'_>, path: &str) -> ScriptResult<ImmutableString> {
        Ok(text_of(path).at(&ctx)?.into())
    }

    /// What a path of this host is, as a map with kind (`none`, `file`, `table`, `folder`) and names (of what is in the folder, sorted); fails with those of reading.
    #[rhai_fn(return_raw)]
    pub fn look(ctx: NativeCallContext<'_>, path: &str) -> ScriptResult<Dynamic> {
        Ok(to_dynamic(&look_at(path).at(&ctx)?))
    }

    /// The DP3 parsets of a folder with what their `.task.json` tells, as an array of maps with source, text, node, input, output (`()`: in place), freq_mhz, size_mb and beam; fails with kind `input` for all that do not agree.
    #[rhai_fn(return_raw)]
    pub fn jobs(ctx: NativeCallContext<'_>, folder: &str) -> ScriptResult<Dynamic> {
        Ok(to_dynamic(&jobs::jobs(folder, "dp3", ("msin", "msout")).at(&ctx)?))
    }

    /// How a program is called, as a map for the operation `pipeline.run`; the shell file is `init_file` or, for `()`, that of the configuration; fails with kind `input` for a program that is not configured.
    #[rhai_fn(return_raw)]
    pub fn program(
        ctx: NativeCallContext<'_>,
        config: Config,
        key: &str,
        init_file: Dynamic,
    ) -> ScriptResult<Dynamic> {
        let init_file = init_file.into_immutable_string().ok();
        Ok(to_dynamic(&program::card(&config, key, init_file.as_deref()).at(&ctx)?))
    }
}

#[export_module]
mod api {
    /// The value of a key without its quotes, of several the last; `()` if there is none.
    #[rhai_fn(global, pure)]
    pub fn get(parset: &mut Parset, key: &str) -> Dynamic {
        to_dynamic(&lock(parset).get(key))
    }

    /// Gives a key a value, quoted where it must be; its line keeps its place.
    #[rhai_fn(global, pure)]
    pub fn set(parset: &mut Parset, key: &str, value: &str) {
        lock(parset).set(key, value);
    }

    /// Takes a key out with all its lines; whether there was one.
    #[rhai_fn(global, pure)]
    pub fn remove(parset: &mut Parset, key: &str) -> bool {
        lock(parset).remove(key)
    }

    /// The names of all keys in their order.
    #[rhai_fn(global, name = "keys", pure)]
    pub fn all_keys(parset: &mut Parset) -> Array {
        to_array(lock(parset).keys())
    }

    /// The elements of a value such as `[a, b]` as texts; none where there is no such key.
    #[rhai_fn(global, pure)]
    pub fn list(parset: &mut Parset, key: &str) -> Array {
        to_array(lock(parset).list(key))
    }

    /// The steps in their order, as maps with name and type.
    #[rhai_fn(global, get = "steps", pure)]
    pub fn steps(parset: &mut Parset) -> Array {
        let parset = lock(parset);
        let step = |name: &String| {
            let kind = parset.step_type(name);
            to_dynamic(&serde_json::json!({ "name": name, "type": kind }))
        };
        parset.steps().iter().map(step).collect()
    }

    /// What DP3 would refuse, as sentences.
    #[rhai_fn(global, get = "errors", pure)]
    pub fn errors(parset: &mut Parset) -> Array {
        to_array(lock(parset).findings().errors)
    }

    /// What is odd about it for DP3, as sentences.
    #[rhai_fn(global, get = "warnings", pure)]
    pub fn warnings(parset: &mut Parset) -> Array {
        to_array(lock(parset).findings().warnings)
    }

    /// How the steps change the number of channels, for the field `channels` of a product; `()` where that cannot be told.
    #[rhai_fn(global, get = "channels", pure)]
    pub fn channels(parset: &mut Parset) -> Dynamic {
        to_dynamic(&lock(parset).channel_rule())
    }

    /// The text.
    #[rhai_fn(global, get = "text", name = "to_string", pure)]
    pub fn whole(parset: &mut Parset) -> ImmutableString {
        lock(parset).text().into()
    }

    /// What it is, in a few words.
    #[rhai_fn(global, name = "to_debug", pure)]
    pub fn debug(parset: &mut Parset) -> ImmutableString {
        format!("parset of {} keys", lock(parset).keys().len()).into()
    }
}

/// Registers all.
pub fn register(engine: &mut Engine) {
    engine.register_type_with_name::<Parset>("Parset");
    engine.register_global_module(rhai::exported_module!(api).into());
    engine.register_static_module("pipeline", rhai::exported_module!(pipeline).into());
    imaging::register(engine);
    vds::register(engine);
}
