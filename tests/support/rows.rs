//! RefFiles read by our own few lines, so that the program's reader is not
//! judged by itself.

/// One row: the path without percent codes, and the other columns as they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) path: String,
    pub(crate) frequency: String,
    pub(crate) size: String,
    pub(crate) node: String,
    pub(crate) beam: String,
}

/// The rows of a RefFile, in order.
#[track_caller]
pub(crate) fn rows(text: &str) -> Vec<Row> {
    text.lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| {
            let columns: Vec<&str> = line.split(' ').collect();
            let [path, frequency, size, node, beam] = columns[..] else {
                panic!("not five columns: {line}")
            };
            Row {
                path: decoded(path),
                frequency: frequency.into(),
                size: size.into(),
                node: node.into(),
                beam: beam.into(),
            }
        })
        .collect()
}

/// A path without its percent codes.
fn decoded(path: &str) -> String {
    let mut parts = path.split('%');
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        bytes.push(u8::from_str_radix(&part[..2], 16).unwrap());
        bytes.extend_from_slice(&part.as_bytes()[2..]);
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
