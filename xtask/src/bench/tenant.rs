//! A user with many trackers, made through the API as an administrator makes them.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, Result, anyhow, ensure};
use serde_json::{Value, json};
use ureq::Agent;

/// The administrator's password of a server under measurement.
pub(crate) const ADMIN_PASSWORD: &str = "bench-administrator";
/// Registrations under way at a time: the server gathers their commits.
const REGISTRARS: usize = 16;

/// The user.
pub(crate) struct Tenant {
    /// A session of it.
    pub(crate) hash: String,
    /// Its trackers, in the order of the devices given.
    pub(crate) trackers: Vec<u32>,
}

struct Api {
    agent: Agent,
    base: String,
}

impl Api {
    fn call(&self, method: &str, parameters: Value) -> Result<Value> {
        let url = format!("{}/v2/{method}", self.base);
        let mut answer = self.agent.post(&url).send_json(parameters).with_context(|| method.to_owned())?;
        let text = answer.body_mut().read_to_string()?;
        let answer: Value = serde_json::from_str(&text).with_context(|| format!("{method}: {text}"))?;
        ensure!(answer["success"] == true, "{method}: {answer}");
        Ok(answer)
    }
}

fn text(value: &Value) -> Result<String> {
    value.as_str().map(str::to_owned).ok_or_else(|| anyhow!("not a text: {value}"))
}

impl Tenant {
    /// Makes a user with a tracker for each of `devices`.
    ///
    /// # Errors
    /// When the server refuses.
    pub(crate) fn create(http: SocketAddr, model: &str, devices: &[String]) -> Result<Self> {
        let agent = Agent::config_builder().http_status_as_error(false).build().into();
        let api = Api { agent, base: format!("http://{http}") };
        let admin = api.call("panel/account/auth", json!({"login": "admin", "password": ADMIN_PASSWORD}))?;
        let admin = text(&admin["hash"])?;
        let user = json!({"login": "bench@example.test", "legal_type": "individual", "first_name": "Bench",
            "last_name": "User", "activated": true});
        let user = json!({"hash": admin, "user": user, "password": "Bench-Password-1!", "time_zone": "UTC",
            "locale": "en_US"});
        let user = api.call("panel/user/create", user)?;
        let session = api.call("panel/user/session/create", json!({"hash": admin, "user_id": user["id"]}))?;
        let hash = text(&session["hash"])?;
        let trackers = register(&api, &hash, model, devices)?;
        Ok(Self { hash, trackers })
    }

    /// The same with devices of several models: a list of each.
    ///
    /// # Errors
    /// When the server refuses.
    pub(crate) fn of_models(http: SocketAddr, models: &BTreeMap<String, Vec<String>>) -> Result<Self> {
        let mut tenant = Self::create(http, "teltonika", &[])?;
        let agent = Agent::config_builder().http_status_as_error(false).build().into();
        let api = Api { agent, base: format!("http://{http}") };
        for (model, devices) in models {
            tenant.trackers.extend(register(&api, &tenant.hash, model, devices)?);
        }
        Ok(tenant)
    }
}

fn register(api: &Api, hash: &str, model: &str, devices: &[String]) -> Result<Vec<u32>> {
    let next = AtomicUsize::new(0);
    let work = || -> Result<Vec<(usize, u32)>> {
        let mut done = Vec::new();
        while let at = next.fetch_add(1, Ordering::Relaxed)
            && let Some(device) = devices.get(at)
        {
            let tracker = json!({"hash": hash, "label": device, "group_id": 0, "model": model, "plugin_id": 44,
                "device_id": device});
            let id = api.call("tracker/register", tracker)?["value"]["id"].as_u64().context("no tracker id")?;
            done.push((at, u32::try_from(id)?));
        }
        Ok(done)
    };
    let mut done = std::thread::scope(|scope| -> Result<Vec<(usize, u32)>> {
        let registrars: Vec<_> = (0..REGISTRARS).map(|_| scope.spawn(work)).collect();
        let mut all = Vec::new();
        for registrar in registrars {
            all.extend(registrar.join().map_err(|_| anyhow!("a registrar failed"))??);
        }
        Ok(all)
    })?;
    done.sort_unstable();
    Ok(done.into_iter().map(|(_, id)| id).collect())
}
