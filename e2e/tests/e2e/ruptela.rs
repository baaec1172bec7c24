//! Ruptela units over TCP.

use e2e::ruptela::{NOT_STORED, Ruptela, STORED, packet, record, told};
use e2e::{Account, Report, Server, Socket, eventually};
use serde_json::json;

const IMEI: &str = "350000000000014";

#[test]
fn one_record_goes_from_a_ruptela_socket_to_a_navixy_socket() {
    let server = Server::start();
    let account = Account::new(&server);
    let truck = account.register(IMEI, "ruptela");
    let mut socket = Socket::open(&server);
    socket.subscribe(&account.hash, &[truck.id]);
    assert_eq!(socket.state_of(truck.source_id)["connection_status"], "just_registered");

    let report = Report { time_ms: e2e::now_ms() / 1000 * 1000, ..Report::at_speed(63) };
    let mut unit = Ruptela::connect(server.device("ruptela"));
    unit.send(&record(IMEI, &report, &[(5, 1), (251, 1), (27, 31)]));
    assert_eq!(unit.packet().as_deref(), Some(&STORED[..]));

    let state = socket.state_of(truck.source_id);
    assert_eq!(state["gps"]["location"], json!({"lat": report.latitude, "lng": report.longitude}));
    assert_eq!(
        (&state["gps"]["speed"], &state["gps"]["heading"], &state["gps"]["alt"]),
        (&json!(63), &json!(132), &json!(18))
    );
    assert_eq!((&state["ignition"], &state["inputs"]), (&json!(true), &json!([false, false, false, true])));
    assert_eq!(account.state(&truck), state, "HTTP shows the same state");
}

#[test]
fn a_record_is_acknowledged_each_time_and_stored_once() {
    let server = Server::start();
    let account = Account::new(&server);
    account.register(IMEI, "ruptela");
    let bytes = record(IMEI, &Report::at_speed(20), &[]);
    let mut broken = bytes.clone();
    broken[20] ^= 1;
    let mut unit = Ruptela::connect(server.device("ruptela"));
    unit.send(&packet(IMEI, 16, &[]));
    assert_eq!(unit.packet(), Some(told(116, &[1])));
    for _ in 0..5 {
        unit.send(&bytes);
        assert_eq!(unit.packet().as_deref(), Some(&STORED[..]));
    }
    // What is damaged is not answered; what comes after it is.
    unit.send(&[broken, packet(IMEI, 16, &[])].concat());
    assert_eq!(unit.packet(), Some(told(116, &[1])));
    assert_eq!(server.export(&[]).len(), 1);
}

#[test]
fn an_unknown_unit_is_told_no() {
    let server = Server::start();
    let mut unit = Ruptela::connect(server.device("ruptela"));
    unit.send(&record(IMEI, &Report::default(), &[]));
    assert_eq!(unit.packet().as_deref(), Some(&NOT_STORED[..]));
    assert_eq!(unit.packet(), None);
    assert!(server.export(&[]).is_empty());
}

#[test]
fn a_command_that_was_kept_is_sent_and_confirmed_in_the_middle_of_records() {
    let server = Server::start();
    let account = Account::new(&server);
    let truck = account.register(IMEI, "ruptela");
    let count =
        || account.call("tracker/command/unconfirmed/count", json!({"tracker_id": truck.id})).ok()["count"].clone();
    account.call("tracker/raw_command/send", json!({"tracker_id": truck.id, "command": "setio 2,1"})).ok();
    assert_eq!(count(), 1);

    let mut unit = Ruptela::connect(server.device("ruptela"));
    unit.send(&packet(IMEI, 16, &[]));
    let sent = [unit.packet().expect("a packet"), unit.packet().expect("another")];
    assert!(sent.contains(&told(116, &[1])) && sent.contains(&told(108, b" setio 2,1")), "{sent:02X?}");
    unit.send(&[record(IMEI, &Report::default(), &[]), packet(IMEI, 7, b"setio ok")].concat());
    assert_eq!(unit.packet().as_deref(), Some(&STORED[..]));
    eventually("the command is confirmed", || (count() == 0).then_some(()));
}
