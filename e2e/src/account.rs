//! A user with a session and trackers, made as an administrator makes them.

use serde_json::{Value, json};

use crate::api::{Api, Reply};
use crate::server::Server;

/// A user of the server under test.
#[derive(Debug, Clone)]
pub struct Account {
    /// The client it calls with.
    pub api: Api,
    /// The administrator's panel hash.
    pub admin: String,
    /// The user's id.
    pub id: i64,
    /// The name it logs in with.
    pub login: String,
    /// Its password.
    pub password: String,
    /// A session of it.
    pub hash: String,
    /// Its time zone.
    pub zone: String,
}

/// A tracker of an [`Account`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegisteredTracker {
    /// What requests name.
    pub id: i64,
    /// What events name.
    pub source_id: i64,
    /// What the device says it is.
    pub device_id: String,
}

impl Account {
    /// A user in UTC.
    pub fn new(server: &Server) -> Account {
        Account::named(server, "driver@example.test", "UTC")
    }

    /// A user with that login and zone, and a session.
    #[track_caller]
    pub fn named(server: &Server, login: &str, zone: &str) -> Account {
        let api = server.api();
        let admin = api.admin();
        let password = "Correct-Horse-1!".to_owned();
        let body = json!({
            "user": {"login": login, "legal_type": "individual", "first_name": "Test", "last_name": "User", "activated": true},
            "password": password, "time_zone": zone, "locale": "en_US",
        });
        let id = api.call("panel/user/create", &admin, body).ok()["id"].as_i64().expect("an id");
        let mut account =
            Account { api, admin, id, login: login.to_owned(), password, hash: String::new(), zone: zone.to_owned() };
        account.hash = account.new_session();
        account
    }

    /// Another session of the same user, by way of the panel.
    #[track_caller]
    pub fn new_session(&self) -> String {
        let reply = self.panel("user/session/create", json!({"user_id": self.id})).ok();
        reply["hash"].as_str().expect("a hash").to_owned()
    }

    /// A call with the user's own session.
    pub fn call(&self, action: &str, parameters: Value) -> Reply {
        self.api.call(action, &self.hash, parameters)
    }

    /// A call of the panel with the administrator's session.
    pub fn panel(&self, action: &str, parameters: Value) -> Reply {
        self.api.call(&format!("panel/{action}"), &self.admin, parameters)
    }

    /// Registers a device and gives its tracker.
    #[track_caller]
    pub fn register(&self, device_id: &str, model: &str) -> RegisteredTracker {
        let body = json!({
            "label": format!("Unit {device_id}"), "group_id": 0, "model": model, "plugin_id": 44, "device_id": device_id,
        });
        let value = &self.call("tracker/register", body).ok()["value"];
        RegisteredTracker {
            id: value["id"].as_i64().expect("a tracker id"),
            source_id: value["source"]["id"].as_i64().expect("a source id"),
            device_id: device_id.to_owned(),
        }
    }

    /// A Teltonika device.
    #[track_caller]
    pub fn teltonika(&self, imei: &str) -> RegisteredTracker {
        self.register(imei, "teltonika")
    }

    /// A device that speaks NGP.
    #[track_caller]
    pub fn ngp(&self, device_id: &str) -> RegisteredTracker {
        self.register(device_id, "navixy_ngp")
    }

    /// Blocks or unblocks a tracker from the panel.
    #[track_caller]
    pub fn block(&self, tracker: &RegisteredTracker, blocked: bool) {
        self.panel("tracker/source/update", json!({"tracker_id": tracker.id, "blocked": blocked})).ok();
    }

    /// The full state of a tracker.
    #[track_caller]
    pub fn state(&self, tracker: &RegisteredTracker) -> Value {
        self.call("tracker/get_state", json!({"tracker_id": tracker.id})).ok()["state"].clone()
    }

    /// The full states of these trackers, by tracker id.
    #[track_caller]
    pub fn states(&self, trackers: &[RegisteredTracker]) -> Value {
        let ids: Vec<i64> = trackers.iter().map(|tracker| tracker.id).collect();
        self.call("tracker/get_states", json!({"trackers": ids})).ok()["states"].clone()
    }
}
