//! Comma lists: `a,b,c`. A comma inside an element is written `\,`, a blank
//! at the edge of one `\ `; any other backslash is itself.

/// The elements of a list, outer blanks left out.
pub(super) fn split(text: &str) -> Vec<String> {
    let mut elements = Vec::new();
    let mut element = Element::default();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match (c, chars.peek()) {
            ('\\', Some(&next @ (',' | ' '))) => {
                chars.next();
                element.keep(next);
            }
            (',', _) => elements.push(std::mem::take(&mut element).finish()),
            (' ', _) => element.blank(),
            (c, _) => element.keep(c),
        }
    }
    elements.push(element.finish());
    elements
}

/// Texts that [`split`] turns into these elements again, one text for each
/// time the option must be given (usually one).
pub(super) fn join(elements: &[String]) -> Vec<String> {
    let mut texts: Vec<String> = Vec::new();
    let mut open = false;
    for element in elements {
        let shown = escape(element);
        match texts.last_mut() {
            Some(last) if open => {
                last.push(',');
                last.push_str(&shown);
            }
            _ => texts.push(shown),
        }
        // A comma after a backslash would be taken for an inner one.
        open = !element.ends_with('\\');
    }
    texts
}

fn escape(element: &str) -> String {
    let mut shown = String::with_capacity(element.len());
    let first = element.len() - element.trim_start_matches(' ').len();
    let last = element.trim_end_matches(' ').len();
    for (at, c) in element.char_indices() {
        let special = match c {
            ',' => true,
            ' ' => at < first || at >= last || shown.ends_with('\\'),
            _ => false,
        };
        if special {
            shown.push('\\');
        }
        shown.push(c);
    }
    shown
}

/// An element being read: blanks count only between other characters.
#[derive(Default)]
struct Element {
    text: String,
    blanks: usize,
}

impl Element {
    fn keep(&mut self, c: char) {
        self.text.extend(std::iter::repeat_n(' ', self.blanks));
        self.blanks = 0;
        self.text.push(c);
    }

    fn blank(&mut self) {
        if !self.text.is_empty() {
            self.blanks += 1;
        }
    }

    fn finish(self) -> String {
        self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_are_split_at_commas() {
        let table: &[(&str, &[&str])] = &[
            ("a,b", &["a", "b"]),
            (" a , b c ", &["a", "b c"]),
            ("a\\,b", &["a,b"]),
            ("a\\\\,b", &["a\\,b"]),
            ("a,,b", &["a", "", "b"]),
            ("re:^x\\d+$", &["re:^x\\d+$"]),
            ("", &[""]),
        ];
        for (text, elements) in table {
            assert_eq!(split(text), *elements, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_elements_come_back(
            elements in proptest::collection::vec("[ab, \\\\é]{1,6}", 1..6)
        ) {
            let back: Vec<_> = join(&elements).iter().flat_map(|t| split(t)).collect();
            proptest::prop_assert_eq!(back, elements);
        }
    }
}
