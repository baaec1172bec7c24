//! The parts of an OpenAPI 3.1 document that follow from what methods take and give.

use serde_json::{Map, Value, json};

use crate::method::{Entry, Kind, Param};

/// The item of a path: the method by POST and by GET, each changed by `finish`.
pub fn path_item(entry: &Entry<'_>, mut finish: impl FnMut(&mut Value)) -> Value {
    let (mut post, mut get) = (post(entry), get(entry));
    finish(&mut post);
    finish(&mut get);
    json!({"post": post, "get": get})
}

/// A way of showing who calls: the header `Authorization` with the scheme `NVX` and what `about` says.
pub fn hash_scheme(about: &str) -> Value {
    json!({"type": "apiKey", "in": "header", "name": "Authorization", "description": format!("`NVX ` and {about}")})
}

fn post(entry: &Entry<'_>) -> Value {
    let mut operation = operation(entry, "");
    let schema = object(entry.params, &[]);
    operation["requestBody"] = json!({"content": {
        "application/json": {"schema": schema},
        "application/x-www-form-urlencoded": {"schema": schema},
    }});
    operation
}

fn get(entry: &Entry<'_>) -> Value {
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
    let mut operation = operation(entry, "_by_get");
    operation["parameters"] = entry.params.iter().map(parameter).collect();
    operation
}

fn operation(entry: &Entry<'_>, suffix: &str) -> Value {
    let success = [Param { name: "success", kind: Kind::Bool, required: true, about: "true" }];
    let answer = |description: &str, schema: Value| json!({"description": description, "content": {"application/json": {"schema": schema}}});
    let errors: Vec<String> = entry.errors().map(|(code, description)| format!("{code}: {description}")).collect();
    let refused = json!({"$ref": "#/components/schemas/Error"});
    json!({
        "operationId": format!("{}{suffix}", entry.path.replace('/', "_")),
        "tags": [entry.resource()],
        "summary": entry.about,
        "responses": {
            "200": answer("Done.", object(&success, entry.answer)),
            "default": answer(&format!("Not done. {}", errors.join("; ")), refused),
        },
        "security": entry.security,
    })
}

/// The schema of an object with these members.
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
