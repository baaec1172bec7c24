//! The document of the HTTP side, made of the method tables: what it says is what is served.

use serde_json::{Map, Value, json};

use super::schemas;
use crate::errors::Condition;
use crate::http::BASES;
use crate::http::method::{Door, Kind, Method, Param};
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
        let operations = json!({"post": post(method), "get": get(method)});
        (format!("/{}", method.path), operations)
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
                "session": scheme("a session of a user"),
                "apiKey": scheme("an API key"),
                "passwordToken": scheme("the hash of a mail that lets a password be set"),
                "panel": scheme("a session of an administrator"),
            },
        },
    })
}

fn scheme(about: &str) -> Value {
    json!({"type": "apiKey", "in": "header", "name": "Authorization", "description": format!("`NVX ` and {about}")})
}

fn post(method: &Method) -> Value {
    let mut operation = operation(method, "");
    let schema = object(method.params, &[]);
    operation["requestBody"] = json!({"content": {
        "application/json": {"schema": schema},
        "application/x-www-form-urlencoded": {"schema": schema},
    }});
    operation
}

fn get(method: &Method) -> Value {
    let parameter = |p: &Param| {
        let mut parameter = json!({"name": p.name, "in": "query", "required": p.required, "description": p.about});
        match p.kind {
            Kind::List(_) | Kind::Map(_) | Kind::Object(_) | Kind::Named(_) | Kind::Any => {
                parameter["content"] = json!({"application/json": {"schema": schema(p.kind)}});
            }
            _ => parameter["schema"] = schema(p.kind),
        }
        parameter
    };
    let mut operation = operation(method, "_by_get");
    operation["parameters"] = method.params.iter().map(parameter).collect();
    operation
}

fn operation(method: &Method, suffix: &str) -> Value {
    let resource = method.path.rsplit_once('/').map_or("", |(resource, _)| resource);
    let success = [Param { name: "success", kind: Kind::Bool, required: true, about: "true" }];
    let answer = |description: &str, schema: Value| json!({"description": description, "content": {"application/json": {"schema": schema}}});
    let errors: Vec<String> = errors(method).map(|e| format!("{}: {}", e.code(), e.description())).collect();
    let refused = json!({"$ref": "#/components/schemas/Error"});
    let mut operation = json!({
        "operationId": format!("{}{suffix}", method.path.replace('/', "_")),
        "tags": [resource],
        "summary": method.about,
        "responses": {
            "200": answer("Done.", object(&success, method.answer)),
            "default": answer(&format!("Not done. {}", errors.join("; ")), refused),
        },
    });
    operation["security"] = match method.door {
        Door::Open(_) => json!([]),
        Door::User(_) => json!([{"session": []}, {"apiKey": []}]),
        Door::Standard(_) => json!([{"session": []}]),
        Door::Token(_) => json!([{"passwordToken": []}]),
        Door::Panel(_) => json!([{"panel": []}]),
    };
    if !method.offered {
        operation["x-offered"] = false.into();
        operation["description"] = NOT_OFFERED.into();
    }
    let rights: Vec<&str> = method.rights().map(fleet::Right::name).collect();
    if !rights.is_empty() {
        operation["x-right"] = rights.join(" or ").into();
        operation["description"] = format!("A sub-user needs the right {}.", rights.join(" or ")).into();
    }
    operation
}

/// What a method may answer, its own errors first.
pub(super) fn errors(method: &Method) -> impl Iterator<Item = Condition> {
    let of_hash: &[Condition] = match method.door {
        Door::Open(_) => &[],
        _ => &[Condition::WrongHash, Condition::SessionEnded],
    };
    let of_right: &[Condition] = if method.right.is_some() { &[Condition::NotPermitted] } else { &[] };
    [method.errors, of_hash, of_right, GENERAL].into_iter().flatten().copied()
}

fn object(first: &[Param], more: &[Param]) -> Value {
    let members = || first.iter().chain(more);
    let properties: Map<String, Value> = members().map(|m| (m.name.to_owned(), member(m))).collect();
    let required: Vec<&str> = members().filter(|m| m.required).map(|m| m.name).collect();
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
    let named = |name: &str| json!({"$ref": format!("#/components/schemas/{name}")});
    match kind {
        Kind::Int => json!({"type": "integer"}),
        Kind::Number => json!({"type": "number"}),
        Kind::Text => json!({"type": "string"}),
        Kind::Bool => json!({"type": "boolean"}),
        Kind::DateTime => named("DateTime"),
        Kind::Hash => json!({"type": "string", "pattern": "^[0-9a-f]{32}$"}),
        Kind::OneOf(texts) => json!({"type": "string", "enum": texts}),
        Kind::List(each) => json!({"type": "array", "items": schema(*each)}),
        Kind::Map(each) => json!({"type": "object", "additionalProperties": schema(*each)}),
        Kind::Object(members) => object(members, &[]),
        Kind::Named(name) => named(name),
        Kind::OrNull(kind) => json!({"anyOf": [schema(*kind), {"type": "null"}]}),
        Kind::Any => json!({}),
    }
}
