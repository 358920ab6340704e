//! Which folders hold the observation folders of a disk.

/// The folders that are scanned unless somebody names others: each data root
/// and its `pipeline`, and of the last data root also `backup` and
/// `backup/pipeline`. With the built-in data roots these are the eight of the
/// cluster's disks, whose backups lie on the third.
#[must_use]
pub fn scan_list<S: AsRef<str>>(roots: &[S]) -> Vec<String> {
    let mut folders = Vec::new();
    for (k, root) in roots.iter().enumerate() {
        let root = root.as_ref().trim_end_matches('/');
        let inner: &[&str] = if k + 1 == roots.len() {
            &["", "/pipeline", "/backup", "/backup/pipeline"]
        } else {
            &["", "/pipeline"]
        };
        folders.extend(inner.iter().map(|inner| format!("{root}{inner}")));
    }
    folders
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_disks_give_the_usual_eight() {
        let roots = [1, 2, 3].map(|k| format!("/data{k}/users/lofareor"));
        assert_eq!(
            scan_list(&roots),
            [
                "/data1/users/lofareor",
                "/data1/users/lofareor/pipeline",
                "/data2/users/lofareor",
                "/data2/users/lofareor/pipeline",
                "/data3/users/lofareor",
                "/data3/users/lofareor/pipeline",
                "/data3/users/lofareor/backup",
                "/data3/users/lofareor/backup/pipeline",
            ]
        );
        assert_eq!(
            scan_list(&["/data/"]),
            ["/data", "/data/pipeline", "/data/backup", "/data/backup/pipeline"]
        );
        assert!(scan_list::<&str>(&[]).is_empty());
    }
}
