//! One frame of each kind, with what it says.

use model::Value;

use super::*;
use crate::gt06::line::{LINES, Line};

fn float(x: f64) -> Value {
    Value::Float(x)
}

fn decoded(settings: DeviceSettings, frame: &[u8]) -> Report {
    let mut host = host(settings);
    host.feed(frame);
    one_report(&host.trace())
}

fn check_report(report: &Report, what: &str, wanted: &[(&str, Value)], events: &[u32]) {
    for (name, value) in wanted {
        assert_eq!(super::value(report, name).as_ref(), Some(value), "{name} of {what}: {report:?}");
    }
    let found: Vec<u32> = report.events.iter().map(|e| e.0).collect();
    assert_eq!(found, events, "{what}");
}

/// A short frame of this kind; `~` in the content stands for the position, `#` for the cell.
fn check(kind: u8, content: &str, wanted: &[(&str, Value)], events: &[u32]) -> Report {
    check_with(DeviceSettings::default(), kind, content, wanted, events)
}

fn check_of(line: Line, kind: u8, content: &str, wanted: &[(&str, Value)], events: &[u32]) -> Report {
    let model = LINES.iter().find(|(known, _)| *known == line).map(|(_, models)| models[0].into());
    check_with(DeviceSettings { model, ..DeviceSettings::default() }, kind, content, wanted, events)
}

fn check_with(settings: DeviceSettings, kind: u8, content: &str, wanted: &[(&str, Value)], events: &[u32]) -> Report {
    let content = bytes(&content.replace('~', GPS).replace('#', LBS));
    let report = decoded(settings, &short(kind, &content, 1));
    check_report(&report, &format!("{kind:02X}"), wanted, events);
    report
}

fn check_long(kind: u8, content: &[u8], wanted: &[(&str, Value)], events: &[u32]) -> Report {
    let report = decoded(DeviceSettings::default(), &long(kind, content, 1));
    check_report(&report, &format!("{kind:02X}, long"), wanted, events);
    report
}

fn on(value: bool) -> Value {
    Value::Bool(value)
}

fn int(value: i64) -> Value {
    Value::Int(value)
}

#[test]
fn positions_and_what_follows_them() {
    let km = ("hardware_mileage", float(1_234.567));
    check(0x10, "~", &[], &[]);
    check(0x12, "~ # 01 02 01", &[("ignition", on(true)), ("generation_type", int(2))], &[]);
    check(0x12, "~ # 00 02 00 0012D687", &[("ignition", on(false)), km.clone()], &[]);
    check(0x12, "~ # 0012D687", std::slice::from_ref(&km), &[]);
    assert!(check(0x22, "~ # 01 05 01", &[("ignition", on(true))], &[]).archived);
    assert!(!check(0x2D, "~ # 01 05 00 0012D687", std::slice::from_ref(&km), &[]).archived);
    let modules = "0027 02 04EF 003B 02 000C 0099 01 00";
    let volts = ("board_voltage", float(12.63));
    let r = check(0x37, &format!("~ # 01 05 00 {modules}"), std::slice::from_ref(&volts), &[]);
    assert_eq!(r.position.and_then(|p| p.precision_m), Some(12));
    check(0x37, &format!("~ # 01 05 00 0012D687 {modules}"), &[volts.clone(), km.clone()], &[]);
    let cell = |json: &str| ("mobile_cells", Value::Json(json.into()));
    let wide = cell(r#"[{"mcc":730,"mnc":2,"lac":11039,"cell_id":41394}]"#);
    check(0x11, "~ 02DA 0002 2B1F 0000A1B2", std::slice::from_ref(&wide), &[]);
    check(0x12, "~ 82DA 0002 2B1F 00A1B2", std::slice::from_ref(&wide), &[]);
    check(0xA0, "~ 02DA 02 00002B1F 000000000000A1B2 01 05 00", &[wide.clone(), ("ignition", on(true))], &[]);
    check(0x38, "~ 03 01 03 02DA 02 00002B1F 000000000000A1B2 0050", &[("generation_type", int(3))], &[]);
    let rssi = cell(r#"[{"mcc":730,"mnc":2,"lac":11039,"cell_id":41394,"rssi":-80}]"#);
    check(0x38, "~ 03 00 01 # 50", std::slice::from_ref(&rssi), &[]);
    let status = "46 64 04 12 12";
    let extended = [rssi, ("event_code", int(0x112)), ("battery_level", int(100)), ("battery_voltage", float(4.01))];
    check(0x39, &format!("~ 01 # 50 {status} 0018 02 0191"), &extended, &[10_274]);
    check(0x17, "~ # 00000000DEADBEEF 01", &[("hardware_key", Value::from("00000000DEADBEEF"))], &[]);
    check(0x1A, "~ 31323300", &[("phone", Value::from("123"))], &[]);
    check(0x1E, "~ 0102", &[("gt06_1e", Value::from("0102"))], &[]);
}

#[test]
fn alarms_and_their_cells() {
    let status = "C6 03 02 01 02";
    let said = [("output_status", int(1)), ("battery_level", int(50)), ("gsm_signal_level", int(50))];
    check(0x16, &format!("~ 09 # {status}"), &said, &[202]);
    check(0x32, &format!("~ 09 # {status}"), &said, &[202]);
    check(0x16, &format!("~ 00 {status}"), &said, &[202]);
    check(0x16, &format!("~ 00 {} {status}", "00".repeat(45)), &said, &[202]);
    check(0x26, &format!("~ 0F # 2B20 00A1B3 50 {status} 00 01 01"), &[("ignition", on(false))], &[202]);
    // What the information byte says comes after the code, and only once.
    check(0x16, "~ 09 # 4E 03 02 02 02", &[], &[2, 113]);
    check(0x27, "~ 09 # 46 03 02 04 02 07", &[("geofence_number", int(7))], &[409]);
    check(0xA4, "~ 10 02DA 02 00002B1F 000000000000A1B2 46 03 02 05 02 09", &[("geofence_number", int(9))], &[410]);
    check(0xA3, "~ 09 # 46 03 02 06 02 09", &[], &[224]);
    check(0x19, "# 46 03 02 0C 02", &[("battery_level", int(50))], &[106]);
    check(0x19, &"2B1F 00A1B2 50".repeat(3), &[("gt06_19", Value::from("2B1F00A1B250".repeat(3).as_str()))], &[]);
    check(0xA5, "02DA 02 00002B1F 000000000000A1B2 46 03 02 14 02", &[], &[109]);
    check_of(Line::Lw, 0x16, "~ 09 # 46 03 02 18 02", &[], &[242]);
    check_of(Line::Vl103, 0x16, "~ 09 # 46 03 02 09 02", &[], &[101]);
}

#[test]
fn heartbeats_of_all_makes() {
    check(0x13, "46 64 03", &[("battery_level", int(100)), ("gsm_signal_level", int(75))], &[]);
    let r = check(0x13, "66 FF 09 00 02", &[("charging_status", on(true))], &[202]);
    assert_eq!((value(&r, "battery_level"), value(&r, "gsm_signal_level")), (None, None));
    check(0x23, "42 0191 03 00 02", &[("battery_voltage", float(4.01)), ("gsm_signal_level", int(75))], &[]);
    check(0x23, "42", &[("ignition", on(true))], &[]);
    let modules = [
        ("battery_voltage", float(3.99)),
        ("boot_status", int(1)),
        ("battery_level", int(87)),
        ("gt06_36_71", Value::from("AB")),
    ];
    check(0x36, "42 05 03 00 02 0018 02 018F 0032 01 01 006A 01 57 0071 01 AB", &modules, &[]);
    let obd = [("satellites", int(13)), ("gsm_signal_level", int(100)), ("temperature_1", float(-2.5))];
    check(0x13, "42 18FF 00 02 57 04 04EF 00 0000 FFE7", &obd, &[]);
    let a22 = "00 0000 00 00 57 00 0000 00 0000 0000 80FB";
    check(0x13, a22, &[("battery_level", int(87)), ("temperature_internal", float(25.1))], &[]);
    check_of(Line::R11, 0x13, "42 0191 03 00 02", &[("battery_voltage", float(4.01))], &[]);
    check_of(Line::Lw, 0x13, "42 05 03 F07E", &[("board_voltage", float(12.6))], &[]);
    check_of(Line::Seeworld, 0x13, "42 05 03 0C 02", &[("board_voltage", float(12.0))], &[]);
}

#[test]
fn layouts_known_by_their_length() {
    check(0x12, "~ # 7E 04EF 03 01", &[("board_voltage", float(12.63)), ("ignition", on(true))], &[224]);
    check(0x12, "~ # C000", &[("ignition", on(true)), ("input_status", int(2)), ("analog_1", float(0.0))], &[]);
    check(0x12, "~ # 1215", &[("ignition", on(false)), ("temperature_1", float(-21.0))], &[]);
    check(0x12, "~ # 0064", &[("analog_1", float(10.0))], &[]);
    let s5 = [("fuel_level_1", float(40.0)), ("temperature_1", float(-5.0)), ("hardware_mileage", float(12_345.67))];
    check(0x12, "~ # 42 04EF 03 06 0028 85 0012D687", &s5, &[224]);
    let card = [("hardware_key", Value::from("7")), ("run_time_s", int(600))];
    check(0x12, "~ # 0012D687 01 37 01 01 0258", &card, &[202]);
    let text = format!("~ # 0012D687 50 {} 00 00", "41".repeat(80));
    check(0x12, &text, &[("hardware_key", Value::from("A".repeat(80).as_str()))], &[]);
    let sr411 = [("ignition", on(true)), ("board_voltage", float(12.63)), ("battery_voltage", float(4.01))];
    check(0x24, "~ # 01 04EF 0191 00000000000000000000", &sr411, &[]);
    let wide = "02DA 0002 2B1F 000000000000A1B2";
    let altitude = |r: Report| r.position.and_then(|p| p.altitude_m);
    assert_eq!(altitude(check(0x31, &format!("~ {wide} 01 02 00 FFF6"), &[("ignition", on(true))], &[])), Some(-10.0));
    assert_eq!(altitude(check(0x32, &format!("~ {wide} 021E"), &[], &[])), Some(542.0));
    assert_eq!(altitude(check(0x32, &format!("~ {wide} 0102 021E"), &[], &[202])), Some(542.0));
    let climate =
        [("temperature_1", float(-12.34)), ("humidity_1", float(55.5)), ("hardware_mileage", float(1_234.567))];
    check(0x22, "~ 02DA 02 2B1F 0000A1B2 01 02 00 0012D687 00000000 84D2 15AE", &climate, &[]);
    check(0x16, "~ 0A 02DA 02 2B1F 0000A1B2 46 05 04 01 02", &[("battery_level", int(83))], &[202]);
    check(0xA3, "42 0000 00 03 0C 00", &[("board_voltage", float(12.0))], &[]);
    let steps = [("steps", int(1_000)), ("battery_level", int(87)), ("is_moving", on(true))];
    check(0xA3, "42 0000 00 03 0C 000000 000003E8 57 01 01 000000", &steps, &[]);
    let trx = [
        ("board_voltage", float(12.63)),
        ("battery_voltage", float(4.1)),
        ("run_time_s", int(600)),
        ("hardware_key", Value::from("00000000DEADBEEF")),
    ];
    check(0x36, "~ 02DA 02 2B1F 0000A1B2 01 02 01 0012D687 04EF 29 00000A 00000000DEADBEEF", &trx, &[]);
    check(0x16, "~ 02DA 02 2B1F 0000A1B2 46 05 04 01 02 00000000DEADBEEF", &trx[3..], &[202]);
    let lw4g = [("network_type", int(4)), ("run_time_s", int(77)), ("input_status", int(5)), ("ignition", on(true))];
    let content = "~ 02DA 02 00002B1F 000000000000A1B2 04 42 04EF 05 04 01 02 0012D687 0000004D 00000000DEADBEEF 0005";
    check(0xA2, content, &lw4g, &[202]);
}

#[test]
fn layouts_known_by_the_line_of_the_unit() {
    let body = "01 0350000000000014 ~ 09 # 42 04EF 29 03 01 02 00000A 00000A";
    let wanted = [("battery_voltage", float(4.1)), ("hardware_mileage", float(10.0)), ("run_time_s", int(600))];
    let r = check_of(Line::Nt, 0x22, body, &wanted, &[202]);
    assert!(r.position.is_some());
    let key = [("hardware_key", Value::from("DEADBEEF"))];
    check_of(Line::Vl100, 0x25, &format!("{body} 05 01 DEADBEEF"), &key, &[202]);
    let r = check_of(Line::Qh302r, 0x12, "0350000000000014 ~ # 01 02 00", &[("ignition", on(true))], &[]);
    assert!(r.position.is_some());
}

#[test]
fn cells_and_points_without_a_position() {
    let date = "1A030E091A35";
    let json = |name, json: &str| (name, Value::Json(json.into()));
    let one = |rssi: &str| format!(r#"[{{"mcc":730,"mnc":2,"lac":11039,"cell_id":41394{rssi}}}]"#);
    let empty = "0000 000000 00".repeat(6);
    let list = format!("{date} 02DA 02 2B1F 00A1B2 50 {empty} FF");
    let cells = json("mobile_cells", &one(r#","rssi":-80"#));
    let r = check(0x28, &list, std::slice::from_ref(&cells), &[]);
    assert_eq!((r.time.is_some(), r.position), (true, None));
    check(0x2E, &list, std::slice::from_ref(&cells), &[]);
    let points = json("wifi_points", r#"[{"mac":"A0:B1:C2:D3:E4:F5","rssi":-68},{"mac":"A0:B1:C2:D3:E4:F6"}]"#);
    let wifi = "02 A0B1C2D3E4F5 44 A0B1C2D3E4F6 00";
    check(0x2C, &format!("{list} {wifi}"), &[cells.clone(), points.clone()], &[]);
    check(0x28, &format!("{date} 02DA 02 2B1F 00A1B2 50"), std::slice::from_ref(&cells), &[]);
    let lte = format!("{date} 02DA 02 00002B1F 000000000000A1B2 50 {} FF", "00".repeat(13 * 6));
    check(0xA1, &lte, std::slice::from_ref(&cells), &[]);
    check(0xA2, &format!("{lte} {wifi}"), &[cells.clone(), points.clone()], &[]);
    let six = format!("{date} 02DA 02 2B1F 0000A1B2 50 {} FF", "00".repeat(7 * 5));
    check(0x33, &six, std::slice::from_ref(&cells), &[]);
    check(
        0x24,
        &format!("{date} FF 02DA 02 05 2B1F 00A1B2 50 {} 000000", "00".repeat(24)),
        std::slice::from_ref(&cells),
        &[],
    );
    let sl4x = format!("{date} FF 02DA 0002 2B1F 0000A1B2 50 {} 021E0000", "00".repeat(28));
    check(0x34, &sl4x, std::slice::from_ref(&cells), &[]);
    let alarm = format!("{date} 02DA 02 00 01 2B1F 00A1B2 50 FF {wifi} 01 02");
    check(0xA9, &alarm, &[cells.clone(), points.clone()], &[202]);
    check(0xF3, "260314092653 01 0000 A0B1C2D3E4F6", &[json("wifi_points", r#"[{"mac":"A0:B1:C2:D3:E4:F6"}]"#)], &[]);
    let bare = bytes("787802 17 260314092653 A0B1C2D3E4F5 44 A0B1C2D3E4F6 00 01 02DA 02 2B1F A1B2 50 0D0A");
    let r = decoded(DeviceSettings::default(), &bare);
    check_report(&r, "17", &[cells, points], &[]);
    assert_eq!(r.time.map(|t| t.ms()), Some(1_773_480_413_000));
}

#[test]
fn information_by_the_piece() {
    let check = |content: &str, wanted: &[(&str, Value)]| check_long(0x94, &bytes(content), wanted, &[]);
    check(
        "0A 0350000000000014 0460020000000001 89560202120000000345",
        &[("iccid", Value::from("89560202120000000345")), ("imsi", Value::from("460020000000001"))],
    );
    check("05 05", &[("door_status", int(1)), ("input_status", int(3))]);
    assert!(check("05 1A030E091A35 00", &[("input_status", int(0))]).time.is_some());
    check("0B 01", &[("network_type", int(1))]);
    check("0B 04EF", &[("board_voltage", float(12.63))]);
    check("1B 0000 DEADBEEF 0000", &[("hardware_key", Value::from("DEADBEEF"))]);
    check("1B 41424331", &[("hardware_key", Value::from("ABC1"))]);
    check("1E FFFFFF9C 00000226", &[("temperature_1", float(-10.0)), ("humidity_1", float(55.0))]);
    let states = [&[4][..], b"ALM1=45;STA1=C0;DYD=01;SOS=,,"].concat();
    check_long(0x94, &states, &[("output_status", int(1))], &[]);
    let probe = [&[0x0D][..], b"!AIOIL,02,1,23.5,V1,0,512,9"].concat();
    check_long(0x94, &probe, &[("fuel_temperature_1", float(23.5)), ("fuel_level_1", float(512.0))], &[]);
    let dated = [&[0x0D, 1, 2, 3, 4, 5, 6][..], b"!AIOIL,02,1,-3,V1,0,512"].concat();
    check_long(0x94, &dated, &[("fuel_temperature_1", float(-3.0))], &[]);
    super::kinds::check(0x94, "FF38", &[("board_voltage", float(-2.0))], &[]);
    check_long(0x9B, b"\x01$GPRMC,1", &[("serial_data", Value::from("$GPRMC,1"))], &[]);
    check("20 0102", &[("gt06_94_20", Value::from("0102"))]);
    check_long(0x9B, &[1, 0xDE, 0xAD], &[("serial_data", Value::from("DEAD"))], &[]);
    check_long(0x15, b"\x12\0\0\0\0<ICCID:895602>\0\x02", &[("iccid", Value::from("895602"))], &[]);
    super::kinds::check(0x66, "DEAD", &[("gt06_66", Value::from("DEAD"))], &[]);
}

#[test]
fn dashcams() {
    let wanted = |code: i64| [("event_code", int(code)), ("media_files", Value::from("a.jpg"))];
    let plain = "1A030E091A35 0396B384 0794FD47 18BB";
    let content = bytes(&format!("{plain} 90 0001 612E6A7067"));
    let p = check_long(0x95, &content, &wanted(0x90), &[240]).position.expect("has one");
    assert_eq!((p.speed_kmh, p.heading_deg, p.satellites, p.valid), (None, Some(187), None, true));
    let jc400 = bytes("FFFF 01 1A030E091A35 CB 0396B384 0794FD47 18BB 003F 007E 01 0000 612E6A7067");
    let r = check_long(0x95, &jc400, &[("board_voltage", float(12.6))], &[202]);
    assert_eq!(r.position.and_then(|p| p.speed_kmh), Some(63.0));
    let r = check_long(0x95, &bytes("1A030E091A35 01"), &[("event_code", int(1))], &[104]);
    assert!(r.time.is_some() && r.position.is_none());
}

#[test]
fn assets_locks_and_packs() {
    let values = "0003 000A 89560202120000000345 0018 0002 0191 0028 0001 0C 0029 0004 00000007 002E 0004 87D61200 002A 0001 11 \
        0033 0012 69B529DD 0B 021E 0396B384 0794FD47 3F 18BB 0034 0007 10 DD29B569 01 00 0099 0001 01";
    let wanted = [
        ("iccid", Value::from("89560202120000000345")),
        ("battery_voltage", float(4.01)),
        ("hdop", float(1.2)),
        ("message_index", int(7)),
        ("gt06_70_99", Value::from("01")),
        ("hardware_mileage", float(1_234.567)),
        ("door_status", int(1)),
    ];
    let r = check_long(0x70, &bytes(values), &wanted, &[106, 109]);
    assert_eq!((r.position.and_then(|p| p.altitude_m), r.time.map(|t| t.s())), (Some(542.0), Some(1_773_480_413)));
    let tag = "007F 000E A0B1C2D3E4F5 0BB8 57 FFE7 0037 00";
    let sensor =
        [("ble_battery_voltage_1", float(3.0)), ("ble_temp_sensor_1", float(-2.5)), ("ble_humidity_1", float(55.0))];
    check_long(0x70, &bytes(tag), &sensor, &[]);
    check_long(0x70, &bytes(&format!("{tag} 0033 FFFF 00")), &sensor, &[]);
    let states = "69B529DD 0001 01 02 0002 01 01 0004 01 01 0005 02 04EF 0007 01 01 000A 02 01F4 000B 02 FFE7 00FF 00";
    let wanted = [
        ("is_moving", on(true)),
        ("armed", on(true)),
        ("ignition", on(true)),
        ("board_voltage", float(12.63)),
        ("charge_voltage", float(5.0)),
        ("temperature_internal", float(-2.5)),
    ];
    check_long(0xF1, &bytes(states), &wanted, &[]);
    let peripherals = "69B529DD 000A 000B 01 A0B1C2D3E4F5 02 03 04 00 0077 00 02 AAAA 000C 0A 57 01 0005 000000000000";
    let json = r#"[{"mac":"A0B1C2D3E4F5","event":2,"data":3,"type":4}]"#;
    let wanted = [("peripherals", Value::Json(json.into())), ("battery_level", int(87)), ("battery_cycles", int(5))];
    check_long(0xF2, &bytes(peripherals), &wanted, &[]);
    let pack = format!("00000000DEADBEEF 69B529DD 57 0064 55 00C8 63 0BA5 0005 BB80 0011 {}", "0D48".repeat(14));
    let wanted = [
        ("battery_level", int(87)),
        ("battery_voltage", float(48.0)),
        ("battery_cycles", int(17)),
        ("battery_health", int(99)),
        ("battery_cell_14", float(3.4)),
        ("battery_remaining", int(100)),
        ("battery_level_absolute", int(85)),
    ];
    check_long(0x40, &bytes(&pack), &wanted, &[]);
    let parts = |status: &str| {
        bytes(&format!("{GPS} 09 {LBS} 50 02 AAAA 00 {status} 00").replacen("1A030E091A35", "1A030E091A35 0C", 1))
    };
    check_long(0x33, &parts("A0"), &[("armed", on(true))], &[]);
    assert!(check_long(0x33, &parts("A5"), &[], &[109]).position.is_some());
    check_long(0x33, &bytes("1A030E091A35 00 00 00 00 A4 00"), &[], &[104]);
}

#[test]
fn the_bus_and_ports() {
    let pairs = [&bytes("1A030E091A35 01")[..], b"28=12D687,35=189C,4A=WDB9634031L123456,zz=1,36=,1F=0A"].concat();
    let wanted = [
        ("ignition", on(true)),
        ("obd_mileage", float(12_345.67)),
        ("obd_speed", float(63.0)),
        ("vin", Value::from("WDB9634031L123456")),
        ("gt06_8c_1f", Value::from("0A")),
    ];
    check_long(0x8C, &pairs, &wanted, &[]);
    let x1 = "00000001 ~ 0000 0012D687 02DA 02 2B1F 0000A1B2 0000002A 0191 04EF 00200000 05 02 0064 00C8";
    let wanted = [
        ("alarm", int(1)),
        ("hardware_key", Value::from("42")),
        ("battery_voltage", float(4.01)),
        ("board_voltage", float(12.63)),
        ("input_status", int(5)),
        ("output_status", int(2)),
        ("analog_2", float(2.0)),
    ];
    assert!(check(0x34, x1, &wanted, &[]).position.is_some());
}

#[test]
fn positions_that_are_none() {
    let with = |gps: &str| check(0x10, gps, &[], &[]);
    let p = with("1A030E091A35 C0 0396B384 0794FD47 3F 18BB").position.expect("the last place");
    assert_eq!((p.valid, p.fix, p.speed_kmh), (false, Fix::NoFix, None));
    let p = with("1A030E091A35 CB 0396B384 0794FD47 3F 08BB").position.expect("the last place");
    assert_eq!((p.valid, p.heading_deg), (false, None));
    let r = with("1A030E091A35 C3 00000000 00000000 00 1400");
    assert_eq!((r.position.as_ref(), value(&r, "satellites")), (None, Some(int(3))));
    assert_eq!(with("1A030E091A35 CB 0A000000 0794FD47 3F 14BB").position, None, "latitude 93");
    let p = with("1A030E091A35 CF 0396B384 0794FD47 FF D568").position.expect("north and east");
    assert!(p.latitude > 0.0 && p.longitude > 0.0);
    assert_eq!((p.speed_kmh, p.heading_deg), (Some(255.0), Some(0)));
    has(&with("1A030E091A35 CF 0396B384 0794FD47 FF D568"), "ignition", true);
    assert_eq!(with("000000000000 CB 0396B384 0794FD47 3F 18BB").time, None);
    assert_eq!(with("460101000000 CB 0396B384 0794FD47 3F 18BB").time, None);
}

#[test]
fn what_breaks_off_keeps_what_was_read() {
    let whole = bytes(&format!("{GPS} 09 {LBS} 56 05 04 02 02"));
    for n in 0..whole.len() {
        let trace = read_whole(gt06(), &[bytes(LOGIN), short(0x26, &whole[..n], 1), bytes(POSITION)].concat());
        let is_kept = n >= 18;
        // Some leave the language away.
        let is_whole = n == whole.len() - 1;
        let rejects = if is_whole { vec![] } else { vec![&Reject::Truncated] };
        assert_eq!((trace.reports().len(), trace.rejects()), (1 + usize::from(is_kept), rejects), "{n}");
    }
}
