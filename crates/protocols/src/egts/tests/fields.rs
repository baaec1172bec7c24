use model::Fix;

use super::*;

fn decoded(parts: &str) -> Report {
    let trace = after_login(&package(7, &[record(3, None, 2, parts)]));
    assert!(trace.rejects().is_empty(), "{parts}: {trace:?}");
    one_report(&trace)
}

#[test]
fn parts_become_attributes() {
    let check = |parts: &str, wanted: &[(&str, Value)]| {
        let r = decoded(parts);
        wanted.iter().for_each(|(name, wanted)| has(&r, name, wanted.clone()));
        assert_eq!(r.attributes.len(), wanted.len(), "{parts}: {r:?}");
    };
    let float = Value::Float;
    let text = |text: &str| Value::from(text);
    check(
        "11 0A00 1F 9600 5A00 C800 07 0300",
        &[
            ("vdop", float(1.5)),
            ("hdop", float(0.9)),
            ("pdop", float(2.0)),
            ("satellites", Value::Int(7)),
            ("navigation_systems", Value::Int(3)),
        ],
    );
    check(
        "12 0B00 03 05 82 07 80 010000 FFFFFF",
        &[
            ("output_status", Value::Int(5)),
            ("input_status", Value::Int(0x80_0700)),
            ("analog_2", float(1.0)),
            ("analog_8", float(16_777_215.0)),
        ],
    );
    check("12 0400 80 00 00 01", &[("output_status", Value::Int(0)), ("inputs_group_8", Value::Int(1))]);
    check("13 0700 81 010000 020000", &[("impulse_counter_1", float(1.0)), ("impulse_counter_8", float(2.0))]);
    check(
        "14 0500 02 7E 28 29 05",
        &[
            ("egts_mode", Value::Int(2)),
            ("board_voltage", float(12.6)),
            ("backup_voltage", float(4.0)),
            ("battery_voltage", float(4.1)),
            ("navigation_on", Value::Bool(true)),
            ("on_internal_battery", Value::Bool(false)),
            ("on_backup_battery", Value::Bool(true)),
        ],
    );
    check("15 0200 0102", &[("egts_acceleration", text("0102"))]);
    check("16 0200 0102", &[("egts_loop_inputs", text("0102"))]);
    check("17 0200 0102", &[("egts_input", text("0102"))]);
    check("18 0400 03 E80300", &[("analog_3", float(1_000.0))]);
    check("18 0400 00 010000", &[("analog_0", Value::Int(1))]);
    check("19 0400 02 010001", &[("impulse_counter_2", float(65_537.0))]);
    check("1A 0200 0102", &[("egts_loop_input", text("0102"))]);
    let lls = |number: u8, address: i64, name: &'static str, level: Value| {
        check(
            &format!("1B 0700 {number:02X} 0900 64000000"),
            &[(if number & 7 == 0 { "lls_address_1" } else { "lls_address_8" }, Value::Int(address)), (name, level)],
        );
    };
    lls(0x00, 9, "lls_level_raw_1", float(100.0));
    lls(0x07, 9, "lls_level_raw_8", float(100.0));
    lls(0x10, 9, "fuel_level_1", float(100.0));
    lls(0x20, 9, "fuel_level_1", float(10.0));
    lls(0x30, 9, "lls_data_1", float(100.0));
    lls(0x08, 9, "lls_data_1", text("64000000"));
    lls(0x40, 9, "lls_error_1", Value::Bool(true));
    check("1C 0200 0102", &[("egts_passengers", text("0102"))]);
    check("63 0200 0102", &[("egts_2_99", text("0102"))]);
}

#[test]
fn flags_of_a_place() {
    let check = |flags: u8, motion: &str, rest: &str| {
        let place = format!("DDEE771E 36BD245F 00E58164 {flags:02X} {motion} 3A3000 01 {rest}");
        decoded(&format!("10 {:02X}00 {place}", bytes(&place).len()))
    };
    let p = check(0x01, "7602 BB", "00").position.expect("has one");
    assert!(p.latitude > 33.0 && p.longitude > 70.0 && p.altitude_m.is_none());
    let p = check(0x61, "7682 0A", "00").position.expect("has one");
    assert_eq!((p.latitude < -33.0, p.longitude < -70.0, p.heading_deg), (true, true, Some(266)));
    assert_eq!(check(0x01, "7682 68", "00").position.and_then(|p| p.heading_deg), Some(0));
    assert_eq!(check(0x01, "7682 69", "00").position.and_then(|p| p.heading_deg), None);
    assert_eq!(check(0x81, "7642 00", "00 0A0000").position.and_then(|p| p.altitude_m), Some(-10.0));
    let p = check(0x00, "7602 BB", "00").position.expect("the last one");
    assert_eq!((p.valid, p.fix), (false, Fix::NoFix));
    assert!(check(0x09, "7602 BB", "00").archived);
    has(&check(0x05, "7602 BB", "00"), "pz90", true);
    has(&check(0x01, "7602 BB", "00 0700"), "source_data", 7);
    let r = decoded("10 1500 00000000 00000000 00000000 00 0000 00 000000 01 03");
    assert_eq!((r.position.as_ref(), r.time, r.events.len()), (None, None, 0));
}

#[test]
fn sources_become_events() {
    let check = |source: u8, event: u32| {
        let r = decoded(&format!("10 1500 DDEE771E 36BD245F 00E58164 01 7602 BB 3A3000 01 {source:02X}"));
        assert_eq!(r.events, [EventId(event)], "{source}");
        has(&r, "event_code", i64::from(source));
    };
    check(0, 403);
    check(1, 404);
    check(2, 405);
    check(4, 10_004);
    check(5, 403);
    check(7, 224);
    check(10, 106);
    check(11, 2);
    check(12, 7);
    check(13, 202);
    check(200, 10_200);
}

#[test]
fn a_part_that_is_too_short_costs_itself() {
    for part in [
        "10 0400 DDEE771E",
        "11 0100 08",
        "12 0300 01 00 00",
        "13 0200 01 00",
        "14 0100 02",
        "18 0100 01",
        "1B 0100 00",
    ] {
        let trace = after_login(&package(7, &[record(3, None, 2, &format!("{part} 1C 0100 05"))]));
        assert_eq!(trace.rejects(), [&Reject::Truncated], "{part}");
        has(&one_report(&trace), "egts_passengers", Value::from("05"));
        assert_eq!(trace.sent, response(102, 7, 0, &[(3, 2, 0)]));
    }
}

#[test]
fn a_time_of_the_record_is_not_lost_beside_that_of_the_place() {
    let record = |place_time: &str| {
        let parts = bytes(&PLACE.replace("DDEE771E", place_time));
        let mut record = [(parts.len() as u16).to_le_bytes(), 3u16.to_le_bytes()].concat();
        record.push(4);
        record.extend(bytes("E0EE771E 02 02"));
        [record, parts].concat()
    };
    let read = |place_time: &str| one_report(&after_login(&package(7, &[record(place_time)])));
    let r = read("DDEE771E");
    assert_eq!(r.time.map(|t| t.to_string()).as_deref(), Some("2026-03-14T09:26:53.000Z"));
    has(&r, "device_time", Value::from("2026-03-14T09:26:56.000Z"));
    let r = read("00000000");
    assert_eq!(r.time.map(|t| t.to_string()).as_deref(), Some("2026-03-14T09:26:56.000Z"));
    assert_eq!(value(&r, "device_time"), None);
}

#[test]
fn further_inputs_are_kept_in_any_order() {
    let further = "12 0400 01 00 00 03";
    for parts in [format!("{further} {PLACE}"), format!("{PLACE} {further}")] {
        has(&decoded(&parts), "input_status", 0x301);
    }
}

#[test]
fn parts_of_one_kind_do_not_replace_each_other() {
    let r = decoded("17 0200 0102 17 0200 0203 17 0100 00 63 0100 07 63 0100 08");
    has(&r, "egts_input", Value::from("0102 0203"));
    has(&r, "egts_2_99", Value::from("07 08"));
}

#[test]
fn services_that_nobody_knows_share_one_name() {
    let trace =
        after_login(&package(7, &[record(3, None, 16, "01 0100 07 02 0100 00"), record(4, None, 9, "01 0100 07")]));
    let reports = trace.reports();
    has(reports[0], "egts_other", Value::from("100107 100200"));
    has(reports[1], "egts_9_1", Value::from("07"));
}
