use model::{Command, Order};
use proptest::prelude::*;

use crate::checks::{cuts_change_nothing, host, is_the_same_in_pieces, seen, streams, truncation_costs_itself};
use crate::testing::{Host, Trace, bytes, read_whole};
use crate::{Family, Limits, OrderRefused, Reject, Stored, family};

const LEGACY: &str = "ST300STT;205000014;45;314;20260314;09:26:53;a1b2c;-33.448891;-070.669266;063.000;187.00;11;1;\
    1234567;12.63;100000;2;0042;000123;4.0;1\r";
const UNIVERSAL: &str = "STT;0910000014;FFFFFF;84;1.0.12;1;20260314;09:26:53;0000A1B2;730;2;2B1F;31;-33.448891;\
    -070.669266;63.00;187.00;11;1;00000001;00000000;1;2;0042;;00000007;1234567;12.63;4.0\r";
/// The place of the worked lines, from the date to the lines.
const PLACE: &str = "20260314;09:26:53;a1b2c;-33.448891;-070.669266;063.000;187.00;11;1;1234567;12.63;100000";
/// What a report says of it.
const PLACED: &str = "2026-03-14T09:26:53.000Z -33.448891,-70.669266 63km/h 187deg 11sat";
const MAPPED: &str = "81 0046 0910000014 3FFFFE 54 01000C 01 1A030E 091A35 0000A1B2 02DA 0002 2B1F 1F 81FE631B 84364D92 189C \
    490C 0B 01 03 01 01 0002 002A";
const DIGITS: &str = "02 002B 10 0205000014 2D 013A 1A030E 091A35 0A1B2C 21 448891 46 669266 003F 00 00BB 50 E0 0012D687 \
    0C 63 13 05 03";

fn suntech() -> &'static Family {
    family("suntech").expect("is registered")
}

/// What becomes of a line or frame: the identifier it names is taken for granted.
fn check(frame: &[u8], wanted: &[&str]) -> Trace {
    check_with(&[], frame, wanted)
}

fn check_with(settings: &[(&str, &str)], frame: &[u8], wanted: &[&str]) -> Trace {
    let mut host = host(suntech(), settings);
    host.feed(frame);
    let trace = host.trace();
    let told = seen(&trace);
    let told: Vec<&str> = told.iter().map(String::as_str).skip_while(|word| word.starts_with('@')).collect();
    let wanted: Vec<String> = wanted.iter().map(|word| word.replace('~', PLACED)).collect();
    assert_eq!(told, wanted, "{}", String::from_utf8_lossy(frame));
    assert_eq!(trace.sent, b"", "data is not acknowledged");
    trace
}

/// What every worked line of the older form says.
const OLDER: &str = "suntech_model=45 firmware=314 cell_id=662316 hardware_mileage=1234.567 board_voltage=12.63 ignition=true \
    input_status=0 output_status=0";

fn older(before_attributes: &str, more: &str) -> String {
    [PLACED, before_attributes, OLDER, more].iter().filter(|s| !s.is_empty()).copied().collect::<Vec<_>>().join(" ")
}

#[test]
fn the_worked_lines() {
    let wanted = older("", "suntech_mode=2 message_number=42 engine_hours=2.05 battery_voltage=4");
    let trace = check(LEGACY.as_bytes(), &[&wanted]);
    assert_eq!(seen(&trace)[0], "@205000014");
    let wanted = "~ suntech_model=84 firmware=1.0.12 gsm_signal_level=100 ignition=true input_status=0 output_status=0 \
        suntech_mode=1 suntech_reason=2 message_number=42 stt_assign_1=1234567 stt_assign_2=12.63 stt_assign_3=4 \
        mobile_cells=[{\"mcc\":730,\"mnc\":2,\"lac\":11039,\"cell_id\":41394}]";
    let trace = check(UNIVERSAL.as_bytes(), &[wanted]);
    assert_eq!(seen(&trace)[0], "@0910000014");
}

#[test]
fn kinds_of_older_lines() {
    let line = |kind: &str, tail: &str| format!("ST300{kind};205000014;45;314;{PLACE};{tail}\r");
    let check = |kind: &str, tail: &str, event: &str, more: &str| {
        check(line(kind, tail).as_bytes(), &[&older(event, more)]);
    };
    for (code, event) in [(1, 202), (2, 10_002), (3, 2), (5, 109), (6, 109), (7, 225), (8, 113)] {
        check("EMG", &format!("{code}"), &format!("!{event}"), &format!("event_code={code}"));
    }
    check("EVT", "3;000060;4.1;0", "!502 archived", "event_code=3 engine_hours=1 battery_voltage=4.1");
    check("ALT", "33", "!605", "event_code=33");
    check("ALT", "200", "!10200", "event_code=200");
    check("STT", "4;9999999999", "", "suntech_mode=4 message_number=9999999999");
    check("HTE", "", "", "");
    let raw = b"ST300HTE;205000014;45;314;x;;y\r";
    self::check(raw, &["suntech_model=45 firmware=314 suntech_rest=x;;y"]);
    self::check(b"ST300ALV;205000014\r", &["contact"]);
}

#[test]
fn models_have_fields_of_their_own() {
    let tail = "-33.448891;-070.669266;063.000;187.00;11;1;1234567;12.63;111111;2;0042";
    let lines = "hardware_mileage=1234.567 board_voltage=12.63 ignition=true input_status=7 output_status=3 suntech_mode=2 \
        message_number=42";
    let check = |head: &str, towers: &str, wanted: &str, cells: &str| {
        let line = format!("{head};20260314;09:26:53;{towers}{tail}\r");
        let wanted = format!("~ {wanted}{lines}{cells}");
        check(line.as_bytes(), &[&wanted]);
    };
    check("SA200STT;205000014;314", "a1b2c;", "firmware=314 cell_id=662316 ", "");
    check("ST215STT;205000014;314", "a1b2c;", "firmware=314 cell_id=662316 ", "");
    check("ST500STT;205000014;45;314", "", "suntech_model=45 firmware=314 ", "");
    let cells = " mobile_cells=[{\"mcc\":730,\"mnc\":2,\"lac\":11039,\"cell_id\":41394}]";
    let wanted = "suntech_model=45 firmware=314 gsm_signal_level=100 ";
    check("ST600STT;205000014;45;314", "a1b2;730;2;2B1F;31;", wanted, cells);
    let wanted = "suntech_model=45 firmware=314 cell_id=41394 ";
    check("ST600STT;205000014;45;314", "a1b2;;;;;", wanted, "");
}

#[test]
fn what_devices_add_is_told_by_its_shape() {
    let base = "suntech_mode=2 message_number=42";
    let check = |settings: &[(&str, &str)], extras: &str, more: &str, cells: &str| {
        let line = format!("ST300STT;205000014;45;314;{PLACE};2;0042{extras}\r");
        let wanted = format!("{}{more}{cells}", older("", base));
        check_with(settings, line.as_bytes(), &[&wanted]);
    };
    let first = ";000090;4.1;1";
    let said = " engine_hours=1.5 battery_voltage=4.1";
    check(&[], first, said, "");
    check(&[], ";000090", " engine_hours=1.5", "");
    let analog = " analog_1=0.5 analog_2=1.5 analog_3=2.5";
    check(&[], &format!("{first};0.5;1.5;2.5"), &format!("{said}{analog}"), "");
    check(&[], &format!("{first};850"), &format!("{said} can_rpm=850"), "");
    let driver = " hardware_key=01A2B3 driver_registered=true";
    check(&[], &format!("{first};01A2B3;1"), &format!("{said}{driver}"), "");
    check(&[], &format!("{first};850;01A2B3;1"), &format!("{said} can_rpm=850{driver}"), "");
    let probes = " temperature_1=23.5 temperature_3=-4.5";
    check(&[], &format!("{first};28A:23.5;;28B:-4.5"), &format!("{said}{probes}"), "");
    let cells = " mobile_cells=[{\"mcc\":730,\"mnc\":2,\"lac\":11039,\"cell_id\":41394}]";
    check(&[], &format!("{first};A1B2;730;2;31;2B1F"), &format!("{said} gsm_signal_level=100"), cells);
    let all = format!("{first};0.5;1.5;2.5;850;01A2B3;0;28A:23.5;28C:;28B:-4.5;A1B2;730;2;31;2B1F");
    let driver = " hardware_key=01A2B3 driver_registered=false";
    let wanted = format!("{said} gsm_signal_level=100{probes}{analog} can_rpm=850{driver}");
    check(&[("h_bytes", "true")], &all, &wanted, cells);
    check(&[("h_bytes", "false")], first, " suntech_rest=000090;4.1;1", "");
    check(&[], &format!("{first};a;b;c;d"), &format!("{said} suntech_rest=a;b;c;d"), "");
}

#[test]
fn portable_devices() {
    let older = "-33.448891;-070.669266;063.000;187.00;1";
    let check = |line: &str, wanted: &str| {
        let place = "2026-03-14T09:26:53.000Z -33.448891,-70.669266 63km/h 187deg";
        check(line.replace('~', older).as_bytes(), &[wanted.replace('^', place).trim_end()]);
    };
    check("ST910;Location;205000014;500;20260314;09:26:53;~\r", "^ firmware=500");
    check(
        "ST910;Location;205000014;500;20260314;09:26:53;a1b2c;~;1234567\r",
        "^ firmware=500 cell_id=662316 hardware_mileage=1234.567",
    );
    check("ST910;Emergency;205000014;500;20260314;09:26:53;~\r", "^ !104 event_code=Emergency firmware=500");
    check(
        "ST910;Alert;205000014;20260314;09:26:53;a1b2c;~;1234567;x\r",
        "^ !104 event_code=Alert cell_id=662316 hardware_mileage=1234.567 suntech_rest=x",
    );
}

#[test]
fn the_fourth_series() {
    let towers =
        "41394;730;2;31;11039;1;41395;730;2;11040;-70;1;0;0;0;0;0;0;0;0;0;0;0;0;0;0;0;0;0;0;0;0;0;0;0;0;0;0;0;0;0;0";
    let cells = "mobile_cells=[{\"mcc\":730,\"mnc\":2,\"lac\":11039,\"cell_id\":41394,\"rssi\":-51},\
        {\"mcc\":730,\"mnc\":2,\"lac\":11040,\"cell_id\":41395,\"rssi\":-70}]";
    let place = "20260314;09:26:53;-33.448891;-070.669266;063.000;187.00;11;1";
    let check = |line: &str, wanted: &str| {
        let line = line.replace("TOWERS", towers).replace("PLACE", place);
        check(line.as_bytes(), &[&format!("{wanted} {cells}")]);
    };
    let said = "gsm_signal_level=100 battery_voltage=3.9";
    check(
        "ST410STT;205000014;500;40;TOWERS;3.9;1;42;2;PLACE\r",
        &format!("~ firmware=500 suntech_model=40 {said} message_number=42 suntech_mode=2"),
    );
    check(
        "ST410ALT;205000014;500;40;TOWERS;3.9;0;42;16;abc;PLACE\r",
        &format!(
            "~ !242 archived firmware=500 suntech_model=40 {said} message_number=42 event_code=16 suntech_collaboration=abc"
        ),
    );
    let line = b"ST410STT;205000014;500;40;41394;730;2;-82;11039;1\r";
    let wanted = "firmware=500 suntech_model=40 gsm_signal_level=50 mobile_cells=[{\"mcc\":730,\"mnc\":2,\"lac\":11039,\
        \"cell_id\":41394,\"rssi\":-82}]";
    self::check(line, &[wanted]);
    let model = "firmware=500 suntech_model=41 suntech_variant=V";
    check(
        "ST410STT;205000014;500;41;V;TOWERS;3.9;1;42;2;0;2;PLACE\r",
        &format!("~ {model} {said} message_number=42 suntech_mode=2 suntech_motion=2 is_moving=true"),
    );
    check(
        "ST410STT;205000014;500;41;V;TOWERS;3.9;1;42;2;0;1;;;;;\r",
        &format!("{model} {said} message_number=42 suntech_mode=2 suntech_motion=1 is_moving=false"),
    );
}

#[test]
fn maps_say_which_fields_there_are() {
    check(b"STT;0910000014;000004;1.0.12\r", &["firmware=1.0.12"]);
    check(b"STT;0910000014;000008;0\r", &["(the content ends too early)"]);
    check(b"STT;0910000014;zz;0\r", &["(the content ends too early)"]);
    let wanted = "2026-03-14T09:26:53.000Z archived cell_id=41394 ignition=false input_status=5 output_status=2";
    check(b"STT;0910000014;060078;0;20260314;09:26:53;A1B2;00001010;00000010\r", &[wanted]);
    let wanted = "suntech_mode=1 suntech_reserved=r stt_assign_1=7 stt_assign_31=A2 stt_assign_3=3.5 stt_assign_4=0912345678901234";
    check(b"STT;0910000014;C80000;1;r;40000001;7;A2;3.5;0912345678901234\r", &[wanted]);
    // A field that the map does not have is not written over one that it has.
    let wanted = "suntech_mode=1 stt_assign_1=7 stt_assign_3=8 stt_assign_4=9";
    check(b"STT;0910000014;880000;1;5;7;8;9\r", &[wanted]);
    let alert = "!10059 event_code=59 suntech_alert_modifier=1 suntech_alert_data=01A2B3 hardware_key=01A2B3";
    check(b"ALT;0910000014;380000;59;1;01A2B3\r", &[alert]);
    check(b"ALT;0910000014;380000;33;0;\r", &["!605 event_code=33 suntech_alert_modifier=0"]);
    let endless = format!("STT;0910000014;080000;1{}\r", ";1".repeat(500));
    let trace = read_whole(suntech(), endless.as_bytes());
    assert_eq!(trace.reports().first().map(|r| r.attributes.len()), Some(128));
}

#[test]
fn beacons() {
    let line = "BLE;0910000014;84;1.0.12;20260314;09:26:53;-33.448891;-070.669266;2;-60;-70;-50;A0B1C2D3E4F5;3;1;2;-61;;;x\"y;4;;\r";
    let wanted = "2026-03-14T09:26:53.000Z -33.448891,-70.669266 suntech_model=84 firmware=1.0.12 \
        ble_beacons_1=[{\"id\":\"A0B1C2D3E4F5\",\"rssi\":-60,\"rssi_min\":-70,\"rssi_max\":-50,\"samples\":3,\"major\":1,\
        \"minor\":2},{\"id\":\"xy\",\"rssi\":-61,\"samples\":4}]";
    check(line.as_bytes(), &[wanted]);
    check(b"BLE;0910000014;84;;;;;;99999999\r", &["suntech_model=84"]);
}

#[test]
fn serial_data() {
    let check = |data: &str, wanted: &str| {
        let legacy = format!("ST300UEX;205000014;45;314;{PLACE};{};{data};3B;000090;4.1;1\r", data.len());
        let more = format!("{wanted} suntech_serial_checksum=3B engine_hours=1.5 battery_voltage=4.1");
        check(legacy.as_bytes(), &[&older("", &more)]);
        let universal = format!("UEX;0910000014;380004;1.0;{};{data};3B\r", data.len());
        self::check(universal.as_bytes(), &[&format!("firmware=1.0 {wanted} suntech_serial_checksum=3B")]);
    };
    check("CabAVL,x,40.5,20", "fuel_level_1=40.5 fuel_level_2=20 fuel_total=60.5");
    check("GTSL|1|2|3|01A2B3|5", "hardware_key=01A2B3");
    check(
        "t1=FFF6;N1=1F.5;N2=01;Q1=0A",
        "temperature_1=-10 fuel_level_1=31 fuel_level_2=1 driving_quality=10 fuel_total=32",
    );
    check("hello;world\r\nagain", "serial_data=hello;world\r\nagain");
    check("x=1;t1=zz;N1=FFFFFFFFF", "serial_data=x=1;t1=zz;N1=FFFFFFFFF");
    // Words that begin like a probe are none, an empty tank is one, and so large a temperature is none.
    check("temp=25;Note=a;t1=FFFFFFFF", "serial_data=temp=25;Note=a;t1=FFFFFFFF");
    check("CabAVL,x,40.5,0", "fuel_level_1=40.5 fuel_level_2=0 fuel_total=40.5");
    // A length that counts the separator after the data as well, and one that is none.
    let line = b"UEX;0910000014;380004;1.0;3;ab;3B\r";
    self::check(line, &["firmware=1.0 serial_data=ab suntech_serial_checksum=3B"]);
    let line = b"UEX;0910000014;380004;1.0;x;ab;3B\r";
    self::check(line, &["firmware=1.0 serial_data=ab suntech_serial_checksum=3B"]);
}

#[test]
fn binary_frames() {
    let base = "suntech_model=84 firmware=1.0.12 gsm_signal_level=100 ignition=true input_status=1 output_status=1 ";
    let cells = " mobile_cells=[{\"mcc\":730,\"mnc\":2,\"lac\":11039,\"cell_id\":41394}]";
    let place = "2026-03-14T09:26:53.000Z -33.448731,-70.667666 63km/h 187deg 11sat ";
    let frame = |kind: &str, own: &str| {
        let content = MAPPED.split_once("0046").expect("has a length").1.rsplit_once("01 0002").expect("has").0;
        let content = bytes(&format!("{content} {own}"));
        [bytes(kind), (content.len() as u16).to_be_bytes().to_vec(), content].concat()
    };
    let status = frame("81", "01 0002 002A");
    let wanted = format!("{place}{base}suntech_mode=1 suntech_reason=2 suntech_data=002A{cells}");
    let trace = check(&status, &[&wanted]);
    assert_eq!(seen(&trace)[0], "@0910000014");
    let alert = frame("82", "21 0001 0000");
    check(&alert, &[&format!("{}!605 {base}event_code=33 suntech_alert_modifier=1{cells}", place)]);
    let driver = frame("82", "3B 0000 0102030405060708");
    let wanted =
        format!("{place}!10059 {base}event_code=59 suntech_alert_modifier=0 hardware_key=0102030405060708{cells}");
    check(&driver, &[&wanted]);
    let small = "81 000B 0910000014 000008 00 0102";
    check(&bytes(small), &["contact"]);
    check(&bytes("81 000C 0910000014 800008 01 000102"), &["suntech_data=000102"]);
    let archived = "81 000A 0910000014 00000A 54 00";
    check(&bytes(archived), &["archived suntech_model=84"]);
    check(&bytes("85 000B 0910000014 000002 54 0102"), &["(unknown kind of frame 85)", "contact"]);
    for end in 8..status.len() {
        let mut cut = status[..end].to_vec();
        cut[1..3].copy_from_slice(&((end - 3) as u16).to_be_bytes());
        let trace = read_whole(suntech(), &cut);
        let is_whole = end >= status.len() - 2;
        assert_eq!(trace.rejects().contains(&&Reject::Truncated), !is_whole, "{end} bytes");
    }
}

#[test]
fn binary_frames_in_digits() {
    let frame = |content: &str| {
        let content = bytes(content);
        [vec![2], ((content.len() - 1) as u16).to_be_bytes().to_vec(), content].concat()
    };
    let content = DIGITS.split_once("002B").expect("has a length").1;
    let wanted = "2026-03-14T09:26:53.000Z -33.448891,-70.669266 63km/h 187.5deg !10005 suntech_model=45 firmware=314 \
        cell_id=662316 hardware_mileage=1234.567 board_voltage=12.63 ignition=true input_status=1 output_status=1 \
        event_code=5";
    let trace = check(&frame(content), &[&wanted.replace("187.5deg", "188deg")]);
    assert_eq!(seen(&trace)[0], "@205000014");
    let north = content.replace(" E0 ", " 80 ");
    let trace = read_whole(suntech(), &frame(&north));
    let p = trace.reports()[0].position.clone().expect("has one");
    assert_eq!((p.latitude, p.longitude, p.valid), (33.448_891, 70.669_266, true));
    let no_fix = read_whole(suntech(), &frame(&content.replace(" E0 ", " 60 ")));
    assert_eq!(no_fix.reports()[0].position.as_ref().map(|p| p.valid), Some(false));
    let trace = read_whole(suntech(), &frame(&content.replace("448891", "44889A")));
    let kept = trace.reports()[0];
    let volts = model::Value::Float(12.63);
    assert_eq!((kept.position.is_none(), kept.attributes.get(model::attr::BOARD_VOLTAGE)), (true, Some(&volts)));
    let other = read_whole(suntech(), &frame(&content.replacen("10", "11", 1)));
    assert_eq!(other.rejects(), [&Reject::UnknownKind(0x11)]);
}

#[test]
fn places_and_times_as_they_come() {
    let check = |from: &str, to: &str, wanted: &str| {
        let trace = read_whole(suntech(), LEGACY.replace(from, to).as_bytes());
        let told = seen(&trace).pop().expect("says something");
        assert!(told.starts_with(wanted), "{told}");
    };
    check(";11;1;", ";0;1;", "2026-03-14T09:26:53.000Z -33.448891,-70.669266 invalid 63km/h 187deg 0sat");
    check(";11;1;", ";11;0;", "2026-03-14T09:26:53.000Z -33.448891,-70.669266 invalid 63km/h");
    check("-33.448891;-070.669266", "33.448891;+070.669266", "2026-03-14T09:26:53.000Z 33.448891,70.669266 63km/h");
    check("-33.448891;-070.669266", "+00.000000;+000.000000", "2026-03-14T09:26:53.000Z suntech_model");
    check("-33.448891", "-91.000000", "2026-03-14T09:26:53.000Z suntech_model");
    check("187.00", "360.00", "2026-03-14T09:26:53.000Z -33.448891,-70.669266 63km/h 0deg");
    check("20260314", "00000000", "-33.448891,-70.669266 63km/h");
    check("20260314", "2026031", "-33.448891,-70.669266 63km/h");
    check("09:26:53", "092653", "-33.448891,-70.669266 63km/h");
    check("20260314", "20800314", "2080-03-14T09:26:53.000Z");
    let mut ahead = host(suntech(), &[("time_zone", "-3")]);
    ahead.feed(LEGACY.as_bytes());
    assert!(seen(&ahead.trace())[1].starts_with("2026-03-14T12:26:53.000Z"));
}

#[test]
fn every_frame_names_its_device() {
    let other = LEGACY.replace("205000014", "205000022");
    let trace = read_whole(suntech(), [LEGACY, UNIVERSAL, &other, &other, LEGACY].concat().as_bytes());
    let told: Vec<String> = seen(&trace).into_iter().filter(|word| word.starts_with('@')).collect();
    assert_eq!(told, ["@205000014", "@0910000014", "@205000022", "@205000014"]);
    let stranger = LEGACY.replace("205000014", "905000014");
    let trace = read_whole(suntech(), [&stranger, LEGACY].concat().as_bytes());
    assert_eq!((trace.reports().len(), trace.closed), (0, true));
    for bad in ["", "20500001x", "20500", "205000014205000014205"] {
        let trace = read_whole(suntech(), [&LEGACY.replace("205000014", bad), LEGACY].concat().as_bytes());
        assert_eq!((trace.reports().len(), trace.rejects()), (1, vec![&Reject::BadIdentity]), "{bad}");
    }
}

#[test]
fn the_same_packet_five_times_and_in_datagrams() {
    let trace = read_whole(suntech(), LEGACY.repeat(5).as_bytes());
    assert!(trace.reports().len() == 5 && trace.reports().windows(2).all(|pair| pair[0] == pair[1]));
    let mut host = Host::new(suntech(), &Limits::default());
    host.outcome = Stored::Failed;
    host.feed_datagram([LEGACY, "\n", UNIVERSAL, &LEGACY[..50]].concat().as_bytes());
    host.feed_datagram(LEGACY.as_bytes());
    let trace = host.trace();
    assert_eq!((trace.reports().len(), trace.rejects(), trace.sent.len()), (3, vec![&Reject::Truncated], 0));
}

#[test]
fn crashes_are_kept_raw() {
    check(b"CRR;0910000014;1;4;\xAB\xCD\r", &["suntech_crash=313B343BABCD"]);
}

#[test]
fn orders_are_answered_by_the_next_answer() {
    let mut host = Host::new(suntech(), &Limits::default());
    assert_eq!(host.order(1, &Order::Locate), Err(OrderRefused::NotIdentified));
    host.feed(LEGACY.as_bytes());
    assert_eq!(host.order(2, &Order::Locate), Ok(()));
    assert_eq!(host.order(3, &Order::Locate), Err(OrderRefused::Busy));
    host.feed(b"ST300CMD;Res;205000014;45;314;StatusReq\rST300CMD;Res;205000014;45;314;StatusReq\r");
    assert_eq!(host.order(4, &Order::ReadLevels), Ok(()));
    let archived = LEGACY.replace(";4.0;1\r", ";4.0;0\r");
    host.feed(
        [b"ST300CMD;Res;205000014;45;314;StatusReq\r", archived.as_bytes(), LEGACY.as_bytes()].concat().as_slice(),
    );
    host.feed(UNIVERSAL.replace("0910000014", "205000014").as_bytes());
    assert_eq!(host.order(5, &Order::Do(Command::Output { number: 1, on: true })), Ok(()));
    host.feed(b"RES;205000014;04;01;ok\r");
    assert_eq!(host.order(6, &Order::Restart), Ok(()));
    host.tick_after_ms(30_000);
    let trace = host.trace();
    let sent =
        "ST300CMD;205000014;02;StatusReq\rST300CMD;205000014;02;StatusReq\rCMD;205000014;04;01\rCMD;205000014;03;03\r";
    assert_eq!(String::from_utf8_lossy(&trace.sent), sent);
    let told: Vec<String> = seen(&trace)
        .into_iter()
        .filter(|word| word.starts_with('?') || word.contains(": ") && !word.contains("Sent") && !word.contains("~"))
        .collect();
    assert_eq!(told.len(), 5, "{told:?}");
    assert_eq!(told[0], "2: Replied(CommandReply { text: \"45;314;StatusReq\", lines: [] })");
    assert_eq!(told[1], "? 45;314;StatusReq");
    assert!(told[2].starts_with("4: Replied(CommandReply { text: \"\", lines: [(1, 0.0), (2, 0.0)"), "{}", told[2]);
    assert!(told[2].ends_with("(66, 12630.0), (67, 4000.0), (179, 0.0), (180, 0.0), (181, 0.0), (182, 0.0), (183, 0.0), (184, 0.0), (185, 0.0), (186, 0.0), (239, 1.0)] })"), "{}", told[2]);
    assert_eq!(told[3], "5: Replied(CommandReply { text: \"04;01;ok\", lines: [] })");
    assert_eq!(told[4], "6: TimedOut");
}

#[test]
fn the_model_that_is_set_decides_how_commands_are_worded() {
    let check = |model: &str, line: &[u8], wanted: &str| {
        let mut host = host(suntech(), &[("model", model)]);
        host.feed(line);
        assert_eq!(host.order(1, &Order::Restart), Ok(()));
        assert_eq!(String::from_utf8_lossy(&host.trace().sent), wanted, "{model}");
    };
    let small = bytes("02 000A 10 0205000014 2D 013A 00 00");
    check("ST4305", &small, "CMD;205000014;03;03\r");
    check("ST340", &small, "ST340CMD;205000014;02;Reboot\r");
    check("other", &small, "SA200CMD;205000014;02;Reboot\r");
    check("ST4305", LEGACY.as_bytes(), "ST300CMD;205000014;02;Reboot\r");
}

#[test]
fn noise_costs_itself() {
    let noisy = ["\r\n\0", "junk STT", LEGACY, "ST300STT;2050", UNIVERSAL, "ok\r"].concat();
    let trace = read_whole(suntech(), noisy.as_bytes());
    assert_eq!((trace.reports().len(), trace.closed), (2, false), "{:?}", seen(&trace));
    assert!(read_whole(suntech(), &[LEGACY.as_bytes(), &[0xAA; 17_000]].concat()).closed);
    assert!(read_whole(suntech(), &[b"ST300STT;".as_slice(), &[b'1'; 20_000]].concat()).closed);
}

#[test]
fn cuts_and_truncations() {
    let serial = format!("ST300UEX;205000014;45;314;{PLACE};8;ab\r\ncd\r;;3B\r");
    let frames: Vec<Vec<u8>> =
        vec![LEGACY.into(), UNIVERSAL.into(), serial.into(), bytes(DIGITS), b"ST300ALV;205000014\r".to_vec()];
    let all: Vec<&[u8]> = frames.iter().map(Vec::as_slice).collect();
    cuts_change_nothing(suntech(), &all);
    truncation_costs_itself(suntech(), &all[..3], LEGACY.as_bytes());
}

proptest! {
    #[test]
    fn any_split_gives_the_same(
        stream in streams(vec![
            LEGACY.into(),
            UNIVERSAL.into(),
            format!("ST300UEX;205000014;45;314;{PLACE};8;ab\r\ncd\r;;3B\r").into_bytes(),
            b"UEX;0910000014;380004;1.0;3;a\rb;00\r".to_vec(),
            b"BLE;0910000014;84;1;;;;;1;1;1;1;A;1;1;1\r".to_vec(),
            b"ST300CMD;Res;205000014;45;314;StatusReq\r".to_vec(),
            b"ST410STT;205000014;500;41;V;1;2;3;4;5;6\r".to_vec(),
            bytes(MAPPED),
            bytes(DIGITS),
        ]),
        seed in any::<u32>(),
    ) {
        is_the_same_in_pieces(suntech(), &stream, seed)?;
    }
}
