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
    /// By path.
    methods: HashMap<String, Method>,
    /// Of errors, by document.
    errors: Vec<Validator>,
    /// Of messages, by event or type.
    messages: HashMap<String, Validator>,
}

/// What a document says of a method.
#[derive(Debug)]
struct Method {
    /// Of successful answers.
    answer: Option<Validator>,
    /// Which document it is in.
    document: usize,
}

/// Reads the documents from a server if none has been asked yet.
pub(crate) fn documents(api: &Api) -> &'static Documents {
    DOCUMENTS.get_or_init(|| {
        let read = |path: &str| {
            let mut document = api.get(path).body;
            forbid_more(&mut document);
            document
        };
        let calls = [read("/docs/openapi.json"), read("/docs/office.json")];
        Documents::new(&calls, &read("/docs/asyncapi.json"))
    })
}

impl Documents {
    fn new(calls: &[Value], asyncapi: &Value) -> Self {
        let mut methods = HashMap::new();
        let mut errors = Vec::new();
        for document in calls {
            for (path, operations) in document["paths"].as_object().expect("paths") {
                let content = &operations["post"]["responses"]["200"]["content"]["application/json"];
                // An answer that is no JSON has nothing to hold it against.
                let answer = content.get("schema").map(|schema| validator(schema, document));
                let earlier = methods.insert(path.clone(), Method { answer, document: errors.len() });
                assert!(earlier.is_none(), "{path} is in two documents");
            }
            errors.push(validator(&json!({"$ref": "#/components/schemas/Error"}), document));
        }
        let mut messages = HashMap::new();
        for (name, message) in asyncapi["components"]["messages"].as_object().expect("messages") {
            messages.insert(name.clone(), validator(&message["payload"], asyncapi));
        }
        Self { methods, errors, messages }
    }

    /// Fails if an answer is not what the document of its method says.
    #[track_caller]
    pub(crate) fn check_answer(&self, path: &str, body: &Value) {
        let path = path.split('?').next().unwrap_or_default().trim_end_matches('/');
        let method = BASES.iter().find_map(|base| self.methods.get(path.strip_prefix(base)?));
        match body["success"] {
            Value::Bool(true) => {
                if let Some(validator) = method.and_then(|method| method.answer.as_ref()) {
                    hold(validator, body, path);
                }
            }
            // What no method answers is answered in the words of the first document.
            Value::Bool(false) => hold(&self.errors[method.map_or(0, |method| method.document)], body, path),
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
