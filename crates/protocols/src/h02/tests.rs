mod commands;
mod losses;

use proptest::prelude::*;

use super::FAMILY;
use crate::checks::{cuts_change_nothing, host, is_the_same_in_pieces, said, seen, streams, truncation_costs_itself};
use crate::testing::{bytes, read_whole};

pub(super) const POSITION: &str =
    "*HQ,350000000000014,V1,092653,A,3326.9335,S,07040.1560,W,034.02,187,140326,FFFFFBFF#";
/// The worked frame, but that the test's host refuses devices whose identifier begins as its does.
pub(super) const BINARY: &str = "24 3170512345 092653 140326 33269335 06 0704015602 034187 FFFFFBFF FF0005";
const WHERE: &str = "2026-03-14T09:26:53.000Z -33.448892,-70.669267";

/// What a line of the device of the worked example reports, once for each report.
fn check_with(settings: &[(&str, &str)], content: &str, wanted: &str) {
    let mut host = host(&FAMILY, settings);
    host.feed(format!("*HQ,350000000000014,{content}#").as_bytes());
    let trace = host.trace();
    let told: Vec<String> = trace.reports().into_iter().map(said).collect();
    assert_eq!(told.join(" + "), wanted, "{content}");
    assert_eq!(trace.rejects(), Vec::<&crate::Reject>::new(), "{content}");
}

fn check(content: &str, wanted: &str) {
    check_with(&[], content, wanted);
}

#[test]
fn the_worked_line() {
    let trace = read_whole(&FAMILY, POSITION.as_bytes());
    let report = format!("{WHERE} 63.00504km/h 187deg ignition=false h02_status=4294966271");
    assert_eq!(seen(&trace), ["@350000000000014", &report]);
    // The test's clock stands at the time of the report.
    assert_eq!(trace.sent, b"*HQ,350000000000014,V4,V1,20260314092653#");
}

#[test]
fn the_answer_tells_the_time_of_the_server() {
    let mut host = host(&FAMILY, &[]);
    host.tick_after_ms(1_000);
    host.feed(POSITION.as_bytes());
    assert_eq!(host.trace().sent, b"*HQ,350000000000014,V4,V1,20260314092654#");
}

#[test]
fn the_worked_binary_frame() {
    let mut host = host(&FAMILY, &[]);
    host.bind("9170512345");
    host.feed(&bytes("24 9170512345 092653 140326 33269335 06 0704015602 034187 FFFFFBFF FF0005"));
    let trace = host.trace();
    let report =
        format!("{WHERE} 62.968km/h 187deg battery_level=100 ignition=false h02_status=4294966271 h02_user=FF0005");
    assert_eq!((seen(&trace), trace.sent.len()), (vec![report], 0));
}

#[test]
fn positions_in_all_their_forms() {
    let end = "34.02,187,140326,FFFFFBFF";
    let is = format!("{WHERE} 63.00504km/h 187deg");
    let tail = "ignition=false h02_status=4294966271";
    for kind in ["V1", "V2", "V5", "V6", "V8", "V19", "VI1"] {
        check(&format!("{kind},092653,A,3326.9335,S,07040.1560,W,{end}"), &format!("{is} {tail}"));
    }
    check(&format!("V1,092653,A,-33-26.9335,S,-070-40.1560,W,{end}"), &format!("{is} {tail}"));
    check(&format!("V1,092653,A,33269335,S,070401560,W,{end}"), &format!("{is} {tail}"));
    check(&format!("V1,092653,2,3326.9335,S,07040.1560,W,{end}"), &format!("{is} {tail}"));
    check(&format!("V1, 092653,A, 3326.9335,S,07040.1560,W,  {end}"), &format!("{is} {tail}"));
    let weak = |word: &str| format!("{WHERE} {word} 63.00504km/h 187deg {tail}");
    check(&format!("V1,092653,V,3326.9335,S,07040.1560,W,{end}"), &weak("invalid"));
    check(&format!("V1,092653,,3326.9335,S,07040.1560,W,{end}"), &weak("invalid"));
    check(&format!("V1,092653,B,3326.9335,S,07040.1560,W,{end}"), &weak("invalid network"));
    let north = format!("V1,092653,A,3326.9335,N,07040.1560,E,{end}");
    check(&north, &format!("2026-03-14T09:26:53.000Z 33.448892,70.669267 63.00504km/h 187deg {tail}"));
    check(&format!("V1,,A,3326.9335,S,07040.1560,W,{end}"), &format!("{} {tail}", &is[25..]));
    check("V1,092653,A,3326.9335,S,07040.1560,W,0,360,140326", &format!("{WHERE} 0km/h 0deg"));
    check("V1,092653,A,3326.9335,S,07040.1560,W,,,140326", WHERE);
    check("V1,092653,A,3326.9335,S,07040.1560,W,0,0,,FFFFFBFF", &format!("{} 0km/h 0deg {tail}", &WHERE[25..]));
    check_with(
        &[("speed_unit", "kmh")],
        "V1,092653,A,3326.9335,S,07040.1560,W,63,187,140326",
        &format!("{WHERE} 63km/h 187deg"),
    );
    let local = "V1,062653,A,3326.9335,S,07040.1560,W,0,0,140326";
    check_with(&[("time_zone", "-3")], local, &format!("{WHERE} 0km/h 0deg"));
}

#[test]
fn positions_that_are_none_lose_themselves() {
    let tail = "ignition=false h02_status=4294966271";
    let at = "2026-03-14T09:26:53.000Z";
    check("V1,092653,V,0000.0000,0,00000.0000,0,0,0,140326,FFFFFBFF", &format!("{at} {tail}"));
    check("V1,092653,V,,,,,0,0,140326,FFFFFBFF", &format!("{at} {tail}"));
    check("V1,092653,A,0000.0000,N,00000.0000,E,0,0,140326,FFFFFBFF", &format!("{at} {tail}"));
    check("V1,092653,A,9100.0000,N,07040.1560,E,0,0,140326,FFFFFBFF", &format!("{at} {tail}"));
    check("V1,092653,A,3326.9335,S,07040.1560,W,5000,0,140326,FFFFFBFF", &format!("{at} {tail}"));
    // Without a place or a status there is nothing to report.
    check("V1,092653,V,,,,,,,140326", "");
    check("V1", "");
    let no_time = format!("{} 0km/h 0deg {tail}", &WHERE[25..]);
    for date in ["080180", "000000", "320126", "141326", "140380"] {
        check(&format!("V1,092653,A,3326.9335,S,07040.1560,W,0,0,{date},FFFFFBFF"), &no_time);
    }
    check("V1,246000,A,3326.9335,S,07040.1560,W,0,0,140326,FFFFFBFF", &no_time);
}

#[test]
fn what_follows_the_course() {
    let line = |rest: &str| format!("V1,092653,A,3326.9335,S,07040.1560,W,0,0,{rest}");
    let is = format!("{WHERE} 0km/h 0deg");
    let on = "ignition=true h02_status=4294967295";
    check(&line("87,140326,FFFFFFFF"), &format!("{is} battery_level=87 {on}"));
    check(&line("4012,140326,FFFFFFFF"), &format!("{is} h02_battery=4012 {on}"));
    check(&line("87,,FFFFFFFF"), &format!("{} battery_level=87 {on}", &is[25..]));
    check(&line("140326,730,02,8956,FFFFFFFF"), &format!("{is} h02_sim_1=730 h02_sim_2=02 h02_sim_3=8956 {on}"));
    check(&line("140326,730,02,8956"), &format!("{is} h02_sim_1=730 h02_sim_2=02 h02_sim_3=8956"));
    check(&line("140326,FFFFFFFF,730,02,11"), &format!("{is} {on} io_1=730 io_2=02 io_3=11"));
    let named = format!(
        "{WHERE} -12m 0km/h 0deg {on} hardware_mileage=1234.567 temperature_1=-7 fuel_level_1=51.2 lac=11039 cell_id=41394"
    );
    check(&line("140326,FFFFFFFF,1234567,-7,51.2,-12,2B1F,A1B2"), &named);
    check(
        &line("140326,FFFFFFFF,1234567,-7,51,-12,2B1F,A1B2"),
        &format!("{is} {on} io_1=1234567 io_2=-7 io_3=51 io_4=-12 io_5=2B1F io_6=A1B2"),
    );
    let many = line(&format!("140326,FFFFFFFF{}", ",x".repeat(34)));
    let told: String = (1..=32).map(|n| format!(" io_{n}=x")).collect();
    check(&many, &format!("{is} {on}{told} io_rest=x,x"));
}

#[test]
fn one_alarm_of_the_status() {
    let status = |status: &str, wanted: &str| {
        let line = format!("V1,092653,V,,,,,0,0,140326,{status}");
        let code = if wanted.contains('!') { format!(" event_code={status}") } else { String::new() };
        let wanted = wanted.replacen(" ignition", &format!("{code} ignition"), 1);
        let word = u32::from_str_radix(status, 16).expect("is hexadecimal");
        check(&line, &format!("2026-03-14T09:26:53.000Z{wanted} h02_status={word}"));
    };
    status("FFFFFFFF", " ignition=true");
    status("FFFFFBFF", " ignition=false");
    status("FFFFFFFE", " !113 ignition=true");
    status("FFFFFFFD", " !202 ignition=true");
    status("FFFBFFFF", " !202 ignition=true");
    status("FFFFFFFB", " !224 ignition=true");
    status("FFF7FBFF", " !2 ignition=false");
    status("FFF7FFF8", " !113 ignition=true");
    status("FFF7FFFB", " !224 ignition=true");
    status("00000000", " !113 ignition=false");
}

#[test]
fn the_other_kinds() {
    let at = "2026-03-14T09:26:53.000Z";
    let tail = "ignition=false h02_status=4294966271";
    let two = |a: &str, b: &str| {
        format!(
            r#"mobile_cells=[{{"mcc":730,"mnc":2,"lac":11039,"cell_id":41394{a}}},{{"mcc":730,"mnc":2,"lac":11040,"cell_id":5{b}}}]"#
        )
    };
    let rssi = two(r#","rssi":-73"#, r#","rssi":-113"#);
    check(
        "NBR,092653,730,02,255,2,11039,41394,20,11040,5,0,140326,FFFFFBFF",
        &format!("{at} h02_timing_advance=255 {tail} {rssi}"),
    );
    check(
        "NBR,092653,730,02,255,2,11039,41394,46,11040,5,0,140326,FFFFFBFF",
        &format!("{at} h02_timing_advance=255 h02_cells=46,0 {tail} {}", two("", "")),
    );
    check(
        "LINK,092653,31,9,87,1234,5,140326,FFFFFBFF",
        &format!("{at} gsm_signal_level=100 battery_level=87 steps=1234 h02_turns=5 {tail} satellites=9"),
    );
    check(
        "LINK,092653,99,0,101,0,0,140326,FFFFFBFF",
        &format!("{at} h02_battery=101 steps=0 h02_turns=0 {tail} satellites=0"),
    );
    check(
        "V3,092653,73002,2,11039,41394,20,1,11040,5,3,0,0FAC,2,X,140326,FFFFFBFF",
        &format!(
            "{at} h02_cells=11039,41394,20,1,11040,5,3,0 battery_voltage=4.012 h02_reboot=2 {tail} {}",
            two("", "")
        ),
    );
    check("V3,092653,73002,0,0001,2,X,140326,FFFFFBFF", &format!("{at} h02_battery=0001 h02_reboot=2 {tail}"));
    check("VP1,V,730,002,11039,41394,20Y11040,5,0", &rssi);
    let place = &WHERE[25..];
    check("VP1,A,3326.9335,S,07040.1560,W,34.02,187.0,140326", &format!("{place} 63.00504km/h 187deg h02_date=140326"));
    check("VP1,B,3326.9335,S,07040.1560,W,0,0,140326", &format!("{place} invalid network 0km/h 0deg h02_date=140326"));
    check("HTBT,87", "battery_level=87");
    check("SMS,all, is well", "command_reply=all, is well");
    for ignored in ["V0", "HTBT", "BASE,1,2", "XT,1", "BS", "WHAT,1"] {
        check(ignored, "");
    }
}

#[test]
fn heartbeats_are_answered_at_once_with_their_head() {
    let check = |line: &str, wanted: &str| {
        let trace = read_whole(&FAMILY, line.as_bytes());
        assert_eq!((String::from_utf8_lossy(&trace.sent).as_ref(), trace.closed), (wanted, false), "{line}");
    };
    check("*HQ,350000000000014,V0#", "*HQ,350000000000014,V0#");
    check("*TH,350000000000014,HTBT,100#", "*TH,350000000000014,HTBT#");
    check("*HQ,350000000000014,NBR,1#", "*HQ,350000000000014,V4,NBR,20260314092653#");
    check("*HQ,350000000000014,V2,092653,A,3326.9335,S,07040.1560,W,0,0,140326#", "");
    check("*HQ,350000000000014,LINK,092653,31,9,87,1234,5,140326,FFFFFBFF#", "");
}

#[test]
fn nothing_is_answered_before_it_is_stored() {
    let mut host = host(&FAMILY, &[("acknowledge_all", "true")]);
    host.outcome = crate::Stored::Failed;
    host.feed(POSITION.as_bytes());
    host.feed(&bytes(BINARY));
    assert_eq!(host.trace().sent, b"");
}

#[test]
fn a_setting_has_everything_acknowledged() {
    let mut host = host(&FAMILY, &[("acknowledge_all", "true")]);
    host.feed(&bytes(BINARY));
    host.feed(b"*HQ,3170512345,V2,092653,A,3326.9335,S,07040.1560,W,0,0,140326#");
    host.feed(b"*HQ,3170512345,V4,S20,DONE#*HQ,3170512345,SMS,ok#");
    assert_eq!(host.trace().sent, b"*HQ,3170512345,R12,092653#*HQ,3170512345,R12,092653#");
}

#[test]
fn binary_frames_of_every_length() {
    let long_id =
        bytes("24 3500000000000140 092653 140326 33269335 06 0704015602 034187 FFFFFBFF 00010203040506070809");
    let trace = read_whole(&FAMILY, &[&long_id[..], &long_id].concat());
    let place = format!("{WHERE} 62.968km/h 187deg battery_level=100 ignition=false h02_status=4294966271");
    let long = format!("{place} h02_user=00010203040506070809");
    assert_eq!(seen(&trace), ["@350000000000014", &long, &long]);
    let tail = bytes("02 03 04 05 06 07 08 09 0A 0B 0C 0D 0E");
    let long_tail = [bytes(BINARY), tail.clone()].concat();
    let (short, whole) =
        (format!("{place} h02_user=FF0005"), format!("{place} h02_user=FF000502030405060708090A0B0C0D0E"));
    let trace = read_whole(&FAMILY, &long_tail.repeat(3));
    assert_eq!(seen(&trace), ["@3170512345", &short, &whole, &whole], "the first does not wait to see how long it is");
    let mut set = host(&FAMILY, &[("frame_bytes", "45")]);
    set.feed(&long_tail.repeat(2));
    assert_eq!(seen(&set.trace()), ["@3170512345", &whole, &whole]);
    let usual = bytes(BINARY);
    let trace =
        read_whole(&FAMILY, &[&usual[..], b"\r\n", &usual, &[0xFF; 13], &usual, POSITION.as_bytes(), &usual].concat());
    assert_eq!((trace.reports().len(), trace.rejects().len()), (5, 0));
}

#[test]
fn flags_of_binary_frames() {
    let check = |from: &str, to: &str, wanted: &str| {
        let frame = BINARY.replace(' ', "").replace(from, to);
        let trace = read_whole(&FAMILY, &bytes(&frame));
        let told = said(trace.reports()[0]);
        assert!(told.contains(wanted), "{told} has not {wanted}");
    };
    check("0704015602", "070401560E", " 33.448892,70.669267 62");
    check("0704015602", "0704015608", " -33.448892,70.669267 invalid");
    check("092653140326", "092653080180", "-33.448892,-70.669267");
    check("034187", "999360", "1850.148km/h 0deg");
    check("06070", "F5070", "battery_level=5");
    let odd = BINARY.replace(' ', "").replace("33269335", "3326F335");
    let trace = read_whole(&FAMILY, &bytes(&odd));
    assert_eq!(
        seen(&trace)[1..],
        [
            "2026-03-14T09:26:53.000Z battery_level=100 ignition=false h02_status=4294966271 h02_user=FF0005",
            "(position is out of range)",
        ]
        .map(str::to_owned)
        .iter()
        .rev()
        .cloned()
        .collect::<Vec<_>>()
    );
}

#[test]
fn odd_fields_cost_themselves_and_are_told() {
    let check = |content: &str, place: u64, wanted: &[&str]| {
        let line = format!("*HQ,350000000000014,{content}#");
        let trace = read_whole(&FAMILY, line.as_bytes());
        assert_eq!(seen(&trace)[1..], *wanted, "{content}");
        assert_eq!(trace.reject_offsets, [place], "{content}");
    };
    let at = "2026-03-14T09:26:53.000Z";
    check(
        "V1,092653,A,3399.9335,S,07040.1560,W,0,0,140326,FFFFFBFF",
        32,
        &["(position is out of range)", &format!("{at} ignition=false h02_status=4294966271")],
    );
    check(
        "V1,092653,A,3326.9335,S,07040.1560,W,fast,0,140326",
        57,
        &["(speed has the wrong type)", &format!("{WHERE} 0deg")],
    );
    check("NBR,092653,730,02,255,9999", 42, &["(cells is out of range)", "h02_timing_advance=255"]);
    check("V3,092653,73002,-1", 36, &["(cells is out of range)", "contact"]);
    let trace = read_whole(&FAMILY, b"*HQ,350000000000014#*HQ,abc,V1#*HQ,1,V1#");
    assert_eq!(
        seen(&trace),
        ["@350000000000014", "(the content ends too early)", "(not a device identifier)", "(not a device identifier)"]
    );
}

#[test]
fn one_connection_carries_text_and_binary_and_other_devices() {
    let both = bytes(&BINARY.replace("3170512345", "0000000014"));
    let other = POSITION.replace("350000000000014", "350000000000022");
    let stranger = POSITION.replace("350000000000014", "950000000000022");
    let stream = [POSITION.as_bytes(), &both, POSITION.as_bytes(), other.as_bytes(), POSITION.as_bytes()].concat();
    let trace = read_whole(&FAMILY, &stream);
    let devices: Vec<String> = seen(&trace).into_iter().filter(|s| s.starts_with('@')).collect();
    assert_eq!(devices, ["@350000000000014", "@350000000000022", "@350000000000014"]);
    assert_eq!(trace.reports().len(), 5);
    let trace = read_whole(&FAMILY, &[stranger.as_bytes(), POSITION.as_bytes()].concat());
    assert_eq!((seen(&trace), trace.sent.len(), trace.closed), (vec!["@950000000000022".to_owned()], 0, true));
}

#[test]
fn noise_costs_itself() {
    let foreign = [b"X", &[0x11; 31][..]].concat();
    let stream =
        [b"\0\xff\r\n junk", POSITION.as_bytes(), b"7E7E", &foreign, b"*H", POSITION.as_bytes(), b"$G", &bytes(BINARY)]
            .concat();
    let trace = read_whole(&FAMILY, &stream);
    assert_eq!((trace.reports().len(), trace.closed), (3, false), "{:?}", seen(&trace));
    let told: Vec<String> = trace.rejects().iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "4 bytes that begin no frame",
            "4 bytes that begin no frame",
            "2 bytes that begin no frame",
            "2 bytes that begin no frame"
        ]
    );
    assert_eq!(trace.reject_offsets[0], 5);
    let forever = read_whole(&FAMILY, &[0x55; 20_000]);
    assert!(forever.closed);
    let repeated = read_whole(&FAMILY, POSITION.repeat(5).as_bytes());
    assert_eq!(repeated.sent, b"*HQ,350000000000014,V4,V1,20260314092653#".repeat(5));
    let mut host = host(&FAMILY, &[]);
    host.feed_datagram(POSITION.as_bytes());
    host.feed_datagram(&bytes(BINARY)[..20]);
    host.feed_datagram(&bytes(BINARY));
    let trace = host.trace();
    assert_eq!((trace.reports().len(), trace.rejects().len()), (2, 1));
}

fn frames() -> Vec<Vec<u8>> {
    let line = |content: &str| format!("*HQ,350000000000014,{content}#\r\n").into_bytes();
    vec![
        POSITION.as_bytes().to_vec(),
        bytes(BINARY),
        bytes("24 3500000000000140 092653 140326 33269335 06 0704015602 034187 FFFFFBFF 00010203040506070809"),
        [bytes(BINARY), bytes("02 03 04 05 06 07 08 09 0A 0B 0C 0D 0E")].concat(),
        line("V4,S20,DONE,092653,A,3326.9335,S,07040.1560,W,0,0,140326,FFFFFFFF"),
        line("NBR,092653,730,02,255,2,11039,41394,20,11040,5,0,140326,FFFFFBFF"),
        line("V3,092653,73002,1,11039,41394,20,1,0FAC,2,X,140326,FFFFFBFF"),
        line("LINK,092653,31,9,87,1234,5,140326,FFFFFBFF"),
        line("VP1,V,730,002,11039,41394,20Y11040,5,0"),
        line("HTBT,87"),
        line("SMS,text*with,d\u{e9}j\u{e0}"),
    ]
}

#[test]
fn cuts_and_truncations() {
    let frames = frames();
    let all: Vec<&[u8]> = frames.iter().map(Vec::as_slice).collect();
    cuts_change_nothing(&FAMILY, &all);
    let lines: Vec<&[u8]> = all.iter().copied().filter(|frame| frame[0] == b'*').collect();
    truncation_costs_itself(&FAMILY, &lines, POSITION.as_bytes());
}

proptest! {
    #[test]
    fn any_stream_gives_the_same_in_pieces(stream in streams(frames()), seed in any::<u32>()) {
        is_the_same_in_pieces(&FAMILY, &stream, seed)?;
    }
}
