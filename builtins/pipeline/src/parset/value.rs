//! Values: where they end, what they mean, and how they are written.

/// Where the value ends and its comment begins; none when a quote is not closed.
pub(super) fn end(text: &str) -> Option<usize> {
    let mut open: Option<char> = None;
    for (at, c) in text.char_indices() {
        match (open, c) {
            (None, '#') => return Some(at),
            (None, '\'' | '"') => open = Some(c),
            (Some(quote), c) if quote == c => open = None,
            _ => {}
        }
    }
    open.is_none().then_some(text.len())
}

/// A value without the quotes around it.
pub fn unquote(value: &str) -> String {
    let value = value.trim();
    for quote in ['\'', '"'] {
        let inner = value.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote));
        if let Some(inner) = inner.filter(|inner| !inner.contains(quote)) {
            return inner.to_string();
        }
    }
    value.to_string()
}

/// A text as a value: in quotes where it would mean something else without
/// them. Lists, numbers and plain words stay as they are. A text with both
/// quotes cannot be written and stays as it is.
pub fn quote(text: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "._-/+*=:,%~[](){}<>@".contains(c);
    if text.chars().all(plain) || (text.starts_with('[') && text.ends_with(']')) {
        return text.to_string();
    }
    let whole = |quote: char| {
        text.len() > 1
            && text.starts_with(quote)
            && text.ends_with(quote)
            && !text[1..text.len() - 1].contains(quote)
    };
    if whole('\'') || whole('"') {
        return text.to_string();
    }
    match (text.contains('\''), text.contains('"')) {
        (false, _) => format!("'{text}'"),
        (true, false) => format!("\"{text}\""),
        (true, true) => text.to_string(),
    }
}

/// The elements of a list such as `[a, 'b']`; a value alone is a list of it,
/// and an empty one has none. Lists inside stay texts.
pub fn list(value: &str) -> Vec<String> {
    let value = value.replace("\\\n", "");
    let value = value.trim();
    let inner = value.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let mut items = Vec::new();
    let (mut depth, mut open, mut item) = (0, None, String::new());
    for c in inner.unwrap_or(value).chars() {
        match (open, c) {
            (None, '\'' | '"') => open = Some(c),
            (Some(quote), c) if quote == c => open = None,
            (None, '[' | '(') => depth += 1,
            (None, ']' | ')') => depth -= 1,
            (None, ',') if depth == 0 => {
                items.push(std::mem::take(&mut item));
                continue;
            }
            _ => {}
        }
        item.push(c);
    }
    items.push(item);
    items.iter().map(|item| unquote(item)).filter(|item| !item.is_empty()).collect()
}
