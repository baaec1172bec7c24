//! The table for people: a commented file, and a page of the documentation.

use std::fmt::Write;

use super::devices::Spoken;
use super::table::{ROWS, Row, SECTIONS, Section};

/// A file with every setting, commented out, at its default.
pub(crate) fn commented_file() -> String {
    let mut text = String::from(
        "# Odograph's settings with their defaults. A line counts once its first # is removed.\n\
         # Flags go before ODOGRAPH_SECTION_KEY variables, those before this file.\n",
    );
    for section in SECTIONS {
        put(&mut text, format_args!("\n{}[{}]\n", comment(section.about), section.name));
        for spoken in spoken(section) {
            put(&mut text, format_args!("#{} = \"{}\"\n", spoken.name(), spoken.default_listen()));
        }
        for row in rows(section) {
            put(&mut text, format_args!("\n{}# Allowed: {}.\n", comment(row.about), row.kind));
            put(&mut text, format_args!("#{} = {}\n", row.name, shown_default(row)));
        }
    }
    text
}

/// `docs/configuration.md`, which a test keeps up to date.
#[cfg(test)]
pub(crate) fn documentation() -> String {
    let mut text = String::from(include_str!("introduction.md"));
    for section in SECTIONS {
        put(&mut text, format_args!("\n## `[{}]`\n\n{}\n\n", section.name, section.about.trim()));
        text.push_str("| key | default | allowed | what it is for |\n| --- | --- | --- | --- |\n");
        for spoken in spoken(section) {
            let (name, default, about) = (spoken.name(), spoken.default_listen(), spoken.about());
            put(&mut text, format_args!("| `{name}` | `\"{default}\"` | {} | {about} |\n", super::ALLOWED_ADDRESSES));
        }
        for row in rows(section) {
            let default = shown_default(row);
            put(&mut text, format_args!("| `{}` | `{default}` | {} | {} |\n", row.name, row.kind, row.about.trim()));
        }
    }
    text
}

fn rows(section: &Section) -> impl Iterator<Item = &'static Row> {
    let name = section.name;
    ROWS.iter().filter(move |row| row.section == name)
}

/// What ports can be for, in the one section where each of that is a key.
fn spoken(section: &Section) -> impl Iterator<Item = Spoken> {
    Spoken::all().filter(|_| section.name == "devices")
}

fn shown_default(row: &Row) -> String {
    row.default_value().map_or_else(String::new, |value| value.to_string())
}

/// The text as comment lines of no more than about 100 characters.
fn comment(text: &str) -> String {
    let mut lines = String::new();
    let mut line = String::from("#");
    for word in text.split_whitespace() {
        if line.len() + word.len() > 100 {
            lines.push_str(&line);
            lines.push('\n');
            line = String::from("#");
        }
        line.push(' ');
        line.push_str(word);
    }
    lines + &line + "\n"
}

fn put(text: &mut String, arguments: std::fmt::Arguments<'_>) {
    // Writing to a string cannot fail.
    let _ = text.write_fmt(arguments);
}
