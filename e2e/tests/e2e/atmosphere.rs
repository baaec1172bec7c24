//! Opening a socket: with and without the parameters of Atmosphere clients.

use std::time::{Duration, Instant};

use e2e::{Account, Frame, Server, ServerOptions, Socket};
use serde_json::json;

/// What a classic client adds to the address at its first attempt.
const FIRST: &str = "/v2/event/subscription?X-Atmosphere-tracking-id=0&X-Atmosphere-Framework=4.0.1\
    &X-Atmosphere-Transport=websocket&Content-Type=application/json&X-atmo-protocol=true";

/// The same client coming back.
const AGAIN: &str = "/v2/event/subscription?X-Atmosphere-tracking-id=6f1b8fd4-9d0c-4b1e-9a55-0c1d2e3f4a5b\
    &X-Atmosphere-Framework=4.0.1&X-Atmosphere-Transport=websocket&X-atmo-protocol=true";

/// A millisecond interval and a padding character follow the id that the server gives.
#[track_caller]
fn handshake(text: &str) -> String {
    let parts: Vec<&str> = text.split('|').collect();
    let [uuid, "30000", "X", ""] = parts[..] else { panic!("not a handshake: {text}") };
    let shape: Vec<usize> = uuid.split('-').map(str::len).collect();
    assert_eq!(shape, [8, 4, 4, 4, 12], "a UUID: {uuid}");
    assert!(uuid.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f' | b'-')), "lower case: {uuid}");
    assert_eq!(uuid.as_bytes()[14], b'4', "version 4: {uuid}");
    uuid.to_owned()
}

#[test]
fn the_handshake_comes_first_and_alone() {
    let server = Server::start();
    let account = Account::new(&server);
    let van = account.ngp("yard-unit-0007");
    let mut socket = Socket::open_at(&server, FIRST);
    handshake(&socket.text());
    socket.subscribe(&account.hash, &[van.id]);
    socket.state_of(van.source_id);
    // A client without an id and one that puts everything in headers are new clients as well.
    let mut socket = Socket::open_at(&server, "/event/subscription?X-atmo-protocol=true");
    handshake(&socket.text());
    let headers = [("X-Atmosphere-tracking-id", "0"), ("X-atmo-protocol", "true")];
    let mut socket = Socket::try_open(&server, "/v2/event/subscription", &headers).expect("opened");
    handshake(&socket.text());
}

#[test]
fn two_clients_are_given_two_ids() {
    let server = Server::start();
    let first = handshake(&Socket::open_at(&server, FIRST).text());
    let second = handshake(&Socket::open_at(&server, FIRST).text());
    assert_ne!(first, second);
}

#[test]
fn a_returning_client_gets_a_heartbeat_at_once_and_no_handshake() {
    let server = Server::start();
    let mut socket = Socket::open_at(&server, AGAIN);
    assert_eq!(socket.text(), "X");
    let mut socket = Socket::open_at(&server, &format!("{AGAIN}&X-Atmosphere-TrackMessageSize=true"));
    assert_eq!(socket.text(), "1|X");
}

#[test]
fn messages_carry_their_length_when_asked() {
    let server = Server::start();
    let account = Account::new(&server);
    let van = account.ngp("yard-unit-0007");
    let mut socket = Socket::open_at(&server, &format!("{FIRST}&X-Atmosphere-TrackMessageSize=true"));
    let text = socket.text();
    let rest = text.strip_prefix("45|").unwrap_or_else(|| panic!("its length first: {text}"));
    handshake(rest);

    // The error repeats the request: characters of every width, counted as UTF-16 does.
    let odd = "a\u{e9}\u{20ac}\u{1f69a}";
    socket.send(&json!({"action": "subscribe", "hash": "none", "events": [odd], "trackers": []}));
    let error = unprefixed(&socket.text());
    assert_eq!(error["type"], "error");
    assert_eq!(error["data"]["events"], json!([odd]), "{error}");
    socket.send(&json!({"action": "subscribe", "hash": account.hash, "events": ["state"], "trackers": [van.id]}));
    assert_eq!(unprefixed(&socket.text())["type"], "response");
    assert_eq!(unprefixed(&socket.text())["event"], "state");
}

#[track_caller]
fn unprefixed(text: &str) -> serde_json::Value {
    let (length, message) = text.split_once('|').unwrap_or_else(|| panic!("its length first: {text}"));
    let units: usize = length.parse().unwrap_or_else(|_| panic!("a number first: {text}"));
    assert_eq!(message.encode_utf16().count(), units, "{text}");
    serde_json::from_str(message).unwrap_or_else(|error| panic!("{message}: {error}"))
}

#[test]
fn without_parameters_the_server_speaks_only_when_spoken_to() {
    let server = Server::with(ServerOptions::default().set("ODOGRAPH_WS_HEARTBEAT_S", "1"));
    let account = Account::new(&server);
    let mut socket = Socket::open(&server);
    pings_without_text(&mut socket);
    socket.silent(&account.hash);
}

#[test]
fn an_atmosphere_connection_gets_text_heartbeats() {
    let server = Server::with(ServerOptions::default().set("ODOGRAPH_WS_HEARTBEAT_S", "1"));
    let mut socket = Socket::open_at(&server, FIRST);
    handshake(&socket.text());
    assert_eq!(socket.text(), "X");
    assert_eq!(socket.text(), "X");
}

#[test]
fn a_client_may_do_without_text_heartbeats() {
    let server = Server::with(ServerOptions::default().set("ODOGRAPH_WS_HEARTBEAT_S", "1"));
    let mut socket = Socket::open_at(&server, &format!("{FIRST}&X-Heartbeat-Server=0"));
    handshake(&socket.text());
    pings_without_text(&mut socket);
}

/// Two Pings come, and no text with them.
#[track_caller]
fn pings_without_text(socket: &mut Socket) {
    let before = socket.pings();
    let deadline = Instant::now() + Duration::from_secs(10);
    while socket.pings() < before + 2 {
        assert!(Instant::now() < deadline, "no Ping came");
        let frame = socket.frame_within(Duration::from_millis(50));
        assert_eq!(frame, None, "no text heartbeat on this connection");
    }
}

#[test]
fn heartbeats_and_noise_of_the_client_are_passed_over() {
    let server = Server::start();
    let account = Account::new(&server);
    let mut socket = Socket::open_at(&server, FIRST);
    handshake(&socket.text());
    for noise in ["X", "", "  \n", "...ACK...", "X"] {
        socket.send_text(noise);
    }
    socket.silent(&account.hash);
}

#[test]
fn a_returning_client_hears_the_lifecycle_it_missed() {
    let server = Server::start();
    let account = Account::new(&server);
    let (van, other) = (account.ngp("yard-unit-0007"), account.ngp("yard-unit-0008"));
    let mut socket = Socket::open_at(&server, FIRST);
    let id = handshake(&socket.text());
    socket.subscribe(&account.hash, &[van.id, other.id]);
    socket.state_of(van.source_id);
    socket.state_of(other.source_id);
    drop(socket);

    account.block(&van, true);
    account.block(&other, true);
    let again = FIRST.replace("tracking-id=0", &format!("tracking-id={id}"));
    let mut socket = Socket::open_at(&server, &again);
    assert_eq!(socket.text(), "X");
    assert_eq!(socket.subscribe(&account.hash, &[van.id]), json!({van.id.to_string(): "blocked"}));
    socket.lifecycle(van.source_id, "block");
    socket.silent(&account.hash);
}

#[test]
fn the_socket_is_served_under_every_base_with_and_without_a_slash() {
    let server = Server::start();
    let account = Account::new(&server);
    for base in ["/v2", "/api-v2", ""] {
        for slash in ["", "/"] {
            let mut socket = Socket::open_at(&server, &format!("{base}/event/subscription{slash}"));
            socket.silent(&account.hash);
        }
    }
}

#[test]
fn an_upgrade_where_no_socket_is_gets_404_and_a_plain_get_426() {
    let server = Server::start();
    for path in ["/nothing/here", "/v2/tracker/list", "/v2/event"] {
        match Socket::try_open(&server, path, &[]) {
            Err(error) => match *error {
                tungstenite::Error::Http(response) => assert_eq!(response.status().as_u16(), 404, "{path}"),
                other => panic!("{path}: {other}"),
            },
            Ok(_) => panic!("{path} has no socket"),
        }
    }
    let reply = server.api().get("/v2/event/subscription");
    assert_eq!(reply.status, 426, "{}", reply.text);
    assert_eq!(reply.body["success"], false);
}

#[test]
fn the_closing_request_of_a_classic_client_is_answered_with_cors() {
    let server = Server::start();
    let id = handshake(&Socket::open_at(&server, FIRST).text());
    let path = format!("/v2/event/subscription?X-Atmosphere-Transport=close&X-Atmosphere-tracking-id={id}&_=1");
    let headers = [("Content-Type", "text/plain"), ("Origin", "https://app.example.test")];
    for method in ["GET", "POST", "GET"] {
        let reply = server.api().request(method, &path, &headers, b"");
        assert_eq!((reply.status, reply.text.as_str()), (200, ""), "{method}");
        assert_eq!(reply.header("access-control-allow-origin"), Some("*"));
    }
}

#[test]
fn any_origin_and_every_offer_of_compression_is_accepted_without_a_subprotocol() {
    let server = Server::start();
    let account = Account::new(&server);
    let headers = [
        ("Origin", "https://anything.example.test"),
        ("Sec-WebSocket-Extensions", "permessage-deflate; client_max_window_bits"),
    ];
    let mut socket = Socket::try_open(&server, "/v2/event/subscription", &headers).expect("opened");
    socket.silent(&account.hash);
    assert_eq!(socket.frame_within(Duration::ZERO), None::<Frame>);
}
