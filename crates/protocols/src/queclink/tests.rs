use model::{AttributeId, Command, CommandReply, EventId, Fix, Order, Report, Value};
use proptest::prelude::*;

use crate::testing::{Host, Seen, Trace, read_split, read_whole};
use crate::{DeviceSettings, Family, Limits, OrderId, OrderRefused, Progress, Reject, Stored, family};

mod binary;
mod kinds;

const IMEI: &str = "350000000000014";
const FRI: &str = "+RESP:GTFRI,2F0E03,350000000000014,GV55,12634,10,1,1,0.9,63.0,187,542.0,-70.669266,-33.448891,\
    20260314092653,0730,0002,2B1F,00A1B2,00,1234.5,00123:45:06,,,100,220101,,,,20260314092655,0042$";
const ERI: &str = "+RESP:GTERI,2F0E03,350000000000014,GV55,00000002,12634,10,1,0,63.0,187,542.0,-70.669266,-33.448891,\
    20260314092653,0730,0002,2B1F,00A1B2,,1234.5,00123:45:06,,,100,220101,0,1,28FF641F0416033C,1,0178,20260314092655,\
    0044$";
const HEARTBEAT: &str = "+ACK:GTHBD,2F0E03,350000000000014,GV55,20260314092655,0043$";
/// The place of the worked examples, with its network.
const PLACE: &str = "0.9,63.0,187,542.0,-70.669266,-33.448891,20260314092653,0730,0002,2B1F,00A1B2,00";
const NOWHERE: &str = ",,,,,,,0730,0002,2B1F,00A1B2,00";

fn queclink() -> &'static Family {
    family("queclink").expect("is registered")
}

fn one_report(trace: &Trace) -> Report {
    let reports = trace.reports();
    assert_eq!((reports.len(), trace.rejects()), (1, vec![]), "{trace:?}");
    reports[0].clone()
}

/// A sentence of a GV55, or of another type of device before a `/`.
fn sentence(kind: &str, fields: &str) -> String {
    let of_other = fields.split_once('/').filter(|(version, _)| version.bytes().all(|b| b.is_ascii_hexdigit()));
    let (version, fields) = of_other.unwrap_or(("2F0E03", fields));
    let fields = fields.replace("PLACE", PLACE).replace("NOWHERE", NOWHERE);
    format!("+RESP:GT{kind},{version},{IMEI},{fields},20260314092655,0042$")
}

fn decoded(kind: &str, fields: &str) -> Report {
    one_report(&read_whole(queclink(), sentence(kind, fields).as_bytes()))
}

fn value(report: &Report, name: &str) -> Option<Value> {
    AttributeId::find(name).and_then(|id| report.attributes.get(id)).cloned()
}

fn float(x: f64) -> Value {
    Value::Float(x)
}

/// Demands that the report has these attributes and, but for those of `others`, no more.
fn has_just(report: &Report, wanted: &[(&str, Value)], others: &[&str]) {
    for (name, wanted) in wanted {
        assert_eq!(value(report, name).as_ref(), Some(wanted), "{name} of {report:?}");
    }
    let known = |name: &str| wanted.iter().any(|(n, _)| *n == name) || others.contains(&name);
    let more: Vec<_> = report.attributes.iter().filter(|(id, _)| !known(&id.name())).collect();
    assert!(more.is_empty(), "{more:?}");
}

const EVERY: &[&str] = &["event_code", "device_model", "device_time"];
const PLACED: &[&str] = &["event_code", "device_model", "device_time", "hdop", "mobile_cells"];

fn is_the_worked_place(r: &Report) {
    assert_eq!(r.time.map(|t| t.to_string()).as_deref(), Some("2026-03-14T09:26:53.000Z"));
    let p = r.position.clone().expect("has one");
    assert_eq!((p.latitude, p.longitude, p.valid), (-33.448_891, -70.669_266, true));
    assert_eq!((p.altitude_m, p.heading_deg, p.speed_kmh), (Some(542.0), Some(187), Some(63.0)));
    let cells = Value::Json(r#"[{"mcc":730,"mnc":2,"lac":11039,"cell_id":41394}]"#.into());
    assert_eq!(value(r, "mobile_cells"), Some(cells));
}

/// What both worked sentences say of the vehicle.
fn worked() -> Vec<(&'static str, Value)> {
    vec![
        ("device_model", "GV55".into()),
        ("device_time", "2026-03-14T09:26:55.000Z".into()),
        ("board_voltage", float(12.634)),
        ("hardware_mileage", float(1_234.5)),
        ("engine_hours", float(123.0 + 45.0 / 60.0 + 6.0 / 3_600.0)),
        ("battery_level", Value::Int(100)),
        ("ignition", Value::Bool(true)),
        ("is_moving", Value::Bool(true)),
        ("input_status", Value::Int(0)),
        ("output_status", Value::Int(1)),
        ("queclink_state", "22".into()),
        ("queclink_report_type", "10".into()),
    ]
}

#[test]
fn the_worked_position() {
    let trace = read_whole(queclink(), FRI.as_bytes());
    assert!(matches!(&trace.seen[0], Seen::Device(id) if id.as_str() == IMEI));
    assert_eq!((trace.sent.len(), trace.closed), (0, false), "an acknowledgement is a matter of settings");
    let r = one_report(&trace);
    is_the_worked_place(&r);
    assert_eq!((r.position.clone().map(|p| p.fix), r.archived, r.events.len()), (Some(Fix::HasFix), false, 0));
    let mut wanted = worked();
    wanted.extend([("event_code", "FRI".into()), ("hdop", float(0.9))]);
    has_just(&r, &wanted, &["mobile_cells"]);
}

#[test]
fn the_worked_position_with_a_sensor() {
    let r = one_report(&read_whole(queclink(), ERI.as_bytes()));
    is_the_worked_place(&r);
    assert_eq!(r.position.clone().map(|p| p.fix), Some(Fix::LastKnown), "its quality is 0");
    let mut wanted = worked();
    wanted.extend([
        ("event_code", "ERI".into()),
        ("temperature_1", float(23.5)),
        ("one_wire_id_1", "28FF641F0416033C".into()),
        ("queclink_uart_type", "0".into()),
    ]);
    has_just(&r, &wanted, &["mobile_cells"]);
}

#[test]
fn data_is_acknowledged_once_it_is_stored_if_settings_say_so() {
    let check = |acknowledge_all: Option<bool>, outcome: Stored, wanted: &str| {
        let settings = DeviceSettings { acknowledge_all, ..DeviceSettings::default() };
        let mut host = Host::with_settings(queclink(), &Limits::default(), settings);
        host.outcome = outcome;
        host.feed(FRI.as_bytes());
        assert_eq!(String::from_utf8_lossy(&host.trace().sent), wanted);
    };
    check(Some(true), Stored::Ok, "+SACK:0042$");
    check(Some(true), Stored::Failed, "");
    check(Some(false), Stored::Ok, "");
    check(None, Stored::Ok, "");
}

#[test]
fn a_sentence_without_a_count_is_not_acknowledged_by_an_empty_one() {
    let settings = DeviceSettings { acknowledge_all: Some(true), ..DeviceSettings::default() };
    let mut host = Host::with_settings(queclink(), &Limits::default(), settings);
    host.feed(FRI.replace(",0042$", "$").as_bytes());
    let trace = host.trace();
    assert_eq!((trace.reports().len(), trace.sent.len()), (1, 0));
}

#[test]
fn heartbeats_are_answered_at_once() {
    let trace = read_whole(queclink(), HEARTBEAT.as_bytes());
    assert_eq!((trace.sent, trace.seen.last()), (b"+SACK:GTHBD,2F0E03,0043$".to_vec(), Some(&Seen::Contact)));
}

#[test]
fn every_frame_names_its_device() {
    let other = FRI.replace(IMEI, "350000000000022");
    let meid = HEARTBEAT.replace(IMEI, "A100000D86A4F2");
    let stranger = FRI.replace(IMEI, "990000000000014");
    let trace = read_whole(queclink(), [FRI, &other, FRI, &meid, &stranger, FRI].concat().as_bytes());
    let devices: Vec<&str> =
        trace.seen.iter().filter_map(|s| if let Seen::Device(id) = s { Some(id.as_str()) } else { None }).collect();
    assert_eq!(devices, [IMEI, "350000000000022", IMEI, "A100000D86A4F2", "990000000000014"]);
    assert_eq!((trace.reports().len(), trace.closed), (3, true), "a stranger is shown the door");
    for bad in ["35000000000001", "35000000000001G", "", "3500000000000140"] {
        let bad = FRI.replace(IMEI, bad);
        let expected = usize::from(bad.contains(",35000000000001,"));
        let trace = read_whole(queclink(), [bad.as_str(), FRI].concat().as_bytes());
        assert_eq!((trace.reports().len(), trace.closed), (1 + expected, false), "{bad}");
        assert_eq!(trace.rejects(), vec![&Reject::BadIdentity; 1 - expected]);
    }
}

#[test]
fn what_comes_from_memory_is_marked_and_comes_in_any_order() {
    let later = FRI.replace("20260314092653", "20260314092753").replace("+RESP", "+BUFF");
    let trace = read_whole(queclink(), [later.as_str(), "\r\n", FRI].concat().as_bytes());
    let archived: Vec<bool> = trace.reports().iter().map(|r| r.archived).collect();
    assert_eq!((archived, trace.rejects().len()), (vec![true, false], 0));
}

#[test]
fn the_same_packet_is_answered_as_often_as_it_comes() {
    let settings = DeviceSettings { acknowledge_all: Some(true), ..DeviceSettings::default() };
    let mut host = Host::with_settings(queclink(), &Limits::default(), settings);
    host.feed(FRI.repeat(5).as_bytes());
    let trace = host.trace();
    assert_eq!((trace.reports().len(), trace.sent.clone()), (5, b"+SACK:0042$".repeat(5)));
    assert!(trace.reports().windows(2).all(|pair| pair[0] == pair[1]));
}

#[test]
fn datagrams_carry_several_frames() {
    let mut host = Host::new(queclink(), &Limits::default());
    host.feed_datagram([FRI, HEARTBEAT, &FRI[..60]].concat().as_bytes());
    host.feed_datagram(FRI.as_bytes());
    let trace = host.trace();
    assert_eq!((trace.reports().len(), trace.rejects()), (2, vec![&Reject::Truncated]));
}

#[test]
fn noise_costs_itself() {
    let noisy = ["\r\n\0", "junk+", &FRI[..100], FRI, "$$", ERI, "AT+GT"].concat();
    let trace = read_whole(queclink(), noisy.as_bytes());
    assert_eq!((trace.reports().len(), trace.closed), (2, false));
    let wanted = [Reject::Noise { bytes: 105 }, Reject::Noise { bytes: 2 }];
    assert_eq!(trace.rejects(), wanted.iter().collect::<Vec<_>>());
    assert!(read_whole(queclink(), &[FRI.as_bytes(), &[0xAA; 17_000]].concat()).closed);
    let endless = [b"+RESP:GTFRI,".as_slice(), &[b'1'; 70_000]].concat();
    assert!(read_whole(queclink(), &endless).closed, "a sentence without end is noise");
}

#[test]
fn every_truncation_waits_for_the_rest() {
    for whole in [FRI, ERI, HEARTBEAT] {
        for n in 0..whole.len() {
            let trace = read_whole(queclink(), &whole.as_bytes()[..n]);
            assert_eq!((trace.seen.len(), trace.closed), (0, false), "{n} bytes");
            // What follows these four bytes may be a length.
            if &whole[..n] == "+ACK" {
                continue;
            }
            // A sentence that is cut short and ended all the same is read as far as it goes.
            let ended = read_whole(queclink(), format!("{}${FRI}", &whole[..n]).as_bytes());
            assert!(!ended.closed && !ended.reports().is_empty(), "{n} bytes");
        }
    }
}

#[test]
fn orders_are_answered_by_their_serial_number() {
    let mut host = Host::new(queclink(), &Limits::default());
    assert_eq!(host.order(1, &Order::Locate), Err(OrderRefused::NotIdentified));
    host.feed(HEARTBEAT.as_bytes());
    let ack = |serial: &str| format!("+ACK:GTRTO,2F0E03,{IMEI},GV55,RTO,{serial},20260314092655,0044$");
    assert_eq!(host.order(2, &Order::Locate), Ok(()));
    assert_eq!(host.order(3, &Order::Locate), Err(OrderRefused::Busy));
    host.feed([ack("0000"), ack("FFFF"), ack("FFFF")].concat().as_bytes());
    assert_eq!(host.order(4, &Order::Do(Command::Output { number: 1, on: true })), Ok(()));
    host.feed(format!("+ACK:GTOUT,2F0E03,{IMEI},GV55,FFFE,20260314092655,0044$").as_bytes());
    assert_eq!(host.order(5, &Order::Restart), Ok(()));
    host.tick_after_ms(30_000);
    let trace = host.trace();
    let sent = "+SACK:GTHBD,2F0E03,0043$AT+GTRTO=gv55,1,,,,,,FFFF$\
        AT+GTOUT=gv55,1,,,0,0,0,0,0,0,0,,,,,,,FFFE$AT+GTRTO=gv55,3,,,,,,FFFD$";
    assert_eq!(String::from_utf8_lossy(&trace.sent), sent);
    let reply = |text: &str| CommandReply { text: text.to_owned(), lines: Vec::new() };
    let ended = |id, what| Seen::Ordered(OrderId(id), what);
    let told: Vec<&Seen> = trace
        .seen
        .iter()
        .filter(|s| match s {
            Seen::Ordered(_, what) => !matches!(what, Progress::Sent { .. }),
            seen => matches!(seen, Seen::Unasked(_)),
        })
        .collect();
    let wanted = [
        Seen::Unasked(reply("RTO,RTO,0000")),
        ended(2, Progress::Replied(reply("RTO,RTO,FFFF"))),
        Seen::Unasked(reply("RTO,RTO,FFFF")),
        ended(4, Progress::Replied(reply("OUT,FFFE"))),
        ended(5, Progress::TimedOut),
    ];
    assert_eq!(told, wanted.iter().collect::<Vec<_>>());
}

#[test]
fn levels_come_with_the_report_that_follows() {
    let check = |report: &str, wanted: &[(u16, f64)]| {
        let mut host = Host::new(queclink(), &Limits::default());
        host.feed(HEARTBEAT.as_bytes());
        assert_eq!(host.order(1, &Order::ReadLevels), Ok(()));
        let ack = format!("+ACK:GTRTO,2F0E03,{IMEI},GV55,INF,FFFF,20260314092655,0044$");
        host.feed([&ack, &FRI.replace("+RESP", "+BUFF"), report, report].concat().as_bytes());
        let trace = host.trace();
        let replies: Vec<_> = trace
            .seen
            .iter()
            .filter_map(|s| match s {
                Seen::Ordered(OrderId(1), Progress::Replied(reply)) => Some(reply.lines.clone()),
                Seen::Unasked(reply) => panic!("{reply:?}"),
                _ => None,
            })
            .collect();
        assert_eq!(replies, [wanted.to_vec()]);
    };
    let inf = sentence("INF", "GV55,11,8956020000000000001,31,0,1,12634,,4.10,0,,,,,");
    check(&inf, &[(21, 100.0), (66, 12_634.0), (67, 4_100.0), (239, 0.0), (240, 0.0)]);
    let mut of_fri: Vec<(u16, f64)> = (1..=8).map(|n| (n, 0.0)).collect();
    of_fri.push((66, 12_634.0));
    of_fri.extend((179..=186).map(|n| (n, f64::from(u8::from(n == 179)))));
    of_fri.extend([(239, 1.0), (240, 1.0)]);
    check(FRI, &of_fri);
}

/// Streams of whole and damaged sentences, frames and noise.
fn stream() -> impl Strategy<Value = Vec<u8>> {
    let field = "[0-9A-F.:+-]{0,14}";
    let kind = prop::sample::select(vec![
        "FRI", "ERI", "INF", "CAN", "OBD", "GSM", "WIF", "LBS", "BAA", "IGN", "TEM", "DTT", "LSA", "DIS", "ZZZ",
    ]);
    let made = (kind, prop::collection::vec(field, 0..40), any::<bool>()).prop_map(|(kind, fields, placed)| {
        let place = if placed { PLACE } else { NOWHERE };
        let at = fields.len() / 3;
        sentence(kind, &[&fields[..at], &[place.to_owned()], &fields[at..]].concat().join(",")).into_bytes()
    });
    let damaged = (any::<prop::sample::Index>(), any::<u8>()).prop_map(|(at, byte)| {
        let mut whole = ERI.as_bytes().to_vec();
        let at = at.index(whole.len());
        whole[at] = byte;
        whole
    });
    let head = prop::sample::select(vec!["+RSP", "+EVT", "+INF", "+CRD", "+ACK", "+HBD", "+\0", "+RESP:GT", "\r\n"]);
    let part = prop_oneof![
        Just(FRI.as_bytes().to_vec()),
        Just(HEARTBEAT.as_bytes().to_vec()),
        made,
        damaged,
        (head, prop::collection::vec(any::<u8>(), 0..80)).prop_map(|(head, rest)| [head.as_bytes(), &rest].concat()),
    ];
    prop::collection::vec(part, 1..6).prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn any_split_gives_the_same(stream in stream(), seed in any::<u32>()) {
        prop_assert_eq!(read_split(queclink(), seed, &stream), read_whole(queclink(), &stream));
    }
}
