//! The public HTTP API, as any client calls it.

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result};
use serde::Deserialize;
use serde_json::{Value, json};
use ureq::Agent;

/// More requests a second than the server allows: the one error that time heals.
const TOO_MANY_REQUESTS: i64 = 15;
/// How long it is given to heal, and how often.
const PAUSE: Duration = Duration::from_millis(250);
const ATTEMPTS_MAX: usize = 40;
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);

/// A client of one server.
pub(crate) struct Api {
    agent: Agent,
    host: String,
}

/// What an answer says of itself when the call failed.
#[derive(Debug, Deserialize, PartialEq, Eq)]
pub(crate) struct Refused {
    /// The API's number for what is wrong.
    pub(crate) code: i64,
    description: String,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "refused with {} ({})", self.code, self.description)
    }
}

impl std::error::Error for Refused {}

impl Api {
    /// For the server that listens there.
    pub(crate) fn new(http: SocketAddr) -> Self {
        let config = Agent::config_builder().http_status_as_error(false).timeout_global(Some(ANSWER_TIMEOUT)).build();
        Self { agent: config.into(), host: format!("http://{http}") }
    }

    /// Calls an action without a session.
    pub(crate) fn call(&self, action: &str, parameters: &Value) -> Result<Value> {
        for _ in 1..ATTEMPTS_MAX {
            match self.attempt(action, parameters)? {
                Err(Refused { code: TOO_MANY_REQUESTS, .. }) => std::thread::sleep(PAUSE),
                answer => return answer.context(action.to_owned()),
            }
        }
        self.attempt(action, parameters)?.context(action.to_owned())
    }

    /// Calls an action with a session's hash.
    pub(crate) fn call_as(&self, hash: &str, action: &str, mut parameters: Value) -> Result<Value> {
        parameters["hash"] = json!(hash);
        self.call(action, &parameters)
    }

    fn attempt(&self, action: &str, parameters: &Value) -> Result<Result<Value, Refused>> {
        // The office's calls are this server's own, and stand beside the Navixy API.
        let base = if action.starts_with("panel/office/") { "" } else { "/v2" };
        let address = format!("{}{base}/{action}", self.host);
        let mut answer = self.agent.post(address).send_json(parameters).context("HTTP")?;
        let body: Value = answer.body_mut().read_json().with_context(|| format!("the answer to {action}"))?;
        if body["success"] == true {
            return Ok(Ok(body));
        }
        let refused = Refused::deserialize(&body["status"]).with_context(|| format!("{action} answered {body}"))?;
        Ok(Err(refused))
    }
}

/// The number in a member of an answer.
pub(crate) fn number(value: &Value, member: &str) -> Result<i64> {
    value[member].as_i64().with_context(|| format!("no number {member} in {value}"))
}

/// The text in a member of an answer.
pub(crate) fn text(value: &Value, member: &str) -> Result<String> {
    Ok(value[member].as_str().with_context(|| format!("no text {member} in {value}"))?.to_owned())
}
