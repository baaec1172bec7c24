//! A user with the fleet's trackers, made as an administrator makes them.

use std::collections::HashMap;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::api::{Api, Refused, number, text};
use super::password;

/// What the demo's user logs in as.
const LOGIN: &str = "demo@odograph.example";
/// The model that the simulated units are registered as.
const MODEL: &str = "telfmb920";
/// The plugin that registers a device without further conditions.
const FREE_REGISTRATION: i64 = 44;
/// The API's number for a login name that somebody has.
const LOGIN_TAKEN: i64 = 206;

/// A vehicle as the API knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Vehicle {
    /// What subscriptions name.
    pub(crate) tracker_id: i64,
    /// What events name.
    pub(crate) source_id: i64,
    /// What people call it.
    pub(crate) name: String,
}

/// The demo's user.
#[derive(Debug)]
pub(crate) struct Account {
    /// What it logs in as.
    pub(crate) login: String,
    /// Its password, new each time.
    pub(crate) password: String,
    /// The hash of a session of it.
    pub(crate) hash: String,
    /// Its vehicles, in the fleet's order.
    pub(crate) vehicles: Vec<Vehicle>,
}

impl Account {
    /// Makes the user and registers the `units`, names and IMEIs; what a kept folder has already is taken as it is.
    pub(crate) fn prepare(api: &Api, admin_password: &str, units: Vec<(String, String)>) -> Result<Self> {
        let session = api.call("panel/account/auth", &json!({"login": "admin", "password": admin_password}))?;
        let admin = text(&session, "hash")?;
        let password = password::random()?;
        make_user(api, &admin, &password)?;
        let session = api.call("user/auth", &json!({"login": LOGIN, "password": password}))?;
        let hash = text(&session, "hash")?;
        let vehicles = register(api, &hash, units)?;
        Ok(Self { login: LOGIN.to_owned(), password, hash, vehicles })
    }

    /// The message that subscribes to the states of all vehicles, in the words that every client knows.
    pub(crate) fn subscribe_message(&self) -> String {
        let trackers: Vec<String> = self.vehicles.iter().map(|vehicle| vehicle.tracker_id.to_string()).collect();
        let (hash, trackers) = (&self.hash, trackers.join(","));
        format!(r#"{{"action":"subscribe","hash":"{hash}","events":["state"],"trackers":[{trackers}]}}"#)
    }
}

fn make_user(api: &Api, admin: &str, password: &str) -> Result<()> {
    let user = json!({
        "login": LOGIN, "activated": true, "legal_type": "individual", "first_name": "Demo", "last_name": "Fleet",
    });
    let new = json!({"user": user, "password": password, "time_zone": "UTC", "locale": "en_US"});
    let Err(error) = api.call_as(admin, "panel/user/create", new) else { return Ok(()) };
    if error.downcast_ref::<Refused>().is_none_or(|refused| refused.code != LOGIN_TAKEN) {
        return Err(error);
    }
    let users = api.call_as(admin, "panel/user/list", json!({"filter": LOGIN}))?;
    let user = list(&users)?.iter().find(|user| user["login"] == LOGIN).context("the demo's user is not listed")?;
    let change = json!({"user_id": number(user, "id")?, "password": password});
    api.call_as(admin, "panel/user/change_password", change)?;
    Ok(())
}

fn register(api: &Api, hash: &str, units: Vec<(String, String)>) -> Result<Vec<Vehicle>> {
    let known = api.call_as(hash, "tracker/list", json!({}))?;
    let mut known: HashMap<String, Value> = list(&known)?
        .iter()
        .map(|tracker| Ok((text(&tracker["source"], "device_id")?, tracker.clone())))
        .collect::<Result<_>>()?;
    let register = |(name, imei): (String, String)| {
        let tracker = match known.remove(&imei) {
            Some(tracker) => tracker,
            None => {
                let new = json!({
                    "label": name, "group_id": 0, "model": MODEL, "plugin_id": FREE_REGISTRATION, "device_id": imei,
                });
                api.call_as(hash, "tracker/register", new)?["value"].take()
            }
        };
        let (tracker_id, source_id) = (number(&tracker, "id")?, number(&tracker["source"], "id")?);
        Ok(Vehicle { tracker_id, source_id, name: text(&tracker, "label")? })
    };
    units.into_iter().map(register).collect()
}

fn list(answer: &Value) -> Result<&Vec<Value>> {
    answer["list"].as_array().with_context(|| format!("no list in {answer}"))
}
