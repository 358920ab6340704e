//! What listing tools print of a folder on a remote store.

use ledama_base::units;

use super::{Listed, Product, lines, number, path_problem, show};

/// Reads what `srmls` prints: lines of a size in bytes and a path. The line of the
/// folder itself is left out; what is no such line is a message of the tool.
pub fn srm(text: &[u8], folder: Option<&str>) -> Listed<Product> {
    let folder = folder.map(|folder| folder.trim_end_matches('/'));
    let mut list = Listed::default();
    for (line, content) in lines(text) {
        let cut = content.iter().position(u8::is_ascii_whitespace).unwrap_or(content.len());
        let (size, path) = content.split_at(cut);
        let path = path.trim_ascii_start();
        let (Some(bytes), true) = (number(size), path.starts_with(b"/")) else {
            list.ignore(line, content);
            continue;
        };
        let plain = path.strip_suffix(b"/").unwrap_or(path);
        if folder.is_some_and(|folder| show(plain) == folder) || path.ends_with(b"/") {
            continue;
        }
        match path_problem(path) {
            Some(problem) => list.fault(line, problem),
            None => list.rows.push(Product {
                line,
                path: show(path),
                size_mb: Some(units::mib(bytes)),
                checksum: None,
            }),
        }
    }
    list
}

/// Reads what `ls FOLDER` of `uberftp` prints: long lines of mode, links, owner,
/// group, size, month, day, time and name; names may have blanks. What is no such
/// line is a message of the tool. The size of a folder is not told by its line.
pub fn uberftp(text: &[u8], folder: &str) -> Listed<Product> {
    let folder = folder.trim_end_matches('/');
    let mut list = Listed::default();
    for (line, content) in lines(text) {
        let Some((kind, size, name)) = long_line(content) else {
            list.ignore(line, content);
            continue;
        };
        let base = name.rsplit(|b| *b == b'/').next().unwrap_or(name);
        if base == b"." || base == b".." {
            continue;
        }
        let problem = match kind {
            b'-' | b'd' => path_problem(base),
            _ => Some("neither file nor folder"),
        };
        match problem {
            Some(problem) => list.fault(line, problem),
            None => list.rows.push(Product {
                line,
                path: format!("{folder}/{}", show(base)),
                size_mb: (kind == b'-').then(|| units::mib(size)),
                checksum: None,
            }),
        }
    }
    list
}

/// Kind, size and name of a line of a long listing.
fn long_line(line: &[u8]) -> Option<(u8, u64, &[u8])> {
    let mut rest = line;
    let mut fields: Vec<&[u8]> = Vec::with_capacity(8);
    for _ in 0..8 {
        rest = rest.trim_ascii_start();
        let cut = rest.iter().position(u8::is_ascii_whitespace)?;
        fields.push(&rest[..cut]);
        rest = &rest[cut..];
    }
    let mode = fields[0];
    let is_mode = mode.len() >= 10
        && mode[1..10].iter().all(|b| b"rwxsStT-".contains(b))
        && b"-dlbcps".contains(&mode[0]);
    let name = rest.trim_ascii_start();
    (is_mode && !name.is_empty()).then_some(())?;
    Some((mode[0], number(fields[4])?, name))
}
