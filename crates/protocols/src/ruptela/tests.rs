mod more;

use model::{AttributeId, Command, CommandReply, EventId, Fix, Order, Report, Value};
use proptest::prelude::*;

use super::frame::around;
use crate::checksum::KERMIT;
use crate::testing::{Host, Seen, Trace, bytes, read, read_split, read_whole};
use crate::{ChecksumPolicy, DeviceSettings, Family, Limits, OrderId, OrderRefused, Progress, Reject, Stored, family};

const RECORDS: &str = "003500013E52B9ABE00E01 0001 69B529DD 00 00 D5E0B9CC EC101AB2 152C 490C 0B 003F 09 07 02 0501 2018 \
    02 1D315A 1E0FAC 01 41 0012D687 00 D17A";
const EXTENDED: &str = "002B00013E52B9ABE00E44 0001 69B529DD 00 00 00 D5E0B9CC EC101AB2 152C 490C 0B 003F 09 0199 01 0199 \
    01 00 00 00 A6B4";
const STORED: &str = "0002640113BC";
const NOT_STORED: &str = "000264000235";
const IMEI: &str = "00013E52B9ABE00E";
const GPS: &str = "D5E0B9CC EC101AB2 152C 490C 0B 003F 09";

fn ruptela() -> &'static Family {
    family("ruptela").expect("is registered")
}

/// A packet of the device in these tests, with a right length and checksum.
fn packet(command: u8, payload: &[u8]) -> Vec<u8> {
    packet_of(IMEI, command, payload)
}

fn packet_of(imei: &str, command: u8, payload: &[u8]) -> Vec<u8> {
    let counted = [&bytes(imei)[..], &[command], payload].concat();
    let length = (counted.len() as u16).to_be_bytes();
    [&length[..], &counted, &KERMIT.checksum(&counted).to_be_bytes()].concat()
}

fn records(hex: &str) -> Vec<u8> {
    packet(1, &bytes(hex))
}

fn extended(hex: &str) -> Vec<u8> {
    packet(68, &bytes(hex))
}

fn one_report(trace: &Trace) -> Report {
    let reports = trace.reports();
    assert_eq!(reports.len(), 1, "{trace:?}");
    reports[0].clone()
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
fn the_worked_packet() {
    let trace = read_whole(ruptela(), &bytes(RECORDS));
    assert_eq!(trace.sent, bytes(STORED));
    assert!(!trace.closed && trace.rejects().is_empty());
    assert!(matches!(&trace.seen[0], Seen::Device(id) if id.as_str() == "350000000000014"));
    let r = one_report(&trace);
    assert_eq!(r.time.map(|t| t.to_string()).as_deref(), Some("2026-03-14T09:26:53.000Z"));
    let p = r.position.clone().expect("has one");
    assert_eq!((p.latitude, p.longitude), (-33.448_891, -70.669_266));
    assert_eq!((p.altitude_m, p.heading_deg, p.satellites), (Some(542.0), Some(187), Some(11)));
    assert_eq!((p.speed_kmh, p.valid), (Some(63.0), true));
    assert_eq!(r.events, [], "a plain record is no event");
    has(&r, "event_code", 7);
    has(&r, "hdop", float(0.9));
    has(&r, "input_status", 0b1000);
    has(&r, "temperature_internal", 24);
    has(&r, "board_voltage", float(12.634));
    has(&r, "battery_voltage", float(4.012));
    has(&r, "hardware_mileage", float(1_234.567));
    for (id, raw) in [(5, 1), (32, 24), (29, 12_634), (30, 4_012), (65, 1_234_567)] {
        has(&r, &format!("avl_io_{id}"), raw);
    }
    assert_eq!(r.attributes.len(), 13);
}

#[test]
fn the_worked_extended_packet() {
    let trace = read_whole(ruptela(), &bytes(EXTENDED));
    assert_eq!(trace.sent, bytes(STORED));
    let r = one_report(&trace);
    assert_eq!(r.events, [EventId(605)]);
    has(&r, "ignition", true);
    has(&r, "avl_io_409", 1);
    has(&r, "event_code", 409);
}

#[test]
fn a_record_in_parts_is_one_report() {
    let head = "69B529DD 00";
    let part = |number: &str, elements: &str| format!("{head} {number} 00 {GPS} 0199 {elements}");
    let all = |parts: &[String]| {
        let count = format!("00{:02X}", parts.len());
        let trace = read_whole(ruptela(), &extended(&[&[count][..], parts].concat().concat()));
        assert_eq!((trace.sent.clone(), trace.rejects().len()), (bytes(STORED), 0));
        trace.reports().into_iter().cloned().collect::<Vec<_>>()
    };
    let first = part("20", "01 0199 01 00 00 00");
    let second = part("21", "00 01 001D 315A 00 00");
    let third = part("22", "00 00 01 0041 0012D687 00");
    let whole = all(&[first.clone(), second.clone(), third.clone()]);
    assert_eq!(whole.len(), 1);
    for (name, wanted) in
        [("ignition", Value::Bool(true)), ("board_voltage", float(12.634)), ("hardware_mileage", float(1_234.567))]
    {
        has(&whole[0], name, wanted);
    }
    assert_eq!(whole[0].events, [EventId(605)]);
    let later = format!("69B529DE 00 00 00 {GPS} 0000 00 00 00 00");
    assert_eq!(all(&[first.clone(), second.clone(), later.clone()]).len(), 2);
    assert_eq!(all(&[later, second]).len(), 2, "a part of another record begins one of its own");
}

#[test]
fn elements_become_normalised_attributes() {
    let decoded = |elements: &[(u16, usize, u64)]| {
        let mut payload = bytes(&format!("0001 69B529DD 00 00 00 {GPS} 0000"));
        for width in [1, 2, 4, 8] {
            let group: Vec<_> = elements.iter().filter(|e| e.1 == width).collect();
            payload.push(group.len() as u8);
            for (id, _, value) in group {
                payload.extend(id.to_be_bytes());
                payload.extend(&value.to_be_bytes()[8 - width..]);
            }
        }
        one_report(&read_whole(ruptela(), &packet(68, &payload)))
    };
    let check = |id: u16, width: usize, raw: u64, name: &str, wanted: Value| {
        has(&decoded(&[(id, width, raw)]), name, wanted);
    };
    let none = |id: u16, width: usize, raw: u64, name: &str| {
        let r = decoded(&[(id, width, raw)]);
        assert_eq!(value(&r, name), None, "{id} = {raw}");
        assert!(value(&r, &format!("avl_io_{id}")).is_some(), "{id} is kept raw");
    };
    check(13, 1, 1, "is_moving", Value::Bool(true));
    check(173, 1, 0, "is_moving", Value::Bool(false));
    check(20, 2, 5_230, "analog_3", float(5.23));
    check(21, 2, 5_230, "analog_4", float(5.23));
    check(22, 2, 5_230, "analog_1", float(5.23));
    check(23, 2, 5_230, "analog_2", float(5.23));
    check(27, 1, 31, "gsm_signal_level", Value::Int(100));
    none(27, 1, 99, "gsm_signal_level");
    check(32, 1, 0xF6, "temperature_internal", Value::Int(-10));
    check(32, 1, 0xF6, "avl_io_32", Value::Int(-10));
    check(34, 8, 0x5E4D_3C2B_1A00_0001, "hardware_key", Value::from("5E4D3C2B1A000001"));
    none(34, 8, 0, "hardware_key");
    check(66, 4, 2_500, "trip_mileage", float(2.5));
    check(78, 2, 235, "temperature_1", float(23.5));
    check(79, 2, 0xFF38, "temperature_2", float(-20.0));
    check(80, 2, 0, "temperature_3", float(0.0));
    check(74, 2, 1_250, "temperature_4", float(125.0));
    none(78, 2, 850, "temperature_1");
    none(78, 2, 0x8000, "temperature_1");
    check(88, 1, 1, "jamming", Value::Bool(true));
    check(94, 2, 4_000, "obd_rpm", float(1_000.0));
    check(95, 1, 63, "obd_speed", Value::Int(63));
    check(96, 1, 30, "obd_coolant_t", Value::Int(-10));
    check(98, 1, 255, "obd_fuel", float(100.0));
    check(100, 2, 50, "obd_fuel_rate", float(2.5));
    check(150, 4, 73_002, "operator", Value::Int(73_002));
    check(163, 4, 246_913, "can_mileage", float(1_234.565));
    check(164, 4, 200, "trip_mileage", float(1.0));
    check(165, 2, 16_128, "tachograph_speed", float(63.0));
    check(166, 2, 8_000, "can_rpm", float(1_000.0));
    check(170, 1, 1, "charging_status", Value::Bool(true));
    check(197, 2, 8_000, "can_rpm", float(1_000.0));
    check(203, 4, 30, "can_engine_hours", float(1.5));
    check(205, 2, 77, "can_fuel_litres", Value::Int(77));
    check(207, 1, 250, "can_fuel_1", float(100.0));
    check(208, 4, 3, "can_consumption", float(1.5));
    check(251, 1, 1, "ignition", Value::Bool(true));
    check(645, 4, 123_456, "obd_mileage", Value::Int(123_456));
    check(60_000, 8, u64::MAX, "avl_io_60000", Value::from("FFFFFFFFFFFFFFFF"));
    check(2, 1, 1, "input_status", Value::Int(1));
    let card = [u64::from_be_bytes(*b"DRIVER-0"), u64::from_be_bytes(*b"042\0\0\0\0\0")];
    let r = decoded(&[(155, 8, card[0]), (156, 8, card[1])]);
    has(&r, "hardware_key", "DRIVER-0042");
    has(&r, "tachograph_driver", "DRIVER-0042");
    has(&decoded(&[(126, 8, card[0]), (127, 8, card[1])]), "hardware_key", "DRIVER-0042");
    let r = decoded(&[(155, 8, card[0]), (156, 8, card[1]), (34, 8, 1)]);
    has(&r, "hardware_key", "0000000000000001");
    has(&decoded(&[(760, 8, 1), (761, 8, 2)]), "hardware_key", "00000000000000010000000000000002");
    assert_eq!(value(&decoded(&[(760, 8, 1)]), "hardware_key"), None);
    assert_eq!(value(&decoded(&[(155, 8, 0), (156, 8, 0)]), "hardware_key"), None);
}

#[test]
fn positions_and_times_that_are_none() {
    let with = |time: &str, gps: &str| {
        one_report(&read_whole(ruptela(), &records(&format!("0001 {time} 00 00 {gps} 00 00 00 00 00"))))
    };
    let r = with("69B529DD", "80000000 EC101AB2 152C 490C 0B 003F 09");
    assert_eq!((r.position.as_ref(), value(&r, "satellites")), (None, None));
    assert_eq!(with("69B529DD", "D5E0B9CC 80000000 152C 490C 0B 003F 09").position, None);
    let r = with("69B529DD", "00000000 00000000 0000 0000 03 0000 63");
    assert_eq!((r.position.as_ref(), value(&r, "satellites")), (None, Some(Value::Int(3))));
    assert_eq!(with("69B529DD", "00000000 7FFFFFFF 0000 0000 03 0000 63").position, None, "latitude 214");
    let p = with("69B529DD", "D5E0B9CC EC101AB2 152C 490C 00 003F FF").position.expect("the last place");
    assert_eq!((p.valid, p.fix), (false, Fix::NoFix));
    let p = with("69B529DD", "00000001 00000001 FF38 8CA0 03 0000 09").position.expect("has one");
    assert_eq!((p.altitude_m, p.heading_deg, p.speed_kmh), (Some(-20.0), Some(0), Some(0.0)));
    assert_eq!(with("00000000", GPS).time, None);
    let twice = format!("0002 69B529DD 00 00 {GPS} 00 00 00 00 00 69B529DD 01 00 {GPS} 00 00 00 00 00");
    let trace = read_whole(ruptela(), &records(&twice));
    let times: Vec<_> = trace.reports().iter().map(|r| r.time.map(|t| t.ms())).collect();
    assert_eq!(times, [Some(1_773_480_413_000), Some(1_773_480_413_001)], "records of one second keep their order");
}

#[test]
fn what_devices_say_besides_records_is_answered() {
    let check = |command: u8, payload: &[u8], sent: &str| {
        let trace = read_whole(ruptela(), &packet(command, payload));
        assert_eq!((trace.sent.clone(), trace.rejects().len()), (bytes(sent), 0), "{command}: {trace:?}");
        assert!(trace.seen.contains(&Seen::Contact), "a sign of life");
    };
    check(15, &[], "00027301CB25");
    check(16, &[], "00027401862D");
    assert_eq!(read_whole(ruptela(), &packet(18, &[])).sent, around(118, &[1]));
    check(7, b"hello", "");
    check(1, &[0, 0], STORED);
    let codes = format!(
        "03 01 69B529DD D5E0B9CC EC101AB2 02 {0} 01 69B529DD D5E0B9CC EC101AB2 01 {0} \
        01 69B529DE D5E0B9CC EC101AB2 02 5030313731",
        "5030343230"
    );
    let trace = read_whole(ruptela(), &packet(9, &bytes(&codes)));
    assert_eq!(trace.sent, bytes("00026D01C4A4"));
    let reports = trace.reports();
    assert_eq!(reports.len(), 2);
    has(reports[0], "obd_dtc_codes", "P0420 P0420");
    has(reports[0], "obd_dtc_number", 1);
    assert!(reports[0].position.is_some() && reports[0].time < reports[1].time);
}

#[test]
fn strangers_are_told_no() {
    let check = |input: &[u8], sent: &[u8], closed: bool, rejects: &[Reject]| {
        let trace = read_whole(ruptela(), input);
        assert_eq!((trace.sent.as_slice(), trace.closed), (sent, closed), "{input:02X?}");
        assert_eq!(trace.rejects(), rejects.iter().collect::<Vec<_>>());
    };
    let stranger = |command| packet_of("0003328B944C4000", command, &bytes("0000"));
    check(&[stranger(1), bytes(RECORDS)].concat(), &bytes(NOT_STORED), true, &[]);
    check(&stranger(15), &around(115, &[0]), true, &[]);
    check(&stranger(7), &[], true, &[]);
    // What is no packet costs itself: a device may come after it.
    let noise = [&b"GET / HTTP/1.1\r\n\r\n"[..], &bytes(RECORDS)].concat();
    check(&noise, &bytes(STORED), false, &[Reject::Noise { bytes: 18 }]);
    let other = packet_of("00013E52B9ABE00F", 16, &[]);
    let trace = read_whole(ruptela(), &[bytes(RECORDS), other.clone(), other, bytes(RECORDS)].concat());
    let devices = trace.seen.iter().filter(|s| matches!(s, Seen::Device(_))).count();
    assert_eq!((devices, trace.closed), (3, false), "asked at each change");
    let zeros = packet_of("000000000000000C", 16, &[]);
    assert!(matches!(&read_whole(ruptela(), &zeros).seen[0], Seen::Device(id) if id.as_str() == "000000000000012"));
}

#[test]
fn damaged_packets_cost_only_themselves() {
    let mut bad = bytes(RECORDS);
    bad[20] ^= 1;
    let trace = read_whole(ruptela(), &[bytes(RECORDS), bad.clone(), bytes(EXTENDED)].concat());
    assert_eq!((trace.sent, trace.closed, trace.seen.len()), (bytes(STORED).repeat(2), false, 4));
    assert!(matches!(trace.seen[2], Seen::Rejected(ref f, Reject::Checksum { found: 0xD17A, .. }) if *f == bad));
    let trace = read_whole(ruptela(), &[bytes(RECORDS), bad.repeat(9), bytes(RECORDS), bad.repeat(12)].concat());
    assert_eq!((trace.sent, trace.closed), (bytes(STORED).repeat(2), true), "closed at the tenth in a row");
    let warn = DeviceSettings { checksum: Some(ChecksumPolicy::Warn), ..DeviceSettings::default() };
    let mut host = Host::with_settings(ruptela(), &Limits::default(), warn);
    host.feed(&[bytes(RECORDS), bad].concat());
    let trace = host.trace();
    assert_eq!((trace.reports().len(), trace.rejects().len()), (2, 1));
}

#[test]
fn a_packet_that_could_not_all_be_read_is_not_acknowledged() {
    let record = format!("69B529DD 00 00 {GPS} 00 00 00 00 00");
    let check = |payload: &str, sent: &str, reports: usize| {
        let trace = read_whole(ruptela(), &records(payload));
        assert_eq!((trace.sent.clone(), trace.reports().len()), (bytes(sent), reports), "{payload}");
        assert_eq!(trace.rejects().is_empty(), sent == STORED);
    };
    check(&format!("0102 {record} {record}"), STORED, 2);
    check(&format!("0002 {record} {record} AABB"), STORED, 2);
    check(&format!("0003 {record} {record}"), NOT_STORED, 2);
    check(&format!("0002 {record} 69B529DD 00 00 {GPS} 00 FF"), NOT_STORED, 1);
    check("0001 69B529DD", NOT_STORED, 0);
    check("", NOT_STORED, 0);
    let trace = read_whole(ruptela(), &packet(9, &bytes("0201")));
    assert_eq!(trace.sent, around(109, &[0]));
    let trace = read_whole(ruptela(), &packet(200, &[]));
    assert_eq!((trace.sent.len(), trace.rejects()), (0, vec![&Reject::UnknownKind(200)]));
}

#[test]
fn a_failed_store_is_answered_with_no() {
    let mut host = Host::new(ruptela(), &Limits::default());
    host.outcome = Stored::Failed;
    host.feed(&bytes(RECORDS));
    assert_eq!(host.trace().sent, bytes(NOT_STORED));
}

#[test]
fn orders_are_sent_and_answered_in_the_middle_of_records() {
    let mut host = Host::new(ruptela(), &Limits::default());
    assert_eq!(host.order(1, &Order::ReadLevels), Err(OrderRefused::NotIdentified));
    host.feed(&packet(16, &[]));
    assert_eq!(host.order(2, &Order::ReadLevels), Ok(()));
    assert_eq!(host.order(3, &Order::ReadLevels), Err(OrderRefused::Busy));
    host.feed(&packet(7, b"some other words"));
    host.feed(&[bytes(RECORDS), packet(7, b"DIN1=0 DIN2=1 DOUT1=1 AIN1=12500"), packet(17, &[0])].concat());
    let output = Order::Do(Command::Output { number: 2, on: true });
    assert_eq!(host.order(4, &output), Ok(()));
    host.feed(&[packet(7, b"words"), packet(17, &[0])].concat());
    assert_eq!(host.order(5, &output), Ok(()));
    host.feed(&packet(17, &[3]));
    assert_eq!(host.order(6, &Order::ReadLevels), Ok(()));
    host.tick_after_ms(30_000);
    assert_eq!(host.order(7, &Order::Do(Command::Text("getver".to_owned()))), Ok(()));
    host.feed(&[packet(7, b"DIN1=1"), packet(3, b"FW 1.2")].concat());
    assert_eq!(host.order(8, &Order::Do(Command::Bytes(vec![1]))), Ok(()));
    let said = |text: &str, lines: &[(u16, f64)]| CommandReply { text: text.to_owned(), lines: lines.to_vec() };
    let trace = host.trace();
    let told: Vec<&Seen> = trace.seen.iter().filter(|s| matches!(s, Seen::Ordered(..) | Seen::Unasked(_))).collect();
    let sent = |id, awaits_reply| Seen::Ordered(OrderId(id), Progress::Sent { awaits_reply });
    let levels = said("DIN1=0 DIN2=1 DOUT1=1 AIN1=12500", &[(1, 0.0), (2, 1.0), (9, 12_500.0), (179, 1.0)]);
    let wanted = [
        sent(2, true),
        Seen::Unasked(said("some other words", &[])),
        Seen::Ordered(OrderId(2), Progress::Replied(levels)),
        Seen::Unasked(said("0", &[])),
        sent(4, true),
        Seen::Unasked(said("words", &[])),
        Seen::Ordered(OrderId(4), Progress::Replied(said("0", &[]))),
        sent(5, true),
        Seen::Ordered(OrderId(5), Progress::Refused("3".to_owned())),
        sent(6, true),
        Seen::Ordered(OrderId(6), Progress::TimedOut),
        sent(7, true),
        Seen::Unasked(said("DIN1=1", &[(1, 1.0)])),
        Seen::Ordered(OrderId(7), Progress::Replied(said("FW 1.2", &[]))),
        sent(8, false),
    ];
    assert_eq!(told, wanted.iter().collect::<Vec<_>>());
}

#[test]
fn the_stream_is_found_again_after_noise() {
    let noise = b"\x7e\x7e\r\n  $GPRMC,no,\xff\xff".to_vec();
    let input = [&bytes(RECORDS), &noise[..], &bytes(EXTENDED), &[0], &bytes(RECORDS)].concat();
    let trace = read_whole(ruptela(), &input);
    assert_eq!((trace.sent, trace.closed), (bytes(STORED).repeat(3), false));
    assert_eq!(trace.seen[2], Seen::Rejected(noise.clone(), Reject::Noise { bytes: noise.len() }));
    for hostile in ["0000", "0008", "FFFF", "0009 01", "2801 00"] {
        let trace = read_whole(ruptela(), &[bytes(RECORDS), bytes(hostile), bytes(RECORDS)].concat());
        assert_eq!((trace.sent, trace.closed), (bytes(STORED).repeat(2), false), "{hostile}");
    }
    let trace = read_whole(ruptela(), &[bytes(RECORDS), vec![0xAA; 16_385 + 100]].concat());
    assert_eq!((trace.sent, trace.closed), (bytes(STORED), true));
}

#[test]
fn a_packet_that_is_never_finished_ends_the_connection() {
    let mut host = Host::new(ruptela(), &Limits::default());
    host.feed(&bytes(RECORDS)[..40]);
    assert_eq!(host.due_in_ms(), Some(120_000));
    host.tick_after_ms(120_000);
    let trace = host.trace();
    assert_eq!((trace.rejects(), trace.closed), (vec![&Reject::TimedOut], true));
}

#[test]
fn every_truncation_waits_for_the_rest_or_is_refused() {
    let whole = [bytes(RECORDS), bytes(EXTENDED)].concat();
    for n in 0..whole.len() {
        let trace = read_whole(ruptela(), &whole[..n]);
        let complete = usize::from(n >= 57);
        assert_eq!((trace.reports().len(), trace.rejects().len(), trace.closed), (complete, 0, false), "{n} bytes");
    }
    let payload = &bytes(RECORDS)[11..55];
    for n in 0..payload.len() {
        let trace = read_whole(ruptela(), &packet(1, &payload[..n]));
        assert_eq!((trace.sent.clone(), trace.reports().len()), (bytes(NOT_STORED), 0), "{n} bytes");
    }
}

/// Streams of whole and damaged packets, and noise.
fn stream() -> impl Strategy<Value = Vec<u8>> {
    let payload = || proptest::collection::vec(any::<u8>(), 0..120);
    let part = prop_oneof![
        Just(bytes(RECORDS)),
        Just(bytes(EXTENDED)),
        Just(packet(16, &[])),
        Just(packet(7, b"DIN1=1")),
        Just(vec![0]),
        proptest::collection::vec(any::<u8>(), 0..40),
        (any::<u8>(), payload()).prop_map(|(command, p)| packet(command, &p)),
        (prop_oneof![Just(1u8), Just(68), Just(9)], payload())
            .prop_map(|(command, p)| packet(command, &[&[0, 2][..], &p].concat())),
        (0..57usize, any::<u8>()).prop_map(|(at, x)| {
            let mut f = bytes(RECORDS);
            f[at] = x;
            f
        }),
    ];
    proptest::collection::vec(part, 0..8).prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn any_split_of_a_stream_gives_the_same(stream in stream(), seed in any::<u32>()) {
        let whole = read_whole(ruptela(), &stream);
        prop_assert_eq!(&read_split(ruptela(), seed, &stream), &whole);
        prop_assert_eq!(&read(ruptela(), &Limits::default(), &stream, |_| 1), &whole);
    }

    #[test]
    fn any_bytes_are_survived(input in proptest::collection::vec(any::<u8>(), 0..400), seed in any::<u32>()) {
        prop_assert_eq!(read_split(ruptela(), seed, &input), read_whole(ruptela(), &input));
    }
}
