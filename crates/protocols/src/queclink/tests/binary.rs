//! Frames that are no sentences, built from the description of their forms.

use super::*;
use crate::checks::{cuts_change_nothing, said, seen};
use crate::testing::bytes;

/// 350000000000014 as a number.
const ID: &str = "00013E52B9ABE00E";
/// HDOP 3, 63.0 km/h, 187°, 542 m, place and time of the worked examples, tower, reserved.
const POINT: &str = "03 003F00 00BB 021E FBC9AC2E FE019C45 07EA030E091A35 02DA 0002 2B1F A1B2 00";
const SAID: &str = "2026-03-14T09:26:53.000Z -33.448891,-70.669266 542m 63km/h 187deg";
const CELLS: &str = "mobile_cells=[{\"mcc\":730,\"mnc\":2,\"lac\":11039,\"cell_id\":41394}]";

/// A frame with positions of a GV55, its length put in.
fn frame(head: &str, kind: u8, content: &str) -> Vec<u8> {
    let content = bytes(&format!("2F 0E03 0101 {ID} {content}"));
    let length = (4 + 1 + 4 + 2 + content.len()) as u16;
    [head.as_bytes(), &[kind, 0, 0, 0, 0], &length.to_be_bytes(), &content].concat()
}

/// A frame of the newest form around these records.
fn tagged(flags: &str, records: &str) -> Vec<u8> {
    let content = bytes(&format!("{flags} 0350000000000014 8020 0401 00 02 AABB {records} 01020304"));
    [b"+\0".to_vec(), ((content.len() + 4) as u16).to_be_bytes().to_vec(), content].concat()
}

fn check(frame: &[u8], wanted: &[&str]) {
    let trace = read_whole(queclink(), frame);
    let told = seen(&trace);
    assert_eq!(told.first().map(String::as_str), Some("@350000000000014"));
    assert_eq!(told[1..], wanted.iter().map(|w| (*w).to_owned()).collect::<Vec<_>>(), "{frame:02X?}");
}

#[test]
fn positions() {
    let own = "battery_level=100 board_voltage=12.634 ignition=true is_moving=true queclink_state=22";
    let one = format!("{SAID} 11sat hdop=3 event_code=1 {own} queclink_index=5 {CELLS}");
    check(&frame("+RSP", 1, &format!("64 315A 22 0B 05 01 {POINT}")), &[&one]);
    let archived = one.replace("hdop", "archived hdop");
    check(&frame("+BSP", 1, &format!("64 315A 22 0B 05 01 {POINT}")), &[&archived]);
    let rest = one.replace(" mobile", " queclink_rest=0D0A mobile");
    check(&frame("+RSP", 1, &format!("64 315A 22 0B 05 01 {POINT} 0D0A")), &[&rest]);
    let first = format!("{SAID} hdop=3 {CELLS}");
    check(&frame("+RSP", 1, &format!("64 315A 22 0B 05 02 {POINT} {POINT}")), &[&format!("{first} + {one}")]);
    let caller = one.replace("event_code=1", "event_code=3").replace(" mobile", " queclink_phone=123456789 mobile");
    check(&frame("+RSP", 3, &format!("64 315A 22 0B 05 0A 123456789F 01 {POINT}")), &[&caller]);
    let fence = one.replace("event_code=1", "event_code=8").replace(" ignition", " queclink_event_data=0102 ignition");
    check(&frame("+RSP", 8, &format!("64 315A 0102 22 0B 05 01 {POINT}")), &[&fence]);
    let no_fix = POINT.replacen("03", "00", 1);
    let trace = read_whole(queclink(), &frame("+RSP", 1, &format!("64 315A 99 0B 05 01 {no_fix}")));
    let r = one_report(&trace);
    assert_eq!(r.position.as_ref().map(|p| (p.valid, p.fix)), Some((false, Fix::NoFix)));
    assert_eq!((value(&r, "hdop"), value(&r, "queclink_state")), (None, Some("99".into())));
    let below = POINT.replace("021E", "FFF4").replace("07EA03", "07EA0D");
    let r = one_report(&read_whole(queclink(), &frame("+RSP", 1, &format!("FF 315A 22 0B 05 01 {below}"))));
    assert_eq!((r.position.and_then(|p| p.altitude_m), r.time), (Some(-12.0), None));
}

#[test]
fn events() {
    let check = |kind: u8, data: &str, event: u32, more: &str| {
        let trace = read_whole(queclink(), &frame("+EVT", kind, &format!("64 315A 22 0B 05 {data} 01 {POINT}")));
        let digits = data.replace(' ', "");
        let data = if digits.is_empty() { String::new() } else { format!(" queclink_event_data={digits}") };
        let ignition = !more.contains("ignition=false");
        let wanted = format!(
            "{SAID} 11sat !{event} hdop=3 event_code={kind} battery_level=100 board_voltage=12.634 ignition={ignition} \
             is_moving=true queclink_state=22 queclink_index=5{data}{} {CELLS}",
            if more.contains("ignition") { "" } else { more }
        );
        assert_eq!(said(&one_report(&trace)), wanted);
    };
    check(6, "0E10", 1, " battery_voltage=3.6");
    check(15, "010203", 10_015, "");
    check(17, "0000003C", 301, "");
    check(21, "0102030405", 609, "");
    check(23, "01", 242, "");
    check(26, "0102030405060708090A0B0C", 10_026, "");
    check(31, "0102", 116, "");
    check(33, "01", 117, "");
    check(34, "010203", 10_034, "");
    check(35, "01", 10_035, "");
    check(45, "00000100 00003C", 605, " ignition=true");
    check(46, "00000100 00003C", 604, " ignition=false");
    check(1, "", 10_001, "");
}

#[test]
fn compressed_lists() {
    // 63.0 km/h, 187°; then a point that is none; then a little less, south and west; then as it was.
    let full = "44ECBB FBC9AC2E FE019C45";
    let delta = {
        let bits: u64 =
            2 << 38 | (0x7F & -10i64 as u64) << 30 | 3 << 23 | (0xFFF & -100i64 as u64) << 11 | (0x7FF & -50i64 as u64);
        format!("{bits:010X}")
    };
    let content = format!("64 315A 22 0B 0004 {full} 69B529DD 00 {delta} {full}");
    let own = "event_code=100 battery_level=100 board_voltage=12.634 ignition=true is_moving=true queclink_state=22";
    let wanted = format!(
        "2026-03-14T09:26:53.000Z -33.448891,-70.669266 63km/h 187deg + \
         2026-03-14T09:26:55.000Z -33.448941,-70.669366 62km/h 190deg + \
         2026-03-14T09:26:56.000Z -33.448891,-70.669266 63km/h 187deg 11sat {own}"
    );
    check(&frame("+RSP", 100, &content), &[&wanted]);
    let limits = Limits { reports_per_upload_max: 2, ..Limits::default() };
    let trace = crate::testing::read(queclink(), &limits, &frame("+RSP", 100, &content), |rest| rest);
    assert_eq!((trace.reports().len(), trace.rejects()), (2, vec![&Reject::TooManyReports { reports_max: 2 }]));
}

#[test]
fn what_is_cut_short_keeps_what_came() {
    let content = format!("64 315A 22 0B 05 02 {POINT} {POINT}");
    let whole = frame("+RSP", 1, &content);
    for end in 24..whole.len() {
        let mut cut = whole[..end].to_vec();
        cut[9..11].copy_from_slice(&(end as u16).to_be_bytes());
        let trace = read_whole(queclink(), &[cut.as_slice(), FRI.as_bytes()].concat());
        // The head with or without the first position, and the sentence behind it.
        assert_eq!((trace.reports().len(), trace.rejects()), (2, vec![&Reject::Truncated]), "{end} bytes");
    }
    let foreign = [&whole[..16], &[0xFF; 8], &whole[24..]].concat();
    assert_eq!(read_whole(queclink(), &foreign).rejects(), [&Reject::BadIdentity]);
}

#[test]
fn kinds_that_are_not_decoded_are_kept() {
    let id = bytes(ID);
    let kept = |head: &str, before: &str| {
        let mut frame = [head.as_bytes(), &bytes(before), &bytes("2F 0E03 0101"), &id, &[0xAB, 0xCD]].concat();
        let length = frame.len() as u8;
        let at = match head {
            "+INF" => 8,
            "+CRD" | "+LGN" => 7,
            "+ACK" => 6,
            _ => 5,
        };
        frame[at] = length;
        frame
    };
    let digits = |frame: &[u8]| crate::bytes::hex(&frame[4..]);
    for (head, before, name) in
        [("+INF", "01 0000 0000", "inf"), ("+CRD", "01 00 0000", "crd"), ("+LGN", "01 00 0000", "lgn")]
    {
        let frame = kept(head, before);
        check(&frame, &[&format!("queclink_{name}={}", digits(&frame))]);
    }
    check(&kept("+HBD", "01 00"), &["contact"]);
    let answer = kept("+ACK", "01 00 00");
    check(&answer, &[&format!("? {}", crate::bytes::hex(&answer)), "contact"]);
    // Without an identifier where it was expected, and without one known.
    let unknown = bytes("2B484244 01 07 00");
    assert_eq!(seen(&read_whole(queclink(), &unknown)), ["(unknown kind of frame 01)"]);
    let mut host = Host::new(queclink(), &Limits::default());
    host.feed(HEARTBEAT.as_bytes());
    assert_eq!(host.order(1, &Order::Locate), Ok(()));
    host.feed(&answer);
    assert!(seen(&host.trace()).iter().any(|word| word.starts_with("1: Replied")));
}

#[test]
fn records_of_items() {
    let item = "52 16 08 FBC9AC2E FE019C45 69B529DD 0276 09 00BB 00152C 0B";
    let place = "2026-03-14T09:26:53.000Z -33.448891,-70.669266 542m 63km/h 187deg 11sat";
    let record = format!("23 69B529DF 0042 07 21 {item} 01 02 ABCD");
    let wanted = format!(
        "{place} queclink_record=7 event_code=33 hdop=0.9 queclink_item_1=ABCD device_time=2026-03-14T09:26:55.000Z"
    );
    // The length of the record counts what follows it.
    let counted = bytes(&record).len() - 1;
    let record = record.replacen("23", &format!("{counted:02X}"), 1);
    check(&tagged("00", &record), &[&wanted]);
    check(&tagged("80 0001", &record), &[&wanted]);
    let wide = format!("8{:03X}{}", counted, &record[2..]);
    check(&tagged("00", &format!("{record} {wide}")), &[&format!("{wanted} + {wanted}")]);
    let far = "0D 69B529DD 0042 07 21 8123 02 ABCD";
    check(&tagged("00", far), &["2026-03-14T09:26:53.000Z queclink_record=7 event_code=33 queclink_items=291:ABCD"]);
    let no_fix = record.replace(" 16 08 ", " 16 04 ").replace("00152C", "FFFF88");
    let r = one_report(&read_whole(queclink(), &tagged("00", &no_fix)));
    assert_eq!(r.position.map(|p| (p.valid, p.altitude_m)), Some((false, Some(-12.0))));
    // An item that is longer than its record, and a record that is longer than its frame.
    let broken = "0C 69B529DD 0042 07 21 01 09 ABCD";
    let trace = read_whole(queclink(), &tagged("00", &format!("{broken} {record}")));
    assert_eq!((trace.reports().len(), trace.rejects()), (2, vec![&Reject::Truncated]));
    let trace = read_whole(queclink(), &tagged("00", &format!("{record} 7F 00")));
    assert_eq!((trace.reports().len(), trace.rejects()), (1, vec![&Reject::Truncated]));
    let stranger = tagged("00", &record).iter().map(|b| if *b == 0x50 { 0xFF } else { *b }).collect::<Vec<_>>();
    assert_eq!(read_whole(queclink(), &stranger).rejects(), [&Reject::BadIdentity]);
    let limits = Limits { reports_per_upload_max: 1, ..Limits::default() };
    let two = tagged("00", &format!("{record} {record}"));
    let trace = crate::testing::read(queclink(), &limits, &two, |rest| rest);
    assert_eq!((trace.reports().len(), trace.rejects()), (1, vec![&Reject::TooManyReports { reports_max: 1 }]));
}

#[test]
fn cuts_change_nothing_in_any_form() {
    let position = frame("+RSP", 1, &format!("64 315A 22 0B 05 01 {POINT}"));
    let event = frame("+EVT", 6, &format!("64 315A 22 0B 05 0E10 01 {POINT}"));
    let records = tagged("00", "0D 69B529DD 0042 07 21 8123 02 ABCD");
    cuts_change_nothing(queclink(), &[&position, FRI.as_bytes(), &event, &records, HEARTBEAT.as_bytes(), &position]);
}

#[test]
fn levels_come_with_a_position_as_well() {
    let mut host = Host::new(queclink(), &Limits::default());
    let position = frame("+RSP", 1, &format!("64 315A 22 0B 05 01 {POINT}"));
    host.feed(&position);
    assert_eq!(host.order(1, &Order::ReadLevels), Ok(()));
    host.feed(&position);
    let trace = host.trace();
    assert_eq!(trace.sent, b"AT+GTRTO=gv55,2,,,,,,FFFF$");
    let told = seen(&trace);
    assert!(told.iter().any(|word| word.contains("(66, 12634.0), (239, 1.0), (240, 1.0)")), "{told:?}");
}

proptest! {
    #[test]
    fn damage_costs_itself(
        stream in crate::checks::streams(vec![
            frame("+RSP", 1, &format!("64 315A 22 0B 05 01 {POINT}")),
            frame("+RSP", 3, &format!("64 315A 22 0B 05 0A 123456789F 01 {POINT}")),
            frame("+RSP", 100, "64 315A 22 0B 0002 44ECBB FBC9AC2E FE019C45 69B529DD 80 00000000"),
            frame("+EVT", 6, &format!("64 315A 22 0B 05 0E10 01 {POINT}")),
            tagged("00", "1F 69B529DF 0042 07 21 52 16 08 FBC9AC2E FE019C45 69B529DD 0276 09 00BB 00152C 0B"),
            tagged("80 0001", "0D 69B529DD 0042 07 21 8123 02 ABCD"),
            ERI.into(),
        ]),
        seed in any::<u32>(),
    ) {
        crate::checks::is_the_same_in_pieces(queclink(), &stream, seed)?;
    }
}
