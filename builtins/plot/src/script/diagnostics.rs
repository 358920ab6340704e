//! `diagnostics::…`: from the options of plotters to the input of their operation.

// What `#[export_module]` asks for and writes.
#![allow(unreachable_pub, clippy::unwrap_used, clippy::wildcard_imports)]

use std::path::Path;

use ledama_analysis::diag::Type;
use ledama_analysis::diag::input::{Chosen, Input};
use ledama_base::operation::{ErrorKind, OperationError};
use ledama_base::rawtext;
use ledama_base::script::{At, ScriptResult, to_dynamic};
use ledama_config::Inventory;
use ledama_leddb::store::{Choice, choose};
use rhai::plugin::*;
use rhai::{Dynamic, Engine, Map};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::sync::Arc;

use super::pictures::PictureOptions;
use crate::figure::Theme;
use crate::figures::diagnostics::operation::DiagnosticInput;
use crate::figures::settings::{self, Given, Settings};
use crate::figures::used_stations::operation::UsedInput;
use crate::figures::used_stations::{self, ColourBy, Wanted};

/// Options besides those of the settings.
#[derive(Debug, Deserialize)]
struct Place {
    inputdiag: String,
    node: String,
    timeout: Option<i64>,
    max_memory: u64,
    #[serde(flatten)]
    database: Choice,
    #[serde(flatten)]
    picture: PictureOptions,
}

fn read<T: DeserializeOwned>(options: &Value) -> Result<T, OperationError> {
    T::deserialize(options)
        .map_err(|error| OperationError::new(ErrorKind::Input, error.to_string()))
}

/// A short name of what is plotted.
fn object(chosen: &Chosen) -> String {
    let stem = |path: &str| {
        let name = path.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
        name.split('.').next().unwrap_or_default().to_string()
    };
    match chosen {
        Chosen::Ids(_) => "ids".to_string(),
        Chosen::DiagFile(path) => stem(path),
        Chosen::Files(files) if files.len() == 1 => stem(&files[0].path),
        Chosen::Files(files) => format!("{}-files", files.len()),
    }
}

/// Text with paths made absolute where they are there.
fn absolute(text: &str) -> String {
    let one = |item: &str| {
        let place = rawtext::text_path(item.split("::").next().unwrap_or(item));
        let there = !item.is_empty() && place.exists();
        match std::path::absolute(Path::new(item)) {
            Ok(path) if there => rawtext::path_text(&path),
            _ => item.to_string(),
        }
    };
    let whole = one(text);
    if whole == text {
        text.split(',').map(|item| one(item.trim())).collect::<Vec<_>>().join(",")
    } else {
        whole
    }
}

fn database(choice: &Choice, inventory: &Inventory) -> Result<String, OperationError> {
    let place = choose(inventory.config(), choice)
        .map_err(|error| ledama_analysis::diag::database::failed(&error))?;
    Ok(place.to_string())
}

fn prepared(
    of: &str,
    options: &Value,
    inventory: &Arc<Inventory>,
) -> Result<DiagnosticInput, OperationError> {
    let of: Type = read(&Value::from(of))?;
    let given: Given = read(options)?;
    let place: Place = read(options)?;
    let settings = Settings::new(of, &given)?;
    let chosen = Chosen::parse(&absolute(&place.inputdiag), &place.node, inventory)?;
    let database = match chosen {
        Chosen::Files(_) => None,
        _ => Some(database(&place.database, inventory)?),
    };
    let input = Input { of, chosen, database, timeout_s: place.timeout, kinds: given.kinds };
    settings.check(&input)?;
    ledama_analysis::diag::database::check(&input)?;
    let parameters = serde_json::json!([&input, &settings]);
    let picture = place.picture.free_place(&object(&input.chosen), &parameters)?;
    Ok(DiagnosticInput { input, settings, picture, max_memory_mib: place.max_memory })
}

/// Options of `UsedStations`.
#[derive(Debug, Deserialize)]
struct UsedOptions {
    #[serde(flatten)]
    wanted: Wanted,
    timeout: Option<i64>,
    color_by: ColourBy,
    format: String,
    size: Option<String>,
    scale: Option<f64>,
    #[serde(default)]
    theme: Theme,
    #[serde(flatten)]
    database: Choice,
    #[serde(flatten)]
    picture: PictureOptions,
}

fn used(options: &Value, inventory: &Inventory) -> Result<UsedInput, OperationError> {
    let given: UsedOptions = read(options)?;
    let size = given.size.as_deref().map_or(Ok(used_stations::SIZE), settings::size)?;
    let scale = given.scale.unwrap_or(1.0);
    let database = database(&given.database, inventory)?;
    let parameters =
        serde_json::json!([&database, &given.wanted, given.color_by, size, scale, given.theme]);
    let object = given.wanted.ldss.first().cloned().unwrap_or_else(|| "all".to_string());
    let wanted = Wanted { colour: given.color_by, ..given.wanted };
    let picture = (given.format == "picture")
        .then(|| given.picture.free_place(&object, &parameters))
        .transpose()?;
    let input = UsedInput {
        database,
        timeout_s: given.timeout,
        wanted,
        size,
        scale,
        theme: given.theme,
        picture,
    };
    input.check()?;
    Ok(input)
}

#[export_module]
mod api {
    /// The input of `plot.diagnostic` that the options of a plotter mean, for GAIN, QTS, QFS or
    /// QBS; `node`, `user` and `module` are to be among them. Errors `input`, `exists`, `not-found`.
    #[rhai_fn(return_raw)]
    pub fn prepare(ctx: NativeCallContext<'_>, of: &str, options: Map) -> ScriptResult<Dynamic> {
        let inventory = ledama_config::script::inventory(&ctx);
        let options =
            ledama_cluster::script::to_json(ctx.engine(), &Dynamic::from(options)).at(&ctx)?;
        super::prepared(of, &options, &inventory).at(&ctx).map(|input| to_dynamic(&input))
    }

    /// The input of `plot.used_stations` that the options of the module mean; `node`, `user` and
    /// `module` are to be among them. Errors `input`, `exists`.
    #[rhai_fn(return_raw)]
    pub fn used_stations(ctx: NativeCallContext<'_>, options: Map) -> ScriptResult<Dynamic> {
        let inventory = ledama_config::script::inventory(&ctx);
        let options =
            ledama_cluster::script::to_json(ctx.engine(), &Dynamic::from(options)).at(&ctx)?;
        super::used(&options, &inventory).at(&ctx).map(|input| to_dynamic(&input))
    }
}

/// Registers the namespace.
pub(super) fn register(engine: &mut Engine) {
    engine.register_static_module("diagnostics", exported_module!(api).into());
}
