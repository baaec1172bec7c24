//! What used to be lost, or to lose more than itself.

use model::{AttributeId, Value};

use super::*;

fn after_login(frame: &[u8]) -> Trace {
    read_whole(gt06(), &[&bytes(LOGIN), frame].concat())
}

fn content(hex: &str) -> Vec<u8> {
    bytes(&hex.replace('~', GPS).replace('#', LBS))
}

#[test]
fn a_frame_that_cannot_be_read_does_not_come_for_ever() {
    let whole = short(0x26, &bytes(GPS)[..10], 7);
    let trace = after_login(&whole);
    assert_eq!((trace.rejects(), &trace.sent[10..]), (vec![&Reject::Truncated], &answer(0x26, 7)[..]));
    // One that was changed on its way may come over better.
    let mut bad = whole;
    bad[6] ^= 1;
    assert_eq!(after_login(&bad).sent.len(), 10);
}

#[test]
fn an_empty_heartbeat_is_one() {
    let trace = after_login(&short(0x13, &[], 7).repeat(11));
    assert_eq!((trace.rejects().len(), trace.closed), (0, false));
    assert_eq!(trace.sent[10..], answer(0x13, 7).repeat(11));
}

#[test]
fn a_dashcam_without_a_position_tells_its_event() {
    let check = |hex: &str, data: Option<Value>| {
        let trace = after_login(&long(0x95, &content(hex), 7));
        let r = one_report(&trace);
        assert_eq!(trace.rejects(), Vec::<&Reject>::new(), "{hex}");
        assert_eq!((r.events.as_slice(), r.position.is_some()), (&[model::EventId(113)][..], false), "{hex}");
        assert_eq!(r.time.map(|t| t.to_string()).as_deref(), Some("2026-03-14T09:26:53.000Z"));
        assert_eq!(value(&r, "event_data"), data, "{hex}");
    };
    check("1A030E091A35 80", None);
    check("1A030E091A35 80 0005", Some(Value::Int(5)));
}

#[test]
fn what_follows_the_known_parts_is_kept() {
    let check = |frame: &[u8], name: &str, wanted: &str| {
        let trace = after_login(frame);
        has(&one_report(&trace), name, wanted);
    };
    check(&short(0x12, &content("~ # 05"), 7), "gt06_12", "05");
    check(&short(0x22, &content("~ # 01 05 00 0012D687 AB"), 7), "gt06_22", "AB");
    check(&short(0x23, &content("46 019A 04 0102"), 7), "gt06_23", "0102");
    check(&long(0x94, &bytes("0B 010203"), 7), "gt06_94_0b", "010203");
    check(&short(0x8C, &[&bytes("1A030E091A35 01")[..], b"36=none"].concat(), 7), "gt06_8c_36", "none");
    let r = one_report(&after_login(&short(0x13, &content("76 05 04 00 02"), 7)));
    has(&r, "gps_on", true);
    has(&r, "alarm_bits", 6);
}

#[test]
fn an_odd_value_of_a_lock_is_told_and_kept() {
    let trace = after_login(&long(
        0x70,
        &bytes("0018 0001 01 0009 0001 09 0034 0006 10 5DE64731 00 0034 0006 12 5DE64731 00"),
        7,
    ));
    let r = one_report(&trace);
    assert_eq!(trace.rejects(), [&Reject::Truncated]);
    has(&r, "gt06_70_18", "01");
    has(&r, "satellites", 9);
    // The code belongs to the event that counts.
    assert_eq!(r.events, [model::EventId(109), model::EventId(103)]);
    has(&r, "event_code", 0x10);
}

#[test]
fn numbers_of_two_bytes_do_not_use_up_the_names() {
    let values = |kind: u8, body: String| long(kind, &bytes(&body), 7);
    let r = one_report(&after_login(&values(0xF1, "69B52B5D 7ABC 01 05 7ABD 02 0607".to_owned())));
    has(&r, "gt06_f1_more", "7ABC=05,7ABD=0607");
    assert_eq!(AttributeId::find("gt06_f1_7abc"), None);
    let many = (0x1000..0x4000).map(|id| format!("{id:04X} 01 05")).collect::<String>();
    let r = one_report(&after_login(&values(0xF1, format!("69B52B5D {many}"))));
    let Some(Value::Text(kept)) = value(&r, "gt06_f1_more") else { panic!("{r:?}") };
    assert!(kept.starts_with("1000=05,1001=05") && kept.len() <= Limits::default().text_bytes_max);
}

#[test]
fn a_battery_pack_tells_its_temperature_in_tenths() {
    let pack = "0102030405060708 69B52B5D 50 0064 4F 00C8 63 0BB8 0001 1068 0005";
    let frame = long(0x40, &bytes(&format!("{pack} {}", "1068".repeat(14))), 7);
    has(&one_report(&after_login(&frame)), "temperature_internal", Value::Float(26.9));
}
