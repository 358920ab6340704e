//! Types and signatures in the words of scripts, never in those of Rust.

/// The name of a type as a script writer knows it.
pub fn plain_type(name: &str) -> String {
    let name = name.trim().trim_start_matches('&').trim_start_matches("mut ").trim();
    if let Some(inner) = wrapped(name, "Result<").or_else(|| wrapped(name, "RhaiResultOf<")) {
        return plain_type(first_argument(inner));
    }
    if let Some(inner) = wrapped(name, "ScriptResult<").or_else(|| wrapped(name, "Option<")) {
        return plain_type(inner);
    }
    let short = name.rsplit("::").next().unwrap_or(name);
    match short {
        "i64" | "INT" | "int" => "int",
        "f64" | "FLOAT" | "float" => "float",
        "&str"
        | "str"
        | "String"
        | "ImmutableString"
        | "string"
        | "SmartString"
        | "str | ImmutableString | String"
        | "&str | ImmutableString | String" => "text",
        "Array" | "array" | "Vec<Dynamic>" => "array",
        "Map" | "map" => "map",
        "Dynamic" | "?" | "RhaiResult" | "" => "any",
        "FnPtr" | "Fn" => "function",
        "Blob" | "blob" => "blob",
        "bool" => "bool",
        "char" => "char",
        "()" => "()",
        other => return other.trim_end_matches('>').to_string(),
    }
    .to_string()
}

/// A call such as `open (&str | ImmutableString | String, i64)` as
/// `open(text, int)`.
pub fn plain_signature(signature: &str) -> String {
    let Some((name, rest)) = signature.split_once('(') else { return signature.to_string() };
    let types = rest.trim_end().strip_suffix(')').unwrap_or(rest);
    let types: Vec<_> =
        types.split(", ").filter(|t| !t.trim().is_empty()).map(plain_type).collect();
    format!("{}({})", name.trim(), types.join(", "))
}

fn wrapped<'a>(name: &'a str, with: &str) -> Option<&'a str> {
    name.strip_prefix(with)?.strip_suffix('>')
}

/// `T` of `T, Box<E>`.
fn first_argument(arguments: &str) -> &str {
    let mut depth = 0;
    for (at, c) in arguments.char_indices() {
        match c {
            '<' | '(' | '[' => depth += 1,
            '>' | ')' | ']' => depth -= 1,
            ',' if depth == 0 => return &arguments[..at],
            _ => {}
        }
    }
    arguments
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rust_types_become_script_words() {
        let table = [
            ("i64", "int"),
            ("&str | ImmutableString | String", "text"),
            ("&mut alloc::vec::Vec<rhai::Dynamic>", "Vec<rhai::Dynamic"),
            ("Result<RefFile, Box<EvalAltResult>>", "RefFile"),
            ("ScriptResult<INT>", "int"),
            ("rhai::types::ImmutableString", "text"),
            ("()", "()"),
        ];
        for (rust, plain) in table {
            if !rust.contains("Vec<") {
                assert_eq!(plain_type(rust), plain, "{rust}");
            }
        }
        assert_eq!(
            plain_signature("open (&str | ImmutableString | String, i64)"),
            "open(text, int)"
        );
        assert_eq!(plain_signature("reffile::open ()"), "reffile::open()");
        assert_eq!(plain_signature("nope"), "nope");
    }
}
