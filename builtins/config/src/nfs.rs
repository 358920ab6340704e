//! How a file of one node is seen on the others.

use crate::model::Config;

impl Config {
    /// The path, in text form, under which the other machines see a path of a
    /// node, after the template `paths.nfs`; nothing where that is not configured.
    pub fn nfs_path(&self, node: &str, path: &str) -> Option<String> {
        // The configuration was checked: the template ends with `{path}`.
        let template = self.paths.nfs.as_deref()?.strip_suffix("{path}")?;
        Some(template.replace("{node}", node) + path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_template_is_filled() {
        let mut config = Config::default();
        config.paths.nfs = None;
        assert_eq!(config.nfs_path("node011", "/data1/x"), None);
        config.paths.nfs = Some("/net/{node}{path}".to_string());
        let seen = config.nfs_path("node011", "/data1/{node} {path}");
        assert_eq!(seen.as_deref(), Some("/net/node011/data1/{node} {path}"));
    }
}
