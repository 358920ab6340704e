//! The list of the files of an archive: size in MiB, and path below its root.

use super::{Listed, Product, lines, show};

/// The name that an archive gives its own lists; one of them may be in the list.
const OWN_NAME: &[u8] = b"filelist.txt";

/// Reads a list whose lines are a size in MiB, blanks, and a path below the root
/// of the archive, which may have blanks itself.
pub fn fdt(text: &[u8]) -> Listed<Product> {
    let mut list = Listed::default();
    for (line, content) in lines(text) {
        match ledama_archive::list::file_line(content) {
            Ok(None) => {}
            Ok(Some((_, path))) if path.rsplit(|b| *b == b'/').next() == Some(OWN_NAME) => {
                list.ignore(line, content);
            }
            Ok(Some((size_mb, path))) => list.rows.push(Product {
                line,
                path: show(path),
                size_mb: Some(size_mb),
                checksum: None,
            }),
            Err(problem) => list.fault(line, problem),
        }
    }
    list
}
