//! The handle `Entry`: one row.

// What `#[export_module]` asks for and writes.
#![allow(unreachable_pub, clippy::unwrap_used, clippy::wildcard_imports)]

use ledama_base::script::to_dynamic;
use rhai::plugin::*;
use rhai::{Dynamic, INT, ImmutableString};

use super::Entry;

#[export_module]
pub(super) mod methods {
    /// The path of the set.
    #[rhai_fn(get = "path", pure)]
    pub fn path(entry: &mut Entry) -> ImmutableString {
        entry.path.as_ref().into()
    }

    /// The last component of the path.
    #[rhai_fn(get = "name", pure)]
    pub fn name(entry: &mut Entry) -> ImmutableString {
        entry.facts().name.into()
    }

    /// The folder of the set; empty if the path is a name alone.
    #[rhai_fn(get = "parent", pure)]
    pub fn parent(entry: &mut Entry) -> ImmutableString {
        entry.facts().parent.into()
    }

    /// The machine, or the id of the store that stands in its place.
    #[rhai_fn(get = "node", pure)]
    pub fn node(entry: &mut Entry) -> ImmutableString {
        entry.node.as_ref().into()
    }

    /// The central frequency, MHz, or `()`.
    #[rhai_fn(get = "freq_mhz", pure)]
    pub fn freq_mhz(entry: &mut Entry) -> Dynamic {
        to_dynamic(&entry.freq_mhz)
    }

    /// The size, MiB rounded up, or `()`.
    #[rhai_fn(get = "size_mb", pure)]
    pub fn size_mb(entry: &mut Entry) -> Dynamic {
        to_dynamic(&entry.size_mb)
    }

    /// The index of the beam, or `()`.
    #[rhai_fn(get = "beam", pure)]
    pub fn beam(entry: &mut Entry) -> Dynamic {
        to_dynamic(&entry.beam)
    }

    /// The index of the sub-band, or `()`.
    #[rhai_fn(get = "sb", pure)]
    pub fn sb(entry: &mut Entry) -> Dynamic {
        to_dynamic(&entry.facts().sub_band)
    }

    /// The name of the observation, such as `L80897`, or `()`.
    #[rhai_fn(get = "lds", pure)]
    pub fn lds(entry: &mut Entry) -> Dynamic {
        to_dynamic(&entry.facts().lds())
    }

    /// The version of the processing; 0 where the path tells none.
    #[rhai_fn(get = "version", pure)]
    pub fn version(entry: &mut Entry) -> INT {
        entry.facts().version().into()
    }

    /// The year of the observation as the path tells it, or `()`.
    #[rhai_fn(get = "year", pure)]
    pub fn year(entry: &mut Entry) -> Dynamic {
        to_dynamic(&entry.facts().year)
    }

    /// Whether the data was never averaged.
    #[rhai_fn(get = "raw", pure)]
    pub fn raw(entry: &mut Entry) -> bool {
        entry.facts().raw
    }

    /// `tar`, `tar.gz`, `tar.zst` or `bvf` for a packed file, else `()`.
    #[rhai_fn(get = "packed", pure)]
    pub fn packed(entry: &mut Entry) -> Dynamic {
        to_dynamic(&entry.facts().packed.map(ledama_base::path::Packed::extension))
    }

    /// The path of the dataset folder, such as `/data1/users/grp/L2013_80897_001`, or `()`.
    #[rhai_fn(get = "dataset", pure)]
    pub fn dataset(entry: &mut Entry) -> Dynamic {
        to_dynamic(&entry.facts().dataset)
    }

    /// The id of the store it lies in, or `()` for an unknown node.
    #[rhai_fn(get = "store", pure)]
    pub fn store(entry: &mut Entry) -> Dynamic {
        to_dynamic(&entry.store().map(|store| &store.id))
    }

    /// The line of the file it was read from, from 1; 0 if it was not read.
    #[rhai_fn(get = "line", pure)]
    pub fn line(entry: &mut Entry) -> INT {
        entry.line.into()
    }

    /// What tells it from all other rows: `node:path`.
    #[rhai_fn(get = "key", pure)]
    pub fn key(entry: &mut Entry) -> ImmutableString {
        format!("{}:{}", entry.node, entry.path).into()
    }

    /// Whether both rows say the same.
    #[rhai_fn(name = "==", pure)]
    pub fn equals(entry: &mut Entry, other: Entry) -> bool {
        entry.says_the_same(&other)
    }

    /// `node:path`.
    #[rhai_fn(pure)]
    pub fn to_string(entry: &mut Entry) -> ImmutableString {
        key(entry)
    }

    /// `node:path`.
    #[rhai_fn(pure)]
    pub fn to_debug(entry: &mut Entry) -> ImmutableString {
        key(entry)
    }
}
