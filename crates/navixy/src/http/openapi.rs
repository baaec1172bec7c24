//! The document of the HTTP side, made of the method tables: what it says is what is served.

use serde_json::{Map, Value, json};

use crate::http::method::{Door, Kind, Method, Param};
use crate::http::route;

/// The OpenAPI 3.1 document of all methods.
pub fn openapi() -> Value {
    let paths: Map<String, Value> =
        route::all().map(|method| (format!("/{}", method.path), json!({"post": operation(method)}))).collect();
    json!({
        "openapi": "3.1.0",
        "info": {"title": "Odograph: Navixy's HTTP API", "version": env!("CARGO_PKG_VERSION")},
        "servers": [{"url": "/v2"}, {"url": "/api-v2"}, {"url": "/"}],
        "paths": paths,
    })
}

/// What the document says of methods that are there for the start of clients only.
const NOT_OFFERED: &str = "Not offered: answered as by an account that has none of these, so that clients which ask \
                           at their start go on. An operator may turn it off; then it is an unknown method.";

fn operation(method: &Method) -> Value {
    let resource = method.path.rsplit_once('/').map_or("", |(resource, _)| resource);
    let mut operation = json!({
        "operationId": method.path.replace('/', "_"),
        "tags": [resource],
        "summary": method.about,
        "requestBody": {"content": {"application/json": {"schema": object(method.params)}}},
        "responses": {"200": {
            "description": "Done.",
            "content": {"application/json": {"schema": object(method.answer)}},
        }},
    });
    operation["security"] = match method.door {
        Door::Open(_) => json!([]),
        Door::User(_) => json!([{"session": []}, {"apiKey": []}]),
        Door::Standard(_) => json!([{"session": []}]),
        Door::Token(_) => json!([{"passwordToken": []}]),
        Door::Panel(_) => json!([{"panel": []}]),
    };
    let rights: Vec<&str> = method.rights().map(fleet::Right::name).collect();
    if !rights.is_empty() {
        operation["x-right"] = rights.join(" or ").into();
    }
    if !method.offered {
        operation["x-offered"] = false.into();
        operation["description"] = NOT_OFFERED.into();
    }
    let errors: Vec<Value> =
        method.errors.iter().map(|e| json!({"code": e.code(), "description": e.description()})).collect();
    operation["x-errors"] = errors.into();
    operation
}

fn object(members: &[Param]) -> Value {
    let properties: Map<String, Value> = members.iter().map(|m| (m.name.to_owned(), member(m))).collect();
    let required: Vec<&str> = members.iter().filter(|m| m.required).map(|m| m.name).collect();
    json!({"type": "object", "properties": properties, "required": required})
}

fn member(param: &Param) -> Value {
    let mut schema = schema(param.kind);
    if !param.about.is_empty() {
        schema["description"] = param.about.into();
    }
    schema
}

fn schema(kind: Kind) -> Value {
    match kind {
        Kind::Int => json!({"type": "integer"}),
        Kind::Number => json!({"type": "number"}),
        Kind::Text => json!({"type": "string"}),
        Kind::Bool => json!({"type": "boolean"}),
        Kind::DateTime | Kind::UtcDateTime => json!({"type": "string", "examples": ["2026-03-14 09:26:53"]}),
        Kind::Hash => json!({"type": "string", "pattern": "^[0-9a-f]{32}$"}),
        Kind::OneOf(texts) => json!({"type": "string", "enum": texts}),
        Kind::List(each) => json!({"type": "array", "items": schema(*each)}),
        Kind::Map(each) => json!({"type": "object", "additionalProperties": schema(*each)}),
        Kind::Object(members) => object(members),
        Kind::Named(name) => json!({"$ref": format!("#/components/schemas/{name}")}),
        Kind::Any => json!({}),
    }
}
