//! Cluster descriptions of the LOFAR programs: which disks a node has.
//!
//! Three forms are known: lists of nodes that are alike (`Compute.Nodes`,
//! `Compute.LocalDisks`), one block for each node (`Node0.NodeName`,
//! `Node0.NodeMountPoints`), and names of other descriptions (`SubClusters`).

use std::path::Path;

use ledama_base::rawtext;
use serde::{Deserialize, Serialize};

use super::GdsError;
use super::keys::Keys;

/// A disk of a node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Disk {
    /// What it is called, such as `node011:/data1`.
    pub name: String,
    /// Where it is mounted, in text form.
    pub mount: String,
}

/// The nodes of a cluster and their disks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClusterDescription {
    nodes: Vec<(String, Vec<Disk>)>,
}

/// Descriptions that name each other are read so deep.
const MAX_DEPTH: usize = 8;

impl ClusterDescription {
    /// Reads the file of that name.
    ///
    /// # Errors
    /// [`GdsError`].
    pub fn read(path: &Path) -> Result<Self, GdsError> {
        let mut found = Self::default();
        found.add(path, MAX_DEPTH)?;
        Ok(found)
    }

    /// The disks of a node; those of `localhost` where it has none of its own.
    pub fn disks(&self, node: &str) -> Option<&[Disk]> {
        let of = |name| self.nodes.iter().find(|(known, _)| known == name);
        of(node).or_else(|| of("localhost")).map(|(_, disks)| disks.as_slice())
    }

    fn add(&mut self, path: &Path, depth: usize) -> Result<(), GdsError> {
        let name = rawtext::path_text(path);
        let content = std::fs::read_to_string(path)
            .map_err(|source| GdsError::Read { path: name.clone(), source })?;
        let keys = Keys::parse(&content, &name)?;
        if keys.has("Node0.NodeName") {
            return self.add_each(&keys);
        }
        let inner = keys.list::<String>("SubClusters", "list")?;
        if !inner.is_empty() {
            if depth == 0 {
                return Err(keys.content("descriptions name each other in a ring".to_string()));
            }
            let folder = path.parent().unwrap_or(Path::new("."));
            return inner.iter().try_for_each(|file| self.add(&folder.join(file), depth - 1));
        }
        for kind in ["Compute.", "Storage.", "Head.", ""] {
            self.add_alike(&keys, kind)?;
        }
        if self.nodes.is_empty() {
            return Err(keys.content("it names no nodes".to_string()));
        }
        Ok(())
    }

    /// One block for each node.
    fn add_each(&mut self, keys: &Keys<'_>) -> Result<(), GdsError> {
        for k in 0..keys.len() {
            let prefix = format!("Node{k}.");
            let Some(node) = keys.text(&format!("{prefix}NodeName")) else { break };
            let mounts = keys.list::<String>(&format!("{prefix}NodeMountPoints"), "list")?;
            let names = keys.list::<String>(&format!("{prefix}NodeFileSys"), "list")?;
            let names = if names.is_empty() { mounts.clone() } else { names };
            self.push(node, paired(keys, names, mounts, &prefix)?);
        }
        Ok(())
    }

    /// Nodes that are alike, unless a key says otherwise for one.
    fn add_alike(&mut self, keys: &Keys<'_>, kind: &str) -> Result<(), GdsError> {
        let list = |key: String| keys.list::<String>(&key, "list");
        for node in list(format!("{kind}Nodes"))? {
            let of = |key: &str| {
                let own = format!("{kind}{key}.{node}");
                if keys.has(&own) { list(own) } else { list(format!("{kind}{key}")) }
            };
            let remote = of("RemoteDisks")?;
            let names = of("RemoteFileSys")?;
            let names = if names.is_empty() { remote.clone() } else { names };
            let mut disks = paired(keys, names, remote, kind)?;
            let local = of("LocalDisks")?.into_iter();
            disks.extend(local.map(|mount| Disk { name: format!("{node}:{mount}"), mount }));
            self.push(node, disks);
        }
        Ok(())
    }

    fn push(&mut self, node: String, disks: Vec<Disk>) {
        if self.nodes.iter().all(|(known, _)| *known != node) {
            self.nodes.push((node, disks));
        }
    }
}

fn paired(
    keys: &Keys<'_>,
    names: Vec<String>,
    mounts: Vec<String>,
    prefix: &str,
) -> Result<Vec<Disk>, GdsError> {
    if names.len() != mounts.len() {
        let reason = format!(
            "`{prefix}` has {} names of disks for {} places they are mounted at",
            names.len(),
            mounts.len()
        );
        return Err(keys.content(reason));
    }
    Ok(names.into_iter().zip(mounts).map(|(name, mount)| Disk { name, mount }).collect())
}

/// The disk with this path: the one mounted deepest above it.
pub fn disk_of<'a>(disks: &'a [Disk], path: &str) -> Option<&'a Disk> {
    let path = Path::new(path);
    let above = disks.iter().filter(|disk| path.starts_with(&disk.mount));
    above.max_by_key(|disk| Path::new(&disk.mount).components().count())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn read(text: &str) -> Result<ClusterDescription, GdsError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("c.clusterdesc");
        std::fs::write(&path, text).unwrap();
        std::fs::write(
            folder.path().join("inner"),
            "Node0.NodeName=a\nNode0.NodeMountPoints=[/x]\n",
        )
        .unwrap();
        ClusterDescription::read(&path)
    }

    fn names(disks: Option<&[Disk]>) -> Vec<&str> {
        disks.unwrap().iter().map(|disk| disk.name.as_str()).collect()
    }

    #[test]
    fn all_forms_are_read() {
        let alike = "ClusterName=t\nCompute.Nodes=[node011,node012]\nCompute.LocalDisks=[/data1,/data2]\n\
                     Compute.LocalDisks.node012=[/data9]\nHead.Nodes=[head]\nHead.RemoteDisks=[/home]\n\
                     Head.RemoteFileSys=[server:/home]\n";
        let found = read(alike).unwrap();
        assert_eq!(names(found.disks("node011")), ["node011:/data1", "node011:/data2"]);
        assert_eq!(names(found.disks("node012")), ["node012:/data9"]);
        assert_eq!(names(found.disks("head")), ["server:/home"]);
        assert!(found.disks("node013").is_none());

        let each = "Node0.NodeName = localhost\nNode0.NodeFileSys = [localhost:/tmp]\n\
                    Node0.NodeMountPoints = [/tmp]\nNode1.NodeName = b\nNode1.NodeMountPoints = [/y]\n";
        let found = read(each).unwrap();
        assert_eq!(names(found.disks("b")), ["/y"]);
        assert_eq!(names(found.disks("other")), ["localhost:/tmp"]);

        assert_eq!(names(read("SubClusters = [inner]\n").unwrap().disks("a")), ["/x"]);
    }

    #[test]
    fn nonsense_is_refused() {
        let told = |text| read(text).unwrap_err().to_string();
        assert!(told("ClusterName = x\n").ends_with("it names no nodes"));
        assert!(told("SubClusters = [c.clusterdesc]\n").ends_with("in a ring"));
        let odd = "Node0.NodeName=a\nNode0.NodeMountPoints=[/x]\nNode0.NodeFileSys=[a:/x,a:/y]\n";
        assert!(told(odd).contains("2 names of disks for 1 places"));
    }

    #[test]
    fn the_deepest_disk_holds_a_path() {
        let disk = |mount: &str| Disk { name: format!("n:{mount}"), mount: mount.to_string() };
        let disks = ["/", "/data1", "/data1/users", "/data10"].map(disk);
        let of = |path| disk_of(&disks, path).map(|disk| disk.mount.as_str());
        assert_eq!(of("/data1/users/x.MS"), Some("/data1/users"));
        assert_eq!(of("/data11/x.MS"), Some("/"));
        assert_eq!(disk_of(&disks[1..], "/data11/x.MS"), None);
    }
}
