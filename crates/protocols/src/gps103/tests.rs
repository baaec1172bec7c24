mod commands;

use proptest::prelude::*;

use super::FAMILY;
use crate::Stored;
use crate::checks::{cuts_change_nothing, host, is_the_same_in_pieces, said, seen, streams, truncation_costs_itself};
use crate::testing::read_whole;

pub(super) const REPORT: &str = "imei:350000000000014,tracker,260314062653,,F,092653.000,A,3326.9335,S,07040.1560,W,34.02,\
    187,542,1,0,51.20%,0.00%,+23;";
const LOGIN: &str = "##,imei:350000000000014,A;";
const HEARTBEAT: &str = "350000000000014;";
const AT: &str = "2026-03-14T09:26:53.000Z";
const WHERE: &str = "2026-03-14T09:26:53.000Z -33.448892,-70.669267";

/// What a line of the device of the worked example reports.
fn check_with(settings: &[(&str, &str)], content: &str, wanted: &str) {
    let mut host = host(&FAMILY, settings);
    host.feed(format!("imei:350000000000014,{content};").as_bytes());
    let trace = host.trace();
    let told: Vec<String> = trace.reports().into_iter().map(said).collect();
    assert_eq!(told.join(" + "), wanted, "{content}");
    assert_eq!(trace.rejects(), Vec::<&crate::Reject>::new(), "{content}");
}

fn check(content: &str, wanted: &str) {
    check_with(&[], content, wanted);
}

/// A report of this event with this in its fourth field.
fn event(word: &str, card: &str) -> String {
    format!("{word},260314062653,{card},F,092653.000,A,3326.9335,S,07040.1560,W,0,")
}

#[test]
fn the_worked_report() {
    let trace = read_whole(&FAMILY, REPORT.as_bytes());
    let report = format!(
        "{WHERE} 542m 63.00504km/h 187deg ignition=true input_status=0 fuel_level_1=51.2 fuel_level_2=0 temperature_1=23"
    );
    assert_eq!(seen(&trace), ["@350000000000014", &report]);
    assert_eq!(trace.sent, b"", "reports are not answered");
}

#[test]
fn the_handshake() {
    let check = |said: &str, sent: &str, wanted: &[&str]| {
        let trace = read_whole(&FAMILY, said.as_bytes());
        assert_eq!(seen(&trace), wanted, "{said}");
        assert_eq!((trace.sent, trace.closed), (sent.as_bytes().to_vec(), false), "{said}");
    };
    let device = "@350000000000014";
    check(LOGIN, "LOAD", &[device, "contact"]);
    check(HEARTBEAT, "ON", &[device, "contact"]);
    check("350000000000014\r\n", "ON", &[device, "contact"]);
    let short = "imei:350000000000014,tracker,,,L";
    check(&format!("{short};"), "", &[device, "contact"]);
    check(&format!("350000000000014{short},,2B1F,,A1B2,,,;"), "ON", &[device, "contact", "lac=11039 cell_id=41394"]);
    check(&format!("{LOGIN}{LOGIN}\r\n{HEARTBEAT}"), "LOADLOADON", &[device, "contact", "contact", "contact"]);
    check("##,imei:abc,A;imei:;", "", &["(not a device identifier)", "(not a device identifier)"]);
    let stranger = read_whole(&FAMILY, LOGIN.replace(":3", ":9").as_bytes());
    assert_eq!((seen(&stranger), stranger.sent.len(), stranger.closed), (vec!["@950000000000014".to_owned()], 0, true));
}

#[test]
fn places_in_all_their_forms() {
    let line = |place: &str| format!("tracker,2603140626,,F,092653.000,{place}");
    check(&line("A,3326.9335,S,07040.1560,W,0,"), &format!("{WHERE} 0km/h"));
    check(&line("A,S,3326.9335,W,07040.1560,0,90,12"), &format!("{WHERE} 12m 0km/h 90deg"));
    check(&line("A,3326.9335,S,W,07040.1560,0,90"), &format!("{WHERE} 0km/h 90deg"));
    check(&line("A,3326.9335,N,07040.1560,5,360"), &format!("{AT} 33.448892,70.669267 9.26km/h 0deg"));
    check(&line("A,3326.9335,N,07040.1560,,5,90"), &format!("{AT} 33.448892,70.669267 9.26km/h 90deg"));
    check(
        &line("A,3326.9335,N,07040.1560,E,,,-12,0,1"),
        &format!("{AT} 33.448892,70.669267 -12m ignition=false input_status=1"),
    );
    check(&line("V,3326.9335,S,07040.1560,W,0,0"), &format!("{WHERE} invalid 0km/h 0deg"));
    check(&line("A,3326.9335,S,07040.1560,W"), WHERE);
    check_with(&[("speed_unit", "kmh")], &line("A,3326.9335,S,07040.1560,W,63"), &format!("{WHERE} 63km/h"));
    check(&line("A,,,,,0"), "");
    for impossible in
        ["A,0000.0000,N,00000.0000,E,0", "A,9100.0000,N,07040.1560,E,0", "A,3326.9335,S,07040.1560,W,5000"]
    {
        check(&line(impossible), AT);
    }
    check("tracker,260314092653,,F,2653.0,A,3326.9335,S,07040.1560,W,0", &format!("{WHERE} 0km/h"));
    check("tracker,0000000000,,F,092653,A,3326.9335,S,07040.1560,W,0", &format!("{} 0km/h", &WHERE[25..]));
    check("tracker,26/03/14 06:26,,F,092653,A,3326.9335,S,07040.1560,W,0", &format!("{WHERE} 0km/h"));
}

#[test]
fn no_fix_tells_the_cell() {
    check("tracker,260314092653,,L,,,2B1F,,A1B2,,,", &format!("{AT} lac=11039 cell_id=41394"));
    check("tracker,260314092653,,L,,2B1F,,A1B2,,,", &format!("{AT} lac=11039 cell_id=41394"));
    check("low battery,260314092653,,L,", &format!("{AT} !1 event_code=low battery"));
    check_with(&[("time_zone", "-3")], "ac alarm,260314062653,,L,", &format!("{AT} !2 event_code=ac alarm"));
    check("tracker,260314092653,,L,,,zz", "");
}

#[test]
fn what_the_words_mean() {
    let is = |word: &str, wanted: &str| check(&event(word, ""), &format!("{WHERE} 0km/h{wanted}"));
    is("tracker", "");
    for (word, number) in [
        ("help me", 202),
        ("SOS", 202),
        ("low battery", 1),
        ("move", 225),
        ("speed", 224),
        ("stockade", 410),
        ("ac alarm", 2),
        ("door alarm", 109),
        ("sensor alarm", 113),
        ("acc alarm", 605),
        ("accident alarm", 242),
        ("bonnet alarm", 10_000),
        ("footbrake alarm", 10_000),
        ("DTC", 303),
    ] {
        is(word, &format!(" !{number} event_code={word}"));
    }
    is("acc on", " !605 event_code=acc on ignition=true");
    is("acc off", " !604 event_code=acc off ignition=false");
    is("T:+23.5", " event_code=T:+23.5 temperature_1=23.5");
    is("T:-7", " event_code=T:-7 temperature_1=-7");
    is("oil 51.2", " event_code=oil 51.2 fuel_level_1=51.2");
    is("oil51.2%", " event_code=oil51.2% fuel_level_1=51.2");
    is("jt", " event_code=jt command_reply=jt");
    is("something new", " event_code=something new");
    is("vt12", " event_code=vt12 gps103_photo=vt12");
    let card = |word: &str, wanted: &str| check(&event(word, "00AB12"), &format!("{WHERE} 0km/h{wanted}"));
    card("rfid", " event_code=rfid hardware_key=00AB12");
    card("DTC", " !303 event_code=DTC obd_dtc_codes=00AB12");
    card("tracker", " gps103_phone=00AB12");
    card("help me", " !202 event_code=help me gps103_phone=00AB12");
    check("vrFFD8FFE0", "event_code=vrFFD8FFE0 gps103_photo=vrFFD8FFE0");
}

#[test]
fn what_follows_the_door() {
    let line = format!("{}187,542,1,1,", event("tracker", ""));
    let is = format!("{WHERE} 542m 0km/h 187deg ignition=true input_status=1");
    check(&format!("{line}51.20%,12%,-7"), &format!("{is} fuel_level_1=51.2 fuel_level_2=12 temperature_1=-7"));
    check(&format!("{line},,,a,b"), &format!("{is} io_1=a io_2=b"));
    let told: String = (1..=32).map(|n| format!(" io_{n}=x")).collect();
    check(&format!("{line},,{}", ",x".repeat(34)), &format!("{is}{told} io_rest=x,x"));
}

#[test]
fn the_engines_own_bus() {
    let numbers = "OBD,260314092653,195874,7.5,8.1,120,63,45.5%,+89,12.5%,1950,13.8";
    let is = format!(
        "{AT} obd_mileage=195874 obd_consumption=7.5 engine_hours=120 obd_speed=63 obd_engine_load=45.5 obd_coolant_t=89 \
         obd_throttle=12.5 gps103_average_consumption=8.1 obd_rpm=1950 board_voltage=13.8"
    );
    check(numbers, &is);
    check(&format!("{numbers},P0300,P0171,,"), &format!("{is} obd_dtc_codes=P0300 P0171 obd_dtc_number=2"));
    check(
        "OBD,260314092653,195874,,,0,0,0.0%,+,0.0%,0,12.6,,",
        &format!(
            "{AT} obd_mileage=195874 engine_hours=0 obd_speed=0 obd_engine_load=0 obd_throttle=0 obd_rpm=0 board_voltage=12.6"
        ),
    );
    check("OBD,260314092653,195874,,,0,0,0.0%,+,0.0%,0,,,,", "");
    check("OBD,260314092653,195874,,,0,0,0.0%,+,0.0%,,12.6", "");
    check("OBD", "");
}

#[test]
fn lines_that_end_with_a_star() {
    let check = |content: &str, wanted: &str| {
        let trace = read_whole(&FAMILY, format!("imei:350000000000014,{content}*{HEARTBEAT}").as_bytes());
        assert_eq!(seen(&trace), ["@350000000000014", wanted, "contact"], "{content}");
    };
    let place = "-33.448892,-70.669267";
    check(
        "van,help me,7,3.25,092653,140326,31,1,-33.448892,-70.669267,63,187,542,0.9,11,1,0,none,",
        &format!(
            "{AT} {place} 542m 63km/h 187deg 11sat !202 gps103_name=van event_code=help me gps103_sensor=7 \
             gps103_sensor_voltage=3.25 gsm_signal_level=100 hdop=0.9 ignition=true charging_status=false gps103_error=none"
        ),
    );
    check(
        "-----,----,-,---,092653,140326,99,0,-33.448892,-70.669267,0,0,-12,9.9,0,0,1,-----,",
        &format!("{AT} {place} invalid -12m 0km/h 0deg 0sat hdop=9.9 ignition=false charging_status=true"),
    );
}

#[test]
fn calls_for_help_are_answered_once_they_are_stored() {
    let line = format!("imei:350000000000014,{};", event("help me", ""));
    assert_eq!(read_whole(&FAMILY, line.repeat(5).as_bytes()).sent, b"**,imei:350000000000014,E;".repeat(5));
    let mut failing = host(&FAMILY, &[]);
    failing.outcome = Stored::Failed;
    failing.feed(line.as_bytes());
    assert_eq!(failing.trace().sent, b"");
}

#[test]
fn odd_fields_cost_themselves_and_are_told() {
    let check = |content: &str, place: u64, wanted: &[&str]| {
        let trace = read_whole(&FAMILY, format!("imei:350000000000014,{content};").as_bytes());
        assert_eq!(seen(&trace)[1..], *wanted, "{content}");
        assert_eq!(trace.reject_offsets, [place], "{content}");
    };
    check(
        "tracker,260314092653,,F,092653,A,3399.9335,S,07040.1560,W,0,0,542,1",
        54,
        &["(position is out of range)", &format!("{AT} ignition=true")],
    );
    check(
        "tracker,260314092653,,F,092653,A,3326.9335,S,07040.1560,W,0,east",
        81,
        &["(course has the wrong type)", &format!("{WHERE} 0km/h")],
    );
}

#[test]
fn others_and_noise_cost_themselves() {
    let other = REPORT.replace("350000000000014", "350000000000022");
    let stream = [REPORT, &other, "\0 \r\njunk\u{1}", REPORT, "imei:35000000", REPORT].concat();
    let trace = read_whole(&FAMILY, stream.as_bytes());
    let devices: Vec<String> = seen(&trace).into_iter().filter(|s| s.starts_with('@')).collect();
    assert_eq!(devices, ["@350000000000014", "@350000000000022", "@350000000000014"]);
    let told: Vec<String> = trace.rejects().iter().map(ToString::to_string).collect();
    assert_eq!((trace.reports().len(), trace.closed), (4, false));
    assert_eq!(told, ["5 bytes that begin no frame", "13 bytes that begin no frame"]);
    assert!(read_whole(&FAMILY, &[0x55; 20_000]).closed);
    let mut udp = host(&FAMILY, &[]);
    udp.feed_datagram(REPORT.as_bytes());
    udp.feed_datagram(&REPORT.as_bytes()[..40]);
    udp.feed_datagram(HEARTBEAT.as_bytes());
    let trace = udp.trace();
    assert_eq!((trace.reports().len(), trace.rejects().len(), trace.sent), (1, 1, b"ON".to_vec()));
}

fn frames() -> Vec<Vec<u8>> {
    let line = |content: &str| format!("imei:350000000000014,{content};\r\n").into_bytes();
    vec![
        LOGIN.as_bytes().to_vec(),
        HEARTBEAT.as_bytes().to_vec(),
        b"350000000000014".to_vec(),
        REPORT.as_bytes().to_vec(),
        line(&event("help me", "d\u{e9}j\u{e0}")),
        line("OBD,260314092653,195874,7.5,8.1,120,63,45.5%,+89,12.5%,1950,13.8,P0300"),
        line("tracker,260314092653,,L,,,2B1F,,A1B2,,,"),
        b"imei:350000000000014,van,-,7,3.25,092653,140326,31,1,-33.4,-70.6,63,187,542,0.9,11,1,0,-,*".to_vec(),
        line("vrFFD8FFE0"),
    ]
}

#[test]
fn cuts_and_truncations() {
    let frames = frames();
    let all: Vec<&[u8]> = frames.iter().map(Vec::as_slice).collect();
    cuts_change_nothing(&FAMILY, &all);
    truncation_costs_itself(&FAMILY, &all, REPORT.as_bytes());
}

proptest! {
    #[test]
    fn any_stream_gives_the_same_in_pieces(stream in streams(frames()), seed in any::<u32>()) {
        is_the_same_in_pieces(&FAMILY, &stream, seed)?;
    }
}
