//! The configuration and node lists as scripts see them.
//!
//! The host attaches the run's configuration to the engine once, so that
//! functions which need it (`nodes::parse`, `reffile::open`) need no further
//! argument.

// What `#[export_module]` asks for and writes.
#![allow(unreachable_pub, clippy::unwrap_used, clippy::wildcard_imports)]

use std::sync::{Arc, LazyLock};

use ledama_base::nodeset;
use ledama_base::rawtext::path_text;
use ledama_base::script::{At, ScriptResult, bad_input, to_dynamic};
use rhai::plugin::*;
use rhai::{Array, Dynamic, Engine, ImmutableString};

use crate::hosts::Inventory;
use crate::load::built_in;

/// The configuration of a run.
pub type Config = Arc<crate::model::Config>;

/// Makes `config` the configuration of every script this engine runs, by
/// means of its custom state.
pub fn attach(engine: &mut Engine, config: Config) {
    engine.set_default_tag(Dynamic::from(Arc::new(Inventory::new(config))));
}

/// The machines and stores of the attached configuration; of the built-in one
/// where nothing is attached.
pub fn inventory(ctx: &NativeCallContext<'_>) -> Arc<Inventory> {
    static BUILT_IN: LazyLock<Arc<Inventory>> =
        LazyLock::new(|| Arc::new(Inventory::new(Arc::new(built_in()))));
    let attached = ctx.tag().and_then(Dynamic::read_lock::<Arc<Inventory>>);
    attached.map_or_else(|| Arc::clone(&BUILT_IN), |inventory| Arc::clone(&inventory))
}

/// The machines and stores of a handle.
fn inventory_of(ctx: &NativeCallContext<'_>, config: &Config) -> Arc<Inventory> {
    let attached = inventory(ctx);
    if Arc::ptr_eq(attached.config(), config) {
        return attached;
    }
    Arc::new(Inventory::new(Arc::clone(config)))
}

/// Texts as a script array.
pub fn to_array<S: AsRef<str>>(texts: impl IntoIterator<Item = S>) -> Array {
    texts.into_iter().map(|text| Dynamic::from(ImmutableString::from(text.as_ref()))).collect()
}

/// The texts of a script array.
///
/// # Errors
/// Kind `input` when an element is no text.
pub fn from_array(ctx: &NativeCallContext<'_>, texts: &Array) -> ScriptResult<Vec<String>> {
    let text = |item: &Dynamic| match item.read_lock::<ImmutableString>() {
        Some(text) => Ok(text.to_string()),
        None => bad_input(ctx, format!("the list must hold texts, not {}", item.type_name())),
    };
    texts.iter().map(text).collect()
}

#[export_module]
mod nodes {
    /// Reads a node list such as `node011-014,020/ARCHIVE_PROC` into an array of names, each once; fails with kind `input`.
    #[rhai_fn(return_raw)]
    pub fn parse(ctx: NativeCallContext<'_>, text: &str) -> ScriptResult<Array> {
        Ok(to_array(inventory(&ctx).parse(text).at(&ctx)?.names))
    }

    /// Reads a node list with another configuration than that of the run.
    #[rhai_fn(name = "parse", return_raw)]
    pub fn parse_with(
        ctx: NativeCallContext<'_>,
        text: &str,
        config: Config,
    ) -> ScriptResult<Array> {
        Ok(to_array(inventory_of(&ctx, &config).parse(text).at(&ctx)?.names))
    }

    /// The names of an array as one short text such as `node[011-014,020]`; fails with kind `input` when an element is no text.
    #[rhai_fn(return_raw)]
    pub fn fold(ctx: NativeCallContext<'_>, names: Array) -> ScriptResult<ImmutableString> {
        Ok(nodeset::fold(&from_array(&ctx, &names)?).into())
    }

    /// The neighbour of a node in its host group, the last one being followed by the first; fails with kind `unknown-node` for stores and single hosts.
    #[rhai_fn(return_raw)]
    pub fn next(ctx: NativeCallContext<'_>, name: &str) -> ScriptResult<ImmutableString> {
        Ok(inventory(&ctx).next(name).at(&ctx)?.into())
    }

    /// All machines of the configuration; this host alone where none are configured.
    pub fn all(ctx: NativeCallContext<'_>) -> Array {
        to_array(inventory(&ctx).all().names())
    }

    /// The name of this host in node lists and RefFiles.
    pub fn local(ctx: NativeCallContext<'_>) -> ImmutableString {
        inventory(&ctx).local_name().into()
    }

    /// Whether a name means this host.
    pub fn is_local(ctx: NativeCallContext<'_>, name: &str) -> bool {
        inventory(&ctx).is_local(name)
    }

    /// Whether a name means a machine that tasks can run on: this host or one of the configuration, and no archive.
    pub fn is_machine(ctx: NativeCallContext<'_>, name: &str) -> bool {
        inventory(&ctx).machine(name).is_ok()
    }

    /// The one spelling of a node or store: `node011` for `node11`, `ARCHIVE_PROC` for `TARGET_E_EOR`; unknown names stay as they are.
    pub fn canonical(ctx: NativeCallContext<'_>, name: &str) -> ImmutableString {
        inventory(&ctx).canonical(name).into()
    }
}

#[export_module]
mod api {
    /// The folders below which measurement sets may be deleted and changed.
    #[rhai_fn(global, get = "roots", pure)]
    pub fn roots(config: &mut Config) -> Array {
        to_array(&config.data.roots)
    }

    /// The name of the project's folder on each disk.
    #[rhai_fn(global, get = "group", pure)]
    pub fn group(config: &mut Config) -> ImmutableString {
        config.data.group.as_str().into()
    }

    /// The minimum free space left on each disk by a copy, MiB.
    #[rhai_fn(global, get = "free_margin_mib", pure)]
    pub fn free_margin_mib(config: &mut Config) -> rhai::INT {
        ledama_base::script::to_int(config.data.free_margin_mib)
    }

    /// The shell file sourced before the commands of a task, or `()`.
    #[rhai_fn(global, get = "init_file", pure)]
    pub fn init_file(config: &mut Config) -> Dynamic {
        to_dynamic(&config.paths.init_file.as_deref().map(path_text))
    }

    /// Who may do what, as a map; unset keys are `()`.
    #[rhai_fn(global, get = "access", pure)]
    pub fn table_access(config: &mut Config) -> Dynamic {
        to_dynamic(&config.access)
    }

    /// Folders and files of this installation, as a map; unset keys are `()`.
    #[rhai_fn(global, get = "paths", pure)]
    pub fn table_paths(config: &mut Config) -> Dynamic {
        to_dynamic(&config.paths)
    }

    /// How nodes are reached, as a map; unset keys are `()`.
    #[rhai_fn(global, get = "ssh", pure)]
    pub fn table_ssh(config: &mut Config) -> Dynamic {
        to_dynamic(&config.ssh)
    }

    /// Groups of machines, as an array of maps; unset keys are `()`.
    #[rhai_fn(global, get = "hosts", pure)]
    pub fn table_hosts(config: &mut Config) -> Dynamic {
        to_dynamic(&config.hosts)
    }

    /// Places that hold data, as an array of maps; unset keys are `()`.
    #[rhai_fn(global, get = "stores", pure)]
    pub fn table_stores(config: &mut Config) -> Dynamic {
        to_dynamic(&config.stores)
    }

    /// Where the data lies on the nodes, as a map; unset keys are `()`.
    #[rhai_fn(global, get = "data", pure)]
    pub fn table_data(config: &mut Config) -> Dynamic {
        to_dynamic(&config.data)
    }

    /// How many things happen at once, and for how long, as a map; unset keys are `()`.
    #[rhai_fn(global, get = "limits", pure)]
    pub fn table_limits(config: &mut Config) -> Dynamic {
        to_dynamic(&config.limits)
    }

    /// How bytes go from node to node, as a map; unset keys are `()`.
    #[rhai_fn(global, get = "transfer", pure)]
    pub fn table_transfer(config: &mut Config) -> Dynamic {
        to_dynamic(&config.transfer)
    }

    /// What archives call their published lists, as a map; unset keys are `()`.
    #[rhai_fn(global, get = "archive", pure)]
    pub fn table_archive(config: &mut Config) -> Dynamic {
        to_dynamic(&config.archive)
    }

    /// Command lines of external programs by name, as a map of arrays of words; unset keys are `()`.
    #[rhai_fn(global, get = "programs", pure)]
    pub fn table_programs(config: &mut Config) -> Dynamic {
        let commands: std::collections::BTreeMap<&String, &Vec<String>> = config
            .programs
            .iter()
            .filter_map(|(name, program)| Some((name, program.command.as_ref()?)))
            .collect();
        to_dynamic(&commands)
    }

    /// Processing by external programs, as a map; unset keys are `()`.
    #[rhai_fn(global, get = "pipeline", pure)]
    pub fn table_pipeline(config: &mut Config) -> Dynamic {
        to_dynamic(&config.pipeline)
    }

    /// The database, as a map; unset keys are `()`.
    #[rhai_fn(global, get = "database", pure)]
    pub fn table_database(config: &mut Config) -> Dynamic {
        to_dynamic(&config.database)
    }

    /// Steps of the processing, as an array of maps; unset keys are `()`.
    #[rhai_fn(global, get = "versions", pure)]
    pub fn table_versions(config: &mut Config) -> Dynamic {
        to_dynamic(&config.versions)
    }

    /// What runs by itself, as an array of maps; unset keys are `()`.
    #[rhai_fn(global, get = "jobs", pure)]
    pub fn table_jobs(config: &mut Config) -> Dynamic {
        to_dynamic(&config.jobs)
    }

    /// Reads a node list into an array of names, each once; fails with kind `input`.
    #[rhai_fn(global, name = "nodes", return_raw, pure)]
    pub fn list(
        ctx: NativeCallContext<'_>,
        config: &mut Config,
        text: &str,
    ) -> ScriptResult<Array> {
        Ok(to_array(inventory_of(&ctx, config).parse(text).at(&ctx)?.names))
    }

    /// Facts about a store by its id or an alias, as a map; fails with kind `unknown-store`.
    #[rhai_fn(global, return_raw, pure)]
    pub fn store(
        ctx: NativeCallContext<'_>,
        config: &mut Config,
        name: &str,
    ) -> ScriptResult<Dynamic> {
        Ok(to_dynamic(&config.store(name).at(&ctx)?.facts()))
    }

    /// Facts about a store that can be used, as a map; fails with kind `unknown-store` or `store-not-configured`.
    #[rhai_fn(global, return_raw, pure)]
    pub fn usable_store(
        ctx: NativeCallContext<'_>,
        config: &mut Config,
        name: &str,
    ) -> ScriptResult<Dynamic> {
        Ok(to_dynamic(&config.usable_store(name).at(&ctx)?.facts()))
    }

    /// Whether a name is the id or an alias of a store.
    #[rhai_fn(global, pure)]
    pub fn is_store(config: &mut Config, name: &str) -> bool {
        config.find_store(name).is_some()
    }

    /// Whether a name is that of a remote store, which stands in the place of a node.
    #[rhai_fn(global, pure)]
    pub fn is_remote(config: &mut Config, name: &str) -> bool {
        config.remote_store(name).is_some()
    }

    /// The path under which the other machines see a path of a node, or `()` where `paths.nfs` is not configured.
    #[rhai_fn(global, pure)]
    pub fn nfs_path(config: &mut Config, node: &str, path: &str) -> Dynamic {
        to_dynamic(&config.nfs_path(node, path))
    }

    /// The id of the store that a file on a node belongs to, or `()` for an unknown node.
    #[rhai_fn(global, pure)]
    pub fn store_of(
        ctx: NativeCallContext<'_>,
        config: &mut Config,
        node: &str,
        path: &str,
    ) -> Dynamic {
        to_dynamic(&inventory_of(&ctx, config).store_of(node, path).map(|store| &store.id))
    }

    /// The value of a key such as `limits.retries`, or `()` when it is not set; fails with kind `input` for an unknown key.
    #[rhai_fn(global, return_raw, pure)]
    pub fn value(
        ctx: NativeCallContext<'_>,
        config: &mut Config,
        key: &str,
    ) -> ScriptResult<Dynamic> {
        Ok(to_dynamic(&config.value(key).at(&ctx)?))
    }

    /// What it is, in a few words.
    #[rhai_fn(global, pure)]
    pub fn to_string(config: &mut Config) -> ImmutableString {
        format!("configuration of {} host groups", config.hosts.len()).into()
    }

    /// What it is, in a few words.
    #[rhai_fn(global, pure)]
    pub fn to_debug(config: &mut Config) -> ImmutableString {
        to_string(config)
    }
}

/// Adds the handle `Config` with its methods and the functions `nodes::…`.
pub fn register(engine: &mut Engine) {
    engine.register_type_with_name::<Config>("Config");
    engine.register_global_module(rhai::exported_module!(api).into());
    engine.register_static_module("nodes", rhai::exported_module!(nodes).into());
}

#[cfg(test)]
mod tests {
    #![allow(clippy::expect_used)]
    use super::*;
    use ledama_base::script::ScriptError;
    use rhai::{EvalAltResult, Scope};

    fn run(code: &str) -> Result<String, Box<EvalAltResult>> {
        let mut config = built_in();
        let hosts = "prefix = 'node'\nrange = '11-18'";
        config.hosts = vec![toml::from_str(hosts).expect("a host group")];
        let config: Config = Arc::new(config);
        let mut engine = Engine::new();
        register(&mut engine);
        attach(&mut engine, Arc::clone(&config));
        let mut scope = Scope::new();
        scope.push("config", config);
        engine.eval_with_scope::<Dynamic>(&mut scope, code).map(|value| value.to_string())
    }

    #[test]
    fn scripts_ask_the_configuration() {
        let table = [
            ("nodes::parse(\"012-013,node11\")", "[\"node012\", \"node013\", \"node011\"]"),
            ("nodes::parse(\"12\", config)", "[\"node012\"]"),
            ("nodes::fold([\"node012\", \"node011\", \"node013\"])", "node[011-013]"),
            ("nodes::next(\"node018\")", "node011"),
            ("nodes::all().len()", "8"),
            ("nodes::is_local(\"localhost\")", "true"),
            ("nodes::canonical(\"SARA\")", "GRID_A"),
            ("config.nodes(\"11-12\").len()", "2"),
            ("config.roots[0] + config.group", "/data1/users/lofareorlofareor"),
            ("config.init_file", ""),
            ("config.data.roots == config.roots", "true"),
            ("config.hosts[0].prefix + config.limits.retries", "node0"),
            ("config.ssh.user == () && config.versions.len() == 4", "true"),
            ("config.store(\"EoR\").id", "CLUSTER"),
            ("config.store(\"Juelich\").max_streams + 1", "6"),
            ("config.store(\"GRID_A\").configured", "false"),
            ("config.is_store(\"EoR\") && !config.is_remote(\"EoR\")", "true"),
            ("config.store_of(\"node011\", \"/data1/users/lofareor/backup/x\")", "CLUSTER_BACKUP"),
            ("config.store_of(\"nowhere\", \"/x\")", ""),
            ("config.value(\"limits.retries\") + 1", "1"),
            ("config.value(\"ssh.user\") == ()", "true"),
            ("config.to_string()", "configuration of 1 host groups"),
        ];
        for (code, expected) in table {
            assert_eq!(run(code).expect(code), expected, "{code}");
        }
    }

    #[test]
    fn errors_have_a_kind_and_a_line() {
        let table = [
            ("nodes::parse(\"node099\")", "input"),
            ("nodes::fold([1])", "input"),
            ("nodes::next(\"SARA\")", "unknown-node"),
            ("config.nodes(\"x\")", "input"),
            ("config.store(\"x\")", "unknown-store"),
            ("config.usable_store(\"SARA\")", "store-not-configured"),
            ("config.value(\"x\")", "input"),
        ];
        for (code, kind) in table {
            let error = run(&format!("\n{code}")).expect_err(code);
            let EvalAltResult::ErrorRuntime(value, position) = *error else { panic!("{error}") };
            assert_eq!(position.line(), Some(2), "{code}");
            let error = value.try_cast::<ScriptError>().expect(code);
            assert_eq!(error.kind, kind, "{code}");
        }
    }
}
