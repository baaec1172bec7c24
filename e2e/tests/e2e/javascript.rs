//! Published clients as they are: JavaScript run by Node and in a browser, and Python.

use std::net::SocketAddr;

use e2e::{
    Account, Proxy, PublishedClient, RegisteredTracker, Report, Server, ServerOptions, chromium, eventually, ngp,
    ngp_body, node_clients, python,
};
use serde_json::{Value, json};

/// The folder of the clients, or a line on why there is none.
macro_rules! clients {
    () => {
        match node_clients() {
            Ok(folder) => folder,
            Err(reason) => {
                eprintln!("{reason}");
                return;
            }
        }
    };
}

/// A server that beats quickly, a tracker, and a line to it that can be cut.
struct Scene {
    server: Server,
    account: Account,
    van: RegisteredTracker,
    proxy: Proxy,
}

fn scene() -> Scene {
    scene_behind(Proxy::to)
}

fn scene_behind(proxy: fn(SocketAddr) -> Proxy) -> Scene {
    // A busy machine reads late, and a stream without lengths must not be read late.
    let options = ServerOptions::default().set("ODOGRAPH_WS_FALLBACK_PAUSE_MS", "400");
    let server = Server::with(options.set("ODOGRAPH_WS_HEARTBEAT_S", "1"));
    let account = Account::new(&server);
    let van = account.ngp("yard-unit-0007");
    let proxy = proxy(server.http());
    Scene { server, account, van, proxy }
}

impl Scene {
    fn url(&self, scheme: &str) -> String {
        format!("{scheme}://{}/v2/event/subscription", self.proxy.address())
    }

    fn subscribe(&self) -> Value {
        json!({"push": {"action": "subscribe", "hash": self.account.hash, "events": ["state"],
            "trackers": [self.van.id]}})
    }

    /// The client subscribes, is answered, and sees a report as it comes in.
    #[track_caller]
    fn watches(&self, client: &mut PublishedClient, speed_kmh: u16) {
        client.order(&self.subscribe());
        let response = client.message("the response", |message| message["type"] == "response");
        assert_eq!(response["data"]["state"], json!({self.van.id.to_string(): "normal"}));
        client.message("the first state", |message| message["event"] == "state");
        let body = ngp_body("yard-unit-0007", &Report::at_speed(speed_kmh), &Value::Null);
        assert_eq!(ngp(self.server.device("ngp"), &body), 200);
        client.message("the report", |message| message["data"]["gps"]["speed"] == speed_kmh);
    }

    /// The walk that every Atmosphere client does: open, watch, be cut off, come back, watch again, log out.
    #[track_caller]
    fn walk(&self, mut client: PublishedClient, transport: &str) {
        let open = client.callback("open");
        assert!(open["transport"].is_null() || open["transport"] == transport, "{open}");
        self.watches(&mut client, 31);
        if transport == "long-polling" {
            // Between two polls there is nothing to cut.
            eventually("a poll is held", || {
                let figures = self.server.api().get("/metrics").text;
                figures.lines().any(|line| line == "odograph_web_streams_open 1").then_some(())
            });
        }
        self.proxy.cut();
        client.callback("reopen");
        self.watches(&mut client, 32);
        self.account.block(&self.van, true);
        let block = client.message("the block", |message| message["event"] == "lifecycle");
        assert_eq!(block["data"], json!({"source_id": self.van.source_id, "lifecycle_event": "block"}));
        self.account.call("user/logout", Value::Null).ok();
        client.message("the logout", |message| message["event"] == "logout");
        for line in client.seen() {
            assert!(!line.contains("30000|"), "a handshake reached the application: {line}");
            let seen: Value = serde_json::from_str(line).expect("the client prints JSON");
            assert!(seen["callback"] != "message" || seen["message"].is_object(), "not a JSON message: {line}");
            let is_asked_for = transport != "websocket";
            assert!(is_asked_for || !line.contains("transport_failure"), "a fallback was tried: {line}");
        }
        client.order(&json!({"close": true}));
        // The current client says nothing more when it ends polls or a stream.
        if !open["transport"].is_null() || transport == "websocket" {
            client.callback("close");
        }
        assert!(self.server.api().is_healthy());
    }

    fn classic(&self, package: &str, options: &Value) {
        let folder = clients!();
        let client =
            PublishedClient::start(&folder, "classic.cjs", &[package, &self.url("http"), &options.to_string()]);
        self.walk(client, transport_of(options));
    }

    fn in_a_browser(&self, kind: &str, options: &Value) {
        let folder = clients!();
        if let Err(reason) = chromium() {
            eprintln!("{reason}");
            return;
        }
        let arguments = [kind, &self.url("http"), &options.to_string()];
        self.walk(PublishedClient::start(&folder, "browser.cjs", &arguments), transport_of(options));
    }

    fn current(&self, options: &Value) {
        let folder = clients!();
        let client = PublishedClient::start(&folder, "current.mjs", &[&self.url("http"), &options.to_string()]);
        self.walk(client, transport_of(options));
    }
}

fn transport_of(options: &Value) -> &str {
    options["transport"].as_str().unwrap_or("websocket")
}

#[test]
fn classic_atmosphere_2_walks_through() {
    scene().classic("atmosphere-2", &json!({}));
}

#[test]
fn classic_atmosphere_3_walks_through() {
    scene().classic("atmosphere-3", &json!({}));
}

#[test]
fn classic_atmosphere_4_walks_through() {
    scene().classic("atmosphere-4", &json!({}));
}

#[test]
fn classic_atmosphere_with_message_lengths_and_its_own_heartbeat_walks_through() {
    scene().classic("atmosphere-3", &json!({"trackMessageLength": true, "heartbeat": {"server": 5}}));
}

#[test]
fn classic_atmosphere_polls() {
    scene().classic("atmosphere-2", &json!({"transport": "long-polling"}));
    scene().classic("atmosphere-3", &json!({"transport": "long-polling", "trackMessageLength": true}));
    scene().classic("atmosphere-4", &json!({"transport": "long-polling"}));
}

#[test]
fn classic_atmosphere_takes_a_stream() {
    scene().classic("atmosphere-2", &json!({"transport": "streaming"}));
    scene().classic("atmosphere-3", &json!({"transport": "streaming", "trackMessageLength": true}));
    scene().classic("atmosphere-4", &json!({"transport": "streaming"}));
}

#[test]
fn classic_atmosphere_takes_events() {
    scene().classic("atmosphere-2", &json!({"transport": "sse"}));
    scene().classic("atmosphere-3", &json!({"transport": "sse", "trackMessageLength": true}));
    scene().classic("atmosphere-4", &json!({"transport": "sse"}));
}

#[test]
fn a_client_whose_websocket_is_refused_falls_back_and_hears_the_same() {
    let folder = clients!();
    // The oldest falls back twice, the second time to nothing, unless it is told not to try again.
    for (package, fallback) in
        [("atmosphere-2", "long-polling"), ("atmosphere-3", "streaming"), ("atmosphere-4", "long-polling")]
    {
        let scene = scene_behind(Proxy::without_websockets);
        let options = json!({"fallbackTransport": fallback, "maxWebsocketErrorRetries": 0}).to_string();
        let mut client = PublishedClient::start(&folder, "classic.cjs", &[package, &scene.url("http"), &options]);
        client.callback("transport_failure");
        scene.walk(client, fallback);
    }
}

#[test]
fn current_atmosphere_with_its_protocol_walks_through() {
    scene().current(&json!({"enableProtocol": true}));
}

#[test]
fn current_atmosphere_with_message_lengths_walks_through() {
    scene().current(&json!({"enableProtocol": true, "trackMessageLength": true}));
}

#[test]
fn current_atmosphere_takes_a_stream() {
    scene().current(&json!({"enableProtocol": true, "transport": "streaming"}));
}

#[test]
fn current_atmosphere_polls() {
    scene().current(&json!({"enableProtocol": true, "transport": "long-polling"}));
}

#[test]
fn current_atmosphere_without_its_protocol_walks_through() {
    scene().current(&json!({}));
}

#[test]
fn a_plain_client_sees_json_only_and_gets_pings_and_pongs() {
    let folder = clients!();
    let scene = scene();
    let mut client = PublishedClient::start(&folder, "plain.cjs", &[&scene.url("ws")]);
    let open = client.callback("open");
    assert_eq!(open["protocol"], "", "no subprotocol is chosen");
    scene.watches(&mut client, 41);
    client.callback("ping");
    client.order(&json!({"close": true}));
    client.callback("pong");
    let close = client.callback("close");
    assert_eq!(close["code"], 1000);
    for line in client.seen() {
        let value: Value = serde_json::from_str(line).expect("the client prints JSON");
        assert!(value["callback"] != "message" || value["message"].is_object(), "not a JSON message: {line}");
    }
}

#[test]
fn classic_atmosphere_walks_through_in_a_browser() {
    scene().in_a_browser("classic", &json!({}));
}

#[test]
fn current_atmosphere_walks_through_in_a_browser() {
    scene().in_a_browser("current", &json!({"enableProtocol": true}));
}

#[test]
fn the_browsers_own_websocket_watches_and_closes() {
    let folder = clients!();
    if let Err(reason) = chromium() {
        eprintln!("{reason}");
        return;
    }
    let scene = scene();
    let mut client = PublishedClient::start(&folder, "browser.cjs", &["plain", &scene.url("ws")]);
    assert_eq!(client.callback("open")["protocol"], "");
    scene.watches(&mut client, 42);
    client.order(&json!({"close": true}));
    assert_eq!(client.callback("close")["code"], 1000);
}

#[test]
fn pythons_websockets_watches_pings_and_closes() {
    let python = match python() {
        Ok(python) => python,
        Err(reason) => {
            eprintln!("{reason}");
            return;
        }
    };
    let scene = scene();
    let mut client = PublishedClient::start_python(&python, "plain.py", &[&scene.url("ws")]);
    client.callback("open");
    scene.watches(&mut client, 43);
    client.order(&json!({"ping": true}));
    client.callback("pong");
    client.order(&json!({"close": true}));
    assert_eq!(client.callback("close")["code"], 1000);
}

#[test]
fn atmosphere_takes_server_sent_events_in_a_browser() {
    scene().in_a_browser("classic", &json!({"transport": "sse"}));
    scene().in_a_browser("current", &json!({"transport": "sse", "enableProtocol": true}));
}
