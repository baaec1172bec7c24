//! Devices that report over MQTT, as a published client speaks it, on the port that takes all families.

use e2e::{Account, PublishedClient, RegisteredTracker, Report, Server, ServerOptions, eventually, ngp_body, python};
use serde_json::{Value, json};

const DEVICE: &str = "yard-unit-0007";
const PASSWORD: &str = "open sesame";
/// 3.1.1 and 5, as clients number them.
const VERSIONS: [&str; 2] = ["4", "5"];

struct Scene {
    server: Server,
    account: Account,
    van: RegisteredTracker,
    python: std::path::PathBuf,
}

/// A server with a tracker; `None`, with a line on why, where the client cannot run.
fn scene() -> Option<Scene> {
    let python = python().inspect_err(|reason| eprintln!("{reason}")).ok()?;
    let server = Server::with(ServerOptions::default().set("ODOGRAPH_DEVICES_MQTT_PASSWORD", PASSWORD));
    let account = Account::new(&server);
    let van = account.ngp(DEVICE);
    Some(Scene { server, account, van, python })
}

impl Scene {
    fn client(&self, version: &str, password: &str) -> PublishedClient {
        let address = self.server.device("auto");
        let (host, port) = (address.ip().to_string(), address.port().to_string());
        PublishedClient::start_python(&self.python, "mqtt.py", &[&host, &port, password, version])
    }

    fn connected(&self, version: &str) -> PublishedClient {
        let mut client = self.client(version, PASSWORD);
        assert_eq!(client.callback("connect")["reason"], 0);
        client
    }
}

fn report(device: &str, speed_kmh: u16) -> Value {
    let body = ngp_body(device, &Report::at_speed(speed_kmh), &Value::Null);
    json!({"publish": format!("ngp/{device}"), "body": body})
}

#[test]
fn what_is_acknowledged_survives_the_server() {
    let Some(mut scene) = scene() else { return };
    for (version, speed_kmh) in VERSIONS.into_iter().zip([41, 42]) {
        let mut client = scene.connected(version);
        client.order(&report(DEVICE, speed_kmh));
        assert_eq!(client.callback("published")["reason"], 0);
    }
    scene.server.kill();
    let stored: Vec<Value> = scene.server.export(&[]).iter().map(|report| report["speed"].clone()).collect();
    assert_eq!(stored.len(), 2, "{stored:?}");
}

#[test]
fn who_has_no_password_and_what_is_not_right_is_told_so() {
    let Some(scene) = scene() else { return };
    for version in VERSIONS {
        let mut stranger = scene.client(version, "open barley");
        assert_eq!(stranger.callback("connect")["reason"], 135);
        let mut client = scene.connected(version);
        let odd = json!({"publish": format!("ngp/{DEVICE}"), "body": "{"});
        client.order(&odd);
        client.callback("published");
        // In the newer version a device that is not registered is told so, and the connection goes on.
        client.order(&report("nobody-knows-me", 5));
        match version {
            "5" => assert_eq!(client.callback("published")["reason"], 135),
            _ => drop(client.callback("disconnect")),
        }
    }
}

#[test]
fn orders_come_to_who_listens() {
    let Some(scene) = scene() else { return };
    for version in VERSIONS {
        let mut client = scene.connected(version);
        client.order(&json!({"subscribe": format!("ngp/{DEVICE}/commands")}));
        assert_eq!(client.callback("subscribed")["reasons"], json!([0]));
        client.order(&report(DEVICE, 30));
        client.callback("published");
        let order = json!({"tracker_id": scene.van.id, "command": "reboot", "reliable": false});
        eventually("the order to be taken", || {
            let reply = scene.account.call("tracker/raw_command/send", order.clone());
            (reply.body["success"] == true).then_some(())
        });
        let told = client.message("the order", |message| message["topic"] == format!("ngp/{DEVICE}/commands"));
        assert_eq!((&told["body"]["type"], &told["body"]["command"]), (&json!("raw"), &json!("reboot")));
        client.order(&json!({"close": true}));
        client.callback("disconnect");
    }
}
