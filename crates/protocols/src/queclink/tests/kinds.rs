//! What each kind of sentence says.

use super::*;

fn int(n: i64) -> Value {
    Value::Int(n)
}

fn json(text: &str) -> Value {
    Value::Json(text.into())
}

fn yes(is: bool) -> Value {
    Value::Bool(is)
}

/// Checks attributes and events of a sentence; those that its head and its place give are taken for granted.
fn check(kind: &str, fields: &str, wanted: &[(&str, Value)], events: &[u32]) -> Report {
    let r = decoded(kind, fields);
    has_just(&r, wanted, PLACED);
    let found: Vec<u32> = r.events.iter().map(|e| e.0).collect();
    assert_eq!(found, events, "{kind} {fields}");
    assert_eq!(value(&r, "event_code"), Some(kind.into()));
    let is_placed = fields.contains("PLACE") || fields.contains("-70.669266");
    assert_eq!(value(&r, "hdop").is_some(), is_placed);
    if is_placed {
        assert_eq!(r.position.as_ref().map(|p| p.latitude), Some(-33.448_891), "{kind} {fields}");
    }
    r
}

const HOURS: &str = "00123:45:06";

fn hours() -> Value {
    float(123.0 + 45.0 / 60.0 + 6.0 / 3_600.0)
}

#[test]
fn tails_are_told_by_their_shape() {
    let kind = |kind: &str| ("queclink_report_type", kind.into());
    let km = ("hardware_mileage", float(1_234.5));
    let battery = ("battery_level", int(57));
    // Vehicles: three inputs, fuel in an input, the newest form of the status.
    let wanted = [
        km.clone(),
        kind("10"),
        ("board_voltage", float(12.6)),
        ("engine_hours", hours()),
        ("fuel_level_1", float(40.0)),
        ("analog_2", float(0.5)),
        ("analog_3", float(1.25)),
        battery.clone(),
        ("ignition", yes(false)),
        ("is_moving", yes(false)),
        ("queclink_state", "11".into()),
        ("input_status", int(3)),
        ("output_status", int(2)),
        ("can_rpm", float(850.0)),
        ("queclink_consumption", "7.5".into()),
        ("can_fuel_1", float(43.0)),
        ("queclink_rest", "x,y".into()),
    ];
    check("FRI", &format!("N,12.6,10,1,PLACE,1234.5,{HOURS},F40,500,1250,57,0000110602,850,7.5,43,x,y"), &wanted, &[]);
    // The VIN before the name, no hours.
    let wanted = [km.clone(), kind("11"), battery.clone(), ("vin", "1G1JC5444R7252367".into())];
    check("FRI", "1G1JC5444R7252367,N,5,11,1,PLACE,1234.5,,,,57,,,,", &wanted, &[]);
    // Assets.
    check("FRI", "1A0101/N,,00,1,PLACE,57", &[kind("00"), battery.clone()], &[]);
    check("FRI", "1A0101/N,,00,1,PLACE,1234.5,57", &[kind("00"), km.clone(), battery.clone()], &[]);
    check("FRI", "300101/N,,00,1,57,PLACE,", &[kind("00"), battery.clone()], &[]);
    let wanted = [
        kind("00"),
        ("queclink_mode", "2".into()),
        ("battery_voltage", float(4.1)),
        battery.clone(),
        ("queclink_mode_switch", "0".into()),
        ("is_moving", yes(true)),
        ("temperature_internal", float(-7.5)),
        ("queclink_rest", "z".into()),
    ];
    check("FRI", "400101/N,,00,1,PLACE,2,4100,57,0,1,-7.5,z", &wanted, &[]);
    let signal = ("gsm_signal_level", int(100));
    let wanted =
        [kind("03"), signal.clone(), battery.clone(), ("is_moving", yes(true)), ("charging_status", yes(true))];
    check("FRI", "520101/N,,03,1,PLACE,31,57", &wanted, &[]);
    // Blocks of eleven fields.
    let eleven = PLACE.trim_end_matches(",00");
    check("FRI", &format!("N,,10,1,{eleven},57").replace(PLACE, "PLACE"), &[kind("10"), battery], &[]);
    check(
        "FRI",
        &format!("N,,10,1,{eleven},1234.5,{HOURS},,,,").replace(PLACE, "x"),
        &[kind("10"), km, ("engine_hours", hours())],
        &[],
    );
}

#[test]
fn blocks_share_a_tail_that_the_newest_gets() {
    let older = PLACE.replace("20260314092653", "20260314092153").replace("0730", "0731");
    let fields = format!("N,12634,10,3,{older},PLACE,NOWHERE,1234.5,{HOURS},,,57,,,,");
    let trace = read_whole(queclink(), sentence("FRI", &fields).as_bytes());
    let all = trace.reports();
    assert_eq!((all.len(), trace.rejects().len()), (3, 0));
    has_just(all[0], &[("hdop", float(0.9))], &["mobile_cells", "device_time"]);
    assert_eq!(all[1].time.map(|t| t.to_string()).as_deref(), Some("2026-03-14T09:26:53.000Z"));
    assert_eq!(value(all[1], "battery_level"), Some(int(57)));
    assert_eq!((all[2].position.as_ref(), value(all[2], "device_time")), (None, None));
    assert_eq!(all[2].time.map(|t| t.to_string()).as_deref(), Some("2026-03-14T09:26:55.000Z"), "when it was sent");
}

#[test]
fn places_as_they_come() {
    let place = |block: &str| decoded("SOS", &format!("N,,00,1,{block},0730,0002,2B1F,00A1B2,00"));
    let p = place("3,0.0,360,-12.5,179.999999,89.999999,20260314092653").position.expect("is one");
    assert_eq!((p.latitude, p.longitude, p.heading_deg, p.altitude_m), (89.999_999, 179.999_999, Some(0), Some(-12.5)));
    assert_eq!(place("3,0.0,361,20000,1.000001,1.000001,20260314092653").position.and_then(|p| p.altitude_m), None);
    let nowhere = [
        "1,0.0,0,0.0,0.000000,0.000000,20260314092653",
        "1,0.0,0,0.0,10.000000,91.000000,20260314092653",
        "1,0.0,0,0.0,181.000000,1.000000,20260314092653",
        ",,,,,,",
    ];
    for block in nowhere {
        let r = place(block);
        assert_eq!((r.position, r.events), (None, vec![EventId(202)]), "{block}");
    }
    let r = place("1,5.0,0,0.0,10.000000,10.000000,00000000000000");
    assert_eq!(r.time.map(|t| t.to_string()).as_deref(), Some("2026-03-14T09:26:55.000Z"), "no date: when it was sent");
    let unknown = place(",5.0,0,0.0,10.000000,10.000000,20260314092653");
    assert_eq!((value(&unknown, "hdop"), unknown.position.map(|p| p.fix)), (None, Some(Fix::HasFix)));
    let settings = DeviceSettings { utc_offset_s: Some(3_600), ..DeviceSettings::default() };
    let mut host = Host::with_settings(queclink(), &Limits::default(), settings);
    host.feed(FRI.as_bytes());
    assert_eq!(one_report(&host.trace()).time.map(|t| t.to_string()).as_deref(), Some("2026-03-14T08:26:53.000Z"));
    let mute = FRI.replace("20260314092655,0042", "00000000000000,0042").replace("20260314092653", "20261314092653");
    assert_eq!(one_report(&read_whole(queclink(), mute.as_bytes())).time, None);
}

#[test]
fn blocks_have_more_than_a_place() {
    let wifi = "0.9,63.0,187,542.0,-70.669266,-33.448891,20260314092653,2,A0B1C2D3E4F5,68,,,,010203040506,-70,,,,\
        0730,0002,2B1F,00A1B2,00";
    let r = decoded("FRI", &format!("1A0101/N,,00,1,{wifi},57"));
    let stations = r#"[{"mac":"A0:B1:C2:D3:E4:F5","rssi":-68},{"mac":"01:02:03:04:05:06","rssi":-70}]"#;
    assert_eq!(value(&r, "wifi_points"), Some(json(stations)));
    assert_eq!(value(&r, "battery_level"), Some(int(57)));
    let masked = PLACE.replace("A1B2,00", "A1B2,03,11,2");
    let r = decoded("IGN", &format!("N,60,{masked},{HOURS},1234.5"));
    assert_eq!(r.position.as_ref().and_then(|p| p.satellites), Some(11));
    assert_eq!((value(&r, "queclink_trigger"), value(&r, "engine_hours")), (Some(float(2.0)), Some(hours())));
    let old = PLACE.replace("A1B2,00", "A1B2,1234.5");
    assert_eq!(value(&decoded("SOS", &format!("N,,00,1,{old},57")), "hardware_mileage"), Some(float(1_234.5)));
}

#[test]
fn attached_sensors_are_told_by_the_mask() {
    let tail = format!("1234.5,{HOURS},,,100,220101,0");
    let known = [
        "hardware_mileage",
        "engine_hours",
        "battery_level",
        "ignition",
        "is_moving",
        "queclink_state",
        "input_status",
        "output_status",
        "queclink_uart_type",
        "queclink_report_type",
        "board_voltage",
    ];
    let check = |mask: &str, more: &str, wanted: &[(&str, Value)]| {
        let r = decoded("ERI", &format!("N,{mask},12634,10,1,PLACE,{tail},{more}"));
        has_just(&r, wanted, &[PLACED, &known].concat());
    };
    check("00000001", "01A4", &[("lls_level_raw_1", float(420.0))]);
    let two = [
        ("one_wire_id_1", "28A".into()),
        ("temperature_1", float(-0.5)),
        ("one_wire_id_2", "28B".into()),
        ("temperature_2", float(127.5)),
    ];
    check("00000002", "2,28A,1,FFF8,28B,1,07F8", &two);
    check("00000004", "1,2,3", &[("queclink_can", "1,2,3".into())]);
    check("00000008", "1,6,43.5", &[("fuel_sensor_type_1", "6".into()), ("fuel_level_1", float(43.5))]);
    let both = [
        ("fuel_sensor_type_1", "6".into()),
        ("fuel_level_1", float(120.5)),
        ("fuel_percent_1", float(43.0)),
        ("queclink_rest", "z".into()),
    ];
    check("00000018", "1,6,43,120.5,z", &both);
    let radio = [
        ("rf433_serial_1", "AB12".into()),
        ("temperature_1", float(4.5)),
        ("rf433_serial_2", "AB13".into()),
        ("temperature_2", float(-4.5)),
        ("humidity_2", float(61.0)),
    ];
    check("00000080", "2,AB12,1,4.5,AB13,2,-4.5,61", &radio);
    let bluetooth = [
        ("ble_model_1", "4/1".into()),
        ("ble_raw_1", "FFAA".into()),
        ("ble_name_1", "T1".into()),
        ("ble_mac_1", "A0B1C2D3E4F5".into()),
        ("ble_status_1", "1".into()),
        ("ble_battery_voltage_1", float(3.05)),
        ("ble_temp_sensor_1", float(23.51)),
        ("ble_humidity_1", float(55.0)),
        ("ble_field_1_6", "s".into()),
        ("ble_io_1", "7".into()),
        ("ble_event_1", "8".into()),
        ("ble_pressure_1", "9".into()),
        ("ble_time_1", "20260314092653".into()),
        ("ble_magnet_1", float(1.0)),
        ("ble_battery_level_1", float(87.0)),
        ("ble_relay_1", "0".into()),
    ];
    check(
        "00000100",
        "1,0,4,1,FFAA,7FFF,T1,A0B1C2D3E4F5,1,3050,23.5,55,s,7,8,9,20260314092653,23.51,1,87,0",
        &bluetooth,
    );
    // Counts that promise more than there is.
    check("00000002", "200,28A,1,zz", &[("one_wire_id_1", "28A".into())]);
    check("FFFFFFFB", "", &[]);
}

#[test]
fn lines_differ_behind_attached_positions() {
    let place = PLACE.strip_suffix("00").expect("ends so");
    let check = |version: &str, tail: &str, wanted: &[(&str, Value)]| {
        let r = decoded("ERI", &format!("{version}/N,00000080,12634,10,1,{place},{tail}"));
        has_just(&r, wanted, &[PLACED, &["queclink_report_type", "board_voltage"]].concat());
    };
    let km = ("hardware_mileage", float(1_234.5));
    let battery = ("battery_level", int(57));
    let usual = [km.clone(), ("engine_hours", hours()), ("queclink_uart_type", "0".into())];
    let state = [
        battery.clone(),
        ("ignition", yes(true)),
        ("is_moving", yes(false)),
        ("queclink_state", "21".into()),
        ("input_status", int(0)),
        ("output_status", int(0)),
    ];
    let inputs = [("analog_1", float(0.1)), ("analog_2", float(0.2)), ("analog_3", float(0.3))];
    let all = |n: usize| [&usual[..], &state, &inputs[..n]].concat();
    check("6E0101", &format!("1234.5,{HOURS},100,200,300,57,210000,0,0"), &all(3));
    check("2F0101", &format!("1234.5,{HOURS},100,200,57,210000,0,0"), &all(2));
    check("C20101", &format!("1234.5,{HOURS},100,57,210000,0,0"), &all(1));
    check("8020050101", &format!("1234.5,{HOURS},100,200,,57,210000,0,0"), &all(2));
    let gv200 = [&usual[..], &inputs, &[("input_status", int(3)), ("output_status", int(1))]].concat();
    check("350101", &format!("1234.5,{HOURS},100,200,300,03,01,0,0"), &gv200);
    let gl320m = [km, battery.clone(), ("queclink_external_battery", "88".into())];
    check("C30101", "1234.5,57,88", &gl320m);
    let gl500 = [battery, ("queclink_mode", "2".into()), ("is_moving", yes(true)), ("gsm_signal_level", int(65))];
    let place_of_gl500 = PLACE.replace("A1B2,", "A1B2,20,21,");
    let r = decoded("ERI", &format!("400101/N,00000000,4100,10,1,{place_of_gl500},57,2,1"));
    has_just(&r, &gl500, &[PLACED, &["queclink_report_type", "board_voltage"]].concat());
}

#[test]
fn gv350m_lists_its_fuel_sensors() {
    let fields = format!("F10101/N,00000019,12634,10,1,PLACE,1234.5,{HOURS},,57,210000,0,1,6,2,01A4,43,120");
    let r = decoded("ERI", &fields);
    assert_eq!(value(&r, "lls_level_raw_1"), Some(float(420.0)));
    assert_eq!((value(&r, "fuel_level_1"), value(&r, "fuel_percent_1")), (Some(float(120.0)), Some(float(43.0))));
}

#[test]
fn ignition() {
    let wanted = |on: bool| {
        [
            ("ignition", yes(on)),
            ("queclink_duration_s", float(60.0)),
            ("engine_hours", hours()),
            ("hardware_mileage", float(1_234.5)),
        ]
    };
    for (kind, on) in [("IGN", true), ("VGN", true), ("IGF", false), ("VGF", false)] {
        check(kind, &format!("N,60,PLACE,{HOURS},1234.5"), &wanted(on), &[if on { 605 } else { 604 }]);
    }
    let more = [&wanted(true)[..], &[("queclink_fields", ",2".into())]].concat();
    check("IGN", &format!("BD0101/N,,2,60,PLACE,{HOURS},1234.5"), &more, &[605]);
    check("IGF", &format!("N,60,NOWHERE,{HOURS},1234.5"), &wanted(false), &[604]);
    check(
        "IGL",
        "N,,01,1,PLACE,1234.5",
        &[("ignition", yes(true)), ("hardware_mileage", float(1_234.5)), ("queclink_fields", ",01,1".into())],
        &[605],
    );
    check("IGL", "N,,00,1,PLACE,", &[("ignition", yes(false)), ("queclink_fields", ",00,1".into())], &[604]);
}

#[test]
fn the_device_on_itself() {
    let wanted = [
        ("ignition", yes(true)),
        ("is_moving", yes(true)),
        ("queclink_state", "22".into()),
        ("iccid", "8956020000000000001".into()),
        ("gsm_signal_level", int(68)),
        ("queclink_bit_error", "0".into()),
        ("charging_status", yes(true)),
        ("board_voltage", float(12.634)),
        ("battery_voltage", float(4.1)),
        ("queclink_charging", "2".into()),
        ("queclink_rest", "1,0,,0".into()),
    ];
    check("INF", "N,22,8956020000000000001,21,0,1,12634,,4.10,2,1,0,,0", &wanted, &[]);
    let asset = [
        ("is_moving", yes(false)),
        ("queclink_state", "41".into()),
        ("hardware_mileage", float(1_234.5)),
        ("battery_voltage", float(3.9)),
        ("charging_status", yes(false)),
    ];
    check("INF", "N,41,,99,,0,1234.5,,3.90,", &asset, &[]);
    let second = [("board_voltage", float(12.0)), ("queclink_power_2", float(11.5)), ("battery_voltage", float(4.0))];
    check("INF", "F10101/N,,,,,,12000,11500,4.0", &second, &[]);
    check("INF", "2D0101/N,,,,,,12000,4.0", &[second[0].clone(), second[2].clone()], &[]);
    let sensor = [
        ("board_voltage", float(12.0)),
        ("ble_mac_1", "A0B1C2D3E4F5".into()),
        ("ble_temp_sensor_1", float(23.5)),
        ("ble_humidity_1", float(55.0)),
        ("battery_voltage", float(4.0)),
    ];
    check("INF", "N,,,,,,12000,A0B1C2D3E4F5,23.5,55,4.0", &sensor, &[]);
    let analogue = [
        ("queclink_network", "2".into()),
        ("battery_voltage", float(4.0)),
        ("queclink_charging", "1".into()),
        ("queclink_rest", "a,b,c,d,e".into()),
        ("analog_1", float(0.1)),
        ("analog_2", float(0.2)),
        ("analog_3", float(0.3)),
        ("queclink_fields", "f".into()),
    ];
    check("INF", "6E0101/N,,,,,,,2,4.0,1,a,b,c,d,e,100,200,300,f", &analogue, &[]);
    let version = [("device_model", "GV55".into()), ("firmware", "A05V03".into()), ("hardware_version", "0101".into())];
    check("VER", "N,GV55,A05V03,0101", &version, &[]);
}

#[test]
fn the_bus() {
    let wanted = [
        ("queclink_can_device", "00".into()),
        ("queclink_can_state", "1".into()),
        ("vin", "1G1JC5444R7252367".into()),
        ("ignition", yes(true)),
        ("can_engine_on", yes(true)),
        ("can_mileage", float(12_345.6)),
        ("can_consumption", float(17.5)),
        ("can_rpm", float(1_500.0)),
        ("can_speed", float(64.0)),
        ("can_coolant_t", float(85.0)),
        ("can_consumption_l_100km", float(7.5)),
        ("can_fuel_1", float(43.5)),
        ("can_range_km", float(410.2)),
        ("can_throttle", float(32.0)),
        ("can_engine_hours", float(123.5)),
        ("can_driving_h", float(100.5)),
        ("can_idle_h", float(23.0)),
        ("can_idle_fuel_l", float(9.5)),
        ("can_axle_load_2", float(4_500.0)),
        ("can_tachograph", "0A".into()),
        ("can_indicators", "0B".into()),
        ("can_lights", "0C".into()),
        ("can_door_state", int(13)),
        ("can_overspeed_h", float(1.5)),
        ("can_engine_overspeed_h", float(2.5)),
    ];
    let values = "1G1JC5444R7252367,2,H123456,17.5,1500,64,85,L/100 7.5,P43.5,4102,32,123.5,100.5,23,9.5,4500,\
        0A,0B,0C,0D,1.5,2.5";
    check("CAN", &format!("N,00,1,003FFFFF,{values}"), &wanted, &[]);
    let r = check(
        "CAN",
        &format!("N,00,1,C03FFFFF,{values},{PLACE}").replace(",00,20", ",20"),
        &[wanted.as_slice(), &[]].concat(),
        &[],
    );
    is_the_worked_place(&r);
    let extension = [
        ("can_impulses", float(77.0)),
        ("can_consumption_l_h", float(3.5)),
        ("can_fuel_litres", float(55.0)),
        ("can_adblue_level", float(80.0)),
        ("can_axle_load_1", float(1.0)),
        ("can_axle_load_3", float(3.0)),
        ("can_axle_load_4", float(4.0)),
        ("can_extension_4", "t".into()),
        ("can_analog_v", float(5.0)),
        ("driver_card_1", "C1".into()),
        ("driver_card_2", "C2".into()),
        ("driver_name_1", "N1".into()),
        ("driver_name_2", "N2".into()),
        ("vehicle_registration", "AB12".into()),
        ("can_extension_20", "u".into()),
        ("can_third_0", "r".into()),
        ("can_third_2", "s".into()),
        ("queclink_rest", "more".into()),
    ];
    let extension =
        [&[("queclink_can_device", "00".into()), ("queclink_can_state", "1".into())], &extension[..]].concat();
    check(
        "CAN",
        "N,00,1,20000184,I77,L/H3.5,L55,801F809F,P80,1,3,4,t,5000,C1,C2,N1,N2,AB12,u,00000005,r,s,more",
        &extension,
        &[],
    );
    let litres = [("can_adblue_litres", float(8.0)), ("can_field_22", "x".into())];
    check("CAN", "F10101/N,,,20400000,x,00000001,L8", &litres, &[]);
    check("CAN", "N,,,FFFFFFFF,", &[], &[]);
}

#[test]
fn the_bus_tells_fuel_used_and_fuel_left() {
    let can = [("queclink_can_device", "00".into()), ("queclink_can_state", "1".into())];
    let wanted = [("can_consumption", float(17.5)), ("can_fuel_litres", float(43.5))];
    check("CAN", "N,00,1,00000108,17.5,L43.5", &[&can[..], &wanted].concat(), &[]);
    let bare = [("can_field_2", "123".into()), ("can_field_7", "7.5".into()), ("can_field_8", "43.5".into())];
    check("CAN", "N,00,1,00000184,123,7.5,43.5", &[&can[..], &bare].concat(), &[]);
}

#[test]
fn the_bus_tells_whether_a_place_is_valid() {
    let of = |flag: &str| {
        let place = PLACE.strip_prefix("0.9").and_then(|place| place.split_once(",0730")).expect("begins so").0;
        decoded("CAN", &format!("N,00,1,40000000,{flag}{place}"))
    };
    let told = |r: &Report| (r.position.as_ref().map(|p| p.valid), value(r, "hdop"));
    assert_eq!((told(&of("1")), told(&of("0"))), ((Some(true), None), (Some(false), None)));
}

#[test]
fn one_odd_field_costs_itself() {
    let r = decoded("FRI", &format!("N,12634,10,1,{},1234.5,{HOURS},,,57,220101,,,", PLACE.replace("63.0", "x")));
    assert_eq!(r.position.as_ref().map(|p| (p.latitude, p.speed_kmh)), Some((-33.448_891, None)));
    assert_eq!((value(&r, "hdop"), value(&r, "battery_level")), (Some(float(0.9)), Some(int(57))));
}

#[test]
fn a_place_without_a_cell_has_the_tail_of_any_other() {
    for network in ["0730,0002,,", "0730,0002,2B1,", "730,02,2B1F,1"] {
        let place = PLACE.replace("0730,0002,2B1F,00A1B2", network);
        let r = decoded("FRI", &format!("N,12634,10,1,{place},1234.5,{HOURS},,,57,220101,,,"));
        assert_eq!(value(&r, "hardware_mileage"), Some(float(1_234.5)), "{network}");
        assert_eq!((value(&r, "ignition"), value(&r, "temperature_internal")), (Some(yes(true)), None), "{network}");
        assert_eq!(value(&r, "battery_level"), Some(int(57)), "{network}");
    }
}

#[test]
fn a_vehicle_without_mileage_and_hours_is_no_asset_tracker() {
    let state = [
        ("queclink_report_type", "10".into()),
        ("ignition", yes(true)),
        ("is_moving", yes(true)),
        ("queclink_state", "22".into()),
        ("input_status", int(0)),
        ("output_status", int(1)),
    ];
    let battery = ("battery_level", int(57));
    check("FRI", "N,,10,1,1,PLACE,,,,,57,220101,,,", &[&state[..], std::slice::from_ref(&battery)].concat(), &[]);
    check("FRI", "770101/N,,10,1,PLACE,,,,,57,220101,,,", &[&state[..], std::slice::from_ref(&battery)].concat(), &[]);
    // What stands before the place of a vehicle is not its charge.
    check("FRI", "N,,10,1,1,PLACE,,,,,,220101,,,", &state, &[]);
    check("FRI", "1A0101/N,,10,1,PLACE,,57,,,,", &[state[0].clone(), battery], &[]);
}

#[test]
fn the_model_that_is_set_decides_where_the_type_does_not() {
    let line = sentence("ERI", "770101/N,00000000,4100,10,1,PLACE,57,2,1").replace("A1B2,00", "A1B2,20,21,00");
    let settings = DeviceSettings { model: Some("GL500".into()), ..DeviceSettings::default() };
    let mut host = Host::with_settings(queclink(), &Limits::default(), settings);
    host.feed(line.as_bytes());
    let r = one_report(&host.trace());
    assert_eq!((value(&r, "battery_level"), value(&r, "is_moving")), (Some(int(57)), Some(yes(true))));
}

#[test]
fn ignition_without_any_place_tells_its_duration() {
    let wanted = [
        ("ignition", yes(true)),
        ("queclink_duration_s", float(3_600.0)),
        ("engine_hours", hours()),
        ("hardware_mileage", float(1_234.5)),
    ];
    check("IGN", &format!("N,3600,,,,,,,,,,,,,{HOURS},1234.5"), &wanted, &[605]);
    check(
        "VGN",
        &format!("N,,2,3600,,,,,,,,,,,,,{HOURS},1234.5"),
        &[&wanted[..], &[("queclink_fields", ",2".into())]].concat(),
        &[605],
    );
    let virtual_one = [&wanted[..], &[("queclink_fields", ",2".into())]].concat();
    check("VGN", &format!("N,,2,3600,PLACE,{HOURS},1234.5"), &virtual_one, &[605]);
}

#[test]
fn the_diagnostic_port() {
    let wanted = [
        ("queclink_report_type", "0".into()),
        ("obd_report_mask", "7FFF".into()),
        ("vin", "1G1JC5444R7252367".into()),
        ("obd_connected", "1".into()),
        ("obd_module_voltage", float(14.2)),
        ("obd_supported_pids", "983F8011".into()),
        ("obd_rpm", float(850.0)),
        ("obd_speed", float(64.0)),
        ("obd_coolant_t", float(85.0)),
        ("obd_consumption", float(7.5)),
        ("obd_cleared_mileage", float(100.0)),
        ("obd_mil_km", "5".into()),
        ("obd_mil_status", "1".into()),
        ("obd_dtc_number", float(2.0)),
        ("obd_dtc_codes", "P0300 C0123".into()),
        ("obd_throttle", float(32.0)),
        ("obd_engine_load", float(41.0)),
        ("obd_fuel", float(43.0)),
        ("obd_mileage", float(99.0)),
        ("hardware_mileage", float(1_234.5)),
    ];
    let front =
        "1G1JC5444R7252367,N,0,7FFF,1G1JC5444R7252367,1,14200,983F8011,850,64,85,7.5,100,5,1,2,03004123,32,41,43";
    check("OBD", &format!("{front},99,PLACE,1234.5"), &wanted, &[]);
    let with_protocol = [&wanted[..], &[("obd_protocol", "6".into())]].concat();
    check("OBD", &format!("{front},6,99,PLACE,1234.5"), &with_protocol, &[]);
}

#[test]
fn what_happened() {
    let km = ("hardware_mileage", float(1_234.5));
    let fields = |text: &str| ("queclink_fields", text.into());
    for (kind, event) in [
        ("SOS", 202),
        ("SPD", 224),
        ("TOW", 101),
        ("IDL", 302),
        ("PNA", 15),
        ("PFA", 14),
        ("EPN", 4),
        ("MPN", 4),
        ("EPF", 2),
        ("MPF", 2),
        ("SWG", 409),
        ("JDR", 117),
        ("JDS", 117),
        ("CRA", 242),
    ] {
        check(kind, "N,,00,1,PLACE,1234.5", &[km.clone(), fields(",00,1")], &[event]);
    }
    check("BPL", "N,3.53,PLACE", &[("battery_voltage", float(3.53)), fields("3.53")], &[1]);
    check("GSS", "N,0,PLACE", &[fields("0")], &[609]);
    check("GSS", "N,1,PLACE", &[fields("1")], &[608]);
    let state = |on: bool, is_moving: bool, code: &str| {
        [("ignition", yes(on)), ("is_moving", yes(is_moving)), ("queclink_state", code.into()), fields(code)]
    };
    check("STT", "N,22,PLACE", &state(true, true, "22"), &[406]);
    check("STT", "N,11,PLACE", &state(false, false, "11"), &[407]);
    check("STT", "N,16,PLACE", &state(false, true, "16"), &[101]);
    check("LSW", "N,0,1,PLACE", &[("input_status", int(1)), fields("0,1")], &[501]);
    check("TSW", "N,0,0,PLACE", &[("input_status", int(0)), fields("0,0")], &[502]);
    check("TSW", "N,0,1,PLACE", &[("input_status", int(2)), fields("0,1")], &[502]);
    check("DIS", "N,,31,1,PLACE,1234.5", &[("input_status", int(4)), km.clone(), fields(",31,1")], &[503]);
    check("NMR", "N,,01,1,PLACE,57", &[("is_moving", yes(true)), ("battery_level", int(57)), fields(",01,1")], &[406]);
    check("NMR", "N,,00,1,PLACE,57", &[("is_moving", yes(false)), ("battery_level", int(57)), fields(",00,1")], &[407]);
    for (low, event) in [(0, 241), (1, 240), (2, 239), (3, 241), (4, 240)] {
        let text = format!(",1{low},1");
        check("HBM", &format!("N,{text},PLACE,1234.5"), &[km.clone(), fields(&text[..])], &[event]);
    }
    check(
        "IDA",
        "N,,01C68011,1,1,PLACE,1234.5",
        &[("hardware_key", "01C68011".into()), km.clone(), fields(",01C68011,1,1")],
        &[],
    );
    check(
        "GEO",
        "N,,31,1,PLACE,57",
        &[("geofence_number", int(3)), ("battery_level", int(57)), ("queclink_report_type", "31".into())],
        &[409],
    );
    check(
        "GEO",
        "N,,30,1,PLACE,57",
        &[("geofence_number", int(3)), ("battery_level", int(57)), ("queclink_report_type", "30".into())],
        &[410],
    );
    check("BTC", "N,PLACE", &[("charging_status", yes(true))], &[]);
    check(
        "DAR",
        "N,1,2,,,PLACE",
        &[("driver_warning_type", "1".into()), ("driver_warning_degree", "2".into()), fields("1,2,,")],
        &[230],
    );
    check(
        "DAR",
        "N,4,2,,,PLACE",
        &[("driver_warning_type", "4".into()), ("driver_warning_degree", "2".into()), fields("4,2,,")],
        &[],
    );
    check("DAT", "N,1,,,hello,PLACE", &[("serial_data", "hello".into()), fields("1,,,hello")], &[]);
    let comb = "2A434F4D422C312C34332E35";
    let wanted =
        [("serial_data", "*COMB,1,43.5".into()), ("fuel_level_1", float(43.5)), fields(&format!(",,1,24,{comb}"))];
    check("DTT", &format!("N,,,1,24,{comb}"), &wanted, &[]);
    check("TEM", "N,2,-12.5,57,PLACE,", &[("temperature_1", float(-12.5))], &[]);
    check("TMP", "N,,28FF,1,1,PLACE,1234.5,23.5", &[("temperature_1", float(23.5)), km.clone()], &[]);
    check(
        "TMP",
        "N,,28FF,1,1,PLACE,1234.5",
        &[km.clone(), fields(",28FF,1,1"), ("queclink_rest", "1234.5".into())],
        &[],
    );
    let light = [
        ("light_error_rate", "0".into()),
        ("light_level", "80".into()),
        ("battery_level", int(57)),
        ("queclink_mode", "2".into()),
        ("is_moving", yes(true)),
        ("temperature_internal", float(21.5)),
    ];
    check("LSA", "400101/N,PLACE,0,80,57,2,1,21.5", &light, &[103]);
    // A kind that nobody knows.
    check(
        "ZZZ",
        "N,a,PLACE,00001:30:00,b",
        &[("engine_hours", float(1.5)), fields("a"), ("queclink_rest", "b".into())],
        &[],
    );
}

#[test]
fn an_event_with_several_places_takes_none_for_a_mileage() {
    let older = PLACE.replace("20260314092653", "20260314092652").replace("63.0", "61.0");
    for (first, second) in [(older.as_str(), PLACE), (PLACE, older.as_str())] {
        let line = sentence("SPD", &format!("N,,01,2,{first},{second},1234.5"));
        let trace = read_whole(queclink(), line.as_bytes());
        let all = trace.reports();
        assert_eq!((all.len(), trace.rejects().len()), (2, 0));
        assert_eq!(all[0].position.as_ref().and_then(|p| p.speed_kmh), Some(61.0));
        has_just(all[0], &[("hdop", float(0.9))], &["mobile_cells", "device_time"]);
        is_the_worked_place(all[1]);
        assert_eq!(
            (all[1].events.as_slice(), value(all[1], "hardware_mileage")),
            (&[EventId(224)][..], Some(float(1_234.5)))
        );
    }
}

#[test]
fn an_accessory_alone() {
    let wanted = [
        ("ble_name_1", "T1".into()),
        ("ble_mac_1", "A0B1C2D3E4F5".into()),
        ("ble_status_1", "1".into()),
        ("ble_battery_voltage_1", float(3.05)),
        ("ble_temp_sensor_1", float(23.5)),
        ("ble_humidity_1", float(55.0)),
        ("queclink_fields", "0,4,1,2".into()),
    ];
    for kind in ["BAA", "BID"] {
        check(kind, "N,0,4,1,2,003F,T1,A0B1C2D3E4F5,1,3050,23.5,55,PLACE,", &wanted, &[]);
    }
    check("BAA", "N,0,001F,x", &[("queclink_fields", "0,001F,x".into())], &[]);
}

#[test]
fn networks_without_a_place() {
    let cells = r#"[{"mcc":730,"mnc":2,"lac":11039,"cell_id":41394,"rssi":-86},{"mcc":730,"mnc":2,"lac":11040,"cell_id":4660}]"#;
    let r = decoded("GSM", "FRI,0730,0002,2B1F,A1B2,24,,0730,0002,2B20,1234,99,,,,,,,");
    has_just(&r, &[("mobile_cells", json(cells)), ("queclink_trigger", "FRI".into())], EVERY);
    assert_eq!(r.time.map(|t| t.to_string()).as_deref(), Some("2026-03-14T09:26:55.000Z"));
    let r = decoded("LBS", "300101/N,1,0,57,x,0730,0002,2B1F,A1B2,24,,0730,0002,2B20,1234,99,");
    let wanted = [
        ("mobile_cells", json(cells)),
        ("queclink_trigger", "1".into()),
        ("queclink_report_type", "0".into()),
        ("battery_level", int(57)),
    ];
    has_just(&r, &wanted, EVERY);
    let r = decoded("WIF", "300101/N,1,A0B1C2D3E4F5,68,,,,0,57");
    let stations = json(r#"[{"mac":"A0:B1:C2:D3:E4:F5","rssi":-68}]"#);
    has_just(&r, &[("wifi_points", stations), ("battery_level", int(57)), ("queclink_rest", "0".into())], EVERY);
    let r = decoded("ZZZ", "N,0730,0002,2B1F,A1B2,57");
    let only = json(r#"[{"mcc":730,"mnc":2,"lac":11039,"cell_id":41394}]"#);
    has_just(&r, &[("mobile_cells", only), ("battery_level", int(57))], &[EVERY, &["queclink_fields"]].concat());
}
