mod losses;

use model::{AttributeId, Command, CommandReply, EventId, Fix, Order, Report, Value};
use proptest::prelude::*;

use super::events;
use super::frame::around;
use crate::testing::{Host, Seen, Trace, bytes, read, read_split, read_whole};
use crate::{ChecksumPolicy, DeviceSettings, Family, Limits, OrderId, OrderRefused, Progress, Reject, Stored, family};

const IMEI: &str = "350000000000014";
const POSITION: &str = "$$A157,350000000000014,AAA,35,-33.448891,-70.669266,260314092653,A,11,22,63,187,0.9,542,\
    1234567,5021,730|2|2B1F|A1B2,0100,0000|0000|0000|0191|04EF,,,3,,01092E*63\r\n";
const TAGGED: &str = "24244239372C3335303030303030303030303031342C4343452C 00000000 0100 3F00 0100 04 0123 0501 060B 0716 \
    05 083F00 09BB00 0B1E02 199101 1AEF04 04 02459C01FE 032EACC9FB 045DE64731 0C87D61200 01 0E0C DA020200 1F2B B2A10000 \
    B9FF 2A45460D0A";
const FIELDS: &str = "-33.448891,-70.669266,260314092653,A,11,22,63,187,0.9,542,1234567,5021";
const RECORD: &str = "23 459C01FE 2EACC9FB 5DE64731 01 0B 16 3F00 BB00 0900 1E02 87D61200 9D130000 DA02 0200 1F2B B2A1 0001 \
    0000 9101 EF04 00000000";

fn meitrack() -> &'static Family {
    family("meitrack").expect("is registered")
}

/// A message of a device, with a right length and checksum.
fn message_of(device: &str, content: &[u8]) -> Vec<u8> {
    let length = 2 + device.len() + content.len() + 5;
    let mut message = [format!("$$Q{length},{device},").as_bytes(), content, b"*"].concat();
    let checksum = message.iter().fold(0u8, |sum, b| sum.wrapping_add(*b));
    message.extend(format!("{checksum:02X}\r\n").bytes());
    message
}

fn message(content: &[u8]) -> Vec<u8> {
    message_of(IMEI, content)
}

fn one_report(trace: &Trace) -> Report {
    let reports = trace.reports();
    assert_eq!(reports.len(), 1, "{trace:?}");
    reports[0].clone()
}

fn decoded(content: &[u8]) -> Report {
    one_report(&read_whole(meitrack(), &message(content)))
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

/// What the three worked forms have in common.
fn is_the_worked_position(r: &Report) {
    assert_eq!(r.time.map(|t| t.to_string()).as_deref(), Some("2026-03-14T09:26:53.000Z"));
    let p = r.position.clone().expect("has one");
    assert_eq!((p.latitude, p.longitude, p.valid), (-33.448_891, -70.669_266, true));
    assert_eq!((p.altitude_m, p.heading_deg, p.satellites), (Some(542.0), Some(187), Some(11)));
    assert_eq!(p.speed_kmh, Some(63.0));
    assert_eq!(r.events, [EventId(403)]);
    has(r, "event_code", 35);
    has(r, "gsm_signal_level", 71);
    has(r, "hardware_mileage", float(1_234.567));
    has(r, "battery_voltage", float(4.01));
    has(r, "board_voltage", float(12.63));
    let cells = value(r, "mobile_cells").expect("has one");
    assert!(
        matches!(&cells, Value::Json(json) if json.starts_with(r#"[{"mcc":730,"mnc":2,"lac":11039,"cell_id":41394"#))
    );
}

#[test]
fn the_worked_text() {
    let trace = read_whole(meitrack(), POSITION.as_bytes());
    assert_eq!((trace.sent.len(), trace.closed, trace.rejects().len()), (0, false, 0), "positions are not answered");
    assert!(matches!(&trace.seen[0], Seen::Device(id) if id.as_str() == IMEI));
    let r = one_report(&trace);
    is_the_worked_position(&r);
    has(&r, "hdop", float(0.9));
    has(&r, "run_time_s", 5_021);
    has(&r, "input_status", 1);
    has(&r, "output_status", 0);
    has(&r, "temperature_1", float(23.5));
    has(&r, "analog_1", float(0.0));
}

#[test]
fn the_worked_tags() {
    let trace = read_whole(meitrack(), &bytes(TAGGED));
    assert_eq!((trace.sent.len(), trace.rejects().len()), (0, 0));
    let r = one_report(&trace);
    is_the_worked_position(&r);
    let json = r#"[{"mcc":730,"mnc":2,"lac":11039,"cell_id":41394,"rssi":-71}]"#;
    has(&r, "mobile_cells", Value::Json(json.into()));
}

#[test]
fn a_list_is_acknowledged_by_its_count_once_it_is_stored() {
    let head = "434343 2C 0100 3400 00000000";
    let two = message(&bytes(&format!("{head} {RECORD} {RECORD}")));
    let trace = read_whole(meitrack(), &two);
    assert_eq!((trace.sent.clone(), trace.rejects().len()), (around(b'Q', IMEI, "CCC,2"), 0));
    trace.reports().into_iter().for_each(is_the_worked_position);
    has(trace.reports()[0], "input_status", 1);
    let mut host = Host::new(meitrack(), &Limits::default());
    host.outcome = Stored::Failed;
    host.feed(&two);
    assert_eq!(host.trace().sent, b"");
    let broken = message(&bytes(&format!("{head} {RECORD} {}", &RECORD[..30])));
    let trace = read_whole(meitrack(), &broken);
    // A broken one would come again for ever if it were not counted.
    assert_eq!((trace.sent.clone(), trace.reports().len()), (around(b'Q', IMEI, "CCC,2"), 1));
    assert_eq!(trace.rejects(), [&Reject::Truncated]);
    let longer = message(&bytes(&format!("434343 2C 0100 3600 00000000 {RECORD} 0102")));
    has(&one_report(&read_whole(meitrack(), &longer)), "meitrack_more", "0102");
    for short in ["434343", "434343 2C 0100 3300 00000000", "434343 2C 0100 0000 00000000 00"] {
        let trace = read_whole(meitrack(), &message(&bytes(short)));
        assert_eq!((trace.reports().len(), trace.rejects()), (0, vec![&Reject::Truncated]), "{short}");
    }
}

#[test]
fn text_in_all_its_forms() {
    let check = |model: Option<&str>, content: &str, wanted: &[(&str, Value)]| {
        let settings = DeviceSettings { model: model.map(Into::into), ..DeviceSettings::default() };
        let mut host = Host::with_settings(meitrack(), &Limits::default(), settings);
        host.feed(&message(content.replace('~', FIELDS).as_bytes()));
        let r = one_report(&host.trace());
        wanted.iter().for_each(|(name, wanted)| has(&r, name, wanted.clone()));
        r
    };
    let battery = |volts| ("battery_voltage", float(volts));
    let power = |volts| ("board_voltage", float(volts));
    let analogues = "AAA,35,~,,,0400|0000|0000|0400|0400";
    check(Some("MVT380"), analogues, &[battery(6.0), power(48.0), ("analog_1", float(6.0))]);
    check(Some("T1"), &analogues.replace("0400", "1000"), &[battery(6.6), power(52.8)]);
    let r = check(Some("MT90"), &analogues.replace("0400", "1000"), &[battery(6.6)]);
    assert_eq!(value(&r, "board_voltage"), None);
    check(Some("MT90G"), &analogues.replace("0400", "1000"), &[battery(6.0)]);
    check(None, "AAA,35,~,,,4.12|12.63", &[battery(4.12), power(12.63)]);
    check(None, "AAA,35,~,,,4.12|12.63|0.5|x|1.5", &[("analog_1", float(0.5)), ("analog_3", float(1.5))]);
    check(None, "AAA,35,~,,,,,,3,,00092E", &[("temperature_0", float(23.5))]);
    check(None, "AAA,7,35,~", &[("event_code", Value::Int(35))]);
    check(None, "AAA,37,~,,,,00AB12", &[("hardware_key", Value::from("00AB12"))]);
    check(None, "AAA,39,~,,,,a.jpg", &[("media_files", Value::from("a.jpg"))]);
    check(None, "AAA,20,~,,,,1F", &[("geofence_number", Value::Int(31))]);
    check(None, "AAA,50,~,,,,2", &[("sensor_number", Value::from("2"))]);
    let whole = "AAA,2,~,,,,x,y,,,,108,0921,z";
    let kept =
        [("event_data", "x"), ("meitrack_reserved", "y"), ("meitrack_count", "108"), ("meitrack_more", "0921,z")];
    check(None, whole, &kept.map(|(name, text)| (name, Value::from(text))));
    let tail = "AAA,35,~,,,,,,1,3219,0117FE|02F632|zz|0317";
    check(
        None,
        tail,
        &[("fuel_level_1", float(50.25)), ("temperature_1", float(25.54)), ("temperature_2", float(-10.5))],
    );
    check(None, "AAA,35,~,,,,,,3,,02FF38", &[("temperature_2", float(-2.0))]);
    assert_eq!(check(None, "AAA,144,~", &[("ignition", Value::Bool(true))]).events, [EventId(605)]);
    assert_eq!(check(None, "AAA,1,~", &[]).events, [EventId(202), EventId(501)]);
    let p =
        check(None, "AAA,35,-33.4,-70.6,260314092653,V,11,22,63,360,0.9,-12", &[]).position.expect("the last place");
    assert_eq!((p.valid, p.fix, p.heading_deg, p.altitude_m), (false, Fix::NoFix, Some(0), Some(-12.0)));
    let r = check(None, "AAA,35,0.0,0.0,000000000000,V,0,99,0,0,0,0", &[("satellites", Value::Int(0))]);
    assert_eq!((r.position.as_ref(), r.time, value(&r, "gsm_signal_level")), (None, None, None));
    assert_eq!(check(None, "AAA,35,91.0,1.0,260314092653,A,5", &[]).position, None);
}

#[test]
fn tags_become_normalised_attributes() {
    let record = |groups: [&[(&str, &str)]; 4]| {
        let mut body = bytes("0100");
        for group in groups {
            body.push(group.len() as u8);
            group.iter().for_each(|(id, value)| body.extend([bytes(id), bytes(value)].concat()));
        }
        let content = [b"CCE,".to_vec(), bytes("00000000 0100"), (body.len() as u16).to_le_bytes().to_vec(), body];
        decoded(&content.concat())
    };
    let r = record([
        &[("14", "02"), ("15", "05"), ("9D", "32"), ("FE69", "57"), ("77", "01")],
        &[("16", "0A00"), ("29", "8813"), ("40", "8100"), ("99", "E803"), ("0A", "0900")],
        &[("1C", "05000000"), ("25", "EFBEADDE"), ("FEF4", "5A000000"), ("A0", "E8030000"), ("0D", "9D130000")],
        &[
            ("1D", "08 A0B1C2D3E4F5 BCFF"),
            ("2B", "03 01 CEFF"),
            ("4B", "03 4C5445"),
            ("FE31", "05 02 07 612E6A"),
            ("FE73", "0E 00 01 41 A0B1C2D3E4F5 57 8017 0037"),
            ("0E", "02 0102"),
            ("FEA8", "07 01 57 00 00 01 32 00"),
        ],
    ]);
    let wanted = [
        ("output_status", Value::Int(2)),
        ("input_status", Value::Int(5)),
        ("obd_fuel", Value::Int(50)),
        ("battery_level", Value::Int(87)),
        ("analog_1", float(0.1)),
        ("fuel_level_1", float(50.0)),
        ("obd_rpm", float(1_000.0)),
        ("hdop", float(0.9)),
        ("hardware_key", Value::from("DEADBEEF")),
        ("engine_hours", float(1.5)),
        ("obd_consumption", float(1.0)),
        ("wifi_points", Value::Json(r#"[{"mac":"A0:B1:C2:D3:E4:F5","rssi":-68}]"#.into())),
        ("temperature_2", float(-0.5)),
        ("operator", Value::from("LTE")),
        ("media_files", Value::from("a.j")),
        ("ble_temp_sensor_1", float(23.5)),
        ("ble_humidity_1", float(55.0)),
        ("ble_name_1", Value::from("A")),
        ("ble_mac_1", Value::from("A0B1C2D3E4F5")),
        ("temperature_label_2", Value::Int(1)),
        ("system_flags", Value::Int(5)),
        ("battery_level_3", Value::Int(50)),
        // What is not known, or not as it should be.
        ("meitrack_77", Value::Int(1)),
        ("meitrack_0e", Value::from("0102")),
    ];
    wanted.iter().for_each(|(name, wanted)| has(&r, name, wanted.clone()));
    assert_eq!((r.position.as_ref(), r.events.as_slice()), (None, &[EventId(241)][..]));
}

#[test]
fn codes_become_events() {
    let check = |code: u16, wanted: &[u32]| {
        assert_eq!(events::of(code), wanted, "{code}");
    };
    check(0, &[]);
    check(34, &[]);
    check(2, &[502]);
    check(9, &[501]);
    check(16, &[508]);
    check(22, &[4]);
    check(23, &[2]);
    check(29, &[15]);
    check(145, &[604]);
    check(50, &[10_050]);
}

#[test]
fn strangers_and_noise() {
    let check = |input: &[u8], closed: bool, rejects: &[Reject]| {
        let trace = read_whole(meitrack(), input);
        assert_eq!((trace.sent.len(), trace.closed), (0, closed), "{input:02X?}");
        assert_eq!(trace.rejects(), rejects.iter().collect::<Vec<_>>());
    };
    check(&[message_of("999", b"AAA"), POSITION.as_bytes().to_vec()].concat(), true, &[]);
    // Whoever does not begin with a message may still come to it.
    let late = [b"GET / HTTP/1.1\r\n\r\n", POSITION.as_bytes()].concat();
    check(&late, false, &[Reject::Noise { bytes: 18 }]);
    assert_eq!(read_whole(meitrack(), &late).reports().len(), 1);
    check(&message_of("35x", b"AAA"), false, &[Reject::BadIdentity]);
    let noise = b"\x7e\r\n $GPRMC,no,$$".to_vec();
    let trace = read_whole(meitrack(), &[POSITION.as_bytes(), &noise, POSITION.as_bytes()].concat());
    assert_eq!(
        (trace.reports().len(), trace.rejects(), trace.closed),
        (2, vec![&Reject::Noise { bytes: noise.len() }], false)
    );
    let trace = read_whole(meitrack(), &[POSITION.as_bytes(), &[0xAA; 17_000]].concat());
    assert!(trace.closed);
    let other = message_of("350000000000022", b"AAC");
    let trace = read_whole(meitrack(), &[message(b"AAC"), other.clone(), other].concat());
    let devices = trace.seen.iter().filter(|s| matches!(s, Seen::Device(_))).count();
    assert_eq!(devices, 2, "asked at each change");
    assert!(trace.sent.starts_with(b"@@z27,350000000000014,AAC,1*"), "{:?}", trace.sent);
}

#[test]
fn a_wrong_checksum_is_counted_and_forgiven_unless_settings_say_no() {
    let bad = POSITION.replace("*63", "*64").into_bytes();
    let check = |checksum: Option<ChecksumPolicy>, reports: usize| {
        let settings = DeviceSettings { checksum, ..DeviceSettings::default() };
        let mut host = Host::with_settings(meitrack(), &Limits::default(), settings);
        host.feed(&[bad.as_slice(), POSITION.as_bytes()].concat());
        let trace = host.trace();
        assert_eq!(trace.reports().len(), reports, "{checksum:?}");
        assert_eq!(trace.rejects(), [&Reject::Checksum { found: 0x64, computed: 0x63 }]);
    };
    check(None, 2);
    check(Some(ChecksumPolicy::Enforce), 1);
}

#[test]
fn orders_are_answered_by_their_name() {
    let mut host = Host::new(meitrack(), &Limits::default());
    assert_eq!(host.order(1, &Order::ReadLevels), Err(OrderRefused::NotIdentified));
    host.feed(POSITION.as_bytes());
    assert_eq!(host.order(2, &Order::ReadLevels), Ok(()));
    assert_eq!(host.order(3, &Order::ReadLevels), Err(OrderRefused::Busy));
    host.feed(&[message(b"C01,OK"), POSITION.as_bytes().to_vec()].concat());
    host.feed(&message(format!("A10,34,{FIELDS},730|2|2B1F|A1B2,0301").as_bytes()));
    assert_eq!(host.order(4, &Order::Do(Command::Output { number: 1, on: true })), Ok(()));
    host.feed(&message(b"C01,OK"));
    assert_eq!(host.order(5, &Order::Do(Command::Text("E91".to_owned()))), Ok(()));
    host.tick_after_ms(30_000);
    let trace = host.trace();
    let sent = [around(b'A', IMEI, "A10"), around(b'B', IMEI, "C01,0,12222"), around(b'C', IMEI, "E91")].concat();
    assert_eq!(trace.sent, sent);
    assert_eq!(trace.reports().len(), 3);
    let told: Vec<&Seen> = trace.seen.iter().filter(|s| matches!(s, Seen::Ordered(..) | Seen::Unasked(_))).collect();
    let ok = || CommandReply { text: "OK".to_owned(), lines: Vec::new() };
    assert_eq!(
        (told.len(), told[1], told[4]),
        (7, &Seen::Unasked(ok()), &Seen::Ordered(OrderId(4), Progress::Replied(ok())))
    );
    assert_eq!(told[6], &Seen::Ordered(OrderId(5), Progress::TimedOut));
    let Seen::Ordered(OrderId(2), Progress::Replied(levels)) = told[2] else { panic!("{told:?}") };
    assert_eq!(levels.lines[..3], [(1, 1.0), (2, 1.0), (3, 0.0)]);
    assert!(levels.lines.contains(&(179, 1.0)) && levels.lines.contains(&(180, 0.0)), "{levels:?}");
}

#[test]
fn clocks_are_set_right_by_settings() {
    let settings = DeviceSettings { utc_offset_s: Some(28_800), ..DeviceSettings::default() };
    let list = message(&bytes(&format!("434343 2C 0100 3400 00000000 {RECORD}")));
    for input in [POSITION.as_bytes().to_vec(), bytes(TAGGED), list] {
        let mut host = Host::with_settings(meitrack(), &Limits::default(), settings.clone());
        host.feed(&input);
        let time = one_report(&host.trace()).time.map(|t| t.to_string());
        assert_eq!(time.as_deref(), Some("2026-03-14T01:26:53.000Z"));
    }
}

#[test]
fn datagrams_carry_whole_messages() {
    let mut host = Host::new(meitrack(), &Limits::default());
    host.feed_datagram(POSITION.as_bytes());
    host.feed_datagram(&bytes(TAGGED)[..40]);
    host.feed_datagram(&bytes(TAGGED));
    let trace = host.trace();
    assert_eq!((trace.reports().len(), trace.rejects(), trace.closed), (2, vec![&Reject::Truncated], false));
    assert_eq!(trace.reject_offsets, [POSITION.len() as u64]);
}

#[test]
fn pictures_are_heard_of_and_their_orders_answered() {
    let mut host = Host::new(meitrack(), &Limits::default());
    host.feed(&message(b"D00,0,a.jpg,2,0,\xFF\xD8"));
    assert_eq!(host.order(1, &Order::Do(Command::Text("D03,1,camera_picture.jpg".to_owned()))), Ok(()));
    host.feed(&message(b"D03,OK"));
    let trace = host.trace();
    assert_eq!(trace.seen[1], Seen::Contact);
    let ok = CommandReply { text: "OK".to_owned(), lines: Vec::new() };
    assert!(trace.seen.contains(&Seen::Ordered(OrderId(1), Progress::Replied(ok))), "{trace:?}");
    assert_eq!(trace.sent, around(b'A', IMEI, "D03,1,camera_picture.jpg"));
}

#[test]
fn every_truncation_waits_for_the_rest() {
    let whole = [POSITION.as_bytes(), &bytes(TAGGED)].concat();
    for n in 0..whole.len() {
        let trace = read_whole(meitrack(), &whole[..n]);
        let complete = usize::from(n >= POSITION.len());
        assert_eq!((trace.reports().len(), trace.rejects().len(), trace.closed), (complete, 0, false), "{n} bytes");
    }
    let record = &bytes(TAGGED)[26..bytes(TAGGED).len() - 5];
    for n in 0..record.len() {
        let trace = read_whole(meitrack(), &message(&[b"CCE,", &record[..n]].concat()));
        assert_eq!((trace.reports().len(), trace.rejects()), (0, vec![&Reject::Truncated]), "{n} bytes");
    }
}

/// Streams of whole and damaged messages, and noise.
fn stream() -> impl Strategy<Value = Vec<u8>> {
    let payload = || proptest::collection::vec(any::<u8>(), 0..120);
    let part = prop_oneof![
        Just(POSITION.as_bytes().to_vec()),
        Just(bytes(TAGGED)),
        Just(b"\r\n$$".to_vec()),
        payload(),
        payload().prop_map(|p| message(&p)),
        (prop_oneof![Just("CCC,"), Just("CCE,"), Just("AAA,35,1.0,2.0,"), Just("C01,")], payload())
            .prop_map(|(command, p)| message(&[command.as_bytes(), &p].concat())),
        (0..POSITION.len(), any::<u8>()).prop_map(|(at, x)| {
            let mut f = POSITION.as_bytes().to_vec();
            f[at] = x;
            f
        }),
    ];
    proptest::collection::vec(part, 0..8).prop_map(|parts| [POSITION.as_bytes(), &parts.concat()].concat())
}

proptest! {
    #[test]
    fn any_split_of_a_stream_gives_the_same(stream in stream(), seed in any::<u32>()) {
        let whole = read_whole(meitrack(), &stream);
        prop_assert_eq!(&read_split(meitrack(), seed, &stream), &whole);
        prop_assert_eq!(&read(meitrack(), &Limits::default(), &stream, |_| 1), &whole);
    }
}
