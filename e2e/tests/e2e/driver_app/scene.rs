//! A server, its office and a driver's phone.

use e2e::{Account, Handset, Reply, Server, eventually};
use serde_json::{Value, json};

use super::{MY_TEXTS, TOP};

/// A server with a master, a tracker that is a phone, and the browser that becomes it.
pub(super) struct Scene {
    pub(super) server: Server,
    pub(super) account: Account,
    pub(super) tracker: i64,
    pub(super) phone: Handset,
}

impl Scene {
    pub(super) fn new() -> Result<Scene, String> {
        let server = Server::start();
        let phone = Handset::new(server.http())?;
        let account = Account::new(&server);
        let body = json!({"label": "Van 7", "group_id": 0, "model": "mobile_unknown_xgps", "plugin_id": 35});
        let tracker = account.call("tracker/register", body).ok()["value"]["id"].as_i64().expect("an id");
        Ok(Scene { server, account, tracker, phone })
    }

    /// A call of the office, by the master.
    pub(super) fn office(&self, action: &str, mut parameters: Value) -> Reply {
        parameters["hash"] = json!(self.account.hash);
        self.account.api.post(&format!("/panel/office/{action}"), &parameters)
    }

    pub(super) fn of_tracker(&self, action: &str, mut parameters: Value) -> Value {
        parameters["tracker_id"] = json!(self.tracker);
        self.office(action, parameters).ok()
    }

    pub(super) fn code(&self) -> String {
        self.of_tracker("pairing/create", json!({}))["code"].as_str().expect("a code").to_owned()
    }

    /// Types a code of the office into the app, and waits until it is connected.
    #[track_caller]
    pub(super) fn pair(&mut self) {
        let code = self.code();
        self.phone.open("/driver");
        for digit in code.chars() {
            self.phone.tap(&digit.to_string());
        }
        self.phone.tap("Pair");
        self.phone.sees(TOP, "Connected");
    }

    #[track_caller]
    pub(super) fn write(&mut self, text: &str) {
        self.phone.write("Your text", text);
        self.phone.tap("Send");
        self.phone.sees(MY_TEXTS, text);
    }

    pub(super) fn send(&self, text: &str) {
        self.account.call("tracker/chat/send", json!({"tracker_id": self.tracker, "message": text})).ok();
    }

    /// What the driver sent, as the office has it, oldest first.
    pub(super) fn events(&self) -> Vec<Value> {
        let span = json!({"from": "2020-01-01T00:00:00Z", "to": "2100-01-01T00:00:00Z"});
        self.of_tracker("driver_event/list", span)["list"].as_array().cloned().expect("a list")
    }

    /// Waits until the office has so many things of the driver.
    #[track_caller]
    pub(super) fn received(&self, count: usize) -> Vec<Value> {
        eventually("what the driver sent", || Some(self.events()).filter(|events| events.len() >= count))
    }

    pub(super) fn texts(&self) -> Vec<Value> {
        self.events().iter().map(|event| event["text"].clone()).collect()
    }

    /// Texts and statuses of the office's own messages.
    pub(super) fn sent(&self) -> Vec<(Value, Value)> {
        let list = self.account.call("tracker/chat/list", json!({"tracker_id": self.tracker})).ok()["list"].clone();
        let ours = list.as_array().expect("a list").iter().filter(|message| message["type"] == "OUTGOING");
        ours.map(|message| (message["message"].clone(), message["status"].clone())).collect()
    }

    /// Waits until the office sees so many messages of its own as delivered.
    #[track_caller]
    pub(super) fn delivered(&self, count: usize) {
        eventually("the messages are delivered", || {
            let delivered = self.sent().iter().filter(|(_, status)| status == "DELIVERED").count();
            (delivered == count).then_some(())
        });
    }

    pub(super) fn texts_for_drivers(&self) {
        for text in ["Traffic", "Arrived", "Loading", "On my way"] {
            self.office("text/create", json!({"text": text})).ok();
        }
    }

    pub(super) fn form(&self) -> i64 {
        let field = |label, kind, required| json!({"label": label, "type": kind, "required": required});
        let mut condition = field("Condition", "choice", true);
        condition["choices"] = json!(["Intact", "Damaged"]);
        let fields = json!([
            field("Client", "text", true),
            field("Pallets", "number", true),
            condition,
            field("Photo", "photo", true),
            field("Signature", "signature", true),
        ]);
        let made = self.office("form/create", json!({"form": {"name": "Delivery note", "fields": fields}})).ok();
        made["id"].as_i64().expect("an id")
    }

    pub(super) fn service(&self, title: &str) -> String {
        let service = json!({"title": title, "address": "Harbour Road 12", "position": {"lat": 41.2, "lng": 1.2},
            "note": "Ring at the gate."});
        let made = self.of_tracker("service/create", json!({"service": service}));
        made["value"]["id"].as_str().expect("an id").to_owned()
    }

    pub(super) fn picture(&self, value: &Value) -> Vec<u8> {
        let id: u64 = value.as_str().and_then(|address| address.rsplit('/').next()?.parse().ok()).expect("a file");
        let path =
            format!("/panel/office/file/read?hash={}&tracker_id={}&file_id={id}", self.account.hash, self.tracker);
        self.account.api.bytes(&path)
    }

    #[track_caller]
    pub(super) fn looks_right(&mut self, page: &str) {
        for (width, height) in [(390, 844), (360, 640), (844, 390), (1024, 768)] {
            for dark in [false, true] {
                self.phone.look(dark, width, height);
                let wrong = self.phone.audit();
                assert!(wrong.is_empty(), "{page}, {width}x{height}, dark {dark}: {wrong:#?}");
            }
        }
        self.phone.look(false, 390, 844);
    }
}
