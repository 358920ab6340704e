//! A description that is written for a person to edit.

use std::fmt::Write as _;

use super::{Properties, Step, native};

/// A step as it is written.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Entry {
    /// The step.
    pub step: Step,
    /// Written as a comment.
    #[serde(default)]
    pub off: bool,
    /// Remarks above it.
    #[serde(default)]
    pub notes: Vec<String>,
}

/// The text of a description: remarks, the product, its steps.
pub fn write(notes: &[String], product: &Properties, steps: &[Entry]) -> String {
    let mut text = String::new();
    for note in notes {
        comment(&mut text, note);
    }
    line(&mut text, false, "version", &native::VERSION.to_string());
    text.push_str(
        "\n# A line that is taken away or a comment changes nothing in the database.\n[product]\n",
    );
    for (key, value) in
        [("general_description", &product.general_description), ("main_user", &product.main_user)]
    {
        line(&mut text, value.is_none(), key, &quoted(value.as_deref().unwrap_or_default()));
    }
    for (key, value) in product.flags() {
        line(&mut text, value.is_none(), key, &value.unwrap_or_default().to_string());
    }
    text.push_str(
        "\n# Steps that are no comments replace the steps of the product in the database.\n\
         # List those only in which it differs from the version before it.\n",
    );
    for entry in steps {
        step(&mut text, entry);
    }
    if steps.is_empty() {
        for (order, name) in (0..).zip(["NDPPP", "BBS"]) {
            let step = Step { order, app_name: name.to_string(), ..Step::default() };
            self::step(&mut text, &Entry { step, off: true, notes: Vec::new() });
        }
    }
    text
}

fn step(text: &mut String, entry: &Entry) {
    text.push('\n');
    for note in &entry.notes {
        comment(text, note);
    }
    let step = &entry.step;
    text.push_str(if entry.off { "#[[step]]\n" } else { "[[step]]\n" });
    line(text, entry.off, "order", &step.order.to_string());
    line(text, entry.off, "app_name", &quoted(&step.app_name));
    line(text, entry.off, "description", &quoted(step.description.as_deref().unwrap_or_default()));
    let files: Vec<_> = step.files.iter().map(|file| quoted(file)).collect();
    line(text, entry.off, "files", &format!("[{}]", files.join(", ")));
}

fn line(text: &mut String, off: bool, key: &str, value: &str) {
    // Writing to a text cannot fail.
    let _ = writeln!(text, "{}{key} = {value}", if off { "#" } else { "" });
}

/// Each line of a remark; what cannot stand in a comment is left out.
fn comment(text: &mut String, note: &str) {
    for part in note.lines() {
        let part: String = part.chars().filter(|c| *c == '\t' || !c.is_control()).collect();
        let _ = writeln!(text, "# {}", part.trim_end());
    }
}

/// A text between quotes, on one line.
fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for letter in text.chars() {
        match letter {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            other if other.is_control() => {
                let _ = write!(out, "\\u{:04X}", u32::from(other));
            }
            other => out.push(other),
        }
    }
    out.push('"');
    out
}
