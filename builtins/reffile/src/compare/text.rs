//! Differences in few words, fit for a cell of a table.

use ledama_base::ranges::format_ints;

use super::{Comparison, Key, SizeDifference};

impl Comparison {
    /// The sets in a list: `1,3-5`, or with several observations or beams
    /// `L80897 beam 0: 1,3-5; L80898 beam 1: 7`. Empty for none.
    pub fn list(&self, keys: &[Key]) -> String {
        let groups = keys.chunk_by(|a, b| a.group_text() == b.group_text());
        let texts = groups.map(|group| {
            let subbands: Vec<u32> = group.iter().filter_map(|key| key.subband).collect();
            let names = group.iter().filter_map(|key| key.name.as_deref());
            let subbands = (!subbands.is_empty()).then(|| format_ints(&subbands));
            let items: Vec<String> =
                subbands.into_iter().chain(names.map(str::to_string)).collect();
            self.headed(&group[0], &items.join(","))
        });
        texts.collect::<Vec<_>>().join("; ")
    }

    /// Sizes as `sub-band|here|reference`, MiB.
    pub fn size_list(&self, sizes: &[SizeDifference]) -> String {
        let groups = sizes.chunk_by(|a, b| a.key.group_text() == b.key.group_text());
        let texts = groups.map(|group| {
            let items = group.iter().map(|size| {
                let subband = size.key.subband.map(|subband| subband.to_string());
                let set = subband.or_else(|| size.key.name.as_deref().map(str::to_string));
                format!("{}|{}|{}", set.unwrap_or_default(), size.here_mb, size.reference_mb)
            });
            self.headed(&group[0].key, &items.collect::<Vec<_>>().join(","))
        });
        texts.collect::<Vec<_>>().join("; ")
    }

    fn headed(&self, key: &Key, items: &str) -> String {
        match key.group_text() {
            head if self.one_beam || head.is_empty() => items.to_string(),
            head => format!("{head}: {items}"),
        }
    }
}
