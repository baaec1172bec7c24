//! Teltonika units over TCP.

use e2e::teltonika::{Codec, Element, login, packet, record};
use e2e::{Account, Report, Server, Tracker, eventually, now_ms};
use serde_json::{Value, json};

const IMEI: &str = "350000000000014";

/// One record, at a speed of its own, some milliseconds ago.
fn at(speed_kmh: u16, ago_ms: i64) -> e2e::teltonika::Record {
    record(&Report { time_ms: now_ms() - ago_ms, ..Report::at_speed(speed_kmh) }, Vec::new())
}

/// The speeds in the journal, in its order.
fn speeds(server: &Server) -> Vec<f64> {
    server.export(&[]).iter().map(|line| line["speed_kmh"].as_f64().expect("a number")).collect()
}

#[test]
fn codec_8_and_8_extended_carry_position_and_elements() {
    for codec in [Codec::Eight, Codec::EightExtended] {
        let server = Server::start();
        let account = Account::new(&server);
        let van = account.teltonika(IMEI);
        let elements = vec![
            Element::u8(239, 1),
            Element::u8(240, 1),
            Element::u8(1, 1),
            Element::u8(21, 4),
            Element::u8(113, 88),
            Element::u16(66, 12_634),
            Element::u32(16, 1_234_567),
            Element::u64(78, 0x0100_001A_2B3C_4D5E),
        ];
        let mut tracker = Tracker::online(server.device("teltonika"), IMEI);
        let stored = tracker.try_upload(codec, &[record(&Report::at_speed(63), elements)]).expect("an acknowledgement");
        assert_eq!(stored, 1, "{codec:?}");

        let state = account.state(&van);
        assert_eq!((&state["ignition"], &state["gps"]["speed"]), (&json!(true), &json!(63)), "{codec:?}: {state}");
        assert_eq!((&state["battery_level"], &state["inputs"][0]), (&json!(88), &json!(true)), "{codec:?}: {state}");
        let line = &server.export(&[])[0];
        assert_eq!((&line["device"], &line["source_id"]), (&json!(IMEI), &json!(van.source_id)));
        assert_eq!((line["altitude_m"].as_f64(), line["heading_deg"].as_f64()), (Some(18.0), Some(132.0)), "{line}");
        assert_eq!(line["valid"], true, "{line}");
        let attributes = &line["attributes"];
        for (name, value) in [
            ("board_voltage", json!(12.634)),
            ("hardware_mileage", json!(1234.567)),
            ("gsm_signal_level", json!(80)),
            ("hardware_key", json!("5E4D3C2B1A000001")),
            ("avl_io_66", json!(12_634)),
            ("avl_io_16", json!(1_234_567)),
        ] {
            assert_eq!(attributes[name], value, "{codec:?} {name}: {attributes}");
        }
    }
}

#[test]
fn bytes_may_arrive_in_any_pieces() {
    let server = Server::start();
    let account = Account::new(&server);
    account.teltonika(IMEI);
    let mut bytes = login(IMEI);
    bytes.extend(packet(Codec::EightExtended, &[at(11, 3000), at(12, 2000)]));
    let mut tracker = Tracker::connect(server.device("teltonika"));
    for byte in &bytes {
        tracker.send(&[*byte]).expect("sent");
    }
    // The login's answer and then the count, in one stream.
    let mut answer = [0; 5];
    read(&mut tracker, &mut answer);
    assert_eq!(answer, [1, 0, 0, 0, 2]);
    assert_eq!(speeds(&server), [11.0, 12.0]);
}

fn read(tracker: &mut Tracker, answer: &mut [u8; 5]) {
    answer[0] = tracker.byte().expect("an answer to the login");
    answer[1..].copy_from_slice(&tracker.acknowledged().expect("a count").to_be_bytes());
}

#[test]
fn login_and_several_packets_may_come_in_one_read() {
    let server = Server::start();
    let account = Account::new(&server);
    account.teltonika(IMEI);
    let mut bytes = vec![0xFF];
    bytes.extend(login(IMEI));
    for index in 0..5 {
        bytes.extend(packet(Codec::Eight, &[at(index, 5000 - i64::from(index))]));
        bytes.push(0xFF);
    }
    let mut tracker = Tracker::connect(server.device("teltonika"));
    tracker.send(&bytes).expect("sent");
    let mut answer = [0; 5];
    read(&mut tracker, &mut answer);
    assert_eq!(answer, [1, 0, 0, 0, 1]);
    for _ in 1..5 {
        assert_eq!(tracker.acknowledged().expect("a count"), 1);
    }
    assert_eq!(speeds(&server), [0.0, 1.0, 2.0, 3.0, 4.0]);
}

#[test]
fn a_wrong_checksum_is_not_stored_and_the_connection_goes_on() {
    let server = Server::start();
    let account = Account::new(&server);
    account.teltonika(IMEI);
    let mut tracker = Tracker::online(server.device("teltonika"), IMEI);
    let mut broken = packet(Codec::EightExtended, &[at(77, 2000)]);
    broken[20] ^= 0x40;
    tracker.send(&broken).expect("sent");
    tracker.send(&packet(Codec::EightExtended, &[at(55, 1000)])).expect("sent");
    // The refusal may be a count of nothing or silence; the next packet is counted either way.
    let mut count = tracker.acknowledged().expect("a count");
    if count == 0 {
        count = tracker.acknowledged().expect("a count");
    }
    assert_eq!(count, 1);
    assert_eq!(speeds(&server), [55.0]);
}

#[test]
fn an_unknown_device_is_refused_and_none_of_its_data_kept() {
    let server = Server::start();
    let account = Account::new(&server);
    account.teltonika(IMEI);
    let mut tracker = Tracker::connect(server.device("teltonika"));
    assert_eq!(tracker.log_in("350000000000999").expect("an answer"), 0);
    let _ = tracker.send(&packet(Codec::EightExtended, &[at(1, 1000)]));
    assert!(tracker.is_closed(), "nothing is acknowledged");
    assert_eq!(server.export(&[]), Vec::<Value>::new());
    // And once it is registered it may come in.
    account.teltonika("350000000000999");
    Tracker::online(server.device("teltonika"), "350000000000999");
}

#[test]
fn data_before_a_login_is_never_acknowledged() {
    let server = Server::start();
    let mut tracker = Tracker::connect(server.device("teltonika"));
    tracker.send(&packet(Codec::Eight, &[at(1, 1000)])).expect("sent");
    assert!(tracker.is_closed());
}

#[test]
fn a_packet_that_is_sent_again_is_acknowledged_again_and_stored_once() {
    let server = Server::start();
    let account = Account::new(&server);
    account.teltonika(IMEI);
    let bytes = packet(Codec::EightExtended, &[at(1, 3000), at(2, 2000), at(3, 1000)]);
    let mut tracker = Tracker::online(server.device("teltonika"), IMEI);
    for _ in 0..3 {
        tracker.send(&bytes).expect("sent");
        assert_eq!(tracker.acknowledged().expect("a count"), 3);
    }
    // And on another connection, as after a lost acknowledgement.
    let mut tracker = Tracker::online(server.device("teltonika"), IMEI);
    tracker.send(&bytes).expect("sent");
    assert_eq!(tracker.acknowledged().expect("a count"), 3);
    assert_eq!(speeds(&server), [1.0, 2.0, 3.0]);
}

#[test]
fn records_of_one_packet_may_come_newest_first() {
    let server = Server::start();
    let account = Account::new(&server);
    let van = account.teltonika(IMEI);
    let mut tracker = Tracker::online(server.device("teltonika"), IMEI);
    tracker.upload(&[at(30, 1000), at(20, 2000), at(10, 3000)]);
    assert_eq!(account.state(&van)["gps"]["speed"], 30);
    assert_eq!(server.export(&[]).len(), 3);
}

#[test]
fn a_second_connection_of_one_device_does_not_disturb_the_state() {
    let server = Server::start();
    let account = Account::new(&server);
    let van = account.teltonika(IMEI);
    let mut first = Tracker::online(server.device("teltonika"), IMEI);
    first.upload(&[at(1, 3000)]);
    let mut second = Tracker::online(server.device("teltonika"), IMEI);
    second.upload(&[at(2, 2000)]);
    drop(first);
    second.upload(&[at(3, 1000)]);
    assert_eq!(account.state(&van)["gps"]["speed"], 3);
    assert_eq!(speeds(&server), [1.0, 2.0, 3.0]);
}

#[test]
fn many_devices_at_once_are_kept_apart() {
    let server = Server::start();
    let account = Account::new(&server);
    let imeis: Vec<String> = (0..20).map(|index| format!("35000000001{index:04}")).collect();
    let trackers: Vec<_> = imeis.iter().map(|imei| account.teltonika(imei)).collect();
    let address = server.device("teltonika");
    std::thread::scope(|scope| {
        for (index, imei) in imeis.iter().enumerate() {
            scope.spawn(move || {
                let mut tracker = Tracker::online(address, imei);
                for step in 0..20 {
                    tracker.upload(&[at(u16::try_from(index).expect("small"), 20_000 - step)]);
                }
            });
        }
    });
    for (index, tracker) in trackers.iter().enumerate() {
        assert_eq!(account.state(tracker)["gps"]["speed"], index, "{}", tracker.device_id);
    }
    let lines = server.export(&[]);
    assert_eq!(lines.len(), 400);
    let mut last = -1;
    for line in &lines {
        let seq = line["seq"].as_i64().expect("an order number");
        assert!(seq > last, "the export is in order of seq");
        last = seq;
    }
    assert_eq!(server.export(&["--device", &imeis[3]]).len(), 20);
}

#[test]
fn an_unknown_device_is_logged_but_not_at_every_attempt() {
    let server = Server::start();
    for _ in 0..50 {
        let mut tracker = Tracker::connect(server.device("teltonika"));
        assert_eq!(tracker.log_in("350000000000777").expect("an answer"), 0);
    }
    let lines = || server.stderr().lines().filter(|line| line.contains("350000000000777")).count();
    eventually("a line on the refused device", || (lines() > 0).then_some(()));
    assert!(lines() <= 5, "{} lines on one device within a moment", lines());
}
