//! What speaks through terminals, and what Jointech says in fewer bytes.

use super::*;
use crate::Reject;

/// A message of the kind that counts in one byte.
fn short(id: u16, wants_answer: bool, body: &[u8]) -> Vec<u8> {
    let properties = if wants_answer { 0x8000 } else { 0 } | body.len() as u16;
    let header = [&id.to_be_bytes()[..], &properties.to_be_bytes(), &bytes(PHONE), &[7]].concat();
    delimited(&[&header, body].concat())
}

/// 2026-03-14 09:26:53, 33 26.9335 south, 70 40.1560 west, 34 knots, 187 degrees or nearly so.
const JOINTECH: &str = "140326 092653 33269335 070401560 1 34 5D 1F 0B 000004D2 AA 0000A1B2 2B1F";

#[test]
fn jointech_says_it_shorter() {
    let body = all(&[JOINTECH, "03 0020 0067 0202 021E 0B08 03 31323334353601 0C06 0001 FFFE 0003 FC01 09 7701 AA"]);
    let trace = said(&short(0x5501, true, &body));
    assert_eq!(trace.sent, delimited(&bytes("4401 0003 013912345678 01 5501 00")));
    assert!(trace.rejects().is_empty(), "{trace:?}");
    let report = one(&trace);
    assert_eq!(at(&report).as_deref(), Some("2026-03-14T09:26:53.000Z"));
    let p = report.position.clone().expect("has one");
    assert_eq!(((p.latitude * 1e6).round(), (p.longitude * 1e6).round()), (-33_448_892.0, -70_669_267.0));
    assert_eq!(
        (p.speed_kmh.map(|kmh| (kmh * 1e3).round()), p.heading_deg, p.satellites),
        (Some(62_968.0), Some(186), Some(11))
    );
    assert_eq!((p.altitude_m, p.valid), (Some(542.0), true));
    assert_eq!(events(&report), [224, 7, 113, 409, 410]);
    for (name, wanted) in [
        ("cell_id", 0xA1B2),
        ("lac", 0x2B1F),
        ("product", 3),
        ("lock_command", 3),
        ("tilt_y", -2),
        ("geofence_number", 9),
    ] {
        has(&report, name, wanted);
    }
    has(&report, "blocked", true);
    has(&report, "charging_status", true);
    has(&report, "jointech_item_77", "AA");
    has_float(&report, "hardware_mileage", 1_234.0);
    let blind = said(&short(0x5502, false, &body));
    assert_eq!((blind.sent.len(), one(&blind).position.map(|p| p.valid)), (0, Some(false)));
    let torn = said(&short(0x5501, true, &body[..body.len() - 1]));
    assert_eq!((torn.reports().len(), torn.rejects().len()), (1, 1));
    let cut = said(&short(0x5501, true, &body[..20]));
    assert_eq!((cut.reports().len(), cut.rejects(), cut.sent.len()), (0, vec![&Reject::Truncated], 0));
}

/// The report of transparent data.
fn transparent(body: &str) -> Report {
    let trace = said(&message(0x0900, 9, &bytes(body)));
    assert_eq!((trace.sent.clone(), trace.rejects().len()), (answer(0x0900, 9, 0), 0), "{body}");
    one(&trace)
}

fn digits(text: &str) -> String {
    text.bytes().map(|b| format!("{b:02X}")).collect()
}

#[test]
fn what_is_connected_speaks_through_the_terminal() {
    let key = transparent(&format!("40 0016 {}", digits("GTSL|6|1|20|A1B2C3D4|x")));
    has(&key, "hardware_key", "A1B2C3D4");
    has(&key, "serial_data", "GTSL|6|1|20|A1B2C3D4|x");
    let other = transparent(&format!("40 0005 {}", digits("hello")));
    has(&other, "serial_data", "hello");
    let diagnosis =
        transparent(&format!("41 {}", digits("$OBD-RT,12.4,3000,63,20,50,80,7.1,8.5,16.2,1234.6,1.5,99.5")));
    has_float(&diagnosis, "obd_rpm", 3_000.0);
    has_float(&diagnosis, "obd_mileage", 1_234.6);
    let beacons = transparent(&format!("53 0000000F {PLACE} 00 01 0A0B0C0D0E0F C4 02 0102 02 0A0B0C0D0E10 C3 00"));
    assert!(beacons.position.is_some());
    has(&beacons, "ble_mac_1", "0A:0B:0C:0D:0E:0F");
    has(&beacons, "ble_rssi_2", -61);
    has(&beacons, "ble_data_1", "0102");
    let unknown = transparent("77 0102");
    has(&unknown, "jt808_transparent_type", 0x77);
    has(&unknown, "jt808_transparent", "0102");
    let signed = transparent("FF 260314172653 FE019C45 FBC9AC2E 021E 0276 00BB");
    let p = signed.position.clone().expect("has one");
    assert_eq!(((p.latitude * 1e6).round(), (p.longitude * 1e6).round()), (-33_448_891.0, -70_669_266.0));
    assert_eq!((p.altitude_m, p.speed_kmh, p.heading_deg), (Some(542.0), Some(63.0), Some(187)));
}

#[test]
fn sensors_have_times_of_their_own() {
    let records = "001F 260314172553 0064 FF38 01F4 00FA 010203040506 03F5 0002 260314172453 00FA 01F4";
    let trace = said(&message(0x0900, 9, &bytes(&format!("54 0000000F {PLACE} {records}"))));
    let reports = trace.reports();
    let times: Vec<_> = reports.iter().map(|report| at(report).unwrap_or_default()[11..19].to_owned()).collect();
    assert_eq!(times, ["09:26:53", "09:25:53", "09:24:53"]);
    for (name, wanted) in [
        ("light", 100.0),
        ("temperature_1", -20.0),
        ("humidity_1", 50.0),
        ("temperature_3", 25.0),
        ("pressure", 1_013.0),
    ] {
        has_float(reports[1], name, wanted);
    }
    has(reports[1], "jt808_record", "010203040506");
    has_float(reports[2], "temperature_1", 25.0);
    assert!(reports[0].position.is_some() && reports[1].position.is_none());
}

#[test]
fn pace_tells_of_the_vehicle() {
    const WHERE: &str = "0000000F 01FE63BB 043653D2";
    let pace = |kind: &str, content: &str| transparent(&format!("F0 260314172653 01 07 {kind} {content}"));
    let values = "0C 0102 04 0000303A 0103 02 1388 0105 04 000004D2 052B 01 55 052D 01 78 0530 02 3039 0535 02 0276 \
                  0536 02 0BB8 0547 01 14 FEEC 02 3157 9999 01 01 0546 04 0000303B";
    let report = pace("01", &format!("{values} {WHERE}"));
    for (name, wanted) in [
        ("hardware_mileage", 1_234.7),
        ("fuel_level_1", 50.0),
        ("obd_fuel_used", 12.34),
        ("obd_fuel", 85.0),
        ("obd_coolant_t", 80.0),
        ("board_voltage", 12.345),
        ("obd_speed", 63.0),
        ("obd_rpm", 3_000.0),
        ("obd_throttle", 20.0),
        ("jt808_vehicle", 7.0),
    ] {
        has_float(&report, name, wanted);
    }
    has(&report, "vin", "1W");
    assert!(report.archived && report.position.is_some() && value(&report, "jt808_pace").is_some());
    assert_eq!(at(&report).as_deref(), Some("2026-03-14T09:26:53.000Z"));
    let fault = "00000001 00000002 0005 5030333031";
    let faults = pace("02", &format!("0002 00000001 0002 {fault} {fault} 00000002 0001 {fault} {WHERE}"));
    has(&faults, "obd_dtc_codes", "P0301 P0301 P0301");
    has(&faults, "obd_dtc_number", 3);
    assert!(faults.position.is_some());
    let alarms = pace("03", &format!("04 01 00 1B 00 31 02 0001 77 00 {WHERE}"));
    assert_eq!(events(&alarms), [4, 241, 109, 10_119]);
    for (code, event) in [
        (0x01, 4),
        (0x02, 2),
        (0x0E, 302),
        (0x1A, 240),
        (0x1B, 241),
        (0x1C, 239),
        (0x1D, 236),
        (0x1F, 236),
        (0x23, 230),
        (0x25, 224),
        (0x26, 242),
        (0x28, 242),
        (0x32, 109),
    ] {
        assert_eq!(events(&pace("03", &format!("01 {code:02X} 00 {WHERE}"))), [event], "{code:02x}");
    }
    has(&pace("0B", "00 3157304C"), "vin", "1W0L");
    for (code, event) in [
        ("00000033", 240),
        ("00000051", 240),
        ("00000034", 241),
        ("00000053", 239),
        ("00000036", 236),
        ("00000056", 242),
        ("00000001", 10_001),
    ] {
        assert_eq!(events(&pace("15", code)), [event], "{code}");
    }
    has(&pace("44", "0102"), "jt808_pace", "0102");
    let torn = said(&message(0x0900, 9, &bytes("F0 260314172653 01 07 01 02 0102 04")));
    assert_eq!((torn.reports().len(), torn.sent), (0, answer(0x0900, 9, 2)));
}
