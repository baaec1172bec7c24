//! The documents for integrators: an OpenAPI document of the HTTP side, an AsyncAPI document of the socket, and a page
//! for people that is made of both. All of it is computed once, from the tables that calls go by.

mod openapi;
mod page;

use std::sync::LazyLock;

use bytes::Bytes;
use calls::document::{JSON, document};
use calls::page::Chapter;
use http::StatusCode;
use serde_json::{Map, Value};
use web::{Answer, Call, CallFuture, Handler};

pub use openapi::openapi;

/// Where the documents are served.
pub const DOCUMENTS: &[&str] = &["/docs", "/docs/openapi.json", "/docs/asyncapi.json", "/docs/style.css"];

/// Objects that both documents speak of. Embedded, and read by a test.
static SCHEMAS: LazyLock<Map<String, Value>> = LazyLock::new(|| read(include_str!("schemas.json")));
static ASYNCAPI: LazyLock<Map<String, Value>> = LazyLock::new(|| read(include_str!("asyncapi.json")));

fn read(text: &str) -> Map<String, Value> {
    serde_json::from_str(text).unwrap_or_default()
}

pub(crate) fn schemas() -> Value {
    SCHEMAS.clone().into()
}

/// The AsyncAPI 3 document of the socket.
pub fn asyncapi() -> Value {
    let mut document: Value = ASYNCAPI.clone().into();
    document["info"]["version"] = env!("CARGO_PKG_VERSION").into();
    if let Some(own) = document["components"]["schemas"].as_object_mut() {
        own.extend(SCHEMAS.clone());
    }
    document
}

/// Serves [`DOCUMENTS`].
#[derive(Debug)]
pub struct Documents {
    page: Bytes,
}

impl Documents {
    /// With these chapters on the page, behind this dialect's own.
    pub fn new(more: &[Chapter]) -> Self {
        Self { page: page::page(more).into() }
    }
}

impl Handler for Documents {
    fn call(&self, call: Call) -> CallFuture<'_> {
        static OPENAPI: LazyLock<Bytes> = LazyLock::new(|| openapi().to_string().into());
        static ASYNCAPI: LazyLock<Bytes> = LazyLock::new(|| asyncapi().to_string().into());
        let answer = match call.path.trim_end_matches('/') {
            "/docs" => document("text/html; charset=utf-8", self.page.clone()),
            "/docs/openapi.json" => document(JSON, OPENAPI.clone()),
            "/docs/asyncapi.json" => document(JSON, ASYNCAPI.clone()),
            "/docs/style.css" => document("text/css; charset=utf-8", Bytes::from_static(include_bytes!("style.css"))),
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
    fn both_documents_are_whole() {
        assert!(serde_json::from_str::<Value>(include_str!("schemas.json")).is_ok());
        assert!(serde_json::from_str::<Value>(include_str!("asyncapi.json")).is_ok());
        for document in [openapi(), asyncapi()] {
            check_references(&document, &document);
        }
        assert_eq!(asyncapi()["asyncapi"], "3.0.0");
        assert_eq!(openapi()["openapi"], "3.1.0");
    }

    #[test]
    fn every_method_is_in_the_document_and_on_the_page() {
        let (document, page) = (openapi(), page::page(&[]));
        for method in crate::methods() {
            let post = &document["paths"][format!("/{method}")]["post"];
            assert!(post["summary"].as_str().is_some_and(|about| !about.is_empty()), "{method}");
            assert!(page.contains(&format!("id=\"{method}\"")), "{method}");
        }
    }
}
