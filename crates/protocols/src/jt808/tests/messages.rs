//! What each message says, and what it is answered.

use model::Order;

use super::*;
use crate::Reject;
use crate::session::FieldFault;
use crate::testing::Seen;

#[test]
fn locations_are_judged_part_by_part() {
    let check = |body: &str, wanted: Option<(f64, f64, bool)>| {
        let report = one(&said(&message(0x0200, 3, &bytes(body))));
        let place = report.position.as_ref().map(|p| (p.latitude, p.longitude, p.valid));
        assert_eq!(place, wanted, "{body}");
        has(&report, "jt808_status", i64::from(u32::from_str_radix(&body[9..17], 16).expect("is a number")));
    };
    check("00000000 00000003 00989680 01312D00 0000 0000 0000 260314172653", Some((10.0, 20.0, true)));
    check("00000000 00000007 00989680 01312D00 0000 0000 0000 260314172653", Some((-10.0, 20.0, true)));
    check("00000000 0000000B 00989680 01312D00 0000 0000 0000 260314172653", Some((10.0, -20.0, true)));
    check("00000000 00000001 00989680 01312D00 0000 0000 0000 260314172653", Some((10.0, 20.0, false)));
    check("00000000 00000003 00000000 00000000 0000 0000 0000 260314172653", None);
    check("00000000 00000003 056C8CC0 01312D00 0000 0000 0000 260314172653", None);
    check("00000000 00000003 FFFFFFFF FFFFFFFF 0000 0000 0000 260314172653", None);
    check("00000000 00000003 00989680 01312D00 0000 FFFF 0000 260314172653", None);
    let low =
        one(&said(&message(0x0200, 3, &bytes("00000000 00000003 00989680 01312D00 FF9C 0000 0168 000000000000"))));
    let p = low.position.clone().expect("has one");
    assert_eq!((p.altitude_m, p.heading_deg, p.speed_kmh, low.time), (Some(-100.0), Some(0), Some(0.0), None));
    let late =
        one(&said(&message(0x0200, 3, &bytes("00000000 00000003 00989680 01312D00 0000 0000 0000 800101000000"))));
    assert_eq!(late.time, None);
}

#[test]
fn clocks_are_those_of_the_device() {
    let check = |zone: &str, time: &str, wanted: &str| {
        let body = format!("00000000 00000003 00989680 01312D00 0000 0000 0000 {time}");
        let report = one(&said_with(&[("time_zone", zone)], &message(0x0200, 3, &bytes(&body))));
        assert_eq!(at(&report).as_deref(), Some(wanted));
    };
    check("+08:00", "260101073000", "2025-12-31T23:30:00.000Z");
    check("UTC", "260101073000", "2026-01-01T07:30:00.000Z");
    check("-03:00", "251231233000", "2026-01-01T02:30:00.000Z");
}

#[test]
fn alarms_and_states_are_told() {
    let body = |alarm: &str, status: &str| message(0x0200, 3, &all(&[alarm, status, PLACE]));
    let report = one(&said(&body("20000003", "0401FC2F")));
    assert_eq!(events(&report), [202, 224, 242]);
    has(&report, "event_code", 0x2000_0003);
    has(&report, "door_status", 15);
    for name in ["ignition", "circuit_cut", "doors_locked", "coordinates_encrypted", "charging_status"] {
        has(&report, name, true);
    }
    has(&report, "output_status", 1);
    assert_eq!(value(&report, "out_of_service"), None);
    let lock = one(&said_with(&[("model", "G-508P")], &body("00000012", "00000003")));
    assert_eq!(events(&lock), [106, 103]);
    let area = |direction: &str| {
        let sent = message(0x0200, 3, &all(&["00100000 00000003", PLACE, "1206 01 00000007", direction]));
        one(&said(&sent))
    };
    assert_eq!((events(&area("00")), events(&area("01")), events(&area("05"))), (vec![409], vec![410], vec![10_020]));
    has(&area("00"), "geofence_number", 7);
    has(&area("00"), "area_direction", 0);
}

#[test]
fn batches_are_whole_uploads() {
    let other = BODY.replace("172653", "172654");
    let batch = |kind: u8, parts: &[&str]| {
        let mut body = vec![0, parts.len() as u8, kind];
        for part in parts {
            let part = bytes(part);
            body.extend((part.len() as u16).to_be_bytes());
            body.extend(part);
        }
        message(0x0704, 9, &body)
    };
    for (kind, archived) in [(0, false), (1, true)] {
        let trace = said(&batch(kind, &[BODY, &other]));
        assert_eq!(trace.sent, answer(0x0704, 9, 0));
        let told: Vec<_> = trace.reports().iter().map(|r| (at(r), r.archived)).collect();
        let times = ["2026-03-14T09:26:53.000Z", "2026-03-14T09:26:54.000Z"];
        assert_eq!(told, times.map(|time| (Some(time.to_owned()), archived)));
        assert_eq!(trace.seen.iter().filter(|seen| matches!(seen, Seen::Reports(_))).count(), 1);
    }
    let trace = said(&batch(1, &[BODY, "0102", &other]));
    assert_eq!(
        (trace.reports().len(), trace.rejects(), trace.sent.clone()),
        (2, vec![&Reject::Truncated], answer(0x0704, 9, 0))
    );
    let trace = said(&batch(1, &["0102"]));
    assert_eq!((trace.reports().len(), trace.sent), (0, answer(0x0704, 9, 2)));
    let limits = Limits { reports_per_upload_max: 1, ..Limits::default() };
    let mut host = Host::new(jt808(), &limits);
    host.feed(&batch(0, &[BODY, &other]));
    let trace = host.trace();
    assert_eq!((trace.reports().len(), trace.rejects()), (1, vec![&Reject::TooManyReports { reports_max: 1 }]));
    let small = [&[28][..], &bytes(BODY), &[28], &bytes(&other)].concat();
    let trace = said(&message(0x0210, 4, &small));
    assert_eq!((trace.reports().len(), trace.sent), (2, answer(0x0210, 4, 0)));
    let battery = one(&said(&message(0x0210, 4, &bytes("55 260314172653"))));
    has(&battery, "battery_level", 85);
    assert_eq!(at(&battery).as_deref(), Some("2026-03-14T09:26:53.000Z"));
}

/// One part of a message.
fn part(id: u16, serial: u16, (total, index): (u16, u16), body: &[u8]) -> Vec<u8> {
    let mut content = id.to_be_bytes().to_vec();
    content.extend((0x2000 | body.len() as u16).to_be_bytes());
    content.extend(bytes(PHONE));
    for number in [serial, total, index] {
        content.extend(number.to_be_bytes());
    }
    content.extend(body);
    delimited(&content)
}

#[test]
fn messages_in_parts_are_acknowledged_when_all_is_stored() {
    let body = [&[0, 2, 1, 0, 28][..], &bytes(BODY), &[0, 28], &bytes(BODY)].concat();
    let (first, rest) = body.split_at(20);
    let (second, third) = rest.split_at(20);
    let parts = [part(0x0704, 5, (3, 1), first), part(0x0704, 6, (3, 2), second), part(0x0704, 7, (3, 3), third)];
    let trace = said(&[&parts[0][..], &parts[2]].concat());
    assert_eq!((trace.reports().len(), trace.sent.len()), (0, 0));
    let trace = said(&[&parts[2][..], &bytes(HEARTBEAT), &parts[0], &parts[1]].concat());
    assert_eq!(trace.reports().len(), 2);
    let answers = [5, 6, 7].map(|serial| answer(0x0704, serial, 0));
    assert_eq!(trace.sent, [bytes(HEARTBEAT_ANSWER), answers.concat()].concat());
    let mut host = Host::new(jt808(), &Limits::default());
    host.feed(&parts[0]);
    assert_eq!(host.due_in_ms(), Some(60_000));
    host.tick_after_ms(60_000);
    host.feed(&[&parts[1][..], &parts[2]].concat());
    assert_eq!(host.trace().reports().len(), 0, "the first was given up");
    let single = said(&part(0x0200, 8, (1, 1), &bytes(BODY)));
    assert_eq!((single.reports().len(), single.sent), (1, answer(0x0200, 8, 0)));
}

#[test]
fn a_message_in_too_many_parts_does_not_end_the_connection() {
    let parts: Vec<Vec<u8>> = (1..=70).map(|nth| part(0x0801, nth, (70, nth), b"pixels")).collect();
    let trace = said(&[&parts.concat()[..], &bytes(HEARTBEAT)].concat());
    let refused: Vec<u8> = (1..=70).flat_map(|nth| answer(0x0801, nth, 3)).collect();
    assert_eq!(trace.sent, [refused, bytes(HEARTBEAT_ANSWER)].concat());
    assert_eq!(trace.rejects().len(), 70);
    let trace = said(&part(0x0801, 9, (3, 4), b"pixels"));
    let fault = Reject::Field { name: "part", fault: FieldFault::OutOfRange };
    assert_eq!((trace.rejects(), trace.sent.clone()), (vec![&fault], answer(0x0801, 9, 2)));
}

#[test]
fn a_body_longer_than_its_length_can_say_is_not_taken_for_encrypted() {
    let record = [&[0, 28][..], &bytes(BODY)].concat();
    let trace = said(&message(0x0704, 9, &[&[0, 40, 0][..], &record.repeat(40)].concat()));
    assert_eq!((trace.reports().len(), trace.rejects().len(), trace.sent.clone()), (40, 0, answer(0x0704, 9, 0)));
}

#[test]
fn short_messages_are_read_and_answered() {
    let check = |id: u16, body: &[u8], wanted: &[u8]| {
        let trace = said(&message(id, 9, body));
        assert_eq!(trace.sent, wanted, "{id:04x}");
        assert!(trace.rejects().is_empty(), "{trace:?}");
        trace.reports().first().copied().cloned()
    };
    let done = |id| answer(id, 9, 0);
    assert_eq!(check(0x0003, b"", &done(0x0003)), None);
    assert_eq!(check(0x0506, b"", &done(0x0506)), None);
    assert_eq!(check(0x0109, b"", &message(0x8109, 9, &bytes("07EA 03 0E 09 1A 35 00"))), None);
    let beat = check(0x0002, &[90, 31, 3], &done(0x0002)).expect("says something");
    has(&beat, "battery_level", 90);
    has(&beat, "gsm_signal_level", 100);
    has(&beat, "jt808_heartbeat_status", 3);
    let event = check(0x0301, &[5], &done(0x0301)).expect("says something");
    assert_eq!(events(&event), [10_005]);
    let answered = check(0x0302, &[0, 4, 2], &done(0x0302)).expect("says something");
    has(&answered, "jt808_question_serial", 4);
    has(&answered, "jt808_question_answer", 2);
    let wanted = check(0x0303, &[3, 1], &done(0x0303)).expect("says something");
    has(&wanted, "jt808_info_type", 3);
    has(&wanted, "jt808_info_wanted", true);
    let media = check(0x0800, &bytes("00000007 00 02 01 03"), &done(0x0800)).expect("says something");
    for (name, wanted) in [("media_id", 7), ("media_format", 2), ("media_event", 1), ("media_channel", 3)] {
        has(&media, name, wanted);
    }
    for id in [0x0800, 0x1007, 0x8888] {
        let kept = check(id, b"\x01\x02", &done(id)).expect("is kept");
        has(&kept, "jt808_body", "0102");
        has(&kept, "jt808_message", format!("{id:04x}").as_str());
    }
}

#[test]
fn unknown_messages_are_kept_and_told_to_be_so() {
    let trace = said(&message(0x1234, 9, &[0xAB]));
    assert_eq!((trace.rejects().len(), trace.sent.clone()), (1, answer(0x1234, 9, 3)));
    has(&one(&trace), "jt808_body", "AB");
    let echoed = said(&answer(0x0200, 3, 0));
    assert_eq!(echoed.sent.len(), 0, "two servers must not answer each other for ever");
}

#[test]
fn drivers_and_their_cards() {
    let body = [
        &bytes("01 260314172653 00 04")[..],
        b"\xBE\xA9\xBE\xA9",
        b"ABC123\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
        b"\x02DL",
        &bytes("20301231"),
    ]
    .concat();
    let report = one(&said(&message(0x0702, 9, &body)));
    assert_eq!(at(&report).as_deref(), Some("2026-03-14T09:26:53.000Z"));
    has(&report, "hardware_key", "ABC123");
    has(&report, "driver_name", "\u{4EAC}\u{4EAC}");
    has(&report, "driver_agency", "DL");
    has(&report, "driver_card_until", "20301231");
    has(&report, "driver_state", 1);
    has(&report, "driver_result", 0);
    let out = one(&said(&message(0x0702, 9, &bytes("02 260314172653"))));
    has(&out, "driver_state", 2);
}

#[test]
fn attributes_of_the_terminal() {
    let body = [
        &[0, 5][..],
        b"ODOGR",
        b"T1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
        b"0000042",
        &bytes("89860123456789012345"),
        b"\x02H1\x04V1.2\x03\x01",
    ]
    .concat();
    let trace = said(&message(0x0107, 9, &body));
    assert_eq!(trace.sent, answer(0x0107, 9, 0));
    let report = one(&trace);
    for (name, wanted) in [
        ("maker", "ODOGR"),
        ("device_model", "T1"),
        ("terminal_id", "0000042"),
        ("iccid", "89860123456789012345"),
        ("hardware", "H1"),
        ("firmware", "V1.2"),
    ] {
        has(&report, name, wanted);
    }
    has(&report, "jt808_terminal_type", 5);
    has(&report, "jt808_gnss_modules", 3);
    let order = Order::Do(model::Command::Text("8107".to_owned()));
    let trace = crate::testing::read_ordered(jt808(), &bytes(HEARTBEAT), &[order], &message(0x0107, 9, &body), None);
    let replied = trace.seen.iter().any(|seen| {
        matches!(seen, Seen::Ordered(_, crate::Progress::Replied(reply)) if reply.text.contains("firmware=V1.2"))
    });
    assert!(replied, "{trace:?}");
}

#[test]
fn media_are_told_of_and_asked_for_no_more() {
    let body = [&bytes("00000007 00 00 01 02")[..], &bytes(BODY), &[1, 2, 3]].concat();
    let trace = said(&message(0x0801, 9, &body));
    assert_eq!(trace.sent, message(0x8800, 9, &[0, 0, 0, 7]));
    let report = one(&trace);
    for (name, wanted) in
        [("media_id", 7), ("media_type", 0), ("media_event", 1), ("media_channel", 2), ("media_bytes", 3)]
    {
        has(&report, name, wanted);
    }
    assert!(report.position.is_some());
}

#[test]
fn accelerations_have_a_sign_of_their_own() {
    let trace = said(&message(0x2070, 9, &bytes("260314172653 0001 8002 0000 260314172654 0003 0004 FFFF")));
    assert_eq!((trace.reports().len(), trace.sent.len()), (2, 0));
    let reports = trace.reports();
    has(reports[0], "jt808_acceleration_x", 1);
    has(reports[0], "jt808_acceleration_y", -2);
    has(reports[1], "jt808_acceleration_z", -32_767);
    assert_eq!(at(reports[1]).as_deref(), Some("2026-03-14T09:26:54.000Z"));
}

#[test]
fn the_standards_items() {
    let report = with_items(&[], "0304 12343104");
    has(&report, "jt808_item_03", "12343104");
    let check = |items: &str, name: &str, wanted: f64| has_float(&with_items(&[], items), name, wanted);
    check("0104 FFFFFFFF", "hardware_mileage", 429_496_729.5);
    check("0202 01F4", "fuel_level_1", 50.0);
    check("0202 8032", "fuel_level_1", 50.0);
    check("0302 0276", "tachograph_speed", 63.0);
    check("0402 0007", "event_to_confirm", 7.0);
    check("0601 63", "battery_level", 99.0);
    check("1105 01 00000007", "overspeed_area", 7.0);
    check("1307 00000007 003C 01", "route_time_s", 60.0);
    check("1404 00000003", "jt808_video_alarm", 3.0);
    check("2504 00000005", "input_status", 5.0);
    check("2A02 0001", "jt808_io", 1.0);
    check("2B04 04D2 0064", "analog_1", 12.34);
    check("2B04 04D2 0064", "analog_2", 1.0);
    let lock = with_items(&[], "0B06 01 00ABCDEF 02");
    has(&lock, "hardware_key", "00ABCDEF");
    has(&lock, "lock_result", 2);
    let lock = with_items(&[], "0B08 03 313233343536 01");
    has(&lock, "lock_password", "123456");
    has(&lock, "lock_result", 1);
    has(&lock, "lock_command", 3);
    has(&with_items(&[], "0B01 05"), "lock_command", 5);
    assert_eq!(value(&with_items(&[], "0601 65"), "battery_level"), None);
    has(&with_items(&[], "C903 000102"), "jt808_item_c9", "000102");
}

#[test]
fn an_item_that_leaves_the_body_loses_itself() {
    let sent = message(0x0200, 3, &all(&[BODY, "3001 1F 0104 0000"]));
    let trace = said(&sent);
    assert_eq!((trace.rejects().len(), trace.sent.clone()), (1, answer(0x0200, 3, 0)));
    let report = one(&trace);
    has(&report, "gsm_signal_level", 100);
    assert!(report.position.is_some() && value(&report, "hardware_mileage").is_none());
    for cut in 0..28 {
        let trace = said(&message(0x0200, 3, &bytes(BODY)[..cut]));
        assert_eq!((trace.reports().len(), trace.sent), (0, answer(0x0200, 3, 2)), "cut at {cut}");
    }
}

#[test]
fn eighteen_bytes_may_be_no_items() {
    let report = with_items(&[], "00000000 00000064 0028 00000007 1F 000001");
    has_float(&report, "hardware_mileage", 100.0);
    has_float(&report, "battery_voltage", 4.0);
    has(&report, "gsm_signal_level", 100);
    has(&report, "geofence_number", 7);
    let items = with_items(&[], "0104 0000303A 3001 1F 3101 0B 2504 00000001");
    has_float(&items, "hardware_mileage", 1_234.6);
    has(&items, "input_status", 1);
}
