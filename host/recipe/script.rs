//! `recipe` in `fn steps(opts, recipe)`: the only place of recipes that names
//! the script engine's types.

// What `#[export_module]` asks for and writes.
#![allow(unreachable_pub, clippy::unwrap_used, clippy::wildcard_imports, missing_docs)]

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use ledama_base::rawtext::{path_text, text_path};
use ledama_base::script::{ScriptError, ScriptResult, bad_input, throw};
use ledama_base::suggest::did_you_mean;
use ledama_cluster::run::Level;
use rhai::plugin::*;
use rhai::{Array, Dynamic, Engine, EvalAltResult, ImmutableString, Map};

use super::draft::{Draft, Said, is_name};
use crate::diagnostic::Place;
use crate::manifest::RawValue;

/// What a recipe knows and what it has said so far.
#[derive(Debug)]
pub struct Listener {
    /// The configuration.
    pub config: ledama_config::script::Config,
    /// The account.
    pub user: String,
    /// Its access level.
    pub level: Level,
    /// The folder that relative paths start from.
    pub folder: PathBuf,
    /// What the recipe's file is called in messages.
    pub label: String,
    draft: Mutex<Draft>,
}

impl Listener {
    /// A recipe that has said nothing yet.
    pub fn new(
        config: ledama_config::script::Config,
        user: String,
        level: Level,
        folder: PathBuf,
        label: String,
    ) -> Self {
        Self { config, user, level, folder, label, draft: Mutex::default() }
    }

    /// What it has said.
    pub fn draft(&self) -> Draft {
        self.draft.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn add(&self, said: Said) {
        self.draft.lock().unwrap_or_else(PoisonError::into_inner).steps.push(said);
    }

    fn warn(&self, text: &str) {
        let mut draft = self.draft.lock().unwrap_or_else(PoisonError::into_inner);
        draft.warnings.push(text.to_string());
    }
}

/// The handle that the function `steps` gets.
pub fn handle(listener: Arc<Listener>) -> Dynamic {
    Dynamic::from(listener)
}

#[export_module]
mod api {
    /// What a recipe says its steps to.
    pub type Recipe = Arc<super::Listener>;

    /// A step that was said.
    pub type Step = Arc<super::Said>;

    /// Says a step: its name (one word), the module, and the options of the module by their long names; `()` means not given. Nothing is run. Fails with kind `input`.
    #[rhai_fn(global, return_raw, pure)]
    pub fn step(
        ctx: NativeCallContext<'_>,
        recipe: &mut Recipe,
        name: &str,
        module_name: &str,
        options: Map,
    ) -> ScriptResult<Step> {
        step_with(ctx, recipe, name, module_name, options, Map::new())
    }

    /// The same with: `creates` (files and folders of this host that it makes), `needs` (those that must be there, besides RefFiles among the options), `after` (steps that must be done before; steps whose files it uses are anyway). Fails with kind `input`.
    #[rhai_fn(global, name = "step", return_raw, pure)]
    pub fn step_with(
        ctx: NativeCallContext<'_>,
        recipe: &mut Recipe,
        name: &str,
        module_name: &str,
        options: Map,
        relations: Map,
    ) -> ScriptResult<Step> {
        let mut said = said(&ctx, name, module_name, &options, &relations)?;
        let file = ctx.call_source().unwrap_or(&recipe.label);
        said.place = Place::of(file, ctx.call_position());
        recipe.add(said.clone());
        Ok(Arc::new(said))
    }

    /// The name of the step.
    #[rhai_fn(global, get = "name", pure)]
    pub fn name(step: &mut Step) -> ImmutableString {
        step.name.as_str().into()
    }

    /// The first file that the step makes; fails with kind `input` when it makes none.
    #[rhai_fn(global, get = "file", return_raw, pure)]
    pub fn file(ctx: NativeCallContext<'_>, step: &mut Step) -> ScriptResult<ImmutableString> {
        match step.creates.first() {
            Some(file) => Ok(file.as_str().into()),
            None => bad_input(
                &ctx,
                format!("the step `{}` makes no file: say it with `creates`", step.name),
            ),
        }
    }

    /// All files and folders that the step makes.
    #[rhai_fn(global, get = "files", pure)]
    pub fn files(step: &mut Step) -> Array {
        ledama_config::script::to_array(&step.creates)
    }

    /// The configuration.
    #[rhai_fn(global, get = "config", pure)]
    pub fn config(recipe: &mut Recipe) -> ledama_config::script::Config {
        Arc::clone(&recipe.config)
    }

    /// The account that uses the recipe.
    #[rhai_fn(global, get = "user", pure)]
    pub fn user(recipe: &mut Recipe) -> ImmutableString {
        recipe.user.as_str().into()
    }

    /// The access level of the account: `web`, `user` or `full`.
    #[rhai_fn(global, get = "level", pure)]
    pub fn level(recipe: &mut Recipe) -> ImmutableString {
        recipe.level.word().into()
    }

    /// The folder that relative paths start from.
    #[rhai_fn(global, get = "folder", pure)]
    pub fn folder(recipe: &mut Recipe) -> ImmutableString {
        path_text(&recipe.folder).into()
    }

    /// Whether there is a file or folder of that name on this host.
    #[rhai_fn(global, pure)]
    pub fn exists(recipe: &mut Recipe, path: &str) -> bool {
        recipe.folder.join(text_path(path)).symlink_metadata().is_ok()
    }

    /// Tells the user something before the steps are shown or run.
    #[rhai_fn(global, pure)]
    pub fn warn(recipe: &mut Recipe, text: &str) {
        recipe.warn(text);
    }

    /// Ends the recipe with an error of kind `failed`: no step is shown or run.
    #[rhai_fn(global, return_raw, pure)]
    pub fn fail(
        ctx: NativeCallContext<'_>,
        _recipe: &mut Recipe,
        message: &str,
    ) -> ScriptResult<()> {
        Err(failure(&ctx, message, None))
    }

    /// The same with advice on what to do.
    #[rhai_fn(global, name = "fail", return_raw, pure)]
    pub fn fail_with(
        ctx: NativeCallContext<'_>,
        _recipe: &mut Recipe,
        message: &str,
        help: &str,
    ) -> ScriptResult<()> {
        Err(failure(&ctx, message, Some(help.to_string())))
    }

    /// What it is, in a few words.
    #[rhai_fn(global, name = "to_string", name = "to_debug", pure)]
    pub fn recipe_text(recipe: &mut Recipe) -> ImmutableString {
        format!("recipe with {} steps", recipe.draft().steps.len()).into()
    }

    /// What it is, in a few words.
    #[rhai_fn(global, name = "to_string", name = "to_debug", pure)]
    pub fn step_text(step: &mut Step) -> ImmutableString {
        format!("step `{}`", step.name).into()
    }
}

#[allow(clippy::unnecessary_box_returns)] // errors of the engine travel in boxes
fn failure(ctx: &NativeCallContext<'_>, message: &str, help: Option<String>) -> Box<EvalAltResult> {
    let error = ScriptError { kind: "failed".to_string(), message: message.to_string(), help };
    throw(error, ctx.call_position())
}

fn said(
    ctx: &NativeCallContext<'_>,
    name: &str,
    module: &str,
    options: &Map,
    relations: &Map,
) -> ScriptResult<Said> {
    if !is_name(name) {
        return bad_input(
            ctx,
            format!("`{name}` is no name for a step: use letters, digits, `.`, `_`, `+` and `-`"),
        );
    }
    let mut said = Said {
        name: name.to_string(),
        module: module.to_string(),
        options: Vec::new(),
        after: Vec::new(),
        needs: Vec::new(),
        creates: Vec::new(),
        place: None,
    };
    for (option, value) in options.iter().filter(|(_, value)| !value.is_unit()) {
        let Some(value) = raw(value) else {
            let kind = ctx.engine().map_type_name(value.type_name());
            return bad_input(
                ctx,
                format!("option `{option}` of step `{name}` cannot hold `{kind}`"),
            );
        };
        said.options.push((option.to_string(), value));
    }
    for (key, value) in relations {
        match key.as_str() {
            "after" => said.after = names(ctx, key, value, true)?,
            "needs" => said.needs = names(ctx, key, value, false)?,
            "creates" => said.creates = names(ctx, key, value, false)?,
            other => {
                let known = ["after", "needs", "creates"];
                let help = did_you_mean(other, known)
                    .unwrap_or_else(|| format!("possible: {}", known.join(", ")));
                return bad_input(ctx, format!("step `{name}`: unknown key `{other}`; {help}"));
            }
        }
    }
    Ok(said)
}

/// A value as it stands in an option; nothing for what no option can hold.
fn raw(value: &Dynamic) -> Option<RawValue> {
    if let Ok(value) = value.as_bool() {
        return Some(RawValue::Flag(value));
    }
    if let Ok(value) = value.as_int() {
        return Some(RawValue::Int(value));
    }
    if let Ok(value) = value.as_float() {
        return Some(RawValue::Float(value));
    }
    if let Some(values) = value.read_lock::<Array>() {
        return Some(RawValue::List(values.iter().map(raw).collect::<Option<_>>()?));
    }
    value.clone().into_string().ok().map(RawValue::Text)
}

/// One name or several; steps may stand for their names.
fn names(
    ctx: &NativeCallContext<'_>,
    key: &str,
    value: &Dynamic,
    steps: bool,
) -> ScriptResult<Vec<String>> {
    let one = |value: &Dynamic| match value.read_lock::<api::Step>() {
        Some(step) if steps => Some(step.name.clone()),
        Some(_) => None,
        None => value.clone().into_string().ok().filter(|text| !text.trim().is_empty()),
    };
    let found: Option<Vec<String>> = match value.read_lock::<Array>() {
        Some(values) => values.iter().map(one).collect(),
        None => one(value).map(|name| vec![name]),
    };
    match found {
        Some(names) => Ok(names),
        None => bad_input(ctx, format!("`{key}` must be a name or an array of names")),
    }
}

/// Adds the handles `Recipe` and `Step`.
pub fn register(engine: &mut Engine) {
    engine.register_global_module(rhai::exported_module!(api).into());
}
