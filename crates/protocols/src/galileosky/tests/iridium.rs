use super::*;

/// A message with these elements.
fn message(elements: &[&str]) -> Vec<u8> {
    let elements = bytes(&elements.concat());
    [&[1][..], &(elements.len() as u16).to_be_bytes(), &elements].concat()
}

fn payload(hex: &str) -> String {
    format!("02 {:04X} {hex}", bytes(hex).len())
}

const MESSAGE: &str = "01 001C 00000007 333530303030303030303030303134 00 0001 0002 69B529E0";
/// 33° 26.933' south, 70° 40.156' west, within 3 km.
const LOCATION: &str = "03 000B 03 21 6935 46 9CDC 00000003";

#[test]
fn a_message_brings_tags_and_where_the_satellite_saw_the_device() {
    let read = |elements: &[&str]| {
        let bytes = message(elements);
        let trace = read_whole(galileosky(), &bytes);
        assert_eq!((trace.sent.len(), trace.closed), (0, false), "nobody waits for an answer");
        assert!(matches!(&trace.seen[0], Seen::Device(id) if id.as_str() == "350000000000014"));
        assert_eq!(read_split(galileosky(), 3, &bytes), trace);
        trace
    };
    let r = one_report(&read(&[MESSAGE, LOCATION, &payload(PLACE)]));
    is_the_worked_place(&r);
    has(&r, "iridium_status", 0);
    has(&r, "iridium_radius_km", 3);
    has(&r, "iridium_latitude", Value::Float(-(33.0 + 26_933.0 / 60_000.0)));
    has(&r, "iridium_longitude", Value::Float(-(70.0 + 40_156.0 / 60_000.0)));
    let r = one_report(&read(&[MESSAGE, LOCATION, &payload("20DD29B569 415A31")]));
    let p = r.position.clone().expect("the satellite's");
    assert_eq!((p.origin, p.precision_m, p.latitude), (Origin::Network, Some(3_000), -(33.0 + 26_933.0 / 60_000.0)));
    has(&r, "board_voltage", Value::Float(12.634));
    let r = one_report(&read(&[MESSAGE, LOCATION]));
    assert_eq!(r.time.map(|t| t.ms()), Some(1_773_480_416_000));
    let trace = read(&[MESSAGE, LOCATION, &payload("20DD29B569 415A31 22")]);
    assert_eq!((trace.reports().len(), trace.rejects()), (1, vec![&Reject::UnknownKind(0x22)]));
    assert_eq!(trace.reject_offsets, [(3 + 31 + 14 + 3 + 8) as u64]);
    let trace = read(&[MESSAGE, LOCATION, "02 00FF 20"]);
    assert_eq!((trace.reports().len(), trace.rejects()), (1, vec![&Reject::Truncated]));
    let trace = read(&[MESSAGE]);
    assert_eq!((trace.reports().len(), trace.rejects().len()), (0, 0));
}
