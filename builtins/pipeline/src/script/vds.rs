//! `vds::…` in scripts: descriptions of sets and groups of sets.

// What `#[export_module]` asks for and writes.
#![allow(unreachable_pub, clippy::unwrap_used, clippy::wildcard_imports)]

use std::sync::Arc;

use ledama_base::atomic::Existing;
use ledama_base::operation::{ErrorKind, OperationError};
use ledama_base::rawtext::{path_text, text_path};
use ledama_base::script::{At, Explain, Keeper, ScriptResult, to_dynamic};
use ledama_config::script::{Config, to_array};
use ledama_reffile::gds::cluster::{ClusterDescription, Disk};
use ledama_reffile::script::RefFile;
use rhai::plugin::*;
use rhai::{Array, Dynamic, Engine, ImmutableString};
use serde_json::json;

use crate::vds::group::{By, GroupError, file_names, group, members};
use crate::vds::keep::{self, file_name};

impl Explain for GroupError {
    fn kind(&self) -> String {
        ErrorKind::Input.to_string()
    }

    fn message(&self) -> String {
        self.to_string()
    }

    fn help(&self) -> Option<String> {
        Self::help(self)
    }
}

/// The disks that a node has by a description of the cluster, else those that
/// the data roots of the configuration lie on.
fn disks_of(config: &Config, node: &str, description: &str) -> Result<Vec<Disk>, OperationError> {
    if !description.is_empty() {
        let read = ClusterDescription::read(&text_path(description))?;
        return read.disks(node).map(<[Disk]>::to_vec).ok_or_else(|| {
            let message = format!("{description} has neither the node {node} nor localhost");
            OperationError::new(ErrorKind::Input, message)
        });
    }
    let below = format!("/users/{}", config.data.group);
    let disk = |root: &String| {
        let mount = root.strip_suffix(&below).filter(|mount| !mount.is_empty()).unwrap_or(root);
        Disk { name: format!("{node}:{mount}"), mount: mount.to_string() }
    };
    Ok(config.data.roots.iter().map(disk).collect())
}

/// All groups with their members, and what is odd about them.
fn grouped(file: &RefFile, by: &str, lists: &str) -> Result<Dynamic, GroupError> {
    let members = members(file);
    let found = group(&members, &By::parse(by, lists)?)?;
    let one = |group: &crate::vds::group::Group| {
        let sets: Vec<_> = group.members.iter().map(|k| &members[*k]).collect();
        json!({ "what": group.what, "members": sets })
    };
    let groups: Vec<_> = found.groups.iter().map(one).collect();
    Ok(to_dynamic(&json!({ "groups": groups, "warnings": found.warnings })))
}

/// The files to be written, as scripts hold them.
#[derive(Clone)]
pub struct VdsFiles(Arc<keep::VdsFiles>);

fn words(array: Array) -> Vec<String> {
    array.into_iter().map(|word| word.to_string()).collect()
}

#[export_module]
mod api {
    /// The files `NAME.vds` in a folder of this host for the sets of a RefFile; fails with kind `exists` where two sets have the same name.
    #[rhai_fn(return_raw)]
    pub fn files(
        ctx: NativeCallContext<'_>,
        folder: &str,
        file: RefFile,
        overwrite: bool,
    ) -> ScriptResult<VdsFiles> {
        let set = |entry: &ledama_reffile::Entry| (entry.node.to_string(), entry.path.to_string());
        let sets: Vec<_> = file.entries().iter().map(set).collect();
        let existing = if overwrite { Existing::Replace } else { Existing::Keep };
        keep::VdsFiles::new(&text_path(folder), &sets, existing)
            .map(|files| VdsFiles(Arc::new(files)))
            .map_err(|error| OperationError::new(ErrorKind::Exists, error.to_string()))
            .at(&ctx)
    }

    /// The name of the file that describes a set, such as `L80897_SAP000_SB000_uv.MS.vds`.
    pub fn file_name_of(path: &str) -> ImmutableString {
        path_text(&file_name(path)).into()
    }

    /// The disks of a node, as the operation `pipeline.vds` wants them: of a description of the cluster, or, where that is "", of the configuration; fails with kinds `input` and `not-found`.
    #[rhai_fn(return_raw)]
    pub fn disks(
        ctx: NativeCallContext<'_>,
        config: Config,
        node: &str,
        description: &str,
    ) -> ScriptResult<Dynamic> {
        Ok(to_dynamic(&disks_of(&config, node, description).at(&ctx)?))
    }

    /// The sets of a RefFile in groups: a map with `groups` (`what` they share, and `members` with node, path, name, lds, beam, sub_band, sorted by beam and sub-band) and `warnings`; by `all`, `list`, `turn`, `node`, `beam`, `lds` or a keyword of CreateGDSFiles, lists as in `0-3,6/4,5`; fails with kind `input`.
    #[rhai_fn(return_raw)]
    pub fn groups(
        ctx: NativeCallContext<'_>,
        file: RefFile,
        by: &str,
        lists: &str,
    ) -> ScriptResult<Dynamic> {
        grouped(&file, by, lists).at(&ctx)
    }

    /// Names of the files of groups, given the names of the sets of each: `BASE.ext`, or `BASE_000.ext` and so on; in the older form `BASE000.ext`, and a group of one set has its name.
    pub fn group_names(sets: Array, base: &str, extension: &str, older: bool) -> Array {
        let sets = sets.into_iter().map(|set| words(set.into_array().unwrap_or_default()));
        let sets: Vec<Vec<String>> = sets.collect();
        to_array(file_names(&sets, base, extension, older))
    }
}

#[export_module]
mod methods {
    /// What takes the answers of `pipeline.vds` over and writes the files.
    #[rhai_fn(global, get = "keeper", pure)]
    pub fn keeper(files: &mut VdsFiles) -> Keeper {
        Arc::clone(&files.0) as Keeper
    }

    /// Those of the files that are there already, sorted.
    #[rhai_fn(global, get = "there", pure)]
    pub fn there(files: &mut VdsFiles) -> Array {
        to_array(files.0.there())
    }
}

/// Registers both.
pub(super) fn register(engine: &mut Engine) {
    engine.register_type_with_name::<VdsFiles>("VdsFiles");
    engine.register_global_module(rhai::exported_module!(methods).into());
    engine.register_static_module("vds", rhai::exported_module!(api).into());
}
