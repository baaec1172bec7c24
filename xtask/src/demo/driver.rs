//! What the driver of one vehicle finds in the driver's app, and the code that pairs a phone with it.

use anyhow::Result;
use serde_json::{Value, json};

use super::account::Account;
use super::api::{Api, text};

/// Texts that a driver chooses from.
const TEXTS: [&str; 6] = ["Traffic", "Arrived", "Loading", "Break", "On my way", "Please call me"];

/// Whose phone can be paired.
#[derive(Debug)]
pub(crate) struct Pairing {
    /// The vehicle.
    pub(crate) vehicle: String,
    /// To be typed into the app, once, within a quarter of an hour.
    pub(crate) code: String,
}

/// Prepares the app for the driver of the first vehicle. `None` where there is no vehicle.
pub(crate) fn prepare(api: &Api, account: &Account) -> Result<Option<Pairing>> {
    let Some(vehicle) = account.vehicles.first() else { return Ok(None) };
    let call = |action: &str, parameters| api.call_as(&account.hash, action, parameters);
    let tracker_id = vehicle.tracker_id;
    let is_empty = |list: &Value| list["list"].as_array().is_none_or(Vec::is_empty);
    // A kept folder has them from the first time.
    if is_empty(&call("panel/office/text/list", json!({}))?) {
        for text in TEXTS {
            call("panel/office/text/create", json!({"text": text}))?;
        }
        call("panel/office/form/create", json!({"form": form()}))?;
    }
    if is_empty(&call("panel/office/service/list", json!({"tracker_id": tracker_id}))?) {
        for service in services() {
            call("panel/office/service/create", json!({"tracker_id": tracker_id, "service": service}))?;
        }
    }
    let pairing = call("panel/office/pairing/create", json!({"tracker_id": tracker_id}))?;
    Ok(Some(Pairing { vehicle: vehicle.name.clone(), code: text(&pairing, "code")? }))
}

fn form() -> Value {
    json!({"name": "Delivery note", "fields": [
        {"label": "Client", "type": "text", "required": true},
        {"label": "Pallets", "type": "number"},
        {"label": "Condition", "type": "choice", "choices": ["Good", "Damaged", "Refused"]},
        {"label": "Photo", "type": "photo"},
        {"label": "Signature", "type": "signature", "required": true},
    ]})
}

fn services() -> [Value; 2] {
    [
        json!({"title": "Deliver 4 pallets", "address": "Gate 3, North depot", "note": "Ring at the gate"}),
        json!({"title": "Collect empties", "address": "Harbour, quay 12"}),
    ]
}
