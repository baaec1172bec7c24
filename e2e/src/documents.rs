//! The documents that the server publishes of itself: every answer and message that a test sees is held against them.

use std::collections::HashMap;
use std::sync::OnceLock;

use jsonschema::Validator;
use serde_json::{Map, Value, json};

use crate::api::Api;

static DOCUMENTS: OnceLock<Documents> = OnceLock::new();

/// What may stand before a method's path.
const BASES: [&str; 3] = ["/v2", "/api-v2", ""];

/// What the server says that it answers. The same for every server under test, so that it is read once.
#[derive(Debug)]
pub(crate) struct Documents {
    /// Of successful answers, by path.
    answers: HashMap<String, Validator>,
    error: Validator,
    /// Of messages, by event or type.
    messages: HashMap<String, Validator>,
}

/// Reads the documents from a server if none has been asked yet.
pub(crate) fn documents(api: &Api) -> &'static Documents {
    DOCUMENTS.get_or_init(|| {
        let read = |path: &str| {
            let mut document = api.get(path).body;
            forbid_more(&mut document);
            document
        };
        Documents::new(&read("/docs/openapi.json"), &read("/docs/asyncapi.json"))
    })
}

impl Documents {
    fn new(openapi: &Value, asyncapi: &Value) -> Self {
        let mut answers = HashMap::new();
        for (path, operations) in openapi["paths"].as_object().expect("paths") {
            let schema = &operations["post"]["responses"]["200"]["content"]["application/json"]["schema"];
            answers.insert(path.clone(), validator(schema, openapi));
        }
        let mut messages = HashMap::new();
        for (name, message) in asyncapi["components"]["messages"].as_object().expect("messages") {
            messages.insert(name.clone(), validator(&message["payload"], asyncapi));
        }
        let error = validator(&json!({"$ref": "#/components/schemas/Error"}), openapi);
        Self { answers, error, messages }
    }

    /// Fails if an answer is not what the document of its method says.
    #[track_caller]
    pub(crate) fn check_answer(&self, path: &str, body: &Value) {
        let path = path.split('?').next().unwrap_or_default().trim_end_matches('/');
        let method = BASES.iter().find_map(|base| self.answers.get(path.strip_prefix(base)?));
        match body["success"] {
            Value::Bool(true) => {
                if let Some(validator) = method {
                    hold(validator, body, path);
                }
            }
            Value::Bool(false) => hold(&self.error, body, path),
            _ => {}
        }
    }

    /// Fails if a message of the socket is not what its document says.
    #[track_caller]
    pub(crate) fn check_message(&self, message: &Value) {
        let name = message["event"].as_str().or_else(|| message["type"].as_str()).unwrap_or_default();
        let validator = self.messages.get(name).unwrap_or_else(|| panic!("no document has this message: {message}"));
        hold(validator, message, name);
    }
}

#[track_caller]
fn hold(validator: &Validator, value: &Value, what: &str) {
    let errors: Vec<String> = validator.iter_errors(value).map(|e| format!("{} at {}", e, e.instance_path())).collect();
    assert!(errors.is_empty(), "{what} is not what its document says: {}\n{value}", errors.join("; "));
}

fn validator(schema: &Value, document: &Value) -> Validator {
    let mut schema = schema.clone();
    schema["components"] = json!({"schemas": document["components"]["schemas"]});
    jsonschema::validator_for(&schema).unwrap_or_else(|error| panic!("{error}: {schema}"))
}

/// Members that the document does not name are mistakes, unless it says that there may be others.
fn forbid_more(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            let is_open = members.contains_key("additionalProperties");
            if members.get("properties").is_some_and(Value::is_object) && !is_open {
                members.insert("additionalProperties".to_owned(), Value::Bool(false));
            }
            forbid_more_in(members);
        }
        Value::Array(values) => values.iter_mut().for_each(forbid_more),
        _ => {}
    }
}

fn forbid_more_in(members: &mut Map<String, Value>) {
    members.values_mut().for_each(forbid_more);
}
