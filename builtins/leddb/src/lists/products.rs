//! Lists of addresses with sizes in bytes: the export of a catalogue, and the log
//! of a transfer.

use ledama_base::units;

use super::{Listed, Product, fields, lines, number, path_problem, show};

/// Reads an export of products: lines of product id, address, size in bytes and
/// MD5, between tabs; lines that begin with `#` are comments. The lists of the
/// archive's web service, with `|` between the fields, are read as well.
///
/// The path is what an address has after `prefix`.
pub fn cat(text: &[u8], prefix: &str) -> Listed<Product> {
    let mut list = Listed::default();
    for (line, content) in ledama_archive::list::lines(text) {
        if content.trim_ascii().is_empty() || content.starts_with(b"#") {
            continue;
        }
        let separator = if content.contains(&b'\t') { b'\t' } else { b'|' };
        let fields: Vec<&[u8]> =
            content.split(|b| *b == separator).map(<[u8]>::trim_ascii).collect();
        let &[_, address, size, md5] = fields.as_slice() else {
            list.fault(
                line,
                format!("{} fields, not the 4 of id, address, size and MD5", fields.len()),
            );
            continue;
        };
        let product = row(line, address, size, prefix)
            .and_then(|product| Ok(Product { checksum: checksum(md5)?, ..product }));
        match product {
            Ok(product) => list.rows.push(product),
            Err(problem) => list.fault(line, problem),
        }
    }
    list
}

/// Reads the log of a transfer: lines of six fields, the third the address, the
/// fourth the size in bytes. Other lines are no rows. The path is what an address
/// has after `prefix`.
pub fn tx_log(text: &[u8], prefix: &str) -> Listed<Product> {
    let mut list = Listed::default();
    for (line, content) in lines(text) {
        let &[_, _, address, size, _, _] = fields(content).as_slice() else {
            list.ignore(line, content);
            continue;
        };
        match row(line, address, size, prefix) {
            Ok(product) => list.rows.push(product),
            Err(problem) => list.fault(line, problem),
        }
    }
    list
}

fn row(line: usize, address: &[u8], size: &[u8], prefix: &str) -> Result<Product, String> {
    let path = address
        .strip_prefix(prefix.as_bytes())
        .ok_or_else(|| format!("the address {} does not begin with {prefix}", show(address)))?;
    // `srm://host:8443` is no beginning of `srm://host:84433/…`.
    if !prefix.is_empty() && !prefix.ends_with(['/', '=']) && !path.starts_with(b"/") {
        return Err(format!("after {prefix} the address {} has no path", show(address)));
    }
    if let Some(problem) = path_problem(path) {
        return Err(problem.to_string());
    }
    let bytes =
        number(size).ok_or_else(|| format!("the size `{}` is no whole number", show(size)))?;
    Ok(Product { line, path: show(path), size_mb: Some(units::mib(bytes)), checksum: None })
}

fn checksum(field: &[u8]) -> Result<Option<String>, String> {
    match field {
        b"" | b"-" | b"None" | b"null" => Ok(None),
        md5 if md5.len() == 32 && md5.iter().all(u8::is_ascii_hexdigit) => {
            Ok(Some(show(md5).to_ascii_lowercase()))
        }
        other => Err(format!("`{}` is no MD5", show(other))),
    }
}
