mod camera;
mod commands;
mod lines;
mod old;
mod resync;
mod serial;
mod udp;

use model::{AttributeId, EventId, Fix, Report, Value, attr};
use proptest::prelude::*;

use crate::testing::{Host, Seen, Trace, read, read_split, read_whole};
use crate::{DeviceSettings, Family, Identified, Limits, Output, Reject, Stored, Ticket, family};

const LOGIN: &str = "000F333530303030303030303030303134";
const PACKET_8: &str = "000000000000003B08010000019CEBAB884201D5E0B9CCEC101AB2021E00BB0B003FEF0703EF01F00115040242315A430FAC\
    01100012D687014E0100001A2B3C4D5E010000B9C3";
const PACKET_8E: &str = "000000000000004B8E010000019CEBAB874800D5E0B9CCEC101AB2021E00000900000000000400010 0EF0000012A30FB5D\
    00010048000000EB0000000101000011574442393633343033314C3132333435360100003A50";
const GETIO_REPLY: &str = "00000000000000200C0106000000184449313A31204449323A302041494E313A3020444F313A300100006C0A";

fn teltonika() -> &'static Family {
    family("teltonika").expect("is registered")
}

fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = hex.chars().filter_map(|c| c.to_digit(16)).map(|d| d as u8).collect();
    digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

fn all(parts: &[&str]) -> Vec<u8> {
    parts.iter().flat_map(|p| bytes(p)).collect()
}

/// A data frame around `data`, with a right checksum.
fn frame(data: &[u8]) -> Vec<u8> {
    let crc = crc::Crc::<u16>::new(&crc::CRC_16_ARC).checksum(data);
    let length = data.len() as u32;
    [&[0; 4][..], &length.to_be_bytes(), data, &u32::from(crc).to_be_bytes()].concat()
}

/// One record of codec 8 Extended with these elements: id, width, value.
fn record_8e(event_io: u16, elements: &[(u16, usize, u64)]) -> Vec<u8> {
    let mut data = bytes("8E01 0000019CEBAB8842 00 D5E0B9CC EC101AB2 021E 00BB 0B 003F");
    data.extend(event_io.to_be_bytes());
    data.extend((elements.len() as u16).to_be_bytes());
    for width in [1, 2, 4, 8] {
        let group: Vec<_> = elements.iter().filter(|e| e.1 == width).collect();
        data.extend((group.len() as u16).to_be_bytes());
        for (id, _, value) in group {
            data.extend(id.to_be_bytes());
            data.extend(&value.to_be_bytes()[8 - width..]);
        }
    }
    data.extend([0, 0, 1]);
    frame(&data)
}

fn one_report(trace: &Trace) -> Report {
    let reports = trace.reports();
    assert_eq!(reports.len(), 1, "{trace:?}");
    reports[0].clone()
}

fn decoded(event_io: u16, elements: &[(u16, usize, u64)]) -> Report {
    one_report(&read_whole(teltonika(), &[bytes(LOGIN), record_8e(event_io, elements)].concat()))
}

fn value(report: &Report, name: &str) -> Option<Value> {
    AttributeId::find(name).and_then(|id| report.attributes.get(id)).cloned()
}

fn has(report: &Report, name: &str, wanted: impl Into<Value>) {
    assert_eq!(value(report, name), Some(wanted.into()), "{name} of {report:?}");
}

fn float(x: f64) -> Value {
    Value::Float(x)
}

#[test]
fn the_worked_codec_8_packet() {
    let trace = read_whole(teltonika(), &all(&[LOGIN, PACKET_8]));
    assert_eq!(trace.sent, bytes("01 00000001"));
    assert!(!trace.closed && trace.rejects().is_empty());
    let r = one_report(&trace);
    assert_eq!(r.time.map(|t| t.to_string()).as_deref(), Some("2026-03-14T09:26:53.250Z"));
    let p = r.position.clone().expect("has one");
    assert_eq!((p.latitude, p.longitude), (-33.448_891, -70.669_266));
    assert_eq!((p.altitude_m, p.heading_deg, p.satellites), (Some(542.0), Some(187), Some(11)));
    assert_eq!((p.speed_kmh, p.valid), (Some(63.0), true));
    assert_eq!(r.events, [EventId(605)]);
    has(&r, "priority", 1);
    has(&r, "event_code", 239);
    has(&r, "ignition", true);
    has(&r, "is_moving", true);
    has(&r, "gsm_signal_level", 80);
    has(&r, "board_voltage", float(12.634));
    has(&r, "battery_voltage", float(4.012));
    has(&r, "hardware_mileage", float(1_234.567));
    has(&r, "hardware_key", "5E4D3C2B1A000001");
    for (id, raw) in [(239, 1), (240, 1), (21, 4), (66, 12_634), (67, 4_012), (16, 1_234_567)] {
        has(&r, &format!("avl_io_{id}"), raw);
    }
    has(&r, "avl_io_78", 0x0100_001A_2B3C_4D5E);
    assert_eq!(r.attributes.len(), 16);
}

#[test]
fn the_worked_codec_8_extended_packet() {
    let trace = read_whole(teltonika(), &all(&[LOGIN, PACKET_8E]));
    assert_eq!(trace.sent, bytes("01 00000001"));
    let r = one_report(&trace);
    assert_eq!(r.time.map(|t| t.ms()), Some(1_773_480_413_000));
    assert_eq!((r.events.as_slice(), value(&r, "event_code")), (&[][..], None));
    has(&r, "ignition", false);
    has(&r, "ble_temp_sensor_1", float(-11.87));
    has(&r, "avl_io_10800", -1_187);
    has(&r, "temperature_1", float(23.5));
    has(&r, "vin", "WDB9634031L123456");
    has(&r, "avl_io_256", "WDB9634031L123456");
}

#[test]
fn codec_16_has_wide_ids_and_a_generation_type() {
    let data = bytes(
        "1001 0000019CEBAB8842 00 D5E0B9CC EC101AB2 021E 00BB 0B 003F 000B 05 02 01 0015 03 01 0042 315A 00 00 01",
    );
    let r = one_report(&read_whole(teltonika(), &[bytes(LOGIN), frame(&data)].concat()));
    has(&r, "generation_type", 5);
    has(&r, "event_code", 11);
    has(&r, "gsm_signal_level", 60);
    has(&r, "board_voltage", float(12.634));
}

#[test]
fn elements_become_normalised_attributes() {
    let check = |id: u16, width: usize, raw: u64, name: &str, wanted: Value| {
        has(&decoded(0, &[(id, width, raw)]), name, wanted);
    };
    let none = |id: u16, width: usize, raw: u64, name: &str| {
        let r = decoded(0, &[(id, width, raw)]);
        assert_eq!(value(&r, name), None, "{id} = {raw}");
        assert!(value(&r, &format!("avl_io_{id}")).is_some(), "{id} is kept raw");
    };
    check(9, 2, 5_230, "analog_1", float(5.23));
    check(10, 2, 5_230, "analog_2", float(5.23));
    none(10, 1, 1, "analog_2");
    check(17, 2, 0xFFEC, "axis_x", Value::Int(-20));
    check(17, 2, 0xFFEC, "avl_io_17", Value::Int(-20));
    none(21, 1, 6, "gsm_signal_level");
    check(25, 2, 0xFB5D, "ble_temp_sensor_1", float(-11.87));
    none(25, 2, 3_000, "ble_temp_sensor_1");
    check(32, 1, 0xFF, "obd_coolant_t", Value::Int(-1));
    check(62, 8, 0x2800_0000_0012_34AB, "temperature_serial_1", Value::from("28000000001234AB"));
    check(73, 4, 0xFFFF_FF38, "temperature_2", float(-20.0));
    none(72, 4, 850, "temperature_1");
    none(72, 4, 3_000, "temperature_1");
    none(78, 8, 0, "hardware_key");
    check(78, 8, 0xFFFF_FFFF_FFFF_FFFE, "avl_io_78", Value::from("FFFFFFFFFFFFFFFE"));
    check(87, 4, 1_500, "can_mileage", float(1.5));
    check(102, 4, 90, "can_engine_hours", float(1.5));
    check(113, 1, 87, "battery_level", Value::Int(87));
    none(113, 1, 255, "battery_level");
    check(181, 2, 13, "pdop", float(1.3));
    check(199, 4, 2_500, "trip_mileage", float(2.5));
    check(201, 2, 1_023, "lls_level_raw_1", Value::Int(1_023));
    none(201, 2, 0xFFFE, "lls_level_raw_1");
    check(202, 1, 0xF6, "fuel_temperature_1", Value::Int(-10));
    check(207, 8, 0x1234, "hardware_key", Value::from("0000000000001234"));
    check(241, 4, 24_602, "operator", Value::Int(24_602));
    none(241, 4, 0, "operator");
    check(10_804, 1, 55, "ble_humidity_1", Value::Int(55));
    none(10_800, 2, 0x8000, "ble_temp_sensor_1");
    check(10_819, 1, 0xA6, "ble_pitch_4", Value::Int(-90));
    check(60_000, 4, 7, "avl_io_60000", Value::Int(7));
    none(701, 2, 100, "ble_temp_sensor_1");
}

#[test]
fn lines_and_halves_are_put_together() {
    let r = decoded(0, &[(1, 1, 1), (2, 1, 0), (4, 1, 1), (179, 1, 0), (380, 1, 1)]);
    has(&r, "input_status", 0b1001);
    has(&r, "output_status", 0b100);
    let r = decoded(0, &[(11, 8, 8_956_020_212), (14, 8, 345)]);
    has(&r, "iccid", "89560202120000000345");
    assert_eq!(value(&decoded(0, &[(11, 8, 1)]), "iccid"), None);
    assert_eq!(value(&decoded(0, &[(11, 8, 0), (14, 8, 0)]), "iccid"), None, "no card");
    // The same element twice: the last one counts.
    has(&decoded(0, &[(1, 1, 1), (1, 1, 0)]), "input_status", 0);
}

#[test]
fn the_line_of_the_device_decides_what_an_element_means() {
    let settings = DeviceSettings { model: Some("FMB640".into()), ..DeviceSettings::default() };
    let mut host = Host::with_settings(teltonika(), &Limits::default(), settings);
    host.feed(&bytes(LOGIN));
    let card = [(195, 8, u64::from_be_bytes(*b"DRIVER-0")), (196, 8, u64::from_be_bytes(*b"042\0\0\0\0\0"))];
    host.feed(&record_8e(0, &[&card[..], &[(701, 2, 0xFF9C), (10_644, 2, 2_150), (113, 1, 9)]].concat()));
    let r = one_report(&host.trace());
    has(&r, "hardware_key", "DRIVER-0042");
    has(&r, "ble_temp_sensor_1", float(-10.0));
    has(&r, "temperature_1", float(21.5));
    assert_eq!(value(&r, "battery_level"), None);
}

#[test]
fn what_caused_a_record_is_its_event() {
    let check = |id: u16, raw: u64, wanted: &[u32]| {
        let r = decoded(id, &[(id, 1, raw), (239, 1, 1)]);
        let wanted: Vec<_> = wanted.iter().map(|n| EventId(*n)).collect();
        assert_eq!(r.events, wanted, "element {id} = {raw}");
        has(&r, "event_code", i64::from(id));
    };
    check(253, 1, &[240]);
    check(253, 2, &[241]);
    check(253, 3, &[239]);
    check(175, 1, &[409]);
    check(247, 4, &[]);
    check(252, 0, &[4]);
    check(1, 1, &[501]);
    check(9_999, 1, &[19_999]);
    assert_eq!(decoded(0, &[(253, 1, 1)]).events, [], "a value alone is no event");
}

#[test]
fn positions_without_satellites_or_at_zero() {
    let with = |gps: &str| {
        let data = bytes(&format!("0801 0000019CEBAB8842 00 {gps} 00 00 00 00 00 00 01"));
        one_report(&read_whole(teltonika(), &[bytes(LOGIN), frame(&data)].concat()))
    };
    let r = with("D5E0B9CC EC101AB2 021E 0000 00 0000");
    let p = r.position.expect("the last place");
    assert_eq!((p.valid, p.fix, p.latitude, p.satellites), (false, Fix::NoFix, -33.448_891, Some(0)));
    let r = with("00000000 00000000 0000 0000 00 0000");
    assert_eq!((r.position, r.attributes.get(attr::SATELLITES)), (None, Some(&Value::Int(0))));
    assert_eq!(with("80000000 7FFFFFFF 0000 0000 05 0000").position, None, "latitude 214");
    let p = with("00000001 00000001 FF38 0168 03 07D0").position.expect("has one");
    assert_eq!((p.altitude_m, p.heading_deg, p.speed_kmh), (Some(-200.0), Some(0), Some(2_000.0)));
    let r = with("00000001 00000001 FF38 0168 03 07D1");
    assert_eq!((r.position, r.attributes.get(attr::SATELLITES)), (None, Some(&Value::Int(3))), "nobody is so fast");
    let p = with("00000001 00000001 8000 FFFF 03 0000").position.expect("has one");
    assert_eq!((p.altitude_m, p.heading_deg, p.speed_kmh), (None, None, Some(0.0)));
}

#[test]
fn a_time_of_zero_or_beyond_the_calendar_is_absent() {
    for time in ["0000000000000000", "FFFFFFFFFFFFFFFF", "7FFFFFFFFFFFFFFF"] {
        let data = bytes(&format!("0801 {time} 00 D5E0B9CC EC101AB2 021E 0000 09 0000 00 00 00 00 00 00 01"));
        assert_eq!(one_report(&read_whole(teltonika(), &[bytes(LOGIN), frame(&data)].concat())).time, None);
    }
}

#[test]
fn logins_are_answered_as_the_host_decides() {
    let check = |input: &[u8], sent: &str, closed: bool, rejects: &[Reject]| {
        let trace = read_whole(teltonika(), input);
        assert_eq!((trace.sent.as_slice(), trace.closed), (bytes(sent).as_slice(), closed), "{input:02X?}");
        assert_eq!(trace.rejects(), rejects.iter().collect::<Vec<_>>());
    };
    check(&bytes(LOGIN), "01", false, &[]);
    check(&all(&["FF", LOGIN, "FF", LOGIN]), "0101", false, &[]);
    check(&all(&["000139", PACKET_8]), "00", true, &[]);
    check(&all(&[LOGIN, PACKET_8, "000139"]), "010000000100", true, &[]);
    check(&bytes(PACKET_8), "", true, &[Reject::NotIdentified]);
    check(&bytes("000133 0041"), "01", false, &[]);
    check(&[&[0, 64][..], &[b'7'; 64]].concat(), "01", false, &[]);
    // What is no login costs itself: a device may come after it.
    let noise = |bytes| Reject::Noise { bytes };
    check(&[b"GET / HTTP/1.1\r\n\r\n", &bytes(LOGIN)[..]].concat(), "01", false, &[noise(18)]);
    check(&all(&["0003330A35", LOGIN]), "01", false, &[noise(5)]);
    check(&[&[0, 65][..], &[b'7'; 65], &bytes(LOGIN)].concat(), "01", false, &[noise(67)]);
    check(&all(&["0000000000", LOGIN, PACKET_8]), "0100000001", false, &[noise(5)]);
}

#[test]
fn damaged_frames_cost_only_themselves() {
    let mut bad = bytes(PACKET_8);
    bad[20] ^= 1;
    let trace = read_whole(teltonika(), &[bytes(LOGIN), bad.clone(), bytes(PACKET_8)].concat());
    assert_eq!((trace.sent, trace.closed), (bytes("01 00000000 00000001"), false));
    assert!(matches!(trace.seen[1], Seen::Rejected(ref f, Reject::Checksum { found: 0xB9C3, .. }) if *f == bad));

    let trace = read_whole(teltonika(), &[bytes(LOGIN), bad.repeat(9), bytes(PACKET_8), bad.repeat(12)].concat());
    assert_eq!(trace.sent.len(), 1 + 9 * 4 + 4 + 10 * 4, "closed at the tenth in a row");
    assert!(trace.closed);
}

#[test]
fn a_packet_is_acknowledged_by_what_was_read_of_it() {
    let record = "0000019CEBAB8842 00 D5E0B9CC EC101AB2 021E 00BB 0B 003F 00 00 00 00 00 00";
    let check = |data: &str, sent: &str, reports: usize, rejects: usize| {
        let trace = read_whole(teltonika(), &[bytes(LOGIN), frame(&bytes(data))].concat());
        assert_eq!(trace.sent, bytes(sent), "{data}");
        assert_eq!((trace.reports().len(), trace.rejects().len()), (reports, rejects), "{data}");
    };
    check(&format!("0802 {record} {record} 02"), "01 00000002", 2, 0);
    check(&format!("0802 {record} {record} 03"), "01 00000002", 2, 0);
    check(&format!("0801 {record} 01 AABBCC"), "01 00000001", 1, 0);
    check(&format!("0803 {record} {record} 03"), "01 00000002", 2, 1);
    check("0801 0000 01", "01 00000000", 0, 1);
    check("080000", "01 00000000", 0, 0);
    check(&format!("0901 {record} 01"), "01 00000000", 0, 1);
}

#[test]
fn the_stream_is_found_again_after_noise() {
    let noise = b"\x7e\x7e\r\n  $GPRMC,no,\xff\xff".to_vec();
    let trace = read_whole(teltonika(), &[&bytes(LOGIN), &noise[..], &bytes(PACKET_8), &noise, &bytes(LOGIN)].concat());
    assert_eq!((trace.sent, trace.closed), (bytes("01 00000001 01"), false));
    let bytes_of_noise = noise.len();
    assert_eq!(trace.seen[1], Seen::Rejected(noise.clone(), Reject::Noise { bytes: bytes_of_noise }));
    // One byte too many before a packet shifts it by one; it is found all the same.
    let trace = read_whole(teltonika(), &all(&[LOGIN, "00", PACKET_8]));
    assert_eq!(trace.sent, bytes("01 00000001"));
    // A length beyond the limit.
    let trace = read_whole(teltonika(), &all(&[LOGIN, "00000000 00002801", "AA AA", PACKET_8]));
    assert_eq!((trace.sent, trace.closed), (bytes("01 00000001"), false));
}

#[test]
fn endless_noise_ends_the_connection() {
    let trace = read_whole(teltonika(), &[bytes(LOGIN), vec![0xAA; 16_385 + 100]].concat());
    assert_eq!((trace.sent, trace.closed), (vec![1], true));
    assert_eq!(trace.seen[1], Seen::Rejected(vec![0xAA; 1024], Reject::Noise { bytes: 16_385 }));
    let trace = read_whole(teltonika(), &[bytes(LOGIN), vec![0xAA; 16_384]].concat());
    assert!(!trace.closed);
}

#[test]
fn nothing_is_acknowledged_before_it_is_stored_and_in_order() {
    let mut session = (teltonika().open)(&Limits { uploads_in_flight_max: 3, ..Limits::default() });
    let now = model::Timestamp::default();
    let mut out = Vec::new();
    session.feed(now, &all(&[LOGIN, PACKET_8, "FF", PACKET_8, LOGIN]), &mut out);
    assert!(matches!(out.as_slice(), [Output::Identify(_)]), "parsing waits for the host");
    assert!(!session.wants_bytes());
    out.clear();
    session.identified(now, Identified::Accepted(DeviceSettings::default()), &mut out);
    let tickets: Vec<Ticket> =
        out.iter().filter_map(|o| if let Output::Upload { ticket, .. } = o { Some(*ticket) } else { None }).collect();
    // The same device's second login is answered without asking the host again, after the packets before it.
    assert_eq!((out.len(), tickets.len()), (4, 2), "01, upload, contact, upload: {out:?}");
    out.clear();
    assert!(!session.wants_bytes(), "as many replies are waiting as may");
    session.feed(now, &bytes(PACKET_8), &mut out);
    session.stored(tickets[1], Stored::Failed, &mut out);
    session.stored(tickets[1], Stored::Ok, &mut out);
    session.stored(Ticket(77), Stored::Ok, &mut out);
    assert_eq!(out, []);
    session.stored(tickets[0], Stored::Ok, &mut out);
    let replies = [bytes("00000001"), bytes("00000000"), vec![1]].map(Output::Reply);
    assert_eq!(out[..3], replies);
    assert!(matches!(out[3..], [Output::Upload { .. }]), "what came meanwhile is read on: {out:?}");
}

#[test]
fn a_host_that_feeds_while_asked_to_wait_is_bounded() {
    let mut session = (teltonika().open)(&Limits { waiting_bytes_max: 100, ..Limits::default() });
    let mut out = Vec::new();
    session.feed(model::Timestamp::default(), &all(&[LOGIN, PACKET_8]), &mut out);
    session.feed(model::Timestamp::default(), &[0xFF; 40], &mut out);
    assert!(matches!(out[1..], [Output::Reject { reason: Reject::Flooded, .. }, Output::Close]), "{out:?}");
}

#[test]
fn a_frame_that_is_never_finished_ends_the_connection() {
    let mut host = Host::new(teltonika(), &Limits::default());
    host.feed(&all(&[LOGIN, PACKET_8]));
    assert_eq!(host.due_in_ms(), None);
    host.feed(&bytes(PACKET_8)[..40]);
    assert_eq!(host.due_in_ms(), Some(120_000));
    host.tick_after_ms(119_999);
    host.feed(&bytes(PACKET_8)[40..50]);
    assert_eq!(host.due_in_ms(), Some(1), "a dribble does not prolong it");
    host.tick_after_ms(1);
    let trace = host.trace();
    assert_eq!((trace.rejects(), trace.closed), (vec![&Reject::TimedOut], true));
}

#[test]
fn a_failed_store_is_answered_with_zero() {
    let mut host = Host::new(teltonika(), &Limits::default());
    host.outcome = Stored::Failed;
    host.feed(&all(&[LOGIN, PACKET_8]));
    assert_eq!(host.trace().sent, bytes("01 00000000"));
}

#[test]
fn every_truncation_waits_for_the_rest() {
    let whole = all(&[LOGIN, PACKET_8, PACKET_8E]);
    for n in 0..whole.len() {
        let trace = read_whole(teltonika(), &whole[..n]);
        let complete = usize::from(n >= 17 + 71) + usize::from(n >= whole.len());
        assert_eq!((trace.reports().len(), trace.rejects().len(), trace.closed), (complete, 0, false), "{n} bytes");
        // Inside the frame, the same cut breaks records, with a right checksum around them.
        let data = bytes(PACKET_8);
        if let Some(part) = data.get(8..8 + n.min(59)) {
            read_whole(teltonika(), &[bytes(LOGIN), frame(part)].concat());
        }
    }
}

/// Streams of whole and damaged frames, keep-alives and noise.
fn stream() -> impl Strategy<Value = Vec<u8>> {
    let part = prop_oneof![
        Just(bytes(LOGIN)),
        Just(bytes(PACKET_8)),
        Just(bytes(PACKET_8E)),
        Just(bytes(GETIO_REPLY)),
        Just(vec![0xFF]),
        proptest::collection::vec(any::<u8>(), 0..40),
        proptest::collection::vec(any::<u8>(), 0..120).prop_map(|d| frame(&d)),
        (proptest::collection::vec(any::<u8>(), 0..120), prop_oneof![Just(8u8), Just(0x8E), Just(0x10)])
            .prop_map(|(d, codec)| frame(&[&[codec, 2][..], &d].concat())),
        (0..79usize, any::<u8>()).prop_map(|(at, x)| {
            let mut f = bytes(PACKET_8E);
            f[at] = x;
            f
        }),
    ];
    proptest::collection::vec(part, 0..8).prop_map(|parts| [bytes(LOGIN), parts.concat()].concat())
}

proptest! {
    #[test]
    fn any_split_of_a_stream_gives_the_same(stream in stream(), seed in any::<u32>()) {
        let whole = read_whole(teltonika(), &stream);
        prop_assert_eq!(&read_split(teltonika(), seed, &stream), &whole);
        prop_assert_eq!(&read(teltonika(), &Limits::default(), &stream, |_| 1), &whole);
    }

    #[test]
    fn any_bytes_are_survived(input in proptest::collection::vec(any::<u8>(), 0..400), seed in any::<u32>()) {
        prop_assert_eq!(read_split(teltonika(), seed, &input), read_whole(teltonika(), &input));
    }

    #[test]
    fn a_good_packet_after_plain_noise_is_always_found(
        noise in proptest::collection::vec(prop_oneof![2..=8u8, 65..=254u8], 0..300)
    ) {
        let trace = read_whole(teltonika(), &[bytes(LOGIN), noise, bytes(PACKET_8)].concat());
        prop_assert_eq!(trace.reports().len(), 1);
    }
}
