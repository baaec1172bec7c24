mod commands;
mod kinds;

use proptest::prelude::*;

use super::FAMILY;
use crate::Stored;
use crate::checks::{cuts_change_nothing, host, is_the_same_in_pieces, said, seen, streams, truncation_costs_itself};
use crate::testing::read_whole;

pub(super) const POSITION: &str = "(013912345678BR00260314A3326.9335S07040.1560W063.0092653187.0001000000L0012D687)";
const AT: &str = "2026-03-14T09:26:53.000Z";
const WHERE: &str = "2026-03-14T09:26:53.000Z -33.448892,-70.669267";
/// What the flags of the worked example say.
const FLAGS: &str = "charging_status=true ignition=true input_status=0 tk103_panic=false output_status=0 \
    tk103_blocked=false tk103_high_3=false tk103_low_3=false tk103_high_2=false tk103_low_2=false tk103_high_1=false \
    tk103_low_1=false tk103_door=false lls_level_raw_1=0 hardware_mileage=1234.567";

/// What a frame of the device of the worked example reports.
pub(super) fn check_with(settings: &[(&str, &str)], content: &str, wanted: &str) {
    let mut host = host(&FAMILY, settings);
    host.feed(format!("(013912345678{content})").as_bytes());
    let trace = host.trace();
    let told: Vec<String> = trace.reports().into_iter().map(said).collect();
    assert_eq!(told.join(" + "), wanted, "{content}");
    assert_eq!(trace.rejects(), Vec::<&crate::Reject>::new(), "{content}");
}

pub(super) fn check(content: &str, wanted: &str) {
    check_with(&[], content, wanted);
}

#[test]
fn the_worked_position() {
    let trace = read_whole(&FAMILY, POSITION.as_bytes());
    assert_eq!(seen(&trace), ["@013912345678", &format!("{WHERE} 63km/h 187deg {FLAGS}")]);
    assert_eq!(trace.sent, b"", "positions are not answered");
}

#[test]
fn positions_with_and_without_commas() {
    let is = format!("{WHERE} 63km/h 187deg");
    let glued = |rest: &str| format!("BR00260314A3326.9335S07040.1560W{rest}");
    check(&glued("063.0092653187.0001000000L0012D687"), &format!("{is} {FLAGS}"));
    check(&glued(" 63.0092653187.00"), &is);
    check(&glued("063.0092653187.0"), &is);
    check(&glued("63.0092653187.00"), &is);
    check(&glued("063.009265387,01000000L0012D687"), &format!("{WHERE} 63km/h 87deg {FLAGS}"));
    check(&glued("063.009265387"), &format!("{WHERE} 63km/h tk103_rest=87"));
    check(&glued("063.0092653360.00"), &format!("{WHERE} 63km/h 0deg"));
    check(&glued("063.0092653  7.00"), &format!("{WHERE} 63km/h 7deg"));
    check(&glued("063.0092653187.0001000000L0012D687+023.5"), &format!("{is} {FLAGS} temperature_1=23.5"));
    check(&glued("063.0092653187.00-007.0"), &format!("{is} temperature_1=-7"));
    check("BR00260314,A,3326.9335,S,07040.1560,W,063.0,092653,187.00,01000000L0012D687", &format!("{is} {FLAGS}"));
    check(",DW30,140326,A,3326.9335S,07040.1560W,63.0,092653,187.0", &is);
    let all_commas = ",DW30,140326,A,3326.9335S,07040.1560W,63.0,092653,187.00,01000000,L0012D687";
    check(all_commas, &format!("{is} {FLAGS}"));
    check(",DW30,140326,A,3326.9335S,07040.1560W,63,092653,187.0,1,2", &format!("{is} tk103_rest=1,2"));
    check(",DW30,140326,A,3326.9335S,07040.1560W,063.012,092653,187.0", &format!("{is} tk103_signal=12"));
    check(",DW30,140326,A,3326.9335S,07040.1560W,63.0,12,092653,187.0", &format!("{is} tk103_signal=12"));
    check("BR01260314V3326.9335N07040.1560E000.0092653000.00", &format!("{AT} 33.448892,70.669267 invalid 0km/h 0deg"));
    check_with(&[("speed_unit", "knots")], &glued("034.0092653187.00"), &format!("{WHERE} 62.968km/h 187deg"));
    check_with(&[("time_zone", "-3")], "BR00260314A3326.9335S07040.1560W063.0062653187.00", &is);
    check(
        &glued("063.0092653187.00{730,2,11039,41394}{730,2,2B20,5}0012D687"),
        &format!(
            r#"{is} hardware_mileage=1234.567 mobile_cells=[{{"mcc":730,"mnc":2,"lac":11039,"cell_id":41394}},{{"mcc":730,"mnc":2,"lac":11040,"cell_id":5}}]"#
        ),
    );
}

#[test]
fn what_cannot_be_loses_itself() {
    let none = "BR00260314V0000.0000N00000.0000E000.0092653000.00";
    check(none, AT);
    check("BR00260314A9100.0000N07040.1560E000.0092653000.00", AT);
    check_with(&[("speed_unit", "ms")], "BR00260314A3326.9335S07040.1560W999.0092653000.00", AT);
    let place = &WHERE[25..];
    for date in ["000000", "261314", "800106"] {
        let line = format!("BR00{date}A3326.9335S07040.1560W063.0092653187.00");
        check(&line, &format!("{place} 63km/h 187deg"));
    }
    check("BR00260314A3326.9335S07040.1560W063.0282653187.00", &format!("{place} 63km/h 187deg"));
}

#[test]
fn flags_tell_lines_and_fuel() {
    let check = |flags: &str, wanted: &[&str]| {
        let line = POSITION.replace("01000000L", &format!("{flags}L"));
        let trace = read_whole(&FAMILY, line.as_bytes());
        let told = said(trace.reports()[0]);
        let on: Vec<&str> =
            told.split(' ').skip(4).filter(|word| !word.ends_with("=false") && !word.ends_with("=0")).collect();
        assert_eq!(on, *wanted, "{flags}");
    };
    let mileage = "hardware_mileage=1234.567";
    check("10000000", &[mileage]);
    check("00000000", &["charging_status=true", mileage]);
    check("11000000", &["ignition=true", mileage]);
    check("10100000", &["input_status=2", mileage]);
    check("10200000", &["!202", "tk103_panic=true", mileage]);
    check("10400000", &["output_status=2", mileage]);
    check("10800000", &["tk103_blocked=true", mileage]);
    check("10010000", &["tk103_high_3=true", mileage]);
    check("10040000", &["tk103_high_1=true", mileage]);
    check("10080000", &["tk103_door=true", mileage]);
    check("10002000", &["tk103_low_3=true", mileage]);
    check("10008000", &["tk103_low_1=true", mileage]);
    check("100001F4", &["lls_level_raw_1=500", mileage]);
}

#[test]
fn logins_are_answered_with_the_identifier_as_it_came() {
    let check = |said: &str, sent: &str| {
        let trace = read_whole(&FAMILY, said.as_bytes());
        assert_eq!((String::from_utf8_lossy(&trace.sent).as_ref(), trace.closed), (sent, false), "{said}");
    };
    check("(013912345678BP00000013912345678HSO)", "(013912345678AP01HSO)");
    check("(13912345678BP00)", "(13912345678AP01HSO)");
    check("( 13912345678BP00)", "( 13912345678AP01HSO)");
    let login = "(013912345678BP05350000000000014260314A3326.9335S07040.1560W063.0092653187.00)";
    check(login, "(013912345678AP05)");
    check(&login.repeat(3), "(013912345678AP05)(013912345678AP05)(013912345678AP05)");
    check("(013912345678BP02260314A3326.9335S07040.1560W063.0092653187.00)", "");
    let mut failing = host(&FAMILY, &[]);
    failing.outcome = Stored::Failed;
    failing.feed(login.as_bytes());
    assert_eq!(failing.trace().sent, b"");
    let stranger = read_whole(&FAMILY, b"(913912345678BP00)");
    assert_eq!((seen(&stranger), stranger.sent.len(), stranger.closed), (vec!["@913912345678".to_owned()], 0, true));
}

#[test]
fn odd_fields_cost_themselves_and_are_told() {
    let check = |content: &str, place: u64, wanted: &[&str]| {
        let trace = read_whole(&FAMILY, format!("(013912345678{content})").as_bytes());
        assert_eq!(seen(&trace)[1..], *wanted, "{content}");
        assert_eq!(trace.reject_offsets, [place], "{content}");
    };
    let odd = "(position is out of range)";
    check("BR00260314A3399.9335S07040.1560W063.0092653187.00", 24, &[odd, "contact"]);
    check("BR01260314A3326.9335S07040.1560X", 44, &[odd, "contact"]);
    check("BR00260314A3326.9335S07040.1560Wfast", 45, &[odd, &WHERE[25..]]);
    check("BS50000000", 23, &["(the content ends too early)", "contact"]);
    let trace = read_whole(&FAMILY, b"(013912345678)(1BR00)(013912x45678BR00)");
    assert_eq!(
        seen(&trace),
        [
            "@013912345678",
            "(the content ends too early)",
            "(not a device identifier)",
            "@013912",
            "tk103_other=x45678BR00"
        ]
    );
}

#[test]
fn others_and_noise_cost_themselves() {
    let other = POSITION.replace("013912345678", "013912345679");
    let stream = [POSITION, &other, "\0 \r\njunk", POSITION, "(01391234", POSITION].concat();
    let trace = read_whole(&FAMILY, stream.as_bytes());
    let devices: Vec<String> = seen(&trace).into_iter().filter(|s| s.starts_with('@')).collect();
    assert_eq!(devices, ["@013912345678", "@013912345679", "@013912345678"]);
    let told: Vec<String> = trace.rejects().iter().map(ToString::to_string).collect();
    assert_eq!((trace.reports().len(), trace.closed), (4, false));
    assert_eq!(told, ["4 bytes that begin no frame", "9 bytes that begin no frame"]);
    assert!(read_whole(&FAMILY, &[0x55; 20_000]).closed);
    let mut udp = host(&FAMILY, &[]);
    udp.feed_datagram(POSITION.as_bytes());
    udp.feed_datagram(&POSITION.as_bytes()[..40]);
    udp.feed_datagram(b"(013912345678BP00)");
    let trace = udp.trace();
    assert_eq!((trace.reports().len(), trace.rejects().len(), trace.sent.len()), (1, 1, 21));
}

fn frames() -> Vec<Vec<u8>> {
    let frame = |content: &str| format!("(013912345678{content})\r\n").into_bytes();
    vec![
        POSITION.as_bytes().to_vec(),
        frame("BP00000013912345678HSO"),
        frame("BP05350000000000014260314A3326.9335S07040.1560W063.0092653187.00"),
        frame("BO012260314A3326.9335S07040.1560W063.0092653187.0001000000L0012D687+023.5"),
        frame(",DW30,140326,A,3326.9335S,07040.1560W,63.0,12,092653,187.0,d\u{e9}j\u{e0}"),
        frame(",BQ81,ALARM,3,1,140326,A,3326.9335S,07040.1560W,63.0,092653,187.0"),
        frame(",ZC03,140326,092653,$all (is) well$"),
        frame(",ZC20,140326,092653,6,402,126,1"),
        frame(",DW50,730,2,11039,41394,1,01:02:03:04:05:AB*-51*6,140326,092653"),
        frame("BR00260314A3326.9335S07040.1560W063.0092653187.00{730,2,11039,41394}0012D687"),
        frame("BZ00,730,2,2B1F,A1B2"),
        frame(&format!("BS50{}", "0A".repeat(95))),
    ]
}

#[test]
fn cuts_and_truncations() {
    let frames = frames();
    let all: Vec<&[u8]> = frames.iter().map(Vec::as_slice).collect();
    cuts_change_nothing(&FAMILY, &all);
    truncation_costs_itself(&FAMILY, &all, POSITION.as_bytes());
}

proptest! {
    #[test]
    fn any_stream_gives_the_same_in_pieces(stream in streams(frames()), seed in any::<u32>()) {
        is_the_same_in_pieces(&FAMILY, &stream, seed)?;
    }
}
