//! The page for people: the same rows as the documents, in reading order.

use std::fmt::Write;

use fleet::Right;
use serde_json::Value;

use super::{asyncapi, openapi};
use crate::http::method::{Door, Kind, Method, Param};
use crate::http::route;

const HEAD: &str = r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Odograph: API</title>
<link rel="stylesheet" href="/docs/style.css">
</head>
<body>
<header>
<h1>Odograph: API</h1>
<p>What programs written for Navixy's API and WebSocket find here. For machines:
<a href="/docs/openapi.json">OpenAPI 3.1</a> of the HTTP side, <a href="/docs/asyncapi.json">AsyncAPI 3</a> of the
socket.</p>
</header>
<main>
<section>
<h2 id="calls">Calls</h2>
<p>Each method is served below <code>/v2</code>, <code>/api-v2</code> and at the root, with or without a slash at its
end, and takes <code>GET</code> and <code>POST</code>. Parameters stand in a JSON object, in form fields or in the query;
arrays and objects in fields are JSON text. A parameter in the body goes before one of the same name in the query, and
unknown ones are passed over.</p>
<p>The hash of a session or an API key stands in the header <code>Authorization: NVX &lt;hash&gt;</code>, or in the
parameter <code>hash</code>.</p>
<p>An answer is JSON. <code>success</code> says whether it was done; if not, <code>status.code</code> says why, and for
code 7 <code>errors</code> names the parameters. The HTTP status is 200 only for success.</p>
<p>Dates are in the user's time zone, as <code>2026-03-14 09:26:53</code>; with the parameter
<code>iso_datetime=true</code> or the header <code>NVX-ISO-DateTime: true</code> as
<code>2026-03-14T09:26:53+03:00</code>. Both forms are understood. The panel's dates are UTC.</p>
</section>
"#;

/// The whole page.
pub(super) fn page() -> String {
    let mut page = String::from(HEAD);
    contents(&mut page);
    let mut resource = "";
    for method in sorted() {
        if resource_of(method) != resource {
            if !resource.is_empty() {
                page.push_str("</section>\n");
            }
            resource = resource_of(method);
            let _ = write!(page, "<section>\n<h2 id=\"r-{resource}\">{resource}</h2>\n");
        }
        article(method, &mut page);
    }
    page.push_str("</section>\n");
    socket(&mut page);
    page.push_str("</main>\n</body>\n</html>\n");
    page
}

fn sorted() -> Vec<&'static Method> {
    let mut methods: Vec<_> = route::all().collect();
    methods.sort_by_key(|method| (resource_of(method), method.path));
    methods
}

fn resource_of(method: &Method) -> &'static str {
    method.path.rsplit_once('/').map_or("", |(resource, _)| resource)
}

fn contents(page: &mut String) {
    page.push_str("<nav aria-label=\"Contents\"><ul>\n<li><a href=\"#calls\">Calls</a></li>\n");
    page.push_str("<li><a href=\"#socket\">WebSocket</a></li>\n");
    let mut resources: Vec<_> = route::all().map(resource_of).collect();
    resources.sort_unstable();
    resources.dedup();
    for resource in resources {
        let _ = writeln!(page, "<li><a href=\"#r-{resource}\">{resource}</a></li>");
    }
    page.push_str("</ul></nav>\n");
}

fn article(method: &Method, page: &mut String) {
    let _ = write!(page, "<article>\n<h3 id=\"{0}\"><code>{0}</code></h3>\n<p>", method.path);
    escape(method.about, page);
    if !method.offered {
        page.push_str(" <strong>Not offered:</strong> always an empty list, so that clients start.");
    }
    page.push_str("</p>\n<p class=\"who\">");
    page.push_str(match method.door {
        Door::Open(_) => "Needs no hash.",
        Door::User(_) => "For users, by session or API key.",
        Door::Standard(_) => "For users, by session only.",
        Door::Token(_) => "With the hash of a mail that lets a password be set.",
        Door::Panel(_) => "For administrators.",
    });
    rights(method, page);
    page.push_str("</p>\n");
    table("Parameters", method.params, page);
    table("Answer", method.answer, page);
    if !method.errors.is_empty() {
        page.push_str("<p class=\"errors\">Errors of its own: ");
        for (i, error) in method.errors.iter().enumerate() {
            let _ = write!(page, "{}<b>{}</b> {}", if i > 0 { ", " } else { "" }, error.code(), error.description());
        }
        page.push_str("</p>\n");
    }
    page.push_str("</article>\n");
}

fn rights(method: &Method, page: &mut String) {
    if method.right == Some(Right::Admin) {
        return page.push_str(" Not for sub-users.");
    }
    let names: Vec<String> = method.rights().map(|right| format!("<code>{}</code>", right.name())).collect();
    if !names.is_empty() {
        let _ = write!(page, " A sub-user needs the right {}.", names.join(" or "));
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

/// The socket's messages with their examples, and the objects that both sides speak of.
fn socket(page: &mut String) {
    let document = asyncapi();
    page.push_str(
        "<section>\n<h2 id=\"socket\">WebSocket</h2>\n<p>At <code>/event/subscription</code> below each base. ",
    );
    escape(document["info"]["description"].as_str().unwrap_or_default(), page);
    page.push_str("</p>\n");
    for (name, message) in document["components"]["messages"].as_object().into_iter().flatten() {
        let _ = write!(page, "<article>\n<h3 id=\"m-{name}\"><code>{name}</code></h3>\n<p>");
        escape(message["summary"].as_str().unwrap_or_default(), page);
        page.push_str("</p>\n");
        for example in message["examples"].as_array().into_iter().flatten() {
            example_of(example, page);
        }
        page.push_str("</article>\n");
    }
    page.push_str("</section>\n<section>\n<h2 id=\"objects\">Objects</h2>\n");
    for (name, schema) in openapi()["components"]["schemas"].as_object().into_iter().flatten() {
        let _ = write!(page, "<article>\n<h3 id=\"s-{name}\">{name}</h3>\n<pre>");
        escape(&serde_json::to_string_pretty(schema).unwrap_or_default(), page);
        page.push_str("</pre>\n</article>\n");
    }
    page.push_str("</section>\n");
}

fn example_of(example: &Value, page: &mut String) {
    page.push_str("<figure>");
    if let Some(name) = example["name"].as_str() {
        page.push_str("<figcaption>");
        escape(name, page);
        page.push_str("</figcaption>");
    }
    page.push_str("<pre>");
    escape(&serde_json::to_string_pretty(&example["payload"]).unwrap_or_default(), page);
    page.push_str("</pre></figure>\n");
}

fn escape(text: &str, page: &mut String) {
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
