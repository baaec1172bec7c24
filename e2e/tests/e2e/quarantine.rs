//! Frames that could not be read: kept, shown, and read again after a fix.

use std::io::{Read, Write};
use std::net::TcpStream;

use e2e::gt06::{Gt06, position};
use e2e::{Account, RegisteredTracker, Report, Server, ServerOptions, eventually, run};
use serde_json::{Value, json};

use crate::unknown_devices::office;

const IMEI: &str = "350000000000014";

/// A position whose checksum is wrong by a bit.
fn damaged(report: &Report, serial: u16) -> Vec<u8> {
    let mut frame = position(report, serial);
    let low = frame.len() - 3;
    frame[low] ^= 1;
    frame
}

fn set_checksum(account: &Account, bike: &RegisteredTracker, policy: &str) {
    office(account, "device_settings/update", json!({"tracker_id": bike.id, "settings": {"checksum": policy}}));
}

/// The frames in quarantine, once there are as many.
#[track_caller]
fn quarantined(account: &Account, count: usize) -> Vec<Value> {
    eventually("as many frames in quarantine", || {
        let list = office(account, "quarantine/list", json!({}))["list"].as_array().expect("a list").clone();
        (list.len() == count).then_some(list)
    })
}

/// A unit of which the server expects good checksums, and that sends one good frame and two bad ones.
fn stage(server: &Server) -> (Account, RegisteredTracker) {
    let account = Account::new(server);
    let bike = account.register(IMEI, "gt06");
    set_checksum(&account, &bike, "enforce");
    let mut unit = Gt06::online(server.device("gt06"), IMEI);
    let at = |s: i64| Report { time_ms: e2e::now_ms() / 1_000 * 1_000 - s * 1_000, ..Report::at_speed(20) };
    unit.report(&at(30), 2);
    unit.send(&damaged(&at(20), 3));
    unit.send(&damaged(&at(10), 4));
    unit.report(&at(5), 5);
    (account, bike)
}

fn redecode(server: &Server, more: &[&str]) -> String {
    let folder = server.folder().path().to_str().expect("a plain path");
    let exit = run(&[&["redecode", "--data", folder][..], more].concat(), &[]);
    assert_eq!(exit.code, Some(0), "{}", exit.stderr);
    exit.stdout
}

#[test]
fn a_frame_that_could_not_be_read_is_kept_and_read_again_after_a_fix() {
    let server = Server::start();
    let (account, bike) = stage(&server);
    let frames = quarantined(&account, 2);
    let frame = &frames[0];
    let facts = ["device_id", "source_id", "protocol", "transport", "kind"].map(|name| frame[name].clone());
    assert_eq!(facts, [json!(IMEI), json!(bike.source_id), json!("gt06"), json!("tcp"), json!("checksum")]);
    assert!(frame["frame"].as_str().is_some_and(|hex| hex.starts_with("7878") && hex.ends_with("0d0a")), "{frame}");
    assert_eq!(server.export(&[]).len(), 2, "neither is stored");

    assert_eq!(redecode(&server, &[]), "2 frames, 0 reports\nread: 0\nstill faulty, checksum: 2\n");
    set_checksum(&account, &bike, "warn");
    assert_eq!(redecode(&server, &["--dry-run"]), "2 frames, 2 reports\nread: 2\n");
    assert_eq!((quarantined(&account, 2).len(), server.export(&[]).len()), (2, 2), "a dry run changes nothing");
    let newest = frame["id"].to_string();
    assert_eq!(redecode(&server, &["--id", &newest]), "1 frames, 1 reports\nread: 1\n");
    assert_eq!(redecode(&server, &["--protocol", "h02"]), "0 frames, 0 reports\nread: 0\n");
    assert_eq!(redecode(&server, &["--device", IMEI]), "1 frames, 1 reports\nread: 1\n");
    quarantined(&account, 0);
    let times: Vec<Value> = server.export(&[]).iter().map(|line| line["time"].clone()).collect();
    assert_eq!(times.len(), 4, "{times:?}");
    assert_eq!(account.state(&bike)["gps"]["speed"], 20);

    // The unit was never told that they arrived, and sends them again.
    let mut unit = Gt06::online(server.device("gt06"), IMEI);
    for line in server.export(&[]) {
        let time_ms = model::Timestamp::parse_iso(line["time"].as_str().expect("a time")).expect("a time").ms();
        unit.report(&Report { time_ms, ..Report::at_speed(20) }, 6);
    }
    assert_eq!(server.export(&[]).len(), 4, "nothing is stored twice");
}

#[test]
fn frames_are_read_again_on_the_folder_of_a_server_that_does_not_run() {
    let mut server = Server::start();
    let (account, bike) = stage(&server);
    quarantined(&account, 2);
    set_checksum(&account, &bike, "warn");
    assert_eq!(server.stop(), Some(0));
    assert_eq!(redecode(&server, &["--dry-run"]), "2 frames, 2 reports\nread: 2\n");
    assert_eq!(redecode(&server, &[]), "2 frames, 2 reports\nread: 2\n");
    assert_eq!(redecode(&server, &[]), "0 frames, 0 reports\nread: 0\n");
    assert_eq!(server.export(&[]).len(), 4);
    server.start_again();
    assert_eq!(server.export(&[]).len(), 4);
}

#[test]
fn what_is_kept_is_bounded_and_holds_up_nobody() {
    let options = ServerOptions::default().set("ODOGRAPH_QUARANTINE_FRAMES_MAX", "40");
    let server = Server::with(options.set("ODOGRAPH_QUARANTINE_DEVICE_PERCENT_MAX", "25"));
    let (account, _) = stage(&server);
    let mut flood = TcpStream::connect(server.device("gt06")).expect("the listener accepts");
    // Noise, of somebody who never said who it is, until the server has had enough of it.
    let _ = flood.write_all(&[0xA5; 64 * 1024]);
    let _ = flood.read(&mut [0; 16]);
    let mut unit = Gt06::online(server.device("gt06"), IMEI);
    for n in 0..5 {
        for m in 0..8 {
            unit.send(&damaged(&Report::at_speed(30 + n), m));
        }
        unit.report(&Report { time_ms: e2e::now_ms() - i64::from(n), ..Report::at_speed(90) }, 7);
    }
    let frames = eventually("the last of them in quarantine", || {
        let list =
            office(&account, "quarantine/list", json!({"device_id": IMEI}))["list"].as_array().expect("a list").clone();
        (list.len() == 10).then_some(list)
    });
    assert!(frames.iter().all(|frame| frame["kind"] == "checksum"), "{frames:?}");
    let removed = office(&account, "quarantine/delete", json!({"device_id": IMEI}))["removed"].clone();
    assert_eq!(removed, 10);
}
