//! The transports of Atmosphere clients that cannot have a WebSocket, by hand.

use e2e::{Account, Held, RegisteredTracker, Report, Server, ServerOptions, ngp, ngp_body};
use serde_json::{Value, json};

/// A server, a tracker, and a client of one transport.
struct Scene {
    server: Server,
    account: Account,
    van: RegisteredTracker,
}

impl Scene {
    fn new(options: ServerOptions) -> Scene {
        let server = Server::with(options);
        let account = Account::new(&server);
        let van = account.ngp("yard-unit-0007");
        Scene { server, account, van }
    }

    fn path(transport: &str, id: &str, more: &str) -> String {
        format!(
            "/v2/event/subscription?X-Atmosphere-tracking-id={id}&X-Atmosphere-Framework=4.0.1\
             &X-Atmosphere-Transport={transport}&X-atmo-protocol=true{more}"
        )
    }

    fn hold(&self, transport: &str, id: &str, more: &str) -> Held {
        let held = Held::get(self.server.http(), &Scene::path(transport, id, more));
        assert_eq!(held.status, 200, "{}", held.head);
        for line in ["access-control-allow-origin: *", "cache-control: no-store", "x-accel-buffering: no"] {
            assert!(held.head.contains(line), "{}", held.head);
        }
        held
    }

    /// Sends a message, which is answered elsewhere.
    fn push(&self, id: &str, message: &str) {
        let path = Scene::path("polling", id, "");
        let reply =
            self.server.api().request("POST", &path, &[("Origin", "https://a.example.test")], message.as_bytes());
        assert_eq!((reply.status, reply.text.as_str()), (200, ""));
        assert_eq!(reply.header("access-control-allow-origin"), Some("*"));
    }

    fn subscribe(&self, id: &str) {
        let (hash, van) = (&self.account.hash, self.van.id);
        let message = json!({"action": "subscribe", "hash": hash, "events": ["state"], "trackers": [van]});
        self.push(id, &message.to_string());
    }

    fn report(&self, speed_kmh: u16) {
        let body = ngp_body("yard-unit-0007", &Report::at_speed(speed_kmh), &Value::Null);
        assert_eq!(ngp(self.server.device("ngp"), &body), 200);
    }

    /// The walk of a client whose next message `hear` gives: subscribe, a report, a block, the end of its session.
    fn walk(&self, id: &str, hear: &mut dyn FnMut() -> String) {
        let mut message = || loop {
            match hear().trim() {
                "X" => {}
                text => return serde_json::from_str::<Value>(text).unwrap_or_else(|error| panic!("{text}: {error}")),
            }
        };
        self.push(id, "X");
        self.subscribe(id);
        let response = message();
        assert_eq!(response["data"]["state"], json!({self.van.id.to_string(): "normal"}), "{response}");
        assert_eq!(message()["data"]["source_id"], self.van.source_id);
        for speed_kmh in [31, 32] {
            self.report(speed_kmh);
            assert_eq!(message()["data"]["gps"]["speed"], speed_kmh);
        }
        self.account.block(&self.van, true);
        assert_eq!(message()["data"], json!({"source_id": self.van.source_id, "lifecycle_event": "block"}));
        self.account.call("user/logout", Value::Null).ok();
        assert_eq!(message()["event"], "logout");
    }
}

/// The id in a handshake.
#[track_caller]
fn id_of(handshake: &str) -> String {
    let parts: Vec<&str> = handshake.split('|').collect();
    let [id, "30000", "X", ""] = parts[..] else { panic!("not a handshake: {handshake}") };
    assert_eq!(id.len(), 36, "{id}");
    id.to_owned()
}

#[test]
fn a_poll_is_held_until_there_is_something_to_say() {
    let scene = Scene::new(ServerOptions::default());
    let id = id_of(&scene.hold("long-polling", "0", "").rest());
    scene.walk(&id, &mut || scene.hold("long-polling", &id, "").rest());
}

#[test]
fn a_poll_without_news_ends_empty() {
    let scene = Scene::new(ServerOptions::default().set("ODOGRAPH_WS_FALLBACK_POLL_S", "1"));
    let id = id_of(&scene.hold("long-polling", "0", "").rest());
    assert_eq!(scene.hold("long-polling", &id, "").rest(), "");
}

#[test]
fn a_stream_begins_with_padding_and_beats() {
    let scene = Scene::new(ServerOptions::default().set("ODOGRAPH_WS_HEARTBEAT_S", "1"));
    let mut stream = scene.hold("streaming", "0", "");
    assert!(stream.head.contains("content-type: text/plain"), "{}", stream.head);
    let start = stream.piece();
    assert_eq!(start.len(), 4096 + 45, "{start}");
    let id = id_of(start.trim_start());
    assert_eq!(stream.piece(), "X");
    scene.walk(&id, &mut || stream.piece());
}

#[test]
fn a_stream_carries_lengths_when_asked() {
    let scene = Scene::new(ServerOptions::default());
    let mut stream = scene.hold("streaming", "0", "&X-Atmosphere-TrackMessageSize=true");
    let unprefixed = |text: &str| {
        let (length, text) = text.split_once('|').expect("its length first");
        assert_eq!(length.parse(), Ok(text.encode_utf16().count()), "{text}");
        text.to_owned()
    };
    let id = id_of(&unprefixed(stream.piece().trim_start()));
    scene.walk(&id, &mut || unprefixed(&stream.piece()));
}

#[test]
fn events_begin_with_padding_and_beat() {
    let scene = Scene::new(ServerOptions::default().set("ODOGRAPH_WS_HEARTBEAT_S", "1"));
    let mut stream = scene.hold("sse", "0", "");
    assert!(stream.head.contains("content-type: text/event-stream"), "{}", stream.head);
    let start = stream.piece();
    let (padding, event) = start.split_once('\n').expect("a line of padding");
    assert_eq!(padding, " ".repeat(2000));
    let data = |event: &str| {
        let text = event.strip_prefix("data:").and_then(|event| event.strip_suffix("\r\n\r\n"));
        text.unwrap_or_else(|| panic!("not one event: {event:?}")).to_owned()
    };
    let id = id_of(&data(event));
    assert_eq!(data(&stream.piece()), "X");
    scene.walk(&id, &mut || data(&stream.piece()));
}

#[test]
fn who_comes_back_hears_what_happened_meanwhile() {
    let scene = Scene::new(ServerOptions::default());
    let id = id_of(&scene.hold("long-polling", "0", "").rest());
    scene.subscribe(&id);
    for _ in 0..2 {
        assert!(scene.hold("long-polling", &id, "").rest().starts_with('{'));
    }
    scene.account.block(&scene.van, true);
    let text = scene.hold("long-polling", &id, "").rest();
    assert!(text.contains(r#""lifecycle_event":"block""#), "{text}");
}

#[test]
fn a_closing_request_ends_what_is_held_and_forgets_the_client() {
    let scene = Scene::new(ServerOptions::default());
    let mut stream = scene.hold("sse", "0", "");
    let start = stream.piece();
    let id = id_of(start.trim_start().trim_start_matches("data:").trim_end());
    scene.subscribe(&id);
    let close = format!("/v2/event/subscription?X-Atmosphere-Transport=close&X-Atmosphere-tracking-id={id}");
    for _ in 0..2 {
        let reply = scene.server.api().get(&close);
        assert_eq!((reply.status, reply.text.as_str()), (200, ""));
    }
    // What was under way may still come.
    let _ = stream.rest();
    assert_eq!(scene.hold("long-polling", &id, "").rest(), "X", "it is as new under its old id");
}

#[test]
fn a_client_that_stays_away_is_forgotten() {
    let scene = Scene::new(ServerOptions::default().set("ODOGRAPH_WS_FALLBACK_ABSENT_S", "1"));
    id_of(&scene.hold("long-polling", "0", "").rest());
    let clients = |wanted: &str| {
        e2e::eventually(wanted, || {
            let text = scene.server.api().get("/metrics").text;
            text.lines().any(|line| line == wanted).then_some(())
        });
    };
    clients("odograph_navixy_fallback_clients 0");
}

#[test]
fn a_shutdown_ends_what_is_held() {
    let mut scene = Scene::new(ServerOptions::default());
    let mut stream = scene.hold("sse", "0", "");
    stream.piece();
    scene.server.ask_to_stop();
    assert_eq!(stream.rest(), "");
    assert_eq!(scene.server.wait().code(), Some(0));
}
