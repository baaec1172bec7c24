//! The parts of the page for people that follow from what methods take and give.

use std::fmt::Write;

use serde_json::Value;

use crate::method::{Entry, Kind, Param};

/// A part of the page: what the list of contents has of it, and the part itself.
#[derive(Clone, Default, Debug)]
pub struct Chapter {
    /// Items of a list, as HTML.
    pub contents: String,
    /// Sections, as HTML.
    pub html: String,
}

/// An item of the list of contents, which leads to `#id`.
pub fn contents_item(id: &str, title: &str, page: &mut String) {
    let _ = writeln!(page, "<li><a href=\"#{id}\">{title}</a></li>");
}

/// A method: `remark` and `who` are HTML, the first stands behind what it is about, the second says who may call it.
pub fn article(entry: &Entry<'_>, remark: &str, who: &str, page: &mut String) {
    let _ = write!(page, "<article>\n<h3 id=\"{0}\"><code>{0}</code></h3>\n<p>", entry.path);
    escape(entry.about, page);
    let _ = write!(page, "{remark}</p>\n<p class=\"who\">{who}</p>\n");
    table("Parameters", entry.params, page);
    table("Answer", entry.answer, page);
    if !entry.own_errors.is_empty() {
        page.push_str("<p class=\"errors\">Errors of its own: ");
        for (i, (code, description)) in entry.own_errors.iter().enumerate() {
            let _ = write!(page, "{}<b>{code}</b> {description}", if i > 0 { ", " } else { "" });
        }
        page.push_str("</p>\n");
    }
    page.push_str("</article>\n");
}

/// The objects that methods speak of, by name, as their schemas.
pub fn objects(schemas: &Value, page: &mut String) {
    for (name, schema) in schemas.as_object().into_iter().flatten() {
        let _ = write!(page, "<article>\n<h3 id=\"s-{name}\">{name}</h3>\n<pre>");
        escape(&serde_json::to_string_pretty(schema).unwrap_or_default(), page);
        page.push_str("</pre>\n</article>\n");
    }
}

fn table(caption: &str, members: &[Param], page: &mut String) {
    if members.is_empty() {
        return;
    }
    let _ = writeln!(page, "<table>\n<caption>{caption}</caption>");
    for member in members {
        let optional = if member.required { "" } else { "?" };
        let _ = write!(page, "<tr><th scope=\"row\"><code>{}{optional}</code></th><td>", member.name);
        kind(member.kind, page);
        page.push_str("</td><td>");
        escape(member.about, page);
        page.push_str("</td></tr>\n");
    }
    page.push_str("</table>\n");
}

fn kind(value: Kind, page: &mut String) {
    match value {
        Kind::Int => page.push_str("integer"),
        Kind::Number => page.push_str("number"),
        Kind::Text => page.push_str("text"),
        Kind::Bool => page.push_str("true or false"),
        Kind::DateTime => page.push_str("date and time"),
        Kind::Hash => page.push_str("hash"),
        Kind::OneOf(texts) => page.push_str(&texts.join(" | ")),
        Kind::List(each) => {
            page.push_str("list of ");
            kind(*each, page);
        }
        Kind::Map(each) => {
            page.push_str("by number: ");
            kind(*each, page);
        }
        Kind::Object(members) => {
            let name = |m: &Param| format!("{}{}", m.name, if m.required { "" } else { "?" });
            let names: Vec<String> = members.iter().map(name).collect();
            let _ = write!(page, "{{ {} }}", names.join(", "));
        }
        Kind::Named(name) => {
            let _ = write!(page, "<a href=\"#s-{name}\">{name}</a>");
        }
        Kind::OrNull(known) => {
            kind(*known, page);
            page.push_str(" or null");
        }
        Kind::Any => page.push_str("JSON"),
    }
}

/// Writes a text where HTML is expected.
pub fn escape(text: &str, page: &mut String) {
    for c in text.chars() {
        match c {
            '&' => page.push_str("&amp;"),
            '<' => page.push_str("&lt;"),
            '>' => page.push_str("&gt;"),
            '"' => page.push_str("&quot;"),
            other => page.push(other),
        }
    }
}
