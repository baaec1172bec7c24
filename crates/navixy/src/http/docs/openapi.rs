//! The document of the HTTP side, made of the method tables: what it says is what is served.

use calls::Entry;
use calls::openapi::{hash_scheme, path_item};
use serde_json::{Map, Value, json};

use super::schemas;
use crate::errors::Condition;
use crate::http::BASES;
use crate::http::method::{Door, Method};
use crate::http::route;

/// What any method may answer.
const GENERAL: &[Condition] = &[
    Condition::WrongFormat,
    Condition::InvalidParameters,
    Condition::TooLarge,
    Condition::TooManyRequests,
    Condition::Database,
    Condition::Unexpected,
];

/// What the document says of methods that are there for the start of clients only.
const NOT_OFFERED: &str = "Not offered: answered as by an account that has none of these, so that clients which ask \
                           at their start go on. An operator may turn it off; then it is an unknown method.";

/// The OpenAPI 3.1 document of all methods.
pub fn openapi() -> Value {
    let path = |method: &Method| {
        (format!("/{}", method.path), path_item(&entry(method), |operation| finish(method, operation)))
    };
    let servers: Vec<Value> =
        BASES.iter().map(|base| json!({"url": if base.is_empty() { "/" } else { base }})).collect();
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Odograph: Navixy's HTTP API",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Every method takes GET and POST; parameters as a JSON object, as form fields or in the \
                            query, where arrays and objects are JSON. The hash stands in the header \
                            `Authorization: NVX <hash>` or in the parameter `hash`.",
        },
        "servers": servers,
        "paths": route::all().map(path).collect::<Map<String, Value>>(),
        "components": {
            "schemas": schemas(),
            "securitySchemes": {
                "session": hash_scheme("a session of a user"),
                "apiKey": hash_scheme("an API key"),
                "passwordToken": hash_scheme("the hash of a mail that lets a password be set"),
                "panel": hash_scheme("a session of an administrator"),
            },
        },
    })
}

/// What is special about a method, in both its operations.
fn finish(method: &Method, operation: &mut Value) {
    if !method.offered {
        operation["x-offered"] = false.into();
        operation["description"] = NOT_OFFERED.into();
    }
    let rights: Vec<&str> = method.rights().map(fleet::Right::name).collect();
    if !rights.is_empty() {
        operation["x-right"] = rights.join(" or ").into();
        operation["description"] = format!("A sub-user needs the right {}.", rights.join(" or ")).into();
    }
}

/// A method as the documents show it.
pub(super) fn entry(method: &Method) -> Entry<'_> {
    let words = |condition: Condition| (condition.code(), condition.description());
    Entry {
        path: method.path,
        about: method.about,
        params: method.params,
        answer: method.answer,
        own_errors: method.errors.iter().copied().map(words).collect(),
        common_errors: common_errors(method).map(words).collect(),
        security: match method.door {
            Door::Open(_) => json!([]),
            Door::User(_) => json!([{"session": []}, {"apiKey": []}]),
            Door::Standard(_) => json!([{"session": []}]),
            Door::Token(_) => json!([{"passwordToken": []}]),
            Door::Panel(_) => json!([{"panel": []}]),
        },
    }
}

/// What a method may answer because of its door, and what any may.
fn common_errors(method: &Method) -> impl Iterator<Item = Condition> {
    let of_hash: &[Condition] = match method.door {
        Door::Open(_) => &[],
        _ => &[Condition::WrongHash, Condition::SessionEnded],
    };
    let of_right: &[Condition] = if method.right.is_some() { &[Condition::NotPermitted] } else { &[] };
    [of_hash, of_right, GENERAL].into_iter().flatten().copied()
}
