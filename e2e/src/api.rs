//! The HTTP API, as any client calls it.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::{Map, Value, json};
use ureq::Agent;

use crate::documents::documents;
use crate::server::ADMIN_PASSWORD;

/// An answer of the API.
#[derive(Debug, Clone)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// The body; `null` when it is not JSON.
    pub body: Value,
    /// The body as it came.
    pub text: String,
    /// Names (lower case) and values of the headers.
    pub headers: Vec<(String, String)>,
}

impl Reply {
    /// The first header of that name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The body of a call that must have succeeded, in both ways that clients test.
    #[track_caller]
    pub fn ok(self) -> Value {
        assert_eq!(self.status, 200, "{}", self.text);
        assert_eq!(self.body["success"], true, "{}", self.text);
        self.body
    }

    /// The error code and HTTP status of a call that must have failed.
    #[track_caller]
    pub fn error(&self) -> (i64, u16) {
        assert_eq!(self.body["success"], false, "expected an error: {} {}", self.status, self.text);
        assert!(self.body["status"]["description"].is_string(), "an error has a description: {}", self.text);
        (self.body["status"]["code"].as_i64().expect("an error has a code"), self.status)
    }
}

/// A client of one server.
#[derive(Debug, Clone)]
pub struct Api {
    agent: Agent,
    base: String,
}

impl Api {
    /// For the server that listens there.
    pub fn new(address: SocketAddr) -> Api {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .allow_non_standard_methods(true)
            .timeout_global(Some(Duration::from_secs(30)))
            .build();
        Api { agent: config.into(), base: format!("http://{address}") }
    }

    /// Any request.
    pub fn request(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Reply {
        let mut request = ureq::http::Request::builder().method(method).uri(format!("{}{path}", self.base));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = if body.is_empty() && method != "POST" {
            self.agent.run(request.body(()).expect("a request"))
        } else {
            self.agent.run(request.body(body).expect("a request"))
        };
        let mut answer = answer.unwrap_or_else(|error| panic!("{method} {path}: {error}"));
        let header = |(name, value): (&ureq::http::HeaderName, &ureq::http::HeaderValue)| {
            (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
        };
        let headers = answer.headers().iter().map(header).collect();
        let status = answer.status().as_u16();
        let text = answer.body_mut().read_to_string().expect("a text body");
        let reply = Reply { status, body: serde_json::from_str(&text).unwrap_or(Value::Null), text, headers };
        if reply.body.is_object() && !path.starts_with("/docs/") {
            documents(self).check_answer(path, &reply.body);
        }
        reply
    }

    /// The body of a GET that must succeed, of whatever kind.
    #[track_caller]
    pub fn bytes(&self, path: &str) -> Vec<u8> {
        let request = ureq::http::Request::get(format!("{}{path}", self.base));
        let answer = self.agent.run(request.body(()).expect("a request"));
        let mut answer = answer.unwrap_or_else(|error| panic!("GET {path}: {error}"));
        assert_eq!(answer.status(), 200, "{path}");
        answer.body_mut().read_to_vec().expect("a body")
    }

    /// A GET; `path` carries the query.
    pub fn get(&self, path: &str) -> Reply {
        self.request("GET", path, &[], b"")
    }

    /// A POST of JSON to a path.
    pub fn post(&self, path: &str, body: &Value) -> Reply {
        self.request("POST", path, &[("Content-Type", "application/json")], body.to_string().as_bytes())
    }

    /// A POST of form fields to a path.
    pub fn post_form(&self, path: &str, form: &str) -> Reply {
        self.request("POST", path, &[("Content-Type", "application/x-www-form-urlencoded")], form.as_bytes())
    }

    /// An action under `/v2` with a hash and JSON parameters.
    pub fn call(&self, action: &str, hash: &str, parameters: Value) -> Reply {
        let mut body: Map<String, Value> = match parameters {
            Value::Object(map) => map,
            Value::Null => Map::new(),
            other => panic!("parameters are an object, not {other}"),
        };
        body.insert("hash".to_owned(), json!(hash));
        self.post(&format!("/v2/{action}"), &Value::Object(body))
    }

    /// A panel hash of the administrator.
    #[track_caller]
    pub fn admin(&self) -> String {
        self.admin_with(ADMIN_PASSWORD).ok()["hash"].as_str().expect("a hash").to_owned()
    }

    /// The panel's login with this password.
    pub fn admin_with(&self, password: &str) -> Reply {
        self.post("/v2/panel/account/auth", &json!({"login": "admin", "password": password}))
    }

    /// A user's login.
    pub fn login(&self, login: &str, password: &str) -> Reply {
        self.post("/v2/user/auth", &json!({"login": login, "password": password}))
    }

    /// Whether `/healthz` says yes.
    pub fn is_healthy(&self) -> bool {
        self.get("/healthz").status == 200
    }
}
