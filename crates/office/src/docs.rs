//! The documents of the office's calls, made of the rows that calls go by.

use std::fmt::Write;
use std::sync::LazyLock;

use bytes::Bytes;
use calls::Entry;
use calls::document::{JSON, document};
use calls::openapi::{hash_scheme, path_item};
use calls::page::{Chapter, article, contents_item, objects};
use http::StatusCode;
use serde_json::{Map, Value, json};
use web::{Answer, Call, CallFuture, Handler};

use crate::errors::Condition;
use crate::method::{self, Door, Method};

/// Where the documents are served.
pub const DOCUMENTS: &[&str] = &["/docs/office.json"];

/// Objects that answers speak of. Embedded, and read by a test.
static SCHEMAS: LazyLock<Map<String, Value>> =
    LazyLock::new(|| serde_json::from_str(include_str!("schemas.json")).unwrap_or_default());

/// What any method may answer.
const GENERAL: &[Condition] = &[
    Condition::WrongHash,
    Condition::SessionEnded,
    Condition::WrongFormat,
    Condition::InvalidParameters,
    Condition::TooLarge,
    Condition::TooManyRequests,
    Condition::Database,
    Condition::Unexpected,
];

const HEAD: &str = r#"<section>
<h2 id="office">Office</h2>
<p>Odograph's own calls, for what drivers and devices need; for machines: <a href="/docs/office.json">OpenAPI 3.1</a>. They stand at
the root only, take parameters as the panel's do, and give times in UTC. An administrator's hash opens the things of every
user of the account, a user's hash or API key its own. They are not for sub-users.</p>
</section>
"#;

/// The OpenAPI 3.1 document of all methods.
pub fn openapi() -> Value {
    let path = |method: &Method| {
        (format!("/{}", method.path), path_item(&entry(method), |operation| finish(method, operation)))
    };
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Odograph: the office's API",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Every method takes GET and POST; parameters as a JSON object, as form fields or in the \
                            query, where arrays and objects are JSON. The hash stands in the header \
                            `Authorization: NVX <hash>` or in the parameter `hash`. Times are UTC.",
        },
        "servers": [{"url": "/"}],
        "paths": method::all().map(path).collect::<Map<String, Value>>(),
        "components": {
            "schemas": SCHEMAS.clone(),
            "securitySchemes": {
                "panel": hash_scheme("a session of an administrator"),
                "session": hash_scheme("a session of a user that is no sub-user"),
                "apiKey": hash_scheme("an API key"),
            },
        },
    })
}

/// A picture is not JSON.
fn finish(method: &Method, operation: &mut Value) {
    if method.is_picture {
        let kinds = ["image/jpeg", "image/png", "image/webp"];
        let content: Map<String, Value> = kinds.iter().map(|kind| ((*kind).to_owned(), json!({}))).collect();
        operation["responses"]["200"] = json!({"description": "The picture.", "content": content});
    }
}

fn entry(method: &Method) -> Entry<'_> {
    let words = |condition: &Condition| condition.words();
    Entry {
        path: method.path,
        about: method.about,
        params: method.params,
        answer: method.answer,
        own_errors: method.errors.iter().map(words).collect(),
        common_errors: GENERAL.iter().map(words).collect(),
        security: match method.door {
            Door::Keepers(_) => json!([{"panel": []}, {"session": []}, {"apiKey": []}]),
            Door::Panel(_) => json!([{"panel": []}]),
        },
    }
}

/// The chapter of the page for people.
pub fn chapter() -> Chapter {
    let mut chapter = Chapter { contents: String::new(), html: HEAD.to_owned() };
    contents_item("office", "Office", &mut chapter.contents);
    let mut resource = "";
    for method in method::all() {
        let entry = entry(method);
        if entry.resource() != resource {
            if !resource.is_empty() {
                chapter.html.push_str("</section>\n");
            }
            resource = entry.resource();
            contents_item(&format!("r-{resource}"), resource, &mut chapter.contents);
            let _ = write!(chapter.html, "<section>\n<h2 id=\"r-{resource}\">{resource}</h2>\n");
        }
        let who = match method.door {
            Door::Keepers(_) => "For administrators, and for users by session or API key. Not for sub-users.",
            Door::Panel(_) => "For administrators.",
        };
        article(&entry, "", who, &mut chapter.html);
    }
    chapter.html.push_str("</section>\n<section>\n<h2 id=\"office-objects\">Objects of the office</h2>\n");
    let own = SCHEMAS.iter().filter(|(name, _)| !SHARED.contains(&name.as_str()));
    let own: Map<String, Value> = own.map(|(name, schema)| (name.clone(), schema.clone())).collect();
    objects(&own.into(), &mut chapter.html);
    chapter.html.push_str("</section>\n");
    chapter
}

/// Objects that the rest of the page explains.
const SHARED: &[&str] = &["Error", "Status", "FieldError", "DateTime", "UtcDateTime"];

/// Serves [`DOCUMENTS`].
#[derive(Debug, Default)]
pub struct Documents;

impl Handler for Documents {
    fn call(&self, call: Call) -> CallFuture<'_> {
        static OPENAPI: LazyLock<Bytes> = LazyLock::new(|| openapi().to_string().into());
        let answer = match call.path.trim_end_matches('/') {
            "/docs/office.json" => document(JSON, OPENAPI.clone()),
            _ => Answer::text(StatusCode::NOT_FOUND, "not found\n"),
        };
        Box::pin(std::future::ready(answer))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every reference in a document leads to something in it.
    fn check_references(document: &Value, at: &Value) {
        match at {
            Value::Object(members) => {
                if let Some(Value::String(reference)) = members.get("$ref") {
                    let pointer = reference.strip_prefix('#').expect("a local reference");
                    assert!(document.pointer(pointer).is_some(), "{reference} leads nowhere");
                }
                members.values().for_each(|value| check_references(document, value));
            }
            Value::Array(values) => values.iter().for_each(|value| check_references(document, value)),
            _ => {}
        }
    }

    #[test]
    fn the_document_and_the_page_are_whole() {
        let (document, chapter) = (openapi(), chapter());
        assert!(!SCHEMAS.is_empty());
        check_references(&document, &document);
        assert_eq!(document["openapi"], "3.1.0");
        for method in method::methods() {
            let post = &document["paths"][format!("/{method}")]["post"];
            assert!(post["summary"].as_str().is_some_and(|about| about.ends_with('.')), "{method}");
            assert!(chapter.html.contains(&format!("id=\"{method}\"")), "{method}");
        }
        let opened = chapter.html.matches("<section>").count();
        assert_eq!(opened, chapter.html.matches("</section>").count());
        for name in SCHEMAS.keys().filter(|name| !SHARED.contains(&name.as_str())) {
            assert!(chapter.html.contains(&format!("id=\"s-{name}\"")), "{name}");
        }
        let picture = &document["paths"]["/panel/office/file/read"]["get"]["responses"]["200"]["content"];
        assert!(picture["image/png"].is_object() && picture["application/json"].is_null());
    }
}
