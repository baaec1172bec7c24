//! Codec 7.

use super::{LOGIN, bytes, float, frame, has, one_report, value};
use crate::testing::{Trace, read_whole};
use model::{EventId, Report, Value};

/// Seconds from 2007-01-01 to 2026-03-14 09:26:53, with priority 2 above.
const TIME: &str = "A41CDADD";

fn trace(data: &str) -> Trace {
    read_whole(super::teltonika(), &[bytes(LOGIN), frame(&bytes(data))].concat())
}

fn record(rest: &str) -> Report {
    let trace = trace(&format!("0701 {TIME} {rest} 01"));
    assert_eq!((trace.sent.clone(), trace.rejects().len()), (bytes("01 00000001"), 0), "{rest}");
    one_report(&trace)
}

#[test]
fn every_part_of_a_record_is_read() {
    let latitude = (-33.448_89_f32).to_bits();
    let longitude = (-70.669_27_f32).to_bits();
    let gps = format!("FF {latitude:08X} {longitude:08X} 021E 85 3F 0B 1F90 0BB8 04 0001 1D2A");
    let bytes_ = "06 0157 0201 1409 DE01 F001 F400";
    let words = "01 43 0FAC";
    let longs = "01 05 00015180";
    let r = record(&format!("0F {gps} {bytes_} {words} {longs}"));
    assert_eq!(r.time.map(|t| t.to_string()).as_deref(), Some("2026-03-14T09:26:53.000Z"));
    let p = r.position.clone().expect("has one");
    assert!((p.latitude + 33.448_89).abs() < 1e-5 && (p.longitude + 70.669_27).abs() < 1e-5);
    assert_eq!((p.altitude_m, p.heading_deg, p.speed_kmh), (Some(542.0), Some(187), Some(63.0)));
    assert_eq!((p.satellites, p.valid), (Some(11), true));
    assert_eq!(r.events, [EventId(202)]);
    has(&r, "priority", 2);
    has(&r, "lac", 0x1F90);
    has(&r, "cell_id", 0x0BB8);
    has(&r, "operator", 73_002);
    has(&r, "mobile_cells", Value::Json(r#"[{"mcc":730,"mnc":2,"lac":8080,"cell_id":3000}]"#.into()));
    has(&r, "gsm_signal_level", 80);
    has(&r, "battery_level", 87);
    has(&r, "usb", true);
    has(&r, "hdop", float(0.9));
    has(&r, "is_moving", true);
    has(&r, "roaming", false);
    has(&r, "battery_voltage", float(4.012));
    has(&r, "run_time_s", 86_400);
    for (id, raw) in [(1, 87), (2, 1), (20, 9), (222, 1), (240, 1), (244, 0), (67, 4_012), (5, 86_400)] {
        has(&r, &format!("avl_io_{id}"), raw);
    }
}

#[test]
fn parts_that_are_missing_are_not_read() {
    let r = record("00");
    assert_eq!((r.position.as_ref(), r.events.len()), (None, 0));
    let r = record("01 10 00");
    assert_eq!((r.position.as_ref(), value(&r, "satellites")), (None, Some(Value::Int(0))));
    let r = record("01 01 42C90000 41200000");
    assert_eq!(r.position, None, "latitude 100.5");
    let r = record("01 40 09");
    assert_eq!(value(&r, "gsm_signal_level"), None);
    has(&r, "teltonika_signal", 9);
    let r = record("02 04 DE00 DD03 1505 160A");
    assert_eq!(r.events, []);
    has(&r, "button", 3);
    has(&r, "vdop", float(0.5));
    has(&r, "pdop", float(1.0));
    let unset = trace("0701 00000000 02 01 0157 01");
    assert_eq!(one_report(&unset).time, None);
}

#[test]
fn records_before_a_broken_one_are_kept() {
    let check = |data: &str, sent: &str, reports: usize| {
        let trace = trace(data);
        assert_eq!((trace.sent.clone(), trace.reports().len()), (bytes(sent), reports), "{data}");
    };
    check(&format!("0702 {TIME} 00 {TIME} 00 02"), "01 00000002", 2);
    check(&format!("0702 {TIME} 00 {TIME} 0F 02"), "01 00000001", 1);
    check("0701 02", "01 00000000", 0);
    check("070000", "01 00000000", 0);
}
