//! The page for people: the same rows as the documents, in reading order.

use std::fmt::Write;

use calls::page::{Chapter, contents_item, escape, objects};
use fleet::Right;
use serde_json::Value;

use super::openapi::entry;
use super::{asyncapi, openapi};
use crate::http::method::{Door, Method};
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

/// The whole page, with what other rooms have to say.
pub(super) fn page(more: &[Chapter]) -> String {
    let mut page = String::from(HEAD);
    contents(more, &mut page);
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
    more.iter().for_each(|chapter| page.push_str(&chapter.html));
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

fn contents(more: &[Chapter], page: &mut String) {
    page.push_str("<nav aria-label=\"Contents\"><ul>\n");
    contents_item("calls", "Calls", page);
    contents_item("socket", "WebSocket", page);
    let mut resources: Vec<_> = route::all().map(resource_of).collect();
    resources.sort_unstable();
    resources.dedup();
    for resource in resources {
        contents_item(&format!("r-{resource}"), resource, page);
    }
    more.iter().for_each(|chapter| page.push_str(&chapter.contents));
    page.push_str("</ul></nav>\n");
}

fn article(method: &Method, page: &mut String) {
    let remark = match method.offered {
        true => "",
        false => " <strong>Not offered:</strong> always an empty list, so that clients start.",
    };
    let who = match method.door {
        Door::Open(_) => "Needs no hash.",
        Door::User(_) => "For users, by session or API key.",
        Door::Standard(_) => "For users, by session only.",
        Door::Token(_) => "With the hash of a mail that lets a password be set.",
        Door::Panel(_) => "For administrators.",
    };
    calls::page::article(&entry(method), remark, &format!("{who}{}", rights(method)), page);
}

fn rights(method: &Method) -> String {
    if method.right == Some(Right::Admin) {
        return " Not for sub-users.".to_owned();
    }
    let names: Vec<String> = method.rights().map(|right| format!("<code>{}</code>", right.name())).collect();
    match names.is_empty() {
        true => String::new(),
        false => format!(" A sub-user needs the right {}.", names.join(" or ")),
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
    objects(&openapi()["components"]["schemas"], page);
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
