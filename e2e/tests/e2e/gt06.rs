//! GT06 units over TCP.

use e2e::gt06::{Gt06, frame, login, position};
use e2e::{Account, Report, Server, Socket, eventually};
use serde_json::json;

const IMEI: &str = "350000000000014";

#[test]
fn one_position_goes_from_a_gt06_socket_to_a_navixy_socket() {
    let server = Server::start();
    let account = Account::new(&server);
    let bike = account.register(IMEI, "gt06");
    let mut socket = Socket::open(&server);
    socket.subscribe(&account.hash, &[bike.id]);
    assert_eq!(socket.state_of(bike.source_id)["connection_status"], "just_registered");

    let report = Report { time_ms: e2e::now_ms() / 1000 * 1000, ..Report::at_speed(63) };
    let mut unit = Gt06::online(server.device("gt06"), IMEI);
    assert!(socket.state_of(bike.source_id)["gps"]["updated"].is_null(), "it has logged in, and told no place");
    unit.report(&report, 2);

    let state = socket.state_of(bike.source_id);
    let place = |name: &str| state["gps"]["location"][name].as_f64().expect("a number");
    assert!((place("lat") - report.latitude).abs() < 1e-6 && (place("lng") - report.longitude).abs() < 1e-6, "{state}");
    assert_eq!((&state["gps"]["speed"], &state["gps"]["heading"]), (&json!(63), &json!(132)));
    assert_eq!(account.state(&bike), state, "HTTP shows the same state");
    let line = &server.export(&[])[0];
    assert_eq!((&line["device"], &line["source_id"]), (&json!(IMEI), &json!(bike.source_id)));
}

#[test]
fn a_position_is_acknowledged_each_time_and_stored_once() {
    let server = Server::start();
    let account = Account::new(&server);
    account.register(IMEI, "gt06");
    let mut unit = Gt06::online(server.device("gt06"), IMEI);
    let report = Report::at_speed(20);
    for _ in 0..5 {
        unit.report(&report, 7);
    }
    assert_eq!(server.export(&[]).len(), 1);
}

#[test]
fn a_heartbeat_shows_its_battery_and_hides_no_position_of_before() {
    let server = Server::start();
    let account = Account::new(&server);
    let bike = account.register(IMEI, "gt06");
    let mut unit = Gt06::online(server.device("gt06"), IMEI);
    unit.send(&frame(0x13, &[0x46, 5, 4, 0, 2], 5));
    assert_eq!(unit.frame(), Some(frame(0x13, &[], 5)));
    // The fix was made before the heartbeat was sent.
    unit.report(&Report { time_ms: e2e::now_ms() - 20_000, ..Report::at_speed(31) }, 6);
    let state = account.state(&bike);
    assert_eq!((&state["battery_level"], &state["gps"]["speed"]), (&json!(83), &json!(31)), "{state}");
}

#[test]
fn an_unknown_unit_is_never_answered() {
    let server = Server::start();
    let mut unit = Gt06::connect(server.device("gt06"));
    unit.send(&[login(IMEI), position(&Report::default(), 2)].concat());
    assert_eq!(unit.frame(), None);
    assert!(server.export(&[]).is_empty());
}

#[test]
fn a_command_that_was_kept_is_sent_and_confirmed_by_the_answer_with_its_flag() {
    let server = Server::start();
    let account = Account::new(&server);
    let bike = account.register(IMEI, "gt06");
    let count =
        || account.call("tracker/command/unconfirmed/count", json!({"tracker_id": bike.id})).ok()["count"].clone();
    account.call("tracker/raw_command/send", json!({"tracker_id": bike.id, "command": "STATUS#"})).ok();
    assert_eq!(count(), 1);

    let mut unit = Gt06::online(server.device("gt06"), IMEI);
    let sent = unit.frame().expect("the command");
    assert_eq!((sent[3], &sent[9..16]), (0x80, &b"STATUS#"[..]), "{sent:02X?}");
    let answer = |flag: &[u8]| frame(0x15, &[&[13][..], flag, b"ACC:ON;OK", &[0, 2]].concat(), 9);
    unit.send(&answer(&[0, 0, 0, 7]));
    unit.report(&Report::default(), 3);
    assert_eq!(count(), 1, "an answer to something else");
    unit.send(&answer(&sent[5..9]));
    eventually("the command is confirmed", || (count() == 0).then_some(()));
}
